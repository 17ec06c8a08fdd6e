// The formula against its meaning: walk through every instant, and never let what was deployed be taken back.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { FeedNumber } from "../vocabulary/ids.ts";
import { epochMs } from "../vocabulary/time.ts";
import { computeDeployedThrough, type EdgeProgress } from "./deployed-through.ts";

/** What a watcher who looks at every instant up to `now` would have seen deployed. */
function watch(floor: number, edges: readonly EdgeProgress[], now: number): number {
  let seen = floor;
  for (let instant = 0; instant <= now; instant++) {
    const live = edges.filter((edge) => instant < edge.leaseUntilMs);
    if (live.length > 0) seen = Math.max(seen, Math.min(...live.map((edge) => edge.through)));
  }
  return seen;
}

test("the answer is what a watcher of every instant would have seen", () => {
  const edge = fc.record({
    through: fc.nat(9).map((value) => value as FeedNumber),
    leaseUntilMs: fc.integer({ min: 1, max: 12 }).map(epochMs),
  });
  fc.assert(
    fc.property(fc.nat(9), fc.array(edge, { maxLength: 5 }), fc.nat(14), (floor, edges, now) => {
      assert.equal(computeDeployedThrough(floor as FeedNumber, edges, epochMs(now)), watch(floor, edges, now));
    }),
    { seed: 20_161_120, numRuns: 2000 },
  );
});
