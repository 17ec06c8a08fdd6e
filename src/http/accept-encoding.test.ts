import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseAcceptEncoding, weightOfCoding } from "./accept-encoding.ts";

// value → weights of gzip, br and identity
const ROWS: readonly (readonly [value: string, ...weights: (number | undefined)[]])[] = [
  [""],
  ["gzip", 1000],
  ["GZip", 1000],
  ["x-gzip", 1000],
  ["gzip, deflate, br, zstd", 1000, 1000],
  ["gzip;q=0.5,br;q=1.000", 500, 1000],
  ["gzip ; q=0.001", 1],
  ["gzip;Q=0", 0],
  ["gzip;q=0.000, br", 0, 1000],
  ["*", 1000, 1000, 1000],
  ["*;q=0", 0, 0, 0],
  ["*;q=0.2, gzip", 1000, 200, 200],
  ["gzip, *;q=0", 1000, 0, 0],
  ["identity;q=0", undefined, undefined, 0],
  ["identity;q=0.7, gzip;q=0.3", 300, undefined, 700],
  // Twice: the higher one.
  ["gzip;q=0, gzip;q=0.4", 400],
  // Not weights, or not only: the coding is not counted on.
  ["gzip;q=2"],
  ["gzip;q=-1"],
  ["gzip;q="],
  ["gzip;q=.5"],
  ["gzip;q=1.5"],
  ["gzip;q=NaN"],
  ["gzip;q=0x1"],
  ["gzip;level=9"],
  ["gzip;q=1;q=1"],
  // Not codings.
  ["gzip br"],
  ["gzipped, xgzip"],
  ['"gzip"'],
  ['"gzip, br'],
  ["gz\u00efp"],
  [",, ,gzip,,", 1000],
  // Longer than the grammar has it, and clear all the same.
  ["gzip;q=0.33333", 333],
];

for (const [value, ...expected] of ROWS) {
  test(`Accept-Encoding "${value}" [RFC 9110 §12.5.3]`, () => {
    const weights = parseAcceptEncoding(value);
    const read = ["gzip", "br", "identity"].map((coding) => weightOfCoding(weights, coding));
    assert.deepEqual(read, [...expected, undefined, undefined, undefined].slice(0, 3));
  });
}

test("what is written is read: any codings with any weights, in any order and with any white space", () => {
  const blank = fc.constantFrom("", " ", "\t", "  ");
  const element = fc.tuple(
    fc.constantFrom("gzip", "br", "identity", "*", "zstd", "deflate"),
    fc.integer({ min: 0, max: 1000 }),
    blank,
    blank,
  );
  const elements = fc.uniqueArray(element, { selector: ([coding]) => coding });
  fc.assert(
    fc.property(elements, (list) => {
      const value = list
        .map(([coding, weight, before, after]) => `${before}${coding}${after};${before}q=${(weight / 1000).toFixed(3)}`)
        .join(",");
      const said = new Map(list.map(([coding, weight]) => [coding as string, weight]));
      assert.deepEqual(parseAcceptEncoding(value), said);
    }),
    { seed: 12_531, numRuns: 2000 },
  );
});

test("no value makes a weight outside 0 to 1", () => {
  const garbage = fc.string({
    unit: fc.constantFrom(...'g,z,i,p,b,r,*,;,q,=,0,1,.,5, ,\t,",\\,-,x'.split(","), ","),
    maxLength: 30,
  });
  fc.assert(
    fc.property(garbage, (value) => {
      for (const weight of parseAcceptEncoding(value).values()) assert(weight >= 0 && weight <= 1000, `${weight}`);
    }),
    { seed: 12_532, numRuns: 20_000 },
  );
});
