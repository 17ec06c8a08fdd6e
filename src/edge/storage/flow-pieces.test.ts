import assert from "node:assert/strict";
import { test } from "node:test";
import { flowPieces } from "./flow-pieces.ts";

const pieces = ["abc", "d", "", "efgh"].map((text) => Buffer.from(text));

/** What flows when the taker pauses after each piece, or not; and how often a reader began and was over. */
function taken(from: number, to: number, pausesAfter: boolean): [text: string, begun: number, over: number] {
  let text = "";
  let begun = 0;
  let over = 0;
  let isEnded = false;
  const body = flowPieces(
    pieces,
    { from, to },
    () => begun++,
    () => over++,
  );
  const flow = body.open({
    take(bytes) {
      text += Buffer.from(bytes).toString();
      if (pausesAfter) flow.pause();
      return false;
    },
    end: () => (isEnded = true),
    fail: () => assert.fail(),
  });
  for (let turn = 0; turn < 10; turn++) flow.resume();
  assert.ok(isEnded);
  return [text, begun, over];
}

test("any part of what lies in pieces flows whole, with pauses or without", () => {
  for (let from = 0; from <= 8; from++) {
    for (let to = from; to <= 8; to++) {
      for (const pausesAfter of [false, true]) {
        assert.deepEqual(taken(from, to, pausesAfter), ["abcdefgh".slice(from, to), 1, 1], `${from}-${to}`);
      }
    }
  }
});

test("who gives up is over once, and takes nothing more", async () => {
  let over = 0;
  const body = flowPieces(
    pieces,
    { from: 0, to: 8 },
    () => undefined,
    () => over++,
  );
  const flow = body.open({ take: () => (flow.stop(), false), end: () => assert.fail(), fail: () => assert.fail() });
  flow.resume();
  flow.resume();
  flow.stop();
  assert.equal(over, 1);
  const iterator = body[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await iterator.next()).value ?? []).toString(), "abc");
  await iterator.return?.();
  assert.equal((await iterator.next()).done, true);
  assert.equal(over, 2);
});
