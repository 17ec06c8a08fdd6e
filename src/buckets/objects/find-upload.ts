// The upload in parts that a request names by its id.

import type { Upload } from "../../store/buckets.ts";
import { fail, type AtObject, type S3Failure } from "../operation.ts";

export async function uploadOf({ service, bucket, key, query }: AtObject): Promise<Upload | S3Failure> {
  const id = query.get("uploadId") ?? "";
  return (await service.store.buckets.getUpload(bucket.name, key, id)) ?? noSuchUpload(id);
}

export function noSuchUpload(id: string): S3Failure {
  return fail("NoSuchUpload", { details: [["UploadId", id.slice(0, 1024)]] });
}
