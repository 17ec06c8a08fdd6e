// Would two requests find the same stored response? Made from their explanations, so it is about the live configuration, and tells what
// keeps them apart.

import type { Explanation } from "./explanation.ts";
import { keyDifferences, type KeyDifference } from "./key-difference.ts";

export interface KeyComparison {
  readonly isShared: boolean;
  readonly why: string;
  /** `one` is the first request's. */
  readonly differences: readonly KeyDifference[];
}

/** What never comes to the cache shares nothing. Another variant by Vary counts as far as what is stored says so already. */
export function compareKeys(one: Explanation, other: Explanation): KeyComparison {
  for (const [which, { key, verdict, steps }] of [
    ["first", one],
    ["second", other],
  ] as const) {
    if (key !== undefined) continue;
    const why = steps.findLast(({ stage }) => verdict !== "pass" || stage === "cache")?.why ?? "";
    return { isShared: false, why: `the ${which} does not come to the cache: ${verdict}: ${why}`, differences: [] };
  }
  const differences = keyDifferences(one.key ?? [], other.key ?? []);
  const names = differences.map(({ name }) => name).join(", ");
  return differences.length === 0
    ? { isShared: true, why: "all parts of the cache key are equal", differences }
    : { isShared: false, why: `the cache keys differ in ${names}`, differences };
}
