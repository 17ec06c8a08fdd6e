// Request collapsing: viewers who ask for the same key at the same time share one origin fetch. The table holds the fetches
// that others may join; an invalidation takes those that began before it out, so that nobody joins them any more.
// [CFDG RequestAndResponseBehaviorCustomOrigin], "Simultaneous requests"

import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { OriginFailure } from "../origin-request/origin-answer.ts";
import type { WaitingViewers } from "../origin-request/waiting-viewers.ts";
import { digestCacheKey } from "./cache-key.ts";
import type { CacheKey, InvalidatedPath, StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import { invalidationMatches } from "../storage/invalidate.ts";
import type { SharedBody } from "./shared-body.ts";

export type FlightOutcome =
  /** The body is still coming, and anyone who joins from its start may have it. */
  | { readonly kind: "sharing"; readonly head: StoredHead; readonly body: SharedBody }
  /** All of it is here. */
  | { readonly kind: "stored"; readonly stored: StoredResponse }
  /** Whoever waited has waited for this; nobody else is told, as it is not kept. */
  | { readonly kind: "failed"; readonly failed: OriginFailure }
  /** Nothing that another viewer may be given: each asks for itself. */
  | { readonly kind: "alone" };

export interface Flight {
  /** Settled as soon as the origin's head is judged. */
  readonly outcome: Promise<FlightOutcome>;
  settle(outcome: FlightOutcome): void;
  /** Whoever awaits the outcome joins them. */
  readonly viewers: WaitingViewers;
  /** Nobody can join from now on. */
  close(): void;
}

export interface Flights {
  find(key: CacheKey): Flight | undefined;
  /** Must be settled and closed, whatever happens. */
  open(key: CacheKey, began: FeedNumber, viewers: WaitingViewers): Flight;
  invalidate(invalidated: InvalidatedPath, number: FeedNumber): void;
  /** Whether the last answer for the key could be shared: if not, viewers do not wait for one another the next time. */
  remember(key: CacheKey, isShareable: boolean): void;
  isKnownUnshareable(key: CacheKey): boolean;
}

export function openFlights(): Flights {
  const flying = new Map<string, { readonly key: CacheKey; readonly began: FeedNumber; readonly flight: Flight }>();
  const unshareable = openUnshareableKeys();

  return {
    find: (key) => flying.get(key.text)?.flight,
    open(key, began, viewers) {
      const { promise, resolve } = Promise.withResolvers<FlightOutcome>();
      const flight: Flight = {
        outcome: promise,
        settle: resolve,
        viewers,
        close() {
          // Another fetch may have taken the place since an invalidation.
          if (flying.get(key.text)?.flight === flight) flying.delete(key.text);
        },
      };
      flying.set(key.text, { key, began, flight });
      return flight;
    },
    invalidate(invalidated, number) {
      for (const [text, { key, began }] of flying) {
        const isOfIt = key.distribution === invalidated.distribution && began < number;
        if (isOfIt && invalidationMatches(invalidated, key.url)) {
          flying.delete(text);
        }
      }
    },
    remember: (key, isShareable) => unshareable.remember(key, isShareable),
    isKnownUnshareable: (key) => unshareable.has(key),
  };
}

/** Keys whose last answer was of no use to others. */
export interface UnshareableKeys {
  remember(key: CacheKey, isShareable: boolean): void;
  has(key: CacheKey): boolean;
}

/** Keys that are remembered at most. The latest half of them always is. */
const UNSHAREABLE_MAX = 10_000;

/** By their digests: a key may be as long as a viewer's request. Forgotten by halves, as to find the oldest of a set means to step over what was deleted. */
export function openUnshareableKeys(): UnshareableKeys {
  let late = new Set<string>();
  let early = new Set<string>();
  const isEmpty = (): boolean => late.size === 0 && early.size === 0;
  return {
    remember(key, isShareable) {
      if (isShareable && isEmpty()) return;
      const digest = digestCacheKey(key);
      if (isShareable) {
        late.delete(digest);
        early.delete(digest);
        return;
      }
      late.add(digest);
      if (late.size < UNSHAREABLE_MAX / 2) return;
      early = late;
      late = new Set();
    },
    has(key) {
      if (isEmpty()) return false;
      const digest = digestCacheKey(key);
      return late.has(digest) || early.has(digest);
    },
  };
}
