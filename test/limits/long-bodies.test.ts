// Bodies that are longer than anything may be kept of them, to viewers who are slow, who leave, and from origins that stall.
// What is asserted is how many bytes the origin got rid of that no viewer has taken: sockets' buffers and ours.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import type { EdgeCounters } from "../../src/edge/edge-counters.ts";
import { openWorld, type World } from "../scenarios/harness.ts";
import { eventually, openRawOrigin, openWired, type WiredWorld } from "../scenarios/wired.ts";
import { openTlsWorld, shakeHands } from "../support/tls-world.ts";

const HOST = "d1.cloudfront.localhost";
/** Over TLS, which is slower, half of it does. */
const LONG_BYTES = 268_435_456;
/** The kernel keeps up to 10 MB per connection on loopback, of which there are two; what we keep is less than one. */
const IN_FLIGHT_BYTES_MAX = 25_000_000;

/** No two of its blocks are alike, so that bytes cannot be left out or repeated unseen. */
const BLOCK = Buffer.alloc(1_048_576);
for (let at = 0; at < BLOCK.length; at += 4) BLOCK.writeUInt32LE((at * 2_654_435_761) >>> 0, at);

function bytesAt(from: number, length: number): Buffer {
  const at = from % (BLOCK.length - 4);
  return BLOCK.subarray(at, Math.min(BLOCK.length - 4, at + length));
}

interface Sending {
  /** Bytes that were given to the socket and left it, or wait in it. */
  sent: number;
  closed: boolean;
}

interface Long {
  readonly total: number;
  readonly isSized: boolean;
  readonly fields?: Readonly<Record<string, string>>;
}

/** Sends as fast as the edge takes it; a range to its end, where one is asked for. */
function sendLong(request: IncomingMessage, response: ServerResponse, { total, isSized, fields = {} }: Long): Sending {
  const sending: Sending = { sent: 0, closed: false };
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const range = from === 0 ? {} : { "Content-Range": `bytes ${from}-${total - 1}/${total}` };
  const length = isSized ? { "Content-Length": String(total - from) } : {};
  response.writeHead(from === 0 ? 200 : 206, { ...length, ...range, ...fields });
  response.on("close", () => (sending.closed = true));
  const goOn = (): void => {
    while (from + sending.sent < total && !response.destroyed) {
      const chunk = bytesAt(from + sending.sent, Math.min(65_536, total - from - sending.sent));
      sending.sent += chunk.length;
      if (!response.write(chunk)) return void response.once("drain", goOn);
    }
    response.end();
  };
  goOn();
  return sending;
}

function digestOf(total: number): string {
  const hash = createHash("sha1");
  for (let at = 0; at < total;) {
    const chunk = bytesAt(at, total - at);
    hash.update(chunk);
    at += chunk.length;
  }
  return hash.digest("hex");
}

/** Asserts that the edge is as it was before anyone had asked. */
async function assertRested(world: World, connections: () => number): Promise<void> {
  await eventually(() => connections() === 0 && world.edge.counters().fetchesInFlight === 0);
  const { storedResponses, storedBytes, compressionsInFlight, tunnelsOpen } = world.edge.counters();
  assert.deepEqual(
    { storedResponses, storedBytes, compressionsInFlight, tunnelsOpen },
    { storedResponses: 0, storedBytes: 0, compressionsInFlight: 0, tunnelsOpen: 0 },
  );
}

for (const scheme of ["http", "https"] as const) {
  for (const isSized of [true, false]) {
    for (const cacheControl of ["max-age=60", "no-store"]) {
      const framing = isSized ? "with a length" : "in chunks";
      const total = scheme === "http" ? LONG_BYTES : LONG_BYTES / 2;
      test(`a body of ${total / 2 ** 20} MB ${framing}, ${cacheControl}, passes through over ${scheme} and little of it is ever in work`, async () => {
        await using ends = await openEnds(scheme);
        let sending: Sending | undefined;
        ends.world.origin.answer((request, response) => {
          sending = sendLong(request, response, {
            total,
            isSized,
            fields: { "Cache-Control": cacheControl },
          });
        });
        const viewer = await ends.open();
        let received = 0;
        let inFlightMax = 0;
        viewer.on("data", (chunk: Buffer) => {
          received += chunk.length;
          inFlightMax = Math.max(inFlightMax, (sending?.sent ?? 0) - received);
        });
        viewer.write(`GET /long HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
        await once(viewer, "close");
        assert.ok(received > total, `${received} bytes`);
        assert.ok(inFlightMax < IN_FLIGHT_BYTES_MAX, `${inFlightMax} bytes in flight`);
        assert.equal(ends.world.edge.counters().originRequests, 1);
        await assertRested(ends.world, () => ends.connections());
      });
    }
  }
}

for (const cacheControl of ["max-age=60", "no-store"]) {
  test(`a viewer that reads nothing holds the origin back, and is cut off after a while (${cacheControl})`, async () => {
    await using wired = await openWired();
    let sending: Sending | undefined;
    wired.world.origin.answer((request, response) => {
      sending = sendLong(request, response, {
        total: LONG_BYTES,
        isSized: false,
        fields: { "Cache-Control": cacheControl },
      });
    });
    const viewer = wired.viewer();
    viewer.socket.pause();
    viewer.send(`GET /long HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    const stalled = await untilStill(() => sending?.sent ?? 0);
    assert.ok(stalled > 0 && stalled < IN_FLIGHT_BYTES_MAX, `${stalled} bytes were taken from the origin`);
    wired.pass(1);
    wired.pass(61);
    await eventually(() => sending?.closed === true);
    assert.ok(wired.transportEvents.some((event) => event.kind === "timed-out" && event.phase === "write"));
    assert.equal(wired.world.edge.counters().viewersTimedOut, 1);
    await assertRested(wired.world, () => wired.connections());
  });
}

const SHARED_BYTES = 67_108_864;

for (const hasTag of [true, false]) {
  const then = hasTag ? "gets the rest by itself" : "is broken off where its rest cannot be asked for";
  test(`of two viewers of one fetch the slow one does not hold the other up, and ${then}`, async () => {
    await using wired = await openWired();
    const counters = (): EdgeCounters => wired.world.edge.counters();
    const ranges: (string | undefined)[] = [];
    wired.world.origin.answer((request, response) => {
      ranges.push(request.headers.range);
      const fields = { "Cache-Control": "max-age=60", ...(hasTag && { ETag: '"1"' }) };
      void eventually(() => counters().requests === 2).then(() =>
        sendLong(request, response, { total: SHARED_BYTES, isSized: false, fields }),
      );
    });
    const [fast, slow] = await Promise.all([openDownload(wired.port), openDownload(wired.port)]);
    assert.equal(await digest(fast), digestOf(SHARED_BYTES));
    // All that the sockets between have taken, and no more.
    assert.deepEqual(ranges, [undefined]);
    if (hasTag) {
      assert.equal(await digest(slow), digestOf(SHARED_BYTES));
      assert.match(ranges[1] ?? "", /^bytes=\d+-$/);
    } else await assert.rejects(digest(slow));
    assert.equal(counters().originRequests, hasTag ? 2 : 1);
    assert.ok(wired.world.events.some(({ event }) => event === "viewer-left-behind"));
    await assertRested(wired.world, () => wired.connections());
  });
}

/** Nothing of the body is read before `digest`. */
async function openDownload(port: number): Promise<IncomingMessage> {
  const asking = get({ host: "127.0.0.1", port, path: "/shared", headers: { Host: HOST }, agent: false });
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  return response;
}

/** Rejects when the body breaks off. */
async function digest(response: IncomingMessage): Promise<string> {
  const hash = createHash("sha1");
  for await (const chunk of response) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

const HEAD = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n";
const GET = `GET /body HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

test("a viewer that leaves in the middle ends its fetch, and not one that another reads", async () => {
  for (const hasOther of [false, true]) {
    await using wired = await openWired();
    await using origin = await openRawOrigin();
    wired.pointAt(origin.port);
    const viewers = Array.from({ length: hasOther ? 2 : 1 }, () => wired.viewer());
    for (const viewer of viewers) viewer.send(GET);
    const server = await origin.next();
    await server.until(/\r\n\r\n$/);
    await eventually(() => wired.world.edge.counters().requests === viewers.length);
    server.send(`${HEAD}Content-Length: 10000\r\n\r\n${"x".repeat(5_000)}`);
    await Promise.all(viewers.map((viewer) => viewer.until(/x{5000}$/)));
    viewers[0]?.socket.resetAndDestroy();
    await eventually(() => wired.connections() === viewers.length - 1);
    if (hasOther) {
      server.send("y".repeat(5_000));
      await viewers[1]?.until(/x{5000}y{5000}$/);
      await eventually(() => wired.world.edge.counters().storedResponses === 1);
      viewers[1]?.socket.destroy();
      wired.world.invalidate("/*");
    } else await server.toEnd();
    await assertRested(wired.world, () => wired.connections());
  }
});

test("an origin that stalls in the middle is given up, its viewers see that the body is not whole, and the log says why", async () => {
  for (const [framing, begun] of [
    ["Content-Length: 10", "half-"],
    ["Transfer-Encoding: chunked", "5\r\nhalf-\r\n"],
    ["Connection: close", "half-"],
  ] as const) {
    await using wired = await openWired({ connection: { OriginReadTimeout: 1 } });
    await using origin = await openRawOrigin();
    wired.pointAt(origin.port, { connection: { OriginReadTimeout: 1 } });
    const viewers = [wired.viewer(), wired.viewer()];
    for (const viewer of viewers) viewer.send(GET);
    const server = await origin.next();
    await server.until(/\r\n\r\n$/);
    await eventually(() => wired.world.edge.counters().requests === 2);
    server.send(`${HEAD}${framing}\r\n\r\n${begun}`);
    for (const viewer of viewers) {
      const got = await viewer.toEnd();
      assert.match(got, /half-/);
      assert.doesNotMatch(got, /\r\n0\r\n\r\n$/, "no last chunk");
    }
    await server.toEnd();
    await assertRested(wired.world, () => wired.connections());
    const { world } = wired;
    const { answersBrokenOff } = world.edge.counters();
    assert.equal(answersBrokenOff, 2);
    assert.ok(world.events.some(({ event, why }) => event === "origin-broke-off" && /paused for 1 s/.test(why)));

    // And it is asked again as if nothing had been.
    const next = wired.viewer();
    next.send(GET);
    const again = await origin.next();
    await again.until(/\r\n\r\n$/);
    again.send(`${HEAD}Content-Length: 5\r\n\r\nwhole`);
    await next.until(/whole$/);
  }
});

test("in a cache that is full the oldest go, what is larger than it passes through, and what is left is right", async () => {
  const capacity = 1_000_000;
  await using world = await openWorld({}, { limits: { cacheCapacityBytes: capacity } });
  const counters = (): EdgeCounters => world.edge.counters();
  world.origin.answer((request, response) => {
    const length = Number(/\d+$/.exec(request.url ?? "")?.[0]);
    const isSized = request.url?.startsWith("/sized") === true;
    sendLong(request, response, { total: length, isSized, fields: { "Cache-Control": "max-age=60" } });
  });
  const ask = async (target: string): Promise<string> => {
    const got = await world.ask(`GET ${target}`);
    assert.equal(got.body.length, Number(/\d+$/.exec(target)?.[0]), target);
    assert.ok(counters().storedBytes <= capacity, `${counters().storedBytes} bytes`);
    return got.result;
  };
  for (let index = 0; index < 10; index++) assert.equal(await ask(`/sized/${index}/200000`), "Miss");
  const { storedResponses, evicted } = counters();
  assert.deepEqual({ storedResponses, evicted }, { storedResponses: 4, evicted: 6 });
  assert.equal(await ask("/sized/9/200000"), "Hit");
  assert.equal(await ask("/sized/0/200000"), "Miss");
  // With a length it is known before anything is evicted for it.
  assert.equal(await ask("/sized/2000000"), "Miss");
  assert.equal(counters().storedResponses, 4);
  assert.equal(await ask("/sized/0/200000"), "Hit");
  // Without one room was made for it in vain; there is as much of it afterwards as before.
  assert.equal(await ask("/chunked/2000000"), "Miss");
  assert.equal(counters().storedBytes, 0);
  assert.equal(await ask("/sized/0/200000"), "Miss");
  assert.equal(await ask("/sized/0/200000"), "Hit");
  assert.equal(counters().fetchesInFlight, 0);
});

// The edge behind either port.

interface Ends extends AsyncDisposable {
  readonly world: World;
  connections(): number;
  /** A viewer's connection, ready to be written to. */
  open(): Promise<Socket>;
}

async function openEnds(scheme: "http" | "https"): Promise<Ends> {
  if (scheme === "http") {
    const wired: WiredWorld = await openWired();
    return {
      world: wired.world,
      connections: () => wired.connections(),
      open: async () => connect(wired.port, "127.0.0.1"),
      [Symbol.asyncDispose]: () => wired[Symbol.asyncDispose](),
    };
  }
  const secured = await openTlsWorld({});
  return {
    world: secured.world,
    connections: () => secured.listener.connections(),
    async open() {
      const shaken = await shakeHands(secured.port, { servername: HOST });
      assert.ok(shaken.kind === "secure");
      return shaken.socket;
    },
    [Symbol.asyncDispose]: () => secured[Symbol.asyncDispose](),
  };
}

/** The count once nothing more happens in this process, which has both ends of every connection. */
async function untilStill(count: () => number): Promise<number> {
  for (let still = 0, last = count(); still < STILL_TURNS;) {
    await new Promise((resolve) => setImmediate(resolve));
    still = last === count() && last > 0 ? still + 1 : 0;
    last = count();
  }
  return count();
}

const STILL_TURNS = 500;
