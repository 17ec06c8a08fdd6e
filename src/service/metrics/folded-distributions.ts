// Which distributions the metrics tell apart, since each costs some 60 lines: the first so many, and the rest together. Who was told
// together stays so, even when there is room again: otherwise the sum of the rest would fall, which no counter may.

import { addRows, type TrafficSnapshot } from "../../edge/record/traffic.ts";

/** What all that is not told apart is called. No distribution has such an id. */
export const OTHER = "other";

export interface ToldTraffic {
  /** `OTHER` last: of no distribution, of those that are gone, and of those folded in. */
  readonly rows: readonly (readonly [distribution: string, row: readonly number[]])[];
  readonly folded: number;
}

/** Remembers its choices: each call is about what the same service has counted by then. */
export function openDistributionFold(distributionsMax: number): (traffic: TrafficSnapshot) => ToldTraffic {
  let apart = new Set<string>();
  let together = new Set<string>();
  return ({ others, distributions }) => {
    const ids = new Set(distributions.map(([id]) => id));
    apart = apart.intersection(ids);
    together = together.intersection(ids);
    let rest = others;
    const rows: (readonly [string, readonly number[]])[] = [];
    for (const [id, row] of distributions) {
      if (!together.has(id) && (apart.has(id) || apart.size < distributionsMax)) {
        apart.add(id);
        rows.push([id, row]);
      } else {
        together.add(id);
        rest = addRows(rest, row);
      }
    }
    return { rows: [...rows, [OTHER, rest]], folded: together.size };
  };
}
