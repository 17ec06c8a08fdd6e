// Accept-Encoding [RFC 9110 §12.5.3]: which content codings a recipient takes, and how much it likes each. What it says is
// judged per coding, because a star speaks of all that are not named.

import { splitList } from "./field-list.ts";

/** Weights by coding, in thousandths; `x-gzip` is gzip [RFC 9110 §8.4.1.3]. The star is `*`. */
export type CodingWeights = ReadonlyMap<string, number>;

const ELEMENT = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*;[ \t]*[qQ]=(0(?:\.\d*)?|1(?:\.0*)?))?$/;

/**
 * Reads the value. Elements that are none, also for a weight that is no weight, are left out: such a coding is not counted
 * on. Of a coding that is named twice the higher weight counts.
 */
export function parseAcceptEncoding(value: string): CodingWeights {
  const weights = new Map<string, number>();
  for (const element of splitList(value)) {
    const match = ELEMENT.exec(element);
    if (match === null) continue;
    const name = (match[1] ?? "").toLowerCase();
    const coding = name === "x-gzip" ? "gzip" : name;
    const weight = match[2] === undefined ? 1000 : Math.floor(Number(match[2]) * 1000);
    weights.set(coding, Math.max(weight, weights.get(coding) ?? 0));
  }
  return weights;
}

/** What the list says of a coding, by name or by its star; 0 is a refusal. `undefined`: it says nothing of it. */
export function weightOfCoding(weights: CodingWeights, coding: string): number | undefined {
  return weights.get(coding) ?? weights.get("*");
}
