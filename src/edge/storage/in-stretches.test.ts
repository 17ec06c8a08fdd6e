import assert from "node:assert/strict";
import { test } from "node:test";
import { inStretches } from "./in-stretches.ts";

/** Steps of 60 µs by a clock that only they move. Counts them by stretch, each a turn of the event loop of its own. */
function work(steps: number): { counts: number[]; goOn: () => boolean; now: () => number; isDone: () => boolean } {
  const counts: number[] = [];
  let time = 0;
  let left = steps;
  let isSame = false;
  return {
    counts,
    now: () => time,
    isDone: () => left === 0,
    goOn() {
      if (!isSame) counts.push(0);
      isSame = true;
      setImmediate(() => (isSame = false));
      counts.push((counts.pop() ?? 0) + 1);
      time += 0.06;
      return --left > 0;
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a stretch ends after its time, and the work goes on in the next until nothing is left", async () => {
  const { counts, goOn, now, isDone } = work(10);
  const stretches = inStretches(goOn, now);
  stretches.wake();
  stretches.wake();
  assert.deepEqual(counts, [], "nothing is done at once");
  while (!isDone()) await turn();
  assert.deepEqual(counts, [3, 3, 3, 1]);
});

test("what is needed soon is done in longer stretches, and what comes after it in short ones", async () => {
  const hurried = work(100);
  const after = work(10);
  let isFirst = true;
  const stretches = inStretches(
    () => (isFirst ? (isFirst = hurried.goOn()) : after.goOn()),
    () => hurried.now() + after.now(),
  );
  stretches.hurry(); // there is nothing to do yet
  stretches.wake();
  stretches.hurry();
  while (!hurried.isDone()) await turn();
  assert.ok(hurried.counts.length <= 16, `${hurried.counts.length} stretches of ${String(hurried.counts)}`);
  stretches.wake();
  while (!after.isDone()) await turn();
  assert.equal(after.counts[0], 3);
});

test("what is closed does nothing more", async () => {
  const { counts, goOn, now } = work(100);
  const stretches = inStretches(goOn, now);
  stretches.wake();
  while (counts.length === 0) await turn();
  stretches.close();
  const done = counts.length;
  const other = work(10);
  inStretches(other.goOn, other.now).wake();
  while (!other.isDone()) await turn();
  assert.equal(counts.length, done);
});
