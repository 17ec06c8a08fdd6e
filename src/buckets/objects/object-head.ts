// What a request says of the object that it puts, in fields: content headers, metadata, tags, and what is asked for beside.
// A field that asks for what is not carried out is refused by its name.

import { trimBlanks } from "../../http/field-list.ts";
import type { ObjectHead, PutCondition } from "../../store/buckets.ts";
import type { Tag } from "../../store/tags.ts";
import { parseQuery } from "../../wire/operation-path.ts";
import { fail, type AtObject, type BucketContext, type S3Failure } from "../operation.ts";
import { readObjectAcl } from "../settings/read-acl.ts";

/** Kept with the object and answered as they came. [S3API PutObject] */
const CONTENT_FIELDS = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
  "x-amz-website-redirect-location",
];
const METADATA_PREFIX = "x-amz-meta-";

/** [S3UG object-tagging] */
const OBJECT_TAGS_MAX = 10;

/** Fields of what is not carried out, each with the only value that asks for nothing. */
const REFUSED_FIELDS: readonly (readonly [name: RegExp, harmless: readonly string[]])[] = [
  [/^x-amz-server-side-encryption$/, ["AES256"]],
  [/^x-amz-server-side-encryption-bucket-key-enabled$/, ["false"]],
  [/^x-amz-server-side-encryption-/, []],
  [/^x-amz-copy-source-server-side-encryption-/, []],
  [/^x-amz-object-lock-legal-hold$/, ["OFF"]],
  [/^x-amz-object-lock-/, []],
  [/^x-amz-write-offset-bytes$/, []],
];

/** The first field that asks for what this server does not do. */
export function refusedField({ fields }: Pick<BucketContext, "fields">): S3Failure | undefined {
  for (const [name, value] of fields) {
    const lowerName = name.toLowerCase();
    const rule = REFUSED_FIELDS.find(([pattern]) => pattern.test(lowerName));
    if (rule === undefined || rule[1].includes(value)) continue;
    return fail("NotImplemented", {
      message: `The header ${lowerName} is not implemented by this server${rule[1].length > 0 ? `, but for ${rule[1].join(", ")}` : ""}.`,
      details: [["Header", lowerName]],
    });
  }
  return undefined;
}

export function readContentFields({ fields, field }: BucketContext): ObjectHead["headers"] {
  const headers: Record<string, string> = {};
  for (const name of CONTENT_FIELDS) {
    const value = name === "content-encoding" ? withoutAwsChunked(field(name)) : field(name);
    if (value !== undefined && value !== "") headers[name] = value;
  }
  // Given as one field, and the last one of several would be another object's type.
  const types = fields.filter(([name]) => name.toLowerCase() === "content-type");
  if (types.length > 1) headers["content-type"] = types[0]?.[1] ?? "";
  return headers;
}

/** It is of the transfer only. [S3API sigv4-streaming] */
function withoutAwsChunked(value: string | undefined): string | undefined {
  const codings = value?.split(",").map(trimBlanks);
  return codings?.filter((coding) => coding !== "" && coding !== "aws-chunked").join(",");
}

export function readMetadata({
  fields,
  service,
}: Pick<BucketContext, "fields" | "service">): ObjectHead["metadata"] | S3Failure {
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of fields) {
    const lowerName = name.toLowerCase();
    if (!lowerName.startsWith(METADATA_PREFIX)) continue;
    const key = lowerName.slice(METADATA_PREFIX.length);
    metadata[key] = metadata[key] === undefined ? value : `${metadata[key]},${value}`;
  }
  const bytes = Object.entries(metadata).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const { bucketMetadataBytesMax: bytesMax } = service.limits;
  if (bytes <= bytesMax) return { ...metadata };
  return fail("MetadataTooLarge", {
    details: [
      ["Size", String(bytes)],
      ["MaxSizeAllowed", String(bytesMax)],
    ],
  });
}

/** `x-amz-tagging`: `a=1&b=2`, encoded as a query. */
export function readTagField(value: string | undefined): readonly Tag[] | S3Failure {
  if (value === undefined || value === "") return [];
  const parsed = parseQuery(value);
  if (parsed === undefined)
    return fail("InvalidArgument", {
      message:
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    });
  const tags = [...parsed].map(([key, tagValue]) => ({ Key: key, Value: tagValue }));
  const names = value.split("&").filter((part) => part !== "");
  return checkTags(tags, names.length);
}

/** `given` counts repeated ones too. [S3UG object-tagging] */
export function checkTags(tags: readonly Tag[], given = tags.length): readonly Tag[] | S3Failure {
  if (new Set(tags.map(({ Key }) => Key)).size !== given) {
    return fail("InvalidTag", { message: "Cannot provide multiple Tags with the same key" });
  }
  if (tags.length > OBJECT_TAGS_MAX) return fail("BadRequest", { message: "Object tags cannot be greater than 10" });
  for (const { Key: key, Value: value } of tags) {
    if (key === "" || key.length > 128)
      return fail("InvalidTag", { message: "The TagKey you have provided is invalid", details: [["TagKey", key]] });
    if (value.length > 256)
      return fail("InvalidTag", {
        message: "The TagValue you have provided is invalid",
        details: [
          ["TagKey", key],
          ["TagValue", value],
        ],
      });
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) {
      return fail("InvalidTag", {
        message: "The TagValue you have provided is invalid",
        details: [
          ["TagKey", key],
          ["TagValue", value],
        ],
      });
    }
    if (key.startsWith("aws:"))
      return fail("InvalidTag", { message: "System tags cannot be added/updated by requester" });
  }
  return tags;
}

/** Everything that a PUT or the start of an upload says of the object. */
export async function readObjectHead(at: AtObject): Promise<ObjectHead | S3Failure> {
  const refused = refusedField(at) ?? refusedStorageClass(at);
  if (refused !== undefined) return refused;
  const metadata = readMetadata(at);
  if (isFailure(metadata)) return metadata;
  const tags = readTagField(at.field("x-amz-tagging"));
  if (isFailure(tags)) return tags;
  const acl = await readObjectAcl(at, at.bucket);
  if (isFailure(acl)) return acl;
  return { headers: readContentFields(at), metadata, tags, acl: acl.kept };
}

/** There is one kind of storage here; the message says so, as S3's own leaves one to look for a slip in the name. */
export function refusedStorageClass({ field }: Pick<BucketContext, "field">): S3Failure | undefined {
  const asked = field("x-amz-storage-class");
  if (asked === undefined || asked === "" || asked === "STANDARD") return undefined;
  return fail("InvalidStorageClass", {
    message: `The storage class you specified is not valid: this server has STANDARD only, not ${asked}`,
    details: [["StorageClassRequested", asked]],
  });
}

export function isFailure(value: object): value is S3Failure {
  return "kind" in value && value.kind === "failure" && "code" in value;
}

/** Over what the object may be put. [S3UG conditional-writes] */
export function readPutCondition({ field }: Pick<BucketContext, "field">): PutCondition | undefined | S3Failure {
  const ifMatch = field("if-match");
  const ifNoneMatch = field("if-none-match");
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch === "*" && ifMatch === undefined) return { kind: "absent" };
    return fail("NotImplemented", {
      message: "Of If-None-Match a write takes the value * only, and not together with If-Match.",
      details: [["Header", "If-None-Match"]],
    });
  }
  return ifMatch === undefined ? undefined : { kind: "etag", etag: unquoteTag(ifMatch) };
}

/** Clients send an ETag with its quotes or without. */
export function unquoteTag(tag: string): string {
  return /^"(.*)"$/s.exec(tag)?.[1] ?? tag;
}
