// How long the edge may serve a response without asking the origin again: what the origin states, within the behavior's
// bounds. [CFDG Expiration]

import { seconds, type Seconds } from "../../vocabulary/time.ts";
import type { TtlBounds } from "../config/effective-config.ts";
import type { StatedFreshness } from "./stated-freshness.ts";

export type LifetimeRule = "refused" | "s-maxage" | "max-age" | "expires" | "heuristic" | "default" | "error";

export interface Lifetime {
  /** From when the response was here, or was last validated. */
  readonly seconds: Seconds;
  readonly rule: LifetimeRule;
  /** What the winning field said, before Age and the bounds; `undefined` where none decided. */
  readonly stated: Seconds | undefined;
}

/** Who said so, as people write it. */
export const RULES_IN_WORDS: Readonly<Record<LifetimeRule, string>> = {
  refused: "no-cache, no-store or private",
  "s-maxage": "s-maxage",
  "max-age": "max-age",
  expires: "Expires",
  heuristic: "heuristic",
  default: "default",
  error: "error",
};

/** To tenths: what an answer took on its way is off a lifetime already, and nobody has said 59.991 s. */
export function roundSeconds(exact: number): number {
  return Math.round(exact * 10) / 10;
}

export function lifetimeInWords({ seconds: exact, rule }: Pick<Lifetime, "seconds" | "rule">): string {
  return `${roundSeconds(exact)} s by ${RULES_IN_WORDS[rule]}`;
}

/** First stated row wins. Order: [RFC 9111 §4.2.1]; "refused" first and all bounds: [CFDG Expiration]. */
const LIFETIME_RULES = [
  { rule: "refused", read: (stated: StatedFreshness) => (stated.refusal === undefined ? undefined : 0) },
  { rule: "s-maxage", read: (stated: StatedFreshness) => stated.sMaxAge },
  { rule: "max-age", read: (stated: StatedFreshness) => stated.maxAge },
  { rule: "expires", read: (stated: StatedFreshness) => stated.expiresIn },
] as const;

/**
 * The age that a response brings along is taken off what it states [RFC 9111 §4.2], then the bounds apply: MinTTL counts
 * from now. Whether CloudFront subtracts it is not documented; not doing so would serve stale what the origin calls stale.
 */
export function freshnessLifetime(stated: StatedFreshness, ttl: TtlBounds): Lifetime {
  for (const { rule, read } of LIFETIME_RULES) {
    const value = read(stated);
    if (value === undefined) continue;
    const left = Math.max(0, value - stated.age);
    return { seconds: seconds(Math.max(ttl.min, Math.min(left, ttl.max))), rule, stated: seconds(value) };
  }
  return { seconds: seconds(Math.max(ttl.min, ttl.default)), rule: "default", stated: undefined };
}

/** Statuses whose responses may be reused without a stated lifetime. [RFC 9110 §15.1] */
const HEURISTICALLY_CACHEABLE: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/**
 * As above, where the RFC rules: a refusal is a refusal whatever MinTTL, and without a stated lifetime only some statuses
 * last, for the owner's DefaultTTL or else by the heuristic that everybody uses. [RFC 9111 §4.2.1, §4.2.2]
 */
export function freshnessLifetimeByRfc(status: number, stated: StatedFreshness, ttl: TtlBounds): Lifetime {
  const isRefused = stated.refusal !== undefined && !stated.mustUnderstandOverNoStore;
  if (isRefused) return { seconds: seconds(0), rule: "refused", stated: undefined };
  const explicit = freshnessLifetime({ ...stated, refusal: undefined }, ttl);
  if (explicit.rule !== "default") return explicit;
  if (!HEURISTICALLY_CACHEABLE.has(status) && !stated.isPublic) return { ...explicit, seconds: seconds(0) };
  if (ttl.default > 0 || stated.heuristic === undefined) return explicit;
  const left = Math.max(0, stated.heuristic - stated.age);
  return {
    seconds: seconds(Math.max(ttl.min, Math.min(left, ttl.max))),
    rule: "heuristic",
    stated: seconds(stated.heuristic),
  };
}

/** ErrorCachingMinTTL where no custom error response sets it. [CFDG HTTPStatusCodes] */
const ERROR_CACHING_MIN_TTL = seconds(10);

export function errorCachingMinTtl(status: number, ttl: TtlBounds): Seconds {
  return ttl.errors?.get(status)?.min ?? ERROR_CACHING_MIN_TTL;
}

/**
 * An error that states more stays as long as it says, up to MaxTTL of the behavior that serves its page; whatever else it
 * states, no shorter than the minimum of its status. [CFDG HTTPStatusCodes]
 */
export function errorLifetime(status: number, stated: StatedFreshness, ttl: TtlBounds): Lifetime {
  const minimum = errorCachingMinTtl(status, ttl);
  const max = ttl.errors?.get(status)?.max ?? ttl.max;
  const value = stated.refusal === undefined ? (stated.sMaxAge ?? stated.maxAge ?? stated.expiresIn) : undefined;
  if (value === undefined) return { seconds: minimum, rule: "error", stated: undefined };
  const left = Math.max(0, value - stated.age);
  return { seconds: seconds(Math.max(minimum, Math.min(left, max))), rule: "error", stated: seconds(value) };
}
