// The fields that tell of an object, the same for GET, HEAD and what else answers one.

import { formatEntityTag } from "../../http/entity-tag.ts";
import { formatHttpDate } from "../../http/http-date.ts";
import type { Bucket, StoredObject } from "../../store/buckets.ts";
import type { ApiField } from "../../callers/message.ts";

/** S3 answers this for every object since 2023, and some clients look for it. [S3UG default-encryption-faq] */
export const ENCRYPTION_FIELD: ApiField = ["x-amz-server-side-encryption", "AES256"];

/** How fields that are kept in lower case are written. */
const WRITTEN: Readonly<Record<string, string>> = {
  "cache-control": "Cache-Control",
  "content-disposition": "Content-Disposition",
  "content-encoding": "Content-Encoding",
  "content-language": "Content-Language",
  "content-type": "Content-Type",
  expires: "Expires",
};

/** What S3 says of an object that came without a type. [S3API PutObject] */
const DEFAULT_TYPE = "binary/octet-stream";

/** `overrides`, by lower-case name, stand for what was put. */
export function objectFields(
  object: StoredObject,
  bucket: Pick<Bucket, "settings">,
  overrides: ReadonlyMap<string, string>,
): readonly ApiField[] {
  const headers = new Map([["content-type", DEFAULT_TYPE], ...Object.entries(object.headers), ...overrides]);
  const fields: ApiField[] = [
    ["Last-Modified", formatHttpDate(object.modifiedAtMs)],
    ["ETag", entityTagOf(object)],
    ENCRYPTION_FIELD,
    ["Accept-Ranges", "bytes"],
    ...versionField(object, bucket),
  ];
  for (const [name, value] of headers) fields.push([WRITTEN[name] ?? name, value]);
  for (const [name, value] of Object.entries(object.metadata)) fields.push([`x-amz-meta-${name}`, value]);
  if (object.tags.length > 0) fields.push(["x-amz-tagging-count", String(object.tags.length)]);
  return fields;
}

/** None in a bucket that never had versioning; what was put before it, or while it was suspended, is `null`. */
export function versionField(
  { versionId }: Pick<StoredObject, "versionId">,
  { settings }: Pick<Bucket, "settings">,
): readonly ApiField[] {
  return settings.versioning === undefined ? [] : [["x-amz-version-id", versionId]];
}

/** With its quotes. */
export function entityTagOf({ etag }: Pick<StoredObject, "etag">): string {
  return formatEntityTag({ isWeak: false, opaque: etag });
}
