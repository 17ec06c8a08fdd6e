// Objects one at a time: what is put is what is got, under every condition and range that a client may set.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { openBucketStage, START, type Asking } from "./bucket-stage.ts";

const md5 = (text: string): string => `"${createHash("md5").update(text).digest("hex")}"`;
const TAG = md5("hello world");
const MODIFIED = new Date(START).toUTCString();
const LATER = new Date(START + 60_000).toUTCString();
const EARLIER = new Date(START - 60_000).toUTCString();

test("an object comes back as it was put, with what was said of it", async (t) => {
  const { ask } = await openBucketStage(t);
  assert.equal((await ask("PUT /shop")).status, 200);
  const put = await ask("PUT /shop/a/b.txt", {
    body: "hello world",
    fields: {
      "Content-Type": "text/plain",
      "Cache-Control": "max-age=60",
      "Content-Encoding": "aws-chunked,gzip",
      "Content-Disposition": 'attachment; filename="x"',
      "Content-Language": "en",
      Expires: LATER,
      "x-amz-meta-Color": "blue, green",
      "x-amz-website-redirect-location": "/elsewhere",
      "x-amz-tagging": "a=1&b=two%20words",
      "x-amz-storage-class": "STANDARD",
    },
  });
  assert.deepEqual([put.status, put.text, put.fields.get("etag")], [200, "", TAG]);
  for (const method of ["GET", "HEAD"]) {
    const got = await ask(`${method} /shop/a/b.txt`);
    assert.equal(got.status, 200);
    assert.equal(got.text, method === "GET" ? "hello world" : "");
    const expected = {
      etag: TAG,
      "last-modified": MODIFIED,
      "accept-ranges": "bytes",
      "content-type": "text/plain",
      "cache-control": "max-age=60",
      "content-encoding": "gzip",
      "content-disposition": 'attachment; filename="x"',
      "content-language": "en",
      expires: LATER,
      "x-amz-meta-color": "blue, green",
      "x-amz-website-redirect-location": "/elsewhere",
      "x-amz-tagging-count": "2",
      "x-amz-server-side-encryption": "AES256",
      "x-amz-version-id": undefined,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(got.fields.get(name), value, name);
  }
  assert.equal((await ask("DELETE /shop/a/b.txt")).status, 204);
  assert.deepEqual([(await ask("GET /shop/a/b.txt")).code, (await ask("HEAD /shop/a/b.txt")).text], ["NoSuchKey", ""]);
  assert.equal((await ask("DELETE /shop/a/b.txt")).status, 204);
});

/** [fields, status, body or Condition]; the object is `hello world`, modified at START. */
const READS: readonly (readonly [fields: Readonly<Record<string, string>>, status: number, shows: string])[] = [
  [{ "If-Match": TAG }, 200, "hello world"],
  [{ "If-Match": TAG.slice(1, -1) }, 200, "hello world"],
  [{ "If-Match": "*" }, 200, "hello world"],
  [{ "If-Match": `"other", ${TAG}` }, 200, "hello world"],
  [{ "If-Match": '"other"' }, 412, "If-Match"],
  [{ "If-Match": `W/${TAG}` }, 412, "If-Match"],
  [{ "If-None-Match": TAG }, 304, ""],
  [{ "If-None-Match": `W/${TAG}` }, 304, ""],
  [{ "If-None-Match": "*" }, 304, ""],
  [{ "If-None-Match": '"other"' }, 200, "hello world"],
  [{ "If-Modified-Since": MODIFIED }, 304, ""],
  [{ "If-Modified-Since": EARLIER }, 200, "hello world"],
  [{ "If-Modified-Since": "nonsense" }, 200, "hello world"],
  [{ "If-Unmodified-Since": MODIFIED }, 200, "hello world"],
  [{ "If-Unmodified-Since": EARLIER }, 412, "If-Unmodified-Since"],
  // The order of RFC 9110 §13.2.2: what names the tag goes before what names the time.
  [{ "If-Match": TAG, "If-Unmodified-Since": EARLIER }, 200, "hello world"],
  [{ "If-None-Match": '"other"', "If-Modified-Since": LATER }, 200, "hello world"],
  [{ "If-Match": '"other"', "If-None-Match": TAG }, 412, "If-Match"],
  [{ "If-Match": TAG, "If-None-Match": TAG }, 304, ""],
  [{ Range: "bytes=0-4" }, 206, "hello"],
  [{ Range: "bytes=6-" }, 206, "world"],
  [{ Range: "bytes=-5" }, 206, "world"],
  [{ Range: "bytes=-500" }, 206, "hello world"],
  [{ Range: "bytes=0-999999" }, 206, "hello world"],
  [{ Range: "bytes=11-" }, 416, "InvalidRange"],
  [{ Range: "bytes=-0" }, 416, "InvalidRange"],
  [{ Range: "bytes=5-2" }, 200, "hello world"],
  [{ Range: "bytes=0-1,3-4" }, 200, "hello world"],
  [{ Range: "lines=0-1" }, 200, "hello world"],
  [{ Range: "bytes=0-4", "If-Range": TAG }, 206, "hello"],
  [{ Range: "bytes=0-4", "If-Range": '"other"' }, 200, "hello world"],
  [{ Range: "bytes=0-4", "If-Range": MODIFIED }, 206, "hello"],
  [{ Range: "bytes=0-4", "If-Range": EARLIER }, 200, "hello world"],
  [{ Range: "bytes=0-4", "If-None-Match": TAG }, 304, ""],
  [{ Range: "bytes=99-", "If-None-Match": TAG }, 304, ""],
];

test("conditions come before ranges, and both hold for GET and HEAD alike", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "hello world" });
  for (const [fields, status, shows] of READS) {
    const label = JSON.stringify(fields);
    const got = await ask("GET /shop/k", { fields });
    assert.equal(got.status, status, label);
    const shown =
      status === 412 ? /<Condition>(.*)<\/Condition>/.exec(got.text)?.[1] : status === 416 ? got.code : got.text;
    assert.equal(shown, shows, label);
    if (status === 206) assert.match(got.fields.get("content-range") ?? "", /^bytes \d+-\d+\/11$/, label);
    if (status === 416) assert.equal(got.fields.get("content-range"), "bytes */11", label);
    if (status === 304) assert.equal(got.fields.get("etag"), TAG, label);
    const head = await ask("HEAD /shop/k", { fields });
    assert.deepEqual([head.status, head.text], [status, ""], label);
    if (status < 400) {
      const compared = ["etag", "content-range", "last-modified", "content-type"];
      for (const name of compared) assert.equal(head.fields.get(name), got.fields.get(name), `${label} ${name}`);
    }
  }
});

test("304 tells a cache again what it has to know", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  const said = { "Cache-Control": "max-age=5", Expires: LATER, "Content-Type": "text/plain", "x-amz-meta-a": "1" };
  await ask("PUT /shop/k", { body: "hello world", fields: said });
  const { fields } = await ask("GET /shop/k", { fields: { "If-None-Match": TAG } });
  assert.deepEqual(
    ["cache-control", "expires", "etag", "last-modified", "content-type", "x-amz-meta-a"].map((name) =>
      fields.get(name),
    ),
    ["max-age=5", LATER, TAG, MODIFIED, undefined, undefined],
  );
});

test("an object without bytes is whole, and has no range", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  assert.equal((await ask("PUT /shop/empty")).fields.get("etag"), md5(""));
  const got = await ask("GET /shop/empty");
  assert.deepEqual([got.status, got.text, got.fields.get("content-type")], [200, "", "binary/octet-stream"]);
  assert.equal((await ask("GET /shop/empty", { fields: { Range: "bytes=0-" } })).code, "InvalidRange");
  assert.equal((await ask("GET /shop/empty?partNumber=1")).status, 200);
});

test("a write can be made to hold only over nothing, or over what the caller knows", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  const put = async (fields: Record<string, string>): Promise<string> => {
    const { status, code } = await ask("PUT /shop/k", { body: "hello world", fields });
    return `${status} ${code}`.trim();
  };
  assert.equal(await put({ "If-Match": TAG }), "404 NoSuchKey");
  assert.equal(await put({ "If-None-Match": "*" }), "200");
  assert.equal(await put({ "If-None-Match": "*" }), "412 PreconditionFailed");
  assert.equal(await put({ "If-Match": '"other"' }), "412 PreconditionFailed");
  assert.equal(await put({ "If-Match": TAG }), "200");
  assert.equal(await put({ "If-Match": TAG.slice(1, -1) }), "200");
  assert.equal(await put({ "If-None-Match": TAG }), "501 NotImplemented");
});

/** What PutObject refuses. */
const REFUSED_PUTS: readonly (readonly [asking: Asking, answer: string])[] = [
  [{ fields: { "x-amz-storage-class": "GLACIER" } }, "400 InvalidStorageClass"],
  [{ fields: { "x-amz-server-side-encryption": "aws:kms" } }, "501 NotImplemented"],
  [{ fields: { "x-amz-server-side-encryption-customer-algorithm": "AES256" } }, "501 NotImplemented"],
  [{ fields: { "x-amz-object-lock-mode": "GOVERNANCE" } }, "501 NotImplemented"],
  [{ fields: { "x-amz-write-offset-bytes": "5" } }, "501 NotImplemented"],
  [{ fields: { "x-amz-tagging": "a=1&a=2" } }, "400 InvalidTag"],
  [{ fields: { "x-amz-tagging": "aws:x=1" } }, "400 InvalidTag"],
  [{ fields: { "x-amz-tagging": "%zz=1" } }, "400 InvalidArgument"],
  [{ fields: { "x-amz-tagging": "=1" } }, "400 InvalidTag"],
  [{ fields: { "x-amz-tagging": `${"k".repeat(129)}=1` } }, "400 InvalidTag"],
  [{ fields: { "x-amz-tagging": `k=${"v".repeat(257)}` } }, "400 InvalidTag"],
  [{ fields: { "x-amz-tagging": "a&b&c&d&e&f&g&h&i&j&k" } }, "400 BadRequest"],
  [{ fields: { "x-amz-meta-a": "x".repeat(2100) } }, "400 MetadataTooLarge"],
  [{ bodyLength: undefined }, "411 MissingContentLength"],
  [{ body: "x".repeat(2000) }, "400 EntityTooLarge"],
  [{ as: "reader" }, "403 AccessDenied"],
  [{ as: "other" }, "403 AccessDenied"],
  [{ as: "nobody" }, "403 AccessDenied"],
  [{ fields: { "x-amz-expected-bucket-owner": "222222222222" } }, "403 AccessDenied"],
];

test("what is not carried out is refused by name, and nothing is left of it", async (t) => {
  const { ask } = await openBucketStage(t, { bucketPieceBytesMax: 1024 });
  await ask("PUT /shop");
  for (const [asking, answer] of REFUSED_PUTS) {
    const { status, code } = await ask("PUT /shop/k", { body: "hello", ...asking });
    assert.equal(`${status} ${code}`, answer, JSON.stringify(asking));
  }
  assert.equal((await ask("GET /shop/k")).code, "NoSuchKey");
  const harmless = { "x-amz-server-side-encryption": "AES256", "x-amz-object-lock-legal-hold": "OFF" };
  assert.equal((await ask("PUT /shop/k", { body: "hello", fields: harmless })).status, 200);
});

test("a storage class that is not there is told which one is", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  const { text } = await ask("PUT /shop/k", { body: "hello", fields: { "x-amz-storage-class": "STANDARD_IA" } });
  assert.match(text, /<Message>[^<]*: this server has STANDARD only, not STANDARD_IA<\/Message>/);
});

test("a body that is shorter than it was said to be leaves what was there", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "before" });
  assert.equal((await ask("PUT /shop/k", { body: "after", bodyLength: 500 })).code, "IncompleteBody");
  assert.equal((await ask("GET /shop/k")).text, "before");
});

test("a signed request may say how the object is presented, an anonymous one may not", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "hello", fields: { "Content-Type": "text/plain" } });
  const query =
    "response-content-type=image%2Fpng&response-content-disposition=attachment&response-cache-control=no-store";
  const { fields, status } = await ask(`GET /shop/k?${query}`);
  assert.deepEqual(
    [status, fields.get("content-type"), fields.get("content-disposition"), fields.get("cache-control")],
    [200, "image/png", "attachment", "no-store"],
  );
  assert.equal((await ask("GET /shop/k?response-content-type=a%0d%0ab")).code, "InvalidArgument");
  assert.equal((await ask(`GET /shop/k?${query}`, { as: "nobody" })).code, "AccessDenied");
});

test("who may not list is not told what is missing", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "hello" });
  assert.equal((await ask("GET /shop/k", { as: "reader" })).text, "hello");
  assert.equal((await ask("GET /shop/absent", { as: "reader" })).code, "NoSuchKey");
  for (const as of ["other", "nobody"] as const) {
    for (const key of ["k", "absent"]) assert.equal((await ask(`GET /shop/${key}`, { as })).code, "AccessDenied");
  }
  const refusal = await ask("GET /shop/k", { as: "nobody" });
  assert.match(
    refusal.text,
    /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>AccessDenied<\/Code><Message>Access Denied<\/Message><RequestId>[0-9A-Z]{16}<\/RequestId><HostId>\S+<\/HostId><\/Error>$/,
  );
});

test("tags of an object change alone", async (t) => {
  const { ask, clock } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "hello", fields: { "x-amz-tagging": "a=1" } });
  clock.at = (clock.at + 60_000) as typeof clock.at;
  assert.match((await ask("GET /shop/k?tagging")).text, /<TagSet><Tag><Key>a<\/Key><Value>1<\/Value><\/Tag><\/TagSet>/);
  const tagging = (set: string): string => `<Tagging><TagSet>${set}</TagSet></Tagging>`;
  const two = "<Tag><Key>x</Key><Value>&lt;1&gt;</Value></Tag>";
  assert.equal((await ask("PUT /shop/k?tagging", { body: tagging(two) })).code, "InvalidTag");
  const fine = "<Tag><Key>x</Key><Value>1</Value></Tag><Tag><Key>y</Key><Value></Value></Tag>";
  assert.equal((await ask("PUT /shop/k?tagging", { body: tagging(fine) })).status, 200);
  const got = await ask("GET /shop/k");
  assert.deepEqual([got.fields.get("x-amz-tagging-count"), got.fields.get("last-modified")], ["2", MODIFIED]);
  assert.equal((await ask("DELETE /shop/k?tagging")).status, 204);
  assert.match((await ask("GET /shop/k?tagging")).text, /<TagSet><\/TagSet>/);
  for (const bad of [
    "<Tagging/>",
    "<Tagging><TagSet><Tag><Key>a</Key><Key2/></Tag></TagSet></Tagging>",
    "<a>",
    "",
    "<Other/>",
  ]) {
    assert.equal((await ask("PUT /shop/k?tagging", { body: bad })).code, "MalformedXML", bad);
  }
  assert.equal((await ask("PUT /shop/absent?tagging", { body: tagging(fine) })).code, "NoSuchKey");
});

test("attributes are those that were asked for", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "hello" });
  const { text } = await ask("GET /shop/k?attributes", { fields: { "x-amz-object-attributes": "ETag, ObjectSize" } });
  assert.match(
    text,
    new RegExp(`<ETag>${md5("hello").slice(1, -1)}</ETag><ObjectSize>5</ObjectSize></GetObjectAttributesResponse>`),
  );
  const unknown = await ask("GET /shop/k?attributes", { fields: { "x-amz-object-attributes": "Colour" } });
  assert.equal(unknown.code, "InvalidArgument");
  assert.equal((await ask("GET /shop/k?attributes")).code, "InvalidArgument");
});

test("versions: every one stays, a deletion is a marker, and a marker can be deleted", async (t) => {
  const { ask, store } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "zero" });
  await store.buckets.setBucketSetting("shop", "versioning", "Enabled");
  const put = async (body: string): Promise<string> =>
    (await ask("PUT /shop/k", { body })).fields.get("x-amz-version-id") ?? "";
  const [one, two] = [await put("one"), await put("two")];
  assert.notEqual(one, two);
  assert.equal((await ask("GET /shop/k")).text, "two");
  assert.equal((await ask(`GET /shop/k?versionId=${one}`)).text, "one");
  assert.equal((await ask("GET /shop/k?versionId=null")).text, "zero");
  assert.equal((await ask("GET /shop/k?versionId=absent")).code, "NoSuchVersion");
  for (const method of ["GET", "DELETE"]) {
    assert.equal((await ask(`${method} /shop/k?versionId=`)).code, "InvalidArgument");
  }
  const deleted = await ask("DELETE /shop/k");
  const marker = deleted.fields.get("x-amz-version-id") ?? "";
  assert.deepEqual([deleted.status, deleted.fields.get("x-amz-delete-marker")], [204, "true"]);
  const gone = await ask("GET /shop/k");
  assert.deepEqual([gone.code, gone.fields.get("x-amz-delete-marker")], ["NoSuchKey", "true"]);
  const asMarker = await ask(`GET /shop/k?versionId=${marker}`);
  assert.deepEqual([asMarker.code, asMarker.fields.get("x-amz-delete-marker")], ["MethodNotAllowed", "true"]);
  assert.equal((await ask("DELETE /shop")).code, "BucketNotEmpty");
  await ask(`DELETE /shop/k?versionId=${marker}`);
  assert.equal((await ask("GET /shop/k")).text, "two");
  for (const version of [one, two, "null"]) await ask(`DELETE /shop/k?versionId=${version}`);
  assert.equal((await ask("DELETE /shop")).status, 204);
});
