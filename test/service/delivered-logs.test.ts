// Access logs of distributions from requests of real viewers to files in log buckets, read back and held against what the viewers
// counted.

import {
  CreateBucketCommand,
  DeleteBucketCommand,
  ListBucketsCommand,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateStreamingDistributionCommand,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
  type StreamingDistributionConfig,
} from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { gunzipSync } from "node:zlib";
import { DEFAULT_KEY } from "../../src/callers/default-key.ts";
import type { RefusedLogs } from "../../src/service/deliver-logs.ts";
import { askStatus } from "../../src/service/service-status.ts";
import { bucketClient } from "../support/bucket-client.ts";
import {
  createLogBucket,
  openLoggedSite,
  untilDelivered,
  type LogFile,
  type Logged,
} from "../support/delivered-logs.ts";
import { cloudFrontClient } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";
import { readExposition, type Exposition } from "../support/exposition.ts";
import { untilSaid } from "../support/until.ts";
import { warmfront } from "../support/warmfront-command.ts";

const OFTEN = ["--log-delivery-seconds", "1", "--log-level", "debug"];

/** What a viewer knows of a request of its own, by names of fields in the log. */
interface Seen {
  readonly target: string;
  readonly method: string;
  readonly status: string;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly result: string;
}

/** Asks over a connection of its own and counts what goes over it. */
async function ask(port: number, host: string, target: string, more = "", method = "GET"): Promise<Seen> {
  const socket = connect(port, "127.0.0.1");
  const request = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`;
  const pieces: Buffer[] = [];
  socket.on("data", (piece: Buffer) => pieces.push(piece));
  socket.end(request);
  await once(socket, "close");
  const text = Buffer.concat(pieces).toString("latin1");
  const result = /^X-Cache: (\w+) from/im.exec(text)?.[1] ?? "Error";
  return {
    target,
    method,
    status: text.slice(9, 12),
    bytesOut: text.length,
    bytesIn: request.length,
    result: result === "LambdaGeneratedResponse" ? "Miss" : result,
  };
}

/** The same of its line in the log. */
function seenIn(line: Logged): Seen {
  const query = line["cs-uri-query"];
  return {
    target: line["cs-uri-stem"] + (query === "-" ? "" : `?${query}`),
    method: line["cs-method"],
    status: line["sc-status"],
    bytesOut: Number(line["sc-bytes"]),
    bytesIn: Number(line["cs-bytes"]),
    result: line["x-edge-result-type"],
  };
}

const inOrder = (all: readonly Seen[]): readonly string[] => all.map((one) => JSON.stringify(one)).toSorted();
const linesOf = (files: readonly LogFile[]): readonly Logged[] => files.flatMap(({ lines }) => lines);

function pathsOf(files: readonly LogFile[]): readonly string[] {
  return linesOf(files)
    .map((line) => line["cs-uri-stem"])
    .toSorted();
}

async function askAll(service: RunningService, host: string, name: string, count: number): Promise<readonly string[]> {
  const paths = Array.from({ length: count }, (_, index) => `/${name}/${String(index).padStart(5, "0")}`);
  await Promise.all(paths.map((path) => ask(service.edgePort, host, path)));
  return paths;
}

test(
  "what viewers counted is in the files, under the names that readers of such logs expect",
  { timeout: 60_000 },
  async () => {
    await using service = await startService([...OFTEN, "--workers", "2"]);
    const s3 = bucketClient(service);
    const client = cloudFrontClient(service);
    for (const Bucket of ["logs-one", "logs-two"]) await createLogBucket(s3, Bucket);
    await using one = await openLoggedSite(client, { logBucket: "logs-one", prefix: "cdn/one", includeCookies: true });
    await using two = await openLoggedSite(client, { logBucket: "logs-two", prefix: "two/" });
    await using silent = await openLoggedSite(client, { logBucket: "" });
    const cookie = "Cookie: a=b c\r\n";
    const mixed: readonly (readonly [target: string, method?: string])[] = [
      ["/a"],
      ["/a"],
      ["/a", "HEAD"],
      ["/b?q=1&r=2"],
      ["/c", "POST"],
      ["/a%20b"],
    ];
    const seenOf = async (host: string): Promise<readonly Seen[]> => {
      const all: Seen[] = [];
      for (const [target, method] of mixed) all.push(await ask(service.edgePort, host, target, cookie, method));
      return all;
    };
    const [ofOne, ofTwo] = [await seenOf(one.domain), await seenOf(two.domain)];
    await seenOf(silent.domain);
    const [inOne, inTwo] = [await untilDelivered(s3, "logs-one", 6), await untilDelivered(s3, "logs-two", 6)];
    const asLogged = (seen: Seen): Seen => ({ ...seen, target: seen.target.replace("%20", "%2520") });
    assert.deepEqual(inOrder(linesOf(inOne).map(seenIn)), inOrder(ofOne.map(asLogged)));
    assert.deepEqual(inOrder(linesOf(inTwo).map(seenIn)), inOrder(ofTwo.map(asLogged)));
    for (const [files, prefix, site, cookies] of [
      [inOne, "cdn/one/", one, "a=b%20c"],
      [inTwo, "two/", two, "-"],
    ] as const) {
      for (const { key, lines } of files) {
        const name = key.slice(prefix.length);
        assert.ok(key.startsWith(prefix), key);
        assert.match(name, new RegExp(`^${site.id}\\.\\d{4}-\\d\\d-\\d\\d-\\d\\d\\.[0-9A-Z]{11}\\.gz$`));
        const hour = name.slice(site.id.length + 1, site.id.length + 14);
        for (const line of lines) {
          assert.equal(`${line.date}-${line.time.slice(0, 2)}`, hour);
          assert.equal(line["cs(Host)"], site.domain);
          assert.equal(line["cs(Cookie)"], cookies);
        }
      }
    }
  },
);

test(
  "a bucket that is gone, and one that refuses, gets everything once it is there again",
  { timeout: 60_000 },
  async () => {
    await using service = await startService(OFTEN);
    const s3 = bucketClient(service);
    await createLogBucket(s3, "gone");
    await createLogBucket(s3, "there");
    const client = cloudFrontClient(service);
    await using site = await openLoggedSite(client, { logBucket: "gone" });
    await using other = await openLoggedSite(client, { logBucket: "there" });
    await s3.send(new DeleteBucketCommand({ Bucket: "gone" }));
    const asked = [...(await askAll(service, site.domain, "away", 10))];
    await untilSaid(service, `the access log of ${site.id} waits for the bucket gone: NoSuchBucket`);
    // Whoever looks after it is told, by each way.
    const waiting = await untilWaiting(service, 1);
    assert.deepEqual(
      waiting.map(({ distribution, bucket, why }) => ({ distribution, bucket, why })),
      [{ distribution: site.id, bucket: "gone", why: "NoSuchBucket, there is no bucket gone" }],
    );
    const told = await warmfront("status", "--data-dir", service.dataDirectory);
    assert.match(told.out, new RegExp(`^Access logs +${site.id} waits for the bucket gone since 20\\S+ \\(`, "m"));
    const found = await warmfront("doctor", "--data-dir", service.dataDirectory);
    assert.match(found.out, new RegExp(`${site.id} waits for the bucket gone since`));
    const url = `http://${site.domain}:${service.edgePort}/`;
    const explained = await warmfront("explain", url, "--data-dir", service.dataDirectory);
    assert.match(explained.out, /access-log +\d+ files? waits? for the bucket gone/);
    assert.match(explained.out, /NoSuchBucket, there is no bucket gone/);
    const metrics = await scrapeMetrics(service);
    assert.equal(metrics.sum("warmfront_log_targets_refused"), 1);
    assert.ok(metrics.sum("warmfront_log_files_waiting") > 0);
    assert.ok(metrics.sum("warmfront_log_bytes_waiting", { place: "outbox" }) > 0);
    assert.ok(metrics.sum("warmfront_log_puts_refused_total") > 0);
    assert.ok(metrics.sum("warmfront_log_oldest_seconds") > 0);
    // Others do not wait for it.
    const ofOther = await askAll(service, other.domain, "other", 5);
    assert.deepEqual(pathsOf(await untilDelivered(s3, "there", 5)), ofOther);
    await createLogBucket(s3, "gone");
    const Deny = { Effect: "Deny", Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::gone/*" };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: Deny });
    await s3.send(new PutBucketPolicyCommand({ Bucket: "gone", Policy }));
    await untilSaid(service, `waits for the bucket gone: AccessDenied`);
    asked.push(...(await askAll(service, site.domain, "denied", 10)));
    await s3.send(new DeleteBucketCommand({ Bucket: "gone" })).catch(() => undefined);
    await createLogBucket(s3, "gone");
    assert.deepEqual(pathsOf(await untilDelivered(s3, "gone", asked.length)), asked.toSorted());
    await untilSaid(service, `the access log of ${site.id} is put into the bucket gone again`);
    assert.deepEqual(await untilWaiting(service, 0), []);
    const after = await scrapeMetrics(service);
    assert.equal(after.sum("warmfront_log_lines_delivered_total"), asked.length + ofOther.length);
    assert.equal(after.sum("warmfront_log_lines_total"), asked.length + ofOther.length);
    assert.equal(after.sum("warmfront_log_files_waiting"), 0);
    for (const name of ["log_lines_lost_total", "log_file_lines_lost_total", "log_files_lost_total"])
      assert.equal(after.sum(`warmfront_${name}`), 0, name);
  },
);

test("over a connection that stays open each line has the id that its viewer got", { timeout: 60_000 }, async () => {
  await using service = await startService(OFTEN);
  const s3 = bucketClient(service);
  await createLogBucket(s3, "logs");
  const page = { ErrorCode: 404, ResponsePagePath: "/error.html", ResponseCode: "404", ErrorCachingMinTTL: 60 };
  const CustomErrorResponses = { Quantity: 1, Items: [page] };
  await using site = await openLoggedSite(cloudFrontClient(service), { logBucket: "logs" }, { CustomErrorResponses });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (path: string, more: Readonly<Record<string, string>>, method = "GET"): Promise<string> => {
    const headers = { Host: site.domain, ...more };
    const asking = httpRequest({ host: "127.0.0.1", port: service.edgePort, path, method, headers, agent }).end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    await once(response.resume(), "end");
    return `${String(response.headers["x-amz-cf-id"])} ${method} ${path} ${response.statusCode}`;
  };
  const seen: string[] = [];
  for (let round = 0; round < 5; round++) {
    for (const path of ["/a", "/missing", "/missing/too", "/a?x=1", "/b"]) seen.push(await ask(path, {}));
    seen.push(await ask("/a", {}, "HEAD"), await ask("/a", { Range: "bytes=0-1" }));
  }
  agent.destroy();
  const logged = (await untilDelivered(s3, "logs", seen.length)).flatMap(({ lines }) =>
    lines.map((line) => {
      const query = line["cs-uri-query"] === "-" ? "" : `?${line["cs-uri-query"]}`;
      return `${line["x-edge-request-id"]} ${line["cs-method"]} ${line["cs-uri-stem"]}${query} ${line["sc-status"]}`;
    }),
  );
  assert.deepEqual(logged.toSorted(), seen.toSorted());
});

test("what was asked before the log was turned off is delivered", { timeout: 60_000 }, async () => {
  await using service = await startService([...OFTEN, "--log-delivery-seconds", "3"]);
  const s3 = bucketClient(service);
  await createLogBucket(s3, "logs");
  const client = cloudFrontClient(service);
  await using site = await openLoggedSite(client, { logBucket: "logs" });
  const asked = await askAll(service, site.domain, "before", 5);
  const { DistributionConfig, ETag } = await client.send(new GetDistributionConfigCommand({ Id: site.id }));
  assert.ok(DistributionConfig !== undefined);
  const off = { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" };
  await client.send(
    new UpdateDistributionCommand({
      Id: site.id,
      IfMatch: ETag,
      DistributionConfig: { ...DistributionConfig, Logging: off },
    }),
  );
  assert.deepEqual(pathsOf(await untilDelivered(s3, "logs", 5)), asked);
});

/** The control process tells once a second. */
async function untilWaiting(service: RunningService, count: number): Promise<readonly RefusedLogs[]> {
  for (;;) {
    const outcome = await askStatus(service.dataDirectory);
    if (outcome.kind === "running" && outcome.status.logs?.refusedCount === count) return outcome.status.logs.refused;
    await nextTurn();
  }
}

async function scrapeMetrics({ apiUrl }: RunningService): Promise<Exposition> {
  return readExposition(await (await fetch(`${apiUrl}/metrics`)).text());
}

const OTHER_ACCOUNT = "111122223333";
const canonicalIdOf = async (s3: S3Client): Promise<string> =>
  (await s3.send(new ListBucketsCommand())).Owner?.ID ?? assert.fail("no owner");

test(
  "a bucket that is not there, has no ACLs or is somebody else's is refused in the real service's words, and one that was granted is logged into",
  { timeout: 60_000 },
  async () => {
    await using service = await startService(OFTEN);
    const s3 = bucketClient(service);
    const client = cloudFrontClient(service);
    const { accessKeyId, secret } = newAccessKey(service, OTHER_ACCOUNT);
    const theirs = bucketClient(service, 1, { accessKeyId, secretAccessKey: secret });
    await s3.send(new CreateBucketCommand({ Bucket: "as-of-today" }));
    await createLogBucket(theirs, "theirs");
    const host = "s3.amazonaws.com";
    for (const [logBucket, name, message] of [
      ["nowhere", "InvalidArgument", "The parameter Logging Bucket does not refer to a valid S3 bucket."],
      [
        "as-of-today",
        "InvalidArgument",
        `The S3 bucket that you specified for CloudFront logs does not enable ACL access: as-of-today.${host}`,
      ],
      [
        "theirs",
        "AccessDenied",
        `You don't have permission to access the S3 bucket for CloudFront logs: theirs.${host} If you're using IAM, you need s3:GetBucketAcl and s3:PutBucketAcl permissions to create a distribution or to update log settings for an existing distribution. In addition, the S3 ACL for the bucket must grant you FULL_CONTROL.`,
      ],
    ] as const) {
      await assert.rejects(openLoggedSite(client, { logBucket }), { name, message });
    }
    const grants = [await canonicalIdOf(theirs), await canonicalIdOf(s3)].map((id) => `id=${id}`).join(", ");
    await theirs.send(new PutBucketAclCommand({ Bucket: "theirs", GrantFullControl: grants }));
    await using site = await openLoggedSite(client, { logBucket: "theirs", prefix: "of-others" });
    const asked = await askAll(service, site.domain, "granted", 5);
    assert.deepEqual(pathsOf(await untilDelivered(theirs, "theirs", 5)), asked);
    // The grant is taken away: what is asked then waits, and comes with the next grant.
    await theirs.send(new PutBucketAclCommand({ Bucket: "theirs", ACL: "private" }));
    const later = await askAll(service, site.domain, "later", 5);
    await untilSaid(service, `the access log of ${site.id} waits for the bucket theirs: AccessDenied`);
    await theirs.send(new PutBucketAclCommand({ Bucket: "theirs", GrantFullControl: grants }));
    assert.deepEqual(pathsOf(await untilDelivered(theirs, "theirs", 10)), [...asked, ...later]);
  },
);

test(
  "a bucket in another store is logged into by the accounts that the operator lets in, and gets all once it is back",
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "warmfront-stores-"));
    try {
      await using store = await startService();
      const { accessKeyId, secret: secretAccessKey } = newAccessKey(store, "333333333333");
      const there = bucketClient(store, 1, { accessKeyId, secretAccessKey });
      const file = join(folder, "stores.json");
      const letIn = (logs: readonly string[]): void => {
        const keys = { endpoint: store.apiUrl, region: "us-east-1", accessKeyId, secretAccessKey };
        writeFileSync(file, JSON.stringify([{ buckets: ["far-*"], ...keys, allow: { logs } }]));
      };
      letIn([]);
      await using service = await startService([...OFTEN, "--bucket-stores", file]);
      const client = cloudFrontClient(service);
      const far = { logBucket: "far-logs", prefix: "cdn/\u00e4 b+c'(d)*~" };
      await assert.rejects(openLoggedSite(client, far), {
        name: "AccessDenied",
        message: /far-logs\.s3\.amazonaws\.com/,
      });
      letIn([DEFAULT_KEY.account]);
      service.process.kill("SIGHUP");
      await untilSaid(service, "reloaded:");
      await using site = await openLoggedSite(client, far);
      const asked = [...(await askAll(service, site.domain, "before", 5))];
      await untilSaid(
        service,
        `${site.id} waits for the bucket far-logs: 404 NoSuchBucket from the store at http://127`,
      );
      await there.send(new CreateBucketCommand({ Bucket: "far-logs" }));
      asked.push(...(await askAll(service, site.domain, "later", 5)));
      const files = await untilDelivered(there, "far-logs", 10);
      assert.deepEqual(pathsOf(files), asked.toSorted());
      for (const { key } of files) assert.ok(key.startsWith(`${far.prefix}/${site.id}.`), key);
      assert.ok(!service.errors().includes(secretAccessKey));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

test("a log bucket that has gone holds up no change of something else", { timeout: 60_000 }, async () => {
  await using service = await startService();
  const s3 = bucketClient(service);
  const client = cloudFrontClient(service);
  await createLogBucket(s3, "logs");
  await using site = await openLoggedSite(client, { logBucket: "logs" });
  await s3.send(new DeleteBucketCommand({ Bucket: "logs" }));
  const { DistributionConfig, ETag } = await client.send(new GetDistributionConfigCommand({ Id: site.id }));
  assert.ok(DistributionConfig !== undefined);
  const changed = { ...DistributionConfig, Comment: "changed" };
  await client.send(new UpdateDistributionCommand({ Id: site.id, IfMatch: ETag, DistributionConfig: changed }));
});

test(
  "a streaming distribution's log is kept as it was set up, and no file comes of it",
  { timeout: 60_000 },
  async () => {
    await using service = await startService([...OFTEN, "--log-delivery-seconds", "1"]);
    const s3 = bucketClient(service);
    const client = cloudFrontClient(service);
    await createLogBucket(s3, "logs");
    const config = (Bucket: string): StreamingDistributionConfig => ({
      CallerReference: Bucket,
      Comment: "",
      Enabled: true,
      S3Origin: { DomainName: "media.s3.amazonaws.com", OriginAccessIdentity: "" },
      TrustedSigners: { Enabled: false, Quantity: 0 },
      Logging: { Enabled: true, Bucket: `${Bucket}.s3.amazonaws.com`, Prefix: "rtmp" },
    });
    const create = (Bucket: string) =>
      client.send(new CreateStreamingDistributionCommand({ StreamingDistributionConfig: config(Bucket) }));
    await assert.rejects(create("nowhere"), {
      name: "InvalidArgument",
      message: /does not refer to a valid S3 bucket/,
    });
    const { StreamingDistribution } = await create("logs");
    assert.deepEqual(StreamingDistribution?.StreamingDistributionConfig?.Logging, config("logs").Logging);
    await using web = await openLoggedSite(client, { logBucket: "logs" });
    const { status } = await ask(service.edgePort, StreamingDistribution?.DomainName ?? "", "/video.flv");
    assert.equal(status, "403");
    const asked = await askAll(service, web.domain, "web", 3);
    // What was asked of it before is not among what came behind it.
    assert.deepEqual(pathsOf(await untilDelivered(s3, "logs", 3)), asked);
  },
);

for (const victim of ["edge", "api", "all"] as const) {
  test(
    `kill -9 of ${victim === "all" ? "everything" : `the ${victim} process`} in mid-run tears no file and loses nothing that was a second old`,
    { timeout: 60_000 },
    async () => {
      const dataDirectory = mkdtempSync(join(tmpdir(), "warmfront-delivered-"));
      try {
        let asked: readonly string[] = [];
        let service = await startService([...OFTEN, "--log-delivery-seconds", "2"], { dataDirectory });
        const s3 = bucketClient(service);
        await createLogBucket(s3, "logs");
        await using site = await openLoggedSite(cloudFrontClient(service), { logBucket: "logs" });
        for (let part = 0; part < 4; part++) {
          const paths = await askAll(service, site.domain, `part-${part}`, 50);
          asked = [...asked, ...paths];
          await untilSpooled(dataDirectory, paths);
          if (victim === "all") {
            const processes = [...processesOf(service, "edge"), ...processesOf(service, "api")];
            await service.end("SIGKILL");
            for (const id of processes) kill(id);
            await service[Symbol.asyncDispose]();
            service = await startService([...OFTEN, "--log-delivery-seconds", "2"], { dataDirectory });
          } else {
            const before = processesOf(service, victim);
            kill(before.at(-1) ?? 0);
            while (processesOf(service, victim).length === before.length) await nextTurn();
            await untilServed(service);
          }
        }
        const files = await untilDelivered(bucketClient(service, 20), "logs", asked.length);
        // No line is lost, and none is there twice.
        assert.deepEqual(pathsOf(files), asked.toSorted());
        await service[Symbol.asyncDispose]();
      } finally {
        rmSync(dataDirectory, { recursive: true, force: true });
      }
    },
  );
}

function kill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Until each path is somewhere on the disk: among the lines, in a file that waits for its bucket, or in the bucket. */
async function untilSpooled(dataDirectory: string, paths: readonly string[]): Promise<void> {
  const everywhere = (): string => ["logs", "objects"].map((name) => textBelow(join(dataDirectory, name))).join("");
  for (let text = everywhere(); !paths.every((path) => text.includes(`\t${path}\t`)); text = everywhere()) {
    await nextTurn();
  }
}

function textBelow(folder: string): string {
  if (!existsSync(folder)) return "";
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.map((name) => textOf(join(folder, name))).join("");
}

/** "" of a folder, of what goes at this moment, and of what is being written. */
function textOf(path: string): string {
  try {
    const bytes = readFileSync(path);
    return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString("latin1");
  } catch {
    return "";
  }
}

async function untilServed(service: RunningService): Promise<void> {
  for (;;) {
    const seen = await ask(service.edgePort, "health.cloudfront.localhost", "/_warmfront/health").catch(
      () => undefined,
    );
    const api = await fetch(service.apiUrl).catch(() => undefined);
    if (seen?.status === "200" && api !== undefined) return;
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
