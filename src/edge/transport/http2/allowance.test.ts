import assert from "node:assert/strict";
import { test } from "node:test";

import { epochMs } from "../../../vocabulary/time.ts";
import { Allowance } from "./allowance.ts";

// Second, amount, whether it was there; of 10 at a stretch and 2 a second.
const TAKEN = [
  [0, 10, true],
  [0, 1, false],
  [1, 1, true],
  [1, 1, false],
  [100, 11, false],
  [200, 0, true],
  [200, -50, true],
  [200, 11, false],
] as const;

test("what was taken is gained back at the rate, and never beyond the stretch", () => {
  const allowance = new Allowance(10, 2, epochMs(0));
  for (const [second, amount, isThere] of TAKEN) {
    assert.equal(allowance.take(amount, epochMs(second * 1000)), isThere, `${amount} at ${second}`);
  }
});
