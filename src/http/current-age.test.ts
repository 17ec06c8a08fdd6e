import assert from "node:assert/strict";
import { test } from "node:test";

import { epochMs, seconds } from "../vocabulary/time.ts";
import { computeCurrentAge, computeInitialAge, parseAge } from "./current-age.ts";

test("the older of two reckonings is the age on arrival [RFC 9111 §4.2.3]", () => {
  const rows: { age?: number; date?: number; sent: number; got: number; expected: number }[] = [
    { sent: 100, got: 100, expected: 0 },
    { sent: 100, got: 103, expected: 3 }, // the delay counts
    { date: 90, sent: 100, got: 103, expected: 13 },
    { age: 5, date: 100, sent: 100, got: 103, expected: 8 },
    { age: 5, date: 50, sent: 100, got: 103, expected: 53 },
    { age: 60, date: 103, sent: 100, got: 103, expected: 63 },
    { date: 200, sent: 100, got: 103, expected: 3 }, // an origin's clock ahead of ours
    { sent: 103, got: 100, expected: 0 }, // our clock set back
  ];
  for (const row of rows) {
    const arrival = {
      ageValue: row.age === undefined ? undefined : seconds(row.age),
      dateValue: row.date === undefined ? undefined : epochMs(row.date * 1000),
      requestedAt: epochMs(row.sent * 1000),
      receivedAt: epochMs(row.got * 1000),
    };
    const initial = computeInitialAge(arrival);
    assert.equal(initial, row.expected, JSON.stringify(row));
    assert.equal(computeCurrentAge(initial, arrival.receivedAt, epochMs((row.got + 10) * 1000)), row.expected + 10);
    assert.equal(
      computeCurrentAge(initial, arrival.receivedAt, epochMs((row.got - 10) * 1000)),
      row.expected,
      "time does not run backwards",
    );
  }
});

test("an Age field is a number or nothing [RFC 9111 §5.1]", () => {
  const rows: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ["0", 0],
    ["3600", 3600],
    ["10, 20", 10],
    ["-1", undefined],
    ["1.5", undefined],
    ["abc", undefined],
    ["", undefined],
    ["abc, 5", undefined],
    ["9".repeat(30), 3_153_600_000],
  ];
  for (const [value, expected] of rows) assert.equal(parseAge(value), expected, String(value));
});
