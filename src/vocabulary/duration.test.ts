import assert from "node:assert/strict";
import test from "node:test";
import { formatDuration, parseDuration } from "./duration.ts";
import { seconds } from "./time.ts";

test("a duration is numbers with units, from the longest on", () => {
  const rows = [
    ["45s", 45],
    ["30m", 1800],
    ["1h", 3600],
    ["1h30m", 5400],
    ["30d", 2_592_000],
    ["2w1d", 1_296_000],
    ["250ms", 0.25],
    ["1s5ms", 1.005],
  ] as const;
  for (const [text, length] of rows) assert.equal(parseDuration(text), length, text);
});

test("what is none is not guessed at", () => {
  for (const text of [
    "",
    "1",
    "h",
    "-1h",
    "+1h",
    "1.5h",
    "1h 30m",
    "30m1h",
    "1h1h",
    "1H",
    "0s",
    "1y",
    "9".repeat(13) + "s",
  ]) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test("what is formatted reads as the same duration", () => {
  for (const length of [0.25, 1, 59, 60, 3600, 5400, 86_399, 604_800, 31_536_000, 1_234_567]) {
    assert.equal(parseDuration(formatDuration(seconds(length))), length);
  }
  assert.equal(formatDuration(seconds(0)), "0s");
  assert.equal(formatDuration(seconds(-3600.4)), "1h");
});
