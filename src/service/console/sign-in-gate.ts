// How often somebody may guess: sign-ins that failed are counted by address and all together, and given back with time. The
// addresses that are remembered are bounded; the one that failed longest ago is forgotten first.

import { isIPv6 } from "node:net";
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
      const known = byAddress.get(networkOf(address));
      return Math.max(known === undefined ? 0 : secondsLeft(known, 1), secondsLeft(all, ALL_TIMES));
    },
    failed(address) {
      const network = networkOf(address);
      const bucket = drain(byAddress.get(network) ?? { failures: 0, at: clock.now() }, 1);
      bucket.failures += 1;
      drain(all, ALL_TIMES).failures += 1;
      byAddress.delete(network);
      byAddress.set(network, bucket);
      if (byAddress.size > ADDRESSES_MAX) byAddress.delete(byAddress.keys().next().value ?? "");
    },
  };
}

/** Who has one IPv6 address has all of its /64. */
function networkOf(address: string): string {
  return isIPv6(address) ? firstHextets(address) : address;
}

function firstHextets(address: string): string {
  const [before = "", after] = address.split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array.from({ length: zeros }, () => "0"), ...right]
    .slice(0, 4)
    .map((hextet) => Number.parseInt(hextet, 16).toString(16))
    .join(":");
}
