// The Content-Range field [RFC 9110 §14.4] in the unit that is in use: which part of what a message carries.

import type { ByteRange } from "./byte-range.ts";

export interface ContentRange extends ByteRange {
  /** Length of the whole; `undefined` where the sender does not know it. */
  readonly total: number | undefined;
}

/** `undefined` when it is not well-formed, in another unit, or says of an unsatisfied range how long the whole is. */
export function parseContentRange(value: string): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:(\d{1,15})|\*)$/i.exec(value);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const total = match[3] === undefined ? undefined : Number(match[3]);
  // Either makes it invalid, and then nothing about the part may be relied on.
  if (last < first || (total !== undefined && total <= last)) return undefined;
  return { first, last, total };
}

export function formatContentRange({ first, last }: ByteRange, total: number): string {
  return `bytes ${first}-${last}/${total}`;
}

/** Of 416: nothing of `total` bytes lies in the range. */
export function formatUnsatisfied(total: number): string {
  return `bytes */${total}`;
}
