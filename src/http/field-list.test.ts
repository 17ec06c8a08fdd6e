import assert from "node:assert/strict";
import { test } from "node:test";

import { combineField, listNames, splitList, trimBlanks, unquote } from "./field-list.ts";

test("a list is split at its commas, but not within quoted strings [RFC 9110 §5.6.1]", () => {
  const rows: [string, string[]][] = [
    ["", []],
    ["a", ["a"]],
    ["a,b , c", ["a", "b", "c"]],
    [" , a,, \t,b,", ["a", "b"]],
    ['a="1,2", b', ['a="1,2"', "b"]],
    ['"a\\",b",c', ['"a\\",b"', "c"]],
    ['a="never closed, b', ['a="never closed, b']],
    ['"a","b"', ['"a"', '"b"']],
    ["a\\,b", ["a\\", "b"]],
    ["a\u00a0,b", ["a\u00a0", "b"]],
  ];
  for (const [value, expected] of rows) assert.deepEqual(splitList(value), expected, value);
});

test("lines of one field are one list, in their order [RFC 9110 §5.3]", () => {
  const fields = [
    ["Vary", "a"],
    ["X", "1"],
    ["VARY", "b, c"],
  ] as const;
  assert.equal(combineField(fields, "vary"), "a, b, c");
  assert.equal(combineField(fields, "x"), "1");
  assert.equal(combineField(fields, "y"), undefined);
  assert.equal(combineField([["A", ""]], "a"), "");
});

test("a quoted string stands for what is in it [RFC 9110 §5.6.4]", () => {
  const rows: [string, string | undefined][] = [
    ["token", "token"],
    ['"a b"', "a b"],
    ['""', ""],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"open', undefined],
    ['"a"b', undefined],
    ['"a\\"', undefined],
    ['"', undefined],
  ];
  for (const [text, expected] of rows) assert.equal(unquote(text), expected, text);
});

test("white space is space and tab only", () => {
  assert.equal(trimBlanks(" \ta\t "), "a");
  assert.equal(trimBlanks("\u00a0a\n"), "\u00a0a\n");
  assert.equal(trimBlanks("  "), "");
});

test("options are found whatever their case", () => {
  assert.equal(listNames("Keep-Alive, CLOSE", "close"), true);
  assert.equal(listNames("closed", "close"), false);
});
