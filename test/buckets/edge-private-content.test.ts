// Private content end to end, with the processes and sockets that users have: a bucket that only the CDN can read, the grant to
// an identity or to a distribution, and what is left when the grant, or the identity, is gone.

import {
  type CloudFrontClient,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateInvalidationCommand,
  CreateOriginAccessControlCommand,
  DeleteCloudFrontOriginAccessIdentityCommand,
  GetCloudFrontOriginAccessIdentityCommand,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
  waitUntilDistributionDeployed,
  waitUntilInvalidationCompleted,
  type DistributionConfig,
  type Origin,
} from "@aws-sdk/client-cloudfront";
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { crc32 } from "node:zlib";
import { cloudFrontClient, smallConfig } from "../support/distribution.ts";
import { explain } from "../support/explain.ts";
import { processesOf, startService, type RunningService } from "../support/running-service.ts";

const ACCOUNT = "000000000000";
const WAIT = { maxWaitTime: 30, minDelay: 1, maxDelay: 1 };

let service: RunningService;
let cloudFront: CloudFrontClient;
let s3: S3Client;

before(async () => {
  service = await startService(["--log-level", "debug"]);
  cloudFront = cloudFrontClient(service);
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  s3 = new S3Client({
    endpoint: service.apiUrl,
    region: "us-east-1",
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
});

after(async () => {
  cloudFront.destroy();
  s3.destroy();
  await service[Symbol.asyncDispose]();
});

interface Got {
  readonly status: number;
  readonly body: string;
  readonly cache: string;
}

/** As a viewer, on a connection of its own. */
function get(
  domain: string,
  target: string,
  given: { method?: string; body?: string; headers?: object } = {},
): Promise<Got> {
  const { method = "GET", body, headers = {} } = given;
  return send(service.edgePort, domain, target, { method, body, headers });
}

function send(
  port: number,
  host: string,
  target: string,
  given: { readonly method: string; readonly body: string | undefined; readonly headers: object },
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        path: target,
        method: given.method,
        agent: false,
        headers: { ...given.headers, Host: host },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: text, cache: String(response.headers["x-cache"]) });
        });
        response.on("error", reject);
      },
    );
    asked.on("error", reject);
    asked.end(given.body);
  });
}

async function makeBucket(objects: Readonly<Record<string, string>>): Promise<string> {
  const Bucket = `bucket-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (const [Key, Body] of Object.entries(objects)) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  return Bucket;
}

async function makeIdentity(): Promise<{ readonly id: string; readonly canonical: string }> {
  const config = { CallerReference: randomUUID(), Comment: "" };
  const { CloudFrontOriginAccessIdentity: made } = await cloudFront.send(
    new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config }),
  );
  return { id: made?.Id ?? "", canonical: made?.S3CanonicalUserId ?? "" };
}

interface Made {
  readonly id: string;
  readonly domain: string;
}

async function distribute(origin: Omit<Origin, "Id">, over: Partial<DistributionConfig> = {}): Promise<Made> {
  const config: DistributionConfig = {
    ...smallConfig(80),
    Origins: { Quantity: 1, Items: [{ ...origin, Id: "site" }] },
    ...over,
  };
  const { Distribution } = await cloudFront.send(new CreateDistributionCommand({ DistributionConfig: config }));
  const { Id: id = "", DomainName: domain = "" } = Distribution ?? {};
  await waitUntilDistributionDeployed({ client: cloudFront, ...WAIT }, { Id: id });
  return { id, domain };
}

function asIdentity(bucket: string, identity: string): Omit<Origin, "Id"> {
  const path = identity === "" ? "" : `origin-access-identity/cloudfront/${identity}`;
  return { DomainName: `${bucket}.s3.amazonaws.com`, S3OriginConfig: { OriginAccessIdentity: path } };
}

function forAllMethods(): DistributionConfig["DefaultCacheBehavior"] {
  const methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"] as const;
  const allowed = { Quantity: methods.length, Items: [...methods] };
  return {
    ...smallConfig(80).DefaultCacheBehavior,
    TargetOriginId: "site",
    ViewerProtocolPolicy: "allow-all",
    AllowedMethods: { ...allowed, CachedMethods: { Quantity: 2, Items: ["GET", "HEAD"] } },
  };
}

async function invalidate(id: string): Promise<void> {
  const { Invalidation } = await cloudFront.send(
    new CreateInvalidationCommand({
      DistributionId: id,
      InvalidationBatch: { CallerReference: randomUUID(), Paths: { Quantity: 1, Items: ["/*"] } },
    }),
  );
  await waitUntilInvalidationCompleted(
    { client: cloudFront, ...WAIT },
    { DistributionId: id, Id: Invalidation?.Id ?? "" },
  );
}

async function putPolicy(bucket: string, ...statements: readonly object[]): Promise<void> {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: statements });
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
}

function grant(bucket: string, principal: object, more: object = {}): object {
  return {
    Effect: "Allow",
    Principal: principal,
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${bucket}/*`,
    ...more,
  };
}

const DENIED =
  /^<\?xml version="1\.0" encoding="UTF-8"\?>\s*<Error><Code>AccessDenied<\/Code><Message>Access Denied<\/Message>/;

function assertDenied(got: Got): void {
  assert.equal(got.status, 403, got.body);
  assert.match(got.body, DENIED);
}

test("a private bucket is read through the CDN by the identity that its policy names, and by nobody else", async () => {
  const bucket = await makeBucket({ "index.html": "the page", "a b/ü.txt": "odd" });
  const identity = await makeIdentity();
  const other = await makeIdentity();
  const mine = await distribute(asIdentity(bucket, identity.id));
  const others = await distribute(asIdentity(bucket, other.id));
  const nobodys = await distribute(asIdentity(bucket, ""));

  assertDenied(
    await send(service.apiPort, `${bucket}.s3.localhost`, "/index.html", {
      method: "GET",
      body: undefined,
      headers: {},
    }),
  );
  const refused = await get(mine.domain, "/index.html");
  assertDenied(refused);
  assert.match(refused.cache, /^Error from cloudfront/);

  const arn = `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${identity.id}`;
  await putPolicy(bucket, grant(bucket, { AWS: arn }));
  await invalidate(mine.id);
  assert.deepEqual(await get(mine.domain, "/index.html"), {
    status: 200,
    body: "the page",
    cache: "Miss from cloudfront",
  });
  assert.equal((await get(mine.domain, "/a%20b/%C3%BC.txt")).body, "odd");
  assert.equal((await get(mine.domain, "/index.html")).cache, "Hit from cloudfront");
  assertDenied(await get(others.domain, "/index.html"));
  assertDenied(await get(nobodys.domain, "/index.html"));
  // What is not granted: a list, another method, another name in front of the same object.
  assertDenied(await get(mine.domain, "/"));

  await putPolicy(bucket, grant(bucket, { CanonicalUser: other.canonical }));
  await invalidate(mine.id);
  await invalidate(others.id);
  assertDenied(await get(mine.domain, "/index.html"));
  assert.equal((await get(others.domain, "/index.html")).body, "the page");

  await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  assert.equal((await get(others.domain, "/index.html")).cache, "Hit from cloudfront"); // until it is invalidated
  await invalidate(others.id);
  assertDenied(await get(others.domain, "/index.html"));
});

test("an access control asks as its distribution, which the policy names by SourceArn", async () => {
  const bucket = await makeBucket({ key: "controlled" });
  const { OriginAccessControl } = await cloudFront.send(
    new CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        Name: randomUUID(),
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    }),
  );
  const origin = { ...asIdentity(bucket, ""), OriginAccessControlId: OriginAccessControl?.Id ?? "" };
  const named = await distribute(origin);
  const unnamed = await distribute(origin);
  const condition = { StringEquals: { "AWS:SourceArn": `arn:aws:cloudfront::${ACCOUNT}:distribution/${named.id}` } };
  await putPolicy(bucket, grant(bucket, { Service: "cloudfront.amazonaws.com" }, { Condition: condition }));
  assert.equal((await get(named.domain, "/key")).body, "controlled");
  assertDenied(await get(unnamed.domain, "/key"));
});

test("an identity cannot be deleted while an origin has it, and its access goes with it", async () => {
  const bucket = await makeBucket({ key: "content" });
  const identity = await makeIdentity();
  const { id, domain } = await distribute(asIdentity(bucket, identity.id));
  await putPolicy(bucket, grant(bucket, { CanonicalUser: identity.canonical }));
  assert.equal((await get(domain, "/key")).status, 200);

  const remove = async (): Promise<void> => {
    const { ETag } = await cloudFront.send(new GetCloudFrontOriginAccessIdentityCommand({ Id: identity.id }));
    await cloudFront.send(new DeleteCloudFrontOriginAccessIdentityCommand({ Id: identity.id, IfMatch: ETag }));
  };
  await assert.rejects(remove(), { name: "CloudFrontOriginAccessIdentityInUse" });

  const { DistributionConfig, ETag } = await cloudFront.send(new GetDistributionConfigCommand({ Id: id }));
  assert.ok(DistributionConfig !== undefined);
  const Origins = { Quantity: 1, Items: [{ ...asIdentity(bucket, ""), Id: "site" }] };
  await cloudFront.send(
    new UpdateDistributionCommand({ Id: id, IfMatch: ETag, DistributionConfig: { ...DistributionConfig, Origins } }),
  );
  await waitUntilDistributionDeployed({ client: cloudFront, ...WAIT }, { Id: id });
  assert.equal((await get(domain, "/key")).cache, "Hit from cloudfront"); // what is cached is served on
  await invalidate(id);
  assertDenied(await get(domain, "/key"));
  await remove();
  assertDenied(await get(domain, "/key"));
});

test("viewers write through an identity what its policy allows, and nothing beside", async () => {
  const bucket = await makeBucket({});
  const identity = await makeIdentity();
  const { domain } = await distribute(asIdentity(bucket, identity.id), { DefaultCacheBehavior: forAllMethods() });
  assertDenied(await get(domain, "/up/1", { method: "PUT", body: "x" }));
  await putPolicy(
    bucket,
    grant(
      bucket,
      { CanonicalUser: identity.canonical },
      { Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] },
    ),
  );
  const text = "content ".repeat(20_000);
  const sized = await get(domain, "/up/1", { method: "PUT", body: text, headers: { "Content-Length": text.length } });
  assert.equal(sized.status, 200, sized.body);
  const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "up/1" }));
  assert.equal(await stored.Body?.transformToString(), text);
  const acl = await get(domain, "/up/2", { method: "PUT", body: "x", headers: { "x-amz-acl": "public-read" } });
  assertDenied(acl);
  const copy = await get(domain, "/up/3", { method: "PUT", headers: { "x-amz-copy-source": `/${bucket}/up/1` } });
  assertDenied(copy);
  assert.equal((await get(domain, "/up/1", { method: "DELETE" })).status, 204);
  const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  assert.equal(listed.KeyCount, 0);
});

test("explain tells what the bucket's policy says to the identity, so that a 403 explains itself", async () => {
  const bucket = await makeBucket({ key: "content" });
  const identity = await makeIdentity();
  const { domain } = await distribute(asIdentity(bucket, identity.id));
  const told = async (target: string): Promise<string> => {
    const { steps } = await explain(service, `http://${domain}${target}`);
    const last = steps.at(-1);
    return last === undefined ? "" : `${last.stage}: ${last.decision}: ${last.why}`;
  };
  assert.match(
    await told("/key"),
    /^bucket-access: 403 AccessDenied: .*Identity E\w+\) may not s3:GetObject on \S+\/key: .*no policy/,
  );
  await putPolicy(bucket, grant(bucket, { CanonicalUser: identity.canonical }));
  assert.match(await told("/key"), /^bucket-access: allowed: GetObject/);
  assert.match(
    await told("/absent"),
    /^bucket-access: 403 AccessDenied: there is no object absent, which is told only to those/,
  );
  await putPolicy(
    bucket,
    grant(bucket, { CanonicalUser: identity.canonical }),
    grant(bucket, { CanonicalUser: identity.canonical }, { Effect: "Deny", Resource: `arn:aws:s3:::${bucket}/key` }),
  );
  assert.match(await told("/key"), /^bucket-access: 403 AccessDenied: .*[Dd]en/);
  const { verdict, because } = await explain(service, `http://${domain}/key`);
  assert.equal(verdict, "403 AccessDenied", "the verdict is what a viewer would get");
  assert.match(because ?? "", /[Dd]en/, "and it is because of the policy, not of what the cache knows");
});

test("the page in the place of a refusal is the verdict", async () => {
  const bucket = await makeBucket({ key: "content" });
  const identity = await makeIdentity();
  const CustomErrorResponses = {
    Quantity: 1,
    Items: [{ ErrorCode: 403, ResponsePagePath: "/sorry", ResponseCode: "404", ErrorCachingMinTTL: 0 }],
  };
  const { domain } = await distribute(asIdentity(bucket, identity.id), { CustomErrorResponses });
  const { verdict } = await explain(service, `http://${domain}/key`);
  assert.equal(verdict, "403 AccessDenied, shown as 404 with /sorry");
});

test("a website endpoint is an origin like any: index documents, folders, error pages", async () => {
  const bucket = await makeBucket({ "index.html": "home", "docs/index.html": "docs", "404.html": "not here" });
  await s3.send(
    new PutBucketWebsiteCommand({
      Bucket: bucket,
      WebsiteConfiguration: { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "404.html" } },
    }),
  );
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  await putPolicy(bucket, grant(bucket, "*" as never));
  const { domain } = await distribute({
    DomainName: `${bucket}.s3-website-us-east-1.amazonaws.com`,
    CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
  });
  assert.equal((await get(domain, "/")).body, "home");
  assert.equal((await get(domain, "/docs/")).body, "docs");
  assert.equal((await get(domain, "/docs")).status, 302);
  const absent = await get(domain, "/absent");
  assert.deepEqual([absent.status, absent.body], [404, "not here"]);
});

test("a large object and a body in chunks go through whole", async () => {
  const bucket = await makeBucket({});
  const identity = await makeIdentity();
  const { domain } = await distribute(asIdentity(bucket, identity.id), { DefaultCacheBehavior: forAllMethods() });
  const action = { Action: ["s3:GetObject", "s3:PutObject"] };
  await putPolicy(bucket, grant(bucket, { CanonicalUser: identity.canonical }, action));
  const text = "0123456789abcdef".repeat(500_000);
  const chunked = { method: "PUT", body: text, headers: { "Transfer-Encoding": "chunked" } };
  const refused = await get(domain, "/large", chunked); // as S3 does, which wants a length
  assert.deepEqual([refused.status, /MissingContentLength/.test(refused.body)], [411, true], refused.body);
  const put = await get(domain, "/large", { ...chunked, headers: { "Content-Length": text.length } });
  assert.equal(put.status, 200, put.body);

  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(text));
  const aws = await get(domain, "/in-chunks", {
    method: "PUT",
    body: `${text.length.toString(16)}\r\n${text}\r\n0\r\nx-amz-checksum-crc32:${sum.toString("base64")}\r\n\r\n`,
    headers: {
      "Transfer-Encoding": "chunked",
      "Content-Encoding": "aws-chunked",
      "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "X-Amz-Decoded-Content-Length": text.length,
      "X-Amz-Trailer": "x-amz-checksum-crc32",
    },
  });
  assert.equal(aws.status, 200, aws.body);
  assert.equal((await get(domain, "/in-chunks")).body, text);
  assert.equal((await get(domain, "/large")).body, text);
  const part = await get(domain, "/large?", { headers: { Range: "bytes=7999996-" } });
  assert.deepEqual([part.status, part.body], [206, "cdef"]);
});

test("a bucket store that is killed is found again by the edge", async () => {
  const bucket = await makeBucket({ one: "1", two: "2" });
  const identity = await makeIdentity();
  const { domain } = await distribute(asIdentity(bucket, identity.id));
  await putPolicy(bucket, grant(bucket, { CanonicalUser: identity.canonical }));
  assert.equal((await get(domain, "/one")).body, "1");
  const [control = 0] = processesOf(service, "api");
  process.kill(control, "SIGKILL");
  assert.equal((await get(domain, "/one")).cache, "Hit from cloudfront");
  const health = `${service.apiUrl}/_warmfront/health`;
  while (
    !(await fetch(health).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await get(domain, "/two")).body, "2");
});
