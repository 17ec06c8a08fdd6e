// What a second worker costs: CPU time per request of two workers that share a cache, against one, over the same load. Hits that
// both have in memory; hits of which half are asked of the other worker; misses, of which half are.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startBenchService, viewOnce, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { cpuSeconds, edgeWorkers, pin } from "./support/machine.ts";
import { runLoad, type Load } from "./support/load-generator.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore } from "./support/stored-page.ts";

const CONNECTIONS = 64;
const ROUNDS = 5;
const SECONDS = 1;
const KILOBYTE = 1024;

interface Case {
  readonly what: string;
  readonly bytes: number;
  /** Pages of their own for each request: nothing is stored of them before. */
  readonly misses?: true;
  readonly flags?: readonly string[];
  readonly wanted?: string;
}

const CASES: readonly Case[] = [
  { what: "hits of 1 KB, copied to both", bytes: KILOBYTE, wanted: "≤ 1.1" },
  { what: "hits of 32 KB, copied to both", bytes: 32 * KILOBYTE, wanted: "≤ 1.1" },
  { what: "hits of 1 MB, copied to both", bytes: 1024 * KILOBYTE, wanted: "≤ 1.1" },
  { what: "hits of 1 MB, no copies", bytes: 1024 * KILOBYTE, flags: ["--cache-copy-bytes-max", "0"] },
  { what: "hits of 1 KB, no copies", bytes: KILOBYTE, flags: ["--cache-copy-bytes-max", "0"] },
  { what: "misses of 1 KB", bytes: KILOBYTE, misses: true },
];

export const workers: Bench = {
  name: "workers",
  about: "CPU time per request of two workers with one cache, against one worker.",
  async run() {
    const figures: Figure[] = [];
    for (const one of CASES) figures.push(await measureCase(one));
    return figures;
  },
};

interface Measured {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

async function measureCase({ what, bytes, misses, flags = [], wanted }: Case): Promise<Figure> {
  const body = Buffer.alloc(bytes, "x");
  const origin = createServer((_request, response) =>
    response
      .writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "max-age=600", "Content-Length": bytes })
      .end(body),
  );
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const { port } = origin.address() as AddressInfo;
  try {
    await using alone = await startBenchService({ flags: [...flags, "--workers", "1"] });
    await using both = await startBenchService({ flags: [...flags, "--workers", "2"] });
    const rows: { readonly alone: Measured; readonly both: Measured }[] = [];
    const [one, two] = [await prepare(alone, port, misses), await prepare(both, port, misses)];
    for (const each of [one, two]) await each(1);
    for (let round = 0; round < ROUNDS; round++) {
      if (round % 2 === 0) rows.push({ alone: await one(SECONDS), both: await two(SECONDS) });
      else {
        const second = await two(SECONDS);
        rows.push({ alone: await one(SECONDS), both: second });
      }
    }
    const ratios = rows.map((row) => row.both.cpuMicroseconds / row.alone.cpuMicroseconds);
    const cpu = (of: "alone" | "both"): string => median(rows.map((row) => row[of].cpuMicroseconds)).toFixed(1);
    return {
      what: `${what}: CPU per request, two workers against one`,
      value: formatSpread(ratios, 2),
      unit: "×",
      ...(wanted !== undefined && { wanted }),
      how: `${cpu("both")} against ${cpu("alone")} µs; ${CONNECTIONS} connections, ${ROUNDS} rounds in turn`,
    };
  } finally {
    origin.closeAllConnections();
    origin.close();
  }
}

/** Returns what measures for so many seconds. */
async function prepare(
  service: BenchService,
  originPort: number,
  misses: true | undefined,
): Promise<(seconds: number) => Promise<Measured>> {
  const host = await distributionBefore(service, originPort);
  const processes = edgeWorkers(service.supervisorId);
  for (const process of processes) pin(process, "server");
  // Over connections of their own, so that both workers are asked, and have what they are to have.
  for (let tried = 0; tried < 60; tried++) {
    await viewOnce(service.edgePort, host, "/page");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const requestOf = (path: string): Buffer =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);
  const page = requestOf("/page");
  let pages = 0;
  const request = misses === true ? () => requestOf(`/page/${pages++}`) : () => page;
  const load: Omit<Load, "seconds"> = {
    port: service.edgePort,
    connections: CONNECTIONS,
    request,
    expectedStatus: 200,
  };
  const used = (): number => processes.reduce((sum, process) => sum + cpuSeconds(process), 0);
  return async (seconds) => {
    const before = used();
    const { perSecond, answers } = await runLoad({ ...load, seconds });
    return { perSecond, cpuMicroseconds: ((used() - before) / answers) * 1e6 };
  };
}
