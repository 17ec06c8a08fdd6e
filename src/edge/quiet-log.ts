// A log for what viewers can bring about as often as they like: of each event so many lines in ten seconds, then the number of
// those that were left out, so that nobody outside can fill a disk. What was left out is told with the next line.

import { secondsBetween, type Clock, type EpochMs } from "../vocabulary/time.ts";

export type LogLevel = "info" | "warn" | "error";

/** `requestId` is absent for what belongs to no request. */
export type WriteLine = (level: LogLevel, event: string, why: string, requestId?: string) => void;

const QUIET_SECONDS = 10;

/** `lines` of each event in ten seconds, counted from the first. */
export function openQuietLog(clock: Clock, lines: number, log: WriteLine): WriteLine {
  const said = new Map<string, { readonly since: EpochMs; lines: number; leftOut: number }>();
  return (level, event, why, requestId) => {
    const now = clock.now();
    const last = said.get(event);
    if (last !== undefined && secondsBetween(last.since, now) < QUIET_SECONDS) {
      if (last.lines < lines) {
        last.lines++;
        log(level, event, why, requestId);
      } else last.leftOut++;
      return;
    }
    said.set(event, { since: now, lines: 1, leftOut: 0 });
    const more = last === undefined || last.leftOut === 0 ? "" : ` (and ${last.leftOut} more since the last line)`;
    log(level, event, why + more, requestId);
  };
}
