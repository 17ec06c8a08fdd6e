// Lists in pages: every list of the API, its markers and its bounds. [CFAPI ListDistributions]

import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import { distributionConfig, identityConfig, invalidationBatch, streamingConfig } from "./configs.ts";
import { at, call, succeed, textAt } from "./requests.ts";

const ACL = "473e64fd-f30b-4765-81a0-62ad96dd167a";
const ACL_ARN = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/my-acl/473e64fd-f30b-4765-81a0-62ad96dd167a";

interface List {
  readonly operation: string;
  readonly member: string;
  /** Makes `count` and gives what else the list's input needs. */
  readonly fill: (harness: ControlHarness, count: number) => Promise<WireDocument>;
}

async function many(harness: ControlHarness, count: number, operation: string, input: (name: string) => WireDocument) {
  for (let at = 0; at < count; at++) await succeed(harness, operation, input(`r${at}`));
  return {};
}

const LISTS: readonly List[] = [
  {
    operation: "ListDistributions",
    member: "DistributionList",
    fill: (harness, count) =>
      many(harness, count, "CreateDistribution", (name) => ({ DistributionConfig: distributionConfig(name) })),
  },
  {
    operation: "ListDistributionsByWebACLId",
    member: "DistributionList",
    fill: async (harness, count) => {
      await many(harness, count, "CreateDistribution", (name) => ({
        DistributionConfig: distributionConfig(name, { WebACLId: ACL }),
      }));
      await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("without") });
      return { WebACLId: ACL };
    },
  },
  {
    operation: "ListStreamingDistributions",
    member: "StreamingDistributionList",
    fill: (harness, count) =>
      many(harness, count, "CreateStreamingDistribution", (name) => ({
        StreamingDistributionConfig: streamingConfig(name),
      })),
  },
  {
    operation: "ListCloudFrontOriginAccessIdentities",
    member: "CloudFrontOriginAccessIdentityList",
    fill: (harness, count) =>
      many(harness, count, "CreateCloudFrontOriginAccessIdentity", (name) => ({
        CloudFrontOriginAccessIdentityConfig: identityConfig(name),
      })),
  },
  {
    operation: "ListInvalidations",
    member: "InvalidationList",
    fill: async (harness, count) => {
      const made = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
      const DistributionId = textAt(made.output, "Distribution", "Id");
      await many(harness, count, "CreateInvalidation", (name) => ({
        DistributionId,
        InvalidationBatch: invalidationBatch(name, `/${name}`),
      }));
      return { DistributionId };
    },
  },
];

const idsOf = (list: WireDocument): string[] =>
  ((list["Items"] ?? []) as readonly WireDocument[]).map((item) => textAt(item, "Id"));

for (const { operation, member, fill } of LISTS) {
  const limits = {
    distributionsPerAccountMax: 1000,
    streamingDistributionsPerAccountMax: 1000,
    originAccessIdentitiesPerAccountMax: 1000,
  };
  const page = async (harness: ControlHarness, input: WireDocument) =>
    at((await succeed(harness, operation, input)).output, member) as WireDocument;

  test(`${operation} of nothing is an empty list without Items`, async () => {
    const harness = await openControlHarness();
    const input = await fill(harness, 0);
    const { body } = await succeed(harness, operation, input);
    const inside = "<Marker></Marker><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated><Quantity>0</Quantity>";
    assert.ok(body.endsWith(`>${inside}</${member}>`), body);
  });

  test(`${operation} walks all items in pages of any size, each once and always in the same order`, async () => {
    const harness = await openControlHarness({ limits });
    const input = await fill(harness, 7);
    const whole = await page(harness, input);
    assert.equal(whole["Quantity"], 7);
    const all = idsOf(whole);
    for (const size of [1, 2, 3, 6, 7, 8]) {
      const walked: string[] = [];
      let marker = "";
      for (let pages = 0; ; pages++) {
        assert.ok(pages < 10, "the walk ends");
        const answer = await page(harness, {
          ...input,
          MaxItems: String(size),
          ...(marker !== "" && { Marker: marker }),
        });
        assert.equal(answer["Marker"], marker, "the marker is echoed");
        assert.equal(answer["MaxItems"], size);
        assert.equal(answer["Quantity"], idsOf(answer).length);
        walked.push(...idsOf(answer));
        assert.equal(answer["IsTruncated"], walked.length < 7);
        assert.equal(answer["NextMarker"], walked.length < 7 ? walked.at(-1) : undefined);
        if (answer["NextMarker"] === undefined) break;
        marker = textAt(answer, "NextMarker");
      }
      assert.deepEqual(walked, all, `in pages of ${size}`);
    }
  });

  test(`${operation} gives a hundred at most, whatever it is asked for`, async () => {
    const harness = await openControlHarness({ limits });
    const input = await fill(harness, 101);
    for (const MaxItems of [undefined, "100", "101", "2147483647"]) {
      const answer = await page(harness, MaxItems === undefined ? input : { ...input, MaxItems });
      assert.equal(answer["MaxItems"], 100);
      assert.equal(answer["Quantity"], 100);
      assert.equal(answer["IsTruncated"], true);
    }
  });

  test(`${operation} refuses a MaxItems or a Marker that is none`, async () => {
    const harness = await openControlHarness();
    const input = await fill(harness, 1);
    for (const MaxItems of ["0", "-1", "1.5", "1e2", "many", "0x10", "9999999999", "１"]) {
      assert.equal((await call(harness, operation, { ...input, MaxItems })).code, "InvalidArgument", MaxItems);
    }
    for (const Marker of ["*", "a/b", "e0nobody000000", " ", "E".repeat(200), "\u0000"]) {
      assert.equal((await call(harness, operation, { ...input, Marker })).code, "InvalidArgument", Marker);
    }
    assert.equal((await call(harness, operation, { ...input, MaxItems: "", Marker: "" })).code, "", "empty is none");
  });
}

test("invalidations are listed newest first", async () => {
  const harness = await openControlHarness();
  const made = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  const DistributionId = textAt(made.output, "Distribution", "Id");
  const ids: string[] = [];
  for (const name of ["first", "second", "third"]) {
    harness.clock.advance(1);
    const InvalidationBatch = invalidationBatch(name, "/*");
    const answer = await succeed(harness, "CreateInvalidation", { DistributionId, InvalidationBatch });
    ids.unshift(textAt(answer.output, "Invalidation", "Id"));
  }
  const listed = await succeed(harness, "ListInvalidations", { DistributionId });
  assert.deepEqual(idsOf(at(listed.output, "InvalidationList") as WireDocument), ids);
});

test("a marker may be the id of what has been deleted since", async () => {
  const harness = await openControlHarness();
  for (const name of ["a", "b", "c"]) {
    await succeed(harness, "CreateCloudFrontOriginAccessIdentity", {
      CloudFrontOriginAccessIdentityConfig: identityConfig(name),
    });
  }
  const list = async (input: WireDocument) =>
    idsOf(
      at(
        (await succeed(harness, "ListCloudFrontOriginAccessIdentities", input)).output,
        "CloudFrontOriginAccessIdentityList",
      ) as WireDocument,
    );
  const all = await list({});
  const [gone = ""] = all;
  const { etag } = await succeed(harness, "GetCloudFrontOriginAccessIdentity", { Id: gone });
  await succeed(harness, "DeleteCloudFrontOriginAccessIdentity", { Id: gone, IfMatch: etag });
  assert.deepEqual(await list({ Marker: gone }), all.slice(1));
});

test("distributions are found by their web ACL: by id, by an ARN with slashes, and by null for none", async () => {
  const harness = await openControlHarness();
  const ids: Record<string, string> = {};
  for (const [name, WebACLId] of Object.entries({ none: "", classic: ACL, arn: ACL_ARN })) {
    const made = await succeed(harness, "CreateDistribution", {
      DistributionConfig: distributionConfig(name, { WebACLId }),
    });
    ids[name] = textAt(made.output, "Distribution", "Id");
  }
  const find = async (WebACLId: string) =>
    idsOf(
      at(
        (await succeed(harness, "ListDistributionsByWebACLId", { WebACLId })).output,
        "DistributionList",
      ) as WireDocument,
    );
  assert.deepEqual(await find("null"), [ids["none"]]);
  assert.deepEqual(await find(ACL), [ids["classic"]]);
  assert.deepEqual(await find(ACL_ARN), [ids["arn"]]);
  assert.deepEqual(await find("00000000-0000-0000-0000-000000000000"), []);

  const arnAsSent = await harness.ask({
    method: "GET",
    target: `/2020-05-31/distributionsByWebACLId/${ACL_ARN.replaceAll("/", "%2F")}`,
  });
  assert.equal(arnAsSent.status, 200);
});
