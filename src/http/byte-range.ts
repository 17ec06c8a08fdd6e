// The Range field [RFC 9110 §14.2] in its only unit in use, read and then applied to a length. Ranges are inclusive at
// both ends, as on the wire.

import { splitList } from "./field-list.ts";

/** "from-to", "from-" (`last` undefined) or "-count". */
export type ByteRangeSpec =
  | { readonly kind: "from"; readonly first: number; readonly last: number | undefined }
  | { readonly kind: "suffix"; readonly count: number };

export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Reads a Range field. `undefined` when it is not well-formed or in another unit: then it is ignored [RFC 9110 §14.2]. */
export function parseByteRanges(value: string): readonly ByteRangeSpec[] | undefined {
  const set = /^bytes=(.*)$/i.exec(value)?.[1];
  if (set === undefined) return undefined;
  const specs: ByteRangeSpec[] = [];
  for (const element of splitList(set)) {
    const match = /^(\d*)-(\d*)$/.exec(element);
    const [, first = "", last = ""] = match ?? [];
    if (match === null || (first === "" && last === "")) return undefined;
    if (first === "") specs.push({ kind: "suffix", count: bounded(last) });
    else {
      const spec = { kind: "from", first: bounded(first), last: last === "" ? undefined : bounded(last) } as const;
      if (spec.last !== undefined && spec.last < spec.first) return undefined; // invalid, not unsatisfiable [RFC 9110 §14.1.1]
      specs.push(spec);
    }
  }
  return specs.length === 0 ? undefined : specs;
}

/** The part of a body of `length` bytes that is asked for. `undefined`: it has none of it [RFC 9110 §14.1.2]. */
export function resolveByteRange(spec: ByteRangeSpec, length: number): ByteRange | undefined {
  if (spec.kind === "suffix") {
    if (spec.count === 0 || length === 0) return undefined;
    return { first: Math.max(0, length - spec.count), last: length - 1 };
  }
  if (spec.first >= length) return undefined;
  return { first: spec.first, last: Math.min(spec.last ?? length - 1, length - 1) };
}

function bounded(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
