import assert from "node:assert/strict";
import { test } from "node:test";

import { parseByteRanges, resolveByteRange } from "./byte-range.ts";

/** Of a body of 100 bytes. */
function resolved(value: string): string | undefined {
  return parseByteRanges(value)
    ?.map((spec) => resolveByteRange(spec, 100))
    .map((range) => (range === undefined ? "none" : `${range.first}-${range.last}`))
    .join(" ");
}

test("ranges are read and cut to the length [RFC 9110 §14.1.2]", () => {
  const rows: [string, string | undefined][] = [
    ["bytes=0-9", "0-9"],
    ["Bytes=0-9", "0-9"],
    ["bytes=10-", "10-99"],
    ["bytes=-10", "90-99"],
    ["bytes=-200", "0-99"],
    ["bytes=-0", "none"],
    ["bytes=0-1000", "0-99"],
    ["bytes=99-99", "99-99"],
    ["bytes=100-", "none"],
    ["bytes=0-0, 5-6 ,-1", "0-0 5-6 99-99"],
    [`bytes=${"9".repeat(40)}-`, "none"],
    ["bytes=5-4", undefined],
    ["bytes=", undefined],
    ["bytes=-", undefined],
    ["bytes=a-b", undefined],
    ["bytes= 0-1", "0-1"],
    ["bytes=0 -1", undefined],
    ["bytes 0-1", undefined],
    ["items=0-1", undefined],
  ];
  for (const [value, expected] of rows) assert.equal(resolved(value), expected, value);
});

test("an empty body has no range", () => {
  assert.equal(resolveByteRange({ kind: "suffix", count: 5 }, 0), undefined);
  assert.equal(resolveByteRange({ kind: "from", first: 0, last: undefined }, 0), undefined);
});
