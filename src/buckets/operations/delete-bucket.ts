// DELETE of a bucket [S3API DeleteBucket]: only of an empty one; uploads in progress go with it.

import { fail, ok, type AtBucket, type BucketOutcome } from "../operation.ts";

export async function deleteBucket({ service, bucket }: AtBucket): Promise<BucketOutcome> {
  const outcome = await service.store.buckets.deleteBucket(bucket.name);
  const details = [["BucketName", bucket.name]] as const;
  switch (outcome.kind) {
    case "deleted":
      await service.files.remove(outcome.freed);
      return ok(204);
    case "absent":
      return fail("NoSuchBucket", { details });
    case "not-empty":
      return fail("BucketNotEmpty", { details });
  }
}
