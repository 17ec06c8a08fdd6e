import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import type { Ended } from "../ended.ts";
import { servedAs } from "../served.ts";
import type { Predicate } from "./predicate-of.ts";
import { openTail, type TailBatch } from "./tails.ts";

const account = "123456789012" as AccountId;
const distribution = { id: "E1", account } as unknown as EffectiveDistribution;

/** A message that was no request. */
function endedAt(ms: number): Ended {
  return {
    request: {
      status: 400,
      reason: "malformed",
      viewerAddress: "192.0.2.7",
      target: "x".repeat(1000),
    } as unknown as Ended["request"],
    answer: undefined,
    served: servedAs({ distribution }, "Error", undefined),
    bytesIn: 0,
    bytesOut: 0,
    startedAt: epochMs(ms),
    firstByteAt: undefined,
    outcome: "whole",
    endedAt: epochMs(ms),
    edge: 1,
  };
}

function openTold(
  limits: { tailLinesPerSecondMax: number; tailPendingBytesMax: number },
  { holds }: { readonly holds: Predicate | undefined } = { holds: () => true },
) {
  const batches: TailBatch[] = [];
  const send = (batch: TailBatch): void => void batches.push(batch);
  let nowMs = 0;
  const clock = { now: () => epochMs(nowMs) };
  const opened = openTail({ account, distribution: undefined, holds, send }, limits, clock);
  const tail = {
    ...opened,
    see(...batch: readonly Ended[]) {
      nowMs = batch[0]?.endedAt ?? nowMs;
      opened.see(batch);
    },
  };
  const lines = (): number => batches.reduce((sum, batch) => sum + batch.lines.length, 0);
  const lost = (): number => batches.reduce((sum, batch) => sum + batch.lost, 0);
  return { tail, batches, lines, lost };
}

test("what one who does not read holds is bounded, and what is lost is counted: nothing is unaccounted for", () => {
  const COUNT = 50_000;
  const { tail, batches, lines, lost } = openTold({ tailLinesPerSecondMax: 1e6, tailPendingBytesMax: 65_536 });
  for (let index = 0; index < COUNT; index++) tail.see(endedAt(index));
  assert.deepEqual(batches, [{ lines: [], lost: 0 }], "nothing is sent before the first was taken");
  for (let sent = 0; sent < batches.length;) {
    sent = batches.length;
    tail.more();
    tail.flush();
  }
  assert.ok(batches.every((batch) => batch.lines.join("").length <= 70_000));
  assert.ok(lines() > 10 && lines() < 100, `${lines()} lines`);
  assert.equal(lines() + lost(), COUNT);
});

test("of a second no more lines are made than the limit, and of the next as many again", () => {
  const { tail, lines, lost } = openTold({ tailLinesPerSecondMax: 10, tailPendingBytesMax: 1e6 });
  for (let index = 0; index < 100; index++) tail.see(endedAt(1000 + index));
  for (let index = 0; index < 100; index++) tail.see(endedAt(2000 + index));
  tail.more();
  tail.flush();
  assert.deepEqual([lines(), lost()], [20, 180]);
});

test("what may tell no more of all need not look, tells how much that was, and looks again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { tail, lines, lost } = openTold({ tailLinesPerSecondMax: 2, tailPendingBytesMax: 1e6 }, { holds: undefined });
  tail.more();
  tail.see(endedAt(1), endedAt(2));
  assert.equal(tail.isSpent(), false);
  tail.see(endedAt(3));
  assert.equal(tail.isSpent(), true);
  for (let index = 0; index < 10; index++) tail.lose();
  context.mock.timers.tick(50);
  assert.deepEqual([lines(), lost(), tail.isSpent()], [2, 11, false]);
  // Behind a batch that is taken late.
  tail.see(endedAt(4));
  tail.lose();
  context.mock.timers.tick(50);
  tail.more();
  context.mock.timers.tick(50);
  assert.deepEqual([lines(), lost()], [2, 13]);
});

test("what asks for some always looks: what it does not ask for is not lost", () => {
  const { tail } = openTold({ tailLinesPerSecondMax: 2, tailPendingBytesMax: 1e6 });
  tail.see(endedAt(1), endedAt(2), endedAt(3));
  assert.equal(tail.isSpent(), false);
});

test("one batch is on its way at a time, and behind the end none", () => {
  const { tail, batches } = openTold({ tailLinesPerSecondMax: 10, tailPendingBytesMax: 1e6 });
  tail.see(endedAt(1));
  tail.more();
  tail.flush();
  tail.see(endedAt(2));
  tail.flush();
  assert.equal(batches.length, 2);
  tail.more();
  tail.close();
  tail.flush();
  tail.more();
  assert.equal(batches.length, 2);
});

test("it is for its account and its distribution alone", () => {
  const given = { account, holds: () => true, send: () => undefined };
  const limits = { tailLinesPerSecondMax: 10, tailPendingBytesMax: 1e6 };
  const clock = { now: () => epochMs(0) };
  const other = { id: "E2", account: "999999999999" } as unknown as EffectiveDistribution;
  const all = openTail({ ...given, distribution: undefined }, limits, clock);
  assert.deepEqual([all.isFor(distribution), all.isFor(other)], [true, false]);
  const one = openTail({ ...given, distribution: "E3" }, limits, clock);
  assert.deepEqual([one.isFor(distribution), one.isFor(other)], [false, false]);
});
