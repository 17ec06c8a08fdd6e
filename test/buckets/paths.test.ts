// What a request is about: buckets by path and by host, keys of any bytes, and no question taken for another one.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { locate } from "../../src/buckets/locate.ts";
import { OPERATIONS } from "../../src/buckets/operations.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { HOST, openBucketStage, textsOf } from "./bucket-stage.ts";

const SEED = 20_261_121;

/** [host, raw path, what it is about] */
const PLACES: readonly (readonly [host: string, path: string, about: string])[] = [
  [HOST, "/", "service"],
  [HOST, "/shop", "shop"],
  [HOST, "/shop/", "shop"],
  [HOST, "/shop/k", "shop|k"],
  [HOST, "/shop//k", "shop|/k"],
  [HOST, "/shop/a/../b/./c", "shop|a/../b/./c"],
  [HOST, "/shop/a%2Fb", "shop|a/b"],
  [HOST, "/shop/a%252Fb", "shop|a%2Fb"],
  [HOST, "/shop/a+b%2Bc%20d", "shop|a+b+c d"],
  [HOST, "/shop/%00", "shop|\0"],
  [HOST, "/shop/%C3%A9", "shop|é"],
  [HOST, "/shop/\u00c3\u00a9", "shop|é"], // raw bytes, as they come out of a socket
  [HOST, "/shop/%EF%BB%BF", "shop|\ufeff"],
  [HOST, "/shop%2Fk", "shop/k"], // one segment, and no bucket has that name
  [HOST, "/shop/%", "InvalidURI"],
  [HOST, "/shop/%4", "InvalidURI"],
  [HOST, "/shop/%ff", "InvalidURI"],
  [HOST, "/shop/%ed%a0%80", "InvalidURI"], // half of a pair
  [HOST, `/shop/${"k".repeat(1024)}`, `shop|${"k".repeat(1024)}`],
  [HOST, `/shop/${"k".repeat(1025)}`, "KeyTooLongError"],
  [HOST, `/shop/${"%C3%A9".repeat(513)}`, "KeyTooLongError"],
  ["shop.s3.localhost:7400", "/", "shop"],
  ["shop.s3.localhost", "/k/", "shop|k/"],
  ["shop.s3.amazonaws.com", "//k", "shop|/k"],
  ["my.shop.s3.eu-west-1.amazonaws.com", "/shop/k", "my.shop|shop/k"],
  ["shop.s3-website.localhost", "/a%20b", "website shop /a b"],
  ["", "/shop/k", "shop|k"],
];

test("host and path name a bucket and a key, and every byte of the key counts", () => {
  for (const [host, path, about] of PLACES) {
    const found = locate(host, path, DEFAULT_LIMITS);
    const told =
      found.kind === "failure"
        ? found.code
        : found.kind === "service"
          ? "service"
          : found.kind === "website"
            ? `website ${found.bucket} ${found.path}`
            : [found.bucket, ...(found.key === undefined ? [] : [found.key])].join("|");
    assert.equal(told, about, `${host} ${path}`);
  }
});

test("any key of UTF-8 is kept, got, listed, copied and deleted under its own name", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  const anyKey = fc
    .oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
      fc.constantFrom("..", ".", "/", "//", "a/../b", "%2F", "+", "\0", "?", "#", "&amp;", "\r\n", "\ufffe"),
    )
    .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 1024);
  await fc.assert(
    fc.asyncProperty(anyKey, async (key) => {
      const path = `/shop/${encodeURIComponent(key)}`;
      assert.equal((await ask(`PUT ${path}`, { body: key })).status, 200);
      assert.equal((await ask(`GET ${path}`)).text, Buffer.from(key).toString());
      const listed = await ask("GET /shop?list-type=2&encoding-type=url");
      assert.deepEqual(
        textsOf(listed.text, "Key").map((text) => decodeURIComponent(text.replaceAll("+", "%20"))),
        [key],
      );
      const fields = { "x-amz-copy-source": `/shop/${encodeURIComponent(key)}` };
      assert.equal((await ask("PUT /shop/copied", { fields })).status, 200);
      assert.equal((await ask("GET /shop/copied")).text, key);
      assert.equal((await ask(`DELETE ${path}`)).status, 204);
      assert.equal((await ask("DELETE /shop/copied")).status, 204);
      assert.equal(textsOf((await ask("GET /shop")).text, "Key").length, 0);
    }),
    { seed: SEED, numRuns: 30 },
  );
});

test("any bytes as host, path and query get an answer of S3", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  const bytes = fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
    maxLength: 24,
  });
  const request = fc.record({
    method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"),
    path: fc.oneof(
      bytes,
      bytes.map((text) => `/shop/${text}`),
      fc.constantFrom("/", "/shop", "/shop/k", "*", ""),
    ),
    query: fc.oneof(
      bytes,
      fc
        .subarray([
          "acl",
          "uploads",
          "uploadId=x",
          "partNumber=1",
          "versions",
          "delete",
          "tagging",
          "list-type=2",
          "versionId=%00",
          "max-keys=1",
        ])
        .map((parts) => parts.join("&")),
    ),
    host: fc.oneof(
      fc.constant(HOST),
      bytes,
      bytes.map((text) => `${text}.s3.localhost`),
    ),
    as: fc.constantFrom("owner" as const, "nobody" as const),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, host, as }) => {
      const { status, text } = await ask(`${method} ${path.replaceAll("?", "")}?${query}`, { host, as });
      assert(status >= 200 && status < 600 && status !== 500, `${status}`);
      if (status >= 400 && method !== "HEAD") assert.match(text, /^<\?xml.*<Error><Code>\w+<\/Code>/s);
    }),
    { seed: SEED, numRuns: 600 },
  );
});

/** [request, answer's code]: nothing here may be taken for a list, a get, a put or a delete. */
const QUESTIONS: readonly (readonly [line: string, code: string])[] = [
  ["GET /shop?metadataTable", "NotImplemented"],
  ["GET /shop?frobnicate", "NotImplemented"],
  ["GET /shop?frobnicate=1", ""], // a list, as S3 takes it
  ["PUT /shop?inventory&id=x", "NotImplemented"],
  ["PUT /shop?frobnicate=1", "NotImplemented"],
  ["DELETE /shop?inventory&id=x", "NoSuchConfiguration"],
  ["DELETE /shop?frobnicate", "NotImplemented"],
  ["POST /shop?frobnicate", "NotImplemented"],
  ["GET /shop/k?torrent", "NotImplemented"],
  ["GET /shop/k?retention", "NotImplemented"],
  ["GET /shop/k?legal-hold", "NotImplemented"],
  ["PUT /shop/k?retention", "NotImplemented"],
  ["PUT /shop/k?frobnicate", "NotImplemented"],
  ["PUT /shop/k?renameObject", "NotImplemented"],
  ["PUT /shop/k?partNumber=1", "NotImplemented"],
  ["POST /shop/k?restore", "NotImplemented"],
  ["POST /shop/k?select&select-type=2", "NotImplemented"],
  ["DELETE /shop/k?frobnicate", "NotImplemented"],
  ["GET /shop/k?v=2", ""], // past a cache
  ["GET /shop/k?1234", ""],
  ["GET /shop/k?tagging&uploadId=1", "InvalidArgument"],
  ["POST /shop/k", "MethodNotAllowed"],
  ["POST /shop", "NotImplemented"],
  ["PATCH /shop/k", "MethodNotAllowed"],
  ["POST /", "MethodNotAllowed"],
  ["PUT /", "MethodNotAllowed"],
  ["DELETE /", "MethodNotAllowed"],
  ["GET /shop?uploadId=1", "NotImplemented"],
];

test("a question that is not answered here is refused by its name, and does nothing else", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  await ask("PUT /shop/k", { body: "kept" });
  for (const [line, code] of QUESTIONS) assert.equal((await ask(line, { body: "<x/>" })).code, code, line);
  assert.equal((await ask("GET /shop/k")).text, "kept");
});

test("each operation has one row, and a name and actions of its own", () => {
  const selectors = OPERATIONS.map(({ on, method, selectedBy = [], selectedByField, selectedByValue }) =>
    [
      on === "name" ? "bucket" : on,
      method,
      ...[...selectedBy].sort(),
      selectedByField,
      ...(selectedByValue ?? []),
    ].join(" "),
  );
  assert.deepEqual(
    selectors.filter((one, at) => selectors.indexOf(one) !== at),
    [],
  );
  assert.equal(new Set(OPERATIONS.map(({ name }) => name)).size, OPERATIONS.length);
});
