// A day of Zipf traffic with churn, scans and one-hit wonders over a cache of a million small responses: whether memory grows,
// and whether the cache hits as often as its eviction policy would. Takes some minutes.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "./support/bench.ts";
import { liveThroughDay } from "./support/cache-day.ts";
import { residentMegabytes } from "./support/machine.ts";

const STORED_MAX = Number(process.env["WARMFRONT_BENCH_OBJECTS"] ?? "1000000");
const MEMORY_BYTES = 64_000_000;

export const cacheDay: Bench = {
  name: "cache-day",
  about: "A simulated day of traffic over a million stored responses: memory and hit ratio.",
  async run() {
    const directory = mkdtempSync(join(tmpdir(), "warmfront-bench-day-"));
    const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
    const resident: number[] = [];
    let most = 0;
    const begun = performance.now();
    try {
      const { hitRatio, idealRatio } = await liveThroughDay(
        {
          directory,
          objects: STORED_MAX * 3,
          requests: STORED_MAX * 5,
          storedMax: STORED_MAX,
          memoryBytes: MEMORY_BYTES,
          seed: 20_261_121,
        },
        ({ storedResponses }) => {
          most = Math.max(most, storedResponses);
          collect();
          resident.push(residentMegabytes(process.pid));
          process.stderr.write(
            `hour ${resident.length}: ${storedResponses} stored, ${resident.at(-1)?.toFixed(0)} MB\n`,
          );
        },
      );
      const at = (hour: number): string => resident[hour - 1]?.toFixed(0) ?? "?";
      return [
        {
          what: `hit ratio with up to ${STORED_MAX.toLocaleString("en")} responses stored`,
          value: hitRatio.toFixed(4),
          unit: "of requests",
          wanted: `≥ ${(idealRatio - 0.02).toFixed(4)}`,
          how: `S3-FIFO by the paper: ${idealRatio.toFixed(4)}; the second half of ${(STORED_MAX * 5).toLocaleString("en")} requests, ${((performance.now() - begun) / 1000).toFixed(0)} s`,
        },
        {
          what: "resident memory after hours 12, 16, 20, 24",
          value: `${at(12)}, ${at(16)}, ${at(20)}, ${at(24)}`,
          unit: "MB",
          wanted: "no growth once full",
          how: `${most.toLocaleString("en")} responses at most, ${MEMORY_BYTES / 1e6} MB of them in memory; the trace and the policy it is compared with are in it`,
        },
      ];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
