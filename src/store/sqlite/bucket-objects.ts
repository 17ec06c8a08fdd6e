// Objects and their versions in SQLite.

import { NULL_VERSION, refuseByCondition, versionIdFor, versioningOf, type Versioning } from "../bucket-rules.ts";
import type {
  Buckets,
  DeletedObject,
  ObjectContent,
  ObjectHead,
  ObjectToDelete,
  Piece,
  Put,
  PutCondition,
} from "../buckets.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import {
  toBucket,
  toListedObject,
  toObject,
  writeHead,
  writePieces,
  type BucketRow,
  type ListedRow,
  type ObjectRow,
} from "./bucket-rows.ts";
import type { Database } from "./database.ts";
import { listKeys } from "./list-keys.ts";

type Objects = Pick<
  Buckets,
  "putObject" | "getObject" | "deleteObject" | "deleteObjects" | "changeObject" | "listObjects" | "listVersions"
>;

export function sqliteObjects(database: Database): Objects {
  const { statements } = database;

  return {
    async putObject({ bucket, ...draft }, condition, now) {
      return database.write(() => {
        const row = findBucket(database, bucket);
        if (row === undefined) return { kind: "no-bucket" };
        const outcome = putObject(database, row, draft, condition, now);
        if (outcome.kind === "put") for (const { file } of draft.pieces) statements.insertFile.run(file);
        return outcome;
      });
    },

    async getObject(bucket, key, versionId) {
      return database.read(() => {
        const row = findBucket(database, bucket);
        const found = row === undefined ? undefined : findObject(database, row.id, key, versionId);
        return found === undefined ? undefined : toObject(bucket, found);
      });
    },

    async deleteObject({ bucket, ...object }, condition, now) {
      return database.write(() => {
        const row = findBucket(database, bucket);
        if (row === undefined) return { kind: "no-bucket" };
        const asked = condition === undefined ? object : { ...object, condition };
        return deleteObject(database, placeOf(row), asked, now);
      });
    },

    async deleteObjects(bucket, objects, now) {
      return database.write(() => {
        const row = findBucket(database, bucket);
        if (row === undefined) return undefined;
        const place = placeOf(row);
        return objects.map((object) => deleteObject(database, place, object, now));
      });
    },

    async changeObject({ bucket, key, versionId }, change) {
      return database.write(() => {
        const row = findBucket(database, bucket);
        const found = row === undefined ? undefined : findObject(database, row.id, key, versionId);
        if (found === undefined || found.is_delete_marker === 1) return undefined;
        const changed = { ...toObject(bucket, found), ...change };
        statements.setObjectHead.run(writeHead(changed), found.id);
        return changed;
      });
    },

    async listObjects(bucket, range) {
      return database.read(() => {
        const id = findBucket(database, bucket)?.id ?? null;
        return listKeys(range, {
          seek: (stretch) => statements.listObjects.iterate({ bucket: id, ...stretch }) as Iterable<never>,
          toItem: (row: ListedRow) => toListedObject(bucket, row),
        });
      });
    },

    async listVersions(bucket, { afterVersion, ...range }) {
      return database.read(() => {
        const id = findBucket(database, bucket)?.id ?? null;
        return listKeys(range, {
          seek: (stretch) => statements.listVersions.iterate({ bucket: id, ...stretch }) as Iterable<never>,
          ...(afterVersion !== "" && {
            goOn: () => {
              const last = statements.getObjectVersion.get(id, range.after, afterVersion) as ObjectRow | undefined;
              const before = last?.id ?? Number.MAX_SAFE_INTEGER;
              return statements.listOlderVersions.iterate(id, range.after, before) as Iterable<never>;
            },
          }),
          toItem: (row: ListedRow) => toListedObject(bucket, row),
        });
      });
    },
  };
}

export function findBucket({ statements }: Database, name: string): BucketRow | undefined {
  return statements.getBucket.get(name) as BucketRow | undefined;
}

function findObject(
  { statements }: Database,
  bucket: number,
  key: string,
  versionId: string | undefined,
): ObjectRow | undefined {
  const row =
    versionId === undefined
      ? statements.getLatestObject.get(bucket, key)
      : statements.getObjectVersion.get(bucket, key, versionId);
  return row as ObjectRow | undefined;
}

/** Within a transaction. The names of the pieces are the caller's to keep. */
export function putObject(
  database: Database,
  bucket: BucketRow,
  draft: ObjectHead & ObjectContent & { readonly key: string; readonly newVersionId: string },
  condition: PutCondition | undefined,
  now: EpochMs,
): Put {
  const { newVersionId, ...rest } = draft;
  const current = findObject(database, bucket.id, draft.key, undefined);
  const refused = refuseByCondition(condition, current && toListedObject(bucket.name, current));
  if (refused !== undefined) return refused;
  const object = {
    ...rest,
    bucket: bucket.name,
    versionId: versionIdFor(versioningOf(toBucket(bucket)), newVersionId),
    isLatest: true,
    isDeleteMarker: false,
    modifiedAtMs: now,
  };
  const freed = putOnTop(database, current, {
    bucket: bucket.id,
    key: object.key,
    versionId: object.versionId,
    isDeleteMarker: 0,
    now,
    bytes: object.bytes,
    etag: object.etag,
    checksums: JSON.stringify(object.checksums),
    head: writeHead(object),
    pieces: writePieces(object),
  });
  return { kind: "put", object, freed };
}

const MARKER = {
  isDeleteMarker: 1,
  bytes: 0,
  etag: "",
  checksums: "{}",
  head: writeHead({ headers: {}, metadata: {}, tags: [], acl: "" }),
  pieces: writePieces({ pieces: [] }),
} as const;

interface NewRow {
  readonly bucket: number;
  readonly key: string;
  readonly versionId: string;
  readonly isDeleteMarker: 0 | 1;
  readonly now: EpochMs;
  readonly bytes: number;
  readonly etag: string;
  readonly checksums: string;
  readonly head: string;
  readonly pieces: string;
}

/** In the place of the version of the same id, if there is one; its pieces. */
function putOnTop(database: Database, current: ObjectRow | undefined, row: NewRow): readonly Piece[] {
  const { statements } = database;
  const replaced = findObject(database, row.bucket, row.key, row.versionId);
  if (current !== undefined) statements.setLatest.run(0, current.id);
  const freed = replaced === undefined ? [] : removeRow(database, replaced);
  statements.insertObject.run({ ...row });
  return freed;
}

function removeRow({ statements }: Database, row: ObjectRow): readonly Piece[] {
  statements.deleteObject.run(row.id);
  const { pieces } = toObject("", row);
  for (const { file } of pieces) statements.deleteFile.run(file);
  return pieces;
}

interface Place {
  readonly bucket: number;
  readonly versioning: Versioning;
}

function placeOf(row: BucketRow): Place {
  return { bucket: row.id, versioning: versioningOf(toBucket(row)) };
}

function deleteObject(
  database: Database,
  { bucket, versioning }: Place,
  object: ObjectToDelete,
  now: EpochMs,
): DeletedObject {
  const { key, versionId, newVersionId, condition } = object;
  const found = findObject(database, bucket, key, versionId);
  const refused = refuseByCondition(condition, found && toListedObject("", found));
  if (refused !== undefined) return refused;

  if (versionId === undefined && versioning !== "never") {
    const markerId = versionIdFor(versioning, newVersionId);
    const freed = putOnTop(database, found, { ...MARKER, bucket, key, versionId: markerId, now });
    return { kind: "deleted", versionId: markerId, isDeleteMarker: true, freed };
  }
  const doomed = versionId === undefined ? findObject(database, bucket, key, NULL_VERSION) : found;
  if (doomed === undefined) return { kind: "deleted", versionId, isDeleteMarker: false, freed: [] };
  const freed = removeRow(database, doomed);
  if (doomed.is_latest === 1) {
    const next = findObject(database, bucket, key, undefined);
    if (next !== undefined) database.statements.setLatest.run(1, next.id);
  }
  return { kind: "deleted", versionId, isDeleteMarker: doomed.is_delete_marker === 1, freed };
}
