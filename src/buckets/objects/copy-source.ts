// The object that a copy is made from: named in a field, which is read like a path, looked up and decided like a GET of its own.

import type { Bucket, StoredObject } from "../../store/buckets.ts";
import { evaluateConditions } from "./conditions.ts";
import { decodePath } from "../locate.ts";
import { expectOwner, fail, invalid, type BucketContext, type S3Failure } from "../operation.ts";

export interface CopySource {
  readonly kind: "source";
  readonly bucket: Bucket;
  readonly object: StoredObject;
  /** Whether a version was named: then it is answered which. */
  readonly isVersionNamed: boolean;
}

export async function findCopySource(at: BucketContext): Promise<CopySource | S3Failure> {
  const named = readCopySource(at.field("x-amz-copy-source") ?? "");
  if ("kind" in named) return named;
  const { bucketName, key, versionId } = named;
  const { buckets } = at.service.store;
  const bucket = await buckets.getBucket(bucketName);
  if (bucket === undefined) return fail("NoSuchBucket", { details: [["BucketName", bucketName]] });
  const notTheOwner = expectOwner(bucket, at.field("x-amz-source-expected-bucket-owner"));
  if (notTheOwner !== undefined) return notTheOwner;

  const object = await buckets.getObject(bucket.name, key, versionId);
  const action = versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
  const denied = at.authorize({ action, bucket, key, object });
  if (denied !== undefined) return denied;
  if (object === undefined || object.isDeleteMarker) return missing(at, bucket, named, object);

  const condition = evaluateConditions(at, object, "x-amz-copy-source-");
  if (condition.kind === "proceed") {
    return { kind: "source", bucket, object, isVersionNamed: versionId !== undefined };
  }
  const name = condition.kind === "failed" ? condition.name : "x-amz-copy-source-If-None-Match";
  return fail("PreconditionFailed", { details: [["Condition", name]] });
}

interface NamedSource {
  readonly bucketName: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

function missing(
  at: BucketContext,
  bucket: Bucket,
  { key, versionId }: NamedSource,
  object: StoredObject | undefined,
): S3Failure {
  const denied = at.authorize({ action: "s3:ListBucket", bucket });
  if (denied !== undefined) return denied;
  if (versionId === undefined) return fail("NoSuchKey", { details: [["Key", key]] });
  return object === undefined
    ? fail("NoSuchVersion", {
        details: [
          ["Key", key],
          ["VersionId", versionId],
        ],
      })
    : fail("InvalidRequest", {
        message: "The source of a copy request may not specifically refer to a delete marker by version id.",
      });
}

/** `/bucket/key?versionId=…`, with or without the first slash, encoded as a path is. [S3API CopyObject] */
function readCopySource(value: string): NamedSource | S3Failure {
  const wrong = (): S3Failure =>
    invalid("x-amz-copy-source", value, "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  const [path = "", ...queries] = value.replace(/^(?:\/|%2F)/i, "").split("?versionId=");
  const versionId = queries.length === 0 ? undefined : decodePath(queries.join("?versionId="));
  const [, bucketName, key] = /^([^/]+?)(?:\/|%2F)(.+)$/is.exec(path) ?? [];
  const decoded = decodePath(key ?? "");
  if (bucketName === undefined || decoded === undefined || decoded === "") return wrong();
  if (queries.length > 0 && (versionId === undefined || versionId === "")) return wrong();
  return { bucketName, key: decoded, versionId };
}
