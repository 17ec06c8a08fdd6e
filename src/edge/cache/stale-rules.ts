// Whether a stored response may be served although it is no longer fresh: while it is refreshed, or because the origin
// fails. Settled when it is stored, from what it states. [RFC 5861], [RFC 9111 §4.2.4], [CFDG Expiration]

import { addSeconds, seconds, type EpochMs } from "../../vocabulary/time.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import type { TtlBounds } from "../config/effective-config.ts";
import { errorCachingMinTtl } from "../origin-response/freshness-lifetime.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import type { StatedFreshness } from "../origin-response/stated-freshness.ts";
import { freshUntil } from "../storage/stored-age.ts";
import type { StaleRules, StoredHead } from "../storage/cache-storage.ts";

const NONE = seconds(0);

/** `undefined`: never to be served stale. */
export function staleRules(stated: StatedFreshness, ttl: TtlBounds, fidelity: Fidelity): StaleRules | undefined {
  const isByRfc = fidelity === "rfc9111";
  // That CloudFront heeds must-revalidate is not documented; who sends it would expect it.
  if (stated.forbidsStale) return undefined;
  // Whoever sets MinTTL wants a refused response kept, and then stale ones count too. [CFDG Expiration]
  if (stated.refusal !== undefined && (isByRfc || ttl.min === 0)) return undefined;
  // s-maxage says what proxy-revalidate says. [RFC 9111 §5.2.2.10]
  if (isByRfc && stated.sMaxAge !== undefined) return undefined;
  return {
    whileRevalidate: stated.staleWhileRevalidate ?? NONE,
    onFailure: stated.staleIfError ?? "unbounded",
    // An answer, be it 503, is not a disconnection: by the RFC the origin must have allowed it.
    onError: stated.staleIfError ?? (isByRfc ? NONE : "unbounded"),
  };
}

/** No longer fresh, but to be served without waiting for the origin. */
export function servedStale(head: StoredHead, now: EpochMs): "held" | "while-revalidate" | undefined {
  if (head.heldUntilMs !== undefined && now < head.heldUntilMs) return "held";
  const window = head.stale?.whileRevalidate ?? NONE;
  return window > 0 && now < addSeconds(freshUntil(head), window) ? "while-revalidate" : undefined;
}

/** What the origin did instead of answering well; when it failed, with the status that the edge would answer. */
export interface OriginTrouble {
  readonly kind: "failed" | "answered";
  readonly status: number;
}

/** `undefined`: it was the viewer's doing. */
export function troubleOf(response: OriginResponse | OriginFailure): OriginTrouble | undefined {
  if (response.kind === "response") return { kind: "answered", status: response.status };
  return response.fault === "origin" ? { kind: "failed", status: response.status } : undefined;
}

/**
 * The head under which a stale response is served from now on: the origin is left alone for as long as its error would be
 * kept, then it is asked again. `undefined`: the response may not be served stale. [CFDG HTTPStatusCodes]
 */
export function holdStale(
  head: StoredHead,
  trouble: OriginTrouble,
  ttl: TtlBounds,
  now: EpochMs,
): StoredHead | undefined {
  if (head.stale === undefined || head.madeHere !== undefined) return undefined;
  if (trouble.kind === "answered" && !TROUBLE.has(trouble.status)) return undefined;
  const window = trouble.kind === "failed" ? head.stale.onFailure : head.stale.onError;
  const until = addSeconds(now, errorCachingMinTtl(trouble.status, ttl));
  if (window === "unbounded") return { ...head, heldUntilMs: until };
  const end = addSeconds(freshUntil(head), window);
  return now < end ? { ...head, heldUntilMs: until < end ? until : end } : undefined;
}

/** [RFC 5861 §4] */
const TROUBLE: ReadonlySet<number> = new Set([500, 502, 503, 504]);
