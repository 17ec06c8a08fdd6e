// What the paths of an invalidation match, and for how long they matter: a fetch that began before an invalidation may
// end after it, and what it brings must not be stored then.

import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import type { CacheKey, InvalidatedPath } from "./cache-storage.ts";

/**
 * A star counts at the end only. Everything is compared as written, without decoding: `url` is a key's raw path, with
 * the query as far as the behavior has it in the key. [CFDG Invalidation]
 */
export function invalidationMatches(invalidated: InvalidatedPath, url: string): boolean {
  const { path } = invalidated;
  return isPrefix(invalidated) ? url.startsWith(path.slice(0, -1)) : url === path;
}

/** Does it say how what it removes begins? */
export function isPrefix({ path, isLiteral = false }: InvalidatedPath): boolean {
  return path.endsWith("*") && !isLiteral;
}

/** Remembers invalidations, within bounds. When there are too many of a distribution, it forgets paths and not numbers: it errs by refusing. */
export interface RecentInvalidations {
  add(invalidated: InvalidatedPath, number: FeedNumber): void;
  /** Has an invalidation come that is younger than `began` and matches? */
  refuses(key: CacheKey, began: FeedNumber): boolean;
}

interface OfDistribution {
  readonly exact: Map<string, FeedNumber>;
  readonly prefixes: Map<string, FeedNumber>;
  /** Fetches that began before are refused whatever their path. */
  floor: number;
}

const EXACT_MAX = 3000;
const PREFIXES_MAX = 100;
const DISTRIBUTIONS_MAX = 10_000;

export function openRecentInvalidations(): RecentInvalidations {
  const all = new Map<DistributionId, OfDistribution>();
  /** Of the distributions that were forgotten. */
  let floorOfAll = 0;

  return {
    add(invalidated, number) {
      const { distribution, path } = invalidated;
      let of = all.get(distribution);
      if (of === undefined) {
        if (all.size >= DISTRIBUTIONS_MAX) {
          all.clear();
          floorOfAll = number;
        }
        of = { exact: new Map(), prefixes: new Map(), floor: 0 };
        all.set(distribution, of);
      }
      if (isPrefix(invalidated)) of.prefixes.set(path.slice(0, -1), number);
      else of.exact.set(path, number);
      if (of.exact.size > EXACT_MAX || of.prefixes.size > PREFIXES_MAX) {
        of.exact.clear();
        of.prefixes.clear();
        of.floor = number;
      }
    },
    refuses(key, began) {
      if (began < floorOfAll) return true;
      const of = all.get(key.distribution);
      if (of === undefined) return false;
      if (began < of.floor || began < (of.exact.get(key.url) ?? 0)) return true;
      for (const [prefix, number] of of.prefixes) if (began < number && key.url.startsWith(prefix)) return true;
      return false;
    },
  };
}
