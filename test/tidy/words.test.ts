// Words that the house does not use in src/, each with what to use instead; and the rules of a file that no linter has.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import test from "node:test";
import { sourceFiles } from "../support/source-files.ts";

/** What must not be there, what to write instead, where it is allowed. */
const BANNED: readonly (readonly [RegExp, string, RegExp?])[] = [
  [/\bDate\.now\(/, "take a Clock or an instant", /src\/vocabulary\/time\.ts$/],
  [/\bMath\.random\(/, "take RandomBytes"],
  [/^export default\b/m, "a named export"],
  [/^(?:export )?(?:const )?enum /m, "a union of literals"],
  [/\bTODO\b|\bFIXME\b|\bXXX\b/, "a row in docs/compatibility.md"],
  [/@ts-ignore|@ts-expect-error|@ts-nocheck/, "types that hold"],
  [/oxlint-disable|eslint-disable/, "a rule that is turned off for all, with its reason"],
];

function faultsOf(path: string, text: string): string[] {
  return BANNED.filter(([pattern, , allowed]) => pattern.test(text) && allowed?.test(path) !== true).map(
    ([pattern, instead]) => `${path}: ${pattern.source}: write ${instead}`,
  );
}

test("no file of src or of the console uses a banned word", () => {
  const all = [...sourceFiles("src"), ...globSync("console/src/**/*.{ts,tsx}")];
  const faults = all.flatMap((path) => faultsOf(path, readFileSync(path, "utf8")));
  assert.deepEqual(faults, []);
});

test("each banned word is found where it is planted", () => {
  const planted = [
    "const now = Date.now();",
    "const dice = Math.random();",
    "export default 1;",
    "export const enum Color { Red }",
    "// TODO later",
    "// @ts-ignore",
    "// oxlint-disable-next-line",
  ];
  for (const line of planted) assert.equal(faultsOf("src/edge/planted.ts", line).length, 1, line);
});

test("every file of src and of the console says first what it is", () => {
  const all = [...sourceFiles("src"), ...globSync("console/src/**/*.{ts,tsx}")];
  const silent = all.filter(
    (path) => !path.endsWith(".test.ts") && !/^(?:\/\/|\/\*\*)/.test(readFileSync(path, "utf8")),
  );
  assert.deepEqual(silent, []);
});
