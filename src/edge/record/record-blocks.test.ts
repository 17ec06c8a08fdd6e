// Records in blocks: whole, in order, bounded, and read back as the lines that they would have been; what a disk does to them costs the
// blocks that it did it to. (Each row of access-line.test.ts goes through blocks, too.)

import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "../../vocabulary/time.ts";
import type { Ended } from "../ended.ts";
import { openRequestIds } from "../request-ids.ts";
import { mulberry32 } from "../../../test/support/generated-requests.ts";
import {
  likeAnswers,
  recordBlock,
  recordedAnswer,
  recordIn,
  type Recorded,
} from "../../../test/support/recorded-answers.ts";
import { openLineLog } from "./line-log.ts";
import { readRecordBlocks } from "./read-record-blocks.ts";
import { openRecordBlocks } from "./record-blocks.ts";

const POP = "LCL50-P1";
const BUFFER_BYTES = 16_384;

/** A sink that keeps what it gets, and is done at once or only when it is told to. */
function newSink(isHeld = false) {
  const written: Buffer[] = [];
  const counts: number[] = [];
  let waiting: (() => void) | undefined;
  return {
    written,
    counts,
    write(bytes: Uint8Array, records: number, done: () => void): void {
      written.push(Buffer.from(bytes));
      counts.push(records);
      if (isHeld) waiting = done;
      else done();
    },
    finish(): void {
      const done = waiting;
      waiting = undefined;
      done?.();
    },
  };
}

function linesOf(recorded: readonly Recorded[]): readonly string[] {
  const lines: string[] = [];
  const log = openLineLog(POP, (line) => void lines.push(line));
  for (const each of recorded) log.append(...each);
  return lines;
}

function readAll(...pieces: readonly Uint8Array[]): { readonly lines: readonly string[]; readonly unreadable: number } {
  const lines: string[] = [];
  const unreadable = readRecordBlocks(Buffer.concat(pieces), ({ line }) => void lines.push(line));
  return { lines, unreadable };
}

const named = (...names: readonly string[]): readonly Recorded[] =>
  names.map((name) => recordedAnswer({ path: `/${name}` }));

test("what comes back are the lines, in order, over as many blocks as they take", () => {
  const random = mulberry32(20_261_121);
  const below = (count: number): number => Math.floor(random() * count);
  const sink = newSink();
  const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
  const recorded = Array.from({ length: 3000 }, (_, index) =>
    recordedAnswer({
      path: `/${"p".repeat(below(90))}${below(20)} ä`,
      ...(below(3) === 0 && { query: `q=${"x".repeat(below(300))}` }),
      target: `123456789012 E${1 + below(4)} logs `,
      endedAtMs: 1_800_000_000_000 + index * below(5000),
    }),
  );
  // The same header block and the same kind of answer come again and again, as they do.
  const shared = recorded.slice(0, 20);
  const all = recorded.map(([ended], index): Recorded => {
    const of = shared[index % 20];
    assert(of !== undefined);
    return [{ ...ended, served: of[0].served }, of[1], of[2]];
  });
  for (const each of all) assert.equal(blocks.append(...each), true);
  blocks.flush();
  assert.ok(sink.written.length > 10, `${sink.written.length} blocks`);
  assert.deepEqual(readAll(...sink.written), { lines: linesOf(all), unreadable: 0 });
  assert.equal(
    sink.counts.reduce((sum, count) => sum + count, 0),
    all.length,
  );
});

test("a record that is like another one of its requester comes back as if it were not, and takes 32 bytes", () => {
  const COUNT = 1000;
  const recorded = likeAnswers(
    Array.from({ length: COUNT }, (_, index) => ({
      endedAt: epochMs(1_800_000_000_000 + index * 7),
      bytesIn: index,
      bytesOut: 2 ** 32 - 1 - index,
    })),
  );
  const sink = newSink();
  const blocks = openRecordBlocks(POP, sink, 1, 65_536);
  assert.equal(recorded.filter((each) => recordIn(blocks, each)).length, COUNT - 1);
  blocks.flush();
  assert.deepEqual(readAll(...sink.written), { lines: linesOf(recorded), unreadable: 0 });
  const seeds = Math.ceil(COUNT / 256) * 36;
  assert.ok((sink.written[0]?.length ?? 0) < COUNT * 32 + seeds + 500, `${sink.written[0]?.length} bytes`);
  assert.equal(blocks.taken(), COUNT);
});

test("parts of what is stored are like each other, wherever they begin", () => {
  const [{ answer } = assert.fail()] = likeAnswers([{}]).map(([ended]) => ended);
  assert(answer !== undefined);
  const ofPart = (first: number): Partial<Ended> => ({
    answer: { ...answer, status: 206, part: { first, last: first + 99 } },
  });
  const recorded = likeAnswers([ofPart(0), ofPart(0), ofPart(100), {}, ofPart(2 ** 40)]);
  const sink = newSink();
  const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
  assert.deepEqual(
    recorded.map((each) => recordIn(blocks, each)),
    [false, true, true, false, false],
  );
  blocks.flush();
  assert.deepEqual(readAll(...sink.written), { lines: linesOf(recorded), unreadable: 0 });
});

const [LIKE] = likeAnswers([{}]);
assert(LIKE?.[0].answer !== undefined);
const [{ answer: LIKE_ANSWER, request: LIKE_REQUEST, endedAt: LIKE_AT, startedAt: LIKE_SINCE }] = LIKE;
const notLike: readonly (readonly [what: string, change: Partial<Ended>])[] = [
  ["that ended before it", { endedAt: epochMs(LIKE_AT - 1) }],
  ["that ended fifty days after it", { endedAt: epochMs(LIKE_AT + 2 ** 32), startedAt: epochMs(LIKE_AT + 2 ** 32) }],
  ["that took more than a minute", { startedAt: epochMs(LIKE_SINCE - 65_536) }],
  ["whose clock was set back behind its first byte", { firstByteAt: epochMs(LIKE_SINCE + 65_536) }],
  ["of 4 GB", { bytesOut: 2 ** 32 }],
  ["to 4 GB", { bytesIn: 2 ** 32 }],
  ["with another status", { answer: { ...LIKE_ANSWER, status: 404 } }],
  ["of several parts", { answer: { ...LIKE_ANSWER, status: 206 } }],
  ["that the edge made", { answer: { ...LIKE_ANSWER, madeHere: "geo-restricted" } }],
  ["by another method", { request: { ...LIKE_REQUEST, method: "HEAD" } }],
  ["with another query", { request: { ...LIKE_REQUEST, query: "a=1" } }],
  ["with another result", { answer: { ...LIKE_ANSWER, served: { ...LIKE[0].served, result: "Miss" } } }],
];
for (const [what, change] of notLike) {
  test(`a record ${what} is not like the one before, and the next one may be like it`, () => {
    const recorded = likeAnswers([{}, {}, change, change]);
    const sink = newSink();
    const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
    const areLike = recorded.map((each) => recordIn(blocks, each));
    assert.deepEqual(areLike.slice(0, 3), [false, true, false]);
    blocks.flush();
    assert.deepEqual(readAll(...sink.written), { lines: linesOf(recorded), unreadable: 0 });
  });
}

test("cookies are in those records whose distribution asked for them", () => {
  const [[ended, by, served] = assert.fail()] = likeAnswers([{}]);
  const withCookie = { ...by, cookie: "a=1\t" };
  const recorded = [false, true, true, false, false].map((hasCookies): Recorded => [
    ended,
    withCookie,
    { ...served, hasCookies },
  ]);
  const sink = newSink();
  const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
  for (const each of recorded) recordIn(blocks, each);
  blocks.flush();
  const { lines } = readAll(...sink.written);
  assert.deepEqual(
    lines.map((line) => line.includes("\ta=1\t")),
    [false, true, true, false, false],
  );
});

test("requesters, what they ask for and what they get in any order, over many blocks: the lines are the same", () => {
  const random = mulberry32(20_261_122);
  const below = (count: number): number => Math.floor(random() * count);
  const ids = openRequestIds((count) => Uint8Array.from({ length: count }, () => below(256)));
  const kinds = Array.from({ length: 30 }, (_, index) =>
    recordedAnswer({
      path: `/${index}`,
      ...(index % 5 === 0 && { query: `q=${index}` }),
      target: `123456789012 E${index % 3} logs `,
    }),
  );
  const pick = (): Recorded => kinds[below(kinds.length)] ?? assert.fail();
  let now = 1_800_000_000_000;
  const recorded = Array.from({ length: 5000 }, (): Recorded => {
    const [{ answer, served }, , pieces] = pick();
    const [{ request, ...of }, by] = pick();
    assert(answer !== undefined && "path" in request);
    now += below(400) - 100;
    const requestId = ids.next();
    const body = { kind: "bytes", bytes: new Uint8Array(below(3)) } as const;
    const drawn = { ...answer, body, requestId, idDraw: ids.draw, idPlace: ids.place };
    const startedAt = epochMs(now - below(20));
    const firstByteAt = epochMs(now - below(10));
    const bytesOut = below(1e6);
    const asked = { ...request, path: `/${below(9)}` };
    return [
      { ...of, request: asked, served, answer: drawn, endedAt: epochMs(now), startedAt, firstByteAt, bytesOut },
      by,
      pieces,
    ];
  });
  const sink = newSink();
  const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
  const likes = recorded.filter((each) => recordIn(blocks, each)).length;
  assert.ok(likes > 1000 && likes < 4500, `${likes} are like others`);
  blocks.flush();
  assert.ok(sink.written.length > 10, `${sink.written.length} blocks`);
  assert.deepEqual(readAll(...sink.written), { lines: linesOf(recorded), unreadable: 0 });
});

test("two writers know nothing of what the other has written", () => {
  const both = named("a", "b");
  assert.deepEqual(readAll(recordBlock(POP, both), recordBlock(POP, both)).lines, [...linesOf(both), ...linesOf(both)]);
});

test("numbers beyond 32 bits come back as they were", () => {
  const [ended, by, served] = recordedAnswer({ path: "/large", endedAtMs: 4_000_000_000_000 });
  const large: Recorded = [{ ...ended, bytesOut: 2 ** 40 + 7, bytesIn: 2 ** 33 + 1 }, by, served];
  const { lines } = readAll(recordBlock(POP, [large]));
  assert.deepEqual(lines, linesOf([large]));
  assert.match(lines[0] ?? "", /\t1099511627783\t/);
});

test("a record larger than any buffer is dropped, and its neighbors are not", () => {
  const sink = newSink();
  const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
  // What is not too large on its own, but has no room behind another: it goes into the next block.
  const sizes = [10, BUFFER_BYTES, 10, BUFFER_BYTES - 1000, BUFFER_BYTES - 1000, 10];
  const recorded = sizes.map((size, index) => recordedAnswer({ path: `/${index}`, query: "x".repeat(size) }));
  const kept = recorded.filter((each) => blocks.append(...each));
  blocks.flush();
  assert.equal(kept.length, 5);
  assert.equal(blocks.dropped(), 1);
  assert.deepEqual(readAll(...sink.written), { lines: linesOf(kept), unreadable: 0 });
});

test("while the sink is behind, records are dropped and counted, memory is bounded, and what was kept arrives", () => {
  const sink = newSink(true);
  const blocks = openRecordBlocks(POP, sink, 4 * BUFFER_BYTES, BUFFER_BYTES);
  const recorded = Array.from({ length: 2000 }, (_, index) => recordedAnswer({ path: `/${index}` }));
  const kept = recorded.filter((each, index) => {
    if (index % 700 === 699) sink.finish();
    return blocks.append(...each);
  });
  assert.ok(kept.length > 100 && kept.length < 2000, `${kept.length} kept`);
  assert.equal(kept.length + blocks.dropped(), 2000);
  blocks.flush();
  for (let before = 0; before < sink.written.length;) {
    before = sink.written.length;
    sink.finish();
  }
  assert.deepEqual(readAll(...sink.written), { lines: linesOf(kept), unreadable: 0 });
});

test("nothing is handed over where there is nothing, and drained resolves when all was taken", async () => {
  const sink = newSink(true);
  const blocks = openRecordBlocks(POP, sink, 1, BUFFER_BYTES);
  blocks.flush();
  await blocks.drained();
  assert.deepEqual(sink.counts, []);
  for (const each of named("a")) blocks.append(...each);
  let isDrained = false;
  const drained = blocks.drained().then(() => (isDrained = true));
  await Promise.resolve();
  assert.deepEqual([sink.counts, isDrained], [[1], false]);
  sink.finish();
  await drained;
});

test("a block that a kill cut off is left out, wherever it was cut", () => {
  const whole = recordBlock(POP, named("a", "b"));
  const cut = recordBlock(POP, named("c"));
  for (let length = 0; length < cut.length; length++) {
    const { lines, unreadable } = readAll(whole, cut.subarray(0, length));
    assert.equal(lines.length, 2, `cut to ${length} bytes`);
    // Less than a head tells nothing of itself.
    assert.ok(unreadable <= (length < 16 ? 1 : 0), `${unreadable} unreadable, cut to ${length} bytes`);
  }
});

test("whatever bit of a block is flipped, it is left out and counted, and the blocks around it are there", () => {
  const [before, block, after] = [named("a"), named("b", "c"), named("d")].map((each) => recordBlock(POP, each));
  assert(before !== undefined && block !== undefined && after !== undefined);
  const expected = linesOf(named("a", "d"));
  for (let bit = 0; bit < block.length * 8; bit += 3) {
    const flipped = Buffer.from(block);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const { lines, unreadable } = readAll(before, flipped, after);
    // How many records there are is told beside what the CRC is of, and nothing depends on it.
    if (bit >= 12 * 8 && bit < 16 * 8) {
      assert.equal(lines.length, 4);
      continue;
    }
    assert.deepEqual(lines, expected, `bit ${bit}`);
    assert.ok(unreadable >= 1 && unreadable <= 4, `${unreadable} unreadable, bit ${bit}`);
  }
});

test("a block whose length is damaged takes no other one along", () => {
  const [torn, ...others] = ["a", "b", "c"].map((name) => recordBlock(POP, named(name)));
  assert(torn !== undefined);
  // As if it went to the end of the second, then of the third.
  for (const length of [2 * torn.length, 3 * torn.length]) {
    const damaged = Buffer.from(torn);
    damaged.writeUInt32LE(length / 4 - 4, 4);
    const { lines, unreadable } = readAll(damaged, ...others);
    assert.deepEqual([lines, unreadable], [linesOf(named("b", "c")), 1]);
  }
});

test("bytes that are no block are counted once where they stand", () => {
  const [one, two] = [recordBlock(POP, named("a")), recordBlock(POP, named("b"))];
  for (const garbage of [Buffer.alloc(4096), Buffer.alloc(16, 0xff), Buffer.from("a text that is none of ours.")]) {
    assert.deepEqual(readAll(one, garbage, two, garbage), { lines: linesOf(named("a", "b")), unreadable: 2 });
  }
});
