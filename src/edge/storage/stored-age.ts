// How old a stored response is at an instant, and whether it is fresh.

import { computeCurrentAge } from "../../http/current-age.ts";
import { addSeconds, type EpochMs, type Seconds } from "../../vocabulary/time.ts";
import type { StoredHead } from "./cache-storage.ts";

/** An age that equals the lifetime is stale [RFC 9111 §4.2]; without a lifetime nothing is fresh, not even when the clock is set back. */
export function isFresh(head: StoredHead, now: EpochMs): boolean {
  return head.lifetime.seconds > 0 && now < freshUntil(head);
}

export function freshUntil(head: StoredHead): EpochMs {
  return addSeconds(head.respondedAtMs, head.lifetime.seconds);
}

/** Since the origin made or confirmed it, with fractions. [RFC 9111 §4.2.3] */
export function currentAge(head: StoredHead, now: EpochMs): Seconds {
  return computeCurrentAge(head.ageThen, head.respondedAtMs, now);
}
