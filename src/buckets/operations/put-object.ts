// PUT of an object [S3API PutObject]: the bytes become a file first, and only a complete file becomes an object.

import { nameFile } from "../objects/name-file.ts";
import { fail, ok, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { isFailure, readObjectHead, readPutCondition } from "../objects/object-head.ts";
import { checksumFields, receivePiece } from "../objects/receive-piece.ts";
import { versionField, ENCRYPTION_FIELD } from "../objects/object-fields.ts";
import { newVersionId } from "../objects/version-id.ts";

export async function putObject(at: AtObject): Promise<BucketOutcome> {
  const { service, bucket, key, now } = at;
  const head = await readObjectHead(at);
  if (isFailure(head)) return head;
  const condition = readPutCondition(at);
  if (condition?.kind === "failure") return condition;
  const received = await receivePiece(at, service.limits.bucketPieceBytesMax);
  if (received.kind === "failure") return received;

  const { piece, md5, checksums } = received;
  const content = { pieces: [piece], bytes: piece.bytes, etag: md5, checksums };
  const draft = { ...head, ...content, bucket: bucket.name, key, newVersionId: newVersionId(service.random) };
  const outcome = await nameFile(service, piece, () => service.store.buckets.putObject(draft, condition, now));
  if (outcome.kind !== "put") {
    await service.files.remove([piece]);
    return notPut(outcome.kind, key, bucket.name);
  }
  await service.files.remove(outcome.freed);
  return ok(200, [
    ["ETag", `"${md5}"`],
    ...checksumFields(checksums),
    ENCRYPTION_FIELD,
    ...versionField(outcome.object, bucket),
  ]);
}

/** Why the index did not take it. */
export function notPut(why: "no-bucket" | "no-object" | "precondition-failed", key: string, bucket: string): S3Failure {
  switch (why) {
    case "no-bucket":
      return fail("NoSuchBucket", { details: [["BucketName", bucket]] });
    case "no-object":
      return fail("NoSuchKey", { details: [["Key", key]] });
    case "precondition-failed":
      return fail("PreconditionFailed", { details: [["Condition", "If-Match or If-None-Match"]] });
  }
}
