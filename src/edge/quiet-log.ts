// A log for what viewers can bring about as often as they like: of each event at most one line in ten seconds, with the number
// of those that were left out, so that nobody outside can fill a disk. What was left out is told with the next line.

import { secondsBetween, type Clock, type EpochMs } from "../vocabulary/time.ts";

export type LogLevel = "info" | "warn" | "error";

/** `requestId` is absent for what belongs to no request. */
export type WriteLine = (level: LogLevel, event: string, why: string, requestId?: string) => void;

const QUIET_SECONDS = 10;

export function openQuietLog(clock: Clock, log: WriteLine): WriteLine {
  const said = new Map<string, { at: EpochMs; leftOut: number }>();
  return (level, event, why, requestId) => {
    const now = clock.now();
    const last = said.get(event);
    if (last !== undefined && secondsBetween(last.at, now) < QUIET_SECONDS) {
      last.leftOut++;
      return;
    }
    said.set(event, { at: now, leftOut: 0 });
    const more = last === undefined || last.leftOut === 0 ? "" : ` (and ${last.leftOut} more since the last line)`;
    log(level, event, why + more, requestId);
  };
}
