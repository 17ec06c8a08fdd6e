import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { liveThroughDay } from "./cache-day.ts";

test("over a day the cache keeps to its bounds and hits as often as its policy would", async () => {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-day-"));
  const storedMax = 3000;
  try {
    let hours = 0;
    const { hitRatio, idealRatio } = await liveThroughDay(
      { directory, objects: 15_000, requests: 80_000, storedMax, memoryBytes: 1_500_000, seed: 20_261_121 },
      ({ storedResponses, storedBytes }) => {
        hours++;
        assert.ok(storedResponses <= storedMax, `${storedResponses} after hour ${hours}`);
        assert.ok(storedBytes <= storedMax * 1750, `${storedBytes} bytes after hour ${hours}`);
      },
    );
    assert.equal(hours, 24);
    assert.ok(idealRatio > 0.3, `the policy hits ${idealRatio}`);
    assert.ok(
      hitRatio > idealRatio - 0.02,
      `${hitRatio} of all were hits, by the policy alone it would be ${idealRatio}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
