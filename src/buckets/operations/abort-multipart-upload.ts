// DELETE of an upload [S3API AbortMultipartUpload]: its parts go, and what is still on its way finds no upload.

import { noSuchUpload } from "../objects/find-upload.ts";
import { ok, type AtObject, type BucketOutcome } from "../operation.ts";

export async function abortMultipartUpload({ service, bucket, key, query }: AtObject): Promise<BucketOutcome> {
  const id = query.get("uploadId") ?? "";
  const outcome = await service.store.buckets.abortUpload({ bucket: bucket.name, key, id });
  if (outcome === undefined) return noSuchUpload(id);
  await service.files.remove(outcome.freed);
  return ok(204);
}
