// The order of keys against that of their bytes, and the end of a prefix against what begins with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { beyondPrefix, compareKeys } from "./key-order.ts";

const letter = fc.oneof(
  fc.constantFrom("a", "b", "\u0000", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10FFFE}", "\u{10FFFF}"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);
const text = fc.array(letter, { maxLength: 6 }).map((letters) => letters.join(""));
const RUNS = { numRuns: 2000, seed: 20_161_120 };

test("keys are in the order of their UTF-8 bytes", () => {
  fc.assert(
    fc.property(text, text, (one, other) => {
      const inBytes = Buffer.compare(Buffer.from(one), Buffer.from(other));
      assert.equal(Math.sign(compareKeys(one, other)), inBytes);
    }),
    RUNS,
  );
});

test("what is beyond a prefix is after all that begins with it, and nothing is in between", () => {
  fc.assert(
    fc.property(text, text, text, fc.boolean(), (prefix, rest, end, isNear) => {
      const beyond = beyondPrefix(prefix);
      if (beyond === undefined) {
        assert.match(prefix, /^\u{10FFFF}*$/u);
        return;
      }
      assert(compareKeys(prefix + rest, beyond) < 0);
      const other = isNear ? Array.from(prefix).slice(0, -1).join("") + end : end;
      if (compareKeys(other, prefix) >= 0 && compareKeys(other, beyond) < 0) assert(other.startsWith(prefix));
    }),
    RUNS,
  );
});
