// Invalidations: what they match, and that nothing that began before them is served or stored after them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { holdOrigin, openWorld, readAnswer, scenario, viewerRequest } from "./harness.ts";

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
