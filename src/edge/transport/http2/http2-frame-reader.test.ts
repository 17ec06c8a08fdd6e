import assert from "node:assert/strict";
import { test } from "node:test";

import { mulberry32 } from "../../../../test/support/generated-requests.ts";
import { FrameReader } from "./http2-frame-reader.ts";
import { PREFACE } from "./http2-frames.ts";
import { frame } from "../../../../test/support/http2-frames.ts";

const SEED = 20_261_121;

/** Everything that comes of the chunks, in words. */
function read(chunks: readonly Buffer[]): string[] {
  const reader = new FrameReader();
  const told: string[] = [];
  for (const chunk of chunks) {
    reader.feed(chunk);
    for (let step = reader.next(); step !== "more"; step = reader.next()) {
      if (step !== "frame") return [...told, step];
      const { type, flags, stream, bytes, from, to } = reader;
      told.push(`${type} ${flags} ${stream} ${bytes.toString("latin1", from, to)}`);
    }
  }
  return told;
}

function cut(bytes: Buffer, random: () => number, most: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() * most);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const FRAMES = [
  frame(4, 0, 0),
  frame(0, 1, 1, Buffer.alloc(16_384, "x")),
  frame(9, 255, 0x7fffffff, Buffer.from("y")),
  frame(0x77, 0, 0xffffffff, Buffer.alloc(5000, "z")),
  frame(6, 0, 0, Buffer.alloc(8)),
];

test(`frames are the same however they are cut (seed ${SEED})`, () => {
  const bytes = Buffer.concat([PREFACE, ...FRAMES]);
  const whole = read([bytes]);
  assert.equal(whole.length, FRAMES.length);
  assert.match(whole[3] ?? "", /^119 0 2147483647 z{5000}$/, "the first bit of a stream's number means nothing");
  const random = mulberry32(SEED);
  for (const most of [1, 2, 9, 10, 100, 6000, 16_393]) {
    for (let times = 0; times < 5; times++) assert.deepEqual(read(cut(bytes, random, most)), whole, `by ${most}`);
  }
});

test("what does not begin as HTTP/2 does is told at its first wrong byte", () => {
  for (const at of [0, 5, 23]) {
    const bytes = Buffer.from(PREFACE);
    bytes[at] = 0;
    assert.deepEqual(read([bytes.subarray(0, at)]), []);
    assert.deepEqual(read([bytes.subarray(0, at + 1)]), ["broken"]);
  }
});

test("a frame beyond what was offered is told by its head, and not held", () => {
  const head = frame(0, 0, 1, Buffer.alloc(16_385)).subarray(0, 9);
  assert.deepEqual(read([PREFACE, head]), ["too-large"]);
  assert.deepEqual(read([PREFACE, head.subarray(0, 4), head.subarray(4)]), ["too-large"]);
});
