// The keys that session tickets are sealed with, the same in all workers: a viewer comes back to any of them and takes its
// session up. They follow from a seed in memory alone, and change by the clock. A seed goes forward only: from what
// a process knows today, nobody can make the keys of tickets that have ended. [D-0022]

import { hkdfSync } from "node:crypto";

import type { RandomBytes } from "../../../vocabulary/ids.ts";
import type { Clock, EpochMs } from "../../../vocabulary/time.ts";

/** Where keys come from, as of a period. Plain, to be handed to another process of the same service. */
export interface TicketSeed {
  /** Number of the first period whose keys follow from it. */
  readonly period: number;
  /** Hexadecimal. */
  readonly secret: string;
}

/** Keys as TLS servers of Node take them: 16 bytes of name, which tickets carry in front, then 32 of keys. */
export interface TicketKeys {
  /** New tickets are sealed with these. The same object as long as they are the same. */
  current(): Buffer;
  /** Those of this name, as long as sessions sealed with them may be taken up; `undefined`: of no use any more, or never ours. */
  named(name: Uint8Array): Buffer | undefined;
}

/** How long a session can be resumed, and so, how long keys are good after their period. */
export const SESSION_SECONDS = 7200;
export const TICKET_NAME_BYTES = 16;

const KEYS_BYTES = 48;
const SECRET_BYTES = 32;
const PERIOD_MS = 43_200_000;

export function newTicketSeed(random: RandomBytes, now: EpochMs): TicketSeed {
  return { period: periodAt(now), secret: Buffer.from(random(SECRET_BYTES)).toString("hex") };
}

/** The seed without what is older than any session that can still be resumed. */
export function advanceTicketSeed(seed: TicketSeed, now: EpochMs): TicketSeed {
  const oldest = Math.floor((now - SESSION_SECONDS * 1000) / PERIOD_MS);
  return oldest > seed.period ? seedOf(seed, oldest) : seed;
}

export function openTicketKeys(given: TicketSeed, clock: Clock): TicketKeys {
  let seed = given;
  let period = Number.NEGATIVE_INFINITY;
  let keys: Buffer = Buffer.alloc(0);
  let before: Buffer | undefined;

  function renew(): void {
    const now = clock.now();
    if (periodAt(now) > period) {
      // A clock that was set back does not bring old keys back.
      period = Math.max(periodAt(now), seed.period);
      seed = advanceTicketSeed(seed, now);
      keys = deriveKeys(seedOf(seed, period));
      before = seed.period < period ? deriveKeys(seedOf(seed, period - 1)) : undefined;
    } else if (before !== undefined) {
      seed = advanceTicketSeed(seed, now);
      if (seed.period === period) before = undefined;
    }
  }

  return {
    current() {
      renew();
      return keys;
    },
    named(name) {
      renew();
      return [keys, before].find((each) => each?.subarray(0, TICKET_NAME_BYTES).equals(name) === true);
    },
  };
}

function periodAt(now: EpochMs): number {
  return Math.floor(now / PERIOD_MS);
}

/** One step for each period: none of them leads back. */
function seedOf(seed: TicketSeed, period: number): TicketSeed {
  let secret: Buffer = Buffer.from(seed.secret, "hex");
  for (let at = seed.period; at < period; at++) secret = derive(secret, "next period", SECRET_BYTES);
  return { period, secret: secret.toString("hex") };
}

function deriveKeys({ secret }: TicketSeed): Buffer {
  return derive(Buffer.from(secret, "hex"), "session tickets", KEYS_BYTES);
}

function derive(secret: Buffer, purpose: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", purpose, bytes));
}
