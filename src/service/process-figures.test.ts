import assert from "node:assert/strict";
import test from "node:test";
import { LOOP_DELAY_BOUNDS_MS, openLoopDelayCounts } from "./process-figures.ts";

test("delays are counted from when the timer was due, which it is again when it was heard", () => {
  const delays = openLoopDelayCounts(1000);
  // Heard, and by how much too late.
  for (const at of [1100, 1201, 1351, 31_451, 31_551]) delays.heard(at);
  const { sumMs, counts } = delays.read();
  assert.equal(sumMs, 0 + 1 + 50 + 30_000 + 0);
  const told = counts.map((count, index) => [LOOP_DELAY_BOUNDS_MS[index] ?? Infinity, count]);
  assert.deepEqual(
    told.filter(([, count]) => count !== 0),
    [
      [1, 3],
      [50, 1],
      [Infinity, 1],
    ],
  );
});
