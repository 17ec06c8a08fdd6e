// HEAD of a bucket [S3API HeadBucket]: is it there, may I list it, where is it.

import { ok, type AtBucket, type BucketOutcome } from "../operation.ts";

export function headBucket({ bucket }: AtBucket): Promise<BucketOutcome> {
  return Promise.resolve(
    ok(200, [
      ["x-amz-bucket-region", bucket.region],
      ["x-amz-access-point-alias", "false"],
      ["Content-Type", "application/xml"],
    ]),
  );
}
