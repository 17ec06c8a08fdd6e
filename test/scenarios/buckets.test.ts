// Origins that are buckets: which store is asked, in whose name, and what a viewer can change about it, which is nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeCredential, type EdgePrincipal } from "../../src/model/edge-credential.ts";
import type { Origin } from "../../src/model/distribution.ts";
import type { ResourceId } from "../../src/vocabulary/ids.ts";
import {
  ACCOUNT,
  assertSignedAs,
  assertSignedBy,
  assertUnsigned,
  bucketOrigin,
  CONTROL,
  control,
  controlledOrigin,
  IDENTITY,
  openBucketWorld,
  SECRET,
} from "./buckets.ts";
import { ALL_METHODS, list, openOriginServer, openWorld, type DistributionDraft, type World } from "./harness.ts";

const AS_IDENTITY: EdgePrincipal = { kind: "identity", id: IDENTITY };
const AS_DISTRIBUTION: EdgePrincipal = { kind: "distribution", account: ACCOUNT, id: "E1" as ResourceId };

function last(world: World): World["origin"]["asked"][number] | undefined {
  return world.origin.asked.at(-1);
}

test("a bucket is asked in the store of the service, as the identity of its origin", async () => {
  await using world = await openBucketWorld();
  world.origin.answer({ body: "photo", headers: { ETag: '"e"' } });
  const got = await world.ask("GET /a/b%20c.jpg");
  assert.equal(got.body, "photo");
  const asked = last(world);
  assert.equal(asked?.target, "/a/b%20c.jpg");
  assert.equal(asked?.headers.host, "photos.s3.amazonaws.com");
  assertSignedAs(asked, AS_IDENTITY, world.now());
  assert.equal((await world.ask("GET /a/b%20c.jpg")).result, "Hit");
});

const PATHS = [
  "/",
  "/a",
  "/a/",
  "//a",
  "/a//b",
  "/a/../b",
  "/./a",
  "/a%2Fb",
  "/a%2fb",
  "/a+b",
  "/a%2Bb",
  "/%7Euser",
  "/~user",
  "/(a)!*'$,;=:@&",
  "/%E2%82%AC",
  "/%zz%4",
  "/a?",
  "/a?x",
  "/a?b=2&a=1&a=0",
  "/a?key=a%20b+c",
  "/a?x=%zz",
  "/a?x=1?y=2",
  "/a?&&x",
];

test("the signature covers path and query as they are sent, whatever their spelling", async () => {
  await using world = await openBucketWorld({ behavior: { ForwardedValues: { QueryString: true } } });
  for (const target of PATHS) {
    const got = await world.ask({ target });
    assert.equal(got.status, 200, target);
    assert.equal(last(world)?.target, target);
    // How a path with a stray percent sign, or with an escaped slash, is read is each store's own.
    if (!/%zz|%2f/i.test(target)) assertSignedAs(last(world), AS_IDENTITY, world.now());
  }
});

test("a bucket that neither an identity nor a control protects is asked unsigned", async () => {
  await using world = await openBucketWorld({ origin: bucketOrigin({ S3OriginConfig: { OriginAccessIdentity: "" } }) });
  assert.equal((await world.ask({ target: "/a", headers: { Authorization: "AWS4-HMAC-SHA256 mine" } })).status, 200);
  assertUnsigned(last(world));
});

test("an origin server's settings do not keep a bucket's name from the store, in plain HTTP and unsigned", async () => {
  for (const DomainName of [
    "photos.s3.localhost",
    "photos.s3-website.localhost",
    "Photos.S3-Website-EU-west-1.amazonaws.com",
  ]) {
    await using world = await openBucketWorld({
      origin: { DomainName },
      connection: { OriginProtocolPolicy: "https-only", HTTPSPort: 8443 },
    });
    assert.equal((await world.ask("GET /a")).status, 200);
    assert.equal(last(world)?.headers.host, DomainName.toLowerCase());
    assertUnsigned(last(world));
  }
});

test("a Host that the behavior forwards does not choose another bucket", async () => {
  await using world = await openBucketWorld({
    origin: { DomainName: "photos.s3.localhost" },
    behavior: { ForwardedValues: { Headers: list("*") } },
    config: { Aliases: list("others.s3.example.com") },
  });
  await world.ask({ target: "/a", host: "others.s3.example.com" });
  assert.equal(last(world)?.headers.host, "photos.s3.localhost");
});

test("where the store listens is not known until control says it, and may change", async () => {
  await using world = await openWorld({ origin: bucketOrigin() }, { settings: { serviceSecret: new Uint8Array(32) } });
  const got = await world.ask("GET /a");
  assert.equal(got.status, 503);
  assert.match(got.body, /bucket store/);
  assert.match(world.events.map(({ why }) => why).join(), /control has not said it/);
  assert.deepEqual(world.origin.asked, []);
  world.edge.bucketsAt({ host: "127.0.0.1", port: world.origin.port });
  assert.equal((await world.ask("GET /b")).status, 200);
  await world.origin.stop();
  const moved = await openOriginServer();
  world.edge.bucketsAt({ host: "127.0.0.1", port: moved.port });
  assert.equal((await world.ask("GET /c")).status, 200);
  assert.equal(moved.asked.length, 1);
  await moved.stop();
});

test("without a shared secret nobody can be asked for: the bucket is not asked at all", async () => {
  await using world = await openWorld({ origin: bucketOrigin() });
  world.edge.bucketsAt({ host: "127.0.0.1", port: world.origin.port });
  assert.equal((await world.ask("GET /a")).status, 502);
  assert.deepEqual(world.origin.asked, []);
});

// What an access control says of the viewer's request: who signs, and whose Authorization the store sees.
const VIEWERS = { Authorization: "AWS4-HMAC-SHA256 the viewer's" };
const FORWARDED: DistributionDraft["behavior"] = { ForwardedValues: { Headers: list("Authorization") } };
const CONTROLS: readonly (readonly [
  behavior: "always" | "never" | "no-override",
  viewer: "signed" | "plain",
  listed: boolean,
  store: "distribution" | "nobody" | "viewer",
])[] = [
  ["always", "plain", false, "distribution"],
  ["always", "signed", false, "distribution"],
  ["always", "signed", true, "distribution"],
  ["never", "plain", false, "nobody"],
  ["never", "signed", false, "nobody"],
  ["never", "signed", true, "viewer"],
  ["no-override", "plain", false, "distribution"],
  ["no-override", "plain", true, "distribution"],
  ["no-override", "signed", true, "viewer"],
  ["no-override", "signed", false, "distribution"], // not forwarded, so there is nothing to override
];

for (const [signingBehavior, viewer, isListed, seen] of CONTROLS) {
  const what = `${signingBehavior}, a ${viewer} viewer, Authorization ${isListed ? "listed" : "not listed"}`;
  test(`an access control that says ${what}: the store sees ${seen}`, async () => {
    await using world = await openBucketWorld({
      origin: controlledOrigin(),
      ...(isListed && { behavior: FORWARDED }),
    });
    control(world, { signingBehavior });
    const got = await world.ask({ target: "/a", headers: viewer === "signed" ? VIEWERS : {} });
    assert.equal(got.status, 200);
    if (seen === "distribution") assertSignedAs(last(world), AS_DISTRIBUTION, world.now());
    else if (seen === "nobody") assertUnsigned(last(world));
    else assert.equal(last(world)?.headers.authorization, VIEWERS.Authorization);
  });
}

test("a change of an access control is in force at once, and a missing one refuses", async () => {
  await using world = await openBucketWorld({ origin: controlledOrigin() });
  assert.equal((await world.ask("GET /0")).status, 502);
  assert.deepEqual(world.origin.asked, []);
  control(world);
  assert.equal((await world.ask("GET /1")).status, 200);
  assertSignedAs(last(world), AS_DISTRIBUTION, world.now());
  control(world, { signingBehavior: "never" });
  assert.equal((await world.ask("GET /2")).status, 200);
  assertUnsigned(last(world));
  const asked = world.origin.asked.length;
  for (const over of [{ account: "999999999999" as typeof ACCOUNT }, { originType: "lambda" }]) {
    control(world, over);
    assert.equal((await world.ask(`GET /${JSON.stringify(over).length}`)).status, 502);
  }
  control(world);
  world.apply((number) => ({ kind: "removed", number, id: CONTROL }));
  assert.equal((await world.ask("GET /3")).status, 502);
  assert.equal(world.origin.asked.length, asked);
});

// What viewers send of their own, and whether the store sees it: of a read, and of a write.
const VIEWER_FIELDS: readonly (readonly [name: string, value: string, read: boolean, write: boolean])[] = [
  ["x-amz-security-token", "mine", false, false],
  ["x-amz-date", "20200101T000000Z", false, false],
  ["authorization", "AWS4-HMAC-SHA256 mine", false, false],
  ["x-amz-expected-bucket-owner", "000000000001", false, true],
  ["x-amz-request-payer", "requester", false, true],
  ["x-amz-server-side-encryption-customer-key", "a2V5", false, true],
  ["x-amz-acl", "public-read", false, true],
  ["x-amz-grant-read", "id=1", false, true],
  ["x-amz-meta-name", "a  b", false, true],
  ["x-amz-checksum-crc32", "AAAAAA==", false, true],
  ["x-amz-storage-class", "STANDARD", false, true],
  ["content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==", true, true],
  ["date", "Fri, 20 Nov 2026 12:00:00 GMT", true, true],
  ["x-other", "x", true, true],
];

for (const method of ["GET", "PUT"]) {
  test(`what a viewer sends with ${method} does not disturb the signature, and reaches the store as the table says`, async () => {
    await using world = await openBucketWorld({ behavior: { AllowedMethods: ALL_METHODS } });
    for (const [index, [name, value, onRead, onWrite]] of VIEWER_FIELDS.entries()) {
      const body = method === "PUT" ? { body: ["bytes"] } : {};
      const got = await world.ask({ method, target: `/${index}`, headers: { [name]: value }, ...body });
      assert.equal(got.status, 200, name);
      assertSignedAs(last(world), AS_IDENTITY, world.now());
      const goesAlong = method === "GET" ? onRead : onWrite;
      assert.equal(last(world)?.headers[name] === value, goesAlong, `${name}: ${String(last(world)?.headers[name])}`);
    }
  });
}

test("a field of S3 that the behavior lists goes along with a read, and is signed", async () => {
  await using world = await openBucketWorld({
    behavior: { ForwardedValues: { Headers: list("x-amz-checksum-mode", "x-amz-date") } },
  });
  const headers = { "x-amz-checksum-mode": "ENABLED", "x-amz-date": "20200101T000000Z" };
  await world.ask({ target: "/a", headers });
  assert.equal(last(world)?.headers["x-amz-checksum-mode"], "ENABLED");
  assertSignedAs(last(world), AS_IDENTITY, world.now());
});

const HASH = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
const PAYLOADS: readonly (readonly [sent: string, store: string])[] = [
  [HASH, HASH],
  ["UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD"],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "unsigned"],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "unsigned"],
  ["STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "unsigned"],
  ["required", "UNSIGNED-PAYLOAD"],
  [`${HASH},${HASH}`, "UNSIGNED-PAYLOAD"],
  [HASH.toUpperCase(), "UNSIGNED-PAYLOAD"],
];
for (const [sent, store] of PAYLOADS) {
  test(`an upload that says x-amz-content-sha256: ${sent.slice(0, 50)} is signed with ${store.slice(0, 40)}`, async () => {
    await using world = await openBucketWorld({ behavior: { AllowedMethods: ALL_METHODS } });
    const headers = { "X-Amz-Content-Sha256": sent, Authorization: "AWS4-HMAC-SHA256 mine" };
    await world.ask({ method: "PUT", target: "/a", headers, body: ["hello\n"] });
    assert.equal(last(world)?.body, "hello\n");
    if (store === "unsigned") assertUnsigned(last(world));
    else assertSignedAs(last(world), AS_IDENTITY, world.now(), store);
  });
}

test("a sum of a body that is not there is a viewer's way to have an error stored, and goes no further", async () => {
  await using world = await openBucketWorld();
  await world.ask({ target: "/a", headers: { "x-amz-content-sha256": HASH } });
  assertSignedAs(last(world), AS_IDENTITY, world.now());
});

for (const name of [
  "x-amz-copy-source",
  "X-Amz-Copy-Source-Range",
  "x-amz-rename-source",
  "x-amz-bypass-governance-retention",
]) {
  test(`${name} reaches beyond the object that is asked for: it is asked in nobody's name`, async () => {
    await using world = await openBucketWorld({ behavior: { AllowedMethods: ALL_METHODS } });
    const headers = { [name]: "/secrets/key", Authorization: "mine", "x-amz-security-token": "mine" };
    await world.ask({ method: "PUT", target: "/a", headers });
    assertUnsigned(last(world));
    assert.equal(last(world)?.headers["x-amz-security-token"], undefined);
  });
}

test("a viewer's own signature in the query does not go along with ours", async () => {
  await using world = await openBucketWorld({ behavior: { ForwardedValues: { QueryString: true } } });
  const target =
    "/a?v=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb&x-amz-date=1&X-Amz-Expires=9&X-Amz-SignedHeaders=host" +
    "&X-Amz-Security-Token=t&%58-Amz-Signature=0&X-Amz-Content-Sha256=U&AWSAccessKeyId=A&Signature=s&acl";
  await world.ask({ target });
  assert.equal(last(world)?.target, "/a?v=1&acl");
  assertSignedAs(last(world), AS_IDENTITY, world.now());
});

test("methods that write go through an identity and an access control, in chunks or with a length", async () => {
  for (const origin of [bucketOrigin(), controlledOrigin()]) {
    await using world = await openBucketWorld({ origin, behavior: { AllowedMethods: ALL_METHODS } });
    control(world);
    const who = origin.OriginAccessControlId === undefined ? AS_IDENTITY : AS_DISTRIBUTION;
    for (const method of ["PUT", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD"]) {
      const body = method === "PUT" || method === "POST" ? { body: ["a", "bc"] } : {};
      const got = await world.ask({ method, target: "/key", ...body });
      assert.equal(got.status, 200, method);
      assert.equal(last(world)?.method, method === "HEAD" ? "GET" : method);
      assert.equal(last(world)?.body, method === "PUT" || method === "POST" ? "abc" : "");
      assertSignedAs(last(world), who, world.now());
    }
  }
});

test("ranges, conditions and validation are signed like everything else", async () => {
  await using world = await openBucketWorld({ behavior: { MinTTL: 0, DefaultTTL: 10 } });
  world.origin.answer({ body: "0123456789", headers: { ETag: '"e"' }, ranges: true });
  assert.equal((await world.ask({ target: "/r", headers: { Range: "bytes=2-4" } })).body, "234");
  assertSignedAs(last(world), AS_IDENTITY, world.now());
  await world.ask("GET /a");
  world.advance(60);
  world.origin.answer({ status: 304, headers: { ETag: '"e"' } });
  assert.equal((await world.ask("GET /a")).result, "RefreshHit");
  assert.equal(last(world)?.headers["if-none-match"], '"e"');
  assertSignedAs(last(world), AS_IDENTITY, world.now());
});

test("each attempt is signed anew, with the time that it is then", async () => {
  await using world = await openBucketWorld();
  let attempts = 0;
  world.origin.answer((request, response) => {
    if (++attempts < 3) {
      world.advance(1000);
      request.socket.destroy();
    } else response.end("at last");
  });
  const startedAt = world.now();
  assert.equal((await world.ask("GET /a")).body, "at last");
  assert.equal(attempts, 3);
  for (const [index, asked] of world.origin.asked.entries()) {
    assertSignedAs(asked, AS_IDENTITY, startedAt + index * 1_000_000);
  }
});

test("the key of a signature is that of its day", async () => {
  await using world = await openBucketWorld();
  for (let day = 0; day < 4; day++) {
    await world.ask(`GET /${day}`);
    assertSignedAs(last(world), AS_IDENTITY, world.now());
    world.advance(86_400);
  }
});

test("OriginPath and the origin's own headers hold for a bucket, and its name may tell a region", async () => {
  await using world = await openBucketWorld({
    origin: bucketOrigin({
      DomainName: "photos.s3.eu-central-1.amazonaws.com",
      OriginPath: "/public",
      CustomHeaders: list({ HeaderName: "X-Own", HeaderValue: "1" }, { HeaderName: "Authorization", HeaderValue: "x" }),
    }),
  });
  await world.ask("GET /a");
  assert.equal(last(world)?.target, "/public/a");
  assert.equal(last(world)?.headers["x-own"], "1");
  assertSignedBy(last(world), edgeCredential(AS_IDENTITY, SECRET), { region: "eu-central-1", atMs: world.now() });
});

test("a bucket that refuses is followed by the other of its group, each asked as its own identity", async () => {
  const other = "E1IDENTITY0002" as ResourceId;
  const first = { ...bucketOrigin(), Id: "first" };
  const second = {
    ...bucketOrigin({
      DomainName: "spare.s3.amazonaws.com",
      S3OriginConfig: { OriginAccessIdentity: `origin-access-identity/cloudfront/${other}` },
    }),
    Id: "second",
  };
  const rest = {
    OriginPath: "",
    CustomHeaders: list(),
    ConnectionAttempts: 3,
    ConnectionTimeout: 10,
    OriginShield: { Enabled: false },
    OriginAccessControlId: "",
  };
  await using world = await openBucketWorld({
    behavior: { TargetOriginId: "group" },
    config: {
      Origins: list({ ...rest, ...first } as Origin, { ...rest, ...second } as Origin),
      OriginGroups: list({
        Id: "group",
        FailoverCriteria: { StatusCodes: list(403, 404) },
        Members: list({ OriginId: "first" }, { OriginId: "second" }),
      }),
    },
  });
  for (const status of [403, 404]) {
    world.origin.answer((request, response) => {
      response.statusCode = request.headers.host === "photos.s3.amazonaws.com" ? status : 200;
      response.end(request.headers.host);
    });
    assert.equal((await world.ask(`GET /${status}`)).body, "spare.s3.amazonaws.com");
    const [one, two] = world.origin.asked.slice(-2);
    assertSignedAs(one, AS_IDENTITY, world.now());
    assertSignedAs(two, { kind: "identity", id: other }, world.now());
  }
});

test("a refusal of the store reaches the viewer as it is", async () => {
  await using world = await openBucketWorld();
  const body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>';
  world.origin.answer({ status: 403, body, headers: { "Content-Type": "application/xml" } });
  const got = await world.ask("GET /a");
  assert.deepEqual([got.status, got.result, got.body], [403, "Error", body]);
});

test("what was stored is served on after the identity changed, until it is invalidated", async () => {
  await using world = await openBucketWorld();
  world.origin.answer({ body: "private" });
  await world.ask("GET /a");
  world.publish({ origin: bucketOrigin({ S3OriginConfig: { OriginAccessIdentity: "" } }) });
  world.origin.answer({ status: 403, body: "denied" });
  assert.equal((await world.ask("GET /a")).result, "Hit");
  world.invalidate("/*");
  assert.equal((await world.ask("GET /a")).status, 403);
  assertUnsigned(last(world));
});

test("explain says which bucket, which store, who asks, and why", async () => {
  const about = { method: "GET", url: "http://d1.cloudfront.localhost/a" };
  const step = async (world: World): Promise<string> =>
    (await world.edge.explain(about)).steps
      .filter(({ stage }) => stage === "choose-origin" || stage === "origin-access")
      .map(({ decision, why }) => `${decision} (${why})`)
      .join("; ");
  await using world = await openBucketWorld();
  const at = `http://127.0.0.1:${world.origin.port}`;
  const chosen = `origin: the bucket photos in the service's own bucket store, at ${at} (photos.s3.amazonaws.com is the name of a bucket)`;
  assert.equal(
    await step(world),
    `${chosen}; signed as origin access identity ${IDENTITY} (OriginAccessIdentity is ${IDENTITY})`,
  );
  world.publish({ origin: controlledOrigin() });
  assert.match(
    await step(world),
    /refused: the bucket is not asked \(OriginAccessControlId E1CONTROL00001: there is no such/,
  );
  control(world);
  assert.match(
    await step(world),
    /signed as distribution E1 of account 000000000000 \(OriginAccessControlId is E1CONTROL00001\)/,
  );
  control(world, { signingBehavior: "never" });
  assert.match(
    await step(world),
    /unsigned, as nobody \(OriginAccessControlId E1CONTROL00001: SigningBehavior is never\)/,
  );
  assert.doesNotMatch(JSON.stringify(await world.edge.explain(about)), /Signature/);
});

test("the verdict of an origin that would not be asked is its failure, or the stale page that is served instead", async () => {
  const about = { method: "GET", url: "http://d1.cloudfront.localhost/a" };
  await using world = await openBucketWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=60" }, body: "kept" });
  await world.ask("GET /a");
  world.publish({ origin: controlledOrigin() }); // there is no such control
  world.advance(70);
  assert.equal((await world.edge.explain(about)).verdict, "hit");
  assert.equal((await world.ask("GET /a")).body, "kept");
  world.invalidate("/a");
  assert.equal((await world.edge.explain(about)).verdict, "502 origin-access");
  assert.equal((await world.ask("GET /a")).status, 502);
});

test("a missing object stays missing for the time of errors, a refusal is asked again; an invalidation ends both", async () => {
  await using world = await openBucketWorld();
  world.origin.answer({ status: 404, body: "NoSuchKey" });
  assert.equal((await world.ask("GET /a")).status, 404);
  world.origin.answer({ body: "there now" });
  assert.equal((await world.ask("GET /a")).status, 404);
  world.invalidate("/a");
  assert.equal((await world.ask("GET /a")).body, "there now");
  world.origin.answer({ status: 403, body: "AccessDenied" });
  assert.equal((await world.ask("GET /b")).status, 403);
  world.origin.answer({ body: "granted" });
  assert.equal((await world.ask("GET /b")).body, "granted");
  world.origin.answer({ status: 403, body: "AccessDenied", headers: { "Cache-Control": "max-age=60" } });
  assert.equal((await world.ask("GET /c")).status, 403);
  world.origin.answer({ body: "granted" });
  assert.equal((await world.ask("GET /c")).status, 403);
  world.invalidate("/*");
  assert.equal((await world.ask("GET /c")).body, "granted");
});
