// The signatures that real clients make for S3, in every way they have: each request must be found to be its key's, with the
// body that the client sent. What answers is the listener and the authentication of the product, and no store behind them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { GetObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import S3v2 from "aws-sdk/clients/s3.js";
import { authenticateBucketRequest } from "../../src/buckets/signatures/authenticate.ts";
import type { BucketRequest, BucketResponse } from "../../src/buckets/message.ts";
import { isS3Failure, type BucketService } from "../../src/buckets/operation.ts";
import { openApiListener, type ApiListener } from "../../src/service/api-listener.ts";
import { openMemoryStore } from "../../src/store/memory/open-memory-store.ts";
import type { AccessKeyId, AccountId } from "../../src/vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { epochMs, systemClock } from "../../src/vocabulary/time.ts";
import { clearedEnvironment, findPrograms, runProgram } from "./program.ts";

const KEY = { accessKeyId: "AKIACLIENT", secret: "client's/secret+key" };
const SESSION = { accessKeyId: "ASIACLIENT", secret: "of/the+session", sessionToken: "a/token+with=all" };
const OBJECT_KEYS = ["plain", "a b+c/ü%41", "a//b/../c/./d/", "~!$&'()*,;=:@[]{}|^`\"<>#?", "日本/\u{1f600}"];
const BODY = Buffer.alloc(200_000, "body of a client ");

interface Seen {
  readonly what: string;
  readonly who: string;
  readonly sha256: string;
}

let listener: ApiListener;
let endpoint: string;
let seen: Seen[] = [];

before(async () => {
  const store = await openMemoryStore();
  await store.credentials.createKey({
    accessKeyId: KEY.accessKeyId as AccessKeyId,
    secret: KEY.secret,
    account: "111122223333" as AccountId,
    userName: "client",
    access: "full",
    createdAtMs: epochMs(0),
  });
  const session = {
    accessKeyId: SESSION.accessKeyId as AccessKeyId,
    secret: SESSION.secret,
    token: SESSION.sessionToken,
    parent: KEY.accessKeyId as AccessKeyId,
    expiresAtMs: epochMs(systemClock.now() + 3_600_000),
  };
  await store.credentials.createSession(session, epochMs(0));
  const service: BucketService = {
    store,
    clock: systemClock,
    random: () => new Uint8Array(0),
    limits: DEFAULT_LIMITS,
    isDefaultKeyAllowed: false,
    serviceSecret: new Uint8Array(32),
    files: undefined as never,
    reportFault: (fault) => assert.fail(String(fault)),
    reportRefusal: () => undefined,
  };
  listener = await openApiListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    handle: async ({ rawPath }) => ({ status: 404, fields: [], body: `taken for the API's: ${rawPath}` }),
    refuse: (why) => ({ status: 400, fields: [], body: why }),
    buckets: { handle: (request) => answer(request, service), reportFault: (fault) => assert.fail(String(fault)) },
  });
  endpoint = `http://127.0.0.1:${listener.address.port}`;
});

after(() => listener.drain(1));
beforeEach(() => {
  seen = [];
});

async function answer(request: BucketRequest, service: BucketService): Promise<BucketResponse> {
  const what = `${request.method} ${request.rawPath}${request.rawQuery === "" ? "" : `?${request.rawQuery}`}`;
  const hash = createHash("sha256");
  let who: string;
  try {
    const authenticated = await authenticateBucketRequest(request, { kind: "service" }, service);
    if ("kind" in authenticated) throw authenticated;
    for await (const chunk of authenticated.body) hash.update(chunk);
    const { principal } = authenticated;
    who =
      principal.kind === "caller"
        ? `${principal.caller.userName}${principal.caller.isSession ? ", in a session" : ""}`
        : principal.kind;
  } catch (thrown) {
    if (!isS3Failure(thrown)) throw thrown;
    who = `${thrown.code} ${JSON.stringify(thrown.details ?? thrown.why)}`;
  }
  seen.push({ what, who, sha256: hash.digest("hex") });
  const status = who.startsWith("client") ? 200 : 403;
  return { status, fields: [["ETag", '"e"']], body: { kind: "none" } };
}

const sha256 = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");

/** All that came was believed, and had these bodies in this order. */
function assertBelieved(bodies: readonly string[]): void {
  for (const { what, who } of seen) assert.match(who, /^client/, `${what}: ${who}`);
  assert.deepEqual(
    seen.map(({ sha256: hash }) => hash),
    bodies,
  );
}

const PYTHONS = new Set([...findPrograms("python3", "/usr/bin")].map((path) => realpathSync(path)));

for (const python of PYTHONS) {
  test(`botocore of ${python} is believed`, { timeout: 120_000 }, async (t) => {
    const child = spawn(python, ["-W", "ignore", fileURLToPath(new URL("s3_signatures.py", import.meta.url))], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...clearedEnvironment(tmpdir()), AWS_EC2_METADATA_DISABLED: "true" },
      timeout: 100_000,
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.stdin.end(JSON.stringify({ endpoint, key: KEY, session: SESSION, objectKeys: OBJECT_KEYS }));
    const [status] = (await once(child, "close")) as [number | null];
    if (/ModuleNotFoundError|ImportError/.test(err)) return t.skip("it has no botocore");
    assert.equal(status, 0, `${err}\n${JSON.stringify(seen.at(-1))}`);
    const told = out.trim().split("\n");
    assert(told.length > 100);
    assertBelieved(told.map((line) => line.split(" ").at(-1) ?? ""));
  });
}

/** The second SDK and fetch resolve dot segments of a path before they send it, and so ask for another object. */
function hasDotSegments(key: string): boolean {
  return /(?:^|\/)\.\.?\//.test(key);
}

const ALGORITHMS = [undefined, "CRC32", "CRC32C", "SHA1", "SHA256"] as const;

test(
  "the third JavaScript SDK is believed: bodies whole and streamed, each checksum, addresses",
  { timeout: 60_000 },
  async () => {
    const bodies: string[] = [];
    for (const { accessKeyId, secret, ...more } of [KEY, SESSION]) {
      const credentials = { accessKeyId, secretAccessKey: secret, ...more };
      const client = new S3Client({
        endpoint,
        region: "eu-north-1",
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
      });
      for (const Key of OBJECT_KEYS) {
        for (const ChecksumAlgorithm of ALGORITHMS) {
          const checked = ChecksumAlgorithm === undefined ? {} : { ChecksumAlgorithm };
          await client.send(new PutObjectCommand({ Bucket: "bucket", Key, Body: BODY, ...checked }));
          const Body = Readable.from([BODY.subarray(0, 70_000), BODY.subarray(70_000, 70_001), BODY.subarray(70_001)]);
          const streamed = { Bucket: "bucket", Key, Body, ContentLength: BODY.length, ...checked };
          await client.send(new PutObjectCommand(streamed));
          bodies.push(sha256(BODY), sha256(BODY));
        }
        if (hasDotSegments(Key)) continue;
        const get = new GetObjectCommand({ Bucket: "bucket", Key, ResponseContentType: "text/plain; a=b+c" });
        assert.equal((await fetch(await getSignedUrl(client, get))).status, 200);
        const put = new PutObjectCommand({ Bucket: "bucket", Key });
        const url = await getSignedUrl(client, put, { expiresIn: 604_800 });
        await fetch(url, { method: "PUT", body: BODY });
        bodies.push(sha256(Buffer.alloc(0)), sha256(BODY));
      }
      const part = { Bucket: "bucket", Key: "k", UploadId: "a+b/c=", PartNumber: 2, Body: BODY };
      await client.send(new UploadPartCommand(part));
      bodies.push(sha256(BODY));
      client.destroy();
    }
    assertBelieved(bodies);
  },
);

test("the second JavaScript SDK is believed, with both versions of the signature", { timeout: 60_000 }, async () => {
  const bodies: string[] = [];
  for (const signatureVersion of ["v4", "s3"]) {
    for (const { accessKeyId, secret, ...more } of [KEY, SESSION]) {
      const client = new S3v2({
        endpoint,
        region: "us-west-2",
        accessKeyId,
        secretAccessKey: secret,
        ...more,
        s3ForcePathStyle: true,
        signatureVersion,
        maxRetries: 0,
      });
      for (const Key of OBJECT_KEYS) {
        if (hasDotSegments(Key)) continue;
        await client.putObject({ Bucket: "bucket", Key, Body: BODY, Metadata: { a: "b" } }).promise();
        const get = await client.getSignedUrlPromise("getObject", { Bucket: "bucket", Key, Expires: 60 });
        await fetch(get);
        const put = await client.getSignedUrlPromise("putObject", { Bucket: "bucket", Key, ContentType: "a/b" });
        await fetch(put, { method: "PUT", body: BODY, headers: { "Content-Type": "a/b" } });
        bodies.push(sha256(BODY), sha256(Buffer.alloc(0)), sha256(BODY));
      }
      await client.listObjects({ Bucket: "bucket", Prefix: "a b/" }).promise();
      bodies.push(sha256(Buffer.alloc(0)));
    }
  }
  assertBelieved(bodies);
});

test("curl is believed", { timeout: 60_000 }, async (t) => {
  const [curl] = findPrograms("curl");
  if (curl === undefined) return t.skip("there is no curl");
  const sign = ["-sS", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", `${KEY.accessKeyId}:${KEY.secret}`];
  const text = "body of curl";
  // S3 wants the body's hash stated, which older ones do not do by themselves.
  for (const [body, ...words] of [
    ["", `${endpoint}/bucket/key?prefix=a`],
    [text, "-X", "PUT", "--data-binary", text, "-H", "Content-Type: text/plain", `${endpoint}/bucket/key`],
  ]) {
    const hash = ["-H", `x-amz-content-sha256: ${sha256(Buffer.from(body ?? ""))}`];
    const ended = await runProgram(curl, [...sign, "--path-as-is", ...hash, ...words], {
      environment: clearedEnvironment(tmpdir()),
      folder: tmpdir(),
      timeoutSeconds: 30,
    });
    if (/sigv4/.test(ended.err)) return t.skip("this curl cannot sign");
    assert.equal(ended.status, 0, ended.err);
  }
  assertBelieved([sha256(Buffer.alloc(0)), sha256(Buffer.from(text))]);
});
