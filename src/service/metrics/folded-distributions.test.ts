import assert from "node:assert/strict";
import test from "node:test";
import { readTraffic } from "../../edge/record/traffic.ts";
import { openDistributionFold, OTHER } from "./folded-distributions.ts";

test("further distributions are told together, and the sum of those never falls while some come and go", () => {
  const tell = openDistributionFold(2);
  const seen = (others: number, distributions: Record<string, number>): Record<string, number> => {
    const { rows } = tell({
      others: [others],
      distributions: Object.entries(distributions).map(([id, n]) => [id, [n]]),
    });
    return Object.fromEntries(rows.map(([id, row]) => [id, readTraffic(row).requests]));
  };
  assert.deepEqual(seen(1, { A: 10, B: 20, C: 30 }), { A: 10, B: 20, [OTHER]: 31 });
  // A is gone, and what it had counts among the others; C, once folded in, stays so.
  assert.deepEqual(seen(11, { B: 21, C: 31 }), { B: 21, [OTHER]: 42 });
  // One that is new has the free place.
  assert.deepEqual(seen(11, { B: 21, C: 31, D: 1 }), { B: 21, D: 1, [OTHER]: 42 });
});
