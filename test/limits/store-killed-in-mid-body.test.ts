// The bucket store dies while the edge streams a private object to a viewer: the viewer sees that its body was broken off,
// nothing is kept as the whole object, and the next request after the restart gets all of it.

import { HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { bucketClient, untilAnswered } from "../support/bucket-client.ts";
import { distributePrivately } from "../support/private-bucket.ts";
import { processesOf, startService } from "../support/running-service.ts";

const Bucket = "cut";
const BYTES = 60_000_000;

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function open(port: number, host: string): Promise<IncomingMessage> {
  const asking = request({ host: "127.0.0.1", port, path: "/k", headers: { host }, agent: false }).end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  asking.on("error", () => undefined); // told by the response, too
  return response;
}

/** What came until the end, and whether that was the end of the body. */
async function readAll(response: IncomingMessage): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  response.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  response.on("error", () => undefined);
  await new Promise((resolve) => response.once("close", resolve));
  return { bytes: Buffer.concat(chunks), isWhole: response.complete };
}

test("a private object whose store is killed in mid-body is broken off, not kept, and whole the next time", async () => {
  await using service = await startService(["--log-level", "debug"]);
  const s3 = bucketClient(service);
  try {
    const host = await distributePrivately(service, s3, Bucket);
    const Body = randomBytes(BYTES);
    await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body, CacheControl: "max-age=600" }));

    const cut = await open(service.edgePort, host);
    assert.equal(cut.statusCode, 200);
    assert.equal(cut.headers["content-length"], String(BYTES));
    // The viewer has not taken anything yet, so the store is still reading.
    process.kill(processesOf(service, "api").at(-1) ?? 0, "SIGKILL");
    const broken = await readAll(cut);
    assert.ok(!broken.isWhole && broken.bytes.length < BYTES, `${broken.bytes.length} bytes`);
    assert.equal(Body.compare(broken.bytes, 0, broken.bytes.length, 0, broken.bytes.length), 0, "no byte is another");

    // The first request that finds the store back; before that the edge says, and keeps for a while, that there is none.
    await untilAnswered(() => s3.send(new HeadBucketCommand({ Bucket })));
    for (const expected of ["Miss", "Hit"]) {
      const got = await open(service.edgePort, host);
      assert.equal(got.statusCode, 200);
      assert.match(String(got.headers["x-cache"]), new RegExp(`^${expected} `));
      const { bytes, isWhole } = await readAll(got);
      assert.ok(isWhole);
      assert.equal(digest(bytes), digest(Body));
    }
  } finally {
    s3.destroy();
  }
});
