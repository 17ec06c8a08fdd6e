// Uploads in parts: what is completed is what was put, in order, under the tag that S3 gives it; what is not complete is refused
// and stays as it was.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { openChecksum } from "../../src/wire/checksums.ts";
import { openBucketStage, textsOf, type Answered, type BucketStage } from "./bucket-stage.ts";

const SMALL_PARTS = { uploadPartBytesMin: 4 };

async function begin({ ask }: BucketStage, path: string, fields: Record<string, string> = {}): Promise<string> {
  const { status, text } = await ask(`POST ${path}?uploads`, { fields });
  assert.equal(status, 200, text);
  return textsOf(text, "UploadId")[0] ?? "";
}

async function putPart({ ask }: BucketStage, at: string, number: number, body: string): Promise<string> {
  const { status, fields, text } = await ask(`PUT ${at}&partNumber=${number}`, { body });
  assert.equal(status, 200, text);
  return fields.get("etag") ?? "";
}

function completion(parts: readonly (readonly [number: number, etag: string, more?: string])[]): string {
  const list = parts.map(
    ([number, etag, more = ""]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag>${more}</Part>`,
  );
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join("")}</CompleteMultipartUpload>`;
}

test("an object of parts is their bytes in order, with what was said at the beginning", async (t) => {
  const stage = await openBucketStage(t, SMALL_PARTS);
  const { ask } = stage;
  await ask("PUT /shop");
  const id = await begin(stage, "/shop/k", {
    "Content-Type": "text/plain",
    "x-amz-meta-a": "1",
    "x-amz-tagging": "x=1",
  });
  const at = `/shop/k?uploadId=${id}`;
  const three = await putPart(stage, at, 3, "cc");
  const one = await putPart(stage, at, 1, "aaaa");
  await putPart(stage, at, 2, "wrong");
  const two = await putPart(stage, at, 2, "bbbbb"); // put again
  await putPart(stage, at, 9, "left out");
  assert.equal((await ask("GET /shop/k")).code, "NoSuchKey");

  const listed = (await ask(`GET ${at}`)).text;
  assert.deepEqual(textsOf(listed, "PartNumber"), ["1", "2", "3", "9"]);
  assert.deepEqual(textsOf(listed, "Size"), ["4", "5", "2", "8"]);
  assert.deepEqual(textsOf((await ask("GET /shop?uploads")).text, "UploadId"), [id]);

  const done = await ask(`POST ${at}`, {
    body: completion([
      [1, one],
      [2, two.replaceAll('"', "")],
      [3, three],
    ]),
  });
  const digests = ["aaaa", "bbbbb", "cc"].map((part) => createHash("md5").update(part).digest());
  const etag = `"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-3"`;
  assert.deepEqual([done.status, textsOf(done.text, "ETag")[0], textsOf(done.text, "Key")[0]], [200, etag, "k"]);

  const got = await ask("GET /shop/k");
  assert.deepEqual([got.text, got.fields.get("etag")], ["aaaabbbbbcc", etag]);
  assert.deepEqual(
    [got.fields.get("content-type"), got.fields.get("x-amz-meta-a"), got.fields.get("x-amz-tagging-count")],
    ["text/plain", "1", "1"],
  );
  assert.equal((await ask("GET /shop/k", { fields: { Range: "bytes=3-9" } })).text, "abbbbbc");
  const part = await ask("GET /shop/k?partNumber=2");
  assert.deepEqual(
    [part.status, part.text, part.fields.get("content-range"), part.fields.get("x-amz-mp-parts-count")],
    [206, "bbbbb", "bytes 4-8/11", "3"],
  );
  assert.deepEqual(
    [(await ask("GET /shop/k?partNumber=4")).code, (await ask("GET /shop/k?partNumber=0")).code],
    ["InvalidPartNumber", "InvalidArgument"],
  );
  const both = await ask("GET /shop/k?partNumber=1", { fields: { Range: "bytes=0-1" } });
  assert.equal(both.code, "InvalidRequest");
  const attributes = await ask("GET /shop/k?attributes", { fields: { "x-amz-object-attributes": "ObjectParts" } });
  assert.match(attributes.text, /<PartsCount>3<\/PartsCount>/);
  assert.equal((await ask(`GET ${at}`)).code, "NoSuchUpload");
  assert.equal((await ask("GET /shop?uploads")).text.includes("<Upload>"), false);
});

test("parts that do not fit are refused, and the upload is as it was", async (t) => {
  const stage = await openBucketStage(t, { ...SMALL_PARTS, bucketObjectBytesMax: 1024, bucketPieceBytesMax: 1024 });
  const { ask } = stage;
  await ask("PUT /shop");
  const at = `/shop/k?uploadId=${await begin(stage, "/shop/k")}`;
  const [one, two] = [await putPart(stage, at, 1, "aaaa"), await putPart(stage, at, 2, "b")];
  const large = await putPart(stage, at, 4, "x".repeat(1000));
  const larger = await putPart(stage, at, 5, "x".repeat(1000));
  const three = await putPart(stage, at, 3, "cccc");
  const rows: readonly (readonly [body: string, code: string])[] = [
    [completion([]), "MalformedXML"],
    ["", "MalformedXML"],
    ["<CompleteMultipartUpload><Part/></CompleteMultipartUpload>", "MalformedXML"],
    [completion([[1, one, "<Other/>"]]), "MalformedXML"],
    [
      completion([
        [2, two],
        [1, one],
      ]),
      "InvalidPartOrder",
    ],
    [
      completion([
        [1, one],
        [1, one],
      ]),
      "InvalidPartOrder",
    ],
    [completion([[1, two]]), "InvalidPart"],
    [
      completion([
        [1, one],
        [7, two],
      ]),
      "InvalidPart",
    ],
    [completion([[0, one]]), "InvalidPartOrder"],
    [
      completion([
        [1, one],
        [2, two],
        [3, three],
      ]),
      "EntityTooSmall",
    ],
    [
      completion([
        [4, large],
        [5, larger],
      ]),
      "EntityTooLarge",
    ],
  ];
  for (const [body, code] of rows) assert.equal((await ask(`POST ${at}`, { body })).code, code, body);
  const wrongSize = await ask(`POST ${at}`, { body: completion([[1, one]]), fields: { "x-amz-mp-object-size": "5" } });
  assert.equal(wrongSize.code, "InvalidRequest");
  const known = await ask(`POST ${at}`, { body: completion([[1, one]]), fields: { "If-Match": '"x"' } });
  assert.equal(known.code, "NoSuchKey");
  const done = await ask(`POST ${at}`, {
    body: completion([
      [1, one],
      [2, two],
    ]),
    fields: { "If-None-Match": "*" },
  });
  assert.equal(done.status, 200, done.text);
  assert.equal((await ask("GET /shop/k")).text, "aaaab");
  assert.equal((await ask(`POST ${at}`, { body: completion([[1, one]]) })).code, "NoSuchUpload");
});

test("what is aborted, or never was, takes no parts", async (t) => {
  const stage = await openBucketStage(t);
  const { ask } = stage;
  await ask("PUT /shop");
  const at = `/shop/k?uploadId=${await begin(stage, "/shop/k")}`;
  await putPart(stage, at, 1, "aaaa");
  for (const number of ["0", "10001", "x", "-1", ""]) {
    assert.equal((await ask(`PUT ${at}&partNumber=${number}`, { body: "x" })).code, "InvalidArgument", number);
  }
  assert.equal((await ask(`DELETE ${at}`)).status, 204);
  const answers: readonly Answered[] = [
    await ask(`DELETE ${at}`),
    await ask(`PUT ${at}&partNumber=1`, { body: "x" }),
    await ask(`GET ${at}`),
    await ask("GET /shop/other?uploadId=x"),
  ];
  for (const { code } of answers) assert.equal(code, "NoSuchUpload");
  for (const line of [`PUT ${at}&partNumber=1`, "POST /shop/k?uploads", `GET ${at}`, `DELETE ${at}`, `POST ${at}`]) {
    assert.equal((await ask(line, { as: "other", body: completion([[1, "x"]]) })).code, "AccessDenied", line);
  }
});

test("nothing is left on the disk of what was aborted, replaced, refused or deleted", async (t) => {
  const stage = await openBucketStage(t, SMALL_PARTS);
  const { ask, folder } = stage;
  await ask("PUT /shop");
  const at = `/shop/k?uploadId=${await begin(stage, "/shop/k")}`;
  const one = await putPart(stage, at, 1, "aaaa");
  await putPart(stage, at, 2, "left out");
  await ask(`POST ${at}`, { body: completion([[1, one]]) });
  await ask("PUT /shop/k", { body: "again" });
  await ask("PUT /shop/k", { body: "refused", fields: { "If-None-Match": "*" } });
  await ask("PUT /shop/k", { body: "cut off", bodyLength: 100 });
  await ask("PUT /shop/copy", { fields: { "x-amz-copy-source": "/shop/k" } });
  const other = `/shop/o?uploadId=${await begin(stage, "/shop/o")}`;
  await putPart(stage, other, 1, "aaaa");
  await ask("DELETE /shop/k");
  await ask("DELETE /shop/copy");
  assert.equal((await ask("DELETE /shop")).status, 204); // the upload goes with it
  await stage.closeFiles();
  const left = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.deepEqual(
    left.map(({ name }) => name),
    [],
  );
});

test("parts and uploads are listed in pages", async (t) => {
  const stage = await openBucketStage(t);
  const { ask } = stage;
  await ask("PUT /shop");
  const ids = [await begin(stage, "/shop/a/1"), await begin(stage, "/shop/a/2"), await begin(stage, "/shop/b")];
  const at = `/shop/b?uploadId=${ids[2] ?? ""}`;
  for (const number of [1, 2, 5]) await putPart(stage, at, number, "x");
  const first = (await ask(`GET ${at}&max-parts=2`)).text;
  assert.deepEqual(
    [textsOf(first, "PartNumber"), textsOf(first, "IsTruncated"), textsOf(first, "NextPartNumberMarker")],
    [["1", "2"], ["true"], ["2"]],
  );
  const rest = (await ask(`GET ${at}&max-parts=2&part-number-marker=2`)).text;
  assert.deepEqual([textsOf(rest, "PartNumber"), textsOf(rest, "IsTruncated")], [["5"], ["false"]]);
  const page = (await ask("GET /shop?uploads&max-uploads=1")).text;
  assert.deepEqual(
    [textsOf(page, "Key"), textsOf(page, "NextKeyMarker"), textsOf(page, "NextUploadIdMarker")],
    [["a/1"], ["a/1"], [ids[0]]],
  );
  const next = (await ask(`GET /shop?uploads&key-marker=a/1&upload-id-marker=${ids[0] ?? ""}`)).text;
  assert.deepEqual(textsOf(next, "Key"), ["a/2", "b"]);
  const grouped = (await ask("GET /shop?uploads&delimiter=/")).text;
  assert.match(grouped, /<CommonPrefixes><Prefix>a\/<\/Prefix><\/CommonPrefixes>/);
});

test("checksums of parts make that of the whole, of either kind", async (t) => {
  const stage = await openBucketStage(t, SMALL_PARTS);
  const { ask } = stage;
  await ask("PUT /shop");
  const bodies = ["The quick brown fox ", "jumps over ", "the lazy dog"];
  const whole = bodies.join("");
  const sum = (algorithm: Parameters<typeof openChecksum>[0], text: string | Buffer): string => {
    const opened = openChecksum(algorithm);
    opened.update(Buffer.from(text));
    return opened.digest();
  };
  const rows = [
    ["CRC32", "FULL_OBJECT"],
    ["CRC32C", "FULL_OBJECT"],
    ["CRC64NVME", "FULL_OBJECT"],
    ["CRC32", "COMPOSITE"],
    ["CRC32C", "COMPOSITE"],
    ["SHA1", "COMPOSITE"],
    ["SHA256", "COMPOSITE"],
  ] as const;
  for (const [algorithm, type] of rows) {
    const field = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const id = await begin(stage, "/shop/k", { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": type });
    const parts: (readonly [number, string, string])[] = [];
    for (const [at, body] of bodies.entries()) {
      const value = sum(algorithm, body);
      const put = await ask(`PUT /shop/k?uploadId=${id}&partNumber=${at + 1}`, { body, fields: { [field]: value } });
      assert.deepEqual([put.status, put.fields.get(field)], [200, value], put.text);
      parts.push([at + 1, put.fields.get("etag") ?? "", `<Checksum${algorithm}>${value}</Checksum${algorithm}>`]);
    }
    const expected =
      type === "FULL_OBJECT"
        ? sum(algorithm, whole)
        : `${sum(algorithm, Buffer.concat(bodies.map((body) => Buffer.from(sum(algorithm, body), "base64"))))}-3`;
    const wrong = await ask(`POST /shop/k?uploadId=${id}`, {
      body: completion(parts),
      fields: { [field]: sum(algorithm, "something else") },
    });
    assert.equal(wrong.code, "BadDigest", `${algorithm} ${type}`);
    const done = await ask(`POST /shop/k?uploadId=${id}`, { body: completion(parts), fields: { [field]: expected } });
    assert.equal(textsOf(done.text, `Checksum${algorithm}`)[0], expected, `${algorithm} ${type} ${done.text}`);
    assert.equal(textsOf(done.text, "ChecksumType")[0], type);
    const got = await ask("HEAD /shop/k", { fields: { "x-amz-checksum-mode": "ENABLED" } });
    assert.deepEqual([got.fields.get(field), got.fields.get("x-amz-checksum-type")], [expected, type]);
    assert.equal((await ask("HEAD /shop/k")).fields.get(field), undefined);
  }
  for (const [algorithm, type] of [
    ["SHA256", "FULL_OBJECT"],
    ["CRC64NVME", "COMPOSITE"],
  ]) {
    const fields = { "x-amz-checksum-algorithm": algorithm ?? "", "x-amz-checksum-type": type ?? "" };
    assert.equal((await ask("POST /shop/k?uploads", { fields })).code, "InvalidRequest");
  }
  assert.equal(
    (await ask("POST /shop/k?uploads", { fields: { "x-amz-checksum-algorithm": "MD4" } })).code,
    "InvalidArgument",
  );
});
