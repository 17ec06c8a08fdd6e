import assert from "node:assert/strict";
import test from "node:test";
import type { EdgeCounters } from "../edge/edge.ts";
import { sumCounters } from "./sum-counters.ts";

const counted = (some: Partial<EdgeCounters>): EdgeCounters => some as EdgeCounters;

test("what workers count for themselves is added up, what all know alike is taken once", () => {
  const rows: [readonly Partial<EdgeCounters>[], Partial<EdgeCounters> | undefined][] = [
    [[], undefined],
    [[{ requests: 3, distributions: 7 }], { requests: 3, distributions: 7 }],
    [
      [
        { requests: 3, tunnelsOpen: 1, storedBytes: 10, distributions: 7 },
        { requests: 4, tunnelsOpen: 0, storedBytes: 5, distributions: 6 },
        { requests: 0, tunnelsOpen: 2, storedBytes: 0, distributions: 7 },
      ],
      { requests: 7, tunnelsOpen: 3, storedBytes: 15, distributions: 7 },
    ],
  ];
  for (const [each, sum] of rows) assert.deepEqual(sumCounters(each.map(counted)), sum);
});
