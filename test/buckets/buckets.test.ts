// Buckets themselves: made under names that S3 allows, one name for all accounts, found by their region, and gone only when empty.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBucketStage } from "./bucket-stage.ts";

const NAMES: readonly (readonly [name: string, isName: boolean])[] = [
  ["abc", true],
  ["a-b.c-1", true],
  ["1abc", true],
  ["a".repeat(63), true],
  ["ab", false],
  ["a".repeat(64), false],
  ["Abc", false],
  ["a_bc", false],
  ["-abc", false],
  ["abc-", false],
  [".abc", false],
  ["a..b", false],
  ["192.168.1.1", false],
  ["xn--abc", false],
  ["abc-s3alias", false],
  ["abc--ol-s3", false],
  ["a%20bc", false],
  // The API's own paths begin so.
  ["2020-05-31", false],
];

test("a bucket's name is one that S3 allows", async (t) => {
  const { ask } = await openBucketStage(t);
  for (const [name, isName] of NAMES) {
    const { status, code } = await ask(`PUT /${name}`);
    assert.equal(isName ? status : code, isName ? 200 : "InvalidBucketName", name);
  }
});

const constraint = (region: string): string =>
  `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;

const REGIONS: readonly (readonly [body: string, region: string])[] = [
  ["", "us-east-1"],
  [constraint("eu-west-1"), "eu-west-1"],
  [constraint("EU"), "eu-west-1"],
  [constraint("us-gov-west-1"), "us-gov-west-1"],
  ["<CreateBucketConfiguration/>", "us-east-1"],
  [constraint("us-east-1"), "InvalidLocationConstraint"],
  [constraint("the moon"), "InvalidLocationConstraint"],
  ["<CreateBucketConfiguration><Bucket/></CreateBucketConfiguration>", "NotImplemented"],
  ["<CreateBucketConfiguration><Other/></CreateBucketConfiguration>", "MalformedXML"],
  ["<Other/>", "MalformedXML"],
  ["<CreateBucket", "MalformedXML"],
];

test("a bucket keeps the region that it was made with", async (t) => {
  const { ask } = await openBucketStage(t);
  for (const [index, [body, region]] of REGIONS.entries()) {
    const name = `bucket-${index}`;
    const made = await ask(`PUT /${name}`, { body });
    if (made.status !== 200) {
      assert.equal(made.code, region, body);
      continue;
    }
    assert.equal(made.fields.get("location"), `/${name}`);
    assert.equal((await ask(`HEAD /${name}`)).fields.get("x-amz-bucket-region"), region, body);
    const shown = region === "us-east-1" ? "" : region;
    assert.match(
      (await ask(`GET /${name}?location`)).text,
      new RegExp(`<LocationConstraint xmlns="[^"]*">${shown}</LocationConstraint>`),
    );
  }
});

test("a name belongs to who took it first", async (t) => {
  const { ask } = await openBucketStage(t, { bucketsPerAccountMax: 3 });
  const answers = async (line: string, as?: "other" | "reader" | "nobody", body = ""): Promise<string> => {
    const { status, code } = await ask(line, { ...(as === undefined ? {} : { as }), body });
    return `${status} ${code}`.trim();
  };
  assert.equal(await answers("PUT /shop"), "200");
  assert.equal(await answers("PUT /shop"), "200"); // the first region answers so
  assert.equal(await answers("PUT /shop", "other"), "409 BucketAlreadyExists");
  assert.equal(await answers("PUT /shop", "reader"), "403 AccessDenied");
  assert.equal(await answers("PUT /shop", "nobody"), "403 AccessDenied");
  assert.equal(await answers("PUT /west", undefined, constraint("us-west-2")), "200");
  assert.equal(await answers("PUT /west", undefined, constraint("us-west-2")), "409 BucketAlreadyOwnedByYou");
  assert.equal(await answers("PUT /third"), "200");
  assert.equal(await answers("PUT /fourth"), "400 TooManyBuckets");
  assert.equal(await answers("HEAD /shop"), "200");
  assert.equal(await answers("HEAD /shop", "other"), "403");
  assert.equal(await answers("HEAD /absent"), "404");
  assert.equal(await answers("DELETE /shop", "other"), "403 AccessDenied");
  assert.equal(await answers("DELETE /absent"), "404 NoSuchBucket");
  await ask("PUT /shop/k", { body: "x" });
  assert.equal(await answers("DELETE /shop"), "409 BucketNotEmpty");
  await ask("DELETE /shop/k");
  assert.equal(await answers("DELETE /shop"), "204");
  assert.equal(await answers("PUT /shop", "other"), "200");
});
