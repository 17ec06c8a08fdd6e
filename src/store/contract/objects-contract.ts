// What every store promises about objects and their versions.

import assert from "node:assert/strict";
import type { PutCondition } from "../buckets.ts";
import type { Store } from "../store.ts";
import { BUCKET, HEAD, files, history, put, sampleObject, withBucket } from "./bucket-samples.ts";
import { promisesOf } from "./promise.ts";
import { LATER, NOW } from "./samples.ts";

const VERSIONINGS = [
  ["never", {}],
  ["enabled", { versioning: "Enabled" }],
  ["suspended", { versioning: "Suspended" }],
] as const;

/** Deletes one and answers `deleted <version> [marker]: <freed>`, or why not. */
async function deleted(store: Store, key: string, versionId?: string, condition?: PutCondition): Promise<string> {
  const at = { bucket: BUCKET, key, newVersionId: "marker", ...(versionId !== undefined && { versionId }) };
  const outcome = await store.buckets.deleteObject(at, condition, LATER);
  if (outcome.kind !== "deleted") return outcome.kind;
  const { isDeleteMarker, freed } = outcome;
  return `deleted ${outcome.versionId ?? "-"}${isDeleteMarker ? " marker" : ""}: ${files(freed).join()}`;
}

export function objectsContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("an object is found as it was put", async (store) => {
    await withBucket(store);
    const pieces = [
      { file: "one", bytes: 5_368_709_120 },
      { file: "two", bytes: 0 },
    ];
    const content = { pieces, partBytes: [5_368_709_120, 0], bytes: 5_368_709_120, etag: "abc-2", checksums: {} };
    const draft = { ...HEAD, ...content, bucket: BUCKET, key: "a/ü \u{1F600}\u0000'%", newVersionId: "v1" };
    const outcome = await store.buckets.putObject(draft, undefined, LATER);
    const { newVersionId: _, ...said } = draft;
    const expected = { ...said, versionId: "null", isLatest: true, isDeleteMarker: false, modifiedAtMs: LATER };
    assert.deepEqual(outcome, { kind: "put", object: expected, freed: [] });
    assert.deepEqual(await store.buckets.getObject(BUCKET, draft.key), expected);
    assert.deepEqual(await store.buckets.getObject(BUCKET, draft.key, "null"), expected);
    assert.equal(await store.buckets.getObject(BUCKET, draft.key, "v1"), undefined);
    assert.equal(await store.buckets.getObject(BUCKET, "a/ü \u{1F600}"), undefined);
    assert.equal(await store.buckets.getObject("another", draft.key), undefined);
  });

  promise("nothing is put into a bucket that is not there, nor deleted from it", async (store) => {
    assert.deepEqual(await store.buckets.putObject(sampleObject("a", "one"), undefined, NOW), { kind: "no-bucket" });
    assert.equal(await store.buckets.deleteObjects(BUCKET, [{ key: "a", newVersionId: "v" }], NOW), undefined);
    assert.equal(await deleted(store, "a"), "no-bucket");
    assert.deepEqual(await store.buckets.filesInUse(["one"]), new Set());
  });

  promise("without versioning a put replaces what was there and answers its files", async (store) => {
    await withBucket(store);
    assert.deepEqual((await put(store, "a", "one")).freed, []);
    assert.deepEqual((await put(store, "a", "two")).freed, ["one"]);
    assert.equal((await put(store, "a", "three")).object.versionId, "null");
    assert.equal(await history(store, "a"), "null*");
    assert.deepEqual(await store.buckets.filesInUse(["one", "two", "three"]), new Set(["three"]));
    assert.equal(await deleted(store, "a"), "deleted -: three");
    assert.equal(await deleted(store, "a"), "deleted -: ");
    assert.equal(await store.buckets.getObject(BUCKET, "a"), undefined);
    assert.deepEqual(await store.buckets.filesInUse(["one", "two", "three"]), new Set());
  });

  promise("with versioning a put goes on top, and the earlier versions stay", async (store) => {
    await withBucket(store);
    await put(store, "a", "zero");
    await store.buckets.setBucketSetting(BUCKET, "versioning", "Enabled");
    assert.deepEqual((await put(store, "a", "one")).freed, []);
    assert.equal((await put(store, "a", "two")).object.versionId, "v-two");
    assert.equal(await history(store, "a"), "v-two* v-one null");
    const old = await store.buckets.getObject(BUCKET, "a", "v-one");
    assert.deepEqual([old?.etag, old?.isLatest, files(old?.pieces)], ["etag of one", false, ["one"]]);
    assert.equal((await store.buckets.getObject(BUCKET, "a"))?.versionId, "v-two");
  });

  promise("with versioning suspended a put takes the place of the null version only", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    await put(store, "a", "one");
    await store.buckets.setBucketSetting(BUCKET, "versioning", "Suspended");
    assert.deepEqual((await put(store, "a", "two")).freed, []);
    assert.equal(await history(store, "a"), "null* v-one");
    await store.buckets.setBucketSetting(BUCKET, "versioning", "Enabled");
    await put(store, "a", "three");
    await store.buckets.setBucketSetting(BUCKET, "versioning", "Suspended");
    // The null version is in the middle, and comes to the top with its new content.
    assert.deepEqual((await put(store, "a", "four")).freed, ["two"]);
    assert.equal(await history(store, "a"), "null* v-three v-one");
  });

  promise("a delete without a version puts a delete marker on top, also of nothing", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    await put(store, "a", "one");
    assert.equal(await deleted(store, "a"), "deleted marker marker: ");
    assert.equal(await history(store, "a"), "marker(deleted)* v-one");
    const marker = await store.buckets.getObject(BUCKET, "a");
    assert.deepEqual([marker?.isDeleteMarker, marker?.modifiedAtMs, marker?.bytes], [true, LATER, 0]);
    assert.equal((await store.buckets.getObject(BUCKET, "a", "v-one"))?.etag, "etag of one");
    assert.equal(await deleted(store, "b"), "deleted marker marker: ");
    assert.equal(await history(store, "b"), "marker(deleted)*");
    // Deleting the marker brings the object back.
    assert.equal(await deleted(store, "a", "marker"), "deleted marker marker: ");
    assert.equal(await history(store, "a"), "v-one*");
    assert.equal((await store.buckets.getObject(BUCKET, "a"))?.isLatest, true);
  });

  promise("a delete in a bucket with versioning suspended leaves a null marker for the null version", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    await put(store, "a", "one");
    await store.buckets.setBucketSetting(BUCKET, "versioning", "Suspended");
    await put(store, "a", "two");
    assert.equal(await deleted(store, "a"), "deleted null marker: two");
    assert.equal(await history(store, "a"), "null(deleted)* v-one");
    assert.equal(await deleted(store, "a"), "deleted null marker: ");
    assert.equal(await history(store, "a"), "null(deleted)* v-one");
    assert.equal(await deleted(store, "a", "null"), "deleted null marker: ");
    assert.equal(await history(store, "a"), "v-one*");
  });

  promise("a version is deleted for good, and the next one below is the latest", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    for (const file of ["one", "two", "three"]) await put(store, "a", file);
    assert.equal(await deleted(store, "a", "v-two"), "deleted v-two: two");
    assert.equal(await history(store, "a"), "v-three* v-one");
    assert.equal(await deleted(store, "a", "v-three"), "deleted v-three: three");
    assert.equal(await history(store, "a"), "v-one*");
    assert.equal(await deleted(store, "a", "v-three"), "deleted v-three: ");
    assert.equal(await deleted(store, "a", "v-one"), "deleted v-one: one");
    assert.equal(await history(store, "a"), "");
    assert.equal(await deleted(store, "nothing", "v-one"), "deleted v-one: ");
  });

  promise("many are deleted at once, each answered in its place, later ones seeing the earlier", async (store) => {
    await withBucket(store);
    await put(store, "a", "one");
    await put(store, "b", "two");
    const absent: PutCondition = { kind: "etag", etag: "another" };
    const asked = [
      { key: "b", newVersionId: "", condition: absent },
      { key: "a", newVersionId: "" },
      { key: "a", newVersionId: "", condition: { kind: "etag", etag: "*" } as const },
      { key: "c", newVersionId: "" },
    ];
    const outcomes = await store.buckets.deleteObjects(BUCKET, asked, NOW);
    const nothing = { kind: "deleted", versionId: undefined, isDeleteMarker: false, freed: [] };
    assert.deepEqual(outcomes, [
      { kind: "precondition-failed" },
      { ...nothing, freed: [{ file: "one", bytes: 3 }] },
      { kind: "no-object" },
      nothing,
    ]);
  });

  for (const [versioning, settings] of VERSIONINGS) {
    promise(`a put and a delete hold to their condition, versioning ${versioning}`, async (store) => {
      await withBucket(store, settings);
      const attempt = async (condition: PutCondition, file: string) =>
        (await store.buckets.putObject(sampleObject("a", file), condition, NOW)).kind;
      const absent: PutCondition = { kind: "absent" };
      const has = (file: string): PutCondition => ({ kind: "etag", etag: file === "*" ? "*" : `etag of ${file}` });

      assert.equal(await attempt(has("one"), "x"), "no-object");
      assert.equal(await attempt(has("*"), "x"), "no-object");
      assert.equal(await attempt(absent, "one"), "put");
      assert.equal(await attempt(absent, "x"), "precondition-failed");
      assert.equal(await attempt(has("two"), "x"), "precondition-failed");
      assert.equal(await attempt(has("one"), "two"), "put");
      assert.equal(await attempt(has("*"), "three"), "put");
      assert.deepEqual(
        await store.buckets.filesInUse(["x", "three"]),
        new Set(["three"]),
        "refused files are not kept",
      );
      assert.equal(await deleted(store, "a", undefined, has("two")), "precondition-failed");
      assert.match(await deleted(store, "a", undefined, has("three")), /^deleted/);
      assert.equal(await deleted(store, "a", undefined, has("three")), "no-object");
      // A delete marker is no object.
      assert.equal(await attempt(has("*"), "x"), "no-object");
      assert.equal(await attempt(absent, "four"), "put");
    });
  }

  promise("tags and ACL are changed in place, of the latest or of a version", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    await put(store, "a", "one");
    const { object } = await put(store, "a", "two");
    const tags = [{ Key: "new", Value: "" }];
    const changed = await store.buckets.changeObject({ bucket: BUCKET, key: "a" }, { tags });
    assert.deepEqual(changed, { ...object, tags });
    assert.deepEqual(await store.buckets.getObject(BUCKET, "a"), changed);
    const old = await store.buckets.changeObject({ bucket: BUCKET, key: "a", versionId: "v-one" }, { acl: "public" });
    assert.deepEqual([old?.acl, old?.tags, old?.isLatest], ["public", HEAD.tags, false]);
    assert.deepEqual(await store.buckets.getObject(BUCKET, "a", "v-one"), old);
    assert.deepEqual(await store.buckets.getObject(BUCKET, "a"), changed);

    await deleted(store, "a");
    assert.equal(
      await store.buckets.changeObject({ bucket: BUCKET, key: "a" }, { tags }),
      undefined,
      "a delete marker",
    );
    assert.equal(await store.buckets.changeObject({ bucket: BUCKET, key: "b" }, { tags }), undefined);
    assert.equal(await store.buckets.changeObject({ bucket: "none", key: "a" }, { tags }), undefined);
  });
}
