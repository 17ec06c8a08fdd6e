// A resource's revision as callers see it: the `ETag` of an answer, the `If-Match` of a request. It is an encoding of
// how often the resource was written, as the real service's appears to be (api facts: the same first ETag recurs over
// accounts), so "never was a version" and "was one, but is stale" can be told apart without remembering old values.

import type { Revision } from "./ids.ts";

// A bijection on 0 … 2^60-1: multiply by an odd number, so that neighbors look unlike each other.
const BITS = 60n;
const MASK = (1n << BITS) - 1n;
const FACTOR = 0x5d1e_8f3b_a7c6_12dn | 1n;
const INVERSE = inverse(FACTOR);
const LENGTH = 12; // 36^12 > 2^60

function inverse(odd: bigint): bigint {
  let guess = odd;
  for (let round = 0; round < 6; round++) guess = (guess * (2n - odd * guess)) & MASK; // Newton, doubles the right bits
  return guess;
}

/** `E` and twelve upper-case letters and digits. */
export function formatRevision(revision: Revision): string {
  return "E" + ((BigInt(revision) * FACTOR) & MASK).toString(36).toUpperCase().padStart(LENGTH, "0");
}

/**
 * Reads an `If-Match` value, quoted or not. `undefined` means that it never was a revision of anything: the caller
 * must still compare the number with the resource's own.
 */
export function parseRevision(text: string): Revision | undefined {
  const bare = text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
  if (!/^E[0-9A-Z]{12}$/.test(bare)) return undefined;
  let scrambled = 0n;
  for (const digit of bare.slice(1)) scrambled = scrambled * 36n + BigInt(parseInt(digit, 36));
  if (scrambled > MASK) return undefined;
  const count = (scrambled * INVERSE) & MASK;
  // A real one is small: nobody writes a resource four billion times.
  return count >= 1n && count <= 0xffff_ffffn ? (Number(count) as Revision) : undefined;
}
