// A bucket in another S3-compatible store: a second service of ours on another port, whose keys the operator of the first has
// put into its settings.

import { CreateCloudFrontOriginAccessIdentityCommand } from "@aws-sdk/client-cloudfront";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cloudFrontClient, deploy, smallConfig, withAllMethods } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { startService } from "../support/running-service.ts";

function ask(port: number, host: string, method: string, body?: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, path: "/a%20key", method, agent: false, headers: { Host: host } },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asked.on("error", reject);
    asked.end(body);
  });
}

test("a bucket of another store is read and written with the operator's keys by those who are named, and by no others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "other-store-"));
  try {
    await using store = await startService();
    const { accessKeyId, secret: secretAccessKey } = newAccessKey(store, "333333333333");
    const credentials = { accessKeyId, secretAccessKey };
    const s3 = new S3Client({ endpoint: store.apiUrl, region: "us-east-1", credentials, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: "theirs" }));
    await s3.send(new PutObjectCommand({ Bucket: "theirs", Key: "a key", Body: "in the other store" }));

    const file = join(folder, "stores.json");
    const row = {
      buckets: ["their*"],
      endpoint: store.apiUrl,
      region: "us-east-1",
      accessKeyId,
      secretAccessKey,
      allow: { identities: ["E0"] },
    };
    const data = join(folder, "data");
    writeFileSync(file, JSON.stringify([row]));
    const allowed: string[] = [];
    // The first run makes the identity; the row that names it is read at the start of the second.
    for (const run of [1, 2]) {
      await using service = await startService(["--bucket-stores", file], { dataDirectory: data });
      const client = cloudFrontClient(service);
      const distribute = async (identity: string): Promise<string> => {
        const Origins = {
          Quantity: 1,
          Items: [
            {
              Id: "site",
              DomainName: "theirs.s3.amazonaws.com",
              S3OriginConfig: { OriginAccessIdentity: identity && `origin-access-identity/cloudfront/${identity}` },
            },
          ],
        };
        const { domain } = await deploy(client, withAllMethods({ ...smallConfig(80), Origins }));
        return domain;
      };
      if (run === 1) {
        const config = { CallerReference: "one", Comment: "" };
        const { CloudFrontOriginAccessIdentity: made } = await client.send(
          new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config }),
        );
        const id = made?.Id ?? "";
        allowed.push(id);
        assert.equal((await ask(service.edgePort, await distribute(id), "GET")).status, 403);
        writeFileSync(file, JSON.stringify([{ ...row, allow: { identities: [id] } }]));
      } else {
        const domain = await distribute(allowed[0] ?? "");
        assert.deepEqual(await ask(service.edgePort, domain, "GET"), { status: 200, text: "in the other store" });
        assert.equal((await ask(service.edgePort, domain, "PUT", "written")).status, 200);
        const stored = await s3.send(new GetObjectCommand({ Bucket: "theirs", Key: "a key" }));
        assert.equal(await stored.Body?.transformToString(), "written");
        const nobodys = await distribute("");
        assert.equal((await ask(service.edgePort, nobodys, "GET")).status, 403);
        assert.equal((await ask(service.edgePort, nobodys, "PUT", "x")).status, 403);
      }
      client.destroy();
    }
    s3.destroy();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
