// Two workers on two cores, the edge's and nginx's: what a request costs there against what it costs one worker on one core. A worker's core has a load of
// its own beside it, with one worker as with two: then a worker finds as many requests waiting in a turn here as there, and what is left is what a second
// worker costs the first. (Of one load for two workers each got half, with idle turns between, which makes a request dearer by a quarter whoever the other one is.)

import { pin, processesNamed, type Core } from "../support/machine.ts";
import { formatSpread, median } from "../support/statistics.ts";
import type { Contestant } from "./cases.ts";
import { runWrk } from "./load.ts";
import { measureOnce, type Measured } from "./measure.ts";
import type { Stage } from "./stage.ts";

export const WORKERS_CASE = {
  name: "workers-1k",
  about: "hits of 1 KB with two workers on two cores against one on one, HTTP/1.1",
} as const;

const SECONDS = 1;
/** The edge's code is compiled as it runs, by each worker for itself. */
const WARM_UP_SECONDS = 4;
/** As many for each of the others' rounds: here a tenth decides. */
const ROUNDS_FOR_ONE = 3;
/** With a worker on each, or on the first alone. */
const CORES: readonly Core[] = ["server", "load"];

/** By contestant, in the order of the rounds. */
export type WorkersOutcome = Readonly<Record<"edge1" | "edge2" | "nginx1" | "nginx2", readonly Measured[]>>;

/** `undefined`: the edge has one worker only, or there is no nginx. */
export async function measureWorkers(stage: Stage, rounds: number): Promise<WorkersOutcome | undefined> {
  const { edge, nginx, wide } = stage;
  if (wide === undefined || nginx === undefined) return undefined;
  const contestant = (
    of: "edge" | "nginx",
    at: { readonly roots: readonly number[]; readonly port: number; readonly host: string; readonly workers: number },
  ): Contestant => {
    const cores = CORES.slice(0, at.workers);
    const program = of === "edge" ? "edge-process" : "worker process";
    const workers = at.roots.flatMap((root) => processesNamed(root, program));
    for (const [index, worker] of workers.entries()) pin(worker, cores[index] ?? "any");
    return {
      of,
      variant: at.workers === 1 ? "one worker" : "two workers",
      roots: at.roots,
      async run(seconds) {
        const load = { url: `http://127.0.0.1:${at.port}/1k`, host: at.host, seconds };
        const done = await Promise.all(cores.map((on) => runWrk({ ...load, on }, stage.folder)));
        const count = done.reduce((sum, each) => sum + each.count, 0);
        return { count, seconds: Math.max(...done.map((each) => each.seconds)) };
      },
    };
  };
  const { host } = edge;
  const contestants = {
    edge1: contestant("edge", { ...edge, port: edge.http, workers: 1 }),
    edge2: contestant("edge", { ...wide.edge, port: wide.edge.http, workers: 2 }),
    nginx1: contestant("nginx", { roots: nginx.roots, port: nginx.http.sendfile, host, workers: 1 }),
    nginx2: contestant("nginx", { roots: wide.nginx.roots, port: wide.nginx.http.sendfile, host, workers: 2 }),
  };
  const names = Object.keys(contestants) as (keyof typeof contestants)[];
  for (const name of names) await contestants[name].run(WARM_UP_SECONDS);
  const measured: Record<keyof typeof contestants, Measured[]> = { edge1: [], edge2: [], nginx1: [], nginx2: [] };
  for (let round = 0; round < rounds * ROUNDS_FOR_ONE; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      measured[name].push(await measureOnce(contestants[name], SECONDS));
    }
  }
  return measured;
}

export function formatWorkers(outcome: WorkersOutcome): string {
  const cost = (name: keyof WorkersOutcome): string =>
    `${median(outcome[name].map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1)} µs`;
  const ratio = (
    what: "cpuMicroseconds" | "perSecond",
    one: keyof WorkersOutcome,
    other: keyof WorkersOutcome,
  ): string =>
    formatSpread(
      outcome[one].map((measured, round) => measured[what] / (outcome[other][round]?.[what] ?? 0)),
      2,
    );
  return (
    `\`${WORKERS_CASE.name}\`: ${WORKERS_CASE.about}, a load of 64 connections beside each worker, ${outcome.edge1.length} rounds\n\n` +
    "| Server | CPU time per request: one worker | Two workers | Two over one | Wanted | Rate of two over one's |\n| --- | --- | --- | --- | --- | --- |\n" +
    `| edge | ${cost("edge1")} | ${cost("edge2")} | **${ratio("cpuMicroseconds", "edge2", "edge1")}** | ≤ 1.1 | ${ratio("perSecond", "edge2", "edge1")} |\n` +
    `| nginx | ${cost("nginx1")} | ${cost("nginx2")} | ${ratio("cpuMicroseconds", "nginx2", "nginx1")} | | ${ratio("perSecond", "nginx2", "nginx1")} |\n\n` +
    `With two workers each, nginx's CPU time per request over the edge's ${ratio("cpuMicroseconds", "nginx2", "edge2")}, the edge's rate over nginx's ${ratio("perSecond", "edge2", "nginx2")}.\n`
  );
}
