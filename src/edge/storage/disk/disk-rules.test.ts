import assert from "node:assert/strict";
import { test } from "node:test";
import { feedNumber, keyOf } from "../cache-storage-contract.ts";
import { openDiskRules } from "./disk-rules.ts";
import { mark } from "./entry-index.ts";

const { distribution } = keyOf("/");

for (const [name, path, isLiteral] of [
  ["a URL", "/a", true],
  ["a path with a star", "/a*", false],
  ["a whole distribution", "/*", false],
] as const) {
  // After a restart the feed's rules come first, and then the edge's own of earlier runs.
  for (const numbers of [
    [3, 20],
    [20, 3],
  ]) {
    test(`of two rules for ${name} the younger counts when they come in the order ${numbers.join(", ")}`, () => {
      const rules = openDiskRules();
      for (const number of numbers) rules.add({ distribution, path, isLiteral }, feedNumber(number));
      for (const [began, isRefused] of [
        [2, true],
        [18, true],
        [20, false],
      ] as const) {
        assert.equal(rules.refuses(keyOf("/a"), began), isRefused, `began at ${began}`);
      }
      if (path === "/a*") return;
      const sweep = rules.takeSweep();
      assert.notEqual(sweep?.removes(mark(distribution), mark("/a"), 18), undefined);
      assert.equal(sweep?.removes(mark(distribution), mark("/a"), 20), undefined);
    });
  }
}
