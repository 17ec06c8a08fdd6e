// What has just left the small queue unasked: digests without anything else, forgotten in the order of chance. One that is
// mistaken for another gives that one the better queue for once.

import type { Digest } from "./entry-index.ts";

export interface Ghosts {
  add(digest: Digest): void;
  has(digest: Digest): boolean;
}

export function openGhosts(entriesMax: number): Ghosts {
  const places = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(2, entriesMax))));
  const mask = places.length - 1;
  return {
    add({ low, high }) {
      places[low & mask] = high;
    },
    has: ({ low, high }) => high !== 0 && places[low & mask] === high,
  };
}
