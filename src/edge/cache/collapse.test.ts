// Which keys are known to be of no use to others.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey } from "../storage/cache-storage.ts";
import { openUnshareableKeys } from "./collapse.ts";

function keyOf(url: string): CacheKey {
  return { distribution: "E1" as DistributionId, url, text: `E1 ${url}` };
}

test("a key is unshareable from its last answer on, until an answer is shareable", () => {
  const keys = openUnshareableKeys();
  assert.equal(keys.has(keyOf("/a")), false);
  keys.remember(keyOf("/a"), false);
  assert.deepEqual([keys.has(keyOf("/a")), keys.has(keyOf("/b"))], [true, false]);
  keys.remember(keyOf("/a"), true);
  assert.equal(keys.has(keyOf("/a")), false);
});

test("the latest 5,000 are known whatever comes, and no more than 10,000", () => {
  const keys = openUnshareableKeys();
  const all = Array.from({ length: 23_456 }, (_, index) => keyOf(`/${index}`));
  for (const key of all) keys.remember(key, false);
  assert.ok(all.slice(-5000).every((key) => keys.has(key)));
  assert.ok(all.filter((key) => keys.has(key)).length <= 10_000);
  // Shareable again, whichever half it is in.
  for (const key of all) keys.remember(key, true);
  assert.ok(!all.some((key) => keys.has(key)));
});
