import assert from "node:assert/strict";
import test from "node:test";
import { DEFAULT_LIMITS } from "../vocabulary/limits.ts";
import { shareLimits } from "./share-limits.ts";

test("bounds of the machine are shared out equally, and every worker gets something", () => {
  for (const [max, count, share] of [
    [20_000, 1, 20_000],
    [20_000, 4, 5000],
    [10, 4, 3],
    [1, 4, 1],
  ] as const) {
    const limits = { ...DEFAULT_LIMITS, viewerConnectionsMax: max, originConnectionsPerOriginMax: max };
    const shared = shareLimits(limits, count);
    assert.equal(shared.viewerConnectionsMax, share);
    assert.equal(shared.originConnectionsPerOriginMax, share);
    assert.equal(shared.cacheCapacityBytes, DEFAULT_LIMITS.cacheCapacityBytes);
  }
});
