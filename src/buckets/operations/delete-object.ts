// DELETE of an object or of one of its versions [S3API DeleteObject]. What is not there is deleted too.

import { readPutCondition } from "../objects/object-head.ts";
import { fail, ok, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import type { ApiField } from "../../callers/message.ts";
import { newVersionId } from "../objects/version-id.ts";

export interface DeletedOne {
  readonly kind: "deleted";
  /** Of what was deleted, or of the delete marker that was made; `undefined` without versioning. */
  readonly versionId: string | undefined;
  readonly isDeleteMarker: boolean;
}

export async function deleteObject(at: AtObject): Promise<BucketOutcome> {
  const { service, bucket, key, now, query } = at;
  const condition = readPutCondition(at);
  if (condition?.kind === "failure") return condition;
  if (condition?.kind === "absent") return fail("InvalidArgument", { message: "A delete takes no If-None-Match." });
  const versionId = query.get("versionId");
  const named = versionId === undefined ? {} : { versionId };
  const draft = { bucket: bucket.name, key, ...named, newVersionId: newVersionId(service.random) };
  const outcome = await service.store.buckets.deleteObject(draft, condition, now);
  if (outcome.kind === "no-bucket") return fail("NoSuchBucket", { details: [["BucketName", bucket.name]] });
  if (outcome.kind !== "deleted") return notDeleted(outcome.kind, key);
  await service.files.remove(outcome.freed);
  const fields: ApiField[] = [];
  if (outcome.isDeleteMarker) fields.push(["x-amz-delete-marker", "true"]);
  if (outcome.versionId !== undefined) fields.push(["x-amz-version-id", outcome.versionId]);
  return ok(204, fields);
}

export function notDeleted(why: "no-object" | "precondition-failed", key: string): S3Failure {
  return why === "no-object"
    ? fail("NoSuchKey", { details: [["Key", key]] })
    : fail("PreconditionFailed", { details: [["Condition", "If-Match"]] });
}
