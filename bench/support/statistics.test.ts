import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSpread, median, percentile } from "./statistics.ts";

test("medians and percentiles do not depend on the order of the values", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([]), Number.NaN);
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(percentile(hundred, 0.99), 100);
  assert.equal(percentile(hundred, 0.5), 51);
  assert.equal(formatSpread([2, 1, 4], 1), "2.0 (1.0–4.0)");
});
