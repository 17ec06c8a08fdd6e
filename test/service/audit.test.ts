// The audit log of the whole service: written before the caller has its answer, and rotated by a reload.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { CreateCloudFrontOriginAccessIdentityCommand } from "@aws-sdk/client-cloudfront";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bucketClient } from "../support/bucket-client.ts";
import { cloudFrontClient } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { processesOf, startService } from "../support/running-service.ts";
import { until, untilSaid } from "../support/until.ts";

interface Line {
  readonly created: string;
  readonly from: string;
  readonly accessKeyId?: string;
  readonly operation: string;
  readonly resource?: string;
  readonly status: number;
}

const linesOf = (path: string): Line[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

test(
  "every call that was answered has its line, although the process is killed behind it, and a file that was renamed is left",
  { timeout: 60_000 },
  async () => {
    await using folder = await startService(); // for a folder that is removed
    const path = join(folder.dataDirectory, "audit.log");
    await using service = await startService(["--audit-log", path, "--log-level", "debug"]);
    const client = cloudFrontClient(service);
    const create = async (): Promise<string> => {
      const config = { CallerReference: randomUUID(), Comment: "" };
      const command = new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config });
      return (await client.send(command)).CloudFrontOriginAccessIdentity?.Id ?? "";
    };
    const first = await create();
    const [api = 0] = processesOf(service, "api");
    process.kill(api, "SIGKILL");
    assert.deepEqual(
      linesOf(path).map(({ created, from }) => [created, from]),
      [[first, "127.0.0.1"]],
    );
    const health = (): Promise<boolean> =>
      fetch(`${service.apiUrl}/_warmfront/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await health())) continue;
    const second = await create();
    renameSync(path, `${path}.1`);
    service.process.kill("SIGHUP");
    await untilSaid(service, "reloaded:");
    await until(() => linesOf(`${path}.1`).length === 2);
    const third = await create();
    assert.deepEqual(
      linesOf(`${path}.1`).map(({ created }) => created),
      [first, second],
    );
    assert.deepEqual(
      linesOf(path).map(({ created }) => created),
      [third],
    );
  },
);

/** Who, what, how it ended. */
const told = ({ accessKeyId, operation, resource, status }: Line): string =>
  `${accessKeyId ?? "nobody"} ${operation} ${resource?.replace("arn:aws:s3:::", "") ?? "-"} ${status}`;

for (const [flags, hasObjects] of [
  [[], false],
  [["--audit-objects", "yes"], true],
] as const) {
  test(
    `who manages buckets has a line${hasObjects ? ", and who changes objects, too" : ""}, with no secret of a presigned URL in it`,
    { timeout: 60_000 },
    async () => {
      await using folder = await startService(); // for a folder that is removed
      const path = join(folder.dataDirectory, "audit.log");
      await using service = await startService(["--audit-log", path, ...flags]);
      const { accessKeyId, secret } = newAccessKey(service, "111122223333");
      const s3 = bucketClient(service, 1, { accessKeyId, secretAccessKey: secret });
      const Bucket = "audited";
      await s3.send(new CreateBucketCommand({ Bucket }));
      await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      const Statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::audited/*" };
      await s3.send(
        new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
      );
      await s3.send(new GetBucketPolicyCommand({ Bucket }));
      const presigned = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "a b" }));
      const [, signature = ""] = /X-Amz-Signature=(\w+)/.exec(presigned) ?? [];
      const forged = signature.replaceAll(/[0-9a-f]/g, "e");
      assert.equal((await fetch(presigned, { method: "PUT", body: "content" })).status, 200);
      assert.equal((await fetch(presigned.replace(signature, forged), { method: "PUT", body: "content" })).status, 403);
      await fetch(`${service.apiUrl}/${Bucket}?policy&X-Amz-Security-Token=c2VjcmV0`, { method: "DELETE" });
      const others = bucketClient(service);
      await assert.rejects(others.send(new DeleteBucketCommand({ Bucket })), { name: "AccessDenied" });
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a b" }] } }));
      await s3.send(new DeleteBucketCommand({ Bucket }));
      const ofObjects = hasObjects
        ? [`${accessKeyId} s3:PutObject audited/a%20b 200`, "nobody s3:PutObject audited/a%20b 403"]
        : [];
      assert.deepEqual(linesOf(path).map(told), [
        `${accessKeyId} s3:CreateBucket audited 200`,
        `${accessKeyId} s3:DeletePublicAccessBlock audited 204`,
        `${accessKeyId} s3:PutBucketPolicy audited 204`,
        ...ofObjects,
        "nobody s3:DeleteBucketPolicy audited 403",
        "test s3:DeleteBucket audited 403",
        ...(hasObjects ? [`${accessKeyId} s3:DeleteObjects audited 200`] : []),
        `${accessKeyId} s3:DeleteBucket audited 204`,
      ]);
      const text = readFileSync(path, "utf8");
      for (const hidden of [secret, signature, forged, "c2VjcmV0", "X-Amz", "content"])
        assert.ok(!text.includes(hidden), `${hidden} is in the log`);
    },
  );
}

test("an audit log that cannot be opened is told at the start", { timeout: 60_000 }, async () => {
  await assert.rejects(
    startService(["--audit-log", "/nowhere/at/all"]),
    /audit log \/nowhere\/at\/all cannot be opened/,
  );
});
