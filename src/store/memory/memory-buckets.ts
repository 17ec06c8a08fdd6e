// Buckets in memory. Lists look at every key there is: the simplest reading of what a list is, which the contract's
// random lists hold the other store against.

import assert from "node:assert/strict";
import { NULL_VERSION, refuseByCondition, versionIdFor, versioningOf } from "../bucket-rules.ts";
import type {
  Bucket,
  BucketName,
  Buckets,
  DeletedObject,
  KeyRange,
  ListedKeys,
  ObjectContent,
  ObjectHead,
  ObjectToDelete,
  Piece,
  Put,
  PutCondition,
  StoredObject,
  Upload,
  UploadAt,
  UploadPart,
} from "../buckets.ts";
import { commonPrefixOf, compareKeys } from "../key-order.ts";
import type { EpochMs } from "../../vocabulary/time.ts";

interface HeldUpload {
  readonly upload: Upload;
  readonly parts: Map<number, UploadPart>;
}

interface HeldBucket {
  bucket: Bucket;
  /** Of a key, newest first; never empty. */
  readonly versions: Map<string, readonly StoredObject[]>;
  readonly uploads: Map<string, HeldUpload>;
}

export type MemoryBuckets = Buckets & {
  readonly owners: () => readonly string[];
  /** The names of files that objects and parts had. */
  readonly clear: () => readonly string[];
};

/** `owners` are the accounts that have buckets. */
export function memoryBuckets(): MemoryBuckets {
  const held = new Map<BucketName, HeldBucket>();

  function findUpload({ bucket, key, id }: UploadAt): HeldUpload | undefined {
    const found = held.get(bucket)?.uploads.get(id);
    return found?.upload.key === key ? found : undefined;
  }

  return {
    owners: () => Array.from(held.values(), ({ bucket }) => bucket.account),

    clear() {
      const files = [...held.values()].flatMap(({ versions, uploads }) => [
        ...[...versions.values()].flat().flatMap(({ pieces }) => pieces.map(({ file }) => file)),
        ...[...uploads.values()].flatMap(({ parts }) => Array.from(parts.values(), ({ piece }) => piece.file)),
      ]);
      held.clear();
      return files;
    },

    async createBucket(bucket, quota) {
      const existing = held.get(bucket.name)?.bucket;
      if (existing !== undefined) return { kind: "exists", existing };
      const siblings = [...held.values()].filter((other) => other.bucket.account === bucket.account);
      if (siblings.length >= quota) return { kind: "over-quota" };
      held.set(bucket.name, { bucket: structuredClone(bucket), versions: new Map(), uploads: new Map() });
      return { kind: "created" };
    },

    async getBucket(name) {
      return held.get(name)?.bucket;
    },

    async listBuckets(account, { after, prefix, limit }) {
      return Array.from(held.values(), ({ bucket }) => bucket)
        .filter((bucket) => bucket.account === account && bucket.name.startsWith(prefix) && bucket.name > after)
        .sort((one, other) => compareKeys(one.name, other.name))
        .slice(0, limit);
    },

    async deleteBucket(name) {
      const found = held.get(name);
      if (found === undefined) return { kind: "absent" };
      if (found.versions.size > 0) return { kind: "not-empty" };
      held.delete(name);
      return { kind: "deleted", freed: [...found.uploads.values()].flatMap(piecesOfUpload) };
    },

    async setBucketSetting(name, setting, value) {
      const found = held.get(name);
      if (found === undefined) return false;
      const { [setting]: _, ...others } = found.bucket.settings;
      const bucket = { ...found.bucket, settings: value === undefined ? others : { ...others, [setting]: value } };
      versioningOf(bucket);
      found.bucket = bucket;
      return true;
    },

    async putObject({ bucket, key, newVersionId, ...rest }, condition, now) {
      const found = held.get(bucket);
      return found === undefined ? { kind: "no-bucket" } : put(found, { key, newVersionId, ...rest }, condition, now);
    },

    async getObject(bucket, key, versionId) {
      const versions = held.get(bucket)?.versions.get(key);
      return versionId === undefined ? versions?.[0] : versions?.find((version) => version.versionId === versionId);
    },

    async deleteObject({ bucket, ...object }, condition, now) {
      const found = held.get(bucket);
      const asked = condition === undefined ? object : { ...object, condition };
      return found === undefined ? { kind: "no-bucket" } : deleteObject(found, asked, now);
    },

    async deleteObjects(bucket, objects, now) {
      const found = held.get(bucket);
      return found === undefined ? undefined : objects.map((object) => deleteObject(found, object, now));
    },

    async changeObject({ bucket, key, versionId }, change) {
      const versions = held.get(bucket)?.versions;
      const ofKey = versions?.get(key) ?? [];
      const current = versionId === undefined ? ofKey[0] : ofKey.find((version) => version.versionId === versionId);
      if (current === undefined || current.isDeleteMarker) return undefined;
      const changed = { ...current, ...structuredClone(change) };
      versions?.set(
        key,
        ofKey.map((version) => (version === current ? changed : version)),
      );
      return changed;
    },

    async listObjects(bucket, range) {
      const latest = [...(held.get(bucket)?.versions.values() ?? [])].flatMap((versions) => versions.slice(0, 1));
      return listKeys(
        latest.filter((version) => !version.isDeleteMarker),
        range,
        () => false,
      );
    },

    async listVersions(bucket, { afterVersion, ...range }) {
      const versions = held.get(bucket)?.versions;
      const last = versions?.get(range.after)?.findIndex((version) => version.versionId === afterVersion) ?? -1;
      const older = new Set(afterVersion === "" ? [] : versions?.get(range.after)?.slice(last + 1));
      return listKeys([...(versions?.values() ?? [])].flat(), range, (version) => older.has(version));
    },

    async createUpload(upload) {
      const found = held.get(upload.bucket);
      if (found === undefined) return "no-bucket";
      assert(!found.uploads.has(upload.id), `upload ${upload.id} was given out twice`);
      found.uploads.set(upload.id, { upload: structuredClone(upload), parts: new Map() });
      return "created";
    },

    async getUpload(bucket, key, id) {
      return findUpload({ bucket, key, id })?.upload;
    },

    async putPart(at, part) {
      const found = findUpload(at);
      if (found === undefined) return undefined;
      const replaced = found.parts.get(part.number);
      found.parts.set(part.number, structuredClone(part));
      return { freed: replaced === undefined ? [] : [replaced.piece] };
    },

    async listParts(at, { after, limit }) {
      const found = findUpload(at);
      if (found === undefined) return undefined;
      return partsInOrder(found)
        .filter((part) => part.number > after)
        .slice(0, limit);
    },

    async listUploads(bucket, { afterUpload, ...range }) {
      const uploads = Array.from(held.get(bucket)?.uploads.values() ?? [], ({ upload }) => upload);
      return listKeys(
        uploads.sort((one, other) => compareKeys(one.id, other.id)),
        range,
        ({ id }) => afterUpload !== "" && compareKeys(id, afterUpload) > 0,
      );
    },

    async completeUpload(at, { newVersionId, ...content }, condition, now) {
      const bucket = held.get(at.bucket);
      const found = findUpload(at);
      if (bucket === undefined || found === undefined) return { kind: "no-upload" };
      const parts = new Set(piecesOfUpload(found).map(({ file }) => file));
      if (content.pieces.some(({ file }) => !parts.has(file))) return { kind: "parts-changed" };
      const outcome = put(bucket, { key: at.key, newVersionId, ...found.upload.head, ...content }, condition, now);
      if (outcome.kind !== "put") return outcome;
      bucket.uploads.delete(at.id);
      const named = new Set(content.pieces.map(({ file }) => file));
      const dropped = piecesOfUpload(found).filter(({ file }) => !named.has(file));
      return { ...outcome, freed: [...outcome.freed, ...dropped] };
    },

    async abortUpload(at) {
      const found = findUpload(at);
      if (found === undefined) return undefined;
      held.get(at.bucket)?.uploads.delete(at.id);
      return { freed: piecesOfUpload(found) };
    },

    async filesInUse(files) {
      const inUse = new Set(
        [...held.values()].flatMap(({ versions, uploads }) => [
          ...[...versions.values()].flat().flatMap(({ pieces }) => pieces.map(({ file }) => file)),
          ...[...uploads.values()].flatMap(piecesOfUpload).map(({ file }) => file),
        ]),
      );
      return new Set(files.filter((file) => inUse.has(file)));
    },
  };
}

function put(
  { bucket, versions }: HeldBucket,
  draft: ObjectHead & ObjectContent & { readonly key: string; readonly newVersionId: string },
  condition: PutCondition | undefined,
  now: EpochMs,
): Put {
  const { key, newVersionId, ...rest } = draft;
  const refused = refuseByCondition(condition, versions.get(key)?.[0]);
  if (refused !== undefined) return refused;
  const object = {
    ...structuredClone(rest),
    bucket: bucket.name,
    key,
    versionId: versionIdFor(versioningOf(bucket), newVersionId),
    isLatest: true,
    isDeleteMarker: false,
    modifiedAtMs: now,
  };
  return { kind: "put", object, freed: putOnTop(versions, object) };
}

/** In the place of the version of the same id, if there is one; its pieces. */
function putOnTop(versions: HeldBucket["versions"], object: StoredObject): readonly Piece[] {
  const ofKey = versions.get(object.key) ?? [];
  const replaced = ofKey.find(({ versionId }) => versionId === object.versionId);
  const kept = ofKey.filter((version) => version !== replaced);
  versions.set(object.key, [object, ...kept.map((version) => ({ ...version, isLatest: false }))]);
  return replaced?.pieces ?? [];
}

function deleteObject({ bucket, versions }: HeldBucket, object: ObjectToDelete, now: EpochMs): DeletedObject {
  const { key, newVersionId, condition } = object;
  const versioning = versioningOf(bucket);
  const ofKey = versions.get(key) ?? [];
  const found =
    object.versionId === undefined ? ofKey[0] : ofKey.find(({ versionId }) => versionId === object.versionId);
  const refused = refuseByCondition(condition, found);
  if (refused !== undefined) return refused;

  if (object.versionId === undefined && versioning !== "never") {
    const versionId = versionIdFor(versioning, newVersionId);
    const freed = putOnTop(versions, { ...NOTHING, bucket: bucket.name, key, versionId, modifiedAtMs: now });
    return { kind: "deleted", versionId, isDeleteMarker: true, freed };
  }
  const doomed = object.versionId ?? NULL_VERSION;
  const kept = ofKey.filter(({ versionId }) => versionId !== doomed);
  if (kept.length === 0) versions.delete(key);
  else
    versions.set(
      key,
      kept.map((version, index) => ({ ...version, isLatest: index === 0 })),
    );
  const { isDeleteMarker = false, pieces = [] } = found ?? {};
  return { kind: "deleted", versionId: object.versionId, isDeleteMarker, freed: pieces };
}

const NOTHING = {
  isLatest: true,
  isDeleteMarker: true,
  headers: {},
  metadata: {},
  tags: [],
  acl: "",
  pieces: [],
  bytes: 0,
  etag: "",
  checksums: {},
} as const;

function partsInOrder({ parts }: HeldUpload): readonly UploadPart[] {
  return [...parts.values()].sort((one, other) => one.number - other.number);
}

function piecesOfUpload(held: HeldUpload): readonly Piece[] {
  return partsInOrder(held).map(({ piece }) => piece);
}

/** `all` are in order within a key; `goesOn` tells those of the key `after` that are still to come. */
function listKeys<T extends { readonly key: string }>(
  all: readonly T[],
  range: KeyRange,
  goesOn: (item: T) => boolean,
): ListedKeys<T> {
  const { prefix, after, limit } = range;
  const names = new Map<T | string, string>();
  for (const item of all.toSorted((one, other) => compareKeys(one.key, other.key))) {
    if (!item.key.startsWith(prefix)) continue;
    const common = commonPrefixOf(item.key, range);
    const name = common ?? item.key;
    if (compareKeys(name, after) > 0 || (common === undefined && name === after && goesOn(item))) {
      names.set(common ?? item, name);
    }
  }
  const page = [...names].slice(0, limit);
  return {
    items: page.flatMap(([entry]) => (typeof entry === "string" ? [] : [entry])),
    prefixes: page.flatMap(([entry]) => (typeof entry === "string" ? [entry] : [])),
    isTruncated: limit > 0 && names.size > limit,
    last: page.at(-1)?.[1] ?? "",
  };
}
