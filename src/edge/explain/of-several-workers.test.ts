// What is taken from which worker's explanation.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explanation } from "./explanation.ts";
import { asConnectedTo } from "./of-several-workers.ts";

const explanation = (verdict: string, ...stages: string[]): Explanation => ({
  verdict,
  steps: stages.map((stage) => ({ stage, decision: verdict, why: "", source: "" })),
});

const told = ({ steps }: Explanation): readonly string[] => steps.map(({ stage, decision }) => `${stage} ${decision}`);

test("the stages before the key are the worker's that the viewer is connected to, what is stored says the owner", () => {
  const near = explanation("miss", "receive", "owner", "cache", "cause");
  const far = explanation("hit", "receive", "clock", "owner", "cache", "freshness");
  const both = asConnectedTo(near, far);
  assert.equal(both.verdict, "hit");
  assert.deepEqual(told(both), ["receive miss", "owner miss", "copy none that is fresh", "cache hit", "freshness hit"]);
});

test("a fresh copy answers whatever the owner says, or whether it says anything", () => {
  const near: Explanation = { ...explanation("hit", "receive", "owner", "cache"), hasFreshCopy: true };
  for (const far of [undefined, explanation("miss", "receive", "owner", "cache")]) {
    assert.deepEqual(told(asConnectedTo(near, far)), ["receive hit", "owner hit", "copy fresh", "cache hit"]);
  }
});

test("where the owner does not answer, or does not come to the key, the worker does all by itself", () => {
  const near = explanation("miss", "receive", "owner", "cache");
  for (const far of [undefined, explanation("404", "receive", "find-distribution")]) {
    assert.equal(asConnectedTo(near, far), near);
  }
});
