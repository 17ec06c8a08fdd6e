// What every store promises about lists of objects and versions. The random lists at the end are held against the plainest
// reading of what a list is.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { KeyRange, ListedKeys } from "../buckets.ts";
import { compareKeys } from "../key-order.ts";
import type { Store } from "../store.ts";
import { BUCKET, put, range, told, withBucket } from "./bucket-samples.ts";
import { promisesOf } from "./promise.ts";
import { NOW } from "./samples.ts";

/** By code points, as UTF-8 has them: U+FF5E before U+1F600, which UTF-16 has the other way round. */
const IN_ORDER = ["", "A", "a", "a\u0000", "a ", "a/", "a0", "ab", "z", "é", "\uff5e", "\u{1F600}", "\u{10FFFF}"];

const KEYS = ["a", "b/1", "b/2", "b/c/1", "b/c/2", "b0", "c/", "c/1", "d"];
const LISTS: readonly (readonly [range: Partial<KeyRange>, expected: string])[] = [
  [{}, "a b/1 b/2 b/c/1 b/c/2 b0 c/ c/1 d"],
  [{ delimiter: "/" }, "a b/ b0 c/ d"],
  [{ delimiter: "/", prefix: "b" }, "b/ b0"],
  [{ delimiter: "/", prefix: "b/" }, "b/1 b/2 b/c/"],
  [{ delimiter: "/", prefix: "b/c" }, "b/c/"],
  [{ delimiter: "/c/" }, "a b/1 b/2 b/c/ b0 c/ c/1 d"],
  [{ prefix: "b/" }, "b/1 b/2 b/c/1 b/c/2"],
  [{ prefix: "b/2" }, "b/2"],
  [{ prefix: "x" }, ""],
  [{ after: "b/2" }, "b/c/1 b/c/2 b0 c/ c/1 d"],
  [{ after: "b/1x" }, "b/2 b/c/1 b/c/2 b0 c/ c/1 d"],
  [{ after: "b/", delimiter: "/" }, "b0 c/ d"],
  // What `after` itself is folded into came before.
  [{ after: "b/1", delimiter: "/" }, "b0 c/ d"],
  [{ after: "b/1", delimiter: "/", prefix: "b/" }, "b/2 b/c/"],
  [{ after: "b/c/", delimiter: "/", prefix: "b/" }, ""],
  [{ after: "a", prefix: "b/" }, "b/1 b/2 b/c/1 b/c/2"],
  [{ after: "d", prefix: "b/" }, ""],
  [{ after: "d" }, ""],
  [{ limit: 0 }, ""],
  [{ limit: 2 }, "a b/1 …"],
  [{ limit: 9 }, "a b/1 b/2 b/c/1 b/c/2 b0 c/ c/1 d"],
  [{ limit: 2, delimiter: "/" }, "a b/ …"],
  [{ limit: 5, delimiter: "/" }, "a b/ b0 c/ d"],
  [{ limit: 4, delimiter: "/" }, "a b/ b0 c/ …"],
  [{ limit: 1, delimiter: "/", prefix: "c" }, "c/"],
];

export function objectListsContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("objects are listed in the order of their keys' bytes", async (store) => {
    await withBucket(store);
    const keys = IN_ORDER.slice(1);
    for (const [index, key] of keys.toReversed().entries()) await put(store, key, `file ${index}`);
    const { items, last } = await store.buckets.listObjects(BUCKET, range());
    assert.deepEqual(
      items.map(({ key }) => key),
      keys,
    );
    assert.equal(last, keys.at(-1));
    for (const [index, after] of keys.entries()) {
      const rest = await store.buckets.listObjects(BUCKET, range({ after }));
      assert.deepEqual(
        rest.items.map(({ key }) => key),
        keys.slice(index + 1),
      );
    }
  });

  promise("a list is cut by prefix, delimiter, beginning and limit", async (store) => {
    await withBucket(store);
    await withBucket(store, {}, "another");
    for (const key of KEYS) await put(store, key, `file of ${key}`);
    for (const [asked, expected] of LISTS) {
      const list = await store.buckets.listObjects(BUCKET, range(asked));
      assert.equal(told(list), expected, JSON.stringify(asked));
      assert.equal(list.last, [...list.items.map(({ key }) => key), ...list.prefixes].sort().at(-1) ?? "");
      const versions = await store.buckets.listVersions(BUCKET, { ...range(asked), afterVersion: "" });
      assert.equal(told(versions), expected, `versions ${JSON.stringify(asked)}`);
    }
    assert.equal(told(await store.buckets.listObjects("another", range())), "");
    assert.equal(told(await store.buckets.listObjects("no-bucket", range())), "");
  });

  promise("an item of a list tells what the object's own head tells", async (store) => {
    await withBucket(store);
    const { object } = await put(store, "a", "one");
    const { bucket, key, versionId, isLatest, isDeleteMarker, modifiedAtMs, bytes, etag, checksums } = object;
    const expected = { bucket, key, versionId, isLatest, isDeleteMarker, modifiedAtMs, bytes, etag, checksums };
    const [item] = (await store.buckets.listObjects(BUCKET, range())).items;
    for (const [member, value] of Object.entries(expected))
      assert.deepEqual(item?.[member as keyof typeof item], value);
  });

  promise("old versions and delete markers are in the list of versions only", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    for (const [key, file] of ["a1", "a2", "b1", "b2", "c/1"].map((file) => [file[0] ?? "", file] as const)) {
      await put(store, key === "c" ? "c/1" : key, file);
    }
    const newVersionId = "marker";
    await store.buckets.deleteObjects(
      BUCKET,
      [
        { key: "a", newVersionId },
        { key: "c/1", newVersionId },
      ],
      NOW,
    );
    assert.equal(told(await store.buckets.listObjects(BUCKET, range())), "b");
    assert.equal(told(await store.buckets.listObjects(BUCKET, range({ delimiter: "/" }))), "b", "a prefix of nothing");

    const pages: string[] = [];
    let after = "";
    let afterVersion = "";
    for (let more = true; more;) {
      const page = await store.buckets.listVersions(BUCKET, { ...range({ after, limit: 2 }), afterVersion });
      pages.push(page.items.map(({ key, versionId }) => `${key}:${versionId}`).join(" "));
      ({ last: after, isTruncated: more } = page);
      afterVersion = page.items.at(-1)?.versionId ?? "";
    }
    assert.deepEqual(pages, ["a:marker a:v-a2", "a:v-a1 b:v-b2", "b:v-b1 c/1:marker", "c/1:v-c/1"]);

    const rest = async (asked: Partial<KeyRange>, version: string) =>
      told(await store.buckets.listVersions(BUCKET, { ...range(asked), afterVersion: version }));
    assert.equal(await rest({ after: "a", prefix: "b" }, "v-a2"), "b b");
    assert.equal(await rest({ after: "b", limit: 1 }, "v-b2"), "b …");
    assert.equal(await rest({ after: "b" }, "v-gone"), "b b c/1 c/1", "what is left of the key comes again");
    assert.equal(await rest({ after: "c/1", delimiter: "/" }, "marker"), "");
    assert.equal(await rest({ after: "b", delimiter: "/" }, "v-b2"), "b c/");
    assert.equal(await rest({ after: "b", limit: 0 }, "v-b2"), "");
  });

  promise("any list, page by page, is what is left of all keys when the rest is cut away", async (store) => {
    const text = fc.array(fc.constantFrom("a", "b", "/", "é", "\uff5e", "\u{1F600}", "\u{10FFFF}"), { maxLength: 4 });
    const word = text.map((letters) => letters.join(""));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          word.filter((key) => key !== ""),
          { maxLength: 15 },
        ),
        word,
        fc.constantFrom("", "/", "a", "/a", "\u{10FFFF}"),
        word,
        fc.integer({ min: 1, max: 5 }),
        async (keys, prefix, delimiter, after, limit) => {
          run++;
          const bucket = `bucket-${run}`;
          await withBucket(store, {}, bucket);
          for (const [index, key] of keys.entries()) {
            const content = {
              pieces: [],
              bytes: 0,
              etag: "",
              checksums: {},
              headers: {},
              metadata: {},
              tags: [],
              acl: "",
            };
            await store.buckets.putObject({ ...content, bucket, key, newVersionId: `${index}` }, undefined, NOW);
          }
          const expected = plainList(keys, { prefix, delimiter, after });
          const listed: string[] = [];
          for (let from = after, more = true; more;) {
            assert(listed.length <= expected.length, "it goes on without end");
            const page: ListedKeys<{ readonly key: string }> = await store.buckets.listObjects(bucket, {
              prefix,
              delimiter,
              after: from,
              limit,
            });
            const names = [...page.items.map(({ key }) => key), ...page.prefixes].sort(compareKeys);
            assert.equal(page.last, names.at(-1) ?? "");
            assert(names.length === limit || !page.isTruncated);
            listed.push(...names);
            ({ last: from, isTruncated: more } = page);
          }
          assert.deepEqual(listed, expected);
        },
      ),
      { numRuns: 50, seed: 20_161_120, endOnFailure: true },
    );
  });
}

function plainList(keys: readonly string[], range: Omit<KeyRange, "limit">): readonly string[] {
  const { prefix, delimiter, after } = range;
  const names = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return at === -1 ? key : key.slice(0, at + delimiter.length);
    });
  const inBytes = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other));
  return [...new Set(names)].filter((name) => inBytes(name, after) > 0).sort(inBytes);
}
