// InProgress → Deployed, InProgress → Completed: what callers see of the edges' acknowledgements, and what may be
// deleted when. The edges are played by writing to the feed what they would.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EdgeId, FeedNumber } from "../../src/vocabulary/ids.ts";
import { addSeconds, seconds } from "../../src/vocabulary/time.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import {
  customOrigin,
  distributionConfig,
  identityConfig,
  identityPath,
  invalidationBatch,
  listOf,
  s3Origin,
  streamingConfig,
} from "./configs.ts";
import { at, call, succeed, textAt } from "./requests.ts";

const KINDS = [
  { resource: "Distribution", config: distributionConfig, notDisabled: "DistributionNotDisabled" },
  { resource: "StreamingDistribution", config: streamingConfig, notDisabled: "StreamingDistributionNotDisabled" },
] as const;

/** An edge that has everything up to `through` in force and counts as live for `lease` seconds. */
async function acknowledge(
  { store, clock }: ControlHarness,
  edge: string,
  { through, lease = 15 }: { readonly through?: number; readonly lease?: number } = {},
): Promise<void> {
  const now = clock.now();
  const number = through === undefined ? await store.feed.latest() : (through as FeedNumber);
  await store.feed.acknowledge(edge as EdgeId, number, addSeconds(now, seconds(lease)), now);
}

async function create(harness: ControlHarness, { resource, config }: (typeof KINDS)[number], enabled = true) {
  const answer = await succeed(harness, `Create${resource}`, {
    [`${resource}Config`]: config("one", { Enabled: enabled }),
  });
  return { Id: textAt(answer.output, resource, "Id"), etag: answer.etag, answer };
}

async function statusOf(harness: ControlHarness, resource: string, Id: string): Promise<string> {
  const one = await succeed(harness, `Get${resource}`, { Id });
  const list = await succeed(harness, `List${resource}s`, {});
  const status = textAt(one.output, resource, "Status");
  assert.equal(textAt(list.output, `${resource}List`, "Items", 0, "Status"), status, "one answer for both questions");
  return status;
}

for (const kind of KINDS) {
  const { resource, config, notDisabled } = kind;

  test(`a ${resource} is InProgress until a live edge has it in force, and after every update again`, async () => {
    const harness = await openControlHarness();
    const { Id, etag, answer } = await create(harness, kind);
    assert.equal(textAt(answer.output, resource, "Status"), "InProgress");
    harness.clock.advance(3600);
    assert.equal(await statusOf(harness, resource, Id), "InProgress", "without an edge nothing is deployed");
    await acknowledge(harness, "edge");
    assert.equal(await statusOf(harness, resource, Id), "Deployed");

    const next = { [`${resource}Config`]: config("one", { Comment: "changed" }) };
    const updated = await succeed(harness, `Update${resource}`, { Id, IfMatch: etag, ...next });
    assert.equal(textAt(updated.output, resource, "Status"), "InProgress");
    await acknowledge(harness, "edge");
    assert.equal(await statusOf(harness, resource, Id), "Deployed");
  });

  test(`a ${resource} stays Deployed when the edges are gone`, async () => {
    const harness = await openControlHarness();
    const { Id } = await create(harness, kind);
    await acknowledge(harness, "edge");
    harness.clock.advance(3600);
    assert.equal(await statusOf(harness, resource, Id), "Deployed");
  });

  test(`a ${resource} waits for every live edge, and for none whose lease is over`, async () => {
    const harness = await openControlHarness();
    await acknowledge(harness, "slow", { through: 0 });
    const { Id } = await create(harness, kind);
    await acknowledge(harness, "fast");
    assert.equal(await statusOf(harness, resource, Id), "InProgress");
    harness.clock.advance(14);
    await acknowledge(harness, "fast");
    assert.equal(await statusOf(harness, resource, Id), "InProgress");
    harness.clock.advance(2);
    await acknowledge(harness, "fast");
    assert.equal(await statusOf(harness, resource, Id), "Deployed");
  });

  test(`a ${resource} waits for the delay that the operator asked for`, async () => {
    const harness = await openControlHarness({ propagationSeconds: 300 });
    const { Id } = await create(harness, kind);
    await acknowledge(harness, "edge");
    assert.equal(await statusOf(harness, resource, Id), "InProgress");
    harness.clock.advance(299);
    assert.equal(await statusOf(harness, resource, Id), "InProgress");
    harness.clock.advance(1);
    assert.equal(await statusOf(harness, resource, Id), "Deployed");
  });

  test(`a ${resource} can be deleted once it is disabled and Deployed, and is gone then`, async () => {
    const harness = await openControlHarness();
    const { Id, etag } = await create(harness, kind);
    await acknowledge(harness, "edge");
    const enabled = await call(harness, `Delete${resource}`, { Id, IfMatch: etag });
    assert.equal(enabled.code, notDisabled);

    const disabled = await succeed(harness, `Update${resource}`, {
      Id,
      IfMatch: etag,
      [`${resource}Config`]: config("one", { Enabled: false }),
    });
    const early = await call(harness, `Delete${resource}`, { Id, IfMatch: disabled.etag });
    assert.equal(early.code, notDisabled, "the edges still serve it");
    await acknowledge(harness, "edge");

    const deleted = await call(harness, `Delete${resource}`, { Id, IfMatch: disabled.etag });
    assert.equal(deleted.status, 204);
    assert.equal(deleted.body, "");
    for (const verb of ["Get", "Delete"]) {
      const input = verb === "Get" ? { Id } : { Id, IfMatch: disabled.etag };
      assert.equal((await call(harness, `${verb}${resource}`, input)).code, `NoSuch${resource}`);
    }
    const list = await succeed(harness, `List${resource}s`, {});
    assert.equal(at(list.output, `${resource}List`, "Quantity"), 0);
  });

  test(`LastModifiedTime of a ${resource} is that of its last change of config`, async () => {
    const harness = await openControlHarness();
    const { Id, etag, answer } = await create(harness, kind);
    const created = at(answer.output, resource, "LastModifiedTime");
    assert.equal(created, harness.clock.now());
    harness.clock.advance(61.5);
    await acknowledge(harness, "edge");
    const seen = await succeed(harness, `Get${resource}`, { Id });
    assert.equal(at(seen.output, resource, "LastModifiedTime"), created);
    const updated = await succeed(harness, `Update${resource}`, {
      Id,
      IfMatch: etag,
      [`${resource}Config`]: config("one"),
    });
    assert.equal(at(updated.output, resource, "LastModifiedTime"), harness.clock.now());
    assert.match(updated.body, /<LastModifiedTime>2026-11-20T00:01:01\.500Z<\/LastModifiedTime>/);
  });
}

test("an invalidation is InProgress until the edges have it, and is counted in its distribution until then", async () => {
  const harness = await openControlHarness();
  const { Id: DistributionId } = await create(harness, KINDS[0]);
  await acknowledge(harness, "edge");
  const made = await succeed(harness, "CreateInvalidation", {
    DistributionId,
    InvalidationBatch: invalidationBatch("batch", "/a", "/b/*"),
  });
  const Id = textAt(made.output, "Invalidation", "Id");
  assert.match(Id, /^I[0-9A-Z]{12,13}$/);
  const look = async () => {
    const one = await succeed(harness, "GetInvalidation", { DistributionId, Id });
    const list = await succeed(harness, "ListInvalidations", { DistributionId });
    const whole = await succeed(harness, "GetDistribution", { Id: DistributionId });
    assert.equal(textAt(whole.output, "Distribution", "Status"), "Deployed", "an invalidation changes no config");
    return [
      textAt(one.output, "Invalidation", "Status"),
      textAt(list.output, "InvalidationList", "Items", 0, "Status"),
      at(whole.output, "Distribution", "InProgressInvalidationBatches"),
    ];
  };
  assert.deepEqual(await look(), ["InProgress", "InProgress", 1]);
  await acknowledge(harness, "edge");
  assert.deepEqual(await look(), ["Completed", "Completed", 0]);
});

test("paths in progress are bounded for each distribution, with and without wildcard, and free again when done", async () => {
  const harness = await openControlHarness({
    limits: { invalidationPathsInProgressMax: 3, invalidationWildcardsInProgressMax: 1 },
  });
  const { Id: DistributionId } = await create(harness, KINDS[0]);
  let count = 0;
  const invalidate = async (...paths: readonly string[]) =>
    (
      await call(harness, "CreateInvalidation", {
        DistributionId,
        InvalidationBatch: invalidationBatch(`batch ${count++}`, ...paths),
      })
    ).code;
  assert.equal(await invalidate("/1", "/2", "/*"), "");
  assert.equal(await invalidate("/3", "/4"), "TooManyInvalidationsInProgress");
  assert.equal(await invalidate("/a/*"), "TooManyInvalidationsInProgress");
  assert.equal(await invalidate("/3"), "");
  assert.equal(await invalidate("/4"), "TooManyInvalidationsInProgress");
  await acknowledge(harness, "edge");
  assert.equal(await invalidate("/4", "/a/*"), "");
});

test("an identity cannot be deleted while a distribution names it, and can when none does any more", async () => {
  const harness = await openControlHarness();
  const identity = await succeed(harness, "CreateCloudFrontOriginAccessIdentity", {
    CloudFrontOriginAccessIdentityConfig: identityConfig("one"),
  });
  const Id = textAt(identity.output, "CloudFrontOriginAccessIdentity", "Id");
  const remove = async () =>
    (await call(harness, "DeleteCloudFrontOriginAccessIdentity", { Id, IfMatch: identity.etag })).code;
  const Origins = listOf(customOrigin(), s3Origin(identityPath(Id)));
  const created = await succeed(harness, "CreateDistribution", {
    DistributionConfig: distributionConfig("one", { Origins, Enabled: false }),
  });
  const S3Origin = { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity: identityPath(Id) };
  const stream = await succeed(harness, "CreateStreamingDistribution", {
    StreamingDistributionConfig: streamingConfig("one", { S3Origin, Enabled: false }),
  });
  assert.equal(await remove(), "CloudFrontOriginAccessIdentityInUse");
  await succeed(harness, "UpdateDistribution", {
    Id: textAt(created.output, "Distribution", "Id"),
    IfMatch: created.etag,
    DistributionConfig: distributionConfig("one"),
  });
  assert.equal(await remove(), "CloudFrontOriginAccessIdentityInUse", "the stream names it still");
  await acknowledge(harness, "edge");
  await succeed(harness, "DeleteStreamingDistribution", {
    Id: textAt(stream.output, "StreamingDistribution", "Id"),
    IfMatch: stream.etag,
  });
  assert.equal(await remove(), "");
});

test("an alias is one distribution's, of whatever kind and account, until it is given up", async () => {
  const harness = await openControlHarness();
  const named = (reference: string, ...aliases: readonly string[]) => ({
    DistributionConfig: distributionConfig(reference, { Aliases: listOf(...aliases) }),
  });
  const first = await succeed(harness, "CreateDistribution", named("one", "www.example.com", "*.example.org"));
  const taken = async (alias: string) => {
    const web = await call(harness, "CreateDistribution", named(`web ${alias}`, alias));
    const stream = await call(harness, "CreateStreamingDistribution", {
      StreamingDistributionConfig: streamingConfig(`stream ${alias}`, { Aliases: listOf(alias) }),
    });
    return [web.code, stream.code];
  };
  assert.deepEqual(await taken("www.example.com"), ["CNAMEAlreadyExists", "CNAMEAlreadyExists"]);
  assert.deepEqual(await taken("*.Example.ORG"), ["CNAMEAlreadyExists", "CNAMEAlreadyExists"]);
  const Id = textAt(first.output, "Distribution", "Id");
  await succeed(harness, "UpdateDistribution", { Id, IfMatch: first.etag, ...named("one", "*.example.org") });
  assert.equal((await call(harness, "CreateDistribution", named("two", "www.example.com"))).code, "");
});
