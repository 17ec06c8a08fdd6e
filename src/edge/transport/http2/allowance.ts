// How much of something a peer may still do: it is gained back at a steady rate, up to a stretch. Pure but for its own
// count; instants are handed in.

import type { EpochMs } from "../../../vocabulary/time.ts";
import { secondsBetween } from "../../../vocabulary/time.ts";

export class Allowance {
  readonly #max: number;
  readonly #perSecond: number;
  #left: number;
  #at: EpochMs;

  constructor(max: number, perSecond: number, now: EpochMs) {
    this.#max = max;
    this.#perSecond = perSecond;
    this.#left = max;
    this.#at = now;
  }

  /** Takes `amount`, be it there or not. `false`: more was taken than there was. A negative amount gives back. */
  take(amount: number, now: EpochMs): boolean {
    const gained = Math.max(0, secondsBetween(this.#at, now)) * this.#perSecond;
    this.#at = now;
    this.#left = Math.min(this.#max, Math.min(this.#max, this.#left + gained) - amount);
    return this.#left >= 0;
  }
}
