// What the cache may do for a request.

import { supportsConditions, UNSUPPORTED_WITH_COOKIES } from "../conditions.ts";
import type { Authorized, Keyed } from "../exchange.ts";

export interface Because {
  readonly why: string;
  readonly source: string;
}

/** Why the request goes to the origin without a look into the cache, and its answer is not stored. `undefined`: the cache is used. */
export function whyBypassed({ request, behavior }: Authorized): Because | undefined {
  if (request.upgrade !== undefined) {
    return {
      why: "a WebSocket handshake is the viewer's alone",
      source: "[CFDG distribution-working-with.websockets]",
    };
  }
  if (!behavior.cachedMethods.has(request.method)) {
    return { why: `CachedMethods does not list ${request.method}`, source: "[CFDG distribution-web-values-specify]" };
  }
  if (request.body !== undefined && request.body.length !== 0) {
    return { why: "the request has a body, which is not part of the cache key", source: "[RFC 9110 §9.3.1]" };
  }
  return behavior.neverStored;
}

/** Why the request does not share an origin fetch with others that ask for the same. [CFDG RequestAndResponseBehaviorCustomOrigin] */
export function whyNotCollapsed({ request, behavior }: Keyed): Because | undefined {
  const ignored = supportsConditions(behavior) ? [] : UNSUPPORTED_WITH_COOKIES;
  const field = OWN_ANSWER_FIELDS.find((name) => request.field(name) !== undefined && !ignored.includes(name));
  if (field !== undefined)
    return { why: `${field} makes the origin's answer this viewer's own`, source: "[RFC 9110 §13.1]" };
  if (behavior.key.cookies !== "none")
    return { why: "the behavior forwards cookies", source: "[CFDG RequestAndResponseBehaviorCustomOrigin]" };
  return undefined;
}

/** Conditions and ranges are forwarded, so the answer may be 304, 206 or 412: of no use to others. */
export const OWN_ANSWER_FIELDS: readonly string[] = [
  "if-none-match",
  "if-modified-since",
  "if-match",
  "if-unmodified-since",
  "if-range",
  "range",
];
