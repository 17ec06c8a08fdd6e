// Uploads in parts in SQLite. A part's file is in `object_file` from the moment the part is there, and stays when the
// upload becomes an object.

import type { Buckets, Piece, UploadAt } from "../buckets.ts";
import { findBucket, putObject } from "./bucket-objects.ts";
import { toPart, toUpload, writeHead, type BucketRow, type PartRow, type UploadRow } from "./bucket-rows.ts";
import type { Database } from "./database.ts";
import { listKeys } from "./list-keys.ts";

type Uploads = Pick<
  Buckets,
  "createUpload" | "getUpload" | "putPart" | "listParts" | "listUploads" | "completeUpload" | "abortUpload"
>;

export function sqliteUploads(database: Database): Uploads {
  const { statements } = database;

  return {
    async createUpload({ bucket, key, id, startedAtMs, initiator, checksum, head }) {
      return database.write(() => {
        const row = findBucket(database, bucket);
        if (row === undefined) return "no-bucket";
        statements.insertUpload.run({
          bucket: row.id,
          key,
          uploadId: id,
          startedAtMs,
          initiator: initiator ?? null,
          checksum,
          head: writeHead(head),
        });
        return "created";
      });
    },

    async getUpload(bucket, key, id) {
      return database.read(() => {
        const found = findUpload(database, { bucket, key, id });
        return found === undefined ? undefined : toUpload(bucket, found.upload);
      });
    },

    async putPart(at, { number, piece, etag, checksums, modifiedAtMs }) {
      return database.write(() => {
        const found = findUpload(database, at);
        if (found === undefined) return undefined;
        const upload = found.upload.id;
        const replaced = statements.getPartPiece.get(upload, number) as Piece | undefined;
        const { file, bytes } = piece;
        statements.putPart.run({
          upload,
          number,
          file,
          bytes,
          etag,
          checksums: JSON.stringify(checksums),
          modifiedAtMs,
        });
        statements.insertFile.run(file);
        return { freed: forget(database, replaced === undefined ? [] : [replaced]) };
      });
    },

    async listParts(at, { after, limit }) {
      return database.read(() => {
        const found = findUpload(database, at);
        if (found === undefined) return undefined;
        return (statements.listParts.all(found.upload.id, after, limit) as unknown as PartRow[]).map(toPart);
      });
    },

    async listUploads(bucket, { afterUpload, ...range }) {
      return database.read(() => {
        const id = findBucket(database, bucket)?.id ?? null;
        return listKeys(range, {
          seek: (stretch) => statements.listUploads.iterate({ bucket: id, ...stretch }) as Iterable<never>,
          ...(afterUpload !== "" && {
            goOn: () => statements.listLaterUploads.iterate(id, range.after, afterUpload) as Iterable<never>,
          }),
          toItem: (row: UploadRow) => toUpload(bucket, row),
        });
      });
    },

    async completeUpload(at, { newVersionId, ...content }, condition, now) {
      return database.write(() => {
        const found = findUpload(database, at);
        if (found === undefined) return { kind: "no-upload" };
        const parts = piecesOf(database, found.upload.id);
        const known = new Set(parts.map(({ file }) => file));
        if (content.pieces.some(({ file }) => !known.has(file))) return { kind: "parts-changed" };
        const { head } = toUpload(at.bucket, found.upload);
        const draft = { ...head, ...content, key: at.key, newVersionId };
        const outcome = putObject(database, found.bucket, draft, condition, now);
        if (outcome.kind !== "put") return outcome;
        statements.deleteUpload.run(found.upload.id);
        const named = new Set(content.pieces.map(({ file }) => file));
        const dropped = forget(
          database,
          parts.filter(({ file }) => !named.has(file)),
        );
        return { ...outcome, freed: [...outcome.freed, ...dropped] };
      });
    },

    async abortUpload(at) {
      return database.write(() => {
        const found = findUpload(database, at);
        if (found === undefined) return undefined;
        const freed = forget(database, piecesOf(database, found.upload.id));
        statements.deleteUpload.run(found.upload.id);
        return { freed };
      });
    },
  };
}

function findUpload(
  database: Database,
  { bucket, key, id }: UploadAt,
): { readonly bucket: BucketRow; readonly upload: UploadRow } | undefined {
  const found = findBucket(database, bucket);
  if (found === undefined) return undefined;
  const upload = database.statements.getUpload.get(found.id, key, id) as UploadRow | undefined;
  return upload === undefined ? undefined : { bucket: found, upload };
}

function piecesOf({ statements }: Database, upload: number): readonly Piece[] {
  return (statements.listPieces.all(upload) as unknown as Piece[]).map(toPiece);
}

/** Nothing names these files any more. */
export function forget({ statements }: Database, pieces: readonly Piece[]): readonly Piece[] {
  for (const { file } of pieces) statements.deleteFile.run(file);
  return pieces.map(toPiece);
}

/** Rows of SQLite have no prototype, and so equal no value of ours. */
function toPiece({ file, bytes }: Piece): Piece {
  return { file, bytes };
}
