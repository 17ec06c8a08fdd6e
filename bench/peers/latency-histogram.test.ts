import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import {
  addHistogram,
  emptyHistogram,
  latencyAt,
  packHistogram,
  recordLatency,
  unpackHistogram,
} from "./latency-histogram.ts";

const values = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 200 });
const shares = [0.01, 0.5, 0.99, 0.999, 1];

test("a percentile is within one percent above the value that sorting finds", () => {
  fc.assert(
    fc.property(values, (given) => {
      const histogram = emptyHistogram();
      for (const value of given) recordLatency(histogram, value);
      const ascending = given.toSorted((one, other) => one - other);
      for (const share of shares) {
        const exact = ascending[Math.max(1, Math.ceil(given.length * share)) - 1] ?? 0;
        const told = latencyAt(histogram, share);
        assert(told > exact && told <= exact * (1 + 1 / 128) + 1, `${share}: ${told} for ${exact}`);
      }
    }),
    { seed: 99, numRuns: 300 },
  );
});

test("histograms add up, also those of another process", () => {
  fc.assert(
    fc.property(values, values, (one, other) => {
      const [first, second, both] = [emptyHistogram(), emptyHistogram(), emptyHistogram()];
      for (const value of one) recordLatency(first, value);
      for (const value of other) recordLatency(second, value);
      for (const value of [...one, ...other]) recordLatency(both, value);
      addHistogram(first, unpackHistogram(packHistogram(second)));
      assert.deepEqual(first, both);
    }),
    { seed: 98, numRuns: 100 },
  );
});

test("without values there is no percentile, and what takes too long counts as the longest", () => {
  const histogram = emptyHistogram();
  assert(Number.isNaN(latencyAt(histogram, 0.5)));
  recordLatency(histogram, 1e12);
  assert.equal(latencyAt(histogram, 0.5), 2 ** 31);
});
