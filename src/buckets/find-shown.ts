// The object that a request is about, where there is one to show: a missing key, a missing version and a delete marker each
// have their own answer.

import { formatHttpDate } from "../http/http-date.ts";
import type { StoredObject } from "../store/buckets.ts";
import { fail, type AtObject, type S3Failure } from "./operation.ts";

/**
 * The object where there is one to show. Whether there is none is told only to those who may list the bucket: to others a
 * missing key looks like a forbidden one. [S3API GetObject]
 */
export function findShown(at: AtObject): StoredObject | S3Failure {
  const { found, key, bucket, query } = at;
  const versionId = query.get("versionId");
  if (found === undefined || (found.isDeleteMarker && versionId === undefined)) {
    const denied = at.authorize({ action: "s3:ListBucket", bucket });
    if (denied !== undefined) return denied;
  }
  if (found === undefined) {
    return versionId === undefined
      ? fail("NoSuchKey", { details: [["Key", key]] })
      : fail("NoSuchVersion", {
          details: [
            ["Key", key],
            ["VersionId", versionId],
          ],
        });
  }
  if (!found.isDeleteMarker) return found;
  const fields = [
    ["x-amz-delete-marker", "true"],
    ["x-amz-version-id", found.versionId],
  ] as const;
  return versionId === undefined
    ? fail("NoSuchKey", { details: [["Key", key]], fields })
    : fail("MethodNotAllowed", {
        details: [
          ["Method", at.method],
          ["ResourceType", "DeleteMarker"],
        ],
        fields: [...fields, ["Last-Modified", formatHttpDate(found.modifiedAtMs)], ["Allow", "DELETE"]],
      });
}
