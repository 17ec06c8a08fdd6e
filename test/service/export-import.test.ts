// The whole state as a file: written while the service runs and is written to, refused where it is not whole, and served from elsewhere.

import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { openSite } from "../support/distribution.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { warmfront } from "../support/warmfront-command.ts";

function s3({ apiUrl }: Pick<RunningService, "apiUrl">): S3Client {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return new S3Client({ endpoint: apiUrl, region: "us-east-1", credentials, forcePathStyle: true, maxAttempts: 1 });
}

test("what is exported while objects come and go is whole, and another service goes on from it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-export-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "state.warmfront");
  let id = "";
  {
    await using service = await startService();
    const here = ["--data-dir", service.dataDirectory];
    await using site = await openSite(service);
    id = site.id;
    const client = s3(service);
    await client.send(new CreateBucketCommand({ Bucket: "kept" }));
    await client.send(new PutObjectCommand({ Bucket: "kept", Key: "a", Body: "what was stored" }));
    const over = new AbortController();
    const busy = (async () => {
      for (let at = 0; !over.signal.aborted; at++) {
        await client.send(new PutObjectCommand({ Bucket: "kept", Key: `k${at % 3}`, Body: `number ${at}` }));
      }
    })();
    writeFileSync(join(service.dataDirectory, "authority", "left behind"), "by somebody else");
    const run = await warmfront("export", file, ...here);
    over.abort();
    await busy;
    assert.equal(run.status, 0, run.err);
    assert.match(run.out, /state\.warmfront: \d+ files, .*Secrets are in it/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(service.dataDirectory).filter((name) => name.startsWith("export-")),
      [],
    );
    assert.match((await warmfront("export", file, ...here)).err, /it is there already, and nothing is overwritten/);
    const refused = await warmfront("import", file, "--overwrite", ...here);
    assert.equal(refused.status, 1);
    assert.match(refused.err, /another server is running/);
    client.destroy();
  }

  const elsewhere = join(folder, "data");
  const there = ["--data-dir", elsewhere];
  const bytes = readFileSync(file);
  const changed = Buffer.from(bytes);
  changed[2000] = (changed[2000] ?? 0) ^ 1;
  for (const [content, message] of [
    [bytes.subarray(0, bytes.length - 3000), /it is cut off|sum is another/],
    [bytes.subarray(0, 700), /it is cut off/],
    [changed, /changed or damaged/],
    [Buffer.alloc(0), /it is cut off/],
    [Buffer.alloc(5000, "x"), /it is no export of Warmfront/],
  ] as const) {
    const ill = join(folder, "ill");
    writeFileSync(ill, content);
    const run = await warmfront("import", ill, ...there);
    assert.equal(run.status, 1);
    assert.match(run.err, message);
    assert.equal(existsSync(join(elsewhere, "store.sqlite")), false, "nothing is left of it");
    assert.deepEqual(
      readdirSync(elsewhere).filter((name) => name.startsWith("import-")),
      [],
    );
  }

  const run = await warmfront("import", file, ...there);
  assert.equal(run.status, 0, run.err);
  assert.doesNotMatch(run.out, /What was there/, "there was nothing but locks");
  assert.match((await warmfront("import", file, ...there)).err, /there is a state in .* already: .*--overwrite/);
  const again = await warmfront("import", file, "--overwrite", ...there);
  assert.equal(again.status, 0, again.err);
  const [, kept = ""] = /What was there is in (.+); remove/.exec(again.out) ?? [];
  assert.ok(existsSync(join(kept, "store.sqlite")), again.out);

  await using service = await startService([], { dataDirectory: elsewhere });
  assert.match((await warmfront("distributions", ...there)).out, new RegExp(`^${id} `, "m"));
  const client = s3(service);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: "kept", Key: "a" }));
  assert.equal(await Body?.transformToString(), "what was stored");
  client.destroy();
});
