// The invalidations that responses on the disk are held against, at every look-up, for as long as any may be there that is
// older. Of very many the oldest become a number below which everything is refused: it errs by refusing, and by little. A
// rule for one URL is needed only until the index was swept by it; one for all of a distribution is that number itself.

import type { DistributionId, FeedNumber } from "../../../vocabulary/ids.ts";
import type { CacheKey, InvalidatedPath } from "../cache-storage.ts";
import { isPrefix } from "../invalidate.ts";
import { mark } from "./entry-index.ts";

export interface DiskRules {
  add(invalidated: InvalidatedPath, number: FeedNumber): void;
  /** Is there a rule that matches and is younger than `began`? */
  refuses(key: CacheKey, began: number): boolean;
  /** What began before may be refused by how its URL begins, which the index does not know. */
  prefixesUntil(distribution: DistributionId): number;
  /** What the index is to be swept by; `undefined`: nothing since the last time. */
  takeSweep(): Sweep | undefined;
  /** The index was swept by it: its rules for single URLs need not be kept. */
  forgetSwept(sweep: Sweep): void;
}

export interface Sweep {
  /** Whether it removes what has these marks and began then: with all of a distribution, for its URL alone, or not. */
  removes(owner: number, url: number, began: number): "all" | "url" | undefined;
  readonly exact: readonly {
    readonly distribution: DistributionId;
    readonly url: string;
    readonly number: FeedNumber;
  }[];
}

interface OfDistribution {
  floor: number;
  readonly exact: Map<string, FeedNumber>;
  newestExact: number;
  /** The newest first. */
  prefixes: { readonly prefix: string; readonly number: FeedNumber }[];
}

export interface DiskRulesBounds {
  /** Rules for single URLs, of all distributions. */
  readonly exactMax: number;
  /** Rules with a star, of each. */
  readonly prefixesMax: number;
  readonly distributionsMax: number;
}

const BOUNDS: DiskRulesBounds = { exactMax: 100_000, prefixesMax: 1000, distributionsMax: 100_000 };

export function openDiskRules(bounds = BOUNDS): DiskRules {
  const all = new Map<DistributionId, OfDistribution>();
  let floorOfAll = 0;
  let exactCount = 0;
  /** What has come since the last sweep: numbers for whole distributions by mark, and whether there are rules for URLs. */
  let floors = new Map<number, number>();
  let hasExact = false;

  function ofDistribution(distribution: DistributionId): OfDistribution {
    let of = all.get(distribution);
    if (of !== undefined) return of;
    for (const [oldest, { floor, newestExact, prefixes }] of all) {
      if (all.size < bounds.distributionsMax) break;
      floorOfAll = Math.max(floorOfAll, floor, newestExact, prefixes[0]?.number ?? 0);
      exactCount -= all.get(oldest)?.exact.size ?? 0;
      all.delete(oldest);
    }
    of = { floor: 0, exact: new Map(), newestExact: 0, prefixes: [] };
    all.set(distribution, of);
    return of;
  }

  function raise(distribution: DistributionId, of: OfDistribution, floor: number): void {
    of.floor = Math.max(of.floor, floor);
    floors.set(mark(distribution), of.floor);
    of.prefixes = of.prefixes.filter(({ number }) => number > of.floor);
    for (const [url, number] of of.exact) if (number <= of.floor) forgetExact(of, url);
  }

  function forgetExact(of: OfDistribution, url: string): void {
    if (of.exact.delete(url)) exactCount--;
  }

  return {
    add(invalidated, number) {
      const { distribution, path } = invalidated;
      const of = ofDistribution(distribution);
      if (isPrefix(invalidated)) {
        const prefix = path.slice(0, -1);
        if (prefix === "" || prefix === "/") return raise(distribution, of, number);
        const kept = of.prefixes.filter((older) => older.number > number || !older.prefix.startsWith(prefix));
        kept.push({ prefix, number });
        of.prefixes = kept.sort((one, other) => other.number - one.number);
        const tooMany = of.prefixes[bounds.prefixesMax];
        if (tooMany !== undefined) raise(distribution, of, tooMany.number);
        return;
      }
      // What earlier runs have left comes behind what the feed has brought already.
      if ((of.exact.get(path) ?? 0) >= number) return;
      forgetExact(of, path);
      of.exact.set(path, number);
      exactCount++;
      of.newestExact = Math.max(of.newestExact, number);
      hasExact = true;
      if (exactCount > bounds.exactMax) raise(distribution, of, of.newestExact);
    },
    refuses(key, began) {
      if (began < floorOfAll) return true;
      const of = all.get(key.distribution);
      if (of === undefined) return false;
      if (began < of.floor) return true;
      if (began < of.newestExact && began < (of.exact.get(key.url) ?? 0)) return true;
      for (const { prefix, number } of of.prefixes) {
        if (began >= number) return false;
        if (key.url.startsWith(prefix)) return true;
      }
      return false;
    },
    prefixesUntil: (distribution) => all.get(distribution)?.prefixes[0]?.number ?? 0,
    takeSweep() {
      if (!hasExact && floors.size === 0) return undefined;
      const taken = floors;
      const exact = [...all].flatMap(([distribution, of]) =>
        Array.from(of.exact, ([url, number]) => ({ distribution, url, number })),
      );
      floors = new Map();
      hasExact = false;
      const byMarks = new Map<number, number>();
      for (const { distribution, url, number } of exact) byMarks.set(joint(mark(distribution), mark(url)), number);
      return {
        exact,
        removes(owner, url, began) {
          if (began < (taken.get(owner) ?? floorOfAll)) return "all";
          return byMarks.size > 0 && began < (byMarks.get(joint(owner, url)) ?? 0) ? "url" : undefined;
        },
      };
    },
    forgetSwept({ exact }) {
      for (const { distribution, url, number } of exact) {
        const of = all.get(distribution);
        if (of?.exact.get(url) === number) forgetExact(of, url);
      }
    },
  };
}

function joint(owner: number, url: number): number {
  return (owner ^ Math.imul(url, 0x9e3779b1)) >>> 0;
}
