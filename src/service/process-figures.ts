// What a process knows of itself: memory, processor time, and how late its event loop comes to what is due. Each process of the service
// has one, the supervisor gathers them. The delay is taken by a timer ten times a second: what a viewer who comes at that instant would
// have waited. A pause of the machine counts as delay, since for viewers it is.

import { systemClock, type EpochMs } from "../vocabulary/time.ts";

/** Upper bounds of the classes of delays, in milliseconds and inclusive. */
export const LOOP_DELAY_BOUNDS_MS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** As metrics name the process of a slot. */
export function workerName(slot: number): string {
  return `edge-${slot + 1}`;
}

const SAMPLED_EVERY_MS = 100;

export interface LoopDelays {
  readonly sumMs: number;
  /** By `LOOP_DELAY_BOUNDS_MS`, and one for what is beyond the last. */
  readonly counts: readonly number[];
}

/** Bytes now; the rest since the process began. */
export interface ProcessFigures {
  readonly processId: number;
  readonly startedAtMs: EpochMs;
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Buffers outside the heap, among them what is kept in memory of the cache. */
  readonly externalBytes: number;
  readonly processorSeconds: number;
  readonly loopDelays: LoopDelays;
}

/** Delays counted in classes, from the instants at which a timer was heard. */
export interface LoopDelayCounts {
  /** The timer was heard at this instant of a steady clock. */
  heard(atMs: number): void;
  read(): LoopDelays;
}

export function openLoopDelayCounts(startedAtMs: number): LoopDelayCounts {
  const counts = LOOP_DELAY_BOUNDS_MS.map(() => 0);
  counts.push(0);
  let sumMs = 0;
  let dueMs = startedAtMs + SAMPLED_EVERY_MS;
  return {
    heard(atMs) {
      const delayMs = Math.max(0, atMs - dueMs);
      const found = LOOP_DELAY_BOUNDS_MS.findIndex((bound) => delayMs <= bound);
      const at = found < 0 ? LOOP_DELAY_BOUNDS_MS.length : found;
      counts[at] = (counts[at] ?? 0) + 1;
      sumMs += delayMs;
      // The timer is set again when it was heard.
      dueMs = atMs + SAMPLED_EVERY_MS;
    },
    read: () => ({ sumMs, counts: [...counts] }),
  };
}

export interface ProcessWatch {
  read(): ProcessFigures;
  close(): void;
}

export function openProcessWatch(): ProcessWatch {
  const startedAtMs = (systemClock.now() - process.uptime() * 1000) as EpochMs;
  const delays = openLoopDelayCounts(performance.now());
  let timer: NodeJS.Timeout | undefined;
  const listen = (): void => {
    timer = setTimeout(() => {
      delays.heard(performance.now());
      listen();
    }, SAMPLED_EVERY_MS).unref();
  };
  listen();
  return {
    read() {
      const { rss, heapUsed, external } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return {
        processId: process.pid,
        startedAtMs,
        residentBytes: rss,
        heapBytes: heapUsed,
        externalBytes: external,
        processorSeconds: (user + system) / 1e6,
        loopDelays: delays.read(),
      };
    },
    close: () => clearTimeout(timer),
  };
}
