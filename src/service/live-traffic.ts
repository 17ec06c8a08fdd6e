// What was served in the last minutes, second by second and per distribution, of all workers together: kept by control from what each worker tells of
// itself once a second anyway. A control process that is started again begins anew. Counts are spread over the time that they are of, so that
// workers which tell at different moments make no waves.

import {
  addRows,
  readTraffic,
  DURATION_BOUNDS_MS,
  type TrafficCounts,
  type TrafficNews,
} from "../edge/record/traffic.ts";
import type { EpochMs } from "../vocabulary/time.ts";

/** Seconds that are kept. */
export const HISTORY_SECONDS = 300;
/** A second is told when each worker has told of it, and a bit. */
const LAG_SECONDS = 2;
/** What a worker tells late is of so many seconds at most. */
const SPREAD_SECONDS_MAX = 5;

/** One second, or several together. */
export interface TrafficStep {
  /** Its beginning, in seconds since 1970; of several that of the last. */
  readonly at: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly results: TrafficCounts["results"];
  readonly statuses: TrafficCounts["statuses"];
  readonly latency: Quantiles;
  readonly origin: { readonly requests: number; readonly failures: number; readonly latency: Quantiles };
}

/** Milliseconds; `null` where nothing was measured. */
export interface Quantiles {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

export interface LiveTraffic {
  hear(life: number, news: TrafficNews): void;
  down(life: number): void;
  /** Distributions of which something is known. */
  ids(): readonly string[];
  /** The last second of which all is known. */
  lastKnown(): number;
  step(second: number, ids: readonly string[]): TrafficStep;
  /** From `second` back, so many seconds as one. */
  sum(second: number, count: number, ids: readonly string[]): TrafficStep;
}

interface Kept {
  /** By second. */
  readonly rows: Map<number, Float32Array>;
  last: number;
}

export function openLiveTraffic({
  now,
  distributionsMax,
}: {
  readonly now: () => EpochMs;
  readonly distributionsMax: number;
}): LiveTraffic {
  /** The one that was heard of longest ago first. */
  const kept = new Map<string, Kept>();
  /** When each worker last told. */
  const heard = new Map<number, number>();

  function note(id: string, row: readonly number[], parts: readonly Part[]): void {
    const before = kept.get(id) ?? { rows: new Map<number, Float32Array>(), last: 0 };
    kept.delete(id);
    kept.set(id, before);
    const left = Float64Array.from(row);
    parts.forEach(({ second, share }, index) => {
      const isLast = index === parts.length - 1;
      let into = before.rows.get(second);
      if (into === undefined) before.rows.set(second, (into = new Float32Array(row.length)));
      for (let cell = 0; cell < row.length; cell++) {
        const amount = isLast ? (left[cell] ?? 0) : Math.floor((row[cell] ?? 0) * share);
        if (amount === 0) continue;
        into[cell] = (into[cell] ?? 0) + amount;
        left[cell] = (left[cell] ?? 0) - amount;
      }
      before.last = Math.max(before.last, second);
    });
    for (const second of before.rows.keys()) {
      if (second < before.last - HISTORY_SECONDS) before.rows.delete(second);
    }
    for (const oldest of kept.keys()) {
      if (kept.size <= distributionsMax) break;
      kept.delete(oldest);
    }
  }

  function rowOf(second: number, ids: readonly string[]): readonly number[] {
    let all: readonly number[] = [];
    for (const id of ids) {
      const row = kept.get(id)?.rows.get(second);
      if (row !== undefined) all = addRows(all, Array.from(row));
    }
    return all;
  }

  return {
    hear(life, { distributions, removed }) {
      const atMs = now();
      const sinceMs = Math.max(heard.get(life) ?? atMs - 1000, atMs - SPREAD_SECONDS_MAX * 1000);
      heard.set(life, atMs);
      const parts = partsOf(Math.min(sinceMs, atMs - 1), atMs);
      for (const [id, row] of distributions) note(id, row, parts);
      for (const id of removed) kept.delete(id);
    },
    down: (life) => void heard.delete(life),
    ids: () => [...kept.keys()],
    lastKnown: () => Math.floor(now() / 1000) - LAG_SECONDS,
    step: (second, ids) => stepOf(second, rowOf(second, ids)),
    sum(second, count, ids) {
      let all: readonly number[] = [];
      for (let back = 0; back < count; back++) {
        const row = rowOf(second - back, ids);
        if (row.length > 0) all = addRows(all, row);
      }
      return stepOf(second, all);
    },
  };
}

interface Part {
  readonly second: number;
  readonly share: number;
}

/** The seconds that a stretch of time lies in, and how much of it. */
function partsOf(fromMs: number, toMs: number): readonly Part[] {
  const parts: Part[] = [];
  for (let second = Math.floor(fromMs / 1000); second * 1000 < toMs; second++) {
    const begin = Math.max(fromMs, second * 1000);
    const end = Math.min(toMs, (second + 1) * 1000);
    parts.push({ second, share: (end - begin) / (toMs - fromMs) });
  }
  return parts;
}

function stepOf(at: number, row: readonly number[]): TrafficStep {
  const { requests, bytesIn, bytesOut, results, statuses, durations, origin } = readTraffic(row);
  return {
    at,
    requests,
    bytesIn,
    bytesOut,
    results,
    statuses,
    latency: quantilesOf(durations.counts),
    origin: { requests: origin.requests, failures: origin.failures, latency: quantilesOf(origin.counts) },
  };
}

/** By classes of durations, even within one. What is beyond the last bound is told as that. */
export function quantilesOf(counts: readonly number[]): Quantiles {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const at = (share: number): number | null => {
    if (all === 0) return null;
    let wanted = share * all;
    for (const [index, count] of counts.entries()) {
      const upper = DURATION_BOUNDS_MS[index];
      const lower = index === 0 ? 0 : (DURATION_BOUNDS_MS[index - 1] ?? 0);
      if (upper === undefined) return lower;
      if (count >= wanted) return Math.round((lower + ((upper - lower) * wanted) / count) * 10) / 10;
      wanted -= count;
    }
    return null;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
