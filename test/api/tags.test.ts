// Tags: with a create, listed, put, removed; their bounds, and the ARNs by which resources are found.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import { distributionArn, distributionConfig, streamingConfig, tagsOf } from "./configs.ts";
import { at, call, succeed, textAt } from "./requests.ts";

const KINDS = [
  { resource: "Distribution", config: distributionConfig, part: "distribution" },
  { resource: "StreamingDistribution", config: streamingConfig, part: "streaming-distribution" },
] as const;

type Kind = (typeof KINDS)[number];

async function create(harness: ControlHarness, { resource, config, part }: Kind, tags: Record<string, string>) {
  const answer = await succeed(harness, `Create${resource}WithTags`, {
    [`${resource}ConfigWithTags`]: { [`${resource}Config`]: config("one"), Tags: tagsOf(tags) },
  });
  const Id = textAt(answer.output, resource, "Id");
  const arn = textAt(answer.output, resource, "ARN");
  assert.equal(arn, `arn:aws:cloudfront::000000000000:${part}/${Id}`);
  return { Id, arn, etag: answer.etag };
}

/** In order, as pairs. */
async function tagsAt(harness: ControlHarness, Resource: string): Promise<readonly (readonly string[])[]> {
  const { output } = await succeed(harness, "ListTagsForResource", { Resource });
  const items = (at(output, "Tags", "Items") ?? []) as readonly WireDocument[];
  return items.map((tag) => [textAt(tag, "Key"), textAt(tag, "Value")]);
}

for (const kind of KINDS) {
  const { resource } = kind;

  test(`a ${resource} is created with tags, and they are put, replaced and removed without a change of it`, async () => {
    const harness = await openControlHarness();
    const { Id, arn, etag } = await create(harness, kind, { owner: "me", "cost center": "4711" });
    await harness.deploy();
    assert.deepEqual(await tagsAt(harness, arn), [
      ["owner", "me"],
      ["cost center", "4711"],
    ]);

    const put = await succeed(harness, "TagResource", { Resource: arn, Tags: tagsOf({ owner: "you", stage: "" }) });
    assert.equal(put.status, 204);
    assert.equal(put.body, "");
    assert.deepEqual(
      new Map((await tagsAt(harness, arn)) as [string, string][]),
      new Map([
        ["owner", "you"],
        ["cost center", "4711"],
        ["stage", ""],
      ]),
    );

    const removed = await succeed(harness, "UntagResource", {
      Resource: arn,
      TagKeys: { Items: ["cost center", "was never there"] },
    });
    assert.equal(removed.status, 204);
    assert.deepEqual(
      new Map((await tagsAt(harness, arn)) as [string, string][]),
      new Map([
        ["owner", "you"],
        ["stage", ""],
      ]),
    );

    const after = await succeed(harness, `Get${resource}`, { Id });
    assert.equal(after.etag, etag);
    assert.equal(textAt(after.output, resource, "Status"), "Deployed");
  });

  test(`a ${resource} that is created without tags has none, and an empty list of them is well-formed`, async () => {
    const harness = await openControlHarness();
    const { arn } = await create(harness, kind, {});
    const { body } = await succeed(harness, "ListTagsForResource", { Resource: arn });
    assert.match(body, /<Tags xmlns="[^"]*">(<Items><\/Items>|<Items\/>)?<\/Tags>$/);
    assert.deepEqual(await tagsAt(harness, arn), []);
  });

  test(`the tags of a ${resource} go with it`, async () => {
    const harness = await openControlHarness();
    const { Id, arn, etag } = await create(harness, kind, { owner: "me" });
    const config = kind.config("one", { Enabled: false });
    const disabled = await succeed(harness, `Update${resource}`, { Id, IfMatch: etag, [`${resource}Config`]: config });
    await harness.deploy();
    await succeed(harness, `Delete${resource}`, { Id, IfMatch: disabled.etag });
    assert.equal((await call(harness, "ListTagsForResource", { Resource: arn })).code, "NoSuchResource");
  });
}

test("a create that is refused for its tags creates nothing", async () => {
  const harness = await openControlHarness();
  const answer = await call(harness, "CreateDistributionWithTags", {
    DistributionConfigWithTags: { DistributionConfig: distributionConfig("one"), Tags: tagsOf({ "": "x" }) },
  });
  assert.equal(answer.code, "InvalidTagging");
  assert.equal(at((await succeed(harness, "ListDistributions", {})).output, "DistributionList", "Quantity"), 0);
});

test("a resource can have so many tags, and one more changes nothing", async () => {
  const harness = await openControlHarness({ limits: { tagsPerResourceMax: 3 } });
  const { arn } = await create(harness, KINDS[0], { a: "1", b: "2", c: "3" });
  const four = { DistributionConfig: distributionConfig("two"), Tags: tagsOf({ a: "", b: "", c: "", d: "" }) };
  assert.equal(
    (await call(harness, "CreateDistributionWithTags", { DistributionConfigWithTags: four })).code,
    "InvalidTagging",
  );
  const put = (tags: Record<string, string>) => call(harness, "TagResource", { Resource: arn, Tags: tagsOf(tags) });
  assert.equal((await put({ a: "changed", d: "4" })).code, "InvalidTagging");
  assert.deepEqual(await tagsAt(harness, arn), [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
  ]);
  assert.equal((await put({ a: "changed" })).code, "", "a replacement is not one more");
});

const KEYS: readonly (readonly [key: string, code: string])[] = [
  ["a", ""],
  ["Größe", ""],
  ["a b_.:/=+-@9", ""],
  ["k".repeat(128), ""],
  ["😀", "InvalidTagging"],
  ["k".repeat(129), "InvalidTagging"],
  ["", "InvalidTagging"],
  ["a\nb", "InvalidTagging"],
  ["a;b", "InvalidTagging"],
  ["aws:cloudformation", "InvalidTagging"],
  ["AWS:x", "InvalidTagging"],
];

test("keys and values of tags are of the characters and lengths that the model has", async () => {
  const harness = await openControlHarness();
  const { arn } = await create(harness, KINDS[0], {});
  for (const [key, code] of KEYS) {
    const put = await call(harness, "TagResource", { Resource: arn, Tags: tagsOf({ [key]: "v" }) });
    assert.equal(put.code, code, JSON.stringify(key));
    const value = await call(harness, "TagResource", { Resource: arn, Tags: tagsOf({ v: key.repeat(2) }) });
    const isValueGood = code === "" || key === "" || key === "k".repeat(129) || /^aws:/i.test(key);
    assert.equal(value.code, isValueGood && key.length < 129 ? "" : "InvalidTagging", JSON.stringify(key));
  }
  const twice = {
    Items: [
      { Key: "k", Value: "1" },
      { Key: "k", Value: "2" },
    ],
  };
  assert.equal((await call(harness, "TagResource", { Resource: arn, Tags: twice })).code, "InvalidTagging");
});

const ARNS: readonly (readonly [arn: (id: string) => string, code: string])[] = [
  [distributionArn, ""],
  [(id) => distributionArn(id).replace("distribution", "streaming-distribution"), "NoSuchResource"],
  [(id) => distributionArn(id.slice(0, -1)), "NoSuchResource"],
  [(id) => distributionArn(id.toLowerCase()), "NoSuchResource"],
  [(id) => distributionArn(id).replace("000000000000", "111111111111"), "NoSuchResource"],
  [(id) => distributionArn(id).replace("cloudfront::", "cloudfront:us-east-1:"), "InvalidArgument"],
  [(id) => distributionArn(id).replace("cloudfront", "s3"), "InvalidArgument"],
  [(id) => distributionArn(id).replace("arn:aws:", "arn:"), "InvalidArgument"],
  [(id) => `${distributionArn(id)}/x`, "InvalidArgument"],
  [(id) => distributionArn(id).replace("distribution", "origin-access-identity"), "InvalidArgument"],
  [(id) => id, "InvalidArgument"],
  [() => "", "InvalidArgument"],
  [() => distributionArn(""), "InvalidArgument"],
  [() => "x".repeat(10_000), "InvalidArgument"],
];

test("a resource is found by its own ARN and no other", async () => {
  const harness = await openControlHarness();
  const { Id } = await create(harness, KINDS[0], { a: "1" });
  for (const [arnOf, code] of ARNS) {
    const Resource = arnOf(Id);
    assert.equal((await call(harness, "ListTagsForResource", { Resource })).code, code, Resource);
    assert.equal((await call(harness, "TagResource", { Resource, Tags: tagsOf({ a: "1" }) })).code, code, Resource);
    const untag = await call(harness, "UntagResource", { Resource, TagKeys: { Items: ["b"] } });
    assert.equal(untag.code, code, Resource);
  }
  const wrongRegion = await call(harness, "ListTagsForResource", {
    Resource: distributionArn(Id).replace("cloudfront::", "cloudfront:global:"),
  });
  assert.equal(wrongRegion.message, "Invalid region (received: global, expected empty)");
});

test("WithTags is recognized with and without an equals sign", async () => {
  for (const query of ["WithTags", "WithTags=", "WithTags=true"]) {
    const harness = await openControlHarness();
    const body =
      "<StreamingDistributionConfigWithTags><Tags/><StreamingDistributionConfig><CallerReference>r</CallerReference>" +
      "<S3Origin><DomainName>films.s3.amazonaws.com</DomainName><OriginAccessIdentity/></S3Origin><Comment/>" +
      "<TrustedSigners><Enabled>false</Enabled><Quantity>0</Quantity></TrustedSigners><Enabled>true</Enabled>" +
      "</StreamingDistributionConfig></StreamingDistributionConfigWithTags>";
    const answer = await harness.ask({ method: "POST", target: `/2020-05-31/streaming-distribution?${query}`, body });
    assert.equal(answer.status, 201, answer.body);
  }
});
