// What all workers have counted, as one. What each counts for itself is added up; what all know alike is taken once.

import type { EdgeCounters } from "../edge/edge.ts";

/** `alike`: every worker has the same number, give or take one that is just catching up, so the largest counts. */
const ALIKE: ReadonlySet<keyof EdgeCounters> = new Set(["distributions"]);

/** `undefined` of none. A worker that was replaced starts at zero, and its predecessor's counts are gone with it. */
export function sumCounters(counted: readonly EdgeCounters[]): EdgeCounters | undefined {
  const [first, ...others] = counted;
  if (first === undefined) return undefined;
  return others.reduce(add, first);
}

function add(one: EdgeCounters, other: EdgeCounters): EdgeCounters {
  const names = Object.keys(one) as (keyof EdgeCounters)[];
  const pairs = names.map((name): [string, number] => [
    name,
    ALIKE.has(name) ? Math.max(one[name], other[name]) : one[name] + other[name],
  ]);
  return Object.fromEntries(pairs) as unknown as EdgeCounters;
}
