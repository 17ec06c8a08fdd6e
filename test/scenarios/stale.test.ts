// Answers that are no longer fresh: served while they are refreshed, and when the origin fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { holdOrigin, list, openWorld, scenario, type OriginAnswer, type Step, type World } from "./harness.ts";

const says = (cacheControl: string, body: string): OriginAnswer => ({
  headers: { "Cache-Control": cacheControl },
  body,
});
const TROUBLE: OriginAnswer = { status: 503, body: "trouble" };

/** Stored with this Cache-Control, expired for `expiredFor` seconds, then asked again of an origin that does this. */
function expired(cacheControl: string, expiredFor: number): Step[] {
  return [
    { viewer: "GET /page", origin: says(cacheControl, "v1"), expect: { result: "Miss" } },
    { advanceSeconds: 60 + expiredFor },
  ];
}

const STALE = { status: 200, result: "Hit", body: "v1" } as const;

scenario(
  "when the origin answers 503, what has expired is served, and the origin is left alone for ten seconds",
  "CFDG HTTPStatusCodes",
  {},
  [
    ...expired("max-age=60", 5),
    { viewer: "GET /page", origin: TROUBLE, expect: { ...STALE, asked: ["GET /page"], fields: { age: "65" } } },
    { advanceSeconds: 9 },
    { viewer: "GET /page", expect: { ...STALE, asked: [] } },
    { advanceSeconds: 1 },
    { viewer: "GET /page", expect: { ...STALE, asked: ["GET /page"] } },
    { advanceSeconds: 10 },
    {
      viewer: "GET /page",
      origin: says("max-age=60", "v2"),
      expect: { status: 200, result: "Miss", body: "v2", asked: ["GET /page"] },
    },
    { viewer: "GET /page", expect: { result: "Hit", body: "v2", asked: [] } },
  ],
);

scenario(
  "ErrorCachingMinTTL says for how long the origin is left alone",
  "CFDG HTTPStatusCodes",
  {
    config: {
      CustomErrorResponses: list({ ErrorCode: 503, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 300 }),
    },
  },
  [
    ...expired("max-age=60", 5),
    { viewer: "GET /page", origin: TROUBLE, expect: { ...STALE, asked: ["GET /page"] } },
    { advanceSeconds: 299 },
    { viewer: "GET /page", expect: { ...STALE, asked: [] } },
    { advanceSeconds: 1 },
    { viewer: "GET /page", expect: { ...STALE, asked: ["GET /page"] } },
  ],
);

scenario("what has expired is served when nothing listens at the origin", "CFDG HTTPStatusCodes", {}, [
  ...expired("max-age=60", 100_000),
  { viewer: "GET /page", origin: "unreachable", expect: STALE },
  { viewer: "HEAD /page", expect: { status: 200, result: "Hit", body: "" } },
]);

scenario("a 4xx takes the place of what has expired", "CFDG HTTPStatusCodes", {}, [
  ...expired("max-age=60", 5),
  { viewer: "GET /page", origin: { status: 404, body: "gone" }, expect: { status: 404, result: "Error" } },
]);

scenario("an error is not served stale", "CFDG HTTPStatusCodes", {}, [
  { viewer: "GET /page", origin: { status: 404, body: "none" }, expect: { status: 404 } },
  { advanceSeconds: 11 },
  { viewer: "GET /page", origin: TROUBLE, expect: { status: 503, body: "trouble" } },
]);

// Cache-Control, seconds since it expired, MinTTL: served stale on 503, or the 503.
const ON_ERROR: readonly (readonly [string, number, number, "stale" | "503"])[] = [
  ["max-age=60", 5, 0, "stale"],
  ["max-age=60, stale-if-error=20", 19, 0, "stale"],
  ["max-age=60, stale-if-error=20", 20, 0, "503"],
  ["max-age=60, stale-if-error=0", 1, 0, "503"],
  ["max-age=60, must-revalidate", 1, 0, "503"],
  ["max-age=60, proxy-revalidate", 1, 0, "503"],
  ["no-store", 5, 60, "stale"], // with MinTTL refusals are overridden, stale or not
  ["private, stale-if-error=0", 5, 60, "503"],
];

for (const [cacheControl, expiredFor, min, outcome] of ON_ERROR) {
  scenario(
    `"${cacheControl}", expired for ${expiredFor} s, MinTTL ${min}, is ${outcome === "stale" ? "served" : "not served"} when the origin fails`,
    "CFDG Expiration",
    { behavior: { MinTTL: min } },
    [
      ...expired(cacheControl, expiredFor),
      { viewer: "GET /page", origin: TROUBLE, expect: outcome === "stale" ? STALE : { status: 503, result: "Error" } },
    ],
  );
}

scenario("a response that is only kept to be validated is not served when the origin fails", "CFDG Expiration", {}, [
  {
    viewer: "GET /page",
    origin: { headers: { "Cache-Control": "no-cache", ETag: '"1"' }, body: "v1" },
    expect: { result: "Miss" },
  },
  { viewer: "GET /page", origin: TROUBLE, expect: { status: 503, askedWith: { "if-none-match": '"1"' } } },
]);

// Refreshing behind the viewer's back.

/** Until the origin was asked so many times, and what it said is stored. */
async function untilAsked(world: World, count: number): Promise<void> {
  while (world.origin.asked.length < count || world.edge.counters().fetchesInFlight > 0) await turn();
  await turn();
}

test("within stale-while-revalidate the stale page is served at once, and the next viewer gets the new one [RFC 5861 §3]", async () => {
  await using world = await openWorld();
  world.origin.answer(says("max-age=60, stale-while-revalidate=30", "v1"));
  await world.ask("GET /page");
  world.advance(70);
  const held = holdOrigin(world);
  const many = await Promise.all(Array.from({ length: 20 }, () => world.ask("GET /page")));
  assert.deepEqual(new Set(many.map(({ body, result }) => `${result} ${body}`)), new Set(["Hit v1"]));
  const asked = await held.next();
  asked.writeHead(200, { "Cache-Control": "max-age=60" }).end("v2");
  await untilAsked(world, 2);
  const { body, result } = await world.ask("GET /page");
  assert.deepEqual([result, body, world.origin.asked.length], ["Hit", "v2", 2]);
  const { hits, misses, requests } = world.edge.counters();
  assert.deepEqual([hits, misses, requests], [21, 1, 22]); // the refresh is nobody's answer
});

test("after its window a stale page is waited for", async () => {
  await using world = await openWorld();
  world.origin.answer(says("max-age=60, stale-while-revalidate=30", "v1"));
  await world.ask("GET /page");
  world.advance(90);
  world.origin.answer(says("max-age=60", "v2"));
  assert.deepEqual((await world.ask("GET /page")).body, "v2");
});

test("a refresh is conditional, whatever the viewer's own conditions and range", async () => {
  await using world = await openWorld();
  world.origin.answer({
    headers: { "Cache-Control": "max-age=60, stale-while-revalidate=30", ETag: '"1"' },
    body: "0123456789",
  });
  await world.ask("GET /page");
  world.advance(70);
  world.origin.answer({ status: 304, headers: { "Cache-Control": "max-age=60", ETag: '"1"' } });
  const part = await world.ask({ target: "/page", headers: { Range: "bytes=0-1", "If-Match": '"1"' } });
  assert.deepEqual([part.status, part.body, part.result], [206, "01", "Hit"]);
  await untilAsked(world, 2);
  const { headers } = world.origin.asked[1] ?? {};
  assert.deepEqual([headers?.["if-none-match"], headers?.range, headers?.["if-match"]], ['"1"', undefined, undefined]);
  assert.equal((await world.ask("GET /page")).field("age"), "0");
});

test("a refresh that fails leaves the stale page in place and is tried again after a while", async () => {
  await using world = await openWorld();
  world.origin.answer(says("max-age=60, stale-while-revalidate=3000", "v1"));
  await world.ask("GET /page");
  world.advance(70);
  world.origin.answer(TROUBLE);
  assert.equal((await world.ask("GET /page")).body, "v1");
  await untilAsked(world, 2);
  assert.equal((await world.ask("GET /page")).body, "v1");
  assert.equal(world.origin.asked.length, 2);
  world.advance(10);
  world.origin.answer(says("max-age=60", "v2"));
  assert.equal((await world.ask("GET /page")).body, "v1");
  await untilAsked(world, 3);
  assert.equal((await world.ask("GET /page")).body, "v2");
});

test("an invalidation during a refresh wins: neither the stale page nor what the refresh brings is served", async () => {
  await using world = await openWorld();
  world.origin.answer(says("max-age=60, stale-while-revalidate=30", "v1"));
  await world.ask("GET /page");
  world.advance(70);
  const held = holdOrigin(world);
  await world.ask("GET /page");
  const asked = await held.next();
  world.invalidate("/page");
  asked.writeHead(200, { "Cache-Control": "max-age=60" }).end("v2");
  await untilAsked(world, 2);
  world.origin.answer(says("max-age=60", "v3"));
  const got = await world.ask("GET /page");
  assert.deepEqual([got.body, got.result], ["v3", "Miss"]);
});

test("viewers who wait for a fetch that fails get the stale page with it", async () => {
  await using world = await openWorld();
  world.origin.answer(says("max-age=60", "v1"));
  await world.ask("GET /page");
  world.advance(70);
  const held = holdOrigin(world);
  const waiting = Array.from({ length: 10 }, () => world.ask("GET /page"));
  (await held.next()).writeHead(500).end("broken");
  const all = await Promise.all(waiting);
  assert.deepEqual(new Set(all.map(({ status, body }) => `${status} ${body}`)), new Set(["200 v1"]));
  assert.equal(world.origin.asked.length, 2);
});

scenario("within stale-while-revalidate viewers get the stale page at once, and then the new one", "RFC 5861 §3", {}, [
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "max-age=1, stale-while-revalidate=60" }, body: "v1" },
    expect: { result: "Miss", body: "v1" },
  },
  { advanceSeconds: 2 },
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "max-age=60" }, body: "v2" },
    expect: { status: 200, result: "Hit", body: "v1" },
  },
  { advanceSeconds: 1 },
  { viewer: "GET /a", expect: { status: 200, result: "Hit", body: "v2", asked: [] } },
]);
