// PUT of an object with `x-amz-copy-source` [S3API CopyObject]: the source is read as by GET, the target written as by PUT, and
// the principal has to be allowed both.

import type { ObjectHead } from "../../store/buckets.ts";
import { copyBytes } from "../objects/copy-bytes.ts";
import { findCopySource, type CopySource } from "../objects/copy-source.ts";
import { keepObject } from "../objects/keep-object.ts";
import { entityTagOf, ENCRYPTION_FIELD, versionField } from "../objects/object-fields.ts";
import {
  isFailure,
  readContentFields,
  readMetadata,
  readPutCondition,
  readTagField,
  refusedField,
  refusedStorageClass,
} from "../objects/object-head.ts";
import { readObjectAcl } from "../settings/read-acl.ts";
import { fail, invalid, okXml, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { readChecksumAlgorithm } from "../objects/upload-checksum.ts";
import { checksumValueElements } from "../objects/listed-object.ts";
import { isoDate, textElement, xmlDocument } from "../xml.ts";

const REDIRECT = "x-amz-website-redirect-location";

export async function copyObject(at: AtObject): Promise<BucketOutcome> {
  const { service, bucket } = at;
  const refused = refusedField(at) ?? refusedStorageClass(at);
  if (refused !== undefined) return refused;
  const condition = readPutCondition(at);
  if (condition?.kind === "failure") return condition;
  const source = await findCopySource(at);
  if (source.kind === "failure") return source;
  const { object } = source;
  const bytesMax = service.limits.bucketPieceBytesMax;
  if (object.bytes > bytesMax) {
    return fail("InvalidRequest", {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${bytesMax}`,
    });
  }
  const head = await readCopiedHead(at, source);
  if (isFailure(head)) return head;

  const algorithm = readChecksumAlgorithm(at);
  if (algorithm !== undefined && typeof algorithm !== "string") return algorithm;
  const kept = await keepObject(at, head, await copyBytes(service, object, { algorithm }), condition);
  if (isFailure(kept)) return kept;
  return okXml(
    xmlDocument(
      "CopyObjectResult",
      textElement("LastModified", isoDate(kept.modifiedAtMs)) +
        textElement("ETag", entityTagOf(kept)) +
        checksumValueElements(kept.checksums),
    ),
    [...copiedVersionField(source), ...versionField(kept, bucket), ENCRYPTION_FIELD],
  );
}

export function copiedVersionField({ object }: CopySource): readonly (readonly [string, string])[] {
  return object.versionId === "null" ? [] : [["x-amz-copy-source-version-id", object.versionId]];
}

/** What the copy says of itself: the source's words, or the request's. Never the source's ACL. */
async function readCopiedHead(at: AtObject, { bucket, object }: CopySource): Promise<ObjectHead | S3Failure> {
  const metadataFrom = readDirective(at, "x-amz-metadata-directive");
  if (typeof metadataFrom !== "string") return metadataFrom;
  const tagsFrom = readDirective(at, "x-amz-tagging-directive");
  if (typeof tagsFrom !== "string") return tagsFrom;
  const redirect = at.field(REDIRECT);
  const isItself = bucket.name === at.bucket.name && object.key === at.key && at.query.get("versionId") === undefined;
  if (
    isItself &&
    object.isLatest &&
    metadataFrom === "COPY" &&
    redirect === undefined &&
    !at.fields.some(isEncryption)
  ) {
    return fail("InvalidRequest", {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    });
  }
  const metadata = metadataFrom === "COPY" ? object.metadata : readMetadata(at);
  if (isFailure(metadata)) return metadata;
  const tags = tagsFrom === "COPY" ? object.tags : readTagField(at.field("x-amz-tagging"));
  if (isFailure(tags)) return tags;
  if (tagsFrom === "COPY" && tags.length > 0) {
    const denied =
      at.authorize({ action: "s3:GetObjectTagging", bucket, key: object.key, object }) ??
      at.authorize({ action: "s3:PutObjectTagging", bucket: at.bucket, key: at.key });
    if (denied !== undefined) return denied;
  }
  const headers = metadataFrom === "COPY" ? copiedHeaders(object.headers, redirect) : readContentFields(at);
  const acl = await readObjectAcl(at, at.bucket);
  return isFailure(acl) ? acl : { headers, metadata, tags, acl: acl.kept };
}

function isEncryption([name]: readonly [string, string]): boolean {
  return name.toLowerCase() === "x-amz-server-side-encryption";
}

/** A redirect is not copied along. [S3API CopyObject] */
function copiedHeaders(headers: ObjectHead["headers"], redirect: string | undefined): ObjectHead["headers"] {
  const kept = Object.entries(headers).filter(([name]) => name !== REDIRECT);
  return Object.fromEntries(redirect === undefined ? kept : [...kept, [REDIRECT, redirect]]);
}

function readDirective({ field }: AtObject, name: string): "COPY" | "REPLACE" | S3Failure {
  const value = field(name) ?? "COPY";
  return value === "COPY" || value === "REPLACE"
    ? value
    : invalid(name, value, `Unknown ${name}: it is COPY or REPLACE.`);
}
