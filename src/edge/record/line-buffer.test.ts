// Lines on their way out: whole, in order, bounded, and never waited for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openLineBuffer } from "./line-buffer.ts";
import type { LineSink } from "./outgoing-buffers.ts";

interface HeldSink extends LineSink {
  /** What was handed over so far. */
  readonly taken: string[];
  readonly lines: number[];
  /** Lets the sink be done with what it holds. */
  finish(): void;
}

/** A sink that is done only when the test says so. */
function holdingSink(): HeldSink {
  const taken: string[] = [];
  const lines: number[] = [];
  let held: { readonly bytes: Uint8Array; readonly done: () => void } | undefined;
  return {
    taken,
    lines,
    write(bytes, count, done) {
      assert.equal(held, undefined, "one write at a time");
      held = { bytes, done };
      lines.push(count);
    },
    finish() {
      const finished = held;
      held = undefined;
      assert.ok(finished !== undefined);
      taken.push(Buffer.from(finished.bytes).toString("latin1")); // read as late as it may be
      finished.done();
    },
  };
}

const MEGABYTE = 1_048_576;
const BUFFER_BYTES = 65_536;

test("lines leave together, in order, each with its line break", () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, MEGABYTE);
  for (const line of ["one", "two", "three"]) buffer.append(line);
  assert.deepEqual(sink.lines, []);
  buffer.flush();
  sink.finish();
  assert.deepEqual(sink.taken, ["one\ntwo\nthree\n"]);
  assert.deepEqual(sink.lines, [3]);
});

test("nothing is handed over where there is nothing", () => {
  const sink = holdingSink();
  openLineBuffer(sink, MEGABYTE).flush();
  assert.deepEqual(sink.lines, []);
});

test("what is appended while the sink is at work is not mixed into it", () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, MEGABYTE);
  buffer.append("first");
  buffer.flush();
  buffer.append("second");
  buffer.flush();
  buffer.append("third");
  sink.finish();
  sink.finish();
  assert.deepEqual(sink.taken, ["first\n", "second\n"]);
  buffer.flush();
  sink.finish();
  assert.deepEqual(sink.taken, ["first\n", "second\n", "third\n"]);
});

test("a buffer that is full leaves by itself, with whole lines", () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, MEGABYTE, BUFFER_BYTES);
  const line = "x".repeat(999);
  for (let count = 0; count < 66; count++) buffer.append(line);
  assert.deepEqual(sink.lines, [65]);
  sink.finish();
  assert.equal(sink.taken[0], `${line}\n`.repeat(65));
  assert.equal(buffer.dropped(), 0);
});

test("while the sink is behind, lines are dropped and counted, and memory is bounded", () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, 4 * BUFFER_BYTES, BUFFER_BYTES);
  const line = "x".repeat(1023);
  let kept = 0;
  for (let count = 0; count < 10_000; count++) if (buffer.append(line)) kept++;
  assert.equal(kept, 4 * 64);
  assert.equal(buffer.dropped(), 10_000 - kept);
  // Once it has taken one, there is room for as many again.
  sink.finish();
  assert.equal(buffer.append(line), true);
  assert.equal(buffer.dropped(), 10_000 - kept);
});

test("all that was kept arrives once, in order, however the sink keeps pace", () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, 4 * BUFFER_BYTES, BUFFER_BYTES);
  const kept: string[] = [];
  for (let count = 0; count < 20_000; count++) {
    const line = `${count} ${"y".repeat(count % 301)}`;
    if (buffer.append(line)) kept.push(line);
    if (count % 900 === 899 && sink.lines.length > sink.taken.length) sink.finish();
  }
  buffer.flush();
  while (sink.lines.length > sink.taken.length) sink.finish();
  assert.ok(buffer.dropped() > 0);
  assert.equal(kept.length + buffer.dropped(), 20_000);
  assert.equal(sink.taken.join(""), kept.map((line) => `${line}\n`).join(""));
  assert.equal(
    sink.lines.reduce((all, lines) => all + lines, 0),
    kept.length,
  );
});

test("a line longer than any buffer is dropped, and its neighbors are not", () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, MEGABYTE, BUFFER_BYTES);
  buffer.append("before");
  assert.equal(buffer.append("z".repeat(BUFFER_BYTES)), false);
  assert.equal(buffer.append("z".repeat(BUFFER_BYTES - 1)), true);
  buffer.append("after");
  buffer.flush();
  while (sink.lines.length > sink.taken.length) sink.finish();
  assert.equal(sink.taken.join(""), `before\n${"z".repeat(BUFFER_BYTES - 1)}\nafter\n`);
  assert.equal(buffer.dropped(), 1);
});

test("drained resolves when everything before it was taken, and at once when nothing waits", async () => {
  const sink = holdingSink();
  const buffer = openLineBuffer(sink, MEGABYTE);
  await buffer.drained();
  buffer.append("one");
  let isDrained = false;
  const drained = buffer.drained().then(() => (isDrained = true));
  await Promise.resolve();
  assert.equal(isDrained, false);
  sink.finish();
  await drained;
  assert.deepEqual(sink.taken, ["one\n"]);
});
