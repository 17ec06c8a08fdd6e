// Rules for texts that several resources share. A length counts characters, not bytes.

import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";

const CALLER_REFERENCE_MAX = 128;
/** [CFDG cloudfront-limits] */
const COMMENT_MAX = 128;
const DOMAIN_NAME_MAX = 253;

/** Letters, digits, hyphen and, because real machines have it in their names, underscore. [RFC 1123 §2.1] */
const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** RFC 9110's token: what a field name is made of. [RFC 9110 §5.6.2] */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Number of characters. */
export function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Labels joined by dots, the last of which cannot be read as a number, because such a name is an address. */
export function isDomainName(text: string): boolean {
  return text.length <= DOMAIN_NAME_MAX && text.split(".").every((label) => LABEL.test(label)) && !isAddress(text);
}

/** What URL parsers read as an IPv4 address, in all its spellings: a name whose last label is a number. */
export function isAddress(text: string): boolean {
  return /(^|\.)(\d+|0[xX][0-9A-Fa-f]*)\.?$/.test(text);
}

/** The real service's limit is not known; it keeps references that clients make from times, UUIDs and bucket names. */
export function checkCallerReference(reference: string): ApiFailure | undefined {
  if (reference === "") {
    return fail("InvalidArgument", "The parameter CallerReference is required: send 1 to 128 characters.");
  }
  return lengthOf(reference) > CALLER_REFERENCE_MAX
    ? fail("InvalidArgument", "The parameter CallerReference is too big.")
    : undefined;
}

export function checkComment(comment: string): ApiFailure | undefined {
  return lengthOf(comment) > COMMENT_MAX ? fail("InvalidArgument", "The parameter Comment is too big.") : undefined;
}

/** An update of any resource carries the reference that it was created with. */
export function checkSameCallerReference(sent: string, stored: string): ApiFailure | undefined {
  return sent === stored ? undefined : fail("IllegalUpdate", "You cannot update Origin or CallerReference.");
}

/** A whole number within bounds, both included. */
export function checkRange(
  value: number,
  bounds: { readonly name: string; readonly min: number; readonly max: number },
): ApiFailure | undefined {
  const { name, min, max } = bounds;
  return value >= min && value <= max
    ? undefined
    : fail("InvalidArgument", `The parameter ${name} is ${value}, and must be from ${min} to ${max}.`);
}

/** The first value that stands in the list twice. */
export function findDuplicate(values: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) return value;
    seen.add(value);
  }
  return undefined;
}

export function duplicateOf(what: string, value: string): ApiFailure {
  return fail("InvalidArgument", `The parameter ${what} has ${quoted(value)} more than once: each must be there once.`);
}
