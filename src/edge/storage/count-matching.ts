// What an invalidation would remove, counted beforehand for who is about to make it: nothing is removed, read into memory or counted as
// used. Bounded: what it would take too long to look at is told as not looked at.

import type { DistributionId } from "../../vocabulary/ids.ts";
import { isPrefix, invalidationMatches } from "./invalidate.ts";

export interface MatchingCount {
  /** Stored responses that the paths match. */
  readonly matching: number;
  /** Of the distribution's, those that were not looked at: any of them may match, too. */
  readonly unlooked: number;
}

/** A question put for all its paths at once: a response that two of them match is one. */
export interface CountAsked {
  readonly distribution: DistributionId;
  /** As an invalidation has them, with a slash before each. */
  readonly paths: readonly string[];
}

/** Every path of a distribution begins with a slash. */
export function matchesAll({ paths }: CountAsked): boolean {
  return paths.some((path) => path === "/*" || path === "*");
}

export function matchesAny({ distribution, paths }: CountAsked, url: string): boolean {
  return paths.some((path) => invalidationMatches({ distribution, path }, url));
}

/** URLs that are matched as they are: an index of marks can tell of them. */
export function exactUrls({ distribution, paths }: CountAsked): readonly string[] {
  return paths.filter((path) => !isPrefix({ distribution, path }));
}

export function addCounts(counts: readonly MatchingCount[]): MatchingCount {
  const sum = (part: (count: MatchingCount) => number): number => counts.reduce((all, each) => all + part(each), 0);
  return { matching: sum((each) => each.matching), unlooked: sum((each) => each.unlooked) };
}
