// Viewers who are slow, greedy or both: memory and time are bounded, and bytes are taken from a source no faster than they
// are taken on at the other end. Counted are the bytes that a source could give while the other end took none. [D-0004]

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { test } from "node:test";
import { ALL_METHODS } from "./harness.ts";
import { eventually, openEnds, openWired, type WiredWorld } from "./wired.ts";

const HOST = "Host: d1.cloudfront.localhost";
const PIECE = Buffer.alloc(65_536, "x");
const MEGABYTE = 1_048_576;
/** What the kernel's socket buffers on both sides and ours may hold between two stalled ends. */
const HELD_BYTES_MAX = 40 * MEGABYTE;

const EVERY_METHOD = { AllowedMethods: ALL_METHODS };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns without a byte taken after which a stalled end is taken for one. */
const STALLED_TURNS = 200;

interface Poured {
  readonly sent: number;
  readonly taken: number;
}

/** Sends up to `total` bytes as they are taken, and stops when for `patience` turns none are. */
async function pour(socket: Socket, total: number, patience = STALLED_TURNS): Promise<Poured> {
  let sent = 0;
  let idleTurns = 0;
  let before = -1;
  while (sent < total && idleTurns < patience) {
    if (socket.writableLength < PIECE.length) {
      const piece = PIECE.subarray(0, Math.min(PIECE.length, total - sent));
      socket.write(piece);
      sent += piece.length;
    }
    const taken = sent - socket.writableLength;
    idleTurns = taken === before ? idleTurns + 1 : 0;
    before = taken;
    await turn();
  }
  return { sent, taken: sent - socket.writableLength };
}

/** Reads everything, answering only. */
function drink(socket: Socket): () => number {
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => (bytes += chunk.length));
  socket.resume();
  return () => bytes;
}

const TOTAL = 200 * MEGABYTE;

/** A body past the cache, into the cache, and one that is too large for it. */
const DOWNLOADS: readonly (readonly [string, string])[] = [
  ["that is not stored", "no-store"],
  ["that is too large to store", "max-age=60"],
];

for (const [which, cacheControl] of DOWNLOADS) {
  test(`a download of 200 MB ${which} waits for its viewer`, { timeout: 60_000 }, async () => {
    await using ends = await openEnds(EVERY_METHOD);
    const viewer = ends.wired.viewer();
    viewer.send(`GET /a HTTP/1.1\r\n${HOST}\r\n\r\n`);
    viewer.socket.pause();
    const server = await ends.origin.next();
    await server.until(/\r\n\r\n$/);
    server.send(`HTTP/1.1 200 OK\r\nCache-Control: ${cacheControl}\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    const { sent, taken } = await pour(server.socket, TOTAL);
    assert.ok(taken < HELD_BYTES_MAX, `${taken} bytes were taken for a viewer that reads none`);
    const got = drink(viewer.socket);
    await pour(server.socket, TOTAL - sent, Infinity);
    await eventually(() => got() > TOTAL);
    assert.equal(ends.wired.world.edge.counters().storedResponses, 0);
  });
}

test("an upload of 200 MB waits for its origin", { timeout: 60_000 }, async () => {
  for (const framing of ["length", "chunked"]) {
    await using ends = await openEnds(EVERY_METHOD);
    const viewer = ends.wired.viewer();
    const how = framing === "length" ? `Content-Length: ${TOTAL}` : "Transfer-Encoding: chunked";
    viewer.send(`POST /a HTTP/1.1\r\n${HOST}\r\n${how}\r\n\r\n`);
    if (framing === "chunked") viewer.send(`${TOTAL.toString(16)}\r\n`);
    const server = await ends.origin.next();
    server.socket.pause();
    const { sent, taken } = await pour(viewer.socket, TOTAL);
    assert.ok(taken < HELD_BYTES_MAX, `${taken} bytes were taken for an origin that reads none`);
    const got = drink(server.socket);
    await pour(viewer.socket, TOTAL - sent, Infinity);
    if (framing === "chunked") viewer.send("\r\n0\r\n\r\n");
    await eventually(() => got() > TOTAL);
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await viewer.until(/ok$/);
  }
});

test("a head that comes a byte a second is given up after its time", { timeout: 20_000 }, async () => {
  await using ends = await openEnds(EVERY_METHOD);
  const viewer = ends.wired.viewer();
  const head = `GET /a HTTP/1.1\r\n${HOST}\r\nX: ${"y".repeat(200)}\r\n\r\n`;
  viewer.read();
  let seconds = 0;
  for (; seconds < 100 && !viewer.hasEnded; seconds++) {
    viewer.send(head.charAt(seconds));
    await turn();
    await turn();
    ends.wired.pass(1);
    await turn();
  }
  assert.match(await viewer.toEnd(), /^HTTP\/1\.1 408 /);
  assert.ok(seconds >= 30 && seconds < 45, `given up after ${seconds} s`);
  assert.equal(ends.origin.peers.length, 0);
});

test(
  "a body that comes a byte a second is passed on as it comes, and given up when it pauses",
  { timeout: 20_000 },
  async () => {
    await using ends = await openEnds(EVERY_METHOD);
    const viewer = ends.wired.viewer();
    viewer.send(`POST /a HTTP/1.1\r\n${HOST}\r\nContent-Length: 1000\r\n\r\n`);
    viewer.send(".");
    const server = await ends.origin.next();
    for (let second = 2; second <= 100; second++) {
      viewer.send(".");
      await server.until(new RegExp(`\\r\\n\\r\\n\\.{${second}}$`));
      ends.wired.pass(1);
    }
    assert.equal(ends.wired.connections(), 1);
    for (let second = 0; second < 35; second++) ends.wired.pass(1);
    await viewer.toEnd();
    await server.toEnd();
    await eventually(() => ends.wired.world.edge.counters().fetchesInFlight === 0);
  },
);

test(
  "a viewer that stops reading in mid-body is closed in time, and the origin with it",
  { timeout: 30_000 },
  async () => {
    await using ends = await openEnds(EVERY_METHOD);
    const viewer = ends.wired.viewer();
    viewer.send(`GET /a HTTP/1.1\r\n${HOST}\r\n\r\n`);
    const server = await ends.origin.next();
    await server.until(/\r\n\r\n$/);
    server.send("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n\r\n");
    await viewer.until(/\r\n\r\n$/);
    viewer.socket.pause();
    await pour(server.socket, TOTAL);
    for (let second = 0; second < 65; second++) ends.wired.pass(1);
    await eventually(() => ends.wired.connections() === 0);
    await eventually(() => ends.wired.world.edge.counters().fetchesInFlight === 0);
    assert.ok(ends.wired.transportEvents.some((event) => event.kind === "timed-out" && event.phase === "write"));
  },
);

interface Answering extends AsyncDisposable {
  readonly wired: WiredWorld;
}

/** An origin that answers at once with what its handler says. */
async function openAnswering(handler: Parameters<typeof createServer>[1]): Promise<Answering> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const wired = await openWired({ behavior: { AllowedMethods: ALL_METHODS } });
  wired.pointAt((server.address() as AddressInfo).port);
  return {
    wired,
    async [Symbol.asyncDispose]() {
      await wired[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test(
  "of many pipelined requests one is asked at a time, and answers come in their order",
  { timeout: 30_000 },
  async () => {
    await using answering = await openAnswering((request, response) => {
      response.setHeader("Cache-Control", "no-store");
      response.end(`<${request.url}>`);
    });
    const viewer = answering.wired.viewer();
    const asked = Array.from({ length: 2000 }, (_, number) => `GET /${number} HTTP/1.1\r\n${HOST}\r\n\r\n`);
    viewer.send(asked.join(""));
    let most = 0;
    viewer.read();
    while (!viewer.received.endsWith("</1999>")) {
      most = Math.max(most, answering.wired.world.edge.counters().fetchesInFlight);
      await turn();
    }
    assert.ok(most <= 2, `${most} fetches at a time`); // the one before may not be put away yet
    assert.deepEqual(
      [...viewer.received.matchAll(/<\/(\d+)>/g)].map(([, number]) => Number(number)),
      asked.map((_, number) => number),
    );
  },
);

test("a viewer that pipelines and reads nothing is not read either", { timeout: 30_000 }, async () => {
  await using answering = await openAnswering((_request, response) => {
    response.setHeader("Cache-Control", "max-age=60");
    response.end(PIECE);
  });
  const viewer = answering.wired.viewer();
  viewer.socket.pause();
  const asked = Buffer.from(`GET /a HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(1000));
  let sent = 0;
  for (let idleTurns = 0; idleTurns < 200 && sent < 100 * MEGABYTE;) {
    if (viewer.socket.writableLength < asked.length) {
      viewer.socket.write(asked);
      sent += asked.length;
      idleTurns = 0;
    } else idleTurns++;
    await turn();
  }
  assert.ok(sent < HELD_BYTES_MAX, `${sent} bytes of requests were taken of a viewer that reads no answer`);
  for (let second = 0; second < 65; second++) answering.wired.pass(1);
  await eventually(() => answering.wired.connections() === 0);
});

test("ten thousand chunks of a byte make a body like any other", { timeout: 30_000 }, async () => {
  await using answering = await openAnswering((request, response) => {
    request.pipe(response.setHeader("Cache-Control", "no-store"));
  });
  const viewer = answering.wired.viewer();
  const chunks = Array.from({ length: 10_000 }, (_, number) => `1;n=${number}\r\n${number % 10}\r\n`).join("");
  viewer.send(
    `POST /a HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}0\r\n\r\n`,
  );
  const [, body = ""] = /\r\n\r\n([^]*)$/.exec(await viewer.toEnd()) ?? [];
  const digits = body.replaceAll(/^[0-9a-f]+\r\n|\r\n[0-9a-f]+\r\n/g, "").replaceAll("\r\n", "");
  assert.equal(digits, "0123456789".repeat(1000));
});

test("a chunk line, a trailer section and empty lines that never end are cut off", { timeout: 10_000 }, async () => {
  const head = `POST /a HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  for (const [begin, repeated] of [
    [`${head}1;`, "a"],
    [`${head}0\r\n`, "X-Trailer: y\r\n"],
    ["", "\r\n"],
    [`GET /a HTTP/1.1\r\n`, "X: y\r\n"],
    [`GET /`, "a"],
  ] as const) {
    await using ends = await openEnds(EVERY_METHOD);
    const viewer = ends.wired.viewer();
    viewer.read();
    viewer.send(begin);
    const piece = repeated.repeat(1000);
    let sent = 0;
    while (!viewer.hasEnded && viewer.error === undefined && sent < 10 * MEGABYTE) {
      if (viewer.socket.writableLength < piece.length) {
        viewer.send(piece);
        sent += piece.length;
      }
      await turn();
    }
    assert.ok(sent < 10 * MEGABYTE);
    assert.match(viewer.received, /^HTTP\/1\.1 4(?:00|13) /);
  }
});
