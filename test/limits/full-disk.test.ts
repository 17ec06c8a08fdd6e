// A data directory on a disk that fills up: an upload that finds no room is told so, at once and in a form that clients
// understand; what was there stays, reading goes on, and writing does again when there is room.

import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  CreateMultipartUploadCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bucketClient, statusOf } from "../support/bucket-client.ts";
import { startService } from "../support/running-service.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

const DISK = "48m";
const Bucket = "full";
const MEGABYTE = 2 ** 20;

async function read(s3: S3Client, Key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

function noRoom(error: unknown): true {
  assert.equal((error as Error).name, "InsufficientStorage", String(error));
  assert.equal(statusOf(error), 507);
  return true;
}

test("a put that finds the disk full is refused, the old object stays, and room makes it work again", async (t) => {
  const disk = mountSmallDisk(t, DISK);
  if (disk === undefined) return t.skip("a small disk cannot be mounted here");
  await using service = await startService([], { dataDirectory: join(disk, "data") });
  const s3 = bucketClient(service);
  try {
    const old = Buffer.alloc(MEGABYTE, "old");
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: old }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts" }));

    const large = Buffer.alloc(60 * MEGABYTE, "new");
    const files = (): number =>
      readdirSync(join(disk, "data", "objects"), { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
        .length;
    await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: large })), noRoom);
    await assert.rejects(
      s3.send(new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1, Body: large })),
      noRoom,
    );
    assert.equal(files(), 1, "what was begun is gone");
    assert.match(
      service.errors(),
      /error buckets: request \w+ was refused: object folder .*: there is no room left .*: free some/,
    );

    // Now there is none left for the index either.
    const ballast = join(disk, "ballast");
    assert.throws(() => writeFileSync(ballast, large), /ENOSPC/);
    for (let tries = 0; tries < 3; tries++) {
      await assert.rejects(s3.send(new PutObjectCommand({ Bucket, Key: `new-${tries}`, Body: "small" })), noRoom);
    }
    assert.equal((await read(s3, "k")).compare(old), 0);

    rmSync(ballast);
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "new" }));
    assert.equal((await read(s3, "k")).toString(), "new");
    await s3.send(new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1, Body: old }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "k" }));
    assert.equal(await service.end(), 0);
  } finally {
    s3.destroy();
  }
});
