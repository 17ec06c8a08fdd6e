// Origins that are buckets: which store is asked, in whose name, and what a viewer can change about it, which is nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EdgePrincipal } from "../../src/model/edge-credential.ts";
import type { ResourceId } from "../../src/vocabulary/ids.ts";
import {
  ACCOUNT,
  assertSignedAs,
  assertUnsigned,
  bucketOrigin,
  CONTROL,
  control,
  controlledOrigin,
  IDENTITY,
  openBucketWorld,
} from "./buckets.ts";
import { list, openOriginServer, openWorld, type DistributionDraft, type World } from "./harness.ts";

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
    if (!target.includes("%zz")) assertSignedAs(last(world), AS_IDENTITY, world.now());
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
