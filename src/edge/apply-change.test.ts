import assert from "node:assert/strict";
import { test } from "node:test";

import type { Change } from "../store/store.ts";
import type { DistributionId, FeedNumber } from "../vocabulary/ids.ts";
import { DEFAULT_LIMITS } from "../vocabulary/limits.ts";
import { applyChange } from "./apply-change.ts";
import { openAccessControls } from "./config/access-controls.ts";
import { openConfigTable } from "./config/config-table.ts";
import { openTrustedKeys } from "./config/trusted-keys.ts";
import { openTraffic } from "./record/traffic.ts";

/** What is forgotten because of these, each as `number distribution path (id)`. */
function forgottenBy(changes: readonly Change[]): string[] {
  const forgotten: string[] = [];
  const published = {
    config: openConfigTable({
      domainSuffix: "cloudfront.localhost",
      fidelity: "cloudfront",
      limits: DEFAULT_LIMITS,
      buckets: { otherStores: [], serviceSecret: undefined },
    }),
    keys: openTrustedKeys(),
    accessControls: openAccessControls(),
    certificates: undefined,
    traffic: openTraffic(),
    invalidate: (
      { distribution, path }: { distribution: DistributionId; path: string },
      number: FeedNumber,
      id: string,
    ) => void forgotten.push(`${number} ${distribution} ${path} (${id})`),
    onDistribution: () => assert.fail("no distribution is published"),
  };
  for (const change of changes) applyChange(change, published);
  return forgotten;
}

test("an invalidation forgets each of its paths at its number, with or without their slash", () => {
  const invalidation = { id: "I1", distribution: "E1" as DistributionId, paths: ["/a", "b*", "/"] };
  const change = { kind: "invalidation", number: 7 as FeedNumber, invalidation } as unknown as Change;
  assert.deepEqual(forgottenBy([change]), ["7 E1 /a (I1)", "7 E1 /b* (I1)", "7 E1 / (I1)"]);
});

test("of what is removed all is forgotten", () => {
  const change = { kind: "removed", number: 8, id: "E1" } as unknown as Change;
  assert.deepEqual(forgottenBy([change]), ["8 E1 /* (E1)"]);
});
