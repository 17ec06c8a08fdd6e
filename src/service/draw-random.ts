// Randomness for ids and keys, drawn in bulk.

import { randomBytes } from "node:crypto";
import type { RandomBytes } from "../vocabulary/ids.ts";

const DRAW_BYTES = 4096;

/** Bytes cut from larger draws, since a draw costs the same for 16 bytes and for thousands. None is given out twice. */
export function drawRandom(): RandomBytes {
  let drawn = new Uint8Array(0);
  return (count) => {
    if (count > drawn.length) drawn = randomBytes(Math.max(count, DRAW_BYTES));
    const cut = drawn.subarray(0, count);
    drawn = drawn.subarray(count);
    return cut;
  };
}
