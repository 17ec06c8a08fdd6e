// The AWS SDK for JavaScript v3 and its upload helper against the whole service, in both styles of address: large uploads in parts
// with checksums, streams of unknown length, typed errors, paginators, waiters, presigned addresses.

import assert from "node:assert/strict";
import { Agent } from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import {
  NoSuchBucket,
  NoSuchKey,
  paginateListObjectsV2,
  PutObjectCommand,
  S3,
  waitUntilBucketExists,
  waitUntilObjectNotExists,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { startService, type RunningService } from "../support/running-service.ts";
import { largeBytes } from "./s3-site.ts";

const ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;

const toLoopback: LookupFunction = (_name, options, done) => {
  if (options.all === true) done(null, [{ address: "127.0.0.1", family: 4 }]);
  else done(null, "127.0.0.1", 4);
};

describe("the AWS SDK for JavaScript, S3", () => {
  let service: RunningService;
  let s3: S3;
  before(async () => {
    service = await startService();
    s3 = new S3({
      endpoint: service.apiUrl,
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    await s3.createBucket({ Bucket: "shop" });
  });
  after(async () => {
    s3?.destroy();
    await service?.[Symbol.asyncDispose]();
  });

  for (const ChecksumAlgorithm of ALGORITHMS) {
    test(`an upload in parts is whole, with ${ChecksumAlgorithm}`, async () => {
      const Body = largeBytes(12_000_000);
      const upload = new Upload({
        client: s3,
        partSize: 5_242_880,
        queueSize: 3,
        params: { Bucket: "shop", Key: "large", Body, ContentType: "x/y", Metadata: { a: "b" }, ChecksumAlgorithm },
      });
      const done = await upload.done();
      assert.match(done.ETag ?? "", /-3"$/);
      const got = await s3.getObject({ Bucket: "shop", Key: "large", ChecksumMode: "ENABLED" });
      assert.deepEqual([got.ContentType, got.Metadata, got.ContentLength], ["x/y", { a: "b" }, Body.length]);
      assert.equal(got[`Checksum${ChecksumAlgorithm}`], done[`Checksum${ChecksumAlgorithm}`]);
      assert.notEqual(got[`Checksum${ChecksumAlgorithm}`], undefined);
      assert((await buffer(got.Body as Readable)).equals(Body));
      const part = await s3.getObject({ Bucket: "shop", Key: "large", PartNumber: 3 });
      assert.deepEqual([part.PartsCount, part.ContentLength], [3, Body.length - 2 * 5_242_880]);
      part.Body?.transformToWebStream()
        .cancel()
        .catch(() => undefined);
    });

    test(`an object put at once keeps its ${ChecksumAlgorithm}, and a wrong one is refused`, async () => {
      const put = await s3.putObject({ Bucket: "shop", Key: "small", Body: "hello", ChecksumAlgorithm });
      const sum = put[`Checksum${ChecksumAlgorithm}`];
      const head = await s3.headObject({ Bucket: "shop", Key: "small", ChecksumMode: "ENABLED" });
      assert.equal(head[`Checksum${ChecksumAlgorithm}`], sum);
      const wrong = { Bucket: "shop", Key: "small", Body: "other", [`Checksum${ChecksumAlgorithm}`]: sum };
      await assert.rejects(s3.putObject(wrong), { name: /BadDigest|InvalidRequest|XAmzContentChecksumMismatch/ });
      assert.equal(await (await s3.getObject({ Bucket: "shop", Key: "small" })).Body?.transformToString(), "hello");
    });
  }

  test("a stream of a length that nobody told is uploaded", async () => {
    const Body = Readable.from(
      (function* () {
        for (let piece = 0; piece < 700; piece++) yield Buffer.alloc(10_000, piece % 251);
      })(),
    );
    await new Upload({ client: s3, params: { Bucket: "shop", Key: "stream", Body } }).done();
    const { ContentLength } = await s3.headObject({ Bucket: "shop", Key: "stream" });
    assert.equal(ContentLength, 7_000_000);
  });

  test("an upload that is given up leaves nothing", async () => {
    const upload = new Upload({
      client: s3,
      params: { Bucket: "shop", Key: "given-up", Body: largeBytes(12_000_000) },
    });
    upload.on("httpUploadProgress", () => void upload.abort());
    await assert.rejects(upload.done(), { name: "AbortError" });
    await assert.rejects(s3.headObject({ Bucket: "shop", Key: "given-up" }), { name: "NotFound" });
  });

  test("errors have the types of the SDK", async () => {
    await assert.rejects(s3.getObject({ Bucket: "shop", Key: "absent" }), NoSuchKey);
    await assert.rejects(s3.listObjectsV2({ Bucket: "absent" }), NoSuchBucket);
    await assert.rejects(s3.headObject({ Bucket: "shop", Key: "absent" }), { name: "NotFound" });
    await assert.rejects(s3.createBucket({ Bucket: "UPPER" }), { name: "InvalidBucketName" });
    await s3.putObject({ Bucket: "shop", Key: "there", Body: "x" });
    await assert.rejects(s3.putObject({ Bucket: "shop", Key: "there", Body: "y", IfNoneMatch: "*" }), {
      name: "PreconditionFailed",
    });
    await assert.rejects(s3.deleteBucket({ Bucket: "shop" }), { name: "BucketNotEmpty" });
  });

  test("keys of all kinds go through pages, copies and batches", async () => {
    const keys = ["a/../b", "a//b", "a b+c%20&<>'\"", "é/日本", "z\u0001z", "."].sort();
    await s3.createBucket({ Bucket: "keys", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
    await waitUntilBucketExists({ client: s3, maxWaitTime: 10 }, { Bucket: "keys" });
    for (const Key of keys) {
      await s3.putObject({ Bucket: "keys", Key, Body: Key });
      const copy = { Bucket: "keys", Key: "copied", CopySource: `keys/${encodeURIComponent(Key)}` };
      await s3.copyObject(copy);
      assert.equal(await (await s3.getObject({ Bucket: "keys", Key: "copied" })).Body?.transformToString(), Key);
    }
    await s3.deleteObject({ Bucket: "keys", Key: "copied" });
    await waitUntilObjectNotExists({ client: s3, maxWaitTime: 10 }, { Bucket: "keys", Key: "copied" });
    const listed: string[] = [];
    const pages = paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket: "keys", EncodingType: "url" });
    for await (const { Contents = [] } of pages) listed.push(...Contents.map(({ Key = "" }) => Key));
    assert.deepEqual(listed.map((key) => decodeURIComponent(key.replaceAll("+", " "))).sort(), keys);
    const batch = keys.filter((key) => !key.includes("\u0001")).map((Key) => ({ Key }));
    const { Deleted = [], Errors = [] } = await s3.deleteObjects({ Bucket: "keys", Delete: { Objects: batch } });
    assert.deepEqual([Deleted.length, Errors], [batch.length, []]);
    await s3.deleteObject({ Bucket: "keys", Key: "z\u0001z" });
    await s3.deleteBucket({ Bucket: "keys" });
  });

  test("a presigned address puts an object, and no other", async () => {
    const address = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "shop", Key: "signed" }), { expiresIn: 60 });
    assert.equal((await fetch(address, { method: "PUT", body: "by address" })).status, 200);
    assert.equal((await fetch(address.replace("/signed", "/other"), { method: "PUT", body: "x" })).status, 403);
    assert.equal((await fetch(address)).status, 403);
    const { Body } = await s3.getObject({ Bucket: "shop", Key: "signed" });
    assert.equal(await text(Body as Readable), "by address");
  });

  test("the bucket may be in the host's name", async () => {
    const hosted = new S3({
      endpoint: `http://s3.localhost:${service.apiPort}`,
      region: "us-east-1",
      // Not every system finds names below localhost.
      requestHandler: { httpAgent: new Agent({ lookup: toLoopback }) },
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    await hosted.putObject({ Bucket: "shop", Key: "by/host", Body: "hosted" });
    const { Body } = await hosted.getObject({ Bucket: "shop", Key: "by/host" });
    assert.equal(await Body?.transformToString(), "hosted");
    hosted.destroy();
  });

  test("the server met no fault of its own", () => {
    assert.doesNotMatch(service.errors(), /error/i);
  });
});
