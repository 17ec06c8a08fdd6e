// Several workers, one cache: what one has fetched is a hit for all, once for all, and gone for all. Each viewer here asks a
// worker that the test has chosen; which one owns a page, `explain` tells.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FeedNumber } from "../../src/vocabulary/ids.ts";
import { ask, HOST, isAtHand, openWorkerWorld, untilCopied, WORKER_COUNT as COUNT } from "../support/worker-world.ts";
import { ALL_METHODS, holdOrigin, published, type Ask } from "./harness.ts";
import { eventually } from "./wired.ts";

test("what a hundred viewers ask of four workers at once is asked of the origin once, and all get it", async () => {
  await using several = await openWorkerWorld();
  const { world, workers } = several;
  world.origin.answer({ body: "page" });
  const release = world.origin.hold();
  const asking = Array.from({ length: 100 }, async (_, index) =>
    ask(workers[index % COUNT] ?? assert.fail(), "GET /a"),
  );
  await eventually(() => world.edge.counters().requests === 100 && world.origin.asked.length === 1);
  release();
  const got = await Promise.all(asking);
  assert.deepEqual([...new Set(got.map(({ body }) => body))], ["page"]);
  assert.equal(got.filter(({ result }) => result === "Miss").length, 1);
  assert.equal(world.origin.asked.length, 1);
  const { requests, hits, misses, originRequests, storedResponses } = world.edge.counters();
  assert.deepEqual(
    { requests, hits, misses, originRequests, storedResponses },
    { requests: 100, hits: 99, misses: 1, originRequests: 1, storedResponses: 1 },
  );
});

test("a page that is asked for again is copied: from then on each worker answers it by itself, with its age", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  world.origin.answer({ headers: { "Cache-Control": "max-age=60", ETag: '"1"' }, body: "page" });
  const [one, other] = await several.others("/a");
  assert.equal((await ask(one, "GET /a")).result, "Miss");
  assert.equal(isAtHand(other, "GET /a"), false);
  for (const worker of [one, other]) await untilCopied(worker, "GET /a");
  world.advance(20);
  for (const worker of [one, other]) {
    const got = await ask(worker, "GET /a");
    assert.deepEqual([got.result, got.body, got.field("age")], ["Hit", "page", "20"]);
    assert.equal((await ask(worker, { target: "/a", headers: { "If-None-Match": '"1"' } })).status, 304);
    assert.equal((await ask(worker, { target: "/a", headers: { Range: "bytes=1-2" } })).body, "ag");
  }
  assert.equal(world.origin.asked.length, 1);
  // As old as the owner's own, it is not fresh any longer than that.
  world.advance(40);
  assert.equal(isAtHand(one, "GET /a"), false);
});

for (const [name, request] of [
  ["HEAD", { method: "HEAD", target: "/a" }],
  ["a range", { target: "/a", headers: { Range: "bytes=0-1" } }],
  ["a condition", { target: "/a", headers: { "If-None-Match": '"1"' } }],
] as const) {
  test(`${name} that is asked of the owner brings a copy of the whole along`, async () => {
    await using several = await openWorkerWorld();
    const { world } = several;
    world.origin.answer({ headers: { ETag: '"1"' }, body: "page" });
    const [one] = await several.others("/a");
    await ask(await several.owner("/a"), "GET /a");
    await untilCopied(one, request);
    assert.equal((await ask(one, "GET /a")).body, "page");
    assert.equal(world.origin.asked.length, 1);
  });
}

test("what is too large for a copy is the owner's to send each time, and is a hit", async () => {
  await using several = await openWorkerWorld({}, { limits: { cacheCopyBytesMax: 10 } });
  several.world.origin.answer({ body: "eleven byte" });
  const [one] = await several.others("/a");
  await ask(one, "GET /a");
  for (let turn = 0; turn < 5; turn++) {
    assert.equal(isAtHand(one, "GET /a"), false);
    assert.equal((await ask(one, "GET /a")).result, "Hit");
  }
  assert.equal(several.world.origin.asked.length, 1);
});

test("an invalidation removes copies with the page, and what was being fetched when it came", async () => {
  await using several = await openWorkerWorld();
  const { world, workers } = several;
  world.origin.answer({ body: "v1" });
  const [one] = await several.others("/a");
  await ask(one, "GET /a");
  for (const worker of await several.others("/a")) await untilCopied(worker, "GET /a");
  world.invalidate("/a");
  const origin = holdOrigin(world);
  const early = ask(one, "GET /a");
  const old = await origin.next();
  world.invalidate("/a");
  const late = ask(one, "GET /a");
  (await origin.next()).end("v3");
  old.end("v2");
  assert.deepEqual([(await early).body, (await late).body], ["v2", "v3"]);
  for (const worker of workers) assert.equal((await ask(worker, "GET /a")).body, "v3");
});

test("a worker that got an error nobody else may have gets the page that comes behind it from its owner", async () => {
  await using several = await openWorkerWorld({ fidelity: "rfc9111" });
  const { world } = several;
  world.origin.answer({ status: 403, headers: { "Cache-Control": "no-store" }, body: "not yet" });
  const [one, other] = await several.others("/a");
  assert.equal((await ask(one, "GET /a")).status, 403);
  world.invalidate("/a");
  world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "page" });
  assert.equal((await ask(other, "GET /a")).result, "Miss");
  assert.equal((await ask(one, "GET /a")).result, "Hit");
});

test("what replaces a page while it is fresh takes the copies of the older one with it", async () => {
  await using several = await openWorkerWorld({}, { limits: { cacheCapacityBytes: 16_000 } });
  const { world } = several;
  world.origin.answer({ body: "v1" });
  const [one, other] = await several.others("/a");
  for (const worker of [one, other]) await untilCopied(worker, "GET /a");
  // The owner runs out of room, and fetches the page anew; in the others it is still fresh.
  const owner = await several.owner("/a");
  const filling: string[] = [];
  for (let at = 0; at < 200; at++) if ((await several.owner(`/fill/${at}`)) === owner) filling.push(`/fill/${at}`);
  for (const path of filling) for (let time = 0; time < 3; time++) await ask(await several.owner("/a"), `GET ${path}`);
  world.origin.answer({ body: "v2" });
  assert.equal((await ask(await several.owner("/a"), "GET /a")).body, "v2");
  await eventually(() => !isAtHand(one, "GET /a") && !isAtHand(other, "GET /a"));
  for (const worker of [one, other]) assert.equal((await ask(worker, "GET /a")).body, "v2");
});

test("after a POST over one worker nobody gets anything older from another [RFC 9111 §4.4]", async () => {
  await using several = await openWorkerWorld({ fidelity: "rfc9111", behavior: { AllowedMethods: ALL_METHODS } });
  const { world, workers } = several;
  let version = 0;
  world.origin.answer((request, response) => {
    if (request.method === "POST") version++;
    response.writeHead(200, { "Cache-Control": "max-age=600" }).end(`v${version}`);
  });
  for (const worker of workers) await untilCopied(worker, "GET /a");
  for (let turn = 1; turn <= 12; turn++) {
    assert.equal((await ask(workers[turn % COUNT] ?? assert.fail(), "POST /a")).status, 200);
    // Copies are on their way to all others in half of the rounds.
    const got = await Promise.all(workers.map(async (worker) => ask(worker, "GET /a")));
    assert.deepEqual(
      got.map(({ body }) => body),
      workers.map(() => `v${turn}`),
    );
    if (turn % 2 === 0) for (const worker of workers) await untilCopied(worker, "GET /a");
  }
});

test("variants are copied one by one, and selected wherever the viewer is [RFC 9111 §4.1]", async () => {
  await using several = await openWorkerWorld({
    fidelity: "rfc9111",
    behavior: { ForwardedValues: { Headers: { Quantity: 1, Items: ["X-Kind"] } } },
  });
  const { world, workers } = several;
  world.origin.answer((request, response) => {
    response
      .writeHead(200, { Vary: "X-Other", "Cache-Control": "max-age=60" })
      .end(`other ${String(request.headers["x-other"])}`);
  });
  const kinds = ["one", "two"].map((kind): Ask => ({ target: "/a", headers: { "X-Other": kind } }));
  for (const kind of kinds) for (const worker of workers) await untilCopied(worker, kind);
  for (const worker of workers) {
    for (const kind of kinds) assert.equal((await ask(worker, kind)).body, `other ${kind.headers?.["X-Other"]}`);
  }
  assert.equal(world.origin.asked.length, 2);
});

test("an error is kept for all as long as for one, and counted as one of the origin's once", async () => {
  await using several = await openWorkerWorld();
  const { world, workers } = several;
  await world.origin.stop();
  for (const worker of [...workers, ...workers]) {
    const got = await ask(worker, "GET /a");
    assert.deepEqual([got.status, got.result], [502, "Error"]);
  }
  const { originFailures, errors } = world.edge.counters();
  assert.deepEqual({ originFailures, errors }, { originFailures: 1, errors: 2 * COUNT });
  await world.origin.start();
  world.origin.answer({ body: "back" });
  world.advance(11);
  for (const worker of workers) assert.equal((await ask(worker, "GET /a")).body, "back");
});

test("a page in an error's place is made where the viewer is, and fetched by its own owner", async () => {
  await using several = await openWorkerWorld({
    config: {
      CustomErrorResponses: {
        Quantity: 1,
        Items: [{ ErrorCode: 404, ResponsePagePath: "/sorry", ResponseCode: "200", ErrorCachingMinTTL: 60 }],
      },
    },
  });
  const { world, workers } = several;
  world.origin.answer({ status: 404, body: "no", at: { "/sorry": { body: "sorry" } } });
  for (const worker of workers) {
    const got = await ask(worker, "GET /a");
    assert.deepEqual([got.status, got.body, got.result], [200, "sorry", "Error"]);
  }
  assert.deepEqual(
    world.origin.asked.map(({ target }) => target),
    ["/a", "/sorry"],
  );
});

test("what cannot be shared is asked of its owner once, and of the origin by each worker from then on", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  world.origin.answer({ headers: { "Cache-Control": "no-store" }, body: "own" });
  const [one] = await several.others("/a");
  const before = (await several.owner("/a")).counters().originRequests;
  for (let turn = 0; turn < 3; turn++) assert.equal((await ask(one, "GET /a")).result, "Miss");
  assert.equal((await several.owner("/a")).counters().originRequests - before, 1);
  // As soon as it can be shared, it is.
  world.origin.answer({ body: "all" });
  for (let turn = 0; turn < 3; turn++) await ask(one, "GET /a");
  assert.equal((await ask(await several.owner("/a"), "GET /a")).result, "Hit");
});

test("a worker that has not yet the configuration by which a viewer was let in waits for it, and none answers by an older one", async () => {
  await using several = await openWorkerWorld({}, { limits: { peerFeedWaitSeconds: 60 } });
  const { world } = several;
  const owner = await several.owner("/a");
  const [one] = await several.others("/a");
  world.origin.answer((request, response) => response.end(`${request.url}`));
  const change = (number: number) => ({
    kind: "distribution" as const,
    number: number as FeedNumber,
    distribution: published({ origin: { OriginPath: `/v${number}` } }, world.origin.port),
  });
  one.apply([change(10)]);
  const asking = ask(one, "GET /a");
  // Its owner has the older one still, and answers its own viewers by it.
  assert.equal((await ask(owner, "GET /a")).body, "/a");
  owner.apply([change(10)]);
  world.edge.apply([
    {
      kind: "invalidation",
      number: 11 as FeedNumber,
      invalidation: { id: "I1", distribution: "E1", paths: ["/a"] } as never,
    },
  ]);
  assert.match((await asking).body, /^(\/v10)?\/a$/);
  assert.equal((await ask(one, "GET /a")).body, "/v10/a");
});

for (const [who, first] of [
  ["behind", "asker"],
  ["ahead", "owner"],
] as const) {
  test(`an owner that stays ${who} is done without, and what is fetched then is not kept`, async () => {
    await using several = await openWorkerWorld({}, { limits: { peerFeedWaitSeconds: 0 } });
    const { world } = several;
    const owner = await several.owner("/a");
    const [one] = await several.others("/a");
    world.origin.answer((request, response) => response.end(`${request.url}`));
    const next = published({ origin: { OriginPath: "/new" } }, world.origin.port);
    (first === "asker" ? one : owner).apply([{ kind: "distribution", number: 10 as FeedNumber, distribution: next }]);
    const expected = first === "asker" ? "/new/a" : "/a";
    for (let turn = 0; turn < 2; turn++) {
      const got = await ask(one, "GET /a");
      assert.deepEqual([got.result, got.body], ["Miss", expected]);
    }
    assert.equal((await ask(owner, "GET /a")).body, first === "asker" ? "/a" : "/new/a");
  });
}

test("explain says who owns the key, and who knows better", async () => {
  await using several = await openWorkerWorld();
  const [one] = await several.others("/a");
  const explained = await one.explain({ method: "GET", url: `http://${HOST}/a` });
  assert.equal(explained.owner, several.workers.indexOf(await several.owner("/a")));
  assert.match(explained.steps.find(({ stage }) => stage === "owner")?.decision ?? "", /^worker [1-4] of 4$/);
});
