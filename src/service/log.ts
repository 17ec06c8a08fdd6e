// What the operator reads on standard error: one line per event, time first, then level, part and message.

import type { Clock } from "../vocabulary/time.ts";

const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one event. `part` is the component that speaks: api, edge, store, service. */
export type Log = (level: LogLevel, part: string, message: string) => void;

export function openLog(options: {
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly write: (line: string) => void;
}): Log {
  const loudest = LOG_LEVELS.indexOf(options.level);
  return (level, part, message) => {
    if (LOG_LEVELS.indexOf(level) > loudest) return;
    const time = new Date(options.clock.now()).toISOString();
    // A line stays a line whatever a peer put into it.
    options.write(`${time} ${level} ${part}: ${message.replaceAll(/[\r\n]+/g, " ⏎ ")}\n`);
  };
}
