// Frames that were sound and then were not: sequences of known frames, cut, repeated, reordered, and with bytes changed. What
// comes back may be anything but silence: each connection ends or goes on, nobody else notices, and nothing is left.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openHttp2Bench, textAnswer } from "../../../../test/support/http2-bench.ts";
import {
  block,
  data,
  FLAG,
  frame,
  GET,
  get,
  openRawViewer,
  post,
  setting,
  TYPE,
  uint32,
  type Line,
} from "../../../../test/support/http2-frames.ts";

const isNightly = process.env["WARMFRONT_NIGHTLY"] === "1";
const SEQUENCES = isNightly ? 1_000_000 : 20_000;
/** Sequences follow each other on a connection for as long as it lasts, up to so many. */
const PER_CONNECTION = 200;
const AT_ONCE = 16;
const SECONDS_MAX = isNightly ? 3600 : 60;
const SEED = 20_261_120;

type Draw = (below: number) => number;

function openDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ["x", "cookie", "host", "content-length", "te", "expect", "connection", ":path", "X", "", "a b"];
const VALUES = ["", "1", "a.test", "trailers", "100-continue", "x".repeat(300), "\r\n", "/", "\0", " x"];

function pick<T>(draw: Draw, items: readonly T[]): T {
  return items[draw(items.length)] as T;
}

function drawFrame(draw: Draw, stream: number): Buffer {
  const line = (): Line => [pick(draw, NAMES), pick(draw, VALUES)];
  switch (draw(16)) {
    case 0:
      return get(stream, line());
    case 1:
      return post(stream, line());
    case 2:
      return data(stream, "x".repeat(draw(2000)), draw(2));
    case 3:
      return data(stream, "", FLAG.END_STREAM);
    case 4:
      return frame(TYPE.RST_STREAM, 0, stream, uint32(draw(16)));
    case 5:
      return frame(TYPE.SETTINGS, draw(2), 0, setting(draw(9), draw(70_000)));
    case 6:
      return frame(TYPE.PING, draw(2), 0, Buffer.alloc(8, draw(256)));
    case 7:
      return frame(TYPE.WINDOW_UPDATE, 0, pick(draw, [0, stream]), uint32(draw(100_000)));
    case 8:
      return frame(TYPE.PRIORITY, 0, stream, Buffer.from([0, 0, 0, draw(9), draw(256)]));
    case 9:
      return frame(TYPE.HEADERS, draw(2), stream, block(...GET.slice(0, draw(5)), line()));
    case 10:
      return frame(TYPE.CONTINUATION, draw(8), stream, block(line(), line()));
    case 11:
      return frame(TYPE.HEADERS, draw(256), stream, Buffer.from(Array.from({ length: draw(40) }, () => draw(256))));
    case 12:
      return frame(draw(256), draw(256), draw(8), Buffer.alloc(draw(64), draw(256)));
    case 13:
      return frame(TYPE.GOAWAY, 0, 0, Buffer.concat([uint32(draw(9)), uint32(draw(14))]));
    case 14:
      return frame(
        TYPE.HEADERS,
        5,
        stream,
        block([":method", pick(draw, ["HEAD", "PUT", "CONNECT", "G E"])], ...GET.slice(1)),
      );
    default:
      return get(stream);
  }
}

function drawSequence(draw: Draw, nextStream: () => number): Buffer {
  const frames = Array.from({ length: 1 + draw(5) }, () => drawFrame(draw, draw(3) === 0 ? draw(12) : nextStream()));
  let bytes = Buffer.concat(frames);
  // Two of three go out as they are, or a connection would never get far.
  switch (draw(9)) {
    case 0:
      bytes[draw(bytes.length)] = draw(256);
      break;
    case 1:
      bytes = bytes.subarray(0, draw(bytes.length));
      break;
    case 2: {
      const at = draw(bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(draw(at + 1))]);
      break;
    }
  }
  return bytes;
}

test(
  `${SEQUENCES} mutated frame sequences crash and hang nothing (seed ${SEED})`,
  { timeout: 1000 * (SECONDS_MAX + 60) },
  async () => {
    await using bench = await openHttp2Bench(async (request) => {
      if (request.body === undefined) return textAnswer("ok");
      try {
        for await (const _ of request.body.chunks);
      } catch {
        return textAnswer("broken");
      }
      return { status: 200, fields: [], body: { kind: "stream", length: undefined, chunks: threePieces() } };
    });
    const draw = openDraw(SEED);
    const bound = AbortSignal.timeout(SECONDS_MAX * 1000);
    let left = SEQUENCES;
    const unexpected: string[] = [];

    async function drive(): Promise<void> {
      while (left > 0 && !bound.aborted) {
        const viewer = openRawViewer(await bench.connectRaw());
        let stream = -1;
        for (let sent = 0; sent < PER_CONNECTION && left > 0 && !viewer.isClosed(); sent++) {
          left--;
          viewer.send(drawSequence(draw, () => (stream += 2)));
          if (sent % 8 === 7) await new Promise((resolve) => setImmediate(resolve));
        }
        viewer.socket.end();
        if (draw(2) === 0) viewer.socket.destroy();
        await ended(viewer.closed);
      }
    }

    /** Most end at once. A connection that stands still in the middle of something is ended by its time-outs, whose clock is ours. */
    async function ended(closed: Promise<unknown>): Promise<void> {
      for (let tries = 0; tries < 10; tries++) {
        const timer = Promise.withResolvers<"open">();
        const bounded = setTimeout(timer.resolve, 1000, "open");
        const how = await Promise.race([closed, timer.promise]);
        clearTimeout(bounded);
        if (how !== "open") return;
        bench.pass(31);
      }
      assert.fail("a connection outlived all of its time-outs");
    }

    await Promise.all(Array.from({ length: AT_ONCE }, drive));
    assert.equal(left, 0, `not through within ${SECONDS_MAX} seconds`);
    for (const event of bench.events) {
      if (event.kind === "respond-threw" || event.kind === "answer-broke-off") unexpected.push(String(event.error));
    }
    assert.deepEqual(unexpected, []);

    // Those that wait for something get their time-outs, and then nobody is there.
    for (let sweeps = 0; bench.peers.size > 0 && sweeps < 20; sweeps++) {
      bench.pass(31);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(bench.peers.size, 0);
    const after = openRawViewer(await bench.connectRaw());
    after.send(get(1));
    const answered = await after.until(({ type }) => type === TYPE.DATA);
    assert.equal(answered?.payload.toString(), "ok");
  },
);

async function* threePieces(): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 3; piece++) {
    await new Promise((resolve) => setImmediate(resolve));
    yield Buffer.from("piece");
  }
}
