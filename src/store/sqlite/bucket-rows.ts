// Rows of buckets, objects and uploads, and the values that they stand for.

import type { AccountId } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type {
  Bucket,
  BucketName,
  ListedObject,
  ObjectHead,
  Piece,
  StoredObject,
  Upload,
  UploadPart,
} from "../buckets.ts";

export interface BucketRow {
  readonly id: number;
  readonly name: BucketName;
  readonly account: AccountId;
  readonly region: string;
  readonly created_at_ms: EpochMs;
  readonly settings: string;
}

export interface ListedRow {
  readonly key: string;
  readonly version_id: string;
  readonly is_latest: 0 | 1;
  readonly is_delete_marker: 0 | 1;
  readonly modified_at_ms: EpochMs;
  readonly bytes: number;
  readonly etag: string;
  readonly checksums: string;
}

export interface ObjectRow extends ListedRow {
  readonly id: number;
  readonly head: string;
  readonly pieces: string;
}

export interface UploadRow {
  readonly id: number;
  readonly key: string;
  readonly upload_id: string;
  readonly started_at_ms: EpochMs;
  readonly initiator: AccountId | null;
  readonly checksum: string;
  readonly head: string;
}

export interface PartRow extends Piece {
  readonly number: number;
  readonly etag: string;
  readonly checksums: string;
  readonly modified_at_ms: EpochMs;
}

export function toBucket(row: BucketRow): Bucket {
  return {
    name: row.name,
    account: row.account,
    region: row.region,
    createdAtMs: row.created_at_ms,
    settings: JSON.parse(row.settings) as Bucket["settings"],
  };
}

export function toListedObject(bucket: BucketName, row: ListedRow): ListedObject {
  return {
    bucket,
    key: row.key,
    versionId: row.version_id,
    isLatest: row.is_latest === 1,
    isDeleteMarker: row.is_delete_marker === 1,
    modifiedAtMs: row.modified_at_ms,
    bytes: row.bytes,
    etag: row.etag,
    checksums: JSON.parse(row.checksums) as ListedObject["checksums"],
  };
}

export function toObject(bucket: BucketName, row: ObjectRow): StoredObject {
  return { ...toListedObject(bucket, row), ...readHead(row.head), ...readPieces(row.pieces) };
}

export function toUpload(bucket: BucketName, row: UploadRow): Upload {
  return {
    id: row.upload_id,
    bucket,
    key: row.key,
    startedAtMs: row.started_at_ms,
    initiator: row.initiator ?? undefined,
    checksum: row.checksum,
    head: readHead(row.head),
  };
}

export function toPart({ number, file, bytes, etag, checksums, modified_at_ms }: PartRow): UploadPart {
  return {
    number,
    piece: { file, bytes },
    etag,
    checksums: JSON.parse(checksums) as UploadPart["checksums"],
    modifiedAtMs: modified_at_ms,
  };
}

export function writeHead({ headers, metadata, tags, acl }: ObjectHead): string {
  return JSON.stringify({ headers, metadata, tags, acl });
}

function readHead(text: string): ObjectHead {
  return JSON.parse(text) as ObjectHead;
}

type PiecesOf = Pick<StoredObject, "pieces" | "partBytes">;

/** Names are not repeated for each of ten thousand pieces. */
export function writePieces({ pieces, partBytes }: PiecesOf): string {
  return JSON.stringify([
    pieces.map(({ file, bytes }) => [file, bytes]),
    ...(partBytes === undefined ? [] : [partBytes]),
  ]);
}

function readPieces(text: string): PiecesOf {
  const [pieces, partBytes] = JSON.parse(text) as [[string, number][], number[]?];
  return {
    pieces: pieces.map(([file, bytes]) => ({ file, bytes })),
    ...(partBytes !== undefined && { partBytes }),
  };
}
