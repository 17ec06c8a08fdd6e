// A day of Zipf traffic with churn, scans and one-hit wonders over a cache of a million small responses: whether memory grows,
// and whether the cache hits as often as its eviction policy would. Takes some minutes. Memory is as the system sees it, with
// the trace in it and nobody collecting on purpose.

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
    const resident: number[] = [];
    const inHeap: number[] = [];
    const external: number[] = [];
    let most = 0;
    const begun = performance.now();
    const since = (): string => ((performance.now() - begun) / 1000).toFixed(0);
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
        ({ storedResponses, storedBytes }) => {
          most = Math.max(most, storedResponses);
          const memory = process.memoryUsage();
          resident.push(residentMegabytes(process.pid));
          inHeap.push(memory.heapUsed / 1_048_576);
          external.push(memory.external / 1_048_576);
          const now = [resident, inHeap, external].map((of) => of.at(-1)?.toFixed(0));
          const stored = `${storedResponses} stored in ${(storedBytes / 1e6).toFixed(0)} MB`;
          process.stderr.write(
            `hour ${resident.length}, ${since()} s: ${stored}; resident ${now[0]} MB, heap ${now[1]}, external ${now[2]}\n`,
          );
        },
      );
      const at = (of: readonly number[]): string => [12, 16, 20, 24].map((hour) => of[hour - 1]?.toFixed(0)).join(", ");
      return [
        {
          what: `hit ratio with up to ${STORED_MAX.toLocaleString("en")} responses stored`,
          value: hitRatio.toFixed(4),
          unit: "of requests",
          wanted: `≥ ${(idealRatio - 0.02).toFixed(4)}`,
          how: `S3-FIFO by the paper: ${idealRatio.toFixed(4)}; the second half of ${(STORED_MAX * 5).toLocaleString("en")} requests, ${since()} s`,
        },
        {
          what: "resident memory after hours 12, 16, 20, 24",
          value: at(resident),
          unit: "MB",
          wanted: "no growth once full",
          how: `heap ${at(inHeap)}, outside of it ${at(external)}; ${most.toLocaleString("en")} responses at most, ${MEMORY_BYTES / 1e6} MB of them in memory; the trace, ${((STORED_MAX * 5 * 4) / 1e6).toFixed(0)} MB, is in it`,
        },
      ];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
