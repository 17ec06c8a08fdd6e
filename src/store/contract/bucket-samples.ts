// Buckets, objects and uploads to test stores with, and the shortest way to put them in and to say what a list holds.

import assert from "node:assert/strict";
import type {
  Bucket,
  BucketSetting,
  KeyRange,
  ListedKeys,
  ObjectHead,
  Piece,
  PutCondition,
  StoredObject,
  Upload,
  UploadPart,
} from "../buckets.ts";
import type { Store } from "../store.ts";
import { ALICE, NOW, PLENTY } from "./samples.ts";

export const BUCKET = "site";

export const HEAD: ObjectHead = {
  headers: { "content-type": "text/html", "cache-control": 'max-age=60, "quoted"' },
  metadata: { author: "naïve \u{1F600}" },
  tags: [{ Key: "k", Value: "v" }],
  acl: "",
};

export function sampleBucket(name: string = BUCKET, change: Partial<Bucket> = {}): Bucket {
  return { name, account: ALICE, region: "us-east-1", createdAtMs: NOW, settings: {}, ...change };
}

/** A file of as many bytes as its name is long. */
export function piece(file: string): Piece {
  return { file, bytes: file.length };
}

export function sampleObject(key: string, file: string, newVersionId = `v-${file}`) {
  const content = {
    pieces: [piece(file)],
    bytes: file.length,
    etag: `etag of ${file}`,
    checksums: { CRC32: "AAAAAA==" },
  };
  return { ...HEAD, ...content, bucket: BUCKET, key, newVersionId };
}

export function sampleUpload(id: string, key = "film", change: Partial<Upload> = {}): Upload {
  const head = { ...HEAD, acl: "public-read" };
  return { id, bucket: BUCKET, key, startedAtMs: NOW, initiator: ALICE, head, checksum: "SHA256 COMPOSITE", ...change };
}

export function samplePart(number: number, file: string): UploadPart {
  return { number, piece: piece(file), etag: `etag of ${file}`, checksums: { SHA256: "=" }, modifiedAtMs: NOW };
}

export async function withBucket(
  store: Store,
  settings: Partial<Record<BucketSetting, string>> = {},
  name = BUCKET,
): Promise<void> {
  assert.deepEqual(await store.buckets.createBucket(sampleBucket(name, { settings }), PLENTY), { kind: "created" });
}

/** Puts it and insists. */
export async function put(
  store: Store,
  key: string,
  file: string,
  condition?: PutCondition,
): Promise<{ readonly object: StoredObject; readonly freed: readonly string[] }> {
  const outcome = await store.buckets.putObject(sampleObject(key, file), condition, NOW);
  assert(outcome.kind === "put", outcome.kind);
  return { object: outcome.object, freed: files(outcome.freed) };
}

export function files(pieces: readonly Piece[] | undefined): readonly string[] {
  return (pieces ?? []).map(({ file }) => file);
}

export function range(change: Partial<KeyRange> = {}): KeyRange {
  return { prefix: "", delimiter: "", after: "", limit: PLENTY, ...change };
}

/** Keys and prefixes of a list as one text: `a b/ c`, and `…` where there is more. */
export function told({ items, prefixes, isTruncated }: ListedKeys<{ readonly key: string }>): string {
  return [...[...items.map(({ key }) => key), ...prefixes].sort(), ...(isTruncated ? ["…"] : [])].join(" ");
}

/** Versions of one key, newest first: `v-two* null(deleted)`, the latest with a star. */
export async function history(store: Store, key: string): Promise<string> {
  const { items } = await store.buckets.listVersions(BUCKET, { ...range({ prefix: key }), afterVersion: "" });
  return items
    .map(
      ({ versionId, isLatest, isDeleteMarker }) =>
        versionId + (isDeleteMarker ? "(deleted)" : "") + (isLatest ? "*" : ""),
    )
    .join(" ");
}
