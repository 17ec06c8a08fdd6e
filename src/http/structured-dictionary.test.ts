import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseDictionary } from "./structured-dictionary.ts";

// field value → members as [name, kind, value]; `undefined`: the whole field is ignored
const ROWS: readonly (readonly [string, readonly (readonly [string, string, unknown])[] | undefined])[] = [
  ["", []],
  ["max-age=60", [["max-age", "integer", 60]]],
  [
    "a=1, b",
    [
      ["a", "integer", 1],
      ["b", "boolean", true],
    ],
  ],
  [
    "a=1,\tb=?0",
    [
      ["a", "integer", 1],
      ["b", "boolean", false],
    ],
  ],
  [
    "a=1, b=2, a=3",
    [
      ["b", "integer", 2],
      ["a", "integer", 3],
    ],
  ],
  ["  a=1.5  ", [["a", "decimal", 1.5]]],
  ["a=-0", [["a", "integer", -0]]],
  ['a="x \\" y, z"', [["a", "string", 'x " y, z']]],
  ["a=tok/en:1", [["a", "token", "tok/en:1"]]],
  [
    'a=:aGk=:, b=@1659578233, c=%"f%c3%bc"',
    [
      ["a", "other", undefined],
      ["b", "other", undefined],
      ["c", "other", undefined],
    ],
  ],
  [
    "a=(1 2);q=1, b;x;y=2",
    [
      ["a", "other", undefined],
      ["b", "boolean", true],
    ],
  ],
  ["a=()", [["a", "other", undefined]]],
  ["max-age=60, &&&&&", undefined],
  ["max-age =60", undefined],
  ["max-age= 60", undefined],
  ["Max-Age=60", undefined],
  ["a=1,", undefined],
  ["a=1,,b", undefined],
  ["a=1 b=2", undefined],
  ["a=1234567890123456", undefined],
  ["a=1.2345", undefined],
  ["a=1.", undefined],
  ['a="unclosed', undefined],
  ['a="bad \\x escape"', undefined],
  ["a=(1 2", undefined],
  ["a=(1,2)", undefined],
  ["a=?2", undefined],
  ["a;", undefined],
  ["=1", undefined],
];

for (const [text, expected] of ROWS) {
  test(`"${text}" is ${expected === undefined ? "no dictionary" : `read: ${expected.length} members`} [RFC 9651 §4.2.2]`, () => {
    const read = parseDictionary(text);
    const members =
      read && [...read].map(([name, item]) => [name, item.kind, "value" in item ? item.value : undefined]);
    assert.deepEqual(members, expected);
  });
}

test("any text is read or refused at once", () => {
  const pieces = fc.constantFrom(
    "a",
    "b=",
    "1",
    '"',
    "(",
    ")",
    ",",
    ";",
    " ",
    "\t",
    "?1",
    ":",
    "x=y",
    "\\",
    "=",
    "-",
    ".",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const read = parseDictionary(parts.join(""));
      assert.ok(read === undefined || read instanceof Map);
    }),
    { seed: 9651, numRuns: 3000 },
  );
});
