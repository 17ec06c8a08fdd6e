// What every store promises about uploads in parts.

import assert from "node:assert/strict";
import type { KeyRange, ObjectContent } from "../buckets.ts";
import type { Store } from "../store.ts";
import {
  BUCKET,
  files,
  history,
  piece,
  put,
  range,
  sampleObject,
  samplePart,
  sampleUpload,
  told,
  withBucket,
} from "./bucket-samples.ts";
import { promisesOf } from "./promise.ts";
import { LATER, NOW, PLENTY } from "./samples.ts";

const ALL = { after: 0, limit: PLENTY };

function contentOf(...parts: readonly string[]): ObjectContent & { readonly newVersionId: string } {
  const pieces = parts.map(piece);
  const partBytes = pieces.map(({ bytes }) => bytes);
  const bytes = partBytes.reduce((sum, one) => sum + one, 0);
  return { pieces, bytes, partBytes, etag: `abc-${parts.length}`, checksums: {}, newVersionId: "v-upload" };
}

export function uploadsContract(name: string, open: () => Promise<Store>): void {
  const promise = promisesOf(name, open);

  promise("an upload is found as it was begun, under its key only, and shows no object", async (store) => {
    await withBucket(store);
    const upload = sampleUpload("one", "film", { initiator: undefined });
    assert.equal(await store.buckets.createUpload(upload), "created");
    assert.equal(await store.buckets.createUpload(sampleUpload("two", "film", { bucket: "none" })), "no-bucket");
    assert.deepEqual(await store.buckets.getUpload(BUCKET, "film", "one"), upload);
    assert.equal(await store.buckets.getUpload(BUCKET, "movie", "one"), undefined);
    assert.equal(await store.buckets.getUpload("none", "film", "one"), undefined);
    assert.equal(await store.buckets.getUpload(BUCKET, "film", "two"), undefined);
    assert.equal(await store.buckets.getObject(BUCKET, "film"), undefined);
    assert.equal(told(await store.buckets.listObjects(BUCKET, range())), "");
  });

  promise("parts are listed by number, and one that is put again replaces the earlier", async (store) => {
    await withBucket(store);
    const upload = sampleUpload("one");
    await store.buckets.createUpload(upload);
    for (const number of [10, 2, 10_000]) {
      assert.deepEqual(await store.buckets.putPart(upload, samplePart(number, `part ${number}`)), { freed: [] });
    }
    assert.deepEqual(await store.buckets.putPart(upload, samplePart(2, "again")), { freed: [piece("part 2")] });
    const parts = [samplePart(2, "again"), samplePart(10, "part 10"), samplePart(10_000, "part 10000")];
    assert.deepEqual(await store.buckets.listParts(upload, ALL), parts);
    assert.deepEqual(await store.buckets.listParts(upload, { after: 2, limit: 1 }), parts.slice(1, 2));
    assert.deepEqual(await store.buckets.listParts(upload, { after: 10_000, limit: 1 }), []);
    const named = await store.buckets.filesInUse(["part 2", "again", "part 10"]);
    assert.deepEqual(named, new Set(["again", "part 10"]));
    assert.equal(await store.buckets.listParts({ ...upload, id: "two" }, ALL), undefined);
    assert.equal(await store.buckets.putPart({ ...upload, key: "movie" }, samplePart(1, "lost")), undefined);
    assert.deepEqual(await store.buckets.filesInUse(["lost"]), new Set());
  });

  promise("a completed upload is an object of the parts that were named; the others are freed", async (store) => {
    await withBucket(store);
    await put(store, "film", "old");
    const upload = sampleUpload("one");
    await store.buckets.createUpload(upload);
    for (const number of [1, 2, 3]) await store.buckets.putPart(upload, samplePart(number, `part ${number}`));
    const { newVersionId: _, ...content } = contentOf("part 1", "part 3");
    const outcome = await store.buckets.completeUpload(upload, { ...content, newVersionId: "v" }, undefined, LATER);
    assert(outcome.kind === "put");
    const place = { bucket: BUCKET, key: "film", versionId: "null", isLatest: true, isDeleteMarker: false };
    assert.deepEqual(outcome.object, { ...upload.head, ...content, ...place, modifiedAtMs: LATER });
    assert.deepEqual(files(outcome.freed), ["old", "part 2"]);
    assert.deepEqual(await store.buckets.getObject(BUCKET, "film"), outcome.object);
    assert.equal(await store.buckets.getUpload(BUCKET, "film", "one"), undefined);
    const named = await store.buckets.filesInUse(["old", "part 1", "part 2", "part 3"]);
    assert.deepEqual(named, new Set(["part 1", "part 3"]));
    // Its files go with the object.
    assert.deepEqual((await put(store, "film", "new")).freed, ["part 1", "part 3"]);
    const again = await store.buckets.completeUpload(upload, contentOf("part 1"), undefined, LATER);
    assert.deepEqual(again, { kind: "no-upload" });
  });

  promise("a completion that is refused leaves the upload and the object as they were", async (store) => {
    await withBucket(store, { versioning: "Enabled" });
    await put(store, "film", "old");
    const upload = sampleUpload("one");
    await store.buckets.createUpload(upload);
    await store.buckets.putPart(upload, samplePart(1, "first"));
    await store.buckets.putPart(upload, samplePart(1, "second"));
    const complete = (content: ReturnType<typeof contentOf>, condition?: Parameters<typeof put>[3]) =>
      store.buckets.completeUpload(upload, content, condition, NOW);
    assert.deepEqual(await complete(contentOf("first")), { kind: "parts-changed" });
    assert.deepEqual(await complete(contentOf("second", "old")), { kind: "parts-changed" }, "a file of another object");
    assert.deepEqual(await complete(contentOf("second"), { kind: "absent" }), { kind: "precondition-failed" });
    assert.deepEqual(await complete(contentOf("second"), { kind: "etag", etag: "x" }), { kind: "precondition-failed" });
    assert.deepEqual(await store.buckets.listParts(upload, ALL), [samplePart(1, "second")]);
    assert.equal(await history(store, "film"), "v-old*");
    const done = await complete(contentOf("second"), { kind: "etag", etag: "etag of old" });
    assert.equal(done.kind, "put");
    assert.equal(await history(store, "film"), "v-upload* v-old");
  });

  promise("an upload that is aborted frees its parts, once", async (store) => {
    await withBucket(store);
    const upload = sampleUpload("one");
    await store.buckets.createUpload(upload);
    await store.buckets.createUpload(sampleUpload("two"));
    for (const number of [2, 1]) await store.buckets.putPart(upload, samplePart(number, `part ${number}`));
    await store.buckets.putPart(sampleUpload("two"), samplePart(1, "kept"));
    assert.deepEqual(await store.buckets.abortUpload(upload), { freed: [piece("part 1"), piece("part 2")] });
    assert.equal(await store.buckets.abortUpload(upload), undefined);
    assert.deepEqual(await store.buckets.filesInUse(["part 1", "kept"]), new Set(["kept"]));
  });

  promise("uploads are listed by key and id, cut as objects are, and stay until somebody ends them", async (store) => {
    await withBucket(store);
    for (const [id, key] of ["1 b", "3 a", "2 a", "4 c/1", "5 c/2"].map(
      (text) => text.split(" ") as [string, string],
    )) {
      await store.buckets.createUpload(sampleUpload(id, key));
    }
    await store.buckets.putObject(sampleObject("a", "object"), undefined, NOW);
    const list = async (asked: Partial<KeyRange>, afterUpload = "") => {
      const page = await store.buckets.listUploads(BUCKET, { ...range(asked), afterUpload });
      const names = [...page.items.map(({ key, id }) => `${key}:${id}`), ...page.prefixes];
      return [...names, ...(page.isTruncated ? ["…"] : [])].join(" ");
    };
    assert.equal(await list({}), "a:2 a:3 b:1 c/1:4 c/2:5");
    assert.equal(await list({ delimiter: "/" }), "a:2 a:3 b:1 c/");
    assert.equal(await list({ prefix: "c/", limit: 1 }), "c/1:4 …");
    assert.equal(await list({ after: "a" }), "b:1 c/1:4 c/2:5");
    assert.equal(await list({ after: "a" }, "2"), "a:3 b:1 c/1:4 c/2:5");
    assert.equal(await list({ after: "a" }, "25"), "a:3 b:1 c/1:4 c/2:5");
    assert.equal(await list({ after: "a", limit: 1 }, "2"), "a:3 …");
    assert.equal(await list({ after: "a" }, "3"), "b:1 c/1:4 c/2:5");
    const [first] = (await store.buckets.listUploads(BUCKET, { ...range(), afterUpload: "" })).items;
    assert.deepEqual(first, sampleUpload("2", "a"));
  });
}
