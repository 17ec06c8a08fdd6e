// Rounds of a case, and what they come to. Whatever else the machine does hits all contestants of a round, so ratios are
// told per round, of rates and of CPU time per request: the latter hardly depends on who else wanted the core.

import { formatSpread, median } from "../support/statistics.ts";
import type { Case, Contestant } from "./cases.ts";
import { cpuOf, type PeerName } from "./peer.ts";
import type { Stage } from "./stage.ts";

export interface Measured {
  readonly of: Contestant["of"];
  readonly variant: string;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** One round: all contestants, in the order in which they were asked. */
export type Round = readonly Measured[];

export async function measureOnce({ of, variant, roots, run }: Contestant, seconds: number): Promise<Measured> {
  const before = cpuOf(roots);
  const { count, seconds: took } = await run(seconds);
  return { of, variant, perSecond: count / took, cpuMicroseconds: ((cpuOf(roots) - before) / count) * 1e6 };
}

/** Of the edge, whose code is compiled as it runs. */
const WARM_UP_SECONDS = 2;

/** Who begins changes every round. */
export async function measureCase(given: Case, stage: Stage, rounds: number): Promise<readonly Round[]> {
  const contestants = given.contestants(stage);
  for (const each of contestants) {
    await each.run(each.of === "edge" ? WARM_UP_SECONDS : 1);
  }
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    const outcome: Measured[] = [];
    for (const each of order) outcome.push(await measureOnce(each, given.seconds));
    measured.push(outcome);
  }
  return measured;
}

/** The peer in the variant that was best in this round: fastest, and cheapest. */
function bestOf(
  round: Round,
  peer: Contestant["of"],
): { readonly perSecond: number; readonly cpuMicroseconds: number } {
  const its = round.filter(({ of }) => of === peer);
  return {
    perSecond: Math.max(...its.map(({ perSecond }) => perSecond)),
    cpuMicroseconds: Math.min(...its.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  };
}

export const SUMMARY_HEAD =
  "| Case | Against | Wanted | Ratio of CPU time | Ratio of rates | Edge: µs of CPU; per second | Peer: µs of CPU; per second |\n" +
  "| --- | --- | --- | --- | --- | --- | --- |\n";

/** A line of the table for each peer that took part. Above 1 the edge is ahead. */
export function formatSummary(given: Case, rounds: readonly Round[]): string {
  const peers = [...new Set(rounds.flatMap((round) => round.map(({ of }) => of)))].filter(
    (of): of is PeerName => of !== "edge",
  );
  return peers
    .map((peer) => {
      const pairs = rounds.map((round) => ({ edge: bestOf(round, "edge"), peer: bestOf(round, peer) }));
      const wanted = given.wanted[peer];
      const cells = [
        `\`${given.name}\`: ${given.about}`,
        peer,
        wanted === undefined ? "" : `≥ ${wanted}`,
        `**${formatSpread(
          pairs.map((pair) => pair.peer.cpuMicroseconds / pair.edge.cpuMicroseconds),
          2,
        )}**`,
        formatSpread(
          pairs.map((pair) => pair.edge.perSecond / pair.peer.perSecond),
          2,
        ),
        ...(["edge", "peer"] as const).map(
          (side) =>
            `${median(pairs.map((pair) => pair[side].cpuMicroseconds)).toFixed(1)}; ${median(pairs.map((pair) => pair[side].perSecond)).toFixed(0)}`,
        ),
      ];
      return `| ${cells.join(" | ")} |\n`;
    })
    .join("");
}

export const RAW_HEAD =
  "| Case | Server | Per second, by round | µs of CPU each, by round |\n| --- | --- | --- | --- |\n";

export function formatRaw(given: Case, rounds: readonly Round[]): string {
  const names = [...new Set(rounds.flatMap((round) => round.map(nameOf)))].toSorted();
  return names
    .map((name) => {
      const its = rounds.flatMap((round) => round.filter((each) => nameOf(each) === name));
      const perSecond = its.map((each) => each.perSecond.toFixed(0)).join(" ");
      const cpu = its.map((each) => each.cpuMicroseconds.toFixed(1)).join(" ");
      return `| \`${given.name}\` | ${name} | ${perSecond} | ${cpu} |\n`;
    })
    .join("");
}

function nameOf({ of, variant }: Pick<Measured, "of" | "variant">): string {
  return variant === "" ? of : `${of}, ${variant}`;
}
