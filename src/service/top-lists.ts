// What several workers tell of what is asked for and missed most, as one list of the last minute.

import type { TopsNews } from "../edge/watch/tops.ts";
import type { EpochMs } from "../vocabulary/time.ts";

export interface TopLists {
  /** Counts are close, and never too high. */
  readonly paths: readonly { readonly path: string; readonly count: number }[];
  readonly misses: readonly { readonly cause: string; readonly path: string; readonly count: number }[];
  /** Of all misses that are in the list's room, by cause. */
  readonly causes: readonly { readonly cause: string; readonly count: number }[];
  /** Seconds that this is of: a minute, or less where it has just begun. */
  readonly seconds: number;
}

const WINDOW_MS = 60_000;
const TOLD_MAX = 20;
/** More than workers tell in a minute is not held. */
const NEWS_MAX = 2000;

export function openTopLists(now: () => EpochMs) {
  const beganAt = now();
  let news: { readonly at: number; readonly told: TopsNews }[] = [];

  return {
    /** A line of a worker's. */
    add(line: string): void {
      news.push({ at: now(), told: JSON.parse(line) as TopsNews });
    },
    read(): TopLists {
      const from = now() - WINDOW_MS;
      news = news.filter(({ at }) => at >= from).slice(-NEWS_MAX);
      const paths = new Map<string, number>();
      const misses = new Map<string, number>();
      const causes = new Map<string, number>();
      const add = (to: Map<string, number>, key: string, count: number): void =>
        void to.set(key, (to.get(key) ?? 0) + count);
      for (const { told } of news) {
        for (const [path, count] of told.paths) add(paths, path, count);
        for (const [cause, path, count] of told.misses) {
          add(misses, `${cause} ${path}`, count);
          add(causes, cause, count);
        }
      }
      return {
        paths: most(paths).map(([path, count]) => ({ path, count })),
        misses: most(misses).map(([key, count]) => {
          const blank = key.indexOf(" ");
          return { cause: key.slice(0, blank), path: key.slice(blank + 1), count };
        }),
        causes: most(causes).map(([cause, count]) => ({ cause, count })),
        seconds: Math.max(1, Math.round(Math.min(WINDOW_MS, now() - beganAt) / 1000)),
      };
    },
  };
}

function most(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].toSorted((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1)).slice(0, TOLD_MAX);
}
