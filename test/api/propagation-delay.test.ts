// The operator's delay, for those who test against the real service's: what the edges have in force stays InProgress to
// callers until it is over, and every answer says so alike.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openControlHarness } from "../support/control-harness.ts";
import { distributionConfig, invalidationBatch } from "./configs.ts";
import { at, succeed, textAt } from "./requests.ts";

test("a delayed invalidation is InProgress, and counted in its distribution, until the delay is over", async () => {
  const harness = await openControlHarness({ propagationSeconds: 60 });
  const created = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  const DistributionId = textAt(created.output, "Distribution", "Id");
  const invalidate = (name: string) =>
    succeed(harness, "CreateInvalidation", { DistributionId, InvalidationBatch: invalidationBatch(name, "/a") });
  const look = async () => {
    const whole = await succeed(harness, "GetDistribution", { Id: DistributionId });
    const list = await succeed(harness, "ListInvalidations", { DistributionId });
    return [
      at(whole.output, "Distribution", "InProgressInvalidationBatches"),
      textAt(list.output, "InvalidationList", "Items", 0, "Status"),
      textAt(whole.output, "Distribution", "Status"),
    ];
  };

  await invalidate("first");
  harness.clock.advance(40);
  await invalidate("second");
  await harness.deploy();
  assert.deepEqual(await look(), [2, "InProgress", "InProgress"], "every edge has it");
  harness.clock.advance(20);
  assert.deepEqual(await look(), [1, "InProgress", "Deployed"], "the delay of the first is over");
  harness.clock.advance(40);
  assert.deepEqual(await look(), [0, "Completed", "Deployed"]);
});

test("more delayed invalidations than a page has are counted", async () => {
  const harness = await openControlHarness({ propagationSeconds: 60 });
  const created = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  const DistributionId = textAt(created.output, "Distribution", "Id");
  for (let index = 0; index < 101; index++) {
    const InvalidationBatch = invalidationBatch(`batch ${index}`, "/a");
    await succeed(harness, "CreateInvalidation", { DistributionId, InvalidationBatch });
  }
  await harness.deploy();
  const whole = await succeed(harness, "GetDistribution", { Id: DistributionId });
  assert.equal(at(whole.output, "Distribution", "InProgressInvalidationBatches"), 101);
});
