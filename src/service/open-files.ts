// How many files the system lets a process have open, connections included. An edge that ran out of them would turn viewers
// away without a word, because then the system library closes what it has just accepted, and could reach no origin; so
// viewers get no more than leaves some over, and who is beyond that is counted and logged as beyond a limit.

import { readFileSync } from "node:fs";

/** For connections to origins, files and listeners; of a small number half. */
const KEPT_FREE = 1024;

/** `undefined` where there is no /proc to tell, or no bound. */
export function readOpenFilesMax(read: () => string = readOwnLimits): number | undefined {
  try {
    // The softer one is what counts; Node raises it to the harder one as it starts.
    const [, soft] = /^Max open files +(\d+) /m.exec(read()) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // not Linux
  }
}

function readOwnLimits(): string {
  return readFileSync("/proc/self/limits", "latin1");
}

/** The asked number of viewers' connections, or as many as fit. */
export function fitConnections(asked: number, openFilesMax: number | undefined): number {
  if (openFilesMax === undefined) return asked;
  return Math.max(1, Math.min(asked, openFilesMax - Math.min(KEPT_FREE, Math.floor(openFilesMax / 2))));
}
