// The 99th percentile at 70 % of what nginx can do: hits of 1 KB at fixed instants, on the edge and on nginx in turn, each
// latency counted from its instant. The rate comes from nginx's own peak, measured just before.

import { formatSpread } from "../support/statistics.ts";
import { BROWSER_FIELDS, runOpenLoopApart, runWrk, type OpenLoopFigures } from "./load.ts";
import { latencyAt } from "./latency-histogram.ts";
import { NGINX_VARIANTS, type NginxVariant } from "./nginx.ts";
import type { Stage } from "./stage.ts";

export const LATENCY_CASE = {
  name: "latency-1k",
  about: "p99 of hits of 1 KB at 70 % of nginx's peak, open loop, HTTP/1.1",
} as const;

const SHARE_OF_PEAK = 0.7;
const SECONDS = 2;
const CONNECTIONS = 64;

export interface LatencyRound {
  readonly edge: OpenLoopFigures;
  readonly nginx: OpenLoopFigures;
}

export interface LatencyOutcome {
  readonly perSecond: number;
  readonly peak: number;
  readonly variant: NginxVariant;
  readonly rounds: readonly LatencyRound[];
}

/** `undefined`: there is no nginx to take the rate from. */
export async function measureLatency(stage: Stage, rounds: number): Promise<LatencyOutcome | undefined> {
  const { edge, nginx } = stage;
  if (nginx === undefined) return undefined;
  let [variant, peak]: [NginxVariant, number] = ["sendfile", 0];
  for (const each of [...NGINX_VARIANTS, ...NGINX_VARIANTS]) {
    const load = { url: `http://127.0.0.1:${nginx.http[each]}/1k`, host: edge.host, seconds: 1 };
    const { count, seconds } = await runWrk(load, stage.folder);
    if (count / seconds > peak) [variant, peak] = [each, count / seconds];
  }
  const perSecond = Math.round(peak * SHARE_OF_PEAK);
  const fields = BROWSER_FIELDS.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const request = `GET /1k HTTP/1.1\r\nHost: ${edge.host}\r\n${fields}\r\n`;
  const run = (port: number, seed: number, seconds = SECONDS): Promise<OpenLoopFigures> =>
    runOpenLoopApart({ port, request, perSecond, seconds, connections: CONNECTIONS, seed });
  await run(edge.http, 0, 1);
  const measured: LatencyRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    const first = round % 2 === 1 ? await run(edge.http, round) : undefined;
    const theirs = await run(nginx.http[variant], round);
    measured.push({ edge: first ?? (await run(edge.http, round)), nginx: theirs });
  }
  return { perSecond, peak, variant, rounds: measured };
}

export function formatLatency({ perSecond, peak, variant, rounds }: LatencyOutcome): string {
  const at = (figures: OpenLoopFigures, share: number): number => latencyAt(figures.latencies, share) / 1000;
  const row = (name: string, read: (round: LatencyRound) => OpenLoopFigures): string => {
    const spread = (share: number): string =>
      formatSpread(
        rounds.map((round) => at(read(round), share)),
        2,
      );
    const lag = formatSpread(
      rounds.map((round) => latencyAt(read(round).ownLags, 0.99) / 1000),
      2,
    );
    const unanswered = rounds.reduce((sum, round) => sum + read(round).unanswered, 0);
    return `| ${name} | ${spread(0.5)} | **${spread(0.99)}** | ${spread(0.999)} | ${lag} | ${unanswered} |\n`;
  };
  const ratio = formatSpread(
    rounds.map((round) => at(round.edge, 0.99) / at(round.nginx, 0.99)),
    2,
  );
  return (
    `\`${LATENCY_CASE.name}\`: ${LATENCY_CASE.about}: ${perSecond} requests/s, nginx (${variant}) did ${peak.toFixed(0)}; ` +
    `p99 of the edge over that of nginx ${ratio}, wanted ≤ 1\n\n` +
    "| Server | p50, ms | p99, ms | p99.9, ms | of it the generator's own lag, p99 | Unanswered |\n| --- | --- | --- | --- | --- | --- |\n" +
    row("edge", (round) => round.edge) +
    row("nginx", (round) => round.nginx)
  );
}
