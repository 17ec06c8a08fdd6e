// What has just left the small queue unasked: digests without anything else. As many are remembered as there are responses
// in the cache; who remembers all that ever left lets everything into the main queue, which then is no better than one
// queue. One that is mistaken for another gives that one the better queue for once. [D-0025]

import type { Digest } from "./entry-index.ts";

export interface Ghosts {
  add(digest: Digest): void;
  has(digest: Digest): boolean;
}

/** There is place for `placesMax`; `remembered` says how many count just now. */
export function openGhosts(placesMax: number, remembered: () => number): Ghosts {
  const digests = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, placesMax))));
  /** Which of all ghosts it was, counted from 1. */
  const numbers = new Uint32Array(digests.length);
  const mask = digests.length - 1;
  let count = 0;
  return {
    add({ low, high }) {
      count = (count + 1) >>> 0;
      digests[low & mask] = high;
      numbers[low & mask] = count;
    },
    has({ low, high }) {
      const place = low & mask;
      if (digests[place] !== high || numbers[place] === 0) return false;
      return (count - (numbers[place] ?? 0)) >>> 0 < remembered();
    },
  };
}
