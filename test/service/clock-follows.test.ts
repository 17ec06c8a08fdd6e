// What follows the time that is moved beside ages (access logs, signed URLs, certificates), and what does not: signatures of real clients.

import { CreateKeyGroupCommand, CreatePublicKeyCommand, ListDistributionsCommand } from "@aws-sdk/client-cloudfront";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/cloudfront-signer";
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { readFileSync } from "node:fs";
import { clearedEnvironment, findEachAws, runProgram } from "../clients/program.ts";
import { openFronted } from "../clients/fronted.ts";
import { bucketClient } from "../support/bucket-client.ts";
import { createLogBucket, openLoggedSite, readLogBucket } from "../support/delivered-logs.ts";
import { cloudFrontClient } from "../support/distribution.ts";
import { askOwn, moveClock } from "../support/own-paths.ts";
import { clientEnvironment, startService, type RunningService } from "../support/running-service.ts";
import { view } from "../support/test-origin.ts";
import { newRsaKey } from "../support/viewer-signing.ts";

const startWith = (workers: number): Promise<RunningService> =>
  startService(["--test-controls", "yes", "--workers", String(workers)]);

for (const workers of [1, 4]) {
  test(`logs of ${workers} workers that are due are there when the clock has moved, by hours of the time they were asked at`, async () => {
    await using service = await startWith(workers);
    const s3 = bucketClient(service);
    await createLogBucket(s3, "logs");
    await using site = await openLoggedSite(cloudFrontClient(service), { logBucket: "logs" });
    const hours: string[] = [];
    const ask = async (path: string): Promise<void> => {
      const { told } = await askOwn(service, "GET", "clock");
      hours.push(String(told["now"]).slice(0, 13).replace("T", "-"));
      for (let i = 0; i < 8; i++) await view(service.edgePort, site.domain, `${path}${i}`);
    };
    await moveClock(service, "freeze"); // no hour ends in the middle of it
    await ask("/first");
    await moveClock(service, "advance 1m");
    assert.deepEqual(await readLogBucket(s3, "logs"), [], "nothing is due before its interval");
    await moveClock(service, "advance 26h");
    const first = await readLogBucket(s3, "logs");
    await ask("/second");
    await moveClock(service, "advance 5m");
    const all = await readLogBucket(s3, "logs");
    for (const [files, paths] of [
      [first, "/first"],
      [all.filter(({ key }) => first.every((other) => other.key !== key)), "/second"],
    ] as const) {
      const hour = hours[paths === "/first" ? 0 : 1] ?? "";
      const lines = files.flatMap((file) => file.lines);
      assert.equal(lines.length, 8, paths);
      for (const line of lines) {
        assert.ok(line["cs-uri-stem"].startsWith(paths));
        assert.equal(`${line.date}-${line.time.slice(0, 2)}`, hour);
        assert.ok(Number(line["time-taken"]) < 10, "what took long is measured by the machine");
      }
      for (const { key } of files) assert.ok(key.startsWith(`${site.id}.${hour}.`), `${key} is not of ${hour}`);
    }
  });
}

test("a reset takes along what was logged: a bucket of the same name gets nothing of before", async () => {
  await using service = await startWith(2);
  const s3 = bucketClient(service);
  const open = async (): Promise<AsyncDisposable & { readonly domain: string }> => {
    await createLogBucket(s3, "logs");
    return openLoggedSite(cloudFrontClient(service), { logBucket: "logs" });
  };
  await using before = await open();
  await view(service.edgePort, before.domain, "/before");
  assert.equal((await askOwn(service, "POST", "reset")).status, 200);
  assert.equal((await view(service.edgePort, before.domain, "/before")).status, 403);
  await using after = await open();
  await view(service.edgePort, after.domain, "/after");
  await moveClock(service, "advance 5m");
  const lines = (await readLogBucket(s3, "logs")).flatMap((file) => file.lines);
  assert.deepEqual(
    lines.map((line) => line["cs-uri-stem"]),
    ["/after"],
  );
});

test("a signed URL ends when the clock has come to its end, and not before", async () => {
  await using service = await startWith(2);
  const client = cloudFrontClient(service);
  const key = newRsaKey("");
  const { PublicKey } = await client.send(
    new CreatePublicKeyCommand({ PublicKeyConfig: { CallerReference: "1", Name: "key", EncodedKey: key.pem } }),
  );
  const { KeyGroup } = await client.send(
    new CreateKeyGroupCommand({ KeyGroupConfig: { Name: "group", Items: [PublicKey?.Id ?? ""] } }),
  );
  const TrustedKeyGroups = { Enabled: true, Quantity: 1, Items: [KeyGroup?.Id ?? ""] };
  await using site = await openFronted(service, (_request, response) => response.end("private"), {
    behavior: { TrustedKeyGroups },
  });
  const privateKey = key.privateKey.export({ type: "pkcs8", format: "pem" });
  const signed = (aheadMs: number): string => {
    const dateLessThan = new Date(Date.now() + aheadMs).toISOString();
    const url = getSignedUrl({ url: `${site.http}/a`, keyPairId: PublicKey?.Id ?? "", privateKey, dateLessThan });
    return url.slice(site.http.length);
  };
  const { host } = new URL(site.http);
  const status = async (target: string): Promise<number> => (await view(service.edgePort, host, target)).status;
  const [soon, later] = [signed(60_000), signed(7_200_000)];
  assert.deepEqual([await status(soon), await status(later)], [200, 200]);
  await moveClock(service, "advance 1h");
  assert.deepEqual([await status(soon), await status(later)], [403, 200]);
  await moveClock(service, "advance 1h1m");
  assert.deepEqual([await status(soon), await status(later)], [403, 403]);
  await moveClock(service, "reset");
  assert.deepEqual([await status(soon), await status(later)], [200, 200]);
});

/** As a client sees it whose clock nobody has moved. */
async function shownCertificate(service: RunningService): Promise<{ readonly from: number; readonly to: number }> {
  const socket = connect({
    host: "127.0.0.1",
    port: service.edgeHttpsPort,
    servername: "d0.cloudfront.localhost",
    ca: readFileSync(service.rootFile),
  });
  await once(socket, "secureConnect");
  const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
  socket.destroy();
  return { from: Date.parse(from), to: Date.parse(to) };
}

test("the edge's own certificate is renewed before the moved clock comes to its end, and is good by the machine's, too", async () => {
  await using service = await startWith(2);
  const before = await shownCertificate(service);
  const { now } = await moveClock(service, "advance 380d");
  for (let i = 0; i < 8; i++) {
    const after = await shownCertificate(service);
    assert.ok(after.to > before.to);
    assert.ok(after.to > Date.parse(String(now)) + 300 * 86_400_000, "good for a year of the moved time");
    assert.ok(after.from <= Date.now());
  }
});

test("clients of the API and of buckets go on working thirty days later: their signatures are by their own clocks", async (t) => {
  await using service = await startWith(2);
  const folder = mkdtempSync(join(tmpdir(), "warmfront-clock-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await moveClock(service, "advance 30d");
  await cloudFrontClient(service).send(new ListDistributionsCommand());
  const s3 = bucketClient(service);
  await s3.send(new CreateBucketCommand({ Bucket: "site" }));
  await s3.send(new PutObjectCommand({ Bucket: "site", Key: "a", Body: "from the SDK" }));
  const environment = { ...clearedEnvironment(folder), ...clientEnvironment(service) };
  const given = { environment, folder, timeoutSeconds: 50 };

  const python = [
    "import boto3, os",
    "e = os.environ['AWS_ENDPOINT_URL']",
    "boto3.client('cloudfront', endpoint_url=e).list_distributions()",
    "print(boto3.client('s3', endpoint_url=e).get_object(Bucket='site', Key='a')['Body'].read().decode())",
  ].join("\n");
  const read = await runProgram("/usr/bin/python3", ["-W", "ignore", "-c", python], given);
  assert.equal(read.out.trim(), "from the SDK", read.err);

  writeFileSync(join(folder, "b"), "from the CLI");
  for (const { program } of await findEachAws()) {
    const aws = (...words: string[]) => runProgram(program, [...words, "--endpoint-url", service.apiUrl], given);
    const put = await aws("s3", "cp", "--no-progress", "b", "s3://site/b");
    assert.equal(put.status, 0, put.err);
    const listed = await aws("cloudfront", "list-distributions");
    assert.equal(listed.status, 0, listed.err);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "site", Key: "b" }));
    assert.equal(await Body?.transformToString(), "from the CLI");
  }
});
