// Buckets in SQLite: their settings here, what is in them in bucket-objects.ts and bucket-uploads.ts.

import { versioningOf } from "../bucket-rules.ts";
import type { Buckets, Piece } from "../buckets.ts";
import { compareKeys } from "../key-order.ts";
import { findBucket, sqliteObjects } from "./bucket-objects.ts";
import { toBucket, type BucketRow } from "./bucket-rows.ts";
import { forget, sqliteUploads } from "./bucket-uploads.ts";
import type { Database } from "./database.ts";
import { stretchOf } from "./list-keys.ts";

export function sqliteBuckets(database: Database): Buckets {
  const { statements } = database;

  return {
    async createBucket(bucket, quota) {
      const { name, account, region, createdAtMs, settings } = bucket;
      return database.write(() => {
        const existing = findBucket(database, name);
        if (existing !== undefined) return { kind: "exists", existing: toBucket(existing) };
        const { count } = statements.countBuckets.get(account) as { readonly count: number };
        if (count >= quota) return { kind: "over-quota" };
        statements.insertBucket.run({ name, account, region, createdAtMs, settings: JSON.stringify(settings) });
        return { kind: "created" };
      });
    },

    // Every request asks for its bucket.
    async getBucket(name) {
      return database.remembered(`bucket ${name}`, () => {
        const row = findBucket(database, name);
        return row === undefined ? undefined : toBucket(row);
      });
    },

    async listBuckets(account, { after, prefix, limit }) {
      return database.read(() => {
        const stretch = stretchOf(prefix, after);
        if (typeof stretch.until === "string" && compareKeys(stretch.from, stretch.until) >= 0) return [];
        return (statements.listBuckets.all({ account, ...stretch, limit }) as unknown as BucketRow[]).map(toBucket);
      });
    },

    async deleteBucket(name) {
      return database.write(() => {
        const row = findBucket(database, name);
        if (row === undefined) return { kind: "absent" };
        if (statements.hasObjects.get(row.id)?.["found"] === 1) return { kind: "not-empty" };
        const freed = forget(database, statements.listPiecesOfBucket.all(row.id) as unknown as Piece[]);
        statements.deleteUploadsOfBucket.run(row.id);
        statements.deleteBucket.run(row.id);
        return { kind: "deleted", freed };
      });
    },

    async setBucketSetting(name, setting, value) {
      return database.write(() => {
        const row = findBucket(database, name);
        if (row === undefined) return false;
        // JSON leaves out what is undefined.
        const settings = { ...toBucket(row).settings, [setting]: value };
        versioningOf({ settings: JSON.parse(JSON.stringify(settings)) as typeof settings });
        statements.updateSettings.run(JSON.stringify(settings), row.id);
        return true;
      });
    },

    ...sqliteObjects(database),
    ...sqliteUploads(database),

    async filesInUse(files) {
      return database.read(() => new Set(files.filter((file) => statements.isFileNamed.get(file)?.["found"] === 1)));
    },
  };
}
