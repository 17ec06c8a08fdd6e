// Copies, whose two ends are decided one by one, and deletions of many keys at once.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { openBucketStage, START, textsOf, type BucketStage } from "./bucket-stage.ts";

const SEED = 20_261_122;

async function twoBuckets(stage: BucketStage): Promise<void> {
  const { ask } = stage;
  await ask("PUT /shop");
  await ask("PUT /others", { as: "other" });
  await ask("PUT /others/secret", { as: "other", body: "secret" });
  const fields = {
    "Content-Type": "text/plain",
    "x-amz-meta-a": "1",
    "x-amz-tagging": "x=1",
    "x-amz-website-redirect-location": "/r",
  };
  await ask("PUT /shop/a%20b", { body: "hello", fields });
}

/** [fields beside the source `/shop/a%20b`, target, code or what is shown] */
const COPIES: readonly (readonly [fields: Readonly<Record<string, string>>, target: string, shows: string])[] = [
  [{}, "/shop/copy", "text/plain 1 1 -"],
  [
    { "x-amz-metadata-directive": "REPLACE", "Content-Type": "image/png", "x-amz-meta-b": "2" },
    "/shop/copy",
    "image/png - 1 -",
  ],
  [{ "x-amz-tagging-directive": "REPLACE" }, "/shop/copy", "text/plain 1 - -"],
  [{ "x-amz-website-redirect-location": "/new" }, "/shop/copy", "text/plain 1 1 /new"],
  [{ "x-amz-copy-source": "shop/a%20b" }, "/shop/copy", "text/plain 1 1 -"],
  [{ "x-amz-copy-source": "shop%2Fa%20b" }, "/shop/copy", "text/plain 1 1 -"],
  [{ "x-amz-copy-source": "/shop/a%20b?versionId=null" }, "/shop/copy", "text/plain 1 1 -"],
  [{ "x-amz-copy-source": "/shop/a%20b?versionId=absent" }, "/shop/copy", "NoSuchVersion"],
  [{ "x-amz-copy-source": "/shop/a%20b?versionId=" }, "/shop/copy", "InvalidArgument"],
  [{ "x-amz-copy-source": "/shop/absent" }, "/shop/copy", "NoSuchKey"],
  [{ "x-amz-copy-source": "/absent/k" }, "/shop/copy", "NoSuchBucket"],
  [{ "x-amz-copy-source": "/others/secret" }, "/shop/copy", "AccessDenied"],
  [{ "x-amz-copy-source": "/others/absent" }, "/shop/copy", "AccessDenied"],
  [{}, "/others/copy", "AccessDenied"],
  [{ "x-amz-copy-source": "shop" }, "/shop/copy", "InvalidArgument"],
  [{ "x-amz-copy-source": "/shop/" }, "/shop/copy", "InvalidArgument"],
  [{ "x-amz-copy-source": "/shop/%ff" }, "/shop/copy", "InvalidArgument"],
  [{ "x-amz-metadata-directive": "MERGE" }, "/shop/copy", "InvalidArgument"],
  [{ "x-amz-copy-source-if-match": '"other"' }, "/shop/copy", "PreconditionFailed"],
  [{ "x-amz-copy-source-if-none-match": "5d41402abc4b2a76b9719d911017c592" }, "/shop/copy", "PreconditionFailed"],
  [{ "x-amz-copy-source-if-modified-since": new Date(START).toUTCString() }, "/shop/copy", "PreconditionFailed"],
  [
    { "x-amz-copy-source-if-unmodified-since": new Date(START - 5000).toUTCString() },
    "/shop/copy",
    "PreconditionFailed",
  ],
  [{ "x-amz-copy-source-if-match": '"5d41402abc4b2a76b9719d911017c592"' }, "/shop/copy", "text/plain 1 1 -"],
  [{ "x-amz-source-expected-bucket-owner": "222222222222" }, "/shop/copy", "AccessDenied"],
  [{ "x-amz-storage-class": "GLACIER" }, "/shop/copy", "InvalidStorageClass"],
  [{}, "/shop/a%20b", "InvalidRequest"], // itself, unchanged
  [{ "x-amz-metadata-directive": "REPLACE", "Content-Type": "image/gif" }, "/shop/a%20b", "image/gif - 1 -"],
];

test("a copy is read as its source and written as its target, and needs to be allowed both", async (t) => {
  const stage = await openBucketStage(t);
  const { ask } = stage;
  await twoBuckets(stage);
  for (const [fields, target, shows] of COPIES) {
    const label = `${JSON.stringify(fields)} ${target}`;
    const copied = await ask(`PUT ${target}`, { fields: { "x-amz-copy-source": "/shop/a%20b", ...fields } });
    if (copied.status !== 200) {
      assert.equal(copied.code, shows, label);
      continue;
    }
    assert.equal(textsOf(copied.text, "ETag")[0], '"5d41402abc4b2a76b9719d911017c592"', label);
    const got = await ask(`GET ${target}`);
    const told = ["content-type", "x-amz-meta-a", "x-amz-tagging-count", "x-amz-website-redirect-location"];
    assert.equal(told.map((name) => got.fields.get(name) ?? "-").join(" "), shows, label);
    assert.equal(got.text, "hello", label);
  }
});

test("parts are copied from objects, whole or by range, also from one that was put in parts", async (t) => {
  const stage = await openBucketStage(t, { uploadPartBytesMin: 1 });
  const { ask } = stage;
  await ask("PUT /shop");
  await ask("PUT /shop/source", { body: "0123456789" });
  const id = textsOf((await ask("POST /shop/k?uploads")).text, "UploadId")[0] ?? "";
  const at = `/shop/k?uploadId=${id}&partNumber=`;
  const source = { "x-amz-copy-source": "/shop/source" };
  const copy = async (number: number, range?: string): Promise<string> => {
    const fields = { ...source, ...(range === undefined ? {} : { "x-amz-copy-source-range": range }) };
    const { text, code } = await ask(`PUT ${at}${number}`, { fields });
    return textsOf(text, "ETag")[0] ?? code;
  };
  const etags = [await copy(1, "bytes=2-4"), await copy(2)];
  assert.deepEqual(
    [await copy(3, "bytes=2-10"), await copy(3, "bytes=4-2"), await copy(3, "bytes=-2"), await copy(3, "x")],
    ["InvalidRange", "InvalidArgument", "InvalidArgument", "InvalidArgument"],
  );
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  await ask(`POST /shop/k?uploadId=${id}`, {
    body: `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`,
  });
  assert.equal((await ask("GET /shop/k")).text, "2340123456789");
  const whole = await ask("PUT /shop/joined", { fields: { "x-amz-copy-source": "/shop/k" } });
  assert.match(textsOf(whole.text, "ETag")[0] ?? "", /^"[0-9a-f]{32}"$/); // of the bytes, as if they were put at once
  assert.equal((await ask("GET /shop/joined")).text, "2340123456789");
});

test("a copy is summed where that is asked for, and keeps the sums of its whole", async (t) => {
  const stage = await openBucketStage(t, { uploadPartBytesMin: 1 });
  const { ask } = stage;
  await ask("PUT /shop");
  await ask("PUT /shop/plain", { body: "hello world" });
  const source = { "x-amz-copy-source": "/shop/plain" };
  const sum = "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=";
  const summed = await ask("PUT /shop/summed", { fields: { ...source, "x-amz-checksum-algorithm": "SHA256" } });
  assert.deepEqual(
    [textsOf(summed.text, "ChecksumSHA256"), textsOf(summed.text, "ChecksumType")],
    [[sum], ["FULL_OBJECT"]],
  );
  const again = await ask("PUT /shop/again", { fields: { "x-amz-copy-source": "/shop/summed" } });
  assert.deepEqual(textsOf(again.text, "ChecksumSHA256"), [sum]);
  assert.equal(
    (await ask("PUT /shop/no", { fields: { ...source, "x-amz-checksum-algorithm": "MD4" } })).code,
    "InvalidArgument",
  );
  const begun = await ask("POST /shop/k?uploads", { fields: { "x-amz-checksum-algorithm": "SHA256" } });
  const at = `/shop/k?uploadId=${textsOf(begun.text, "UploadId")[0] ?? ""}&partNumber=`;
  const whole = await ask(`PUT ${at}1`, { fields: source });
  assert.deepEqual(textsOf(whole.text, "ChecksumSHA256"), [sum]);
  const range = await ask(`PUT ${at}2`, { fields: { ...source, "x-amz-copy-source-range": "bytes=0-4" } });
  assert.deepEqual(textsOf(range.text, "ChecksumSHA256"), ["LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="]);
});

test("each key of a batch is decided and answered by itself", async (t) => {
  const { ask, store } = await openBucketStage(t);
  await ask("PUT /shop");
  for (const key of ["a", "b%20%26", "keep"]) await ask(`PUT /shop/${key}`, { body: key });
  const batch = (keys: string, more = ""): string => `<Delete>${more}${keys}</Delete>`;
  const named = (...keys: string[]): string => keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");
  const first = await ask("POST /shop?delete", { body: batch(named("a", "b &amp;", "absent", "k".repeat(1025))) });
  assert.deepEqual(textsOf(first.text, "Key"), ["a", "b &", "absent", "k".repeat(1025)]);
  assert.deepEqual(textsOf(first.text, "Code"), ["KeyTooLongError"]);
  assert.deepEqual(textsOf((await ask("GET /shop")).text, "Key"), ["keep"]);
  const denied = await ask("POST /shop?delete", { as: "other", body: batch(named("keep")) });
  assert.deepEqual([denied.status, textsOf(denied.text, "Code")], [200, ["AccessDenied"]]);
  const quiet = await ask("POST /shop?delete", { body: batch(named("keep"), "<Quiet>true</Quiet>") });
  assert.doesNotMatch(quiet.text, /Deleted/);
  assert.deepEqual(textsOf((await ask("GET /shop")).text, "Key"), []);
  await store.buckets.setBucketSetting("shop", "versioning", "Enabled");
  const version = (await ask("PUT /shop/v", { body: "x" })).fields.get("x-amz-version-id") ?? "";
  const marked = await ask("POST /shop?delete", { body: batch(named("v")) });
  assert.match(
    marked.text,
    /<Deleted><Key>v<\/Key><DeleteMarker>true<\/DeleteMarker><DeleteMarkerVersionId>\S+<\/DeleteMarkerVersionId>/,
  );
  const byVersion = `<Object><Key>v</Key><VersionId>${version}</VersionId></Object>`;
  assert.match(
    (await ask("POST /shop?delete", { body: batch(byVersion) })).text,
    new RegExp(`<VersionId>${version}</VersionId></Deleted>`),
  );
  const bad = [
    "",
    "<Delete/>",
    batch("<Object/>"),
    batch(named("")),
    batch("<Other/>"),
    batch(named(...Array<string>(1001).fill("x"))),
    "<Erase/>",
    "<Delete>",
  ];
  for (const body of bad)
    assert.equal((await ask("POST /shop?delete", { body })).code, "MalformedXML", body.slice(0, 50));
  const large = await openBucketStage(t, { bucketXmlBytesMax: 1024 });
  await large.ask("PUT /shop");
  assert.equal((await large.ask("POST /shop?delete", { body: " ".repeat(1025) })).code, "MaxMessageLengthExceeded");
  assert.equal(
    (await large.ask("POST /shop?delete", { body: " ".repeat(1025), bodyLength: undefined })).code,
    "MaxMessageLengthExceeded",
  );
});

test("any document gets an answer, and none deletes what it does not name", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/keep", { body: "kept" });
  const pieces = fc.constantFrom(
    "<Delete>",
    "</Delete>",
    "<Object>",
    "</Object>",
    "<Key>",
    "</Key>",
    "x",
    "<Quiet>true</Quiet>",
    "<!DOCTYPE a [<!ENTITY x 'keep'>]>",
    "&x;",
    "<![CDATA[",
    "]]>",
    "<Part>",
    "<TagSet>",
    "<Tag>",
    "</Tag>",
    "&#0;",
    "\0",
    "<?x?>",
    "<CompleteMultipartUpload>",
  );
  const lines = fc.constantFrom("POST /shop?delete", "POST /shop/k?uploadId=x", "PUT /shop/keep?tagging", "PUT /newer");
  await fc.assert(
    fc.asyncProperty(lines, fc.array(pieces, { maxLength: 12 }), async (line, parts) => {
      const { status } = await ask(line, { body: parts.join("") });
      assert(status < 500, `${status}`);
    }),
    { seed: SEED, numRuns: process.env["WARMFRONT_NIGHTLY"] === "1" ? 20_000 : 400 },
  );
  assert.equal((await ask("GET /shop/keep")).text, "kept");
});
