// Invalidations: what they match, and that nothing that began before them is served or stored after them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { holdOrigin, list, openWorld, readAnswer, scenario, viewerRequest, type Ask } from "./harness.ts";

const page = (body: string) => ({ headers: { "Cache-Control": "max-age=600", ETag: '"1"' }, body });

scenario("an invalidated page is fetched whole, not validated", "CFDG Invalidation", {}, [
  { viewer: "GET /a", origin: page("v1"), expect: { result: "Miss" } },
  { viewer: "GET /b", origin: page("b"), expect: { result: "Miss" } },
  { invalidate: ["/a"] },
  {
    viewer: "GET /a",
    origin: page("v2"),
    expect: { result: "Miss", body: "v2", askedWith: { "if-none-match": undefined } },
  },
  { viewer: "GET /b", expect: { result: "Hit", body: "b" } },
]);

const STORED = ["/", "/a", "/A", "/a/", "/a/b", "/a/b/c", "/ab", "/a%20b", "/a*b"];
const ROWS: readonly (readonly [path: string, removed: readonly string[]])[] = [
  ["/a", ["/a"]],
  ["a", ["/a"]],
  ["/a/", ["/a/"]],
  ["/a/*", ["/a/", "/a/b", "/a/b/c"]],
  ["/a*", ["/a", "/a/", "/a/b", "/a/b/c", "/ab", "/a%20b", "/a*b"]],
  ["/*", STORED],
  ["/*b", []],
  ["/a b", []],
  ["/", ["/"]],
];

for (const [path, removed] of ROWS) {
  test(`invalidating ${path} removes ${removed.length === 0 ? "nothing" : removed.join(" ")} [CFDG Invalidation]`, async () => {
    await using world = await openWorld();
    for (const stored of STORED) await world.ask(`GET ${stored}`);
    world.invalidate(path);
    assert.equal(world.edge.counters().storedResponses, STORED.length - removed.length);
    const missed: string[] = [];
    for (const stored of STORED) if ((await world.ask(`GET ${stored}`)).result === "Miss") missed.push(stored);
    assert.deepEqual(missed, removed);
  });
}

scenario(
  "with queries forwarded an exact path names one query, and a wildcard all",
  "CFDG Invalidation",
  { behavior: { ForwardedValues: { QueryString: true } } },
  [
    { viewer: "GET /a", origin: page("v"), expect: { result: "Miss" } },
    { viewer: "GET /a?x=1", expect: { result: "Miss" } },
    { viewer: "GET /a?x=2", expect: { result: "Miss" } },
    { invalidate: ["/a?x=1"] },
    { viewer: "GET /a", expect: { result: "Hit" } },
    { viewer: "GET /a?x=1", expect: { result: "Miss" } },
    { viewer: "GET /a?x=2", expect: { result: "Hit" } },
    { invalidate: ["/a"] },
    { viewer: "GET /a", expect: { result: "Miss" } },
    { viewer: "GET /a?x=2", expect: { result: "Hit" } },
    { invalidate: ["/a*"] },
    { viewer: "GET /a?x=1", expect: { result: "Miss" } },
    { viewer: "GET /a?x=2", expect: { result: "Miss" } },
  ],
);

scenario(
  "all variants of a path go, and stored errors with them",
  "CFDG Invalidation",
  { behavior: { ForwardedValues: { Cookies: { Forward: "all" } } } },
  [
    { viewer: { target: "/a", headers: { Cookie: "a=1" } }, origin: page("v"), expect: { result: "Miss" } },
    { viewer: { target: "/a", headers: { Cookie: "a=2" } }, expect: { result: "Miss" } },
    { viewer: "GET /e", origin: { status: 404 }, expect: { status: 404 } },
    { invalidate: ["/a", "/e"] },
    { viewer: { target: "/a", headers: { Cookie: "a=1" } }, origin: page("w"), expect: { result: "Miss" } },
    { viewer: { target: "/a", headers: { Cookie: "a=2" } }, expect: { result: "Miss" } },
    { viewer: "GET /e", expect: { status: 200 } },
  ],
);

test("another distribution's pages stay", async () => {
  await using world = await openWorld();
  world.publish({ id: "E2", label: "d2" });
  await world.ask({ target: "/a", host: "d2.cloudfront.localhost" });
  world.invalidate("/*");
  assert.equal((await world.ask({ target: "/a", host: "d2.cloudfront.localhost" })).result, "Hit");
});

test("who asks after an invalidation gets nothing of a fetch that began before it", async () => {
  await using world = await openWorld();
  const origin = holdOrigin(world);
  const before = world.ask("GET /a");
  const old = await origin.next();
  const joinedBefore = world.ask("GET /a");
  world.invalidate("/a");
  const after = world.ask("GET /a");
  const fresh = await origin.next();
  old.end("old page");
  fresh.end("new page");
  assert.equal((await before).body, "old page");
  assert.equal((await after).body, "new page");
  // What came for the first is no longer for others: who waited for it asks anew.
  (await origin.next()).end("newer page");
  assert.equal((await joinedBefore).body, "newer page");
  assert.equal(world.origin.asked.length, 3);
  assert.notEqual((await world.ask("GET /a")).body, "old page");
});

test("an invalidation in mid-body lets those who read go on, and nobody else join", async () => {
  await using world = await openWorld();
  const origin = holdOrigin(world);
  const asking = world.edge.respond(viewerRequest("GET /a"));
  const old = await origin.next();
  old.writeHead(200, { "Content-Length": "8" });
  old.write("old ");
  const answer = await asking; // the head is judged, the body is being stored
  const joined = await world.edge.respond(viewerRequest("GET /a"));
  world.invalidate("/a");
  const after = world.ask("GET /a");
  const fresh = await origin.next();
  old.end("page");
  fresh.end("new page");
  assert.equal((await readAnswer(answer)).body, "old page");
  assert.equal((await readAnswer(joined)).body, "old page");
  assert.equal((await after).body, "new page");
  assert.equal((await world.ask("GET /a")).body, "new page");
  assert.equal(world.origin.asked.length, 2);
});

test("a fetch that began before an invalidation and ends after it is not stored, when nobody asks in between", async () => {
  await using world = await openWorld();
  const origin = holdOrigin(world);
  const before = world.ask("GET /a");
  const old = await origin.next();
  world.invalidate("/*");
  old.end("old");
  await before;
  assert.equal(world.edge.counters().storedResponses, 0);
});

test("a validation that began before an invalidation does not bring the page back", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=10", ETag: '"1"' }, body: "v1" });
  await world.ask("GET /a");
  world.advance(10);
  const origin = holdOrigin(world);
  const validating = world.ask("GET /a");
  const response = await origin.next();
  world.invalidate("/a");
  response.writeHead(304, { ETag: '"1"' }).end();
  assert.equal((await validating).result, "RefreshHit");
  assert.equal(world.edge.counters().storedResponses, 0);
});

// What is compared is the raw path: as viewers wrote it, and as the caller did.

const SPELLED = ["/~u", "/%7Eu", "/%7eu", "/%C3%A9", "/%c3%a9", "/a%2Fb", "/a/b", "/a//b", "/a/./b", "/a+b", "/a%20b"];

for (const [path, removed] of [
  ["/~u", ["/~u"]],
  ["/%7Eu", ["/%7Eu"]],
  ["/%C3%A9", ["/%C3%A9"]],
  ["/%c3%a9", ["/%c3%a9"]],
  ["/a/b", ["/a/b"]],
  ["/a%2Fb", ["/a%2Fb"]],
  ["/a+b", ["/a+b"]],
  ["/a%20b", ["/a%20b"]],
  ["/%7*", ["/%7Eu", "/%7eu"]],
  ["/a/*", ["/a/b", "/a//b", "/a/./b"]],
  ["/a/b?x", []], // the query is not in the key
  ["/a/b?*", []],
] as const) {
  test(`of many spellings ${path} removes ${removed.join(" ") || "nothing"} [CFDG Invalidation]`, async () => {
    await using world = await openWorld();
    for (const stored of SPELLED) await world.ask(`GET ${stored}`);
    world.invalidate(path);
    const missed: string[] = [];
    for (const stored of SPELLED) if ((await world.ask(`GET ${stored}`)).result === "Miss") missed.push(stored);
    assert.deepEqual(missed, removed);
  });
}

scenario(
  "a query that is not in the key does not hide a page from an invalidation of its path",
  "CFDG Invalidation",
  {},
  [
    { viewer: "GET /a?x=1", origin: page("v1"), expect: { result: "Miss" } },
    { invalidate: ["/a?x=1"] },
    { viewer: "GET /a?x=1", expect: { result: "Hit" } },
    { invalidate: ["/a"] },
    { viewer: "GET /a?x=1", expect: { result: "Miss" } },
  ],
);

scenario(
  "with listed parameters the path names those, in the order in which the viewer sent them",
  "CFDG Invalidation",
  { behavior: { ForwardedValues: { QueryString: true, QueryStringCacheKeys: list("a", "b") } } },
  [
    { viewer: "GET /p?b=2&x=9&a=1", origin: page("v1"), expect: { result: "Miss" } },
    { invalidate: ["/p", "/p?a=1&b=2"] },
    { viewer: "GET /p?b=2&x=9&a=1", expect: { result: "Hit" } },
    { invalidate: ["/p?b=2&a=1"] },
    { viewer: "GET /p?b=2&x=9&a=1", expect: { result: "Miss" } },
    { invalidate: ["/p?*"] },
    { viewer: "GET /p?b=2&x=9&a=1", expect: { result: "Miss" } },
  ],
);

const VARIANTS: readonly Ask[] = [
  { target: "/a" },
  { target: "/a", headers: { "Accept-Encoding": "gzip" } },
  { target: "/a", headers: { "X-Kind": "x" } },
  { target: "/a", headers: { Cookie: "c=1" } },
  { target: "/a", from: "192.0.2.1" },
  { target: "/a", method: "OPTIONS" },
];

for (const path of ["/a", "/a*", "/*"]) {
  test(`${path} removes every variant: of coding, header, cookie, country and method [CFDG Invalidation]`, async () => {
    await using world = await openWorld({
      behavior: {
        AllowedMethods: { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD", "OPTIONS") },
        ForwardedValues: { Cookies: { Forward: "all" }, Headers: list("X-Kind", "CloudFront-Viewer-Country") },
      },
    });
    world.origin.answer(page("v"));
    const results = async (): Promise<readonly string[]> => {
      const all: string[] = [];
      for (const each of VARIANTS) all.push((await world.ask(each)).result);
      return all;
    };
    const all = (result: string): readonly string[] => VARIANTS.map(() => result);
    assert.deepEqual(await results(), all("Miss"));
    assert.deepEqual(await results(), all("Hit"));
    world.invalidate(path);
    assert.equal(world.edge.counters().storedResponses, 0);
    assert.deepEqual(await results(), all("Miss"));
  });
}

test("where Vary selects, every variant goes with its path [RFC 9111 §4.1]", async () => {
  await using world = await openWorld(
    { behavior: { ForwardedValues: { Headers: list("X-Kind") } } },
    { settings: { fidelity: "rfc9111" } },
  );
  world.origin.answer({ headers: { "Cache-Control": "max-age=600", Vary: "X-Kind" }, body: "v" });
  for (const kind of ["x", "y"]) await world.ask({ target: "/a", headers: { "X-Kind": kind } });
  assert.equal((await world.ask({ target: "/a", headers: { "X-Kind": "y" } })).result, "Hit");
  world.invalidate("/a");
  for (const kind of ["x", "y"]) {
    assert.equal((await world.ask({ target: "/a", headers: { "X-Kind": kind } })).result, "Miss");
  }
});

scenario(
  "the default root object goes by its own path, and not by the root's",
  "CFDG DefaultRootObject",
  { config: { DefaultRootObject: "index.html" } },
  [
    { viewer: "GET /", origin: page("v1"), expect: { result: "Miss" } },
    { invalidate: ["/"] },
    { viewer: "GET /", expect: { result: "Hit" } },
    { invalidate: ["/index.html"] },
    { viewer: "GET /", expect: { result: "Miss" } },
    { invalidate: ["/i*"] },
    { viewer: "GET /", expect: { result: "Miss" } },
    { invalidate: ["/*"] },
    { viewer: "GET /", expect: { result: "Miss" } },
  ],
);

scenario("a stored error goes with its path, whoever made it", "CFDG Invalidation", {}, [
  { viewer: "GET /a", origin: { status: 500, headers: { "Cache-Control": "max-age=600" } }, expect: { status: 500 } },
  { viewer: "GET /a", origin: page("v1"), expect: { status: 500, asked: [] } },
  { invalidate: ["/a"] },
  { viewer: "GET /a", expect: { status: 200, body: "v1" } },
]);

scenario(
  "an error page goes by its own path, and the error that it stands for by the path that was asked for",
  "CFDG GeneratingCustomErrorResponses",
  {
    config: {
      CustomErrorResponses: list({
        ErrorCode: 404,
        ResponsePagePath: "/errors/404.html",
        ResponseCode: "200",
        ErrorCachingMinTTL: 600,
      }),
    },
  },
  [
    { viewer: "GET /errors/404.html", origin: page("sorry"), expect: { result: "Miss" } },
    { viewer: "GET /a", origin: { status: 404, body: "gone" }, expect: { status: 200, body: "sorry" } },
    { viewer: "GET /a", origin: page("sorry indeed"), expect: { body: "sorry", asked: [] } },
    { invalidate: ["/errors/404.html"] },
    { viewer: "GET /a", expect: { status: 200, body: "sorry indeed", asked: ["GET /errors/404.html"] } },
    { invalidate: ["/a"] },
    { viewer: "GET /a", origin: page("found"), expect: { status: 200, body: "found", asked: ["GET /a"] } },
  ],
);

// Nothing that was invalidated comes back, whatever might bring it.

scenario("what was invalidated is not served stale when the origin fails", "CFDG Invalidation", {}, [
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "max-age=10, stale-if-error=600", ETag: '"1"' }, body: "v1" },
    expect: { result: "Miss" },
  },
  { advanceSeconds: 11 },
  { viewer: "GET /a", origin: { status: 503 }, expect: { status: 200, body: "v1" } },
  { invalidate: ["/a"] },
  { viewer: "GET /a", expect: { status: 503, result: "Error", asked: ["GET /a"] } },
]);

scenario("what was invalidated is not served while it is fetched anew", "CFDG Invalidation", {}, [
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "max-age=10, stale-while-revalidate=600" }, body: "v1" },
    expect: { result: "Miss" },
  },
  { advanceSeconds: 11 },
  { invalidate: ["/a"] },
  { viewer: "GET /a", origin: page("v2"), expect: { result: "Miss", body: "v2" } },
]);

test("a refresh behind a viewer that began before an invalidation stores nothing after it [CFDG Invalidation]", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=10, stale-while-revalidate=600" }, body: "v1" });
  await world.ask("GET /a");
  world.advance(11);
  const origin = holdOrigin(world);
  assert.equal((await world.ask("GET /a")).body, "v1");
  const refresh = await origin.next();
  world.invalidate("/a");
  refresh.end("before");
  while (world.edge.counters().fetchesInFlight > 0) await new Promise((resolve) => setImmediate(resolve));
  const after = world.ask("GET /a");
  (await origin.next()).end("after");
  assert.equal((await after).body, "after");
  assert.equal((await world.ask("GET /a")).body, "after");
});

test("a stale page that an origin's failure was to hold is not held past an invalidation [CFDG Invalidation]", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=10, stale-if-error=600" }, body: "v1" });
  await world.ask("GET /a");
  world.advance(11);
  const origin = holdOrigin(world);
  const before = world.ask("GET /a");
  const failing = await origin.next();
  world.invalidate("/a");
  failing.writeHead(503).end("down");
  assert.equal((await before).body, "v1", "who asked before it may see what was there");
  const after = world.ask("GET /a");
  (await origin.next()).end("v2");
  assert.equal((await after).body, "v2");
});

test("a validation by whole fetch, a range and an error that began before an invalidation store nothing after it", async () => {
  for (const asked of [{ target: "/a" }, { target: "/a", headers: { Range: "bytes=0-1" } }]) {
    for (const status of [200, 206, 404, 503]) {
      await using world = await openWorld();
      const origin = holdOrigin(world);
      const before = world.ask(asked);
      const old = await origin.next();
      world.invalidate("/a");
      old.writeHead(status, status === 206 ? { "Content-Range": "bytes 0-1/4" } : {}).end("ol");
      await before;
      assert.equal(world.edge.counters().storedResponses, 0, `${status} ${JSON.stringify(asked)}`);
    }
  }
});
