// The socket side of the bucket store, with the store's place taken by the test: bodies stream both ways under
// back-pressure, nobody is waited for without bound, and an answer arrives even where the body was not wanted.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import type { BucketRequest, BucketResponse } from "../../src/buckets/message.ts";
import type { S3Failure } from "../../src/buckets/operation.ts";
import { openApiListener } from "../../src/service/api-listener.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/vocabulary/limits.ts";

type Handle = (request: BucketRequest) => Promise<BucketResponse>;

const MEGABYTE = 1_048_576;

interface Port {
  readonly port: number;
  readonly faults: unknown[];
}

async function open(t: TestContext, handle: Handle, limits: Partial<Limits> = {}): Promise<Port> {
  const faults: unknown[] = [];
  const listener = await openApiListener({
    host: "127.0.0.1",
    port: 0,
    limits: { ...DEFAULT_LIMITS, apiRequestTimeoutSeconds: 5, ...limits },
    handle: async ({ rawPath }) => ({ status: 200, fields: [], body: `api ${rawPath}` }),
    refuse: (why) => ({ status: 400, fields: [], body: why }),
    buckets: { handle, reportFault: (fault) => faults.push(fault) },
  });
  t.after(() => listener.drain(0));
  return { port: listener.address.port, faults };
}

function dial(t: TestContext, { port }: Port): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined); // a reset after the answer is the other side's right
  t.after(() => socket.destroy());
  return socket;
}

const text = (status: number, body: string): BucketResponse => ({
  status,
  fields: [["Content-Type", "text/plain"]],
  body: { kind: "text", text: body },
});

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const echo: Handle = async ({ body, rawPath }) => text(200, `${rawPath} ${(await readAll(body)).toString()}`);

/** Everything until the other side closes. */
async function untilClosed(socket: Socket): Promise<string> {
  let received = "";
  socket.setEncoding("latin1").on("data", (piece: string) => (received += piece));
  const closed = Promise.withResolvers<void>();
  socket.on("close", () => closed.resolve());
  await closed.promise;
  return received;
}

/** Everything up to and with the given text. */
async function until(socket: Socket, end: string): Promise<string> {
  let received = "";
  socket.setEncoding("latin1");
  while (!received.includes(end)) {
    const [piece] = (await once(socket, "data")) as [string];
    received += piece;
  }
  return received;
}

const head = (...lines: string[]): string => `${lines.join("\r\n")}\r\nHost: x\r\n\r\n`;

test("a body comes as it was sent, with its length or in chunks", async (t) => {
  const port = await open(t, echo);
  const socket = dial(t, port);
  socket.write(`${head("PUT /b/sized HTTP/1.1", "Content-Length: 5")}hello`);
  socket.write(`${head("PUT /b/chunked HTTP/1.1", "Transfer-Encoding: chunked")}3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n`);
  socket.write(head("PUT /b/none HTTP/1.1", "Connection: close"));
  const received = await untilClosed(socket);
  assert.deepEqual(
    received.match(/^\/b\/.*$/gm)?.map((line) => line.replace(/HTTP.*$/, "")),
    ["/b/sized hello", "/b/chunked hello", "/b/none "],
  );
});

test("requests sent without waiting are answered in order, those to both services", async (t) => {
  const port = await open(t, async (request) => {
    await new Promise((resolve) => setImmediate(resolve));
    return echo(request);
  });
  const socket = dial(t, port);
  const paths = ["/b/1", "/2020-05-31/2", "/b/3", "/b/4", "/2020-05-31/5"];
  const [last = ""] = paths.slice(-1);
  socket.write(
    paths
      .slice(0, -1)
      .map((path) => head(`GET ${path} HTTP/1.1`))
      .join(""),
  );
  socket.write(head(`GET ${last} HTTP/1.1`, "Connection: close"));
  const received = await untilClosed(socket);
  assert.deepEqual(received.match(/\/(?:b|2020-05-31)\/\d/g), paths);
  assert.deepEqual(port.faults, []);
});

test("a caller that asks on and on without an answer is cut off", async (t) => {
  const never = Promise.withResolvers<BucketResponse>();
  const port = await open(t, () => never.promise, { apiPipelinedRequestsMax: 10 });
  const socket = dial(t, port);
  socket.write(head("GET /b/k HTTP/1.1").repeat(11));
  assert.equal(await untilClosed(socket), "");
  never.resolve(text(200, ""));
});

test("HEAD is told the length and no more; what would have been read is closed", async (t) => {
  let isClosed = false;
  const chunks: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("nobody reads a HEAD's body")),
      return: async () => ((isClosed = true), { done: true, value: undefined }),
    }),
  };
  const port = await open(t, async () => ({ status: 200, fields: [], body: { kind: "stream", length: 77, chunks } }));
  const socket = dial(t, port);
  socket.write(head("HEAD /b/k HTTP/1.1", "Connection: close"));
  const received = await untilClosed(socket);
  assert.match(received, /^HTTP\/1\.1 200 .*\r\n/);
  assert.match(received, /\r\nContent-Length: 77\r\n/);
  assert(received.endsWith("\r\n\r\n"));
  assert(isClosed);
  assert.deepEqual(port.faults, []);
});

test("204 and 304 have no length", async (t) => {
  for (const status of [204, 304]) {
    const port = await open(t, async () => ({ status, fields: [], body: { kind: "none" } }));
    const socket = dial(t, port);
    socket.write(head("GET /b/k HTTP/1.1", "Connection: close"));
    assert.doesNotMatch(await untilClosed(socket), /content-length/i);
  }
});

test("a body is asked for when somebody reads it, and only then", async (t) => {
  const port = await open(t, (request) =>
    request.rawPath === "/b/wanted" ? echo(request) : Promise.resolve(text(403, "no")),
  );
  const wanted = dial(t, port);
  wanted.write(head("PUT /b/wanted HTTP/1.1", "Expect: 100-continue", "Content-Length: 5"));
  assert.match(await until(wanted, "\r\n\r\n"), /^HTTP\/1\.1 100 Continue/);
  wanted.write("hello");
  assert.match(await until(wanted, "hello"), /^HTTP\/1\.1 200 /);

  const unwanted = dial(t, port);
  unwanted.write(head("PUT /b/other HTTP/1.1", "Expect: 100-continue", "Content-Length: 5"));
  const received = await until(unwanted, "\r\n\r\nno");
  assert.match(received, /^HTTP\/1\.1 403 /);
  // Where the next request begins cannot be told.
  assert.match(received, /\r\nConnection: close\r\n/i);
});

test("a short body that nobody wanted is read away, and the connection goes on", async (t) => {
  const port = await open(t, async ({ rawPath }) => text(403, `no ${rawPath}.`));
  const socket = dial(t, port);
  socket.write(`${head("PUT /b/1 HTTP/1.1", "Content-Length: 100000")}${"x".repeat(100_000)}`);
  await until(socket, "no /b/1.");
  socket.write(head("GET /b/2 HTTP/1.1", "Connection: close"));
  assert.match(await untilClosed(socket), /no \/b\/2\.$/);
});

test(
  "a refusal reaches a caller that goes on sending without end, and then it is cut off",
  { timeout: 20_000 },
  async (t) => {
    const port = await open(t, async () => text(403, "no"), { bucketRefusedBodyBytesMax: 3 * MEGABYTE });
    for (const framing of [`Content-Length: ${1000 * MEGABYTE}`, "Transfer-Encoding: chunked"]) {
      const socket = dial(t, port);
      socket.write(head("PUT /b/k HTTP/1.1", framing));
      const block = Buffer.alloc(MEGABYTE, "x");
      let sent = 0;
      const send = (): void => {
        while (!socket.destroyed) {
          sent += block.length;
          if (framing.startsWith("T")) socket.write(`${block.length.toString(16)}\r\n`);
          const isTaken = socket.write(block);
          if (framing.startsWith("T")) socket.write("\r\n");
          if (!isTaken) return void socket.once("drain", send);
        }
      };
      send();
      const received = await untilClosed(socket);
      assert.match(received, /^HTTP\/1\.1 403 [^]*\r\nConnection: close\r\n[^]*no$/i);
      assert(sent < 100 * MEGABYTE, `${sent} bytes went out`);
    }
    assert.deepEqual(port.faults, []);
  },
);

test("a refused caller that neither sends the rest nor closes is not kept", { timeout: 20_000 }, async (t) => {
  const port = await open(t, async () => text(403, "no"));
  const socket = dial(t, port);
  socket.write(`${head("PUT /b/k HTTP/1.1", "Content-Length: 100")}x`);
  assert.match(await untilClosed(socket), /no$/);
});

test("a body that stands still is told so, and ends", { timeout: 20_000 }, async (t) => {
  const port = await open(
    t,
    async ({ body }) => {
      const failure = await readAll(body).then(
        () => undefined,
        (thrown: S3Failure) => thrown,
      );
      return text(400, failure?.code ?? "whole");
    },
    { bucketIdleTimeoutSeconds: 1 },
  );
  const socket = dial(t, port);
  socket.write(`${head("PUT /b/k HTTP/1.1", "Content-Length: 100")}x`);
  // A byte now and then is no progress.
  const dripping = setInterval(() => socket.write("x"), 200);
  t.after(() => clearInterval(dripping));
  assert.match(await untilClosed(socket), /RequestTimeout$/);
});

test("a caller that leaves in the middle of its body ends the reading", async (t) => {
  const ended = Promise.withResolvers<S3Failure>();
  const port = await open(t, async ({ body }) => {
    await readAll(body).catch(ended.resolve);
    return text(400, "gone");
  });
  const socket = dial(t, port);
  socket.write(`${head("PUT /b/k HTTP/1.1", "Content-Length: 100")}x`, () => socket.destroy());
  assert.equal((await ended.promise).code, "IncompleteBody");
  assert.deepEqual(port.faults, []);
});

test("an upload is taken no faster than the store takes it", { timeout: 30_000 }, async (t) => {
  const total = 200 * MEGABYTE;
  const isStalled = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const port = await open(t, async ({ body }) => {
    let count = 0;
    for await (const chunk of body) {
      if (count === 0) {
        isStalled.resolve();
        await goOn.promise;
      }
      count += chunk.length;
    }
    return text(200, `${count} bytes`);
  });
  const socket = dial(t, port);
  socket.write(head("PUT /b/k HTTP/1.1", `Content-Length: ${total}`, "Connection: close"));
  const block = Buffer.alloc(MEGABYTE);
  let given = 0;
  const isFull = Promise.withResolvers<void>();
  const send = (): void => {
    while (given < total) {
      given += block.length;
      if (!socket.write(block)) return void socket.once("drain", send);
    }
  };
  send();
  await isStalled.promise;
  // What the system's buffers took is all that went out: the sender stands still for whole turns of the loop.
  let before = -1;
  for (let still = 0; still < 200; still = given === before ? still + 1 : 0) {
    before = given;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  isFull.resolve();
  assert(given < 40 * MEGABYTE, `${given} bytes were taken by a store that reads nothing`);
  goOn.resolve();
  assert.match(await untilClosed(socket), new RegExp(`${total} bytes$`));
});

/** Counts what is asked of it, and knows when it was closed. */
function countedStream(total: number): {
  chunks: AsyncIterable<Uint8Array>;
  given: () => number;
  closed: Promise<void>;
} {
  const closed = Promise.withResolvers<void>();
  let given = 0;
  async function* make(): AsyncGenerator<Uint8Array, void, void> {
    try {
      while (given < total) {
        const block = Buffer.alloc(65_536, "x");
        given += block.length;
        yield block;
      }
    } finally {
      closed.resolve();
    }
  }
  return { chunks: { [Symbol.asyncIterator]: make }, given: () => given, closed: closed.promise };
}

test(
  "a download is read no faster than the caller takes it, and closed when it leaves",
  { timeout: 30_000 },
  async (t) => {
    const total = 200 * MEGABYTE;
    const stream = countedStream(total);
    const port = await open(t, async () => ({
      status: 200,
      fields: [],
      body: { kind: "stream", length: total, chunks: stream.chunks },
    }));
    const socket = dial(t, port);
    socket.write(head("GET /b/k HTTP/1.1"));
    await once(socket, "readable"); // and reads nothing more
    let before = -1;
    for (let still = 0; still < 200; still = stream.given() === before ? still + 1 : 0) {
      before = stream.given();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert(stream.given() < 40 * MEGABYTE, `${stream.given()} bytes were read for a caller that takes nothing`);
    socket.destroy();
    await stream.closed;
    assert.deepEqual(port.faults, []);
  },
);

test("a download that nobody takes is cut off", { timeout: 20_000 }, async (t) => {
  const total = 200 * MEGABYTE;
  const stream = countedStream(total);
  const port = await open(
    t,
    async () => ({ status: 200, fields: [], body: { kind: "stream", length: total, chunks: stream.chunks } }),
    { bucketIdleTimeoutSeconds: 1 },
  );
  const socket = dial(t, port);
  socket.write(head("GET /b/k HTTP/1.1"));
  socket.pause();
  await stream.closed;
  assert(stream.given() < total);
  assert.deepEqual(port.faults, []);
});

test("half an answer is cut off, and looks like no whole one", async (t) => {
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("the disk is gone");
  };
  const short = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
  };
  for (const chunks of [broken, short]) {
    const port = await open(t, async () => ({
      status: 200,
      fields: [],
      body: { kind: "stream", length: 8, chunks: chunks() },
    }));
    const socket = dial(t, port);
    socket.write(head("GET /b/k HTTP/1.1"));
    const received = await untilClosed(socket);
    assert(!received.includes("half") || /Content-Length: 8\r\n[^]*half$/.test(received));
    assert.equal(port.faults.length, 1);
  }
});

test("a caller's address is told without its mapping, and its target as it was written", async (t) => {
  const asked = Promise.withResolvers<BucketRequest>();
  const port = await open(t, async (request) => (asked.resolve(request), text(200, "")));
  const socket = dial(t, port);
  socket.write(head("GET http://x/b/a//b%2f../?x=%2F&y HTTP/1.1", "Connection: close"));
  await untilClosed(socket);
  const { rawPath, rawQuery, remoteAddress, endpoint } = await asked.promise;
  assert.deepEqual(
    { rawPath, rawQuery, remoteAddress, endpoint },
    {
      rawPath: "/b/a//b%2f../",
      rawQuery: "x=%2F&y",
      remoteAddress: "127.0.0.1",
      endpoint: "http://x",
    },
  );
});

test("a listener that drains lets go of a kept connection once it was answered", { timeout: 10_000 }, async () => {
  const goOn = Promise.withResolvers<void>();
  const isAsked = Promise.withResolvers<void>();
  const listener = await openApiListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    handle: async () => ({ status: 200, fields: [], body: "" }),
    refuse: (why) => ({ status: 400, fields: [], body: why }),
    buckets: {
      handle: async () => {
        isAsked.resolve();
        await goOn.promise;
        return text(200, "answered");
      },
      reportFault: (fault) => assert.fail(String(fault)),
    },
  });
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.write(head("GET /b/k HTTP/1.1"));
  await isAsked.promise;
  const drained = listener.drain(60);
  goOn.resolve();
  assert.match(await untilClosed(socket), /answered$/);
  await drained;
});
