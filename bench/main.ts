// `npm run bench [-- NAME …]`: measures and prints a Markdown table for docs/performance.md. All of them take a few
// minutes. Figures are printed, not asserted: how quiet the machine was stands in the first line.

import { describeLoad, describeMachine, pin } from "./support/machine.ts";
import type { Bench } from "./support/bench.ts";
import { accessRecord } from "./access-record.ts";
import { bucketIndex } from "./bucket-index.ts";
import { bucketGet } from "./bucket-get.ts";
import { bucketLarge } from "./bucket-large.ts";
import { cacheDay } from "./cache-day.ts";
import { cacheDisk } from "./cache-disk.ts";
import { cacheHit } from "./cache-hit.ts";
import { consolePage } from "./console.ts";
import { createDistribution } from "./create-distribution.ts";
import { getDistribution } from "./get-distribution.ts";
import { hitKinds } from "./hit-kinds.ts";
import { hitScale } from "./hit-scale.ts";
import { http2Hit } from "./http2-hit.ts";
import { idleConnections } from "./idle-connections.ts";
import { largeBody } from "./large-body.ts";
import { listDistributions } from "./list-distributions.ts";
import { logCorrectness } from "./log-correctness.ts";
import { memory } from "./memory.ts";
import { objectFiles } from "./object-files.ts";
import { overload } from "./overload.ts";
import { overloadHits } from "./overload-hits.ts";
import { signedHit } from "./signed-hit.ts";
import { startUp } from "./start-up.ts";
import { tailCost } from "./tail-cost.ts";
import { workers } from "./workers.ts";

const BENCHES: readonly Bench[] = [
  getDistribution,
  createDistribution,
  listDistributions,
  startUp,
  consolePage,
  memory,
  idleConnections,
  largeBody,
  http2Hit,
  bucketIndex,
  objectFiles,
  cacheHit,
  hitKinds,
  hitScale,
  cacheDisk,
  cacheDay,
  workers,
  accessRecord,
  logCorrectness,
  tailCost,
  overload,
  overloadHits,
  signedHit,
  bucketGet,
  bucketLarge,
];

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    const list = BENCHES.map(({ name, about }) => `  ${name.padEnd(20)} ${about}\n`).join("");
    process.stderr.write(`there is no bench ${JSON.stringify(unknown)}; there are\n${list}`);
    return 2;
  }
  const chosen = BENCHES.filter(({ name }) => names.length === 0 || names.includes(name));
  process.stdout.write(`${describeMachine()}\n\n`);
  process.stdout.write("| Bench | Figure | Value | Unit | Wanted | How |\n| --- | --- | --- | --- | --- | --- |\n");
  for (const bench of chosen) {
    pin(process.pid, "load");
    const begun = performance.now();
    process.stderr.write(`${bench.name}: ${bench.about}\n`);
    for (const { what, value, unit, wanted = "", how = "" } of await bench.run()) {
      process.stdout.write(`| \`${bench.name}\` | ${what} | ${value} | ${unit} | ${wanted} | ${how} |\n`);
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    process.stderr.write(`${bench.name}: ${seconds} s, load average ${describeLoad()}\n`);
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
