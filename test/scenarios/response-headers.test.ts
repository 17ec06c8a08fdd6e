// What viewers get of an origin's fields, and what the edge adds: one row per row of the guide's table, on a miss, on a
// hit, and past the cache.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_METHODS, list, openWorld, scenario, type BehaviorDraft, type DistributionDraft } from "./harness.ts";
import { exchangeBytes, openWired } from "./wired.ts";

const TABLE = "CFDG RequestAndResponseBehaviorCustomOrigin";

const COOKIES = { ForwardedValues: { Cookies: { Forward: "all" as const } } };
const listing = (...names: readonly string[]): BehaviorDraft => ({ ForwardedValues: { Headers: list(...names) } });

/** The edge's own element of Via. */
const OWN_VIA = "1\\.1 [0-9a-f]{32}\\.cloudfront\\.net \\(CloudFront\\)";

/** the origin's field → what viewers see of it, by default or in the behavior that is named last */
const ROWS: readonly (readonly [
  name: string,
  sent: string,
  seen: string | RegExp | undefined,
  behavior?: BehaviorDraft,
])[] = [
  ["X-Any-Other", "x", "x"],
  ["Set-Cookie", "a=1", undefined],
  ["Set-Cookie", "a=1", "a=1", COOKIES],
  ["Set-Cookie", "a=1", "a=1", { ForwardedValues: { Cookies: { Forward: "whitelist", WhitelistedNames: list("b") } } }],
  ["Upgrade", "h2c", undefined],
  ["Keep-Alive", "timeout=5", undefined],
  ["Proxy-Authenticate", "Basic", undefined],
  ["Via", "1.0 inner", new RegExp(`^1\\.0 inner, ${OWN_VIA}$`)],
  ["Vary", "Accept-Encoding", "Accept-Encoding"],
  ["Vary", "Cookie", "Cookie"],
  ["Vary", "Accept, Accept-Encoding, User-Agent", "Accept-Encoding"],
  ["Vary", "User-Agent", undefined],
  ["Vary", "Accept, X-Other", "Accept", listing("Accept")],
  ["Vary", "accept", "accept", listing("Accept")],
  ["Vary", "User-Agent", "User-Agent", listing("CloudFront-Is-Mobile-Viewer")],
  ["Vary", "User-Agent", "User-Agent", listing("User-Agent")],
  ["Vary", "User-Agent, Origin", "User-Agent, Origin", listing("*")],
  ["Server", "nginx", "nginx"],
  ["Date", "Fri, 20 Nov 2026 11:59:58 GMT", "Fri, 20 Nov 2026 11:59:58 GMT"],
  ["Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"],
  ["ETag", '"a"', '"a"'],
  ["ETag", "unquoted", "unquoted"],
  ["Cache-Control", "max-age=60, public", "max-age=60, public"],
  ["Cache-Control", "private", "private", { MinTTL: 5 }], // never rewritten, also where the TTLs say otherwise
  ["Expires", "Fri, 20 Nov 2099 13:00:00 GMT", "Fri, 20 Nov 2099 13:00:00 GMT"],
  ["Pragma", "no-cache", "no-cache"],
  ["Content-Type", "text/html; charset=utf-8", "text/html; charset=utf-8"],
  ["Content-Language", "de", "de"],
  ["Access-Control-Allow-Origin", "*", "*"],
  ["Strict-Transport-Security", "max-age=1", "max-age=1"],
  ["WWW-Authenticate", "Basic", "Basic"],
  ["x-amz-version-id", "v", "v"],
  ["X-Cache", "HIT", /^(?:Miss|Hit) from cloudfront$/],
  ["X-Amz-Cf-Pop", "FRA50-C0", /^(?!FRA50-C0)[A-Z]{3}[0-9]+(?:-[A-Z][0-9]+)?$/],
  ["X-Amz-Cf-Id", "theirs", /^[A-Za-z0-9_-]{54}==$/],
];

for (const [name, sent, seen, behavior = {}] of ROWS) {
  const where = behavior === COOKIES ? " with cookies forwarded" : ` ${JSON.stringify(behavior)}`;
  const isAlone = JSON.stringify(behavior).includes('"*"');
  // Both times once: whoever writes a field of that name writes the only one.
  const expect = {
    fields: { [name.toLowerCase()]: seen },
    times: { [name.toLowerCase()]: seen === undefined ? 0 : 1 },
  };
  scenario(
    `of ${name}: ${sent} viewers see ${String(seen ?? "nothing")}${where === " {}" ? "" : where}`,
    TABLE,
    { behavior },
    [
      {
        viewer: "GET /a",
        origin: { headers: { [name]: sent }, body: "page" },
        expect: { result: "Miss", ...expect },
      },
      { viewer: "GET /a", expect: { result: isAlone ? "Miss" : "Hit", ...expect } },
    ],
  );
}

test(`a Trailer field ends at the edge [${TABLE}]`, async () => {
  await using world = await openWorld();
  world.origin.answer((_request, response) => {
    response.writeHead(200, { Trailer: "X-End" });
    response.addTrailers({ "X-End": "1" });
    response.end("page");
  });
  for (const result of ["Miss", "Hit"]) {
    const got = await world.ask("GET /a");
    assert.deepEqual([got.result, got.body, got.field("trailer")], [result, "page", undefined]);
  }
});

test(`Date and Server are there in any case, and Date stays that of the stored response [${TABLE}]`, async () => {
  await using world = await openWorld();
  world.origin.answer((_request, response) => {
    response.sendDate = false;
    response.end("page");
  });
  const miss = await world.ask("GET /a");
  assert.equal(miss.field("date"), "Fri, 20 Nov 2026 12:00:00 GMT");
  assert.equal(miss.field("server"), "CloudFront");
  world.advance(7);
  const hit = await world.ask("GET /a");
  assert.equal(hit.field("date"), "Fri, 20 Nov 2026 12:00:00 GMT");
  assert.equal(hit.field("age"), "7");
});

test(`several Set-Cookie are replayed as they came, on every hit [CFDG Cookies]`, async () => {
  await using world = await openWorld({ behavior: COOKIES });
  world.origin.answer({ headers: { "Set-Cookie": ["a=1; Path=/", "b=2; Expires=Fri, 20 Nov 2026 13:00:00 GMT"] } });
  for (const result of ["Miss", "Hit", "Hit"]) {
    const got = await world.ask("GET /a");
    assert.equal(got.result, result);
    const cookies = got.fields.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value);
    assert.deepEqual(cookies, ["a=1; Path=/", "b=2; Expires=Fri, 20 Nov 2026 13:00:00 GMT"]);
  }
});

scenario(
  'Cache-Control: no-cache="Set-Cookie" keeps the page and not the cookie',
  "CFDG Cookies",
  { behavior: COOKIES },
  [
    {
      viewer: "GET /a",
      origin: { headers: { "Set-Cookie": "a=1", "Cache-Control": 'no-cache="Set-Cookie", max-age=60' }, body: "page" },
      expect: { result: "Miss", fields: { "set-cookie": "a=1" } },
    },
    { viewer: "GET /a", expect: { result: "Hit", body: "page", fields: { "set-cookie": undefined } } },
  ],
);

scenario(
  "Set-Cookie is stripped past the cache too, from what is posted and from what is never stored",
  "CFDG Cookies",
  {
    behavior: { AllowedMethods: ALL_METHODS },
    behaviors: [
      { PathPattern: "never", DefaultTTL: 0, MaxTTL: 0 },
      { PathPattern: "kept", DefaultTTL: 0, MaxTTL: 0, ...COOKIES },
    ],
  },
  [
    {
      viewer: { method: "POST", target: "/a", body: ["x"] },
      origin: { headers: { "Set-Cookie": "a=1" } },
      expect: { fields: { "set-cookie": undefined } },
    },
    { viewer: "GET /never", expect: { fields: { "set-cookie": undefined } } },
    { viewer: "GET /kept", expect: { fields: { "set-cookie": "a=1" } } },
  ],
);

test(`an Age that the origin sends counts, and there is never more than one [RFC 9111 §5.1]`, async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { Age: "5", "Cache-Control": "max-age=60" }, body: "page" });
  for (const [age, seconds] of [
    ["5", 0],
    ["7", 2],
    ["59", 52],
  ] as const) {
    world.advance(seconds);
    const got = await world.ask("GET /a");
    assert.deepEqual(
      got.fields.filter(([name]) => name.toLowerCase() === "age").map(([, value]) => value),
      [age],
    );
  }
  world.advance(1);
  assert.equal((await world.ask("GET /a")).result, "Miss");
});

scenario("an Age that the origin sends is added to, and used up by what it says", "RFC 9111 §4.2.3", {}, [
  {
    viewer: "GET /a",
    origin: { headers: { Age: "30", "Cache-Control": "max-age=60" }, body: "page" },
    expect: { result: "Miss", fields: { age: "30" } },
  },
  { viewer: "GET /a", expect: { result: "Hit", fields: { age: "30" }, times: { age: 1 }, asked: [] } },
  {
    viewer: "GET /b",
    origin: { headers: { Age: "90", "Cache-Control": "max-age=60" }, body: "page" },
    expect: { result: "Miss" },
  },
  { viewer: "GET /b", expect: { result: "Miss", asked: ["GET /b"] } },
]);

// What X-Cache and Age say, by how the answer came about.

const STALE = { headers: { "Cache-Control": "max-age=10", ETag: '"1"' }, body: "page" };

scenario("X-Cache and Age of a miss, a hit, a validated page and another miss", "SEEN 2026-11-20 #1", {}, [
  { viewer: "GET /a", origin: STALE, expect: { fields: { "x-cache": "Miss from cloudfront", age: undefined } } },
  { viewer: "GET /a", expect: { fields: { "x-cache": "Hit from cloudfront", age: "0" } } },
  { advanceSeconds: 9 },
  { viewer: "GET /a", expect: { fields: { "x-cache": "Hit from cloudfront", age: "9" } } },
  { viewer: "HEAD /a", expect: { fields: { "x-cache": "Hit from cloudfront", age: "9" } } },
  {
    viewer: { target: "/a", headers: { "If-None-Match": '"1"' } },
    expect: { status: 304, fields: { "x-cache": "Hit from cloudfront", age: "9" } },
  },
  { advanceSeconds: 1 },
  {
    viewer: "GET /a",
    origin: { status: 304, headers: { ETag: '"1"' } },
    expect: { status: 200, fields: { "x-cache": "RefreshHit from cloudfront" } },
  },
]);

scenario(
  "X-Cache of errors, whoever made them, of what is posted, and of redirects",
  "SEEN 2026-11-20 #1",
  {
    behavior: { AllowedMethods: ALL_METHODS },
    behaviors: [{ PathPattern: "secure/*", ViewerProtocolPolicy: "redirect-to-https" }],
  },
  [
    {
      viewer: "GET /a",
      origin: { status: 404, body: "gone" },
      expect: { status: 404, body: "gone", fields: { "x-cache": "Error from cloudfront", age: undefined } },
    },
    { advanceSeconds: 3 },
    { viewer: "GET /a", expect: { status: 404, asked: [], fields: { "x-cache": "Error from cloudfront", age: "3" } } },
    { viewer: "PROPFIND /a", expect: { status: 403, fields: { "x-cache": "Error from cloudfront" } } },
    { viewer: "GET /secure/a", expect: { status: 301, fields: { "x-cache": "Redirect from cloudfront" } } },
    { viewer: "POST /a", origin: { body: "done" }, expect: { fields: { "x-cache": "Miss from cloudfront" } } },
    { viewer: "POST /a", origin: { status: 500 }, expect: { fields: { "x-cache": "Error from cloudfront" } } },
    {
      viewer: "GET /b",
      origin: "unreachable",
      expect: { status: 502, fields: { "x-cache": "Error from cloudfront", server: "CloudFront", age: undefined } },
    },
    { viewer: "GET /b", expect: { status: 502, asked: [], fields: { "x-cache": "Error from cloudfront", age: "0" } } },
  ],
);

// The order in which the real service sends them.

async function namesOnWire(draft: DistributionDraft, request: string): Promise<readonly string[]> {
  await using wired = await openWired(draft);
  wired.world.origin.answer({ headers: { "X-First": "1", Server: "s", "X-Last": "2" }, body: "page" });
  const text = await exchangeBytes(wired.port, request);
  const [head = ""] = text.split("\r\n\r\n");
  return head
    .split("\r\n")
    .slice(1)
    .map((line) => line.slice(0, line.indexOf(":")));
}

const OURS = ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"];
const CLOSE = "Host: d1.cloudfront.localhost\r\nConnection: close\r\n\r\n";

test("what the edge adds stands behind the origin's fields, in the real service's order [SEEN 2026-11-20 #1]", async () => {
  const names = await namesOnWire({}, `GET /a HTTP/1.1\r\n${CLOSE}`);
  const at = names.indexOf("X-Cache");
  assert.deepEqual(names.slice(at, at + 4), OURS);
  assert.ok(names.indexOf("X-First") < names.indexOf("X-Last") && names.indexOf("X-Last") < at);
});

test("the edge's own answers begin with Server, Date and Content-Type [SEEN 2026-11-20 #1]", async () => {
  const made = await namesOnWire({}, `POST /a HTTP/1.1\r\n${CLOSE}`);
  assert.deepEqual(made, ["Server", "Date", "Content-Type", "Content-Length", "Connection", ...OURS]);
  const redirecting = { behavior: { ViewerProtocolPolicy: "redirect-to-https" as const } };
  const moved = await namesOnWire(redirecting, `GET /a HTTP/1.1\r\n${CLOSE}`);
  assert.deepEqual(moved, ["Server", "Date", "Content-Type", "Content-Length", "Connection", "Location", ...OURS]);
});
