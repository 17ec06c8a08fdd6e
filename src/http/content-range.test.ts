import assert from "node:assert/strict";
import { test } from "node:test";
import { formatContentRange, formatUnsatisfied, parseContentRange } from "./content-range.ts";

const VALUES: readonly (readonly [value: string, first: number, last: number, total: number | undefined])[] = [
  ["bytes 0-0/1", 0, 0, 1],
  ["bytes 4-9/10", 4, 9, 10],
  ["Bytes 4-9/*", 4, 9, undefined],
  ["bytes 0-999999999999999/*", 0, 999_999_999_999_999, undefined],
];

for (const [value, first, last, total] of VALUES) {
  test(`"Content-Range: ${value}" is read`, () => {
    assert.deepEqual(parseContentRange(value), { first, last, total });
    if (total !== undefined) assert.equal(formatContentRange({ first, last }, total), value.toLowerCase());
  });
}

// [RFC 9110 §14.4]
const INVALID = [
  "",
  "bytes 9-4/10",
  "bytes 0-10/10",
  "bytes */10",
  "items 0-1/2",
  "bytes=0-1/2",
  "bytes 0-1",
  "bytes -1/2",
  "bytes 0-1/2, bytes 0-1/2",
  "bytes 0-1/2 ",
  "bytes 1e1-20/30",
  "bytes 0-9999999999999999/*",
];

for (const value of INVALID) {
  test(`"Content-Range: ${value}" says nothing`, () => assert.equal(parseContentRange(value), undefined));
}

test("a range that cannot be satisfied tells the length", () => assert.equal(formatUnsatisfied(10), "bytes */10"));
