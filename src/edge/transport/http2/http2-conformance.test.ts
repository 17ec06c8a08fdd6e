// RFC 9113 as frames: what is sent on a fresh connection, and all that must come back before a last request on it is
// answered, or the connection ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openHttp2Bench, textAnswer, type Http2Bench } from "../../../../test/support/http2-bench.ts";
import {
  block,
  data,
  FLAG,
  frame,
  GET,
  get,
  integer,
  listenTo,
  openRawViewer,
  POST,
  post,
  PREFACE,
  setting,
  tell,
  TYPE,
  uint32,
  type Line,
} from "../../../../test/support/http2-frames.ts";

const { END_STREAM, END_HEADERS, PADDED, PRIORITY, ACK } = FLAG;
const NOTHING = Buffer.alloc(0);
const EIGHT = Buffer.alloc(8);
const PROTOCOL = ["GOAWAY PROTOCOL_ERROR"];
const SIZE = ["GOAWAY FRAME_SIZE_ERROR"];
const MALFORMED = ["RST PROTOCOL_ERROR on 1"];
const OK = ["200 on 1"];

/** A request whose header section is exactly these lines. */
function only(...lines: readonly Line[]): Buffer {
  return frame(TYPE.HEADERS, END_HEADERS | END_STREAM, 1, block(...lines));
}

function without(name: string): readonly Line[] {
  return GET.filter((line) => line[0] !== name);
}

function padded(type: number, flags: number, pad: number, bytes: Uint8Array, more = NOTHING): Buffer {
  return frame(
    type,
    flags | PADDED,
    1,
    Buffer.concat([Buffer.from([pad]), more, bytes, Buffer.alloc(Math.max(0, pad))]),
  );
}

type Vector = readonly [id: string, sent: readonly Uint8Array[], expected: readonly string[]];

const VECTORS: readonly Vector[] = [
  // Frames
  ["4.1 a frame of unknown type is ignored", [frame(0x77, 0xff, 0, EIGHT), frame(0x77, 0, 1, EIGHT)], []],
  ["4.1 flags that a type does not define are ignored", [frame(TYPE.PING, 0xf6, 0, EIGHT)], ["PING ACK"]],
  ["4.1 the reserved bit of a stream id is ignored", [frame(TYPE.HEADERS, 5, 0x80000001, block(...GET))], OK],
  ["4.2 DATA beyond the largest frame", [post(1), data(1, Buffer.alloc(16_385))], SIZE],
  ["4.2 HEADERS beyond the largest frame", [frame(TYPE.HEADERS, 5, 1, Buffer.alloc(16_385))], SIZE],
  ["4.2 DATA of exactly the largest frame", [post(1), data(1, Buffer.alloc(16_384), END_STREAM)], OK],
  [
    "4.3 a header block that is no HPACK",
    [frame(TYPE.HEADERS, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
    ["GOAWAY COMPRESSION_ERROR"],
  ],
  [
    "4.3 an index into nothing",
    [frame(TYPE.HEADERS, 5, 1, Buffer.concat([block(...GET), Buffer.from([0xc6])]))],
    ["GOAWAY COMPRESSION_ERROR"],
  ],
  [
    "4.3 a header block cut off in a field line",
    [frame(TYPE.HEADERS, 5, 1, block(...GET).subarray(0, -3))],
    ["GOAWAY COMPRESSION_ERROR"],
  ],
  [
    "4.3 a table size beyond what was allowed",
    [frame(TYPE.HEADERS, 5, 1, Buffer.concat([tableSize(65_536), block(...GET)]))],
    ["GOAWAY COMPRESSION_ERROR"],
  ],
  [
    "4.3 another frame within a header block",
    [frame(TYPE.HEADERS, END_STREAM, 1, block(...GET)), frame(TYPE.PING, 0, 0, EIGHT)],
    PROTOCOL,
  ],
  ["4.3 a header block in parts", parts(block(...GET), 3), OK],
  // Streams
  ["5.1 DATA on an idle stream", [data(1, "x")], PROTOCOL],
  ["5.1 RST_STREAM on an idle stream", [frame(TYPE.RST_STREAM, 0, 1, uint32(8))], PROTOCOL],
  ["5.1 WINDOW_UPDATE on an idle stream", [frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(1))], PROTOCOL],
  ["5.1 CONTINUATION on an idle stream", [frame(TYPE.CONTINUATION, END_HEADERS, 1, block(...GET))], PROTOCOL],
  ["5.1 PRIORITY on an idle stream", [frame(TYPE.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 0, 5]))], []],
  ["5.1 DATA on a half-closed stream", [get(1, ["x-hold", "1"]), data(1, "x")], ["RST STREAM_CLOSED on 1"]],
  ["5.1 HEADERS on a half-closed stream", [get(1, ["x-hold", "1"]), get(1)], ["RST STREAM_CLOSED on 1"]],
  [
    "5.1 DATA on a stream that the viewer has reset",
    [post(1), frame(TYPE.RST_STREAM, 0, 1, uint32(8)), data(1, "x")],
    ["RST STREAM_CLOSED on 1"],
  ],
  ["5.1 PRIORITY on a closed stream", [get(1), frame(TYPE.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 0, 5]))], OK],
  ["5.1.1 an even stream id", [frame(TYPE.HEADERS, 5, 2, block(...GET))], PROTOCOL],
  ["5.1.1 a stream id that goes back", [get(5), get(3)], ["GOAWAY PROTOCOL_ERROR"]],
  [
    "5.3.1 a stream that depends on itself",
    [frame(TYPE.HEADERS, 5 | PRIORITY, 1, Buffer.concat([uint32(1), Buffer.from([7]), block(...GET)]))],
    OK,
  ],
  ["5.5 an unknown setting is ignored", [frame(TYPE.SETTINGS, 0, 0, setting(0xff, 7))], []],
  // DATA
  ["6.1 DATA on stream 0", [data(0, "x")], PROTOCOL],
  ["6.1 DATA with padding", [post(1), padded(TYPE.DATA, END_STREAM, 5, Buffer.from("abc"))], OK],
  ["6.1 padding as long as the payload", [post(1), frame(TYPE.DATA, PADDED, 1, Buffer.from([4, 0, 0, 0]))], PROTOCOL],
  ["6.1 PADDED without a length", [post(1), frame(TYPE.DATA, PADDED, 1, NOTHING)], SIZE],
  // HEADERS
  ["6.2 HEADERS on stream 0", [frame(TYPE.HEADERS, 5, 0, block(...GET))], PROTOCOL],
  [
    "6.2 HEADERS with padding and priority",
    [padded(TYPE.HEADERS, 5 | PRIORITY, 3, block(...GET), Buffer.from([0, 0, 0, 0, 9]))],
    OK,
  ],
  ["6.2 HEADERS with too much padding", [frame(TYPE.HEADERS, 5 | PADDED, 1, Buffer.from([200, 0x82]))], PROTOCOL],
  // PRIORITY, RST_STREAM
  ["6.3 PRIORITY on stream 0", [frame(TYPE.PRIORITY, 0, 0, Buffer.alloc(5))], PROTOCOL],
  ["6.3 PRIORITY of a wrong length", [frame(TYPE.PRIORITY, 0, 1, Buffer.alloc(4))], ["RST FRAME_SIZE_ERROR on 1"]],
  ["6.4 RST_STREAM on stream 0", [frame(TYPE.RST_STREAM, 0, 0, uint32(8))], PROTOCOL],
  ["6.4 RST_STREAM of a wrong length", [post(1), frame(TYPE.RST_STREAM, 0, 1, Buffer.alloc(3))], SIZE],
  // SETTINGS
  ["6.5 SETTINGS on a stream", [frame(TYPE.SETTINGS, 0, 1, NOTHING)], PROTOCOL],
  ["6.5 an acknowledgment with a payload", [frame(TYPE.SETTINGS, ACK, 0, setting(1, 1))], SIZE],
  ["6.5 SETTINGS of a length that six does not divide", [frame(TYPE.SETTINGS, 0, 0, Buffer.alloc(5))], SIZE],
  ["6.5.2 ENABLE_PUSH 2", [frame(TYPE.SETTINGS, 0, 0, setting(2, 2))], PROTOCOL],
  [
    "6.5.2 INITIAL_WINDOW_SIZE beyond 2^31-1",
    [frame(TYPE.SETTINGS, 0, 0, setting(4, 0x80000000))],
    ["GOAWAY FLOW_CONTROL_ERROR"],
  ],
  ["6.5.2 MAX_FRAME_SIZE below 2^14", [frame(TYPE.SETTINGS, 0, 0, setting(5, 16_383))], PROTOCOL],
  ["6.5.2 MAX_FRAME_SIZE beyond 2^24-1", [frame(TYPE.SETTINGS, 0, 0, setting(5, 16_777_216))], PROTOCOL],
  // PUSH_PROMISE, PING, GOAWAY
  [
    "6.6 PUSH_PROMISE from a viewer",
    [get(1, ["x-hold", "1"]), frame(TYPE.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), block(...GET)]))],
    PROTOCOL,
  ],
  ["6.7 PING is answered", [frame(TYPE.PING, 0, 0, EIGHT)], ["PING ACK"]],
  ["6.7 PING on a stream", [frame(TYPE.PING, 0, 1, EIGHT)], PROTOCOL],
  ["6.7 PING of a wrong length", [frame(TYPE.PING, 0, 0, Buffer.alloc(7))], SIZE],
  ["6.7 an acknowledgment is not answered", [frame(TYPE.PING, ACK, 0, EIGHT)], []],
  ["6.8 GOAWAY on a stream", [frame(TYPE.GOAWAY, 0, 1, EIGHT)], PROTOCOL],
  // WINDOW_UPDATE
  ["6.9 WINDOW_UPDATE of 0 on the connection", [frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(0))], PROTOCOL],
  ["6.9 WINDOW_UPDATE of 0 on a stream", [post(1), frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(0))], MALFORMED],
  ["6.9 WINDOW_UPDATE of a wrong length", [frame(TYPE.WINDOW_UPDATE, 0, 0, Buffer.alloc(3))], SIZE],
  [
    "6.9.1 the connection's window beyond 2^31-1",
    [frame(TYPE.WINDOW_UPDATE, 0, 0, uint32(0x7fffffff))],
    ["GOAWAY FLOW_CONTROL_ERROR"],
  ],
  [
    "6.9.1 a stream's window beyond 2^31-1",
    [post(1), frame(TYPE.WINDOW_UPDATE, 0, 1, uint32(0x7fffffff))],
    ["RST FLOW_CONTROL_ERROR on 1"],
  ],
  [
    "6.9.1 a body beyond the window",
    [post(1, ["x-hold", "1"]), ...Array.from({ length: 5 }, () => data(1, Buffer.alloc(16_000)))],
    ["RST FLOW_CONTROL_ERROR on 1"],
  ],
  // CONTINUATION
  [
    "6.10 CONTINUATION on stream 0",
    [frame(TYPE.HEADERS, END_STREAM, 1, block(...GET)), frame(TYPE.CONTINUATION, END_HEADERS, 0, NOTHING)],
    PROTOCOL,
  ],
  [
    "6.10 CONTINUATION of another stream",
    [frame(TYPE.HEADERS, END_STREAM, 1, block(...GET)), frame(TYPE.CONTINUATION, END_HEADERS, 3, NOTHING)],
    PROTOCOL,
  ],
  ["6.10 CONTINUATION behind END_HEADERS", [post(1), frame(TYPE.CONTINUATION, END_HEADERS, 1, NOTHING)], PROTOCOL],
  // Messages
  [
    "8.1 a second header section without END_STREAM",
    [post(1), frame(TYPE.HEADERS, END_HEADERS, 1, block(["x", "y"]))],
    MALFORMED,
  ],
  ["8.1 trailers", [post(1), data(1, "x"), frame(TYPE.HEADERS, 5, 1, block(["x", "y"]))], OK],
  [
    "8.1 pseudo-fields in trailers",
    [post(1), data(1, "x"), frame(TYPE.HEADERS, 5, 1, block([":path", "/"]))],
    MALFORMED,
  ],
  ["8.1.1 a body longer than Content-Length", [post(1, ["content-length", "1"]), data(1, "xy", END_STREAM)], MALFORMED],
  [
    "8.1.1 a body shorter than Content-Length",
    [post(1, ["content-length", "3"]), data(1, "xy", END_STREAM)],
    MALFORMED,
  ],
  ["8.1.1 Content-Length without a body", [only(...POST, ["content-length", "3"])], MALFORMED],
  ["8.1.1 a Content-Length that is no number", [only(...GET, ["content-length", "x"])], MALFORMED],
  [
    "8.1.1 two Content-Lengths",
    [post(1, ["content-length", "1"], ["content-length", "1"]), data(1, "x", END_STREAM)],
    MALFORMED,
  ],
  ["8.2.1 a field name in upper case", [get(1, ["X-Up", "y"])], MALFORMED],
  ["8.2.1 a space in a field name", [get(1, ["x y", "z"])], MALFORMED],
  ["8.2.1 a colon in a field name", [get(1, ["x:y", "z"])], MALFORMED],
  ["8.2.1 an empty field name", [get(1, ["", "z"])], MALFORMED],
  ["8.2.1 a line break in a field value", [get(1, ["x", "a\r\nb"])], MALFORMED],
  ["8.2.1 NUL in a field value", [get(1, ["x", "a\0b"])], MALFORMED],
  ["8.2.1 a field value with a space in front", [get(1, ["x", " a"])], MALFORMED],
  ["8.2.1 a control character in a field value", [get(1, ["x", "a\x01b"])], MALFORMED],
  ["8.2.2 Connection", [get(1, ["connection", "close"])], MALFORMED],
  ["8.2.2 Transfer-Encoding", [get(1, ["transfer-encoding", "chunked"])], MALFORMED],
  ["8.2.2 Upgrade", [get(1, ["upgrade", "websocket"])], MALFORMED],
  ["8.2.2 Keep-Alive", [get(1, ["keep-alive", "5"])], MALFORMED],
  ["8.2.2 Proxy-Connection", [get(1, ["proxy-connection", "close"])], MALFORMED],
  ["8.2.2 TE trailers", [get(1, ["te", "trailers"])], OK],
  ["8.2.2 TE of anything else", [get(1, ["te", "gzip"])], MALFORMED],
  ["8.2.3 cookie crumbs", [get(1, ["cookie", "a=1"], ["x", "y"], ["cookie", "b=2"])], OK],
  ["8.3 a pseudo-field that is not defined", [get(1).subarray(0, 0), only([":x", "y"], ...GET)], MALFORMED],
  ["8.3 a pseudo-field of responses", [only([":status", "200"], ...GET)], MALFORMED],
  ["8.3 a pseudo-field behind a field", [only(["x", "y"], ...GET)], MALFORMED],
  ["8.3 a pseudo-field twice", [only([":path", "/"], ...GET)], MALFORMED],
  ["8.3.1 no :method", [only(...without(":method"))], MALFORMED],
  ["8.3.1 no :scheme", [only(...without(":scheme"))], MALFORMED],
  ["8.3.1 no :path", [only(...without(":path"))], MALFORMED],
  ["8.3.1 an empty :path", [only(...without(":path"), [":path", ""])], MALFORMED],
  ["8.3.1 a :path that is no path", [only(...without(":path"), [":path", "a/b"])], MALFORMED],
  ["8.3.1 a fragment in :path", [only(...without(":path"), [":path", "/a#b"])], MALFORMED],
  ["8.3.1 neither :authority nor Host", [only(...without(":authority"))], MALFORMED],
  ["8.3.1 Host alone", [only(...without(":authority"), ["host", "a.test"])], OK],
  ["8.3.1 Host that says the same", [get(1, ["host", "A.test"])], OK],
  ["8.3.1 Host that says something else", [get(1, ["host", "b.test"])], MALFORMED],
  ["8.3.1 user information in :authority", [only(...without(":authority"), [":authority", "u@a.test"])], MALFORMED],
  ["8.3.1 a method that is no token", [only(...without(":method"), [":method", "G T"])], MALFORMED],
  ["8.3.1 the scheme of another port", [only(...without(":scheme"), [":scheme", "http"])], ["421 on 1"]],
  [
    "8.3.1 OPTIONS *",
    [only([":method", "OPTIONS"], [":scheme", "https"], [":path", "*"], [":authority", "a.test"])],
    OK,
  ],
  [
    "8.5 CONNECT",
    [frame(TYPE.HEADERS, END_HEADERS, 1, block([":method", "CONNECT"], [":authority", "a.test:443"]))],
    ["501 on 1", "RST NO_ERROR on 1"], // the viewer has not ended its half
  ],
  [
    "8.5 extended CONNECT, which was not offered",
    [frame(TYPE.HEADERS, END_HEADERS, 1, block([":method", "CONNECT"], [":protocol", "websocket"], ...GET.slice(1)))],
    MALFORMED,
  ],
  // What the HTTP/1.1 reader refuses, too
  ["too long a URL", [only(...without(":path"), [":path", `/${"x".repeat(8192)}`])], ["413 on 1"]],
  [
    "too large a header section",
    [
      frame(TYPE.HEADERS, END_STREAM, 1, block(...GET, ["x", "y".repeat(16_000)])),
      frame(TYPE.CONTINUATION, END_HEADERS, 1, block(["z", "y".repeat(5000)])),
    ],
    ["413 on 1"],
  ],
  ["too many fields", [get(1, ...Array.from({ length: 300 }, (): Line => ["x", "y"]))], ["413 on 1"]],
  ["an expectation that is unknown", [get(1, ["expect", "more"])], ["417 on 1"]],
];

function tableSize(size: number): Buffer {
  const bytes = integer(size, 5);
  bytes[0] = (bytes[0] ?? 0) | 0x20;
  return bytes;
}

function parts(section: Buffer, count: number): Buffer[] {
  const size = Math.ceil(section.length / count);
  return Array.from({ length: count }, (_, index) =>
    frame(
      index === 0 ? TYPE.HEADERS : TYPE.CONTINUATION,
      (index === 0 ? END_STREAM : 0) | (index === count - 1 ? END_HEADERS : 0),
      1,
      section.subarray(index * size, (index + 1) * size),
    ),
  );
}

const LAST_STREAM = 9999;

/** What the frames are answered with on a connection of their own, in words. */
async function answersTo(bench: Http2Bench, sent: readonly Uint8Array[]): Promise<string[]> {
  const viewer = openRawViewer(await bench.connectRaw());
  viewer.send(...sent, get(LAST_STREAM));
  await viewer.until(({ type, stream }) => type === TYPE.GOAWAY || (type === TYPE.HEADERS && stream === LAST_STREAM));
  viewer.socket.destroy();
  return viewer.frames
    .filter(({ stream }) => stream !== LAST_STREAM)
    .map(tell)
    .filter((told) => told !== undefined)
    .filter((told) => !told.startsWith("DATA"));
}

test("frames get what RFC 9113 says", { timeout: 60_000 }, async () => {
  await using bench = await openHttp2Bench(async (request) => {
    if (request.field("x-hold") !== undefined) await new Promise((resolve) => setTimeout(resolve, 200).unref());
    if (request.body !== undefined) {
      try {
        for await (const _ of request.body.chunks);
      } catch {
        return { status: 400, fields: [], body: { kind: "none" } };
      }
    }
    return textAnswer("ok");
  });
  const wrong: string[] = [];
  for (const [id, sent, expected] of VECTORS) {
    let got = await answersTo(bench, sent);
    // A connection that is closed over frames that nobody has read is reset, and its last words may be lost. [RFC 9112 §9.6]
    for (let tries = 1; got.length === 0 && expected.length > 0 && tries < 3; tries++) {
      got = await answersTo(bench, sent);
    }
    // A stream's error may be made the connection's [RFC 9113 §5.4.2].
    const widened = expected.map((told) => told.replace(/^RST (\w+) on \d+$/, "GOAWAY $1"));
    const isRight = got.join() === expected.join() || got.join() === widened.join();
    if (!isRight) wrong.push(`${id}: ${got.join()} instead of ${expected.join()}`);
  }
  assert.deepEqual(wrong, []);
});

// What comes in place of the preface, or behind it [RFC 9113 §3.4], and what it is answered with.
const BEGINNINGS: readonly (readonly [what: string, sent: Buffer, expected: readonly string[]])[] = [
  ["HTTP/1.1", Buffer.from("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), PROTOCOL],
  ["a preface that is broken off by another byte", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"), PROTOCOL],
  ["a request in place of SETTINGS", Buffer.concat([PREFACE, get(1)]), PROTOCOL],
  ["an acknowledgment in place of SETTINGS", Buffer.concat([PREFACE, frame(TYPE.SETTINGS, ACK, 0)]), PROTOCOL],
  ["bytes that are no frame", Buffer.concat([PREFACE, Buffer.alloc(100, 0xff)]), SIZE],
];

test("a connection that does not begin as HTTP/2 does is ended at once", { timeout: 20_000 }, async () => {
  await using bench = await openHttp2Bench(() => textAnswer("ok"));
  for (const [what, sent, expected] of BEGINNINGS) {
    const viewer = listenTo(await bench.connectRaw());
    viewer.socket.write(sent);
    await viewer.closed;
    const told = viewer.frames.map(tell).filter((line) => line !== undefined);
    assert.deepEqual(told, expected, what);
    assert.equal(viewer.frames[0]?.type, TYPE.SETTINGS, "it is told ours first all the same");
    assert.equal(bench.events.pop()?.kind, "protocol-broken", what);
  }
});
