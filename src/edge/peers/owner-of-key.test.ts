import assert from "node:assert/strict";
import { test } from "node:test";
import { ownerOfKey } from "./owner-of-key.ts";

const keys = Array.from({ length: 20_000 }, (_, at) => `E1|${String(at).length + 7}:/page/${at}`);

for (const count of [2, 3, 4, 16]) {
  test(`keys are shared out evenly among ${count} workers`, () => {
    const owned = Array.from({ length: count }, () => 0);
    for (const key of keys) {
      const owner = ownerOfKey(key, count);
      assert.ok(Number.isInteger(owner) && owner >= 0 && owner < count);
      owned[owner] = (owned[owner] ?? 0) + 1;
    }
    const mean = keys.length / count;
    for (const each of owned) assert.ok(Math.abs(each - mean) < 0.1 * mean, String(owned));
  });
}

for (const [text, count, owner] of [
  ["", 4, 3],
  ["E1|2:/a", 2, 1],
  ["E1|2:/a", 4, 1],
  ["E1|2:/b", 4, 0],
  ["E2TESTTESTTEST|11:/index.html", 16, 15],
] as const) {
  // What lies on a disk was put there by the worker of this place.
  test(`${JSON.stringify(text)} of ${count} workers is always worker ${owner}'s`, () => {
    assert.equal(ownerOfKey(text, count), owner);
  });
}
