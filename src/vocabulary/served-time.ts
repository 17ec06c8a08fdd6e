// Time that tests move: what of it there is to know, and how each change follows from what was. The supervisor decides (service/keep-time.ts)
// and every process holds a clock that is set to the same: between two changes all of them agree as well as their machine's clock does. [D-0034]

import { addSeconds, epochMs, seconds, secondsBetween, type Clock, type EpochMs, type Seconds } from "./time.ts";

/** `running` goes with the machine's clock, so far ahead of it (behind, after it was frozen and advanced by less). */
export type ServedTime =
  | { readonly kind: "running"; readonly aheadSeconds: Seconds }
  | { readonly kind: "frozen"; readonly at: EpochMs };

export const REAL_TIME: ServedTime = { kind: "running", aheadSeconds: seconds(0) };

export type TimeChange =
  | { readonly kind: "advance"; readonly by: Seconds }
  | { readonly kind: "freeze" }
  /** To the machine's time: the one change that may go back. */
  | { readonly kind: "reset" };

export function servedAt(time: ServedTime, machineNow: EpochMs): EpochMs {
  return time.kind === "frozen" ? time.at : addSeconds(machineNow, time.aheadSeconds);
}

/** Time goes forward only, but for a reset. `undefined`: it would be more than `aheadSecondsMax` ahead of the machine's. */
export function changeTime(
  time: ServedTime,
  change: TimeChange,
  { machineNow, aheadSecondsMax }: { readonly machineNow: EpochMs; readonly aheadSecondsMax: number },
): ServedTime | undefined {
  switch (change.kind) {
    case "reset":
      return REAL_TIME;
    case "freeze":
      return { kind: "frozen", at: servedAt(time, machineNow) };
    case "advance": {
      const next: ServedTime =
        time.kind === "frozen"
          ? { kind: "frozen", at: addSeconds(time.at, change.by) }
          : { kind: "running", aheadSeconds: seconds(time.aheadSeconds + change.by) };
      return secondsBetween(machineNow, servedAt(next, machineNow)) > aheadSecondsMax ? undefined : next;
    }
  }
}

export interface MovableClock extends Clock {
  set(time: ServedTime): void;
}

export function openMovableClock(machine: Clock, time: ServedTime = REAL_TIME): MovableClock {
  let current = time;
  return {
    now: () => epochMs(servedAt(current, machine.now())),
    set(next) {
      current = next;
    },
  };
}
