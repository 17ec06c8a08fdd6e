// What a second worker costs: CPU time per request of two workers that share a cache, against one, over the same load. Hits that
// both have in memory; hits of which half are asked of the other worker; misses, of which half are. Beside them two workers that share nothing: what
// two processes on one core cost whatever they do.

import { startPeersOrigin, type SizeName } from "./peers/origin.ts";
import { startBenchService, viewOnce, type BenchService } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { cpuSeconds, edgeWorkers, pin } from "./support/machine.ts";
import { runLoad } from "./support/load-generator.ts";
import { formatSpread, median } from "./support/statistics.ts";
import { distributionBefore } from "./support/stored-page.ts";

const CONNECTIONS = 64;
const ROUNDS = 5;
const SECONDS = 1;
/** Code that was run too seldom is not compiled yet, and each of two workers runs it half as often: so many answers go before, as far as that is done in so many runs. */
const WARM_ANSWERS = 40_000;
const WARM_RUNS_MAX = 6;

interface Case {
  readonly what: string;
  readonly size: SizeName;
  /** Pages of their own for each request: nothing is stored of them before. */
  readonly misses?: true;
  readonly flags?: readonly string[];
  readonly wanted?: string;
}

const NO_COPIES = ["--cache-copy-bytes-max", "0"];

const CASES: readonly Case[] = [
  { what: "hits of 1 KB, copied to both", size: "1k", wanted: "≤ 1.1" },
  { what: "hits of 32 KB, copied to both", size: "32k", wanted: "≤ 1.1" },
  { what: "hits of 1 MB, copied to both", size: "1m", wanted: "≤ 1.1" },
  { what: "hits of 1 MB, no copies", size: "1m", flags: NO_COPIES },
  { what: "hits of 1 KB, no copies", size: "1k", flags: NO_COPIES },
  { what: "misses of 1 KB", size: "1k", misses: true },
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

const CONTESTANTS = ["one", "apart", "both"] as const;
type Round = Readonly<Record<(typeof CONTESTANTS)[number], Measured>>;

async function measureCase({ what, size, misses, flags = [], wanted }: Case): Promise<Figure> {
  // In a process of its own, and as lean as one can be: else it is the origin that is measured with misses.
  await using origin = await startPeersOrigin();
  pin(origin.processId, "load");
  const start = (count: number): Promise<BenchService> =>
    startBenchService({ flags: [...flags, "--workers", String(count)] });
  await using alone = await start(1);
  await using half = await start(1);
  await using other = await start(1);
  await using shared = await start(2);
  const load = async (...services: readonly BenchService[]): Promise<Run> => {
    const runs: Target[] = [];
    for (const service of services) runs.push(await prepare(service, origin.port, `/${size}`));
    return (seconds) => measure(runs, misses, seconds);
  };
  const run: Record<keyof Round, Run> = {
    one: await load(alone),
    apart: await load(half, other),
    both: await load(shared),
  };
  for (const contestant of CONTESTANTS) await warmUp(run[contestant]);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const measured: Partial<Record<keyof Round, Measured>> = {};
    const order = round % 2 === 0 ? CONTESTANTS : CONTESTANTS.toReversed();
    for (const contestant of order) measured[contestant] = await run[contestant](SECONDS);
    rounds.push(measured as Round);
  }
  const ratios = (of: keyof Round, what: keyof Measured): number[] =>
    rounds.map((row) => row[of][what] / row.one[what]);
  const cpu = (of: keyof Round): string => median(rounds.map((row) => row[of].cpuMicroseconds)).toFixed(1);
  return {
    what: `${what}: CPU per request, two workers against one`,
    value: formatSpread(ratios("both", "cpuMicroseconds"), 2),
    unit: "×",
    ...(wanted !== undefined && { wanted }),
    how:
      `${cpu("both")} against ${cpu("one")} µs; two that share nothing ${formatSpread(ratios("apart", "cpuMicroseconds"), 2)} ×; ` +
      `rate ${formatSpread(ratios("both", "perSecond"), 2)} ×; ${CONNECTIONS} connections, ${ROUNDS} rounds in turn`,
  };
}

type Run = (seconds: number) => Promise<Measured & { readonly answers: number }>;

async function warmUp(run: Run): Promise<void> {
  let answers = 0;
  for (let runs = 0; runs < WARM_RUNS_MAX && answers < WARM_ANSWERS; runs++) {
    const more = await run(SECONDS);
    answers += more.answers;
  }
}

interface Target {
  readonly port: number;
  readonly processes: readonly number[];
  readonly requestOf: (path: string) => Buffer;
  readonly page: string;
  /** Pages that were asked for once. */
  pages: number;
}

async function prepare(service: BenchService, originPort: number, page: string): Promise<Target> {
  const host = await distributionBefore(service, originPort);
  const processes = edgeWorkers(service.supervisorId);
  for (const process of processes) pin(process, "server");
  // Over connections of their own, so that both workers are asked, and have what they are to have.
  for (let tried = 0; tried < 60; tried++) {
    await viewOnce(service.edgePort, host, page);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const requestOf = (path: string): Buffer =>
    Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);
  return { port: service.edgePort, processes, requestOf, page, pages: 0 };
}

/** All targets at once, each with its part of the connections. */
async function measure(
  targets: readonly Target[],
  misses: true | undefined,
  seconds: number,
): Promise<Measured & { readonly answers: number }> {
  const used = (): number => targets.flatMap(({ processes }) => processes).reduce((sum, id) => sum + cpuSeconds(id), 0);
  const before = used();
  const outcomes = await Promise.all(
    targets.map((target) => {
      const page = target.requestOf(target.page);
      return runLoad({
        port: target.port,
        connections: CONNECTIONS / targets.length,
        request: misses === true ? () => target.requestOf(`/u/${target.pages++}`) : () => page,
        expectedStatus: 200,
        seconds,
      });
    }),
  );
  const answers = outcomes.reduce((sum, outcome) => sum + outcome.answers, 0);
  const perSecond = outcomes.reduce((sum, outcome) => sum + outcome.perSecond, 0);
  return { answers, perSecond, cpuMicroseconds: ((used() - before) / answers) * 1e6 };
}
