// Lists of a bucket: pages put together are the whole, for any prefix, delimiter and limit, against a model that sorts and
// cuts; and keys that XML cannot hold come through encoded.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { openBucketStage, textsOf, type BucketStage } from "./bucket-stage.ts";

const SEED = 20_261_120;

/** Characters at which orders of bytes, of UTF-16 and of sloppy comparisons differ. */
const key = fc.string({
  unit: fc.constantFrom("a", "b", "/", "-", "%", "+", " ", "é", "\uffff", "😀", "&"),
  minLength: 1,
  maxLength: 6,
});

function inByteOrder(keys: Iterable<string>): string[] {
  return [...keys].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

/** What a list should show, keys and prefixes in one order. */
function model(keys: Iterable<string>, prefix: string, delimiter: string): string[] {
  const shown = new Set<string>();
  for (const one of keys) {
    if (!one.startsWith(prefix)) continue;
    const cut = delimiter === "" ? -1 : one.indexOf(delimiter, prefix.length);
    shown.add(cut < 0 ? one : one.slice(0, cut + delimiter.length));
  }
  return inByteOrder(shown);
}

const decode = (text: string): string => decodeURIComponent(text.replaceAll("+", "%20"));

interface PageOfList {
  readonly shown: readonly string[];
  readonly isTruncated: boolean;
  readonly text: string;
}

async function readPage(ask: BucketStage["ask"], query: string): Promise<PageOfList> {
  const { status, text } = await ask(`GET /shop?encoding-type=url&${query}`);
  assert.equal(status, 200, text);
  const keys = textsOf(text, "Key").map(decode);
  const prefixes = [...text.matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g)].map(([, one = ""]) => decode(one));
  const isTruncated = textsOf(text, "IsTruncated")[0] === "true";
  return { shown: inByteOrder([...keys, ...prefixes]), isTruncated, text };
}

/** How each version of the list goes on. */
const VERSIONS: readonly (readonly [name: string, query: string, next: (page: PageOfList) => string])[] = [
  [
    "v2",
    "list-type=2&",
    ({ text }) => `continuation-token=${encodeURIComponent(textsOf(text, "NextContinuationToken")[0] ?? "")}`,
  ],
  [
    "v1",
    "",
    ({ text, shown }) =>
      `marker=${encodeURIComponent(decode(textsOf(text, "NextMarker")[0] ?? encodeURIComponent(shown.at(-1) ?? "")))}`,
  ],
  [
    "versions",
    "versions&",
    ({ text }) =>
      `key-marker=${encodeURIComponent(decode(textsOf(text, "NextKeyMarker")[0] ?? ""))}&version-id-marker=${textsOf(text, "NextVersionIdMarker")[0] ?? ""}`,
  ],
];

test("the pages of a list are the whole list, whatever the prefix, the delimiter and the limit", async (t) => {
  const { ask, store } = await openBucketStage(t);
  await ask("PUT /shop");
  const cases = fc.record({
    keys: fc.uniqueArray(key, { minLength: 0, maxLength: 14 }),
    prefix: fc.oneof(fc.constant(""), fc.string({ unit: fc.constantFrom("a", "/", "é"), maxLength: 2 })),
    delimiter: fc.constantFrom("", "/", "a", "é", "//"),
    limit: fc.integer({ min: 1, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ keys, prefix, delimiter, limit }) => {
      for (const one of keys) {
        const head = { headers: {}, metadata: {}, tags: [], acl: "" };
        const content = { pieces: [], bytes: 0, etag: "0".repeat(32), checksums: {} };
        await store.buckets.putObject(
          { ...head, ...content, bucket: "shop", key: one, newVersionId: "v" },
          undefined,
          START_OF_TEST,
        );
      }
      const expected = model(keys, prefix, delimiter);
      for (const [name, query, next] of VERSIONS) {
        const range = `${query}prefix=${encodeURIComponent(prefix)}&delimiter=${encodeURIComponent(delimiter)}&max-keys=${limit}`;
        const shown: string[] = [];
        let page = await readPage(ask, range);
        for (let pages = 0; ; pages++) {
          assert(pages <= expected.length, `${name} comes to an end`);
          assert(page.shown.length <= limit, `${name} keeps to its limit`);
          shown.push(...page.shown);
          if (!page.isTruncated) break;
          assert.equal(page.shown.length, limit, `${name} is full where there is more`);
          page = await readPage(ask, `${range}&${next(page)}`);
        }
        assert.deepEqual(shown, expected, name);
      }
      for (const one of keys) await ask(`DELETE /shop/${encodeURIComponent(one)}`);
    }),
    { seed: SEED, numRuns: 60 },
  );
});

const START_OF_TEST = 1_767_323_045_000 as Parameters<BucketStage["store"]["buckets"]["putObject"]>[2];

/** [query, what the answer must match] of a bucket with a/1, a/2, b and `c&<`. */
const SHOWS: readonly (readonly [query: string, shows: RegExp])[] = [
  [
    "list-type=2",
    /<Name>shop<\/Name><Prefix><\/Prefix><KeyCount>4<\/KeyCount><MaxKeys>1000<\/MaxKeys><IsTruncated>false<\/IsTruncated><Contents>/,
  ],
  [
    "list-type=2&max-keys=0",
    /<KeyCount>0<\/KeyCount><MaxKeys>0<\/MaxKeys><IsTruncated>false<\/IsTruncated><\/ListBucketResult>/,
  ],
  ["list-type=2&max-keys=5000", /<MaxKeys>1000<\/MaxKeys>/],
  [
    "list-type=2&start-after=a/1&max-keys=1",
    /<StartAfter>a\/1<\/StartAfter>.*<IsTruncated>true<\/IsTruncated>.*<Key>a\/2<\/Key>/,
  ],
  ["list-type=2&fetch-owner=true&max-keys=1", /<Owner><ID>[0-9a-f]{64}<\/ID><\/Owner>/],
  ["list-type=2&prefix=c", /<Key>c&amp;&lt;<\/Key>/],
  ["list-type=2&prefix=c&encoding-type=url", /<EncodingType>url<\/EncodingType>.*<Key>c%26%3C<\/Key>/],
  [
    "delimiter=/&max-keys=1",
    /<Marker><\/Marker><NextMarker>a\/<\/NextMarker>.*<CommonPrefixes><Prefix>a\/<\/Prefix><\/CommonPrefixes>/,
  ],
  ["delimiter=/&marker=a/", /<IsTruncated>false<\/IsTruncated><Contents><Key>b<\/Key>/],
  ["marker=b", /<Key>c&amp;&lt;<\/Key>/],
  ["versions", /<Version><Key>a\/1<\/Key><VersionId>null<\/VersionId><IsLatest>true<\/IsLatest>/],
  ["uploads", /<Bucket>shop<\/Bucket><KeyMarker><\/KeyMarker><UploadIdMarker><\/UploadIdMarker>/],
  ["list-type=2&max-keys=-1", /<Code>InvalidArgument<\/Code>.*max-keys/],
  ["list-type=2&max-keys=x", /<Code>InvalidArgument<\/Code>/],
  ["max-keys=2147483648", /<Code>InvalidArgument<\/Code>/],
  ["list-type=2&encoding-type=base64", /<Code>InvalidArgument<\/Code>/],
  ["list-type=2&continuation-token=forged", /<Code>InvalidArgument<\/Code>.*continuation token/],
  ["versions&version-id-marker=x", /<Code>InvalidArgument<\/Code>/],
];

test("each list shows what it was asked with, and refuses what it cannot read", async (t) => {
  const { ask } = await openBucketStage(t);
  await ask("PUT /shop");
  for (const one of ["a/1", "a/2", "b", "c%26%3C"]) await ask(`PUT /shop/${one}`, { body: "x" });
  for (const [query, shows] of SHOWS) assert.match((await ask(`GET /shop?${query}`)).text, shows, query);
});

test("all versions of a key are listed, the newest first, over pages of any size", async (t) => {
  const { ask, store } = await openBucketStage(t);
  await ask("PUT /shop");
  await store.buckets.setBucketSetting("shop", "versioning", "Enabled");
  for (const one of ["a", "b", "a", "c", "a"]) await ask(`PUT /shop/${one}`, { body: "x" });
  await ask("DELETE /shop/b");
  const whole = (await ask("GET /shop?versions")).text;
  assert.deepEqual(textsOf(whole, "Key"), ["a", "a", "a", "b", "b", "c"]);
  assert.deepEqual(textsOf(whole, "IsLatest"), ["true", "false", "false", "true", "false", "true"]);
  assert.equal([...whole.matchAll(/<DeleteMarker>/g)].length, 1);
  for (const limit of [1, 2, 4]) {
    const ids: string[] = [];
    for (let next = ""; ;) {
      const { text } = await ask(`GET /shop?versions&max-keys=${limit}${next}`);
      ids.push(...textsOf(text, "VersionId"));
      if (textsOf(text, "IsTruncated")[0] === "false") break;
      next = `&key-marker=${textsOf(text, "NextKeyMarker")[0] ?? ""}&version-id-marker=${textsOf(text, "NextVersionIdMarker")[0] ?? ""}`;
    }
    assert.deepEqual(ids, textsOf(whole, "VersionId"), `${limit} at a time`);
  }
});

test("an account lists its own buckets, and in pages", async (t) => {
  const { ask } = await openBucketStage(t);
  const names = ["able", "baker", "charlie", "delta"];
  for (const name of names) await ask(`PUT /${name}`);
  await ask("PUT /others", { as: "other" });
  const { text } = await ask("GET /");
  assert.deepEqual(textsOf(text, "Name"), names);
  assert.match(
    text,
    /<Owner><ID>[0-9a-f]{64}<\/ID><\/Owner><Buckets><Bucket><Name>able<\/Name><CreationDate>2026-01-02T03:04:05.000Z/,
  );
  assert.deepEqual(textsOf((await ask("GET /", { as: "reader" })).text, "Name"), names);
  assert.equal((await ask("GET /", { as: "nobody" })).code, "AccessDenied");
  const first = (await ask("GET /?max-buckets=3")).text;
  const token = textsOf(first, "ContinuationToken")[0] ?? "";
  assert.deepEqual(textsOf(first, "Name"), names.slice(0, 3));
  const rest = (await ask(`GET /?max-buckets=3&continuation-token=${token}`)).text;
  assert.deepEqual([textsOf(rest, "Name"), textsOf(rest, "ContinuationToken")], [["delta"], []]);
  assert.deepEqual(textsOf((await ask("GET /?prefix=b")).text, "Name"), ["baker"]);
  assert.equal((await ask("GET /?max-buckets=0")).code, "InvalidArgument");
});
