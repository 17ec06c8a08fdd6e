// Bytes that were written to a file become the object of a request, if the index takes it: as a PUT and a copy do. Only then is what was there
// before gone.

import type { ObjectHead, PutCondition, StoredObject } from "../../store/buckets.ts";
import { fail, type AtObject, type S3Failure } from "../operation.ts";
import type { CopiedBytes } from "./copy-bytes.ts";
import { nameFile } from "./name-file.ts";
import { newVersionId } from "./version-id.ts";

/** Where the index does not take it the file is removed. */
export async function keepObject(
  { service, bucket, key, now }: AtObject,
  head: ObjectHead,
  { piece, md5, checksums }: CopiedBytes,
  condition: PutCondition | undefined,
): Promise<StoredObject | S3Failure> {
  const { buckets } = service.store;
  const content = { pieces: [piece], bytes: piece.bytes, etag: md5, checksums };
  const draft = { ...head, ...content, bucket: bucket.name, key, newVersionId: newVersionId(service.random) };
  const outcome = await nameFile(service, piece, () => buckets.putObject(draft, condition, now));
  if (outcome.kind !== "put") {
    await service.files.remove([piece]);
    return notPut(outcome.kind, key, bucket.name);
  }
  await service.files.remove(outcome.freed);
  return outcome.object;
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
