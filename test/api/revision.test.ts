// ETag and If-Match: what names a state of a resource, and who may change it. [SEEN 2026-11-20 #3]

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Revision } from "../../src/vocabulary/ids.ts";
import { formatRevision } from "../../src/vocabulary/revision.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import { distributionConfig, identityConfig, streamingConfig } from "./configs.ts";
import { call, requestOf, succeed, textAt } from "./requests.ts";

const KINDS: readonly {
  readonly resource: string;
  readonly config: (more?: WireDocument) => WireDocument;
}[] = [
  { resource: "Distribution", config: (more = {}) => distributionConfig("one", { Enabled: false, ...more }) },
  { resource: "StreamingDistribution", config: (more = {}) => streamingConfig("one", { Enabled: false, ...more }) },
  { resource: "CloudFrontOriginAccessIdentity", config: (more = {}) => ({ ...identityConfig("one"), ...more }) },
];

const invalid = "InvalidIfMatchVersion";
const stale = "PreconditionFailed";
/** The resource has been written twice. */
const CURRENT = formatRevision(2 as Revision);

const ROWS: readonly (readonly [claim: string, ifMatch: string | undefined, code: string])[] = [
  ["none", undefined, invalid],
  ["an empty one", "", invalid],
  ["a star", "*", invalid],
  ["a word", "current", invalid],
  ["one in lower case", CURRENT.toLowerCase(), invalid],
  ["a weak one", `W/"${CURRENT}"`, invalid],
  ["a list", `${CURRENT}, ${CURRENT}`, invalid],
  ["one that nothing ever had", "E000000000000", invalid],
  ["one of the future", formatRevision(3 as Revision), invalid],
  ["the one before", formatRevision(1 as Revision), stale],
  ["the one before in quotes", `"${formatRevision(1 as Revision)}"`, stale],
  ["the current one", CURRENT, ""],
  ["the current one in quotes", `"${CURRENT}"`, ""],
];

async function writtenTwice(harness: ControlHarness, { resource, config }: (typeof KINDS)[number]): Promise<string> {
  const created = await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config() });
  const Id = textAt(created.output, resource, "Id");
  await succeed(harness, `Update${resource}`, {
    Id,
    IfMatch: created.etag,
    [`${resource}Config`]: config({ Comment: "second" }),
  });
  await harness.deploy();
  return Id;
}

for (const kind of KINDS) {
  const { resource, config } = kind;

  for (const verb of ["Update", "Delete"]) {
    test(`${verb}${resource} compares If-Match with the current revision`, async () => {
      for (const [claim, ifMatch, code] of ROWS) {
        const harness = await openControlHarness();
        const Id = await writtenTwice(harness, kind);
        const body = verb === "Update" ? { [`${resource}Config`]: config({ Comment: "third" }) } : {};
        const match = ifMatch === undefined ? {} : { IfMatch: ifMatch };
        const answer = await call(harness, `${verb}${resource}`, { Id, ...match, ...body });
        assert.equal(answer.code, code, claim);
        const after = await call(harness, `Get${resource}`, { Id });
        const expected = code !== "" ? CURRENT : verb === "Update" ? formatRevision(3 as Revision) : "";
        assert.equal(after.etag, expected, claim);
      }
    });
  }

  test(`the ETag of a ${resource} is the same from every operation that answers it, and new after an update`, async () => {
    const harness = await openControlHarness();
    const created = await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config() });
    const Id = textAt(created.output, resource, "Id");
    assert.match(created.etag, /^E[0-9A-Z]{11,13}$/);
    assert.equal((await succeed(harness, `Get${resource}`, { Id })).etag, created.etag);
    assert.equal((await succeed(harness, `Get${resource}Config`, { Id })).etag, created.etag);

    await harness.deploy();
    assert.equal((await succeed(harness, `Get${resource}`, { Id })).etag, created.etag, "deployment is no change");

    const updated = await succeed(harness, `Update${resource}`, {
      Id,
      IfMatch: created.etag,
      [`${resource}Config`]: config(),
    });
    assert.notEqual(updated.etag, created.etag);
    assert.equal((await succeed(harness, `Get${resource}Config`, { Id })).etag, updated.etag);
  });
}

test("of two If-Match fields the first counts", async () => {
  const harness = await openControlHarness();
  const [kind] = KINDS;
  assert(kind);
  const Id = await writtenTwice(harness, kind);
  const asked = requestOf("DeleteDistribution", { Id, IfMatch: CURRENT });
  const answer = await harness.ask({ ...asked, fields: [...(asked.fields ?? []), ["If-Match", "other"]] });
  assert.equal(answer.status, 204);
});

test("what does not exist is told before a wrong revision, a wrong revision before a wrong config", async () => {
  const harness = await openControlHarness();
  const [kind] = KINDS;
  assert(kind);
  const wrong = { DistributionConfig: distributionConfig("one", { Comment: "x".repeat(129) }) };
  const absent = await call(harness, "UpdateDistribution", { Id: "E0NOBODY000000", IfMatch: CURRENT, ...wrong });
  assert.equal(absent.code, "NoSuchDistribution");
  const Id = await writtenTwice(harness, kind);
  const first = formatRevision(1 as Revision);
  assert.equal((await call(harness, "UpdateDistribution", { Id, IfMatch: first, ...wrong })).code, stale);
  assert.equal((await call(harness, "UpdateDistribution", { Id, IfMatch: CURRENT, ...wrong })).code, "InvalidArgument");
});
