// A hundred multipart uploads at the same time, over sockets, with parts of the smallest legal size: all complete, each with
// the ETag that its parts make and the bytes that were sent, and nothing else is on the disk.

import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { bucketClient } from "../support/bucket-client.ts";
import { startService } from "../support/running-service.ts";

const isNightly = process.env["WARMFRONT_NIGHTLY"] === "1";
const UPLOADS = 100;
const PART_BYTES = 5 * 2 ** 20;
/** Whole parts before a short last one. */
const WHOLE_PARTS = isNightly ? 3 : 1;
const LAST_BYTES = 70_000;
const BYTES = UPLOADS * (WHOLE_PARTS * PART_BYTES + LAST_BYTES);
const Bucket = "parallel";

/** Different for each upload and part, and the same each time. */
function bytesOf(upload: number, part: number): Buffer {
  const bytes = Buffer.alloc(part === WHOLE_PARTS + 1 ? LAST_BYTES : PART_BYTES, part);
  bytes.writeUInt32BE(upload, 0);
  bytes.writeUInt32BE(upload, bytes.length - 4);
  return bytes;
}

const md5 = (bytes: Uint8Array): Buffer => createHash("md5").update(bytes).digest();
const { bavail, bsize } = statfsSync(tmpdir());

test(
  `${UPLOADS} uploads in parts at the same time are all complete and right`,
  { timeout: 300_000, skip: bavail * bsize < 2 * BYTES && `${tmpdir()} has no room for ${2 * BYTES} bytes` },
  async () => {
    await using service = await startService();
    const s3 = bucketClient(service);
    try {
      await s3.send(new CreateBucketCommand({ Bucket }));
      // All are begun before the first part of any is sent.
      const begun = await Promise.all(
        Array.from({ length: UPLOADS }, async (_, index) => {
          const Key = `object-${index}`;
          const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
          return { index, Key, UploadId };
        }),
      );
      const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
      assert.equal(Uploads?.length, UPLOADS);
      await Promise.all(
        begun.map(async ({ index, Key, UploadId }) => {
          const Parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
          const sums: Buffer[] = [];
          for (let PartNumber = 1; PartNumber <= WHOLE_PARTS + 1; PartNumber++) {
            const Body = bytesOf(index, PartNumber);
            sums.push(md5(Body));
            const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
            assert.equal(ETag, `"${sums.at(-1)?.toString("hex")}"`);
            Parts.push({ PartNumber, ETag });
          }
          const { ETag } = await s3.send(
            new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
          );
          assert.equal(ETag, `"${md5(Buffer.concat(sums)).toString("hex")}-${Parts.length}"`);
        }),
      );
      for (const { index, Key } of begun) {
        const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        const got = Buffer.from((await Body?.transformToByteArray()) ?? []);
        assert.equal(got.length, ContentLength);
        const sent = Array.from({ length: WHOLE_PARTS + 1 }, (_, part) => bytesOf(index, part + 1));
        assert.equal(Buffer.concat(sent).compare(got), 0, Key);
      }
      assert.equal((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads, undefined);
      assert.equal(await service.end(), 0);
    } finally {
      s3.destroy();
    }
  },
);
