import assert from "node:assert/strict";
import { test } from "node:test";
import { mulberry32 } from "../../../test/support/generated-requests.ts";
import { openFrequent } from "./frequent.ts";

test("no count is too high, and none too low by more than all that came divided by the room", () => {
  const SEED = 1982;
  const random = mulberry32(SEED);
  for (let round = 0; round < 200; round++) {
    const room = 1 + Math.floor(random() * 20);
    const frequent = openFrequent(room);
    const really = new Map<string, number>();
    const all = Math.floor(random() * 3000);
    for (let index = 0; index < all; index++) {
      const key = `k${Math.floor(random() ** 3 * 200)}`;
      frequent.count(key);
      really.set(key, (really.get(key) ?? 0) + 1);
    }
    const told = new Map(frequent.take(room));
    assert.ok(told.size <= room);
    for (const [key, count] of really) {
      const said = told.get(key) ?? 0;
      assert.ok(
        said <= count && said >= count - all / (room + 1),
        `seed ${SEED}, round ${round}: ${key} ${said} ${count}`,
      );
    }
  }
});

test("what was taken is not there any more, and the most frequent is first", () => {
  const frequent = openFrequent(10);
  for (const key of ["b", "a", "a", "c", "a", "c"]) frequent.count(key);
  assert.deepEqual(frequent.take(2), [
    ["a", 3],
    ["c", 2],
  ]);
  assert.deepEqual(frequent.take(2), []);
});
