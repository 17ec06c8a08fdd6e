import assert from "node:assert/strict";
import test from "node:test";

import { chunkLine } from "./chunk-line.ts";

const LINE = chunkLine("([0-9A-Fa-f]{1,4})");

test("of the line before a chunk the size is taken, and extensions are read over", () => {
  for (const [line, size] of [
    ["0", "0"],
    ["1aF", "1aF"],
    ["5;a", "5"],
    ["5;a=b", "5"],
    ['5;a="b;c";d="\\"e"', "5"],
    ['5;a=""', "5"],
  ] as const) {
    assert.equal(LINE.exec(line)?.[1], size, line);
  }
});

test("what only looks like an extension, or like a size, is none", () => {
  for (const line of [
    "",
    "g",
    "12345",
    "-1",
    "0x1",
    "5 ",
    " 5",
    "5;",
    "5 ;a",
    "5; a",
    "5;a=",
    '5;a="',
    '5;a="\n"',
    "5;a\r",
    "5\n",
  ]) {
    assert.equal(LINE.exec(line), null, JSON.stringify(line));
  }
});
