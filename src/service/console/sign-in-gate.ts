// How often somebody may guess: sign-ins that failed are counted by subscriber and all together, and given back with time. Those
// who are remembered are bounded; the one that failed longest ago is forgotten first.

import { subscriberOf } from "../../vocabulary/network-address.ts";
import { secondsBetween, type Clock, type EpochMs } from "../../vocabulary/time.ts";

export interface SignInGate {
  /** Seconds until it may be tried again; 0: now. */
  waitFor(address: string): number;
  failed(address: string): void;
}

interface Bucket {
  failures: number;
  at: EpochMs;
}

const SECONDS_PER_FAILURE = 6;
const ALL_TIMES = 10;
const ADDRESSES_MAX = 1000;

export function openSignInGate(failuresMax: number, clock: Clock): SignInGate {
  const byAddress = new Map<string, Bucket>();
  const all: Bucket = { failures: 0, at: clock.now() };

  /** `times`: how much faster it is given back. */
  function drain(bucket: Bucket, times: number): Bucket {
    const now = clock.now();
    bucket.failures = Math.max(0, bucket.failures - (secondsBetween(bucket.at, now) * times) / SECONDS_PER_FAILURE);
    bucket.at = now;
    return bucket;
  }

  function secondsLeft(bucket: Bucket, times: number): number {
    const over = drain(bucket, times).failures - (failuresMax * times - 1);
    return over <= 0 ? 0 : Math.ceil((over * SECONDS_PER_FAILURE) / times);
  }

  return {
    waitFor(address) {
      const known = byAddress.get(subscriberOf(address));
      return Math.max(known === undefined ? 0 : secondsLeft(known, 1), secondsLeft(all, ALL_TIMES));
    },
    failed(address) {
      const subscriber = subscriberOf(address);
      const bucket = drain(byAddress.get(subscriber) ?? { failures: 0, at: clock.now() }, 1);
      bucket.failures += 1;
      drain(all, ALL_TIMES).failures += 1;
      byAddress.delete(subscriber);
      byAddress.set(subscriber, bucket);
      if (byAddress.size > ADDRESSES_MAX) byAddress.delete(byAddress.keys().next().value ?? "");
    },
  };
}
