// The log of the whole service as programs read it: every line an object, from each process, and no secret in it whatever was asked.

import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import assert from "node:assert/strict";
import test from "node:test";
import { bucketClient } from "../support/bucket-client.ts";
import { openSite } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { startService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { until } from "../support/until.ts";

interface Line {
  readonly time: string;
  readonly level: string;
  readonly part: string;
  readonly worker?: number;
  readonly process: number;
  readonly event?: string;
  readonly requestId?: string;
  readonly message: string;
}

const MEMBERS = new Set(["time", "level", "part", "worker", "process", "event", "requestId", "message"]);

test(
  "with --log-format json each line is an object with its process, and none holds a secret",
  { timeout: 60_000 },
  async () => {
    await using service = await startService(["--log-format", "json", "--log-level", "debug", "--workers", "2"]);
    await using site = await openSite(service);
    const { accessKeyId, secret } = newAccessKey(service, "111122223333");
    const credentials = { accessKeyId, secretAccessKey: secret };
    const s3 = bucketClient(service, 1, credentials);
    await s3.send(new CreateBucketCommand({ Bucket: "mine" }));
    const presigned = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "mine", Key: "a" }));
    const signature = /X-Amz-Signature=(\w+)/.exec(presigned)?.[1] ?? assert.fail(presigned);
    // Each is refused, and a refusal is what a log tells of.
    const forged = signature.replaceAll(/[0-9a-f]/g, "e");
    const refused = [presigned.replace(signature, forged), presigned.replace("X-Amz-Expires=900", "X-Amz-Expires=1")];
    for (const url of refused) assert.equal((await fetch(url, { method: "PUT", body: "b" })).status, 403);
    const token = "c2VjcmV0LXRva2Vu";
    await fetch(`${service.apiUrl}/mine/b?X-Amz-Security-Token=${token}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    await fetch(`${service.apiUrl}/2020-05-31/distribution?Signature=${token}`, {
      headers: { Authorization: `AWS4-HMAC-SHA256 Credential=${secret}/20261121/us-east-1/cloudfront/aws4_request` },
    });
    for (const path of [`/a?Signature=${token}&Key-Pair-Id=K1`, "/b"])
      await view(service.edgePort, path === "/b" ? "nobody.test" : site.domain, path);
    const lines = (): readonly Line[] =>
      service
        .errors()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    await until(() => lines().filter(({ event }) => event === "request was refused").length >= refused.length);
    for (const line of lines()) {
      assert.deepEqual(
        Object.keys(line).filter((name) => !MEMBERS.has(name)),
        [],
      );
      assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(Number.isInteger(line.process) && line.message !== "");
      assert.equal(
        line.part === "edge" && line.process !== service.process.pid,
        line.worker !== undefined,
        JSON.stringify(line),
      );
    }
    const ofRefusals = lines().filter(({ event }) => event === "request was refused");
    assert.ok(ofRefusals.every(({ requestId, part }) => requestId !== undefined && part === "buckets"));
    const all = service.errors();
    for (const hidden of [secret, signature, forged, token])
      assert.ok(!all.includes(hidden), `${hidden} is in the log`);
  },
);
