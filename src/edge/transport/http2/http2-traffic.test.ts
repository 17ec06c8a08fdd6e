// Much at once on one connection: bodies of all lengths through windows of all sizes, bytes cut anywhere, answers in turns; and
// what is told of each request when it is over.

import assert from "node:assert/strict";
import type { ClientHttp2Session } from "node:http2";
import { test } from "node:test";

import { mulberry32 } from "../../../../test/support/generated-requests.ts";
import { openHttp2Bench, textAnswer } from "../../../../test/support/http2-bench.ts";
import {
  block,
  data,
  FLAG,
  frame,
  GET,
  get,
  integer,
  openRawViewer,
  post,
  setting,
  tell,
  TYPE,
  uint32,
  type Frame,
  type RawViewer,
} from "../../../../test/support/http2-frames.ts";
import type { Answer, Field, OnServed, ViewerRequest } from "../message.ts";
import { prepareFields } from "../message.ts";
import { HpackDecoder } from "./hpack-decoder.ts";

const SEED = 20_261_121;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function eventually(isSo: () => boolean): Promise<void> {
  const bound = AbortSignal.timeout(10_000);
  while (!isSo()) {
    assert.ok(!bound.aborted, `never: ${isSo.toString()}`);
    await turn();
  }
}

/** Bytes that tell where in a body they stand, and of which body they are. */
function bodyOf(length: number, salt: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + (at >>> 8) * 13 + salt) & 0xff;
  return bytes;
}

function getPath(stream: number, path: string, ...more: readonly (readonly [string, string])[]): Buffer {
  const lines = GET.map((line) => (line[0] === ":path" ? ([":path", path] as const) : line));
  return frame(TYPE.HEADERS, 5, stream, block(...lines, ...more));
}

async function* inPieces(bytes: Buffer, random: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = Math.floor(random() ** 3 * 50_000);
    if (random() < 0.3) await turn();
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function echoed(session: ClientHttp2Session, sent: Buffer, random: () => number): Promise<Buffer> {
  const stream = session.request({ ":method": "POST", ":path": "/echo", ":authority": "a.test" });
  const got: Buffer[] = [];
  stream.on("data", (piece: Buffer) => {
    got.push(piece);
    // A viewer that takes its time, so that windows close and the socket fills.
    if (random() < 0.05) {
      stream.pause();
      setTimeout(() => stream.resume(), 2);
    }
  });
  for (let at = 0; at < sent.length;) {
    const size = 1 + Math.floor(random() ** 3 * 60_000);
    if (!stream.write(sent.subarray(at, at + size))) await new Promise((resolve) => stream.once("drain", resolve));
    at += size;
  }
  stream.end();
  await new Promise((resolve, reject) => stream.once("close", resolve).once("error", reject));
  return Buffer.concat(got);
}

test(
  `bodies go both ways unchanged, sixty at once, through windows of any size (seed ${SEED})`,
  { timeout: 60_000 },
  async () => {
    const random = mulberry32(SEED);
    const small = prepareFields([
      ["Content-Type", "text/plain"],
      ["Server", "CloudFront"],
    ]);
    await using bench = await openHttp2Bench(async (request): Promise<Answer> => {
      if (request.body !== undefined) {
        return { status: 200, fields: [], body: { kind: "stream", length: undefined, chunks: request.body.chunks } };
      }
      const bytes = bodyOf(Number(request.query), Number(request.path.slice(1)));
      if (random() < 0.5) await turn();
      return random() < 0.5
        ? { status: 200, prepared: small, fields: [["Age", "1"]], body: { kind: "bytes", bytes } }
        : { status: 200, fields: [], body: { kind: "stream", length: bytes.length, chunks: inPieces(bytes, random) } };
    });
    for (const initialWindowSize of [1, 100, 16_383, 65_535, 1_000_000]) {
      const session = await bench.connect({ initialWindowSize });
      const lengthMax = initialWindowSize === 1 ? 300 : initialWindowSize === 100 ? 20_000 : 400_000;
      await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const length = Math.floor(random() ** 2 * lengthMax);
          const sent = bodyOf(length, n);
          const got = n % 3 === 0 ? await echoed(session, sent, random) : await fetched(session, `/${n}?${length}`);
          assert.ok(got.equals(sent), `${got.length} bytes of ${length}, window ${initialWindowSize}`);
        }),
      );
      session.destroy();
    }
    assert.deepEqual(bench.events, []);
  },
);

async function fetched(session: ClientHttp2Session, path: string): Promise<Buffer> {
  const stream = session.request({ ":path": path, ":authority": "a.test" });
  const got: Buffer[] = [];
  stream.on("data", (piece: Buffer) => got.push(piece));
  await new Promise((resolve, reject) => stream.once("close", resolve).once("error", reject));
  return Buffer.concat(got);
}

/** What each stream got: heads and bodies, whatever frames they came in. */
function transcript(frames: readonly Frame[]): Map<number, string> {
  const decoder = new HpackDecoder();
  const heard = new Map<number, string>();
  for (const got of frames) {
    let said: string | undefined;
    if (got.type === TYPE.HEADERS) {
      const lines: string[] = [];
      decoder.decode(got.payload, 0, got.payload.length, { bytesMax: 100_000, linesMax: 1000 }, lines);
      said = `[${lines.join(" ")}]`;
    } else if (got.type === TYPE.DATA) said = got.payload.toString("latin1");
    else said = tell(got);
    if (said !== undefined) heard.set(got.stream, (heard.get(got.stream) ?? "") + said);
  }
  return heard;
}

test(`what is asked is the same however its bytes are cut (seed ${SEED})`, { timeout: 60_000 }, async () => {
  await using bench = await openHttp2Bench(async (request): Promise<Answer> => {
    let body = "";
    try {
      for await (const piece of request.body?.chunks ?? []) body += Buffer.from(piece).toString("latin1");
    } catch {
      body = "broken";
    }
    const names = request.fields.map((field) => field.join("=")).join(",");
    return textAnswer(`${request.method} ${request.target} ${names} ${body}`);
  });
  const indexed = Buffer.concat([Buffer.from([0x82, 0x87, 0x84, 0x41, 6]), Buffer.from("a.test")]);
  const sent = Buffer.concat([
    frame(TYPE.HEADERS, 5, 1, indexed),
    ...Array.from({ length: 20 }, (_, n) => {
      const path = Buffer.from(`/p${"x".repeat(n * 9)}`);
      return frame(
        TYPE.HEADERS,
        5,
        3 + 2 * n,
        Buffer.concat([Buffer.from([0x82, 0x87, 0x04]), integer(path.length, 7), path, Buffer.from([0xbe])]),
      );
    }),
    post(101, ["x", "y"]),
    data(101, "x".repeat(9000)),
    get(103, ["X", "malformed"]),
    frame(TYPE.HEADERS, 1, 105, block(...GET)),
    frame(TYPE.CONTINUATION, 4, 105, block(["cookie", "a=1"], ["cookie", "b=2"])),
    data(101, "y", FLAG.END_STREAM),
    frame(TYPE.PING, 0, 0, Buffer.alloc(8)),
  ]);
  const random = mulberry32(SEED);
  let whole: Map<number, string> | undefined;
  for (const most of [sent.length, 1, 3, 10, 100, 1000]) {
    const viewer = openRawViewer(await bench.connectRaw());
    for (let at = 0; at < sent.length;) {
      const size = most === sent.length ? most : 1 + Math.floor(random() * most);
      viewer.send(sent.subarray(at, at + size));
      if (most > 3 || random() < 0.05) await turn();
      at += size;
    }
    const isEnd = ({ type, flags }: Frame): boolean => type === TYPE.DATA && (flags & FLAG.END_STREAM) !== 0;
    await eventually(() => viewer.frames.filter(isEnd).length === 23);
    const heard = transcript(viewer.frames);
    whole ??= heard;
    assert.deepEqual(
      [...heard].toSorted(([one], [other]) => one - other),
      [...whole].toSorted(([one], [other]) => one - other),
      `by ${most}`,
    );
    viewer.socket.destroy();
  }
  assert.match(whole?.get(41) ?? "", /GET \/px{171} host=a\.test $/);
  assert.match(whole?.get(105) ?? "", /cookie=a=1; b=2/);
});

test("streams take turns, so that a small answer does not wait behind long ones", { timeout: 10_000 }, async () => {
  const long = Buffer.alloc(1_000_000, "x");
  await using bench = await openHttp2Bench(({ path }) =>
    path === "/" ? { status: 200, fields: [], body: { kind: "bytes", bytes: long } } : textAnswer("small"),
  );
  const viewer = openRawViewer(await bench.connectRaw(), setting(4, 0x7fffffff));
  viewer.send(frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(0x7fff0000 - 65_535)), get(1), get(3), getPath(5, "/small"));
  await eventually(() => viewer.frames.filter(({ type, flags }) => type === TYPE.DATA && flags !== 0).length === 3);
  const order = viewer.frames.filter(({ type }) => type === TYPE.DATA).map(({ stream }) => stream);
  assert.deepEqual(order.slice(0, 7), [1, 3, 5, 1, 3, 1, 3]);
  for (const stream of [1, 3]) {
    const bytes = viewer.frames.filter((got) => got.type === TYPE.DATA && got.stream === stream);
    assert.equal(
      bytes.reduce((sum, { payload }) => sum + payload.length, 0),
      long.length,
    );
  }
});

test(
  "the connection's window holds bodies back, and no heads; whoever waited goes on in turn",
  { timeout: 10_000 },
  async () => {
    await using bench = await openHttp2Bench(({ method }) =>
      method === "HEAD" ? textAnswer("") : textAnswer("x".repeat(50_000)),
    );
    const viewer = openRawViewer(await bench.connectRaw(), setting(4, 1_000_000));
    viewer.send(get(1), get(3), get(5));
    await viewer.until(({ type, stream }) => type === TYPE.HEADERS && stream === 5);
    const taken = (stream?: number): number =>
      viewer.frames
        .filter((got) => got.type === TYPE.DATA && (stream === undefined || got.stream === stream))
        .reduce((sum, { payload }) => sum + payload.length, 0);
    await eventually(() => taken() === 65_535);
    // One that waits is reset, and leaves its place to others.
    viewer.send(frame(TYPE.RST_STREAM, 0, 3, uint32(8)), frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(200_000)));
    await eventually(() => taken(1) === 50_000 && taken(5) === 50_000);
    assert.ok(taken(3) < 50_000);
  },
);

const NAMES: readonly Field[] = Array.from({ length: 100 }, (_, n) => [`X-Long-${n}`, `${n}`.repeat(200)]);

test("a head beyond the largest frame goes on in CONTINUATION, among other answers", { timeout: 10_000 }, async () => {
  await using bench = await openHttp2Bench(({ path }) => textAnswer("x", path === "/long" ? NAMES : []));
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(...[1, 3, 5, 7, 9].map((stream) => getPath(stream, stream % 4 === 1 ? "/long" : "/short")));
  await eventually(() => viewer.frames.filter(({ type }) => type === TYPE.DATA).length === 5);
  let within = 0;
  for (const { type, flags, stream } of viewer.frames) {
    if (within !== 0) assert.deepEqual([type, stream], [TYPE.CONTINUATION, within], "nothing comes in between");
    if (type === TYPE.HEADERS || type === TYPE.CONTINUATION) within = (flags & FLAG.END_HEADERS) === 0 ? stream : 0;
  }
  assert.ok(viewer.frames.some(({ type }) => type === TYPE.CONTINUATION));
  const session = await bench.connect();
  const stream = session.request({ ":path": "/long", ":authority": "a.test" });
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve));
  assert.equal(headers["x-long-99"], "99".repeat(200));
});

test(
  "a viewer that allows no table gets literals, and one that allows little no more than that",
  { timeout: 10_000 },
  async () => {
    const shared = prepareFields(NAMES.slice(0, 20));
    await using bench = await openHttp2Bench(() => ({ ...textAnswer("x"), prepared: shared }));
    for (const headerTableSize of [0, 100, 1000, 65_536]) {
      const session = await bench.connect({ headerTableSize });
      await turn();
      for (let times = 0; times < 5; times++) {
        const stream = session.request({ ":path": "/", ":authority": "a.test" });
        const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
          stream.once("response", resolve).once("error", reject);
        });
        assert.equal(headers["x-long-19"], "19".repeat(200));
        stream.resume();
      }
    }
    assert.deepEqual(bench.events, []);
  },
);

// What stands around an answer.

test("interim responses go out in front of the answer, and none behind it", { timeout: 10_000 }, async () => {
  let late: (() => void) | undefined;
  await using bench = await openHttp2Bench(async (request) => {
    const hint = (): void => request.interim?.(request, 103, [["Link", "</a>"]]);
    hint();
    await turn();
    await turn();
    hint();
    late = hint;
    return textAnswer("page");
  });
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(get(1));
  await viewer.until(({ type }) => type === TYPE.DATA);
  late?.();
  viewer.send(frame(TYPE.PING, 0, 0, Buffer.alloc(8)));
  await viewer.until(({ type }) => type === TYPE.PING);
  const told = viewer.frames.map(tell).filter((line) => line !== undefined);
  assert.deepEqual(told, ["103 on 1", "103 on 1", "200 on 1", "DATA 4 on 1", "PING ACK"]);
});

test(
  "requests that bring the same fields share a memo, whatever their path, and no others do",
  { timeout: 10_000 },
  async () => {
    const seen: ViewerRequest[] = [];
    await using bench = await openHttp2Bench((request) => {
      seen.push(request);
      return textAnswer("x");
    });
    const session = await bench.connect();
    const ask = async (path: string, value: string): Promise<void> => {
      const stream = session.request({ ":path": path, ":authority": "a.test", "x-a": value, cookie: "c=1" });
      stream.resume();
      await new Promise((resolve) => stream.once("close", resolve));
    };
    for (const value of ["1", "1", "1", "2", "2", "1"]) await ask(`/${seen.length}${"?q".repeat(seen.length)}`, value);
    assert.deepEqual(
      seen.map(({ target }) => target),
      ["/0", "/1?q", "/2?q?q", "/3?q?q?q", "/4?q?q?q?q", "/5?q?q?q?q?q"],
    );
    assert.deepEqual(
      seen.map((request) => request.field("x-a")),
      ["1", "1", "1", "2", "2", "1"],
    );
    assert.equal(seen[2]?.memo, seen[1]?.memo, "from the second on, when the fields lie in the table");
    assert.notEqual(seen[3]?.memo, seen[2]?.memo);
    assert.equal(new Set(seen.filter((request) => request.field("x-a") === "2").map(({ memo }) => memo)).size, 2);
  },
);

interface Told {
  readonly what: string;
  readonly bodyBytes: number;
}

test("how each request ended is told once, with the bytes that went out", { timeout: 20_000 }, async () => {
  const told: Told[] = [];
  const onServed: OnServed = (request, answer, headBytes, bodyBytes, startedAt, firstByteAt, outcome, endedAt) => {
    assert.ok(endedAt >= startedAt && (answer === undefined) === (headBytes === 0 && firstByteAt === undefined));
    const asked = request.target?.slice(0, 10) ?? "";
    told.push({ what: `${"reason" in request ? request.reason : asked} ${answer?.status} ${outcome}`, bodyBytes });
  };
  const hold = Promise.withResolvers<void>();
  const respond = async (request: ViewerRequest): Promise<Answer> => {
    switch (request.path) {
      case "/held":
        await hold.promise;
        return textAnswer("late");
      case "/streamed":
      case "/broken":
        return { status: 200, fields: [], body: { kind: "stream", length: undefined, chunks: piecesOf(request.path) } };
      case "/endless":
        return { status: 200, fields: [], body: { kind: "stream", length: undefined, chunks: piecesOf("/endless") } };
      default:
        return textAnswer("page");
    }
  };
  await using bench = await openHttp2Bench(respond, {}, { onServed });
  const expectations: readonly (readonly [sent: Buffer, wait: (viewer: RawViewer) => Promise<unknown>, Told])[] = [
    [get(1), untilEnd, { what: "/ 200 whole", bodyBytes: 4 }],
    [
      frame(TYPE.HEADERS, 5, 1, block([":method", "HEAD"], ...GET.slice(1))),
      (viewer) => viewer.until(({ type }) => type === TYPE.HEADERS),
      { what: "/ 200 whole", bodyBytes: 0 },
    ],
    [getPath(1, "/streamed"), untilEnd, { what: "/streamed 200 whole", bodyBytes: 8 }],
    [getPath(1, "/broken"), untilReset, { what: "/broken 200 broke-off", bodyBytes: 8 }],
    [get(1, ["X", "y"]), untilReset, { what: "bad-field-name undefined broke-off", bodyBytes: 0 }],
    [getPath(1, `/${"x".repeat(8192)}`), untilEnd, { what: "url-too-long 413 whole", bodyBytes: 40 }],
    [
      Buffer.concat([getPath(1, "/held"), frame(TYPE.RST_STREAM, 0, 1, uint32(8))]),
      turn,
      { what: "/held undefined viewer-left", bodyBytes: 0 },
    ],
    [
      getPath(1, "/endless"),
      async (viewer) => {
        await eventually(() => viewer.frames.filter(({ type }) => type === TYPE.DATA).length === 4);
        viewer.socket.destroy();
      },
      { what: "/endless 200 viewer-left", bodyBytes: 65_535 },
    ],
  ];
  for (const [sent, wait, expected] of expectations) {
    const viewer = openRawViewer(await bench.connectRaw());
    viewer.send(sent);
    await wait(viewer);
    await eventually(() => told.length > 0);
    viewer.socket.destroy();
    for (let turns = 0; turns < 5; turns++) await turn();
    if (expected.what.startsWith("url")) assert.equal(told[0]?.what, expected.what);
    else assert.deepEqual(told, [expected]);
    told.length = 0;
  }
  hold.resolve();
});

const untilEnd = (viewer: RawViewer): Promise<unknown> =>
  viewer.until(({ type, flags }) => type === TYPE.DATA && (flags & FLAG.END_STREAM) !== 0);
const untilReset = (viewer: RawViewer): Promise<unknown> => viewer.until(({ type }) => type === TYPE.RST_STREAM);

async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  if (path === "/endless") for (;;) yield Buffer.alloc(16_384);
  yield Buffer.from("four");
  await turn();
  yield Buffer.from("more");
  await turn();
  if (path === "/broken") throw new Error("the origin left");
}
