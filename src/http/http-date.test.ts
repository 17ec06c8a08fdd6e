import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import { epochMs } from "../vocabulary/time.ts";
import { formatHttpDate, parseHttpDate } from "./http-date.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20));
const RFC_EXAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37);

test("dates are read in three formats and no other [RFC 9110 §5.6.7]", () => {
  const rows: [string, number | undefined][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", RFC_EXAMPLE],
    ["Sunday, 06-Nov-94 08:49:37 GMT", RFC_EXAMPLE],
    ["Sun Nov  6 08:49:37 1994", RFC_EXAMPLE],
    ["Wed Nov 16 08:49:37 1994", Date.UTC(1994, 10, 16, 8, 49, 37)],
    ["Mon, 06 Nov 1994 08:49:37 GMT", RFC_EXAMPLE], // a wrong weekday is overlooked
    ["Thu, 29 Feb 2024 00:00:00 GMT", Date.UTC(2024, 1, 29)],
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)], // leap second
    ["Sat, 01 Jan 0050 00:00:00 GMT", new Date("0050-01-01T00:00:00Z").getTime()],
    ["Wed, 29 Feb 2023 00:00:00 GMT", undefined],
    ["Sun, 31 Apr 2023 00:00:00 GMT", undefined],
    ["Sun, 00 Apr 2023 00:00:00 GMT", undefined],
    ["Sun, 06 Nov 1994 24:00:00 GMT", undefined],
    ["Sun, 06 Nov 1994 08:60:00 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:61 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:37 UTC", undefined],
    ["Sun, 06 Nov 1994 08:49:37 +0000", undefined],
    ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
    ["Sun, 06 nov 1994 08:49:37 GMT", RFC_EXAMPLE], // the case of letters is overlooked [RFC 9111 §4.2]
    ["sun, 06 NOV 1994 08:49:37 gmt", RFC_EXAMPLE],
    ["sunday, 06-NOV-94 08:49:37 gmt", RFC_EXAMPLE],
    ["SUN NOV  6 08:49:37 1994", RFC_EXAMPLE],
    ["Sun, 06 Nov 94 08:49:37 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:37 GMT ", undefined],
    ["1994-11-06T08:49:37Z", undefined],
    ["0", undefined],
    ["-1", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of rows) assert.equal(parseHttpDate(text, NOW), expected, text);
});

test("a year of two digits is never more than 50 years ahead [RFC 9110 §5.6.7]", () => {
  const rows: [string, number, number][] = [
    // year, read in, means
    ["94", 2026, 1994],
    ["26", 2026, 2026],
    ["75", 2026, 2075],
    ["76", 2026, 2076],
    ["77", 2026, 1977],
    ["00", 2026, 2000],
    ["10", 2099, 2110],
    ["49", 2099, 2149],
    ["50", 2099, 2050],
    ["99", 2099, 2099],
  ];
  for (const [year, thisYear, expected] of rows) {
    const read = parseHttpDate(`Sunday, 06-Nov-${year} 08:49:37 GMT`, epochMs(Date.UTC(thisYear, 0, 1)));
    assert.equal(new Date(read ?? Number.NaN).getUTCFullYear(), expected, `${year} in ${thisYear}`);
  }
});

test("dates are written as IMF-fixdate, fractions cut off", () => {
  assert.equal(formatHttpDate(epochMs(RFC_EXAMPLE)), "Sun, 06 Nov 1994 08:49:37 GMT");
  assert.equal(formatHttpDate(epochMs(RFC_EXAMPLE + 999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  assert.equal(formatHttpDate(epochMs(RFC_EXAMPLE + 1000)), "Sun, 06 Nov 1994 08:49:38 GMT");
  assert.equal(formatHttpDate(epochMs(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
});

test("what is written is read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
      const instant = epochMs(second * 1000);
      assert.equal(parseHttpDate(formatHttpDate(instant), NOW), instant);
    }),
    { seed: 9110, numRuns: 2000 },
  );
});
