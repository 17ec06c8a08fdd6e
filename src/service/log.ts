// What the operator reads on standard error: one line per event, for people (time first, then level, part and message) or for programs
// that gather logs (an object of JSON).

import type { Clock } from "../vocabulary/time.ts";

const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = "pretty" | "json";

/** What is known of an event beside its words. */
export interface LogAbout {
  /** What kind of event it is, in one word or a few: the same for all of that kind. */
  readonly event?: string;
  readonly requestId?: string;
}

/** Writes one event. `part` is the component that speaks: api, edge, store, service. */
export type Log = (level: LogLevel, part: string, message: string, about?: LogAbout) => void;

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly clock: Clock;
  readonly processId: number;
  /** Of an edge worker, from 1 on. */
  readonly worker?: number | undefined;
  readonly write: (line: string) => void;
}

export function openLog({ level: least, format, clock, processId, worker, write }: LogSettings): Log {
  const loudest = LOG_LEVELS.indexOf(least);
  return (level, part, message, about = {}) => {
    if (LOG_LEVELS.indexOf(level) > loudest) return;
    const time = new Date(clock.now()).toISOString();
    if (format === "json") {
      // What is not there has no member.
      write(`${JSON.stringify({ time, level, part, worker, process: processId, ...about, message })}\n`);
    } else {
      // A line stays a line whatever a peer put into it.
      write(`${time} ${level} ${part}: ${pretty(message, about).replaceAll(/[\r\n]+/g, " ⏎ ")}\n`);
    }
  };
}

function pretty(message: string, { event, requestId }: LogAbout): string {
  if (event !== undefined) return `${event}${requestId === undefined ? "" : ` ${requestId}`}: ${message}`;
  return requestId === undefined ? message : `request ${requestId} ${message}`;
}
