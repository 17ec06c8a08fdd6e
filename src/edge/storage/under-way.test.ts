import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { openUnderWay } from "./under-way.ts";

test("what is under way is found until it is over, as in a map", () => {
  // Some 3000 keys at a time come to lie three to a chain.
  const steps = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.boolean()), { maxLength: 8000, size: "max" });
  fc.assert(
    fc.property(steps, (taken) => {
      const underWay = openUnderWay<number>();
      const oracle = new Map<string, number>();
      for (const [at, [number, isOver]] of taken.entries()) {
        const key = `E1|/${number}`;
        assert.equal(underWay.get(key, number), oracle.get(key));
        if (isOver) {
          underWay.remove(key, number);
          oracle.delete(key);
        } else if (!oracle.has(key)) {
          underWay.add(key, number, at);
          oracle.set(key, at);
        }
      }
      for (let number = 0; number <= 3000; number++) {
        assert.equal(underWay.get(`E1|/${number}`, number), oracle.get(`E1|/${number}`));
      }
    }),
    { seed: 20_261_121, numRuns: 20 },
  );
});

test("of thousands at once each is found, but for those that are over", () => {
  const underWay = openUnderWay<object>();
  for (let number = 0; number < 5000; number++) underWay.add(`/${number}`, number, {});
  for (let number = 0; number < 5000; number += 2) underWay.remove(`/${number}`, number);
  for (let number = 0; number < 5000; number++) {
    assert.equal(underWay.get(`/${number}`, number) !== undefined, number % 2 === 1, `/${number}`);
  }
});
