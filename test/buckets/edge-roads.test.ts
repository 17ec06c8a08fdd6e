// Roads to an object that is not meant for who takes them, with the processes and sockets that users have: two accounts, the
// default key, a private bucket and what the API lets be pointed at it. docs/security.md lists them.

import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CloudFrontClient,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateOriginAccessControlCommand,
  waitUntilDistributionDeployed,
  type DistributionConfig,
  type Origin,
} from "@aws-sdk/client-cloudfront";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { identityArn } from "../../src/buckets/access/principal.ts";
import type { ResourceId } from "../../src/vocabulary/ids.ts";
import { smallConfig } from "../support/distribution.ts";
import { newAccessKey } from "../support/new-access-key.ts";
import { startService, type RunningService } from "../support/running-service.ts";
import { signQuery, sha256, signHeader, type S3Key, type S3Request } from "../support/s3-signer.ts";

const SECRET = "for few eyes";
const BUCKET = "vault";
const DEFAULT: S3Key = { accessKeyId: "test", secret: "test" };

let service: RunningService;
let owner: S3Key;
let other: S3Key;
/** The owner's identity, to which the bucket is open. */
let identity: string;
const clients: { destroy(): void }[] = [];

function clientOf({ accessKeyId, secret }: S3Key): {
  readonly cloudFront: CloudFrontClient;
  readonly s3: S3Client;
} {
  const credentials = { accessKeyId, secretAccessKey: secret };
  const given = { endpoint: service.apiUrl, region: "us-east-1", credentials, maxAttempts: 1 };
  const made = { cloudFront: new CloudFrontClient(given), s3: new S3Client({ ...given, forcePathStyle: true }) };
  clients.push(made.cloudFront, made.s3);
  return made;
}

async function fill(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  for (const Key of ["a", "private/a"]) await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: SECRET }));
}

before(async () => {
  service = await startService();
  owner = newAccessKey(service, "111111111111");
  other = newAccessKey(service, "222222222222");
  const { cloudFront, s3 } = clientOf(owner);
  await fill(s3, BUCKET);
  const { CloudFrontOriginAccessIdentity: made } = await cloudFront.send(
    new CreateCloudFrontOriginAccessIdentityCommand({
      CloudFrontOriginAccessIdentityConfig: { CallerReference: randomUUID(), Comment: "" },
    }),
  );
  identity = made?.Id ?? "";
  const Statement = {
    Effect: "Allow",
    Principal: { AWS: identityArn(identity as ResourceId) },
    Action: "s3:GetObject",
    Resource: `arn:aws:s3:::${BUCKET}/*`,
  };
  await s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify({ Statement }) }));
});

after(async () => {
  for (const client of clients) client.destroy();
  await service[Symbol.asyncDispose]();
});

type Behavior = NonNullable<DistributionConfig["DefaultCacheBehavior"]>;

function behaviorWith(over: Partial<Behavior> = {}): Behavior {
  const methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"] as const;
  return {
    TrustedSigners: { Enabled: false, Quantity: 0 },
    MinTTL: 0,
    TargetOriginId: "site",
    ViewerProtocolPolicy: "allow-all",
    ForwardedValues: { QueryString: true, Cookies: { Forward: "none" } },
    AllowedMethods: { Quantity: 7, Items: [...methods], CachedMethods: { Quantity: 2, Items: ["GET", "HEAD"] } },
    ...over,
  };
}

/** The name of the distribution, or of the error. */
async function distribute(
  key: S3Key,
  origin: Omit<Origin, "Id">,
  over: Partial<DistributionConfig> = {},
): Promise<string> {
  const { cloudFront } = clientOf(key);
  const DistributionConfig: DistributionConfig = {
    ...smallConfig(80),
    DefaultCacheBehavior: behaviorWith(),
    Origins: { Quantity: 1, Items: [{ ...origin, Id: "site" }] },
    ...over,
    CallerReference: randomUUID(),
  };
  try {
    const { Distribution } = await cloudFront.send(new CreateDistributionCommand({ DistributionConfig }));
    const wait = { client: cloudFront, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
    await waitUntilDistributionDeployed(wait, { Id: Distribution?.Id ?? "" });
    return Distribution?.DomainName ?? "";
  } catch (error) {
    return (error as Error).name;
  }
}

function bucketOrigin(id: string, more: Partial<Origin> = {}): Omit<Origin, "Id"> {
  const path = id === "" ? "" : `origin-access-identity/cloudfront/${id}`;
  return { DomainName: `${BUCKET}.s3.amazonaws.com`, S3OriginConfig: { OriginAccessIdentity: path }, ...more };
}

function apiOrigin(DomainName: string, more: Partial<Origin> = {}): Omit<Origin, "Id"> {
  const http = { HTTPPort: service.apiPort, HTTPSPort: 443, OriginProtocolPolicy: "http-only" } as const;
  return { DomainName, CustomOriginConfig: http, ...more };
}

/** Everything that comes back for these bytes. */
async function send(port: number, head: string, body: Uint8Array = new Uint8Array(0)): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(10_000, () => socket.destroy());
  let got = "";
  socket.setEncoding("latin1").on("data", (text: string) => (got += text));
  socket.write(`${head}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
  socket.write(body);
  await once(socket, "close");
  return got;
}

function get(port: number, target: string, host: string, more = "", method = "GET"): Promise<string> {
  return send(port, `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${more}`);
}

function statusOf(answer: string): number {
  return Number(answer.slice(9, 12));
}

test("another account gets nowhere with an origin of the bucket", async () => {
  const control = await clientOf(owner).cloudFront.send(
    new CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        Name: "owners",
        SigningProtocol: "sigv4",
        SigningBehavior: "always",
        OriginAccessControlOriginType: "s3",
      },
    }),
  );
  const OriginAccessControlId = control.OriginAccessControl?.Id ?? "";
  assert.match(await distribute(other, bucketOrigin(identity)), /^InvalidOriginAccessIdentity$/);
  assert.match(await distribute(other, bucketOrigin("", { OriginAccessControlId })), /^InvalidOriginAccessControl$/);
  const domain = await distribute(other, bucketOrigin(""));
  const answer = await get(service.edgePort, "/a", domain);
  assert.equal(statusOf(answer), 403);
  assert.ok(!answer.includes(SECRET));
});

test("an origin that points at the API's port asks there as nobody", async () => {
  for (const origin of [
    apiOrigin("localhost", { OriginPath: `/${BUCKET}` }),
    apiOrigin(`${BUCKET}.s3.localhost`),
    apiOrigin("s3.localhost", { OriginPath: `/${BUCKET}` }),
  ]) {
    const domain = await distribute(other, origin);
    for (const target of ["/a", "/private/a", "/?list-type=2", "/2020-05-31/distribution", "/_warmfront/key-pairs"]) {
      const answer = await get(service.edgePort, target, domain);
      assert.ok([403, 404].includes(statusOf(answer)), `${origin.DomainName} ${target}: ${answer}`);
      assert.ok(!answer.includes(SECRET));
    }
  }
  for (const name of ["Host", "X-Amz-Cf-Id", "x-amz-acl", "Via"]) {
    const CustomHeaders = { Quantity: 1, Items: [{ HeaderName: name, HeaderValue: "x" }] };
    assert.equal(await distribute(other, apiOrigin("localhost", { CustomHeaders })), "InvalidArgument", name);
  }
});

test("the default key does not come through an edge, in whatever form of signature", async () => {
  const bucket = "default-vault";
  await fill(clientOf(DEFAULT).s3, bucket);
  const DomainName = `${bucket}.s3.amazonaws.com`;
  const S3OriginConfig = { OriginAccessIdentity: "" };
  const byBucket = await distribute(DEFAULT, { DomainName, S3OriginConfig });
  const Headers = { Quantity: 1, Items: ["Authorization"] };
  const DefaultCacheBehavior = behaviorWith({
    ForwardedValues: { QueryString: true, Cookies: { Forward: "none" }, Headers },
  });
  const byPort = await distribute(DEFAULT, apiOrigin("localhost"), { DefaultCacheBehavior });

  const at = Date.now();
  for (const [viewed, host, path] of [
    [byBucket, DomainName, "/a"],
    [byBucket, DomainName, "/"],
    [byPort, `localhost:${service.apiPort}`, `/${bucket}/a`],
  ] as const) {
    const request: S3Request = {
      method: "GET",
      path,
      query: path === "/" ? "list-type=2" : "",
      fields: [["Host", host]],
      body: new Uint8Array(0),
    };
    // Straight at the port it does.
    const { query } = signQuery(request, { key: DEFAULT, at, expires: 60 }).request;
    assert.equal(statusOf(await get(service.apiPort, `${path}?${query}`, host)), 200, `${host}${path}`);
    const answer = await get(service.edgePort, `${path}?${query}`, viewed);
    assert.equal(statusOf(answer), 403, answer);
    assert.match(answer, /The default access key is not for what comes through an edge/);
  }
  const body = Buffer.from('{"Statement":[]}');
  const put: S3Request = { method: "PUT", path: "/", query: "policy=", fields: [["Host", DomainName]], body };
  const { fields } = signHeader(put, { key: DEFAULT, at, payload: sha256(body) }).request;
  const lines = fields.filter(([name]) => name !== "Host").map(([name, value]) => `${name}: ${value}\r\n`);
  const answer = await send(service.edgePort, `PUT /?policy= HTTP/1.1\r\nHost: ${byBucket}\r\n${lines.join("")}`, body);
  assert.equal(statusOf(answer), 403, answer);
});

test("the default key is not for a page whose name was made to lead to this machine", async () => {
  const request: S3Request = { method: "GET", path: "/", query: "", fields: [], body: new Uint8Array(0) };
  for (const [host, status] of [
    ["localhost", 200],
    ["rebound.example", 403],
  ] as const) {
    const fields = [["Host", host] as const];
    const { query } = signQuery({ ...request, fields }, { key: DEFAULT, at: Date.now(), expires: 60 }).request;
    assert.equal(statusOf(await get(service.apiPort, `/?${query}`, host)), status, host);
  }
});

test("a protected folder is protected in every spelling in which the bucket would find it", async () => {
  const open = behaviorWith();
  const domain = await distribute(owner, bucketOrigin(identity), {
    DefaultCacheBehavior: open,
    CacheBehaviors: {
      Quantity: 1,
      Items: [{ ...open, PathPattern: "private/*", TrustedSigners: { Enabled: true, Quantity: 1, Items: ["self"] } }],
    },
  });
  assert.ok((await get(service.edgePort, "/a", domain)).endsWith(SECRET));
  for (const target of [
    "/private/a",
    "/private%2Fa",
    "/private%2fa",
    "/%70rivate%2Fa",
    "/priv%61te/a",
    `http://${domain}/private%2Fa`,
    "/private%2Fa?x",
    "/private%2Fa?versionId=null",
  ]) {
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]) {
      const answer = await get(service.edgePort, target, domain, "", method);
      assert.equal(statusOf(answer), 403, `${method} ${target}: ${answer}`);
      assert.ok(!answer.includes(SECRET));
    }
  }
});

test("whatever host, path, method or field a request without a signature has, the port gives nothing away", async () => {
  const hosts = [
    "localhost",
    `${BUCKET}.s3.localhost`,
    `${BUCKET.toUpperCase()}.S3.AMAZONAWS.COM:80`,
    `${BUCKET}.s3.localhost.`,
    `${BUCKET}.s3-website.localhost`,
    `${BUCKET}.s3-website-us-east-1.amazonaws.com`,
    "d1.cloudfront.localhost",
  ];
  const targets = [
    `/${BUCKET}/a`,
    "/a",
    `//${BUCKET}/a`,
    `/${BUCKET}//a`,
    `/${BUCKET}%2Fa`,
    `/./${BUCKET}/a`,
    `/x/../${BUCKET}/a`,
    `/${BUCKET}/a%00`,
    `/${BUCKET}/x%c0%afa`,
    `/${BUCKET}/a?versionId=null`,
    `/${BUCKET}?list-type=2`,
    "/?list-type=2",
    `/2020-05-31/../${BUCKET}/a`,
    `/_warmfront/../${BUCKET}/a`,
    `/${BUCKET}/a?X-Amz-Signature=1`,
    `/${BUCKET}/a?X%2DAmz-Algorithm=AWS4-HMAC-SHA256`,
    `/${BUCKET}/a?AWSAccessKeyId=test&Signature=x&Expires=9999999999`,
    `/${BUCKET}/a?uploads`,
    `http://${BUCKET}.s3.localhost/a`,
  ];
  const fields = [
    "",
    "Range: bytes=0-3\r\n",
    "If-None-Match: *\r\n",
    `Host: ${BUCKET}.s3.localhost\r\n`,
    "X-Amz-Cf-Id: x\r\nVia: 1.1 x (CloudFront)\r\n",
    `Authorization: AWS cloudfront.identity.${identity}:AAAA\r\nDate: ${new Date().toUTCString()}\r\n`,
  ];
  for (const host of hosts) {
    for (const target of targets) {
      for (const more of fields) {
        const answer = await get(service.apiPort, target, host, more);
        assert.ok(statusOf(answer) >= 400, `${target} at ${host} with ${more}: ${answer}`);
        assert.ok(!answer.includes(SECRET) && !answer.includes("<Contents>"), `${target} at ${host} with ${more}`);
      }
    }
    for (const method of ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"]) {
      const answer = await get(service.apiPort, `/${BUCKET}/a`, host, "", method);
      assert.ok(statusOf(answer) >= 400, `${method} at ${host}: ${answer}`);
    }
  }
});

test("secrets in the data directory are for nobody else to read", () => {
  const modeOf = (...names: string[]): number => statSync(join(service.dataDirectory, ...names)).mode & 0o077;
  for (const name of ["", "service-secret", "store.sqlite", "objects", "authority"])
    assert.equal(modeOf(name), 0, name);
});
