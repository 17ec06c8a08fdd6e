// The cache where things go wrong at once: refreshes that nobody reads, storages in use, origins that fail under many
// viewers, errors that come late.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { CacheStorage, StoredResponse } from "../../src/edge/storage/cache-storage.ts";
import { openMemoryStorage } from "../../src/edge/storage/memory-storage.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { holdOrigin, list, openWorld, type OriginAnswer, type World } from "./harness.ts";

const OPTIONS_CACHED = {
  AllowedMethods: { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD", "OPTIONS") },
};

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let turns = 0; turns < 2000 && !isSo(); turns++) await turn();
  assert.ok(isSo(), what);
}

for (const [what, refreshed] of [
  ["is not to be stored", { headers: { "Cache-Control": "no-store" }, body: "x".repeat(3_000_000) }],
  ["is long", { headers: { "Cache-Control": "max-age=10" }, body: "x".repeat(3_000_000) }],
] satisfies [string, OriginAnswer][]) {
  test(`a refresh behind the back of an OPTIONS request ends although nobody reads it, also when what comes ${what}`, async () => {
    await using world = await openWorld({ behavior: OPTIONS_CACHED });
    const ask = { method: "OPTIONS", target: "/a" };
    world.origin.answer({ headers: { "Cache-Control": "max-age=10, stale-while-revalidate=60" }, body: "v1" });
    await world.ask(ask);
    world.advance(20);
    world.origin.answer(refreshed);
    assert.equal((await world.ask(ask)).body, "v1");
    await until(() => world.origin.asked.length === 2, "it is refreshed");
    await until(() => world.edge.counters().fetchesInFlight === 0, "the fetch ends");
  });
}

const KEPT_FOR_A_MINUTE = list({
  ErrorCode: 503,
  ResponsePagePath: "",
  ResponseCode: "",
  ErrorCachingMinTTL: 60,
} as const);

/** Everybody asks at once, while nobody has an answer. */
async function crowd(world: World, count: number): Promise<readonly number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => world.ask("GET /page")));
  return [...new Set(answers.map(({ status }) => status))];
}

for (const fidelity of ["cloudfront", "rfc9111"] as const) {
  test(`an origin that cannot be reached is asked once for all who wait, also when its failure is not kept, by ${fidelity}`, async () => {
    const kept = list({ ErrorCode: 502, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 0 } as const);
    // Among workers nobody waits any more when the last of them have come to the owner.
    await using world = await openWorld(
      { fidelity, origin: { ConnectionAttempts: 1 }, config: { CustomErrorResponses: kept } },
      { workers: 1 },
    );
    await world.origin.stop();
    for (let round = 1; round <= 3; round++) {
      assert.deepEqual(await crowd(world, 50), [502]);
      assert.equal(world.edge.counters().originRequests, round);
    }
  });
}

test("an error that comes late does not take the place of what has become fresh meanwhile", async () => {
  await using world = await openWorld();
  const origin = holdOrigin(world);
  const conditional = world.ask({ target: "/page", headers: { "If-None-Match": '"of another"' } });
  const late = await origin.next();
  const plain = world.ask("GET /page");
  (await origin.next()).end("good");
  assert.equal((await plain).body, "good");
  late.writeHead(503).end("trouble");
  assert.equal((await conditional).status, 503);
  assert.equal((await world.ask("GET /page")).body, "good");
});

test("an origin that fails for one variant keeps nobody from the others [RFC 9111 §4.1]", async () => {
  await using world = await openWorld({ fidelity: "rfc9111", config: { CustomErrorResponses: KEPT_FOR_A_MINUTE } });
  const origin = holdOrigin(world);
  const ask = (tongue: string, more = {}) => world.ask({ target: "/page", headers: { "X-Tongue": tongue, ...more } });
  const french = ask("fr");
  const late = await origin.next();
  const german = ask("de", { "If-None-Match": '"of another"' }); // so it does not wait for the other
  (await origin.next()).writeHead(200, { Vary: "X-Tongue", "Cache-Control": "max-age=60" }).end("gut");
  assert.equal((await german).body, "gut");
  late.writeHead(503).end("trouble");
  assert.equal((await french).status, 503);
  assert.equal((await ask("de")).body, "gut");
});

test("an origin that fails for one range keeps nobody from the parts that are fresh", async () => {
  await using world = await openWorld();
  world.origin.answer((request, response) => {
    if (request.headers.range !== "bytes=0-3") return void response.writeHead(503).end("trouble");
    response.writeHead(206, { ETag: '"1"', "Content-Range": "bytes 0-3/10" }).end("0123");
  });
  const part = (range: string) => world.ask({ target: "/page", headers: { Range: `bytes=${range}` } });
  assert.equal((await part("0-3")).body, "0123");
  assert.equal((await part("6-7")).status, 503);
  assert.equal((await part("1-2")).body, "12");
});

test("a 304 that forbids to store takes what it confirms out of the cache [RFC 9111 §3.2]", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Cache-Control": "max-age=10", ETag: '"1"' }, body: "v1" });
  await world.ask("GET /page");
  world.advance(20);
  world.origin.answer({ status: 304, headers: { "Cache-Control": "no-store", ETag: '"1"' } });
  assert.equal((await world.ask("GET /page")).body, "v1");
  await world.origin.stop();
  assert.equal((await world.ask("GET /page")).status, 502);
});

test("parts that a 304 forbids to store are not fresh by it [RFC 9111 §3.2]", async () => {
  await using world = await openWorld();
  const fields = { ETag: '"1"', "Content-Range": "bytes 0-3/10" };
  world.origin.answer({ status: 206, headers: { ...fields, "Cache-Control": "max-age=10" }, body: "0123" });
  const part = () => world.ask({ target: "/page", headers: { Range: "bytes=0-3" } });
  await part();
  world.advance(20);
  world.origin.answer({ status: 304, headers: { "Cache-Control": "private", ETag: '"1"' } });
  assert.equal((await part()).result, "RefreshHit");
  world.origin.answer({ status: 206, headers: { ...fields, "Cache-Control": "private" }, body: "0123" });
  assert.equal((await part()).result, "Miss");
  assert.equal(world.origin.asked.at(-1)?.headers["if-none-match"], undefined);
});

/** A storage whose bodies are on a disk that is damaged: half of what is asked for can be read. */
function openDamagedStorage(): CacheStorage {
  const inner = openMemoryStorage(DEFAULT_LIMITS);
  const damaged = ({ head, body }: StoredResponse): StoredResponse => ({
    head,
    body: {
      length: body.length,
      bytes: undefined,
      async *read({ from, to } = { from: 0, to: body.length }) {
        yield* body.read({ from, to: from + Math.floor((to - from) / 2) });
        throw new Error("a block does not check");
      },
    },
  });
  return {
    ...inner,
    peek(key) {
      const found = inner.peek(key);
      return typeof found === "string" ? found : damaged(found);
    },
  };
}

for (const { entityTag, isResumed, range = "bytes=0-", parts = 1 } of [
  { entityTag: '"1"', isResumed: true },
  { entityTag: '"1"', isResumed: true, range: "bytes=1000-7000" },
  { entityTag: '"1"', isResumed: false, range: "bytes=0-999,2000-3999", parts: 2 },
  { entityTag: 'W/"1"', isResumed: false },
]) {
  const how = isResumed ? "goes on from the origin" : "breaks off";
  test(`a stored body with ${entityTag} that cannot be read to its end ${how}, asked for as ${range}`, async () => {
    await using world = await openWorld({}, { storage: openDamagedStorage() });
    const bytes = "0123456789".repeat(1000);
    world.origin.answer((request, response) => {
      const [, first, last = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
      const headers = { "Cache-Control": "max-age=100", ETag: entityTag };
      if (first === undefined) return response.writeHead(200, headers).end(bytes);
      const part = bytes.slice(Number(first), last === "" ? undefined : Number(last) + 1);
      const told = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
      return response.writeHead(206, { ...headers, "Content-Range": told }).end(part);
    });
    assert.equal((await world.ask("GET /page")).body, bytes);
    const isWhole = range === "bytes=0-";
    const again = await world.ask({ target: "/page", headers: isWhole ? {} : { Range: range } });
    assert.equal(again.result, "Hit");
    assert.equal(again.brokeOff, !isResumed);
    assert.equal(world.origin.asked.length, isResumed ? 2 : 1);
    const said = world.events.filter(({ event }) => event === "stored-body-lost");
    assert.equal(said.length, parts === 1 ? 1 : 0);
    if (!isResumed) return;
    const [first, last] = range === "bytes=0-" ? [0, bytes.length] : [1000, 7001];
    assert.equal(again.body, bytes.slice(first, last));
    assert.equal(world.origin.asked[1]?.headers["if-range"], entityTag);
  });
}
