// Whether a viewer already has what a stored response would tell it [RFC 9110 §13], as a cache may judge it
// [RFC 9111 §4.3.2]: If-None-Match and If-Modified-Since only. If-Match and If-Unmodified-Since are the origin's to judge.

import type { EpochMs } from "../vocabulary/time.ts";
import { matchesWeakly, parseEntityTag, parseEntityTagList } from "./entity-tag.ts";
import { parseHttpDate } from "./http-date.ts";

/** A request's conditions as received; `undefined` where there is no such field. */
export interface Conditions {
  readonly method: string;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

export interface StoredValidators {
  readonly status: number;
  /** ETag as stored; one that is not well-formed matches nothing. */
  readonly entityTag: string | undefined;
  readonly lastModified: string | undefined;
  /** Of the Date field, or of arrival without one: stands in for a missing Last-Modified [RFC 9111 §4.3.2]. */
  readonly date: EpochMs;
}

/** `rule` names what decided, for logs. */
export type PreconditionOutcome =
  | {
      readonly kind: "proceed";
      readonly rule: "no-condition" | "not-applicable" | "if-none-match" | "if-modified-since";
    }
  | { readonly kind: "not-modified"; readonly rule: "if-none-match" | "if-modified-since" };

/** Decides between the stored response and 304 for it. */
export function evaluatePrecondition(
  { method, ifNoneMatch, ifModifiedSince }: Conditions,
  stored: StoredValidators,
  now: EpochMs,
): PreconditionOutcome {
  if (ifNoneMatch === undefined && ifModifiedSince === undefined) return { kind: "proceed", rule: "no-condition" };
  // Conditions count only where the answer would have been 2xx [RFC 9110 §13.2.1].
  if ((method !== "GET" && method !== "HEAD") || stored.status < 200 || stored.status > 299) {
    return { kind: "proceed", rule: "not-applicable" };
  }
  if (ifNoneMatch !== undefined) {
    // If-Modified-Since is ignored even where this one does not match [RFC 9110 §13.1.3].
    return { kind: matchesAny(ifNoneMatch, stored.entityTag) ? "not-modified" : "proceed", rule: "if-none-match" };
  }
  const since = parseHttpDate(ifModifiedSince ?? "", now);
  if (since === undefined) return { kind: "proceed", rule: "not-applicable" }; // to be ignored [RFC 9110 §13.1.3]
  const lastModified = stored.lastModified === undefined ? stored.date : parseHttpDate(stored.lastModified, now);
  const isUnmodified = lastModified !== undefined && floorToSecond(lastModified) <= since;
  return { kind: isUnmodified ? "not-modified" : "proceed", rule: "if-modified-since" };
}

function matchesAny(ifNoneMatch: string, entityTag: string | undefined): boolean {
  // Revalidating viewers send back what they got: mostly the very same text.
  if (entityTag !== undefined && ifNoneMatch === entityTag) return parseEntityTag(entityTag) !== undefined;
  const asked = parseEntityTagList(ifNoneMatch);
  if (asked === "*") return true; // there is a current representation: this one
  const current = entityTag === undefined ? undefined : parseEntityTag(entityTag);
  return current !== undefined && asked !== undefined && asked.some((tag) => matchesWeakly(tag, current));
}

/** HTTP's dates have whole seconds. */
function floorToSecond(instant: EpochMs): number {
  return Math.floor(instant / 1000) * 1000;
}
