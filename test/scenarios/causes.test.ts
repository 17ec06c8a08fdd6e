// "Why was this a miss, why was it refused?": situations that are brought about, then explained, then asked for. The explanation
// must name the true cause, and its verdict must be what the viewer gets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readKey } from "../../src/edge/cache/read-key.ts";
import { compareKeys } from "../../src/edge/explain/compare-keys.ts";
import type { Explanation } from "../../src/edge/explain/explanation.ts";
import { holdOrigin, list, openWorld, type Ask } from "./harness.ts";
import { forwarding, fresh, SITUATIONS } from "./miss-situations.ts";

const HOST = "d1.cloudfront.localhost";

for (const { what, draft, limits, origin = fresh, before, asked, verdict, cause, because, parts } of SITUATIONS) {
  test(`${what}: explain says ${verdict}, and why`, async () => {
    await using world = await openWorld(draft, { ...(limits !== undefined && { limits }) });
    world.origin.answer(origin);
    await before?.(world);
    const ask: Ask = { target: "/a", ...asked };
    const known = world.origin.asked.length;
    const told = await world.edge.explain({
      method: ask.method ?? "GET",
      url: `http://${ask.host ?? HOST}${ask.target}`,
      headers: Object.entries(ask.headers ?? {}),
      viewerAddress: ask.from ?? "198.51.100.7",
    });
    assert.equal(world.origin.asked.length, known, "explain asks no origin");
    assert.equal(told.verdict, verdict);
    assert.equal(told.cause?.kind, cause);
    assert.deepEqual(told.cause?.parts, parts);
    // One sentence says it, for whoever reads no further.
    assert.match(told.because ?? told.cause?.why ?? "", because);
    assert.ok(!JSON.stringify(told).includes("secret"), "what lets another viewer in is not told");

    const got = await world.ask(ask);
    if (/^\d/.test(verdict)) assert.equal(String(got.status), /(?:shown as )?(\d+)(?:$| [^,]*$)/.exec(verdict)?.[1]);
    else if (verdict.startsWith("hit: "))
      assert.equal(String(got.status), /(?:shown as |: )(\d+)(?: with .*)?$/.exec(verdict)?.[1]);
    else if (verdict !== "pass") assert.ok(["Miss", "RefreshHit", "Error"].includes(got.result), got.result);
  });
}

test("a fetch that is under way is told, and the viewer would wait for it", async () => {
  await using world = await openWorld();
  const origin = holdOrigin(world);
  const first = world.ask("GET /a");
  const response = await origin.next();
  const told = await world.edge.explain({ method: "GET", url: `http://${HOST}/a` });
  assert.equal(told.cause?.kind, "under-way");
  response.end();
  await first;
});

test("the key is told as parts that can be compared, and they are those that the key is made of", async () => {
  await using world = await openWorld(
    forwarding({
      QueryString: true,
      Cookies: { Forward: "all" },
      Headers: list("Accept-Language", "CloudFront-Viewer-Country"),
    }),
  );
  const headers = [
    ["Cookie", "b=2:3; a=1; a=4"],
    ["Accept-Encoding", "gzip"],
  ] as const;
  const { key } = await world.edge.explain({ method: "GET", url: `http://${HOST}/a;~&?q=1:2~#x`, headers });
  assert.deepEqual(
    key?.map(({ name, value }) => `${name}=${value ?? ""}`),
    [
      "distribution=E1",
      "method=GET or HEAD",
      "path=/a;~&",
      "query=q=1:2~",
      "content coding=gzip",
      "cookie a=1",
      "cookie a=4",
      "cookie b=2:3",
      "header accept-language=",
      "header cloudfront-viewer-country=",
    ],
  );
});

test("two requests are held against each other: what keeps them apart, and by which setting", async () => {
  await using world = await openWorld({
    behavior: { ForwardedValues: { QueryString: true, QueryStringCacheKeys: list("x") }, MinTTL: 0 },
    behaviors: [{ PathPattern: "/live/*", DefaultTTL: 0, MaxTTL: 0, MinTTL: 0 }],
  });
  const told = (target: string, host = HOST): ReturnType<typeof world.edge.explain> =>
    world.edge.explain({ method: "GET", url: `http://${host}${target}` });
  const first = await told("/a?x=1&y=2");
  assert.deepEqual(compareKeys(first, await told("/a?y=3&x=1")), {
    isShared: true,
    why: "all parts of the cache key are equal",
    differences: [],
  });
  const from = "the URL's query, of which QueryStringCacheKeys lists x";
  assert.deepEqual(compareKeys(first, await told("/a?x=2")), {
    isShared: false,
    why: "the cache keys differ in query",
    differences: [{ name: "query", one: "x=1", other: "x=2", from }],
  });
  assert.deepEqual(compareKeys(first, await told("/a")).differences, [{ name: "query", one: "x=1", from }]);
  assert.match(compareKeys(first, await told("/live/a")).why, /^the second does not come to the cache: pass: MinTTL/);
  assert.match(compareKeys(await told("/a", "x.example"), first).why, /^the first does not come to the cache: 403/);
});

test("of several workers that one tells which knows: another key of the path has another owner", async () => {
  await using world = await openWorld(forwarding({ QueryString: true }), { workers: 4 });
  world.origin.answer(fresh);
  await world.ask("GET /a?stored");
  const owners = new Set<number>();
  for (let page = 0; page < 12; page++) {
    const told = await world.edge.explain({ method: "GET", url: `http://${HOST}/a?${page}` });
    assert.equal(told.cause?.kind, "key-differs", `/a?${page}`);
    owners.add(ownerOf(told));
  }
  assert.ok(owners.size > 1, "the keys of this test have several owners");
});

/** As the step of the owner has it. */
function ownerOf({ steps }: Explanation): number {
  return Number(/^worker (\d)/.exec(steps.find(({ stage }) => stage === "owner")?.decision ?? "")?.[1]);
}

test("what is no key is not read as one", () => {
  for (const text of ["", "E1", "E1|", "E1|9:/a", "E1|2:/a;5:ab", "E1|2:/a&1:x", "E1|2:/a!", "E1|2:/a#", "E1|-"])
    assert.equal(readKey(text), undefined, text);
});
