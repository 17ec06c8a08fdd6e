import assert from "node:assert/strict";
import { test } from "node:test";
import { mulberry32 } from "../../../test/support/generated-requests.ts";
import { FRAME, FrameReader, writeFrameHead, type FrameKind } from "./peer-frames.ts";

type Seen = [kind: FrameKind, stream: number, text: string];

function frame(kind: FrameKind, stream: number, text: string): Buffer {
  const bytes = Buffer.alloc(9 + text.length);
  bytes.write(text, writeFrameHead(bytes, 0, kind, stream, text.length), "latin1");
  return bytes;
}

/** What is read of it, pieces of bodies put together. `undefined`: it was refused. */
function readAll(chunks: readonly Buffer[]): Seen[] | undefined {
  const seen: Seen[] = [];
  const reader = new FrameReader((kind, stream, bytes, from, to) => {
    const text = bytes.toString("latin1", from, to);
    const last = seen.at(-1);
    if (kind === FRAME.body && last?.[0] === FRAME.body && last[1] === stream) last[2] += text;
    else seen.push([kind, stream, text]);
    return true;
  });
  for (const chunk of chunks) {
    // What was read is written over afterwards.
    const own = Buffer.from(chunk);
    const isGood = reader.read(own);
    own.fill(0);
    if (!isGood) return undefined;
  }
  return seen;
}

const FRAMES: readonly Seen[] = [
  [FRAME.section, 0, "section"],
  [FRAME.request, 1, "x".repeat(300)],
  [FRAME.request, 0xffffffff, "GET /"],
  [FRAME.head, 1, "head"],
  [FRAME.body, 1, "b".repeat(1000)],
  [FRAME.cancel, 7, ""],
  [FRAME.body, 2, "c"],
  [FRAME.end, 1, ""],
  [FRAME.credit, 2, "1234"],
  [FRAME.leaving, 0, ""],
];
const WHOLE = Buffer.concat(FRAMES.map(([kind, stream, text]) => frame(kind, stream, text)));

test("frames are read as they were written, wherever they were cut in two", () => {
  for (let at = 0; at <= WHOLE.length; at++) {
    assert.deepEqual(readAll([WHOLE.subarray(0, at), WHOLE.subarray(at)]), FRAMES, `cut at ${at}`);
  }
});

for (const size of [1, 2, 8, 9, 10, 13, 64]) {
  test(`frames are read as they were written, ${size} bytes at a time`, () => {
    const chunks: Buffer[] = [];
    for (let at = 0; at < WHOLE.length; at += size) chunks.push(WHOLE.subarray(at, at + size));
    assert.deepEqual(readAll(chunks), FRAMES);
  });
}

for (const [what, bytes] of [
  ["of no kind", frame(0 as FrameKind, 1, "")],
  ["of an unknown kind", frame(99 as FrameKind, 1, "")],
  [
    "that is too long",
    (() => {
      const head = Buffer.alloc(9);
      writeFrameHead(head, 0, FRAME.head, 1, 0x7fffffff);
      return head;
    })(),
  ],
  ["with bytes where there can be none", frame(FRAME.end, 1, "x")],
  ["that is an answer of HTTP/1.1", Buffer.from("HTTP/1.1 200 OK\r\n\r\n")],
  ["that is a ClientHello", Buffer.from("16030100f8010000f40303", "hex")],
] as const) {
  test(`a frame ${what} is refused`, () => {
    assert.equal(readAll([bytes]), undefined);
  });
}

test("bytes of any kind are read or refused, and cost no more memory than a frame may have", () => {
  const seed = 20_261_121;
  const random = mulberry32(seed);
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(WHOLE);
    for (let times = 0; times < 1 + (round % 4); times++) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    const cut = Math.floor(random() * bytes.length);
    const split = readAll([bytes.subarray(0, cut), bytes.subarray(cut)]);
    assert.deepEqual(split, readAll([bytes]), `seed ${seed}, round ${round}`);
  }
});
