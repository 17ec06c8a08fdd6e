import assert from "node:assert/strict";
import test from "node:test";
import { addSeconds, epochMs, seconds } from "../vocabulary/time.ts";
import { isRenewalDue, warningDue, type WarnedAt } from "./certificate-expiry.ts";

const NOW = epochMs(Date.UTC(2026, 10, 20));
const DAY = 86_400;

test("warnings are due 30, 7 and 1 days before the end, and at the end", () => {
  const rows: readonly [secondsLeft: number, due: WarnedAt | undefined][] = [
    [30 * DAY + 1, undefined],
    [30 * DAY, 30],
    [7 * DAY + 1, 30],
    [7 * DAY, 7],
    [DAY + 1, 7],
    [DAY, 1],
    [1, 1],
    [0, 0],
    [-DAY, 0],
  ];
  for (const [left, due] of rows) assert.equal(warningDue(addSeconds(NOW, seconds(left)), NOW), due, `${left}`);
});

test("what is issued here is renewed from 60 days before its end on, what was imported never", () => {
  for (const [type, secondsLeft, isDue] of [
    ["AMAZON_ISSUED", 60 * DAY + 1, false],
    ["AMAZON_ISSUED", 60 * DAY, true],
    ["AMAZON_ISSUED", -1, true],
    ["IMPORTED", -1, false],
  ] as const) {
    const config = { Type: type, NotAfter: addSeconds(NOW, seconds(secondsLeft)) };
    assert.equal(isRenewalDue(config, NOW), isDue, `${type} ${secondsLeft}`);
  }
});
