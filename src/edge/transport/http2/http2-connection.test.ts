import assert from "node:assert/strict";
import { constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { test } from "node:test";

import { holdAnswers, openHttp2Bench, textAnswer } from "../../../../test/support/http2-bench.ts";
import {
  block,
  data,
  FLAG,
  frame,
  get,
  openRawViewer,
  post,
  setting,
  tell,
  TYPE,
  uint32,
  type RawViewer,
} from "../../../../test/support/http2-frames.ts";
import type { Answer, ViewerRequest } from "../message.ts";

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `undefined` after a clean end. */
  readonly resetWith: number | undefined;
}

async function read(stream: ClientHttp2Stream): Promise<Got> {
  let headers: IncomingHttpHeaders = {};
  let body = "";
  let hasEnded = false;
  stream.on("response", (given) => (headers = given));
  stream.on("data", (piece: Buffer) => (body += piece.toString("latin1")));
  stream.on("end", () => (hasEnded = !stream.aborted));
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.once("close", resolve));
  return { headers, body, resetWith: hasEnded && stream.rstCode === 0 ? undefined : stream.rstCode };
}

function ask(session: ClientHttp2Session, headers: Record<string, string> = {}, body?: string): Promise<Got> {
  const stream = session.request({ ":authority": "a.test", ...headers }, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return read(stream);
}

function streamed(chunks: AsyncIterable<Uint8Array>, length?: number): Answer {
  return { status: 200, fields: [], body: { kind: "stream", length, chunks } };
}

test("a request arrives as it was sent, and its answer goes back", { timeout: 10_000 }, async () => {
  let seen: ViewerRequest | undefined;
  await using bench = await openHttp2Bench((request) => {
    seen = request;
    return textAnswer("hello", [
      ["Set-Cookie", "a"],
      ["Set-Cookie", "b"],
    ]);
  });
  const session = await bench.connect();
  const got = await ask(session, { ":path": "/a?b", cookie: "c=1; d=2", x: "y" });
  assert.equal(got.body, "hello");
  assert.equal(got.headers["content-length"], "5");
  assert.deepEqual(got.headers["set-cookie"], ["a", "b"]);
  assert.equal(got.resetWith, undefined);
  assert.ok(seen !== undefined);
  const { method, path, query, host, httpVersion, scheme, viewerAddress, body } = seen;
  assert.deepEqual(
    { method, path, query, host, httpVersion, scheme, viewerAddress, body },
    {
      method: "GET",
      path: "/a",
      query: "b",
      host: "a.test",
      httpVersion: "2.0",
      scheme: "https",
      viewerAddress: "127.0.0.1",
      body: undefined,
    },
  );
  assert.deepEqual(seen.fields, [
    ["host", "a.test"],
    ["cookie", "c=1; d=2"],
    ["x", "y"],
  ]);
});

test("a streamed body is ended when it is whole, and reset when it breaks off", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench((request) =>
    streamed(
      (async function* () {
        yield Buffer.from("one ");
        yield Buffer.from("two");
        await new Promise((resolve) => setImmediate(resolve));
        if (request.path === "/broken") throw new Error("the origin left");
      })(),
      request.query === undefined ? undefined : 7,
    ),
  );
  const session = await bench.connect();
  for (const query of ["", "?sized"]) {
    const whole = await ask(session, { ":path": `/whole${query}` });
    assert.deepEqual([whole.body, whole.resetWith], ["one two", undefined]);
    const broken = await ask(session, { ":path": `/broken${query}` });
    assert.deepEqual([broken.body, broken.resetWith], ["one two", constants.NGHTTP2_INTERNAL_ERROR]);
  }
});

test("a request's body is streamed, and so is what is made of it", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench((request) => {
    assert.ok(request.body !== undefined);
    return streamed(request.body.chunks);
  });
  const session = await bench.connect();
  const sent = "x".repeat(1_000_000);
  const got = await ask(session, { ":method": "POST" }, sent);
  assert.equal(got.body.length, sent.length);
  assert.equal(got.resetWith, undefined);
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** As many turns of the event loop as it takes, within five seconds. */
async function eventually(isSo: () => boolean): Promise<void> {
  const bound = AbortSignal.timeout(5000);
  while (!isSo()) {
    assert.ok(!bound.aborted, `never: ${isSo.toString()}`);
    await turn();
  }
}

function told(viewer: RawViewer): string[] {
  return viewer.frames.map(tell).filter((line) => line !== undefined);
}

/** Says that it was given up, and how many pieces it gave before. */
function endless(): { readonly answer: Answer; pieces: number; isReturned: boolean } {
  const seen = {
    pieces: 0,
    isReturned: false,
    answer: streamed({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          seen.pieces++;
          await turn();
          return { done: false, value: Buffer.alloc(16_384) };
        },
        return: async () => {
          seen.isReturned = true;
          return { done: true, value: undefined };
        },
      }),
    }),
  };
  return seen;
}

test("answers without a body are ended with their head", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench((request) => {
    const status = Number(request.query);
    return { status, fields: [["ETag", '"x"']], body: { kind: "bytes", bytes: Buffer.from("page") } };
  });
  const session = await bench.connect();
  // Method, status, body, Content-Length.
  for (const [method, status, body, length] of [
    ["GET", 200, "page", "4"],
    ["HEAD", 200, "", "4"],
    ["GET", 204, "", undefined],
    ["GET", 304, "", undefined],
    ["GET", 404, "page", "4"],
    ["GET", 205, "", "0"],
    ["GET", 599, "page", "4"],
    ["GET", 999, "page", "4"],
  ] as const) {
    const got = await ask(session, { ":method": method, ":path": `/?${status}` });
    assert.deepEqual(
      [got.headers[":status"], got.body, got.headers["content-length"], got.resetWith],
      [status, body, length, undefined],
      `${method} ${status}`,
    );
  }
});

test(
  "an answer that brings framing of its own, or a status that cannot be sent, becomes a plain 500",
  { timeout: 10_000 },
  async () => {
    const bad: readonly Answer[] = [
      textAnswer("x", [["Connection", "close"]]),
      ...["Upgrade", "Keep-Alive", "Proxy-Connection", "HTTP2-Settings", "TE"].map((name) =>
        textAnswer("x", [[name, "y"]]),
      ),
      textAnswer("x", [["Transfer-Encoding", "chunked"]]),
      textAnswer("x", [["Content-Length", "7"]]),
      textAnswer("x", [[":status", "200"]]),
      textAnswer("x", [["x", "a\r\nb"]]),
      { ...textAnswer("x"), status: 1000 },
      { ...textAnswer("x"), status: 199 },
    ];
    await using bench = await openHttp2Bench((request) => bad[Number(request.query)] ?? textAnswer("?"));
    const session = await bench.connect();
    for (const index of bad.keys()) {
      const got = await ask(session, { ":path": `/?${index}` });
      assert.equal(got.headers[":status"], 500, String(index));
    }
    assert.equal(bench.events.filter(({ kind }) => kind === "respond-threw").length, bad.length);
  },
);

test("a pipeline that throws or rejects costs its own request only", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench((request) => {
    if (request.path === "/throws") throw new Error("thrown");
    return request.path === "/rejects" ? Promise.reject(new Error("rejected")) : textAnswer("ok");
  });
  const session = await bench.connect();
  const got = await Promise.all(["/throws", "/rejects", "/"].map((path) => ask(session, { ":path": path })));
  assert.deepEqual(
    got.map(({ headers }) => headers[":status"]),
    [500, 500, 200],
  );
});

test("100 (Continue) is sent when the body is wanted, and not when it is not", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(async (request) => {
    if (request.path === "/no") return textAnswer("no");
    let body = "";
    for await (const piece of request.body?.chunks ?? []) body += String(piece);
    return textAnswer(body);
  });
  for (const [path, expected] of [
    ["/yes", "100 on 1, 200 on 1, DATA 4 on 1"],
    ["/no", "200 on 1, DATA 2 on 1, RST NO_ERROR on 1"],
  ] as const) {
    const viewer = openRawViewer(await bench.connectRaw());
    viewer.send(frame(TYPE.HEADERS, FLAG.END_HEADERS, 1, headersOf(path)));
    await viewer.until(({ type }) => type === TYPE.HEADERS);
    viewer.send(data(1, "body", FLAG.END_STREAM));
    await viewer.until((got) => got.type === TYPE.DATA);
    viewer.send(frame(TYPE.PING, 0, 0, Buffer.alloc(8)));
    await viewer.until((got) => got.type === TYPE.PING);
    assert.equal(
      told(viewer)
        .filter((line) => line !== "PING ACK")
        .join(", "),
      expected,
    );
  }
});

function headersOf(path: string): Buffer {
  return block(
    [":method", "POST"],
    [":scheme", "https"],
    [":path", path],
    [":authority", "a"],
    ["expect", "100-continue"],
  );
}

test(
  "a body that nobody wants is stopped without an error, behind the answer [RFC 9113 §8.1]",
  { timeout: 10_000 },
  async () => {
    await using bench = await openHttp2Bench(async (request) => {
      assert.ok(request.body !== undefined);
      if (request.field("x-some") !== undefined) {
        for await (const _ of request.body.chunks) break;
      }
      return textAnswer("enough");
    });
    for (const more of [[], [["x-some", "1"]]] as const) {
      const viewer = openRawViewer(await bench.connectRaw());
      viewer.send(post(1, ...more), data(1, "part"));
      await viewer.until(({ type }) => type === TYPE.RST_STREAM);
      assert.deepEqual(told(viewer), ["200 on 1", "DATA 6 on 1", "RST NO_ERROR on 1"]);
      viewer.send(data(1, "rest"), get(3));
      await viewer.until(({ type, stream }) => type === TYPE.DATA && stream === 3);
    }
  },
);

test("a body that was read to its end leaves nothing to stop", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(async (request) => {
    let length = 0;
    for await (const piece of request.body?.chunks ?? []) length += piece.length;
    return textAnswer(String(length));
  });
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(post(1, ["content-length", "4"]), data(1, "body", FLAG.END_STREAM), get(3));
  await viewer.until(({ type, stream }) => type === TYPE.DATA && stream === 3);
  await viewer.until(({ type, stream }) => type === TYPE.DATA && stream === 1);
  await turn();
  assert.deepEqual(told(viewer).toSorted(), ["200 on 1", "200 on 3", "DATA 1 on 1", "DATA 1 on 3"]);
});

test("a viewer sends no more than a window ahead of whoever reads its body", { timeout: 10_000 }, async () => {
  const go = Promise.withResolvers<void>();
  await using bench = await openHttp2Bench(async (request) => {
    let length = 0;
    for await (const piece of request.body?.chunks ?? []) {
      await go.promise;
      length += piece.length;
    }
    return textAnswer(String(length));
  });
  const session = await bench.connect();
  const stream = session.request({ ":method": "POST", ":authority": "a.test" });
  stream.end(Buffer.alloc(1_000_000));
  const answered = read(stream);
  await eventually(() => (stream.session?.socket.bytesWritten ?? 0) > 65_000);
  for (let turns = 0; turns < 50; turns++) await turn();
  assert.ok((stream.session?.socket.bytesWritten ?? 0) < 140_000);
  go.resolve();
  assert.equal((await answered).body, "1000000");
});

test(
  "a request body that breaks off fails for its reader, whatever the code of the reset",
  { timeout: 10_000 },
  async () => {
    const failed: string[] = [];
    await using bench = await openHttp2Bench(async (request) => {
      try {
        for await (const _ of request.body?.chunks ?? []);
        failed.push("ended");
      } catch {
        failed.push("failed");
      }
      return textAnswer("late");
    });
    for (const code of [0, 8, 2]) {
      const viewer = openRawViewer(await bench.connectRaw());
      viewer.send(post(1), data(1, "half"), frame(TYPE.RST_STREAM, 0, 1, uint32(code)));
      await eventually(() => failed.length > 0);
      assert.equal(failed.pop(), "failed", String(code));
    }
    const viewer = openRawViewer(await bench.connectRaw());
    viewer.send(post(1), data(1, "half"));
    await viewer.until(({ type }) => type === TYPE.SETTINGS);
    viewer.socket.destroy();
    await eventually(() => failed.length > 0);
    assert.equal(failed.pop(), "failed");
  },
);

test(
  "a viewer who resets or leaves takes the answer's source along, and waits on no memory",
  { timeout: 10_000 },
  async () => {
    for (const ending of ["reset", "leave"]) {
      const source = endless();
      await using bench = await openHttp2Bench(() => source.answer);
      const viewer = openRawViewer(await bench.connectRaw());
      viewer.send(get(1));
      await viewer.until(({ type }) => type === TYPE.DATA);
      for (let turns = 0; turns < 100; turns++) await turn();
      assert.ok(source.pieces <= 8, `${source.pieces} pieces were taken for a viewer who takes no more than a window`);
      if (ending === "reset") viewer.send(frame(TYPE.RST_STREAM, 0, 1, uint32(8)));
      else viewer.socket.destroy();
      await eventually(() => source.isReturned);
    }
  },
);

test("an answer that comes after its viewer has gone is let go", { timeout: 10_000 }, async () => {
  const source = endless();
  const go = Promise.withResolvers<void>();
  let asked = 0;
  await using bench = await openHttp2Bench(async () => {
    asked++;
    await go.promise;
    return source.answer;
  });
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(get(1));
  await eventually(() => asked > 0);
  viewer.send(frame(TYPE.RST_STREAM, 0, 1, uint32(8)), frame(TYPE.PING, 0, 0, Buffer.alloc(8)));
  await viewer.until(({ type }) => type === TYPE.PING);
  go.resolve();
  await eventually(() => source.isReturned);
  assert.equal(source.pieces, 0);
});

test("an answer waits for a window that was made negative [RFC 9113 §6.9.2]", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(() => textAnswer("x".repeat(20)));
  const viewer = openRawViewer(await bench.connectRaw(), setting(4, 10));
  viewer.send(get(1));
  await viewer.until(({ type }) => type === TYPE.DATA);
  viewer.send(frame(TYPE.SETTINGS, 0, 0, setting(4, 0)), frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(13)));
  await eventually(() => told(viewer).length > 2);
  viewer.send(frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(100)));
  await eventually(() => told(viewer).length > 3);
  assert.deepEqual(told(viewer), ["200 on 1", "DATA 10 on 1", "DATA 3 on 1", "DATA 7 on 1"]);
});

// Time.

test(
  "a connection on which nothing is asked is ended: before its first request, and after its last",
  { timeout: 10_000 },
  async () => {
    await using bench = await openHttp2Bench(() => textAnswer("ok"));
    for (const [asks, seconds] of [
      [false, 31],
      [true, 61],
    ] as const) {
      const viewer = openRawViewer(await bench.connectRaw());
      await viewer.until(({ type }) => type === TYPE.SETTINGS);
      if (asks) {
        viewer.send(get(1));
        await viewer.until(({ type }) => type === TYPE.DATA);
        viewer.send(frame(TYPE.PING, 0, 0, Buffer.alloc(8)));
        await viewer.until(({ type }) => type === TYPE.PING);
      }
      bench.pass(seconds - 2);
      assert.equal(bench.peers.size, 1);
      bench.pass(2);
      await viewer.closed;
      assert.equal(told(viewer).at(-1), "GOAWAY NO_ERROR");
      assert.deepEqual(bench.events.pop(), { kind: "timed-out", viewerAddress: "127.0.0.1", phase: "idle" });
      await eventually(() => bench.peers.size === 0);
    }
  },
);

test(
  "a header section that never ends is no request, and its connection is ended as idle",
  { timeout: 10_000 },
  async () => {
    await using bench = await openHttp2Bench(() => textAnswer("ok"));
    const viewer = openRawViewer(await bench.connectRaw());
    viewer.send(frame(TYPE.HEADERS, 0, 1, Buffer.from([0x82])));
    await viewer.until(({ type }) => type === TYPE.SETTINGS);
    bench.pass(31);
    bench.pass(6);
    await viewer.closed;
  },
);

test(
  "a pause in a request's body, and an answer left unread, end their stream and no other",
  { timeout: 10_000 },
  async () => {
    await using bench = await openHttp2Bench((request) => {
      if (request.path === "/big") return textAnswer("x".repeat(1_000_000));
      if (request.path === "/small") return textAnswer("x".repeat(100));
      return request.body === undefined ? textAnswer("ok") : streamed(request.body.chunks);
    });
    for (const [request, phase, seconds] of [
      [post(1), "body", 31],
      [get(1, ["x", "y"]), undefined, 100],
    ] as const) {
      const viewer = openRawViewer(await bench.connectRaw());
      viewer.send(request, get(3));
      await viewer.until(({ type, stream }) => type === TYPE.DATA && stream === 3);
      if (phase === undefined) continue;
      bench.pass(seconds);
      await viewer.until(({ type }) => type === TYPE.RST_STREAM);
      assert.deepEqual(bench.events.at(-1), { kind: "timed-out", viewerAddress: "127.0.0.1", phase });
      viewer.send(get(5));
      await viewer.until(({ type, stream }) => type === TYPE.DATA && stream === 5);
    }
    for (const path of ["/big", "/small"]) {
      const viewer = openRawViewer(await bench.connectRaw(), setting(4, 0));
      viewer.send(
        frame(
          TYPE.HEADERS,
          5,
          1,
          block([":method", "GET"], [":scheme", "https"], [":path", path], [":authority", "a"]),
        ),
      );
      await viewer.until(({ type }) => type === TYPE.HEADERS);
      bench.pass(59);
      // A window that is opened a byte at a time buys no time.
      for (let byte = 0; byte < 5; byte++) viewer.send(frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(1)));
      await viewer.until(({ type }) => type === TYPE.DATA);
      bench.pass(2);
      await viewer.until(({ type }) => type === TYPE.RST_STREAM);
      assert.equal(told(viewer).at(-1), "RST CANCEL on 1");
      assert.deepEqual(bench.events.at(-1), { kind: "timed-out", viewerAddress: "127.0.0.1", phase: "write" });
    }
  },
);

test("a viewer that never reads its socket is cut off", { timeout: 10_000 }, async () => {
  const source = endless();
  await using bench = await openHttp2Bench(() => source.answer);
  const socket = await bench.connectRaw();
  const viewer = openRawViewer(socket, setting(4, 0x7fffffff));
  viewer.send(frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(0x7fff0000 - 65_535)), get(1));
  socket.pause();
  let taken = -1;
  while (taken !== source.pieces || source.pieces === 0) {
    taken = source.pieces;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.ok(source.pieces * 16_384 < 16_777_216, `${source.pieces} pieces`);
  bench.pass(1);
  bench.pass(61); // the stream
  await eventually(() => source.isReturned);
  bench.pass(6); // its connection, which does not even take the reset
  await eventually(() => bench.peers.size === 0);
});

test("a connection that drains lets its requests through and takes no more", { timeout: 10_000 }, async () => {
  const held = holdAnswers("ok");
  await using bench = await openHttp2Bench(held.respond);
  const idle = openRawViewer(await bench.connectRaw());
  await idle.until(({ type }) => type === TYPE.SETTINGS);
  const busy = openRawViewer(await bench.connectRaw());
  busy.send(get(1), get(3));
  await eventually(() => held.asked() === 2);
  bench.drain();
  await idle.closed;
  assert.deepEqual(told(idle), ["GOAWAY NO_ERROR"]);
  const farewell = await busy.until(({ type }) => type === TYPE.PING);
  busy.send(get(5)); // it was on its way
  await eventually(() => held.asked() === 3);
  busy.send(frame(TYPE.PING, FLAG.ACK, 0, farewell?.payload));
  const lasts = (): number[] =>
    busy.frames.filter(({ type }) => type === TYPE.GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
  await eventually(() => lasts().length === 2);
  assert.deepEqual(lasts(), [0x7fffffff, 5], "the viewer knows that what comes later was not done");
  busy.send(get(7), data(7, "x"), frame(TYPE.PING, 0, 0, Buffer.alloc(8)));
  await busy.until(({ type, flags }) => type === TYPE.PING && flags === FLAG.ACK);
  held.letGo();
  await busy.closed;
  assert.equal(held.asked(), 3);
  const answered = told(busy).filter((line) => /^(?:200|DATA|RST)/.test(line));
  const both = [1, 3, 5].flatMap((stream) => [`200 on ${stream}`, `DATA 2 on ${stream}`]);
  assert.deepEqual(answered.toSorted(), both.toSorted());
  await eventually(() => bench.peers.size === 0);
});

test("a drain does not wait for a viewer that does not answer a PING", { timeout: 10_000 }, async () => {
  const held = holdAnswers("ok");
  await using bench = await openHttp2Bench(held.respond);
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(get(1));
  await eventually(() => held.asked() === 1);
  bench.drain();
  await viewer.until(({ type }) => type === TYPE.PING);
  bench.pass(3);
  held.letGo();
  await viewer.closed;
  assert.deepEqual(told(viewer), ["GOAWAY NO_ERROR", "PING", "GOAWAY NO_ERROR", "200 on 1", "DATA 2 on 1"]);
});

test("a drain that spares idle connections answers what is on its way", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(() => textAnswer("ok"));
  const viewer = openRawViewer(await bench.connectRaw());
  await viewer.until(({ type }) => type === TYPE.SETTINGS);
  bench.drain(true);
  const farewell = await viewer.until(({ type }) => type === TYPE.PING);
  viewer.send(get(1), frame(TYPE.PING, FLAG.ACK, 0, farewell?.payload));
  await viewer.closed;
  assert.deepEqual(told(viewer), ["GOAWAY NO_ERROR", "PING", "GOAWAY NO_ERROR", "200 on 1", "DATA 2 on 1"]);
  await eventually(() => bench.peers.size === 0);
});

test("a viewer who closes its half has left", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(() => textAnswer("ok"));
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(get(1));
  await viewer.until(({ type }) => type === TYPE.DATA);
  viewer.socket.end();
  await eventually(() => bench.peers.size === 0);
});

test(
  "an origin that takes its time over a body that was sent is no fault of the viewer's",
  { timeout: 10_000 },
  async () => {
    const go = Promise.withResolvers<void>();
    let isRead = false;
    await using bench = await openHttp2Bench(async (request) => {
      for await (const _ of request.body?.chunks ?? []);
      isRead = true;
      await go.promise;
      return textAnswer("ok");
    });
    const viewer = openRawViewer(await bench.connectRaw());
    viewer.send(post(1), data(1, "body"));
    await viewer.until(({ type }) => type === TYPE.SETTINGS);
    viewer.send(data(1, "", FLAG.END_STREAM));
    await eventually(() => isRead);
    bench.pass(100);
    go.resolve();
    await viewer.until(({ type }) => type === TYPE.DATA);
    assert.deepEqual(told(viewer), ["200 on 1", "DATA 2 on 1"]);
  },
);

test("an answer may wait for its turn while others are taken, but not forever", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(() => textAnswer("x".repeat(50_000)));
  const viewer = openRawViewer(await bench.connectRaw(), setting(4, 0));
  viewer.send(get(1));
  let stream = 3;
  for (let turns = 0; turns <= 12; turns++, stream += 2) {
    viewer.send(
      get(stream),
      frame(TYPE.WINDOW_UPDATE, 0, stream, uint32(60_000)),
      frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(50_000)),
    );
    await viewer.until((got) => got.type === TYPE.DATA && got.stream === stream && (got.flags & FLAG.END_STREAM) !== 0);
    for (let turns = 0; turns < 20; turns++) await turn(); // the edge sees it end, too
    bench.pass(50);
    assert.equal(bench.events.length, turns < 12 ? 0 : 1); // ten minutes and fifty seconds
  }
  await viewer.until(({ type }) => type === TYPE.RST_STREAM);
  assert.equal(told(viewer).at(-1), "RST CANCEL on 1");
});

test("bodies that wait for the pipeline to take them are no flood", { timeout: 10_000 }, async () => {
  const go = Promise.withResolvers<void>();
  let asked = 0;
  await using bench = await openHttp2Bench(
    async (request) => {
      asked++;
      await go.promise;
      let length = 0;
      for await (const piece of request.body?.chunks ?? []) length += piece.length;
      return textAnswer(String(length));
    },
    { viewerHttp2OverheadBytesPerSecondMax: 1024 },
  );
  const session = await bench.connect();
  const got = Array.from({ length: 30 }, () => ask(session, { ":method": "POST" }, "x".repeat(48_000)));
  await eventually(() => asked === 30 && (session.socket.bytesWritten ?? 0) > 30 * 48_000);
  for (let seconds = 0; seconds < 3; seconds++) bench.pass(1);
  go.resolve();
  for (const { body } of await Promise.all(got)) assert.equal(body, "48000");
  bench.pass(1);
  assert.deepEqual(bench.events, []);
});
