// The test kit: what it gives, that kits do not know of each other, and that none outlives the process that started it.

import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateInvalidationCommand,
  ListDistributionsCommand,
} from "@aws-sdk/client-cloudfront";
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startWarmfront, type Warmfront } from "warmfront/testing";
import { deploy, smallConfig } from "../support/distribution.ts";
import { openTestOrigin } from "../support/test-origin.ts";
import { until } from "../support/until.ts";

const LEAKY = fileURLToPath(new URL("leaky-kit.ts", import.meta.url));

function clientsOf({ endpoint, region, credentials }: Warmfront) {
  const given = { endpoint, region, credentials, maxAttempts: 1 };
  return { cloudFront: new CloudFrontClient(given), s3: new S3Client({ ...given, forcePathStyle: true }) };
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

test("two kits in one process have nothing in common: ports, resources, clocks", async () => {
  await using origin = await openTestOrigin(() => ({ headers: { "Cache-Control": "max-age=60" }, body: "page" }));
  const [one, other] = await Promise.all([startWarmfront(), startWarmfront({ settings: { workers: 2 } })]);
  await using _both = { [Symbol.asyncDispose]: async () => void (await Promise.all([one.stop(), other.stop()])) };
  const ports = [one, other].flatMap((kit) => Object.values(kit.ports));
  assert.equal(new Set(ports).size, 6);

  const site = await deploy(clientsOf(one).cloudFront, smallConfig(origin.port));
  const elsewhere = await deploy(clientsOf(other).cloudFront, smallConfig(origin.port));
  for (const [kit, { domain }] of [
    [one, site],
    [other, elsewhere],
  ] as const) {
    const answer = await kit.fetch({ DomainName: domain }, "/a?b=c", { headers: { Accept: "text/plain" } });
    assert.equal(await answer.text(), "page");
    assert.equal(kit.edgeUrl(domain, "/a"), `http://${domain}:${kit.ports.http}/a`);
  }
  assert.equal((await other.fetch(site.domain)).status, 403);

  const ahead = await one.clock.advance("30d");
  assert.ok(ahead.getTime() - Date.now() > 29 * 86_400_000);
  assert.ok(Math.abs((await other.clock.now()).getTime() - Date.now()) < 60_000);
  const seen = async (kit: Warmfront, name: string) => (await kit.fetch(name, "/a?b=c")).headers.get("x-cache");
  assert.equal(await seen(other, elsewhere.domain), "Hit from cloudfront");
  assert.equal(await seen(one, site.domain), "Miss from cloudfront");

  await one.stop();
  await one.stop();
  for (const port of Object.values(one.ports)) assert.equal(await accepts(port), false);
  assert.equal(await seen(other, elsewhere.domain), "Hit from cloudfront");
});

test("a reset while everything is in use leaves nothing, and the kit goes on at the same addresses", async () => {
  await using kit = await startWarmfront({ settings: { workers: 2 } });
  await using origin = await openTestOrigin(() => ({ headers: { "Cache-Control": "max-age=60" }, body: "page" }));
  const { cloudFront, s3 } = clientsOf(kit);
  const over = new AbortController();
  const domains = new Set<string>();
  const busy = Array.from({ length: 4 }, async (_, index) => {
    for (let turn = 0; !over.signal.aborted; turn++) {
      const Bucket = `bucket-${index}-${turn}`;
      const config = smallConfig(origin.port, `${index}-${turn}`);
      // Whatever is taken away in the middle is refused, and no more.
      try {
        await s3.send(new CreateBucketCommand({ Bucket }));
        await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "x".repeat(10_000) }));
        const { Distribution } = await cloudFront.send(new CreateDistributionCommand({ DistributionConfig: config }));
        const { Id, DomainName = "" } = Distribution ?? {};
        domains.add(DomainName);
        for (let i = 0; i < 5; i++) await (await kit.fetch(DomainName, `/${i}`)).text();
        const InvalidationBatch = { CallerReference: "1", Paths: { Quantity: 1, Items: ["/*"] } };
        await cloudFront.send(new CreateInvalidationCommand({ DistributionId: Id, InvalidationBatch }));
      } catch (refusal) {
        assert.match(String(refusal), /NoSuch|does not exist/);
      }
    }
  });
  for (let turn = 0; turn < 10; turn++) {
    await kit.clock.advance("1h");
    await until(() => domains.size > turn * 3);
    await kit.reset();
  }
  over.abort();
  await Promise.all(busy);
  await kit.reset();

  assert.equal((await cloudFront.send(new ListDistributionsCommand())).DistributionList?.Quantity, 0);
  assert.deepEqual((await s3.send(new ListBucketsCommand())).Buckets ?? [], []);
  for (const domain of domains) assert.equal((await kit.fetch(domain, "/0")).status, 403);
  assert.ok(Math.abs((await kit.clock.now()).getTime() - Date.now()) < 60_000);

  const { domain } = await deploy(cloudFront, smallConfig(origin.port, "0-0"));
  assert.equal((await kit.fetch(domain, "/0")).headers.get("x-cache"), "Miss from cloudfront");
});

test("what the kit cannot do is said in words", async () => {
  await assert.rejects(
    startWarmfront({ settings: { wrokers: 2 } }),
    /wrokers" is not a setting; did you mean "workers"\?/,
  );
  await assert.rejects(startWarmfront({ settings: { workers: "many" } }), /"workers" must be 0 to 256, found "many"/);
  const lines: string[] = [];
  await using kit = await startWarmfront({ settings: { logLevel: "debug" }, log: (line) => lines.push(line) });
  await assert.rejects(kit.clock.advance("1 hour"), /"by" is a duration like 45s.*found "1 hour"/);
  assert.throws(
    () => kit.edgeUrl("E123"),
    /domain name or an alias, or by an object with its DomainName, found "E123"/,
  );
  assert.throws(() => kit.edgeUrl({}), /found undefined/);
  assert.throws(() => kit.edgeUrl("a.example", "page"), /a path begins with \//);
  await until(() => lines.some((line) => line.includes("runs as process")));
});

/** A program that starts a kit and never stops it, and what it has told of it. */
async function startLeaky(folder: string, how: string): Promise<{ child: ChildProcess; ports: readonly number[] }> {
  const child = spawn(process.execPath, [LEAKY, how], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: folder },
  });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  return { child, ports: JSON.parse(String(text)) as number[] };
}

/** The processes below this one, by the system's own list. */
function descendants(of: number): readonly number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [of];
  for (const parent of found) found.push(...pairs.filter(([, ppid]) => ppid === parent).map(([pid = 0]) => pid));
  return found.slice(1);
}

function isThere(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

for (const [how, claim] of [
  ["forget", "a kit that was never stopped does not keep its process, and ends with it"],
  ["throw", "a kit ends with a process that fails"],
  ["wait", "a kit ends with a process that is killed, and nothing is left of it"],
] as const) {
  test(claim, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-leaky-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { child, ports } = await startLeaky(folder, how);
    let below: readonly number[] = [];
    if (how === "wait") {
      below = descendants(child.pid ?? 0);
      assert.ok(below.length >= 3, `supervisor, control and a worker, found ${below.length}`);
      child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.deepEqual(
      [child.exitCode, child.signalCode],
      how === "wait" ? [null, "SIGKILL"] : [how === "throw" ? 1 : 0, null],
    );
    // The test's own time is the bound.
    await until(() => below.every((processId) => !isThere(processId)));
    await until(() => readdirSync(folder).every((name) => !name.startsWith("warmfront-")));
    for (const port of ports) while (await accepts(port)) await new Promise((resolve) => setTimeout(resolve, 10));
  });
}
