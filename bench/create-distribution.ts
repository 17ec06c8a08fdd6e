// CreateDistribution as it is used: durable before it is answered, with the edge taking each change and acknowledging it
// meanwhile. What the disk itself takes for a durable write stands beside it, since no create can be faster.

import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { startBenchService, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { runLoad } from "./support/load-generator.ts";
import { createDistributionBody, formatSignedRequest } from "./support/signed-requests.ts";
import { median, percentile } from "./support/statistics.ts";

/** More than a run gets through; signed beforehand. */
const REQUESTS = 6000;
const SECONDS = 4;

export const createDistribution: Bench = {
  name: "create-distribution",
  about: "Durable CreateDistribution, one caller after another and 16 at once.",
  async run() {
    await using service = await startBenchService();
    await measure(service, 16, 1.5); // lets the compiler settle
    const figures: Figure[] = [];
    for (const connections of [1, 16]) {
      const synced = measureSync(service.dataDirectory);
      const { perSecond, latenciesMs } = await measure(service, connections, SECONDS);
      const [p50, p99] = [0.5, 0.99].map((share) => percentile(latenciesMs, share).toFixed(1));
      figures.push({
        what: `CreateDistribution, ${connections === 1 ? "sequential" : `${connections} at once`}`,
        value: `${perSecond.toFixed(0)}; p50 ${p50}, p99 ${p99}`,
        unit: "creates/s; ms",
        how: `${latenciesMs.length} creates; a bare 4 KB write and fsync before it: p50 ${synced.p50} ms, p99 ${synced.p99} ms`,
      });
    }
    return figures;
  },
};

function measure(service: BenchService, connections: number, seconds: number): ReturnType<typeof runLoad> {
  const requests = Array.from({ length: REQUESTS }, () =>
    formatSignedRequest(service.apiPort, "POST", "/2020-05-31/distribution", createDistributionBody(randomUUID())),
  );
  return runLoad({
    port: service.apiPort,
    connections,
    request: (index) => requests[index],
    seconds,
    expectedStatus: 201,
  });
}

/** What the disk under the store does with the smallest durable write, in ms. */
function measureSync(directory: string): { readonly p50: string; readonly p99: string } {
  const file = openSync(join(directory, "bench-sync"), "a");
  const page = Buffer.alloc(4096);
  const taken = Array.from({ length: 200 }, () => {
    const begun = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    return performance.now() - begun;
  });
  closeSync(file);
  return { p50: median(taken).toFixed(2), p99: percentile(taken, 0.99).toFixed(2) };
}
