// What a store promises about buckets: their settings, and the index of what is in them. Bytes are not here: an object names
// the files of its pieces, in order, and buckets/ keeps those files. Every change is one durable transaction that answers
// which pieces nobody needs any more. The promises as a suite: contract/buckets-contract.ts.

import type { AccountId } from "../vocabulary/ids.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import type { Tag } from "./tags.ts";

/** 3 to 63 of lower-case letters, digits, hyphens and dots; one name space for all accounts. */
export type BucketName = string;

/**
 * What can be set on a bucket. Each is kept as text that its operation understands (JSON or the XML that was put); only
 * `versioning` is read here too, and is `Enabled` or `Suspended`.
 */
export type BucketSetting =
  | "acl"
  | "cors"
  | "encryption"
  | "lifecycle"
  | "logging"
  | "object-lock"
  | "ownership-controls"
  | "policy"
  | "public-access-block"
  | "tagging"
  | "versioning"
  | "website";

export interface Bucket {
  readonly name: BucketName;
  readonly account: AccountId;
  readonly region: string;
  readonly createdAtMs: EpochMs;
  readonly settings: Readonly<Partial<Record<BucketSetting, string>>>;
}

/** A file of the object folder, or a part of an upload. */
export interface Piece {
  readonly file: string;
  readonly bytes: number;
}

/** What was said of an object when it was put; copied along unless replaced. */
export interface ObjectHead {
  /** Content-Type, Cache-Control and the like, by lower-case name, as they are answered. */
  readonly headers: Readonly<Record<string, string>>;
  /** `x-amz-meta-*`, by lower-case name without the prefix. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  /** Grants, as the ACL operations keep them; "" for private. */
  readonly acl: string;
}

export interface ObjectContent {
  readonly pieces: readonly Piece[];
  readonly bytes: number;
  /** Without quotes; `<md5>-<parts>` of an upload in parts. */
  readonly etag: string;
  /** By algorithm (`CRC32`, `CRC32C`, `CRC64NVME`, `SHA1`, `SHA256`), base64; with `-<parts>` where it is of parts. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Bytes of each part, in order, where it was put in parts. */
  readonly partBytes?: readonly number[];
}

export interface StoredObject extends ObjectHead, ObjectContent {
  readonly bucket: BucketName;
  readonly key: string;
  /** `null` where it was put while versioning was not enabled. */
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  readonly modifiedAtMs: EpochMs;
}

/** What lists tell: a page of a thousand objects should not read ten thousand pieces of each. */
export type ListedObject = Pick<
  StoredObject,
  "bucket" | "key" | "versionId" | "isLatest" | "isDeleteMarker" | "modifiedAtMs" | "bytes" | "etag" | "checksums"
>;

/** `etag`: only over an object that has it (`*`: any); `absent`: only where there is none. A delete marker is none. */
export type PutCondition = { readonly kind: "etag"; readonly etag: string } | { readonly kind: "absent" };

export interface Upload {
  readonly id: string;
  readonly bucket: BucketName;
  readonly key: string;
  readonly startedAtMs: EpochMs;
  readonly initiator: AccountId | undefined;
  readonly head: ObjectHead;
  /** Algorithm and kind that the caller asked for, as `SHA256 COMPOSITE`; "" for none. */
  readonly checksum: string;
}

export interface UploadPart {
  /** 1 to 10,000. */
  readonly number: number;
  readonly piece: Piece;
  readonly etag: string;
  readonly checksums: Readonly<Record<string, string>>;
  readonly modifiedAtMs: EpochMs;
}

export interface ListedKeys<T> {
  readonly items: readonly T[];
  /** Everything up to and with a delimiter, once each; items and prefixes share `limit`. */
  readonly prefixes: readonly string[];
  /** There is more after `last`; never of a limit of 0. */
  readonly isTruncated: boolean;
  /** The last key or prefix of this page, for `after` of the next; "" of an empty one. */
  readonly last: string;
}

/** Keys are in the order of their UTF-8 bytes [key-order.ts]. */
export interface KeyRange {
  readonly prefix: string;
  /** "" for none. */
  readonly delimiter: string;
  /** Only keys and prefixes after this; "" from the beginning. A prefix that `after` itself begins with is not after it. */
  readonly after: string;
  readonly limit: number;
}

export interface ObjectToDelete {
  readonly key: string;
  /** Without it, in a bucket with versioning, a delete marker is put on top. */
  readonly versionId?: string;
  /** Of that delete marker. */
  readonly newVersionId: string;
  readonly condition?: PutCondition;
}

/** `freed`: the caller removes these files now; nothing names them any more. */
export type Put =
  | { readonly kind: "put"; readonly object: StoredObject; readonly freed: readonly Piece[] }
  | { readonly kind: "no-object" | "precondition-failed" };

/** Deleting what is not there is "deleted" too. */
export type DeletedObject =
  | {
      readonly kind: "deleted";
      /** Of the delete marker that was put, or as asked for; `undefined` without versioning. */
      readonly versionId: string | undefined;
      /** A delete marker was put, or it is one that was deleted. */
      readonly isDeleteMarker: boolean;
      readonly freed: readonly Piece[];
    }
  | { readonly kind: "no-object" | "precondition-failed" };

export type UploadAt = Pick<Upload, "bucket" | "key" | "id">;

export interface Buckets {
  createBucket(
    bucket: Bucket,
    quota: number,
  ): Promise<
    | { readonly kind: "created" }
    | { readonly kind: "exists"; readonly existing: Bucket }
    | { readonly kind: "over-quota" }
  >;
  getBucket(name: BucketName): Promise<Bucket | undefined>;
  /** In order of name. */
  listBuckets(
    account: AccountId,
    page: { readonly after: string; readonly prefix: string; readonly limit: number },
  ): Promise<readonly Bucket[]>;
  /** Uploads in progress go with it. */
  deleteBucket(
    name: BucketName,
  ): Promise<
    { readonly kind: "deleted"; readonly freed: readonly Piece[] } | { readonly kind: "absent" | "not-empty" }
  >;
  /** `undefined` removes it. `false`: no such bucket. */
  setBucketSetting(name: BucketName, setting: BucketSetting, value: string | undefined): Promise<boolean>;

  /**
   * With versioning enabled it is put on top of the versions, as `newVersionId`; else as `null`, in the place of what
   * was `null` before.
   */
  putObject(
    draft: ObjectHead &
      ObjectContent & { readonly bucket: BucketName; readonly key: string; readonly newVersionId: string },
    condition: PutCondition | undefined,
    now: EpochMs,
  ): Promise<Put | { readonly kind: "no-bucket" }>;
  /** The latest without `versionId`; delete markers are answered as what they are. */
  getObject(bucket: BucketName, key: string, versionId?: string): Promise<StoredObject | undefined>;
  deleteObject(
    at: {
      readonly bucket: BucketName;
      readonly key: string;
      readonly versionId?: string;
      readonly newVersionId: string;
    },
    condition: PutCondition | undefined,
    now: EpochMs,
  ): Promise<DeletedObject | { readonly kind: "no-bucket" }>;
  /** All of them in one transaction, answered in the order asked. `undefined`: no such bucket. */
  deleteObjects(
    bucket: BucketName,
    objects: readonly ObjectToDelete[],
    now: EpochMs,
  ): Promise<readonly DeletedObject[] | undefined>;
  /** Tags or ACL of a version that is there; its time and ETag stay. A delete marker has neither. */
  changeObject(
    at: { readonly bucket: BucketName; readonly key: string; readonly versionId?: string },
    change: Partial<Pick<ObjectHead, "tags" | "acl">>,
  ): Promise<StoredObject | undefined>;
  /** The latest versions that are no delete markers. */
  listObjects(bucket: BucketName, range: KeyRange): Promise<ListedKeys<ListedObject>>;
  /**
   * All versions, newest first within a key. `afterVersion` goes on within `after`; where that version is gone meanwhile
   * (who empties a bucket deletes as it lists), all that are left of the key come again.
   */
  listVersions(
    bucket: BucketName,
    range: KeyRange & { readonly afterVersion: string },
  ): Promise<ListedKeys<ListedObject>>;

  createUpload(upload: Upload): Promise<"created" | "no-bucket">;
  getUpload(bucket: BucketName, key: string, id: string): Promise<Upload | undefined>;
  /** A part that is put again replaces the earlier one. `undefined`: no such upload. */
  putPart(upload: UploadAt, part: UploadPart): Promise<{ readonly freed: readonly Piece[] } | undefined>;
  /** In order of number, those after `after`. `undefined`: no such upload. */
  listParts(
    upload: UploadAt,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly UploadPart[] | undefined>;
  /** By key, then by id; `afterUpload` goes on within `after`. */
  listUploads(bucket: BucketName, range: KeyRange & { readonly afterUpload: string }): Promise<ListedKeys<Upload>>;
  /**
   * Turns the upload into an object; the parts that `content` does not name are freed. `parts-changed`: a part that it
   * names was put again or never, so the caller looks again. After a refusal the upload is as it was.
   */
  completeUpload(
    upload: UploadAt,
    content: ObjectContent & { readonly newVersionId: string },
    condition: PutCondition | undefined,
    now: EpochMs,
  ): Promise<Put | { readonly kind: "no-upload" | "parts-changed" }>;
  /** `undefined`: no such upload. */
  abortUpload(upload: UploadAt): Promise<{ readonly freed: readonly Piece[] } | undefined>;

  /** Those of the files that an object or a part names: at start everything else in the folder goes. */
  filesInUse(files: readonly string[]): Promise<ReadonlySet<string>>;
}
