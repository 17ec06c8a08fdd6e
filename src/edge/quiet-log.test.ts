import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "../vocabulary/time.ts";
import { openQuietLog } from "./quiet-log.ts";

test("of each event so many lines are written in ten seconds, and then how many were left out", () => {
  let now = epochMs(1_000_000);
  const lines: string[] = [];
  const log = openQuietLog({ now: () => now }, 2, (_level, event, why) => lines.push(`${event}: ${why}`));
  for (let count = 1; count <= 5; count++) log("warn", "failed", `number ${count}`);
  log("warn", "other", "once");
  assert.deepEqual(lines.splice(0), ["failed: number 1", "failed: number 2", "other: once"]);
  now = epochMs(now + 9_999);
  log("warn", "failed", "number 6");
  assert.deepEqual(lines, []);
  now = epochMs(now + 1);
  for (const count of [7, 8, 9]) log("warn", "failed", `number ${count}`);
  assert.deepEqual(lines, ["failed: number 7 (and 4 more since the last line)", "failed: number 8"]);
});
