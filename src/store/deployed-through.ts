// How far the feed is deployed, from what the edges acknowledged and how long each counts as live. Pure, shared by the
// stores. Surprising: the answer is found for a moment in the past when nobody is live any more, so that reading it
// never has to write down what it was.

import type { FeedNumber } from "../vocabulary/ids.ts";
import type { EpochMs } from "../vocabulary/time.ts";

export interface EdgeProgress {
  readonly through: FeedNumber;
  /** The edge is live before this instant. */
  readonly leaseUntilMs: EpochMs;
}

/**
 * The number up to which every live edge has the feed in force. `floor` is what was reached before and holds whatever
 * the edges say; with no live edge the answer stands where it was when the last lease ran out.
 */
export function computeDeployedThrough(floor: FeedNumber, edges: Iterable<EdgeProgress>, now: EpochMs): FeedNumber {
  const all = [...edges];
  const live = all.filter((edge) => edge.leaseUntilMs > now);
  // Leases that run out only ever let the slowest of the others count, so the last to run out had the last word.
  const lastLease = Math.max(...all.map((edge) => edge.leaseUntilMs));
  const counted = live.length > 0 ? live : all.filter((edge) => edge.leaseUntilMs === lastLease);
  if (counted.length === 0) return floor;
  return Math.max(floor, Math.min(...counted.map((edge) => edge.through))) as FeedNumber;
}
