// What every store promises about buckets and their settings; objects, lists and uploads have suites of their own.

import assert from "node:assert/strict";
import type { Store } from "../store.ts";
import { BUCKET, files, put, sampleBucket, samplePart, sampleUpload, withBucket } from "./bucket-samples.ts";
import { objectListsContract } from "./object-lists-contract.ts";
import { objectsContract } from "./objects-contract.ts";
import { promisesOf } from "./promise.ts";
import { ALICE, BOB, NOW, PLENTY } from "./samples.ts";
import { uploadsContract } from "./uploads-contract.ts";

export function bucketsContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("a bucket is found as it was created, and makes its account exist", async (store) => {
    const bucket = sampleBucket("a.bucket-1", { account: BOB, settings: { policy: '{"Version":"2012-10-17"}' } });
    assert.equal(await store.resources.accountExists(BOB), false);
    assert.deepEqual(await store.buckets.createBucket(bucket, PLENTY), { kind: "created" });
    assert.deepEqual(await store.buckets.getBucket(bucket.name), bucket);
    assert.equal(await store.buckets.getBucket("a.bucket"), undefined);
    assert.equal(await store.resources.accountExists(BOB), true);
  });

  promise("a name is taken for all accounts, and free again after the bucket is deleted", async (store) => {
    await withBucket(store, { acl: "private" });
    const again = sampleBucket(BUCKET, { account: BOB });
    const existing = sampleBucket(BUCKET, { settings: { acl: "private" } });
    assert.deepEqual(await store.buckets.createBucket(again, PLENTY), { kind: "exists", existing });
    assert.deepEqual(await store.buckets.deleteBucket(BUCKET), { kind: "deleted", freed: [] });
    assert.deepEqual(await store.buckets.createBucket(again, PLENTY), { kind: "created" });
    assert.deepEqual(await store.buckets.getBucket(BUCKET), again);
  });

  promise("a quota is of an account, and counts the buckets that are there", async (store) => {
    assert.deepEqual(await store.buckets.createBucket(sampleBucket("one"), 2), { kind: "created" });
    assert.deepEqual(await store.buckets.createBucket(sampleBucket("two"), 2), { kind: "created" });
    assert.deepEqual(await store.buckets.createBucket(sampleBucket("three"), 2), { kind: "over-quota" });
    // Who owns it already is told so, quota or not.
    assert.equal((await store.buckets.createBucket(sampleBucket("two"), 2)).kind, "exists");
    assert.deepEqual(await store.buckets.createBucket(sampleBucket("bob", { account: BOB }), 1), { kind: "created" });
    await store.buckets.deleteBucket("one");
    assert.deepEqual(await store.buckets.createBucket(sampleBucket("three"), 2), { kind: "created" });
  });

  promise("buckets are listed by name, of their account only, from a name on, with a prefix", async (store) => {
    for (const name of ["b-2", "a", "b-1", "b.1", "c"]) await store.buckets.createBucket(sampleBucket(name), PLENTY);
    await store.buckets.createBucket(sampleBucket("b-0", { account: BOB }), PLENTY);
    for (const [after, prefix, limit, expected] of [
      ["", "", PLENTY, "a b-1 b-2 b.1 c"],
      ["", "", 2, "a b-1"],
      ["", "", 0, ""],
      ["b-1", "", PLENTY, "b-2 b.1 c"],
      ["b-11", "", PLENTY, "b-2 b.1 c"],
      ["", "b-", PLENTY, "b-1 b-2"],
      ["a", "b", 2, "b-1 b-2"],
      ["b-2", "b-", PLENTY, ""],
      ["c", "a", PLENTY, ""],
    ] as const) {
      const found = await store.buckets.listBuckets(ALICE, { after, prefix, limit });
      assert.equal(found.map(({ name }) => name).join(" "), expected, `${after} ${prefix} ${limit}`);
    }
  });

  promise("a setting is kept until it is replaced or removed, and others stay", async (store) => {
    await withBucket(store);
    const { buckets } = store;
    const settings = async () => (await buckets.getBucket(BUCKET))?.settings;
    assert.equal(await buckets.setBucketSetting(BUCKET, "policy", "one"), true);
    assert.equal(await buckets.setBucketSetting(BUCKET, "cors", ""), true);
    assert.deepEqual(await settings(), { policy: "one", cors: "" });
    assert.equal(await buckets.setBucketSetting(BUCKET, "policy", "two"), true);
    assert.deepEqual(await settings(), { policy: "two", cors: "" });
    assert.equal(await buckets.setBucketSetting(BUCKET, "policy", undefined), true);
    assert.equal(await buckets.setBucketSetting(BUCKET, "tagging", undefined), true);
    assert.deepEqual(await settings(), { cors: "" });
    assert.equal(await buckets.setBucketSetting("no-bucket", "policy", "one"), false);
  });

  promise("versioning is Enabled or Suspended, and nothing else gets in", async (store) => {
    await withBucket(store);
    for (const text of ["enabled", "", "<Status>Enabled</Status>"]) {
      await assert.rejects(store.buckets.setBucketSetting(BUCKET, "versioning", text), /Enabled or Suspended/);
    }
    assert.deepEqual((await store.buckets.getBucket(BUCKET))?.settings, {});
  });

  promise("a bucket goes when nothing is in it, and uploads in progress go with it", async (store) => {
    const { buckets } = store;
    await withBucket(store, { versioning: "Enabled" });
    await put(store, "a", "one");
    assert.deepEqual(await buckets.deleteBucket(BUCKET), { kind: "not-empty" });
    await buckets.deleteObjects(BUCKET, [{ key: "a", newVersionId: "marker" }], NOW);
    await buckets.deleteObjects(BUCKET, [{ key: "a", versionId: "v-one", newVersionId: "" }], NOW);
    assert.deepEqual(await buckets.deleteBucket(BUCKET), { kind: "not-empty" }, "a delete marker is in it");
    await buckets.deleteObjects(BUCKET, [{ key: "a", versionId: "marker", newVersionId: "" }], NOW);
    await buckets.createUpload(sampleUpload("upload"));
    await buckets.putPart(sampleUpload("upload"), samplePart(2, "second"));
    await buckets.putPart(sampleUpload("upload"), samplePart(1, "first"));
    const deleted = await buckets.deleteBucket(BUCKET);
    assert(deleted.kind === "deleted");
    assert.deepEqual([...files(deleted.freed)].sort(), ["first", "second"]);
    assert.deepEqual(await buckets.filesInUse(["first", "second"]), new Set());
    assert.deepEqual(await buckets.deleteBucket(BUCKET), { kind: "absent" });
    await withBucket(store);
    assert.equal(await buckets.getUpload(BUCKET, "film", "upload"), undefined);
  });

  objectsContract(name, open);
  objectListsContract(name, open);
  uploadsContract(name, open);
}
