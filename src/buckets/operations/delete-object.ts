// DELETE of an object or of one of its versions [S3API DeleteObject]. What is not there is deleted too.

import { readPutCondition } from "../object-head.ts";
import { fail, ok, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import type { ApiField } from "../../callers/message.ts";
import type { BucketContext } from "../operation.ts";
import { newVersionId } from "../version-id.ts";

export async function deleteObject(at: AtObject): Promise<BucketOutcome> {
  const condition = readPutCondition(at);
  if (condition?.kind === "failure") return condition;
  if (condition?.kind === "absent") return fail("InvalidArgument", { message: "A delete takes no If-None-Match." });
  const versionId = at.query.get("versionId");
  const outcome = await deleteOne(at, { bucket: at.bucket.name, key: at.key, versionId, ifMatch: condition?.etag });
  if (outcome.kind === "failure") return outcome;
  const fields: ApiField[] = [];
  if (outcome.isDeleteMarker) fields.push(["x-amz-delete-marker", "true"]);
  if (outcome.versionId !== undefined) fields.push(["x-amz-version-id", outcome.versionId]);
  return ok(204, fields);
}

export interface DeletedOne {
  readonly kind: "deleted";
  /** Of what was deleted, or of the delete marker that was made; `undefined` without versioning. */
  readonly versionId: string | undefined;
  readonly isDeleteMarker: boolean;
}

export async function deleteOne(
  { service, now }: BucketContext,
  at: {
    readonly bucket: string;
    readonly key: string;
    readonly versionId: string | undefined;
    readonly ifMatch: string | undefined;
  },
): Promise<DeletedOne | S3Failure> {
  const { bucket, key, versionId, ifMatch } = at;
  const named = versionId === undefined ? {} : { versionId };
  const outcome = await service.store.buckets.deleteObject(
    { bucket, key, ...named, newVersionId: newVersionId(service.random) },
    ifMatch === undefined ? undefined : { kind: "etag", etag: ifMatch },
    now,
  );
  switch (outcome.kind) {
    case "deleted":
      await service.files.remove(outcome.freed);
      return outcome;
    case "no-bucket":
      return fail("NoSuchBucket", { details: [["BucketName", bucket]] });
    case "no-object":
      return fail("NoSuchKey", { details: [["Key", key]] });
    case "precondition-failed":
      return fail("PreconditionFailed", { details: [["Condition", "If-Match"]] });
  }
}
