// Caller references: what a second create with the same reference answers, per kind of resource and API version. Up to
// 2018-06-18 the documentation promises the original answer to an identical repeat, from 2018-11-05 on an error;
// identities and invalidations are always repeatable. [CFMODEL DistributionConfig.CallerReference]

import assert from "node:assert/strict";
import { test } from "node:test";
import { API_VERSIONS, type ApiVersion } from "../../src/model/api.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import { distributionConfig, identityConfig, invalidationBatch, listOf, streamingConfig } from "./configs.ts";
import { call, succeed, textAt } from "./requests.ts";

interface Kind {
  readonly resource: string;
  readonly config: (reference: string, more?: WireDocument) => WireDocument;
  readonly alreadyExists: string;
  readonly repeatableUntil: string;
}

const KINDS: readonly Kind[] = [
  {
    resource: "Distribution",
    config: distributionConfig,
    alreadyExists: "DistributionAlreadyExists",
    repeatableUntil: "2018-06-18",
  },
  {
    resource: "StreamingDistribution",
    config: streamingConfig,
    alreadyExists: "StreamingDistributionAlreadyExists",
    repeatableUntil: "2018-06-18",
  },
  {
    resource: "CloudFrontOriginAccessIdentity",
    config: (reference, more = {}) => ({ ...identityConfig(reference), ...more }),
    alreadyExists: "CloudFrontOriginAccessIdentityAlreadyExists",
    repeatableUntil: "2020-05-31",
  },
];

async function countOf(harness: ControlHarness, resource: string, version: ApiVersion): Promise<unknown> {
  const list = resource.endsWith("Identity") ? `${resource.slice(0, -1)}ies` : `${resource}s`;
  const { output } = await succeed(harness, `List${list}`, {}, { version });
  return (output[`${resource}List`] as WireDocument)["Quantity"];
}

for (const { resource, config, alreadyExists, repeatableUntil } of KINDS) {
  test(`an identical repeat of Create${resource} answers with the original up to ${repeatableUntil}`, async () => {
    for (const version of API_VERSIONS) {
      const harness = await openControlHarness();
      const input = { [`${resource}Config`]: config("one") };
      const first = await succeed(harness, `Create${resource}`, input, { version });
      harness.clock.advance(60);
      const second = await call(harness, `Create${resource}`, input, { version });
      if (version <= repeatableUntil) {
        assert.equal(second.status, 201, version);
        assert.equal(second.body, first.body, version);
        assert.equal(second.etag, first.etag, version);
        assert.equal(second.headers.get("location"), first.headers.get("location"), version);
      } else {
        assert.equal(second.code, alreadyExists, version);
        assert.ok(second.message.includes(textAt(first.output, resource, "Id")), second.message);
      }
      assert.equal(await countOf(harness, resource, version), 1, version);
    }
  });

  test(`another config under the same reference is refused by Create${resource} in every version`, async () => {
    for (const version of API_VERSIONS) {
      const harness = await openControlHarness();
      await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config("one") }, { version });
      const other = { [`${resource}Config`]: config("one", { Comment: "other" }) };
      const second = await call(harness, `Create${resource}`, other, { version });
      assert.equal(second.code, alreadyExists, version);
      assert.equal(second.status, 409, version);
      assert.equal(await countOf(harness, resource, version), 1, version);
    }
  });
}

test("a repeat is compared with what was created, not with what it became by updates", async () => {
  const harness = await openControlHarness();
  const version = "2016-01-13";
  const input = { DistributionConfig: distributionConfig("one") };
  const first = await succeed(harness, "CreateDistribution", input, { version });
  const Id = textAt(first.output, "Distribution", "Id");
  const changed = { DistributionConfig: distributionConfig("one", { Comment: "changed" }) };
  const updated = await succeed(harness, "UpdateDistribution", { Id, IfMatch: first.etag, ...changed }, { version });
  const repeat = await succeed(harness, "CreateDistribution", input, { version });
  assert.equal(repeat.etag, updated.etag, "it is answered as it is now");
  assert.equal((await call(harness, "CreateDistribution", changed, { version })).code, "DistributionAlreadyExists");
});

test("what is written differently and means the same is an identical repeat", async () => {
  const harness = await openControlHarness();
  const version = "2016-01-13";
  const spelledOut = distributionConfig("one", { WebACLId: "", Aliases: listOf("A.example.com") });
  const leftOut = distributionConfig("one", { Aliases: listOf("a.example.com") });
  const first = await succeed(harness, "CreateDistribution", { DistributionConfig: spelledOut }, { version });
  const second = await call(harness, "CreateDistribution", { DistributionConfig: leftOut }, { version });
  assert.equal(second.body, first.body);
});

test("the reference of a distribution that is gone is free again", async () => {
  const harness = await openControlHarness();
  const created = await succeed(harness, "CreateDistribution", {
    DistributionConfig: distributionConfig("one", { Enabled: false }),
  });
  await harness.deploy();
  const Id = textAt(created.output, "Distribution", "Id");
  await succeed(harness, "DeleteDistribution", { Id, IfMatch: created.etag });
  const again = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  assert.notEqual(textAt(again.output, "Distribution", "Id"), Id);
});

test("kinds do not share references", async () => {
  const harness = await openControlHarness();
  for (const { resource, config } of KINDS) {
    await succeed(harness, `Create${resource}`, { [`${resource}Config`]: config("one") });
  }
});

test("a repeated invalidation is the first one, in whatever order its paths are; other paths are refused", async () => {
  for (const version of API_VERSIONS) {
    const harness = await openControlHarness();
    const created = await succeed(
      harness,
      "CreateDistribution",
      { DistributionConfig: distributionConfig("one") },
      { version },
    );
    const DistributionId = textAt(created.output, "Distribution", "Id");
    const invalidate = (...paths: readonly string[]) =>
      call(
        harness,
        "CreateInvalidation",
        { DistributionId, InvalidationBatch: invalidationBatch("batch", ...paths) },
        { version },
      );
    const first = await invalidate("/a", "/b*");
    assert.equal(first.status, 201);
    harness.clock.advance(5);
    const repeat = await invalidate("/b*", "/a");
    assert.equal(repeat.status, 201);
    assert.equal(repeat.body, first.body);
    assert.equal(repeat.headers.get("location"), first.headers.get("location"));
    const other = await invalidate("/a");
    assert.equal(other.code, "InvalidArgument");
    assert.equal(
      other.message,
      "Your request contains a caller reference that was used for a previous invalidation batch for the same distribution.",
    );
    const listed = await succeed(harness, "ListInvalidations", { DistributionId }, { version });
    assert.equal((listed.output["InvalidationList"] as WireDocument)["Quantity"], 1);
  }
});
