// What becomes of viewers when a worker that is asked for their pages is not there, goes, or says nothing: they notice nothing, or
// see that a body broke off. And what becomes of a worker whose asker goes.

import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { Edge, EdgeSurroundings } from "../../src/edge/edge.ts";
import { formatMessage, openMessageReader, type ToOwner } from "../../src/edge/peers/channel-messages.ts";
import { openLeftForgets } from "../../src/edge/peers/left-forgets.ts";
import type { DistributionId } from "../../src/vocabulary/ids.ts";
import { placesOf, type Workers } from "../support/workers.ts";
import { ask, isAtHand, openWorkerWorld, untilCopied, type WorkerWorld } from "../support/worker-world.ts";
import { ALL_METHODS, holdOrigin, openWorld, readAnswer, viewerRequest } from "./harness.ts";
import { eventually } from "./wired.ts";

/** As if the process had been killed: its sockets close, whatever was going on. */
async function kill(worker: Edge): Promise<void> {
  await worker.close();
}

const TAGGED = { headers: { ETag: '"1"', "Cache-Control": "max-age=600" }, ranges: true };

test("a worker that is gone is done without: what others fetch for it stays in their memory, and is fetched once by each", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  world.origin.answer({ body: "page" });
  const [one, other] = await several.others("/a");
  await kill(await several.owner("/a"));
  const release = world.origin.hold();
  const asking = [1, 2, 3, 4].map(async () => ask(one, "GET /a"));
  await eventually(() => world.origin.asked.length > 0);
  release();
  assert.deepEqual((await Promise.all(asking)).map(({ result }) => result).toSorted(), ["Hit", "Hit", "Hit", "Miss"]);
  assert.equal(isAtHand(one, "GET /a"), true);
  assert.equal((await ask(other, "GET /a")).result, "Miss");
  assert.equal(world.origin.asked.length, 2);
});

test("a worker that dies before its answer has begun is not noticed by who waits", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  const [one] = await several.others("/a");
  const origin = holdOrigin(world);
  const asking = [ask(one, "GET /a"), ask(one, { method: "HEAD", target: "/a" })];
  await origin.next();
  await kill(await several.owner("/a"));
  (await origin.next()).end("page");
  const [got, head] = await Promise.all(asking);
  assert.deepEqual([got?.status, got?.body, head?.status], [200, "page", 200]);
});

/** A body that stops in the middle for the owner, and comes whole for whoever asks then. */
async function breakInTheMiddle(several: WorkerWorld, headers: Record<string, string>, range?: string) {
  const { world } = several;
  const bytes = Buffer.alloc(1_000_000, "0123456789abcdef");
  const [one] = await several.others("/a");
  let first = true;
  world.origin.answer((request, response) => {
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const part = bytes.subarray(Number(from), to === "" ? undefined : Number(to) + 1);
    response.writeHead(request.headers.range === undefined ? 200 : 206, {
      ...headers,
      "Content-Length": part.length,
      ...(request.headers.range !== undefined && {
        "Content-Range": `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`,
      }),
    });
    if (first) response.write(part.subarray(0, 300_000));
    else response.end(part);
    first = false;
  });
  const asked = { target: "/a", ...(range !== undefined && { headers: { Range: range } }) };
  const answer = await one.respond(viewerRequest(asked));
  assert(answer.body.kind === "stream");
  const chunks = answer.body.chunks[Symbol.asyncIterator]();
  const head = await chunks.next();
  await kill(await several.owner("/a"));
  const rest = { [Symbol.asyncIterator]: () => chunks };
  const got = await readAnswer({ ...answer, body: { ...answer.body, chunks: rest } });
  return { got, whole: Buffer.from(head.value ?? []).toString("latin1") + got.body, bytes: bytes.toString("latin1") };
}

test("the body of a worker that dies goes on from the origin, from the byte where it stopped", async () => {
  await using several = await openWorkerWorld();
  const { got, whole, bytes } = await breakInTheMiddle(several, { ETag: '"1"' });
  assert.equal(got.brokeOff, false);
  assert.ok(whole === bytes);
  const [, second] = several.world.origin.asked;
  assert.match(second?.headers.range ?? "", /^bytes=[1-9]\d*-$/);
  assert.equal(second?.headers["if-range"], '"1"');
});

test("a range of a worker that dies goes on likewise, and ends where it was to end", async () => {
  await using several = await openWorkerWorld();
  const { got, whole, bytes } = await breakInTheMiddle(several, { ETag: '"1"' }, "bytes=1000-700000");
  assert.equal(got.brokeOff, false);
  assert.ok(whole === bytes.slice(1000, 700_001));
});

test("without a strong ETag it breaks off, and the viewer sees that", async () => {
  await using several = await openWorkerWorld();
  const { got, whole, bytes } = await breakInTheMiddle(several, { ETag: 'W/"1"' });
  assert.equal(got.brokeOff, true);
  assert.ok(whole.length < bytes.length && bytes.startsWith(whole));
});

/** A process in the worker's slot that takes connections, greets if it is told to, and says nothing else ever. */
async function openSilent(several: WorkerWorld, worker: Edge, greets: boolean): Promise<AsyncDisposable> {
  const place = placesOf(several.world.edge as Workers).get(worker) ?? assert.fail();
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  for (const what of ["requests", "copies"]) {
    const server = createServer((socket) => {
      sockets.add(socket);
      const read = openMessageReader<ToOwner>();
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        if (what === "copies" && greets && read(chunk)?.[0]?.message.kind === "hello") {
          socket.write(formatMessage({ kind: "welcome", life: 99 }));
        }
      });
    });
    const path = join(place.socketDirectory, `silent-${what}.sock`);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const link = join(place.socketDirectory, `${place.slot}-${what}.sock`);
    rmSync(link, { force: true });
    symlinkSync(path, link);
    servers.push(server);
  }
  await kill(worker);
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

for (const greets of [false, true]) {
  test(`a worker that ${greets ? "falls silent" : "takes connections and never says anything"} is given up, and its work is done`, async () => {
    await using several = await openWorkerWorld({}, { limits: { peerSilenceSeconds: 1 } });
    several.world.origin.answer({ body: "page" });
    const [one] = await several.others("/a");
    const owner = await several.owner("/a");
    await using _silent = await openSilent(several, owner, greets);
    if (greets) await new Promise((resolve) => setTimeout(resolve, 400)); // until it has been found again
    const got = await Promise.all([1, 2, 3].map(async () => ask(one, "GET /a")));
    assert.deepEqual([...new Set(got.map(({ body }) => body))], ["page"]);
    assert.ok(several.world.origin.asked.length <= 3);
    assert.equal(isAtHand(one, "GET /a"), true);
  });
}

test("copies end when their owner is another process: it may have something newer", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  world.origin.answer({ ...TAGGED, body: "v1" });
  const [one] = await several.others("/a");
  await untilCopied(one, "GET /a");
  const edge = world.edge as Workers;
  const owner = await several.owner("/a");
  await kill(owner);
  assert.equal((await ask(one, "GET /a")).body, "v1", "while nobody is there the copy counts");
  await using successor = await edge.succeed(owner);
  world.origin.answer({ ...TAGGED, headers: { ETag: '"2"' }, body: "v2" });
  assert.equal((await ask(successor, "GET /a")).body, "v2");
  await eventually(() => !isAtHand(one, "GET /a"));
  assert.equal((await ask(one, "GET /a")).body, "v2");
});

test("a worker with a successor in its slot asks that one for its own pages, and forgets with all others", async () => {
  await using several = await openWorkerWorld({ fidelity: "rfc9111", behavior: { AllowedMethods: ALL_METHODS } });
  const { world } = several;
  world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v1" });
  const owner = await several.owner("/a");
  const [one] = await several.others("/a");
  await ask(owner, "GET /a");
  await using successor = await (world.edge as Workers).succeed(owner);
  await ask(successor, "GET /a");
  world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v2" });
  await ask(one, "POST /a");
  for (const worker of [one, successor, owner]) assert.equal((await ask(worker, "GET /a")).body, "v2");
  // One for each of v1, of the old and of the new process, then the POST, then v2 once for all.
  assert.deepEqual(
    world.origin.asked.map(({ method }) => method),
    ["GET", "GET", "POST", "GET"],
  );
});

for (const asked of [0, 1] as const) {
  test(`a single worker and its successor forget what ${asked === 0 ? "the one" : "the other"} is asked to forget`, async () => {
    const draft = { fidelity: "rfc9111", behavior: { AllowedMethods: ALL_METHODS } } as const;
    await using world = await openWorld(draft, { workers: 1, isReplaceable: true });
    const [old] = (world.edge as Workers).workers;
    assert(old !== undefined);
    world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v1" });
    await ask(old, "GET /a");
    await using successor = await (world.edge as Workers).succeed(old);
    await old.peers?.succeeded();
    await ask(successor, "GET /a");
    world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v2" });
    await ask([old, successor][asked] ?? old, "POST /a");
    for (const worker of [old, successor]) assert.equal((await ask(worker, "GET /a")).body, "v2");
  });
}

for (const how of ["was away", "had not got its disk yet, and died"] as const) {
  test(`what was to be forgotten while a worker ${how} is known to the next before it answers anything, whoever else has died since`, async () => {
    await using several = await openWorkerWorld({ fidelity: "rfc9111", behavior: { AllowedMethods: ALL_METHODS } });
    const { world } = several;
    const edge = world.edge as Workers;
    const owner = await several.owner("/a");
    const [one] = await several.others("/a");
    if (how === "was away") await kill(owner);
    const waiting = { ...emptyStorage(), invalidationsWritten: async () => false };
    const first = how === "was away" ? owner : await edge.succeed(owner, (own) => ({ ...own, storage: waiting }));
    world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v1" });
    assert.equal((await ask(one, "POST /a")).status, 200);
    for (const worker of [first, owner, one]) await kill(worker);
    const told: string[] = [];
    const disk = { ...emptyStorage(), invalidate: ({ path }: { path: string }) => void told.push(path) };
    await using _successor = await edge.succeed(owner, (own) => ({ ...own, storage: disk }));
    assert.deepEqual(told, ["/a"]);
  });
}

/** A worker in place of the owner of a page, whose steady clock is the test's. */
async function openStoppable(several: WorkerWorld, path: string) {
  let uptimeMs = 0;
  const owner = await several.owner(path);
  const edge = several.world.edge as Workers;
  const { socketDirectory, slot, count } = placesOf(edge).get(owner) ?? assert.fail();
  await kill(owner);
  const worker = await edge.succeed(owner, (surroundings) => ({ ...surroundings, uptimeMs: () => uptimeMs }));
  await worker.peers?.joined();
  return {
    worker,
    /** As another one does that has given it up, and has died since. */
    leave: (url: string) =>
      openLeftForgets(socketDirectory, { slot: (slot + 1) % count, count, life: 99 }).leave(slot, {
        distribution: "E1" as DistributionId,
        urls: [url],
      }),
    /** Nothing runs in it meanwhile. */
    stop: (bySeconds: number): void => {
      uptimeMs += bySeconds * 1000;
      several.world.advance(bySeconds);
    },
  };
}

test("a worker that was stopped for longer than others wait answers nothing by what it has before it knows what was to be forgotten", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  world.origin.answer({ ...TAGGED, body: "page" });
  const owner = await several.owner("/a");
  let others = "/b";
  while ((await several.owner(others)) === owner) others += "b";
  const { worker, leave, stop } = await openStoppable(several, "/a");
  await using _worker = worker;
  for (const path of ["/a", others]) await untilCopied(worker, `GET ${path}`);
  stop(1);
  for (const path of ["/a", others]) assert.equal(isAtHand(worker, `GET ${path}`), true, path);
  await leave("/a");
  stop(3);
  assert.equal(isAtHand(worker, `GET ${others}`), false, "a copy that may have been taken back");
  assert.equal(isAtHand(worker, "GET /a"), false, "its own, which was left to be forgotten");
});

test("what is to be forgotten while its owner is gone is forgotten of copies too, in every worker", async () => {
  await using several = await openWorkerWorld({ fidelity: "rfc9111", behavior: { AllowedMethods: ALL_METHODS } });
  const { world } = several;
  world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v1" });
  const others = await several.others("/a");
  for (const worker of others) await untilCopied(worker, "GET /a");
  await kill(await several.owner("/a"));
  world.origin.answer({ headers: { "Cache-Control": "max-age=600" }, body: "v2" });
  await ask(others[0], "POST /a");
  for (const worker of others) assert.equal((await ask(worker, "GET /a")).body, "v2");
});

function emptyStorage(): NonNullable<EdgeSurroundings["storage"]> {
  return {
    peek: () => "absent",
    glance: () => undefined,
    find: async () => undefined,
    inspect: async () => undefined,
    admit: () => undefined,
    refresh: async () => undefined,
    drop: () => undefined,
    invalidate: () => undefined,
    countMatching: async () => ({ matching: 0, unlooked: 0 }),
    counters: () => ({ storedResponses: 0, storedBytes: 0, evicted: 0, invalidated: 0 }),
    close: async () => undefined,
  };
}

test("an asker that dies is a viewer that leaves: the fetch ends with it", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  const owner = await several.owner("/a");
  const [one, other] = await several.others("/a");
  let closed = 0;
  world.origin.answer((request) => void request.socket.on("close", () => closed++));
  const asking = [ask(one, "GET /a"), ask(other, "GET /a")];
  await eventually(() => owner.counters().fetchesInFlight === 1);
  await kill(one);
  assert.equal(owner.counters().fetchesInFlight, 1, "another one still waits");
  await kill(other);
  await eventually(() => owner.counters().fetchesInFlight === 0 && closed === 1);
  await Promise.all(asking);
});

test("a viewer that leaves is not answered for: its fetch ends at the owner", async () => {
  await using several = await openWorkerWorld();
  const { world } = several;
  const owner = await several.owner("/a");
  const [one] = await several.others("/a");
  world.origin.answer(() => undefined);
  let leave = (): void => undefined;
  const asking = one.respond({ ...viewerRequest("GET /a"), onGone: (listener) => (leave = listener) });
  await eventually(() => owner.counters().fetchesInFlight === 1);
  leave();
  await eventually(() => owner.counters().fetchesInFlight === 0);
  assert.equal((await asking).status, 400);
  assert.equal(one.counters().originRequests, 0);
});

test("a viewer that does not read keeps neither worker from bounding what it holds", async () => {
  await using several = await openWorkerWorld({}, { limits: { cacheResponseBytesMax: 1_000_000 } });
  const { world } = several;
  const [one] = await several.others("/a");
  const piece = Buffer.alloc(65_536);
  const total = 1600 * piece.length; // 100 MB
  let sent = 0;
  world.origin.answer((_request, response) => {
    response.writeHead(200, { "Content-Length": total });
    const send = (): void => {
      while (sent < total) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  });
  const answer = await one.respond(viewerRequest("GET /a"));
  assert(answer.body.kind === "stream");
  const chunks = answer.body.chunks[Symbol.asyncIterator]();
  await chunks.next();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // What sockets hold on their own account comes to a few megabytes more.
  assert.ok(sent < 20_000_000, `${sent} bytes were taken from the origin`);
  let read = 0;
  for (let step = await chunks.next(); step.done !== true; step = await chunks.next()) read += step.value.length;
  assert.ok(read > total - 1_000_000);
});
