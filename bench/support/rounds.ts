// Two servers measured in turn, so that whatever else the machine does hits both alike. Their ratio is told per round;
// the ratio of CPU time per request beside it does not care who else wanted the core.

import { runLoad, type Load } from "./load-generator.ts";
import { cpuSeconds } from "./machine.ts";

export interface Contestant {
  readonly processId: number | undefined;
  readonly load: Omit<Load, "seconds">;
  /** What is there while it is measured, and at no other time. */
  readonly during?: () => Promise<AsyncDisposable>;
}

export interface Round {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

export interface Comparison {
  readonly rounds: readonly { readonly one: Round; readonly other: Round }[];
}

interface Bounds {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Before each measurement, with what is there during it: what only a beginning costs is left out. */
  readonly settleSeconds?: number;
}

async function measure(
  { processId, load, during }: Contestant,
  { seconds, settleSeconds = 0 }: Pick<Bounds, "seconds" | "settleSeconds">,
): Promise<Round> {
  await using _there = await during?.();
  if (settleSeconds > 0) await runLoad({ ...load, seconds: settleSeconds });
  const before = cpuSeconds(processId);
  const { perSecond, answers } = await runLoad({ ...load, seconds });
  return { perSecond, cpuMicroseconds: ((cpuSeconds(processId) - before) / answers) * 1e6 };
}

/** Each is warmed up first, then measured `rounds` times for `seconds`; who begins changes every round. */
export async function compare(
  contestants: { readonly one: Contestant; readonly other: Contestant },
  bounds: Bounds,
): Promise<Comparison> {
  const { one, other } = contestants;
  for (const each of [one, other]) await measure(each, { seconds: bounds.warmUpSeconds });
  const rounds: { one: Round; other: Round }[] = [];
  for (let round = 0; round < bounds.rounds; round++) {
    if (round % 2 === 0) {
      rounds.push({ one: await measure(one, bounds), other: await measure(other, bounds) });
    } else {
      const second = await measure(other, bounds);
      rounds.push({ one: await measure(one, bounds), other: second });
    }
  }
  return { rounds };
}
