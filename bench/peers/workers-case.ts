// Two workers on two cores, the edge's and nginx's: what a request costs there against what it costs one worker. The load
// is on the same cores, so that rates say little; CPU time per request says what sharing costs.

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

/** By contestant, in the order of the rounds. */
export type WorkersOutcome = Readonly<Record<"edge1" | "edge2" | "nginx1" | "nginx2", readonly Measured[]>>;

/** `undefined`: the edge has one worker only, or there is no nginx. */
export async function measureWorkers(stage: Stage, rounds: number): Promise<WorkersOutcome | undefined> {
  const { edge, nginx, wide } = stage;
  if (wide === undefined || nginx === undefined) return undefined;
  const contestant = (
    of: Contestant["of"],
    at: {
      readonly roots: readonly number[];
      readonly port: number;
      readonly host: string;
      readonly isOnAnyCore: boolean;
    },
  ): Contestant => ({
    of,
    variant: at.isOnAnyCore ? "two workers" : "one worker",
    roots: at.roots,
    run: (seconds) => {
      const { host, isOnAnyCore } = at;
      return runWrk({ url: `http://127.0.0.1:${at.port}/1k`, host, seconds, isOnAnyCore }, stage.folder);
    },
  });
  const { host } = edge;
  const port = { one: nginx.http.sendfile, two: wide.nginx.http.sendfile };
  const contestants = {
    edge1: contestant("edge", { roots: edge.roots, port: edge.http, host, isOnAnyCore: false }),
    edge2: contestant("edge", {
      roots: wide.edge.roots,
      port: wide.edge.http,
      host: wide.edge.host,
      isOnAnyCore: true,
    }),
    nginx1: contestant("nginx", { roots: nginx.roots, port: port.one, host, isOnAnyCore: false }),
    nginx2: contestant("nginx", { roots: wide.nginx.roots, port: port.two, host, isOnAnyCore: true }),
  };
  const names = Object.keys(contestants) as (keyof typeof contestants)[];
  for (const name of names) await contestants[name].run(1);
  const measured: Record<keyof typeof contestants, Measured[]> = { edge1: [], edge2: [], nginx1: [], nginx2: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      measured[name].push(await measureOnce(contestants[name], SECONDS));
    }
  }
  return measured;
}

export function formatWorkers(outcome: WorkersOutcome): string {
  const cost = (name: keyof WorkersOutcome): string =>
    `${median(outcome[name].map(({ cpuMicroseconds }) => cpuMicroseconds)).toFixed(1)} µs`;
  const ratio = (one: keyof WorkersOutcome, other: keyof WorkersOutcome): string =>
    formatSpread(
      outcome[one].map(({ cpuMicroseconds }, round) => cpuMicroseconds / (outcome[other][round]?.cpuMicroseconds ?? 0)),
      2,
    );
  const rates = formatSpread(
    outcome.edge2.map(({ perSecond }, round) => perSecond / (outcome.nginx2[round]?.perSecond ?? 0)),
    2,
  );
  return (
    `\`${WORKERS_CASE.name}\`: ${WORKERS_CASE.about}, CPU time per request\n\n` +
    "| Server | One worker | Two workers | Two over one | Wanted |\n| --- | --- | --- | --- | --- |\n" +
    `| edge | ${cost("edge1")} | ${cost("edge2")} | **${ratio("edge2", "edge1")}** | ≤ 1.1 |\n` +
    `| nginx | ${cost("nginx1")} | ${cost("nginx2")} | ${ratio("nginx2", "nginx1")} | |\n\n` +
    `With two workers each, nginx's CPU time per request over the edge's ${ratio("nginx2", "edge2")}, the edge's rate over nginx's ${rates}.\n`
  );
}
