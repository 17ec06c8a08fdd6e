// POST of an object with `uploads` [S3API CreateMultipartUpload]: what the object will say of itself is told here, once.

import { isFailure, readObjectHead } from "../objects/object-head.ts";
import { ENCRYPTION_FIELD } from "../objects/object-fields.ts";
import { fail, okXml, type AtObject, type BucketOutcome } from "../operation.ts";
import { readUploadChecksum } from "../objects/upload-checksum.ts";
import { newUploadId } from "../objects/version-id.ts";
import { textElement, xmlDocument } from "../xml.ts";

export async function createMultipartUpload(at: AtObject): Promise<BucketOutcome> {
  const { service, bucket, key, principal, now } = at;
  const head = await readObjectHead(at);
  if (isFailure(head)) return head;
  const checksum = readUploadChecksum(at);
  if (checksum !== undefined && isFailure(checksum)) return checksum;

  const id = newUploadId(service.random);
  const outcome = await service.store.buckets.createUpload({
    id,
    bucket: bucket.name,
    key,
    startedAtMs: now,
    initiator: principal.kind === "caller" ? principal.caller.account : undefined,
    head,
    checksum: checksum === undefined ? "" : `${checksum.algorithm} ${checksum.type}`,
  });
  if (outcome === "no-bucket") return fail("NoSuchBucket", { details: [["BucketName", bucket.name]] });
  return okXml(
    xmlDocument(
      "InitiateMultipartUploadResult",
      textElement("Bucket", bucket.name) + textElement("Key", key) + textElement("UploadId", id),
    ),
    [
      ENCRYPTION_FIELD,
      ...(checksum === undefined
        ? []
        : ([
            ["x-amz-checksum-algorithm", checksum.algorithm],
            ["x-amz-checksum-type", checksum.type],
          ] as const)),
    ],
  );
}
