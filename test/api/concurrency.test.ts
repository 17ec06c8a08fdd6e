// Callers at the same moment, over the store that lasts: one resource for one reference, one winner for one ETag.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ApiVersion } from "../../src/model/api.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness } from "../support/control-harness.ts";
import { distributionConfig, identityConfig, listOf, streamingConfig, tagsOf } from "./configs.ts";
import { at, call, succeed, textAt, type Answer } from "./requests.ts";

const folder = mkdtempSync(join(tmpdir(), "warmfront-api-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function openStore(path = join(folder, `${files++}.sqlite`)): Promise<Store> {
  return openSqliteStore({ path });
}

const MANY = 50;

function atOnce<T>(count: number, start: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => start(index)));
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) {
    const name = code === "" ? String(status) : code;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

interface Kind {
  readonly resource: string;
  readonly list: string;
  readonly config: (reference: string, more?: WireDocument) => WireDocument;
}

const KINDS: readonly Kind[] = [
  { resource: "Distribution", list: "ListDistributions", config: distributionConfig },
  { resource: "StreamingDistribution", list: "ListStreamingDistributions", config: streamingConfig },
  {
    resource: "CloudFrontOriginAccessIdentity",
    list: "ListCloudFrontOriginAccessIdentities",
    config: (reference, more = {}) => ({ ...identityConfig(reference), ...more }),
  },
];

for (const { resource, list, config } of KINDS) {
  const isIdentity = resource.endsWith("Identity");
  const ROWS: readonly (readonly [ApiVersion, string])[] = [
    ["2016-01-13", "201"],
    ["2020-05-31", isIdentity ? "201" : `${resource}AlreadyExists`],
  ];
  for (const [version, others] of ROWS) {
    test(`${MANY} creates of a ${resource} at once with one reference make one, through ${version}`, async () => {
      await using store = await openStore();
      const harness = await openControlHarness({ store });
      const input = { [`${resource}Config`]: config("same") };
      const answers = await atOnce(MANY, () => call(harness, `Create${resource}`, input, { version }));
      assert.deepEqual(tally(answers), others === "201" ? { 201: MANY } : { 201: 1, [others]: MANY - 1 });
      const made = answers.filter((answer) => answer.status === 201);
      assert.equal(new Set(made.map((answer) => textAt(answer.output, resource, "Id"))).size, 1);
      const listed = await succeed(harness, list, {}, { version });
      assert.equal(at(listed.output, `${resource}List`, "Quantity"), 1);
      assert.deepEqual(harness.faults, []);
    });
  }

  test(`of ${MANY} creates of a ${resource} at once with one reference and different configs one wins`, async () => {
    await using store = await openStore();
    const harness = await openControlHarness({ store });
    const answers = await atOnce(MANY, (index) =>
      call(harness, `Create${resource}`, { [`${resource}Config`]: config("same", { Comment: `of ${index}` }) }),
    );
    assert.deepEqual(tally(answers), { 201: 1, [`${resource}AlreadyExists`]: MANY - 1 });
  });

  test(`of two updates of a ${resource} at once with one ETag one wins, and its change is the one that stands`, async () => {
    await using store = await openStore();
    const harness = await openControlHarness({ store });
    const created = await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config("one") });
    const Id = textAt(created.output, resource, "Id");
    let { etag } = created;
    for (let round = 0; round < 10; round++) {
      const answers = await atOnce(2, (index) => {
        const next = config("one", { Comment: `${round} of ${index}` });
        return call(harness, `Update${resource}`, { Id, IfMatch: etag, [`${resource}Config`]: next });
      });
      assert.deepEqual(tally(answers), { 200: 1, PreconditionFailed: 1 });
      const winner = answers.findIndex((answer) => answer.status === 200);
      const now = await succeed(harness, `Get${resource}Config`, { Id });
      assert.equal(at(now.output, `${resource}Config`, "Comment"), `${round} of ${winner}`);
      assert.equal(now.etag, answers[winner]?.etag);
      etag = now.etag;
    }
  });

  test(`an update and a delete of a ${resource} at once: one wins`, async () => {
    await using store = await openStore();
    const harness = await openControlHarness({ store });
    const more = isIdentity ? {} : { Enabled: false };
    const created = await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config("one", more) });
    await harness.deploy();
    const input = { Id: textAt(created.output, resource, "Id"), IfMatch: created.etag };
    const [updated, deleted] = await Promise.all([
      call(harness, `Update${resource}`, { ...input, [`${resource}Config`]: config("one", more) }),
      call(harness, `Delete${resource}`, input),
    ]);
    if (updated.status === 200) assert.equal(deleted.code, "PreconditionFailed");
    else {
      assert.equal(deleted.status, 204);
      assert.match(updated.code, /^(NoSuch|PreconditionFailed)/);
    }
  });
}

test("the quota holds against creates at once", async () => {
  await using store = await openStore();
  const harness = await openControlHarness({ store, limits: { distributionsPerAccountMax: 10 } });
  const answers = await atOnce(MANY, (index) =>
    call(harness, "CreateDistribution", { DistributionConfig: distributionConfig(`r${index}`) }),
  );
  assert.deepEqual(tally(answers), { 201: 10, TooManyDistributions: MANY - 10 });
});

test("of creates at once with one alias one gets it", async () => {
  await using store = await openStore();
  const harness = await openControlHarness({ store });
  const Aliases = listOf("www.example.com");
  const answers = await atOnce(MANY, (index) =>
    index % 2 === 0
      ? call(harness, "CreateDistribution", { DistributionConfig: distributionConfig(`r${index}`, { Aliases }) })
      : call(harness, "CreateStreamingDistribution", {
          StreamingDistributionConfig: streamingConfig(`r${index}`, { Aliases }),
        }),
  );
  assert.deepEqual(tally(answers), { 201: 1, CNAMEAlreadyExists: MANY - 1 });
});

test("tags put at once stay within their bound", async () => {
  await using store = await openStore();
  const harness = await openControlHarness({ store, limits: { tagsPerResourceMax: 10 } });
  const created = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  const Resource = textAt(created.output, "Distribution", "ARN");
  const answers = await atOnce(MANY, (index) =>
    call(harness, "TagResource", { Resource, Tags: tagsOf({ [`k${index}`]: "" }) }),
  );
  assert.deepEqual(tally(answers), { 204: 10, InvalidTagging: MANY - 10 });
});

test("what one process wrote another one reads: the store is opened again and is as it was", async () => {
  const path = join(folder, "lasting.sqlite");
  const before = await (async () => {
    await using store = await openStore(path);
    const harness = await openControlHarness({ store });
    const created = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
    const Id = textAt(created.output, "Distribution", "Id");
    return { Id, seen: await succeed(harness, "GetDistribution", { Id }) };
  })();
  await using store = await openStore(path);
  const harness = await openControlHarness({ store });
  const after = await succeed(harness, "GetDistribution", { Id: before.Id });
  assert.equal(after.body, before.seen.body);
  assert.equal(after.etag, before.seen.etag);
});
