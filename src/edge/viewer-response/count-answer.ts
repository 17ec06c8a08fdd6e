// Whoever makes an answer counts it, by what it was.

import type { EdgeParts } from "../edge-parts.ts";
import type { CacheResult } from "../served.ts";

export function countAnswer({ tally }: EdgeParts, result: CacheResult): void {
  switch (result) {
    case "Hit":
      tally.hits++;
      break;
    case "Miss":
      tally.misses++;
      break;
    case "RefreshHit":
      tally.refreshHits++;
      break;
    case "Error":
      tally.errors++;
      break;
    case "Redirect":
      tally.redirects++;
      break;
  }
}
