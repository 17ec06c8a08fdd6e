// What an edge does that is asked for more misses than it can answer: at a slow origin, offered at up to four times of its peak over many
// connections, and as fast as all of them can ask. What it serves is told against that peak just before and after; by CPU time too, which
// holds on a machine where others are at work. Beside it how late those are who are served, whether the edge still answers for itself, and how
// soon it is over.

import { startBenchService, viewOnce } from "./support/bench-service.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { openFlood, type FloodOutcome } from "./support/flood.ts";
import { cpuSeconds } from "./support/machine.ts";
import { formatSpread, median, percentile } from "./support/statistics.ts";
import { startSlowOrigin } from "./support/slow-origin.ts";
import { distributionBefore, waitForHit } from "./support/stored-page.ts";

/** Loads, by how many times the peak is offered; each in so many rounds. What is claimed of one has the most: a machine's pace differs from second to second. */
const LOADS = [
  { times: 1, rounds: 2 },
  { times: 2, rounds: 11 },
  { times: 4, rounds: 2 },
  { times: Infinity, rounds: 2 },
] as const;
/** Longer than who was refused is held for at first. */
const SECONDS = 4;
const PEAK_SECONDS = 2.5;
/** A miss is mostly waiting: so many at once keep it busy, one or the other of these best. */
const AT_ONCE = [192, 384, 768] as const;
const CONNECTIONS = 3000;
const ORIGIN_MS = 20;

export const overload: Bench = {
  name: "overload",
  about: "Misses at up to four times of what the edge can do.",
  async run() {
    return [...(await flooded("50", Infinity)), ...(await flooded("0", 1))];
  },
};

/** `turnMs`: the bound of a turn; 0 refuses nothing. `roundsMax`: of each load. */
async function flooded(turnMs: string, roundsMax: number): Promise<readonly Figure[]> {
  const isGuarded = turnMs !== "0";
  await using origin = await startSlowOrigin(ORIGIN_MS);
  const guard = [`--overload-turn-milliseconds-max=${turnMs}`, `--origin-wait-milliseconds-max=${isGuarded ? 100 : 0}`];
  await using service = await startBenchService({
    flags: ["--workers=1", ...guard, "--viewer-connections-per-address-max=20000"],
  });
  const host = await distributionBefore(service, origin.port);
  await waitForHit(service.edgePort, host);
  let unique = 0;
  const request = (): string => `GET /m/${unique++} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\n\r\n`;
  using pool = await openFlood({ port: service.edgePort, connections: CONNECTIONS, request });
  // Over the same connections, so that only how many ask at once makes the difference; and before and after each load, because what
  // the edge gets of a machine where others are at work changes.
  const withAtOnce = (atOnce: number): Promise<Measured> =>
    measured(service.edgeId, () => pool.run(Infinity, PEAK_SECONDS, atOnce));
  await withAtOnce(AT_ONCE[0]);
  let [peak, best]: [Measured, number] = [await withAtOnce(AT_ONCE[0]), AT_ONCE[0]];
  for (const atOnce of AT_ONCE.slice(1)) {
    const other = await withAtOnce(atOnce);
    if (rateOf(other) > rateOf(peak)) [peak, best] = [other, atOnce];
  }
  const peaks = [peak];
  const loads = LOADS.map(({ times, rounds }) => ({ times, rounds: Math.min(rounds, roundsMax), rows: [] as Row[] }));
  for (let round = 0; loads.some(({ rounds }) => round < rounds); round++) {
    for (const { times, rows } of loads.filter(({ rounds }) => round < rounds)) {
      const before = peak;
      const loaded = await withProbe(service.edgePort, () =>
        measured(service.edgeId, () => pool.run(rateOf(before) * times, SECONDS)),
      );
      const { lastRefusedMs = 0 } = await pool.run(rateOf(before) * 0.5, 1.5);
      peaks.push((peak = await withAtOnce(best)));
      rows.push({
        ...loaded,
        ofPeak: rateOf(loaded) / ((rateOf(before) + rateOf(peak)) / 2),
        ofPeakByCpu: loaded.perCpuSecond / ((before.perCpuSecond + peak.perCpuSecond) / 2),
        overMs: lastRefusedMs,
      });
    }
  }
  const name = `misses, ${isGuarded ? `turns of ${turnMs} ms` : "refusing nothing"}`;
  return [
    {
      what: `${name}: peak, ${best} at once over ${CONNECTIONS} connections`,
      value: formatSpread(peaks.map(rateOf), 0),
      unit: "served/s",
      how: `${median(peaks.map(({ perCpuSecond }) => perCpuSecond)).toFixed(0)} per s of CPU, busy for ${median(peaks.map(({ busy }) => busy)).toFixed(2)} of the time`,
    },
    ...loads.map(({ times, rows }) => figureOf(name, isGuarded, times, rows)),
  ];
}

function figureOf(name: string, isGuarded: boolean, times: number, rows: readonly Row[]): Figure {
  const middle = (of: (row: Row) => number): string => median(rows.map(of)).toFixed(0);
  const most = (of: (row: Row) => number): string => Math.max(...rows.map(of)).toFixed(0);
  const perSecond = (of: (outcome: FloodOutcome) => number): string =>
    `${middle(({ outcome }) => of(outcome) / outcome.seconds)}/s`;
  const late = (share: number): string => middle(({ outcome }) => percentile(outcome.latenciesMs, share));
  return {
    what: `${name}: ${times === Infinity ? "as fast as all connections ask" : `${times} × the peak`}`,
    value: formatSpread(
      rows.map(({ ofPeak }) => ofPeak),
      2,
    ),
    unit: "× the peak",
    ...(times === 2 && isGuarded && { wanted: "≥ 0.9" }),
    how: [
      `by CPU time ${median(rows.map(({ ofPeakByCpu }) => ofPeakByCpu)).toFixed(2)}`,
      `${perSecond(({ offered }) => offered)} offered, ${perSecond(({ served }) => served)} served after ${late(0.5)} ms (p99 ${late(0.99)} ms)`,
      `${perSecond(({ refused }) => refused)} refused, ${perSecond(({ givenUp }) => givenUp)} gave up`,
      `the edge busy for ${median(rows.map(({ busy }) => busy)).toFixed(2)} of the time`,
      `health answered within ${most(({ slowestMs }) => slowestMs)} ms; the last refused at most ${most(({ overMs }) => overMs)} ms after it`,
    ].join("; "),
  };
}

interface Measured {
  readonly outcome: FloodOutcome;
  /** What was served in a second of the edge's CPU time. */
  readonly perCpuSecond: number;
  /** Of one core. */
  readonly busy: number;
}

interface Row extends Measured {
  readonly ofPeak: number;
  readonly ofPeakByCpu: number;
  /** The edge's answer to how it is. */
  readonly slowestMs: number;
  /** How long after the load something was refused. */
  readonly overMs: number;
}

function rateOf({ outcome }: Measured): number {
  return outcome.served / outcome.seconds;
}

async function measured(processId: number | undefined, work: () => Promise<FloodOutcome>): Promise<Measured> {
  const before = cpuSeconds(processId);
  const outcome = await work();
  const used = cpuSeconds(processId) - before;
  return { outcome, perCpuSecond: outcome.served / used, busy: used / outcome.seconds };
}

/** Asks for the edge's health all the while; how long the slowest answer took. */
async function withProbe(
  port: number,
  work: () => Promise<Measured>,
): Promise<Measured & { readonly slowestMs: number }> {
  const end = new AbortController();
  let slowestMs = 0;
  const probing = (async () => {
    while (!end.signal.aborted) {
      const from = performance.now();
      const answer = await viewOnce(port, "health.cloudfront.localhost", "/_warmfront/health");
      if (answer.status !== 200) throw new Error(`health is ${answer.status}`);
      slowestMs = Math.max(slowestMs, performance.now() - from);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  const done = await work();
  end.abort();
  await probing;
  return { ...done, slowestMs };
}
