// What a page costs: rows stepped over and seeks made, whatever the bucket holds.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { sampleBucket, withBucket, BUCKET, HEAD, range } from "../contract/bucket-samples.ts";
import { NOW, PLENTY } from "../contract/samples.ts";
import { compareKeys } from "../key-order.ts";
import { BUCKET_QUERIES } from "./bucket-queries.ts";
import { listKeys, type Stretch } from "./list-keys.ts";
import { migrate } from "./migrate.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { temporaryFiles } from "./temporary-file.ts";

const newPath = temporaryFiles();

/** A bucket of 300 folders with a million keys in each, in order; nothing of it exists until it is stepped on. */
const FOLDERS = 300;
const KEYS_PER_FOLDER = 1_000_000;

function keyOf(at: number): string {
  const [folder, key] = [Math.floor(at / KEYS_PER_FOLDER), at % KEYS_PER_FOLDER];
  return `${String(folder).padStart(3, "0")}/${String(key).padStart(7, "0")}`;
}

/** Lists it, and counts. */
function listMillions(asked: Parameters<typeof range>[0]) {
  let seeks = 0;
  let steps = 0;
  function* seek({ from, until }: Stretch): Generator<{ readonly key: string }> {
    seeks++;
    let [low, high] = [0, FOLDERS * KEYS_PER_FOLDER];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (compareKeys(keyOf(middle), from) < 0) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < FOLDERS * KEYS_PER_FOLDER; at++) {
      const key = keyOf(at);
      if (typeof until === "string" && compareKeys(key, until) >= 0) return;
      steps++;
      yield { key };
    }
  }
  const page = listKeys(range(asked), { seek, toItem: ({ key }) => ({ key }) });
  return { page, seeks, steps };
}

test("a million keys under one prefix are one step", () => {
  const all = listMillions({ delimiter: "/" });
  assert.equal(all.page.prefixes.length, FOLDERS);
  assert.deepEqual([all.seeks, all.steps, all.page.isTruncated], [FOLDERS + 1, FOLDERS, false]);

  const some = listMillions({ delimiter: "/", limit: 10, after: "100/" });
  assert.deepEqual(
    [some.page.prefixes[0], some.page.last, some.page.isTruncated, some.seeks, some.steps],
    ["101/", "110/", true, 11, 11],
  );
});

test("keys are stepped over once each, and one more tells whether there are others", () => {
  const page = listMillions({ prefix: "007/", delimiter: "/", after: "007/0999990", limit: 5 });
  assert.deepEqual([page.page.last, page.page.isTruncated, page.seeks, page.steps], ["007/0999995", true, 1, 6]);
  const end = listMillions({ prefix: "007/", delimiter: "/", after: "007/0999995", limit: 5 });
  assert.deepEqual([end.page.last, end.page.isTruncated, end.seeks, end.steps], ["007/0999999", false, 1, 4]);
  assert.deepEqual(listMillions({ limit: 0 }).steps, 0);
});

test("lists read a stretch of an index from its beginning, of what they show only", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db);
  const planOf = (name: keyof typeof BUCKET_QUERIES): string =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${BUCKET_QUERIES[name]}`)
      .all()
      .map((row) => String(row["detail"]))
      .join();
  for (const [name, plan] of [
    ["listObjects", "SEARCH object USING INDEX object_listed (bucket=? AND key>? AND key<?)"],
    ["listVersions", "SEARCH object USING INDEX object_versions (bucket=? AND key>? AND key<?)"],
    ["listOlderVersions", "SEARCH object USING INDEX object_versions (bucket=? AND key=? AND id<?)"],
    ["getLatestObject", "SEARCH object USING INDEX object_versions (bucket=? AND key=?)"],
    ["getObjectVersion", "SEARCH object USING INDEX object_by_version (bucket=? AND key=? AND version_id=?)"],
    ["listUploads", "SEARCH upload USING INDEX upload_in_order (bucket=? AND key>? AND key<?)"],
    ["listBuckets", "SEARCH bucket USING INDEX bucket_of_account (account=? AND name>? AND name<?)"],
  ] as const) {
    assert.equal(planOf(name), plan, name);
  }
});

test("a bucket with many old versions and delete markers lists what is left without passing them", async () => {
  const path = newPath();
  {
    await using store = await openSqliteStore({ path });
    await withBucket(store, { versioning: "Enabled" });
    const content = {
      ...HEAD,
      pieces: [],
      bytes: 0,
      etag: "e",
      checksums: {},
      bucket: BUCKET,
      key: "z/last",
      newVersionId: "v",
    };
    await store.buckets.putObject(content, undefined, NOW);
    using db = new DatabaseSync(path);
    db.exec(`
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
      INSERT INTO object (bucket, key, version_id, is_latest, is_delete_marker, modified_at_ms, bytes, etag, checksums, head, pieces)
      SELECT 1, 'a/' || (i / 10), 'v' || i, i % 10 = 9, i % 10 = 9, 0, 0, '', '{}', '{}', '[[]]' FROM n`);
  }
  await using store = await openSqliteStore({ path });
  const begun = performance.now();
  for (let round = 0; round < 100; round++) {
    const { items, prefixes } = await store.buckets.listObjects(
      BUCKET,
      range({ delimiter: round % 2 === 0 ? "" : "/" }),
    );
    assert.equal(items.length + prefixes.length, 1);
  }
  // Passing them took some 10 ms each; this is some 0.03 ms, on a machine of its own.
  assert(performance.now() - begun < 500);
  const versions = await store.buckets.listVersions(BUCKET, {
    ...range({ limit: 2, after: "a/7" }),
    afterVersion: "v75",
  });
  assert.deepEqual(
    versions.items.map(({ versionId }) => versionId),
    ["v74", "v73"],
  );
  assert.equal(
    (await store.buckets.listBuckets(sampleBucket().account, { after: "", prefix: "", limit: PLENTY })).length,
    1,
  );
});
