import assert from "node:assert/strict";
import test from "node:test";
import type { WireValue } from "../wire/shape.ts";
import { documentOf, isSame, listed, quoted, required, textOf, textsOf } from "./sent-value.ts";

test("a member of another type than its shape's is our own fault", () => {
  assert.throws(() => textOf({ Comment: 1 }, "Comment"), /Comment is not text/);
  assert.throws(() => documentOf({ Logging: [] }, "Logging"), /Logging is not a structure/);
  assert.throws(() => textsOf({ Aliases: { Quantity: 1, Items: [1] } }, "Aliases"), /an item of Aliases is not text/);
  assert.throws(() => required(undefined, "Id"), /Id is required/);
});

test("a list without items has no Items, and one that was not sent has none either", () => {
  assert.deepEqual(listed([]), { Quantity: 0 });
  assert.deepEqual(listed(["a"]), { Quantity: 1, Items: ["a"] });
  assert.deepEqual(textsOf({}, "Aliases"), []);
  assert.deepEqual(textsOf({ Aliases: { Quantity: 0 } }, "Aliases"), []);
});

test("a caller's text is shown on one line and cut after 100 characters", () => {
  assert.equal(quoted("a\r\nb\0"), String.raw`"a\r\nb\u0000"`);
  assert.equal(quoted("a".repeat(101)), `"${"a".repeat(100)}…"`);
});

const SAME: readonly (readonly [one: WireValue | undefined, other: WireValue | undefined, same: boolean])[] = [
  [{ a: 1, b: ["x"] }, { b: ["x"], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [["x", "y"], ["y", "x"], false],
  [["x"], ["x", "y"], false],
  [["x"], { 0: "x" }, false],
  ["1", 1, false],
  [undefined, undefined, true],
  [undefined, "", false],
];

for (const [one, other, same] of SAME) {
  test(`${JSON.stringify(one)} and ${JSON.stringify(other)} are ${same ? "" : "not "}the same`, () => {
    assert.equal(isSame(one, other), same);
    assert.equal(isSame(other, one), same);
  });
}
