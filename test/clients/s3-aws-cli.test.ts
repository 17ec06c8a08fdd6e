// `aws s3` and `aws s3api` as people use them, with each AWS CLI of this machine: a bucket is made, a site is uploaded, synchronized,
// listed, moved, shown by a presigned address and taken away.
//
// `--endpoint-url` is given because Debian's 2.9 does not read AWS_ENDPOINT_URL yet.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { clientEnvironment, startService, type RunningService } from "../support/running-service.ts";
import { clearedEnvironment, findEachAws, runProgram, type Ended } from "./program.ts";
import { assertSameFiles, writeSite } from "./s3-site.ts";

const CLIS = await findEachAws();

describe("aws s3", { skip: CLIS.length === 0 && "there is no AWS CLI on this machine" }, () => {
  let service: RunningService;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "warmfront-s3-aws-cli-"));
    service = await startService();
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [index, { program, version }] of CLIS.entries()) {
    const run = (words: readonly string[]): Promise<Ended> =>
      runProgram(program, [...words, "--endpoint-url", service.apiUrl, "--output", "json"], {
        environment: { ...clearedEnvironment(folder), ...clientEnvironment(service) },
        folder,
        timeoutSeconds: 55,
      });
    const aws = async (...words: readonly string[]): Promise<string> => {
      const { status, out, err } = await run(words);
      assert.equal(status, 0, `aws ${words.join(" ")}: ${err}${out}`);
      return out;
    };
    // oxlint-disable-next-line typescript/no-explicit-any -- JSON of many shapes; each test asserts on what it reads.
    const s3api = async (...words: readonly string[]): Promise<any> => {
      const out = await aws("s3api", ...words);
      return out === "" ? {} : JSON.parse(out);
    };
    const refused = async (...words: readonly string[]): Promise<string> => {
      const { status, out, err } = await run(words);
      assert.notEqual(status, 0, `aws ${words.join(" ")}: ${out}`);
      return err;
    };

    test(`a site goes up, comes down and goes away, with ${version}`, async () => {
      const bucket = `site-${index}`;
      const site = join(folder, `site-${index}`);
      const names = writeSite(site);
      await aws("s3", "mb", `s3://${bucket}`);
      await aws("s3", "cp", "--recursive", "--no-progress", site, `s3://${bucket}/`);
      const listed = await aws("s3", "ls", "--recursive", `s3://${bucket}`);
      assert.deepEqual(
        listed
          .trim()
          .split("\n")
          .map((line) => line.replace(/^\S+ \S+ +\d+ /, ""))
          .sort(),
        names,
      );
      assert.match(await aws("s3", "ls", `s3://${bucket}/sub/`), /PRE deep\/\n.*a b\+c&é%20\.txt/s);
      assert.equal(await aws("s3", "sync", "--no-progress", site, `s3://${bucket}/`), "", "nothing is left to do");
      rmSync(join(site, "empty"));
      writeFileSync(join(site, "index.html"), "<h1>changed</h1>\n");
      assert.match(await aws("s3", "sync", "--no-progress", "--delete", site, `s3://${bucket}/`), /delete: .*empty/);
      const back = join(folder, `back-${index}`);
      await aws("s3", "sync", "--no-progress", `s3://${bucket}/`, back);
      assertSameFiles(site, back);

      await aws("s3", "cp", "--no-progress", `s3://${bucket}/large.bin`, `s3://${bucket}/copies/large.bin`);
      await aws("s3", "mv", "--no-progress", `s3://${bucket}/index.html`, `s3://${bucket}/moved.html`);
      const address = (await aws("s3", "presign", `s3://${bucket}/moved.html`)).trim();
      assert.equal(await (await fetch(address)).text(), "<h1>changed</h1>\n");
      assert.equal((await fetch(address.replace("moved", "Moved"))).status, 403);
      assert.equal((await fetch(address.replace(/\?.*/, ""))).status, 403);

      assert.match(await refused("s3", "rb", `s3://${bucket}`), /BucketNotEmpty/);
      await aws("s3", "rm", `s3://${bucket}/moved.html`);
      assert.match(await refused("s3", "cp", `s3://${bucket}/moved.html`, "-"), /404|NoSuchKey/);
      await aws("s3", "rb", "--force", `s3://${bucket}`);
      assert.equal((await aws("s3", "ls")).includes(bucket), false);
    });

    test(`every operation on objects is understood, with ${version}`, async () => {
      const bucket = `objects-${index}`;
      await s3api("create-bucket", "--bucket", bucket, "--create-bucket-configuration", "LocationConstraint=eu-west-1");
      assert.equal((await s3api("get-bucket-location", "--bucket", bucket)).LocationConstraint, "eu-west-1");
      await s3api("head-bucket", "--bucket", bucket);
      const file = join(folder, `object-${index}`);
      writeFileSync(file, "hello world");
      const at = ["--bucket", bucket, "--key", "a/k"];
      const said = [
        "--metadata",
        "color=blue",
        "--content-type",
        "text/plain",
        "--cache-control",
        "max-age=5",
        "--tagging",
        "x=1",
      ];
      const put = await s3api("put-object", ...at, "--body", file, "--checksum-algorithm", "SHA256", ...said);
      assert.equal(put.ChecksumSHA256, "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=");
      const head = await s3api("head-object", ...at, "--checksum-mode", "ENABLED");
      assert.deepEqual(
        [head.Metadata, head.ContentType, head.CacheControl, head.ContentLength, head.ChecksumSHA256],
        [{ color: "blue" }, "text/plain", "max-age=5", 11, put.ChecksumSHA256],
      );
      const part = await s3api("get-object", ...at, "--range", "bytes=6-", join(folder, `part-${index}`));
      assert.equal(part.ContentRange, "bytes 6-10/11");
      assert.deepEqual((await s3api("get-object-tagging", ...at)).TagSet, [{ Key: "x", Value: "1" }]);
      await s3api("put-object-tagging", ...at, "--tagging", "TagSet=[{Key=y,Value=2}]");
      await s3api("delete-object-tagging", ...at);
      assert.deepEqual((await s3api("get-object-tagging", ...at)).TagSet, []);
      const attributes = await s3api(
        "get-object-attributes",
        ...at,
        "--object-attributes",
        "ETag",
        "ObjectSize",
        "Checksum",
      );
      assert.deepEqual([attributes.ObjectSize, attributes.Checksum.ChecksumSHA256], [11, put.ChecksumSHA256]);
      const source = ["--copy-source", `${bucket}/a/k`, "--metadata-directive", "REPLACE", "--content-type", "x/y"];
      await s3api("copy-object", "--bucket", bucket, "--key", "copy", ...source);
      assert.equal((await s3api("head-object", "--bucket", bucket, "--key", "copy")).ContentType, "x/y");
      const pages = await s3api("list-objects-v2", "--bucket", bucket, "--page-size", "1");
      assert.deepEqual(
        pages.Contents.map(({ Key }: { Key: string }) => Key),
        ["a/k", "copy"],
      );
      assert.deepEqual((await s3api("list-objects", "--bucket", bucket, "--delimiter", "/")).CommonPrefixes, [
        { Prefix: "a/" },
      ]);
      assert.equal((await s3api("list-object-versions", "--bucket", bucket)).Versions[0].VersionId, "null");
      assert.match(await refused("s3api", "head-object", "--bucket", bucket, "--key", "absent"), /\(404\)/);
      assert.match(
        await refused("s3api", "get-object", ...at, "--if-match", '"x"', file),
        /PreconditionFailed|\(412\)/,
      );
      assert.match(await refused("s3api", "get-object", ...at, "--range", "bytes=99-", file), /InvalidRange/);
    });

    test(`uploads in parts and batches are understood, with ${version}`, async () => {
      const bucket = `uploads-${index}`;
      await s3api("create-bucket", "--bucket", bucket);
      const file = join(folder, `part-of-${index}`);
      writeFileSync(file, "hello world");
      const { UploadId } = await s3api("create-multipart-upload", "--bucket", bucket, "--key", "parts");
      const upload = ["--bucket", bucket, "--key", "parts", "--upload-id", UploadId];
      const { ETag } = await s3api("upload-part", ...upload, "--part-number", "1", "--body", file);
      assert.equal((await s3api("list-parts", ...upload)).Parts[0].ETag, ETag);
      assert.equal((await s3api("list-multipart-uploads", "--bucket", bucket)).Uploads[0].UploadId, UploadId);
      await s3api(
        "complete-multipart-upload",
        ...upload,
        "--multipart-upload",
        JSON.stringify({ Parts: [{ PartNumber: 1, ETag }] }),
      );
      assert.match((await s3api("head-object", "--bucket", bucket, "--key", "parts")).ETag, /-1"$/);
      const other = await s3api("create-multipart-upload", "--bucket", bucket, "--key", "never");
      await s3api("abort-multipart-upload", "--bucket", bucket, "--key", "never", "--upload-id", other.UploadId);

      assert.match(
        await refused("s3api", "get-object-torrent", "--bucket", bucket, "--key", "k", file),
        /NotImplemented.*torrent/,
      );
      const keys = "Objects=[{Key=parts},{Key=absent}]";
      assert.equal((await s3api("delete-objects", "--bucket", bucket, "--delete", keys)).Deleted.length, 2);
      await s3api("delete-bucket", "--bucket", bucket);
      assert.match(await refused("s3api", "list-objects-v2", "--bucket", bucket), /NoSuchBucket/);
    });
  }

  test("the server met no fault of its own", () => {
    assert.doesNotMatch(service.errors(), /error/i);
  });
});
