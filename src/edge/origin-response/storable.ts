// May this response be stored, and for how long may it be served? Statuses are a table; what the origin refuses is
// respected unless MinTTL overrides it. [CFDG Expiration, HTTPStatusCodes]

import { seconds } from "../../vocabulary/time.ts";
import { unreachable } from "../../vocabulary/unreachable.ts";
import type { TtlBounds } from "../compile-config.ts";
import { errorLifetime, freshnessLifetime, type Lifetime } from "./freshness-lifetime.ts";
import type { StatedFreshness } from "./stated-freshness.ts";

export type Storable =
  | {
      readonly kind: "storable";
      readonly lifetime: Lifetime;
      /** Viewers that ask at the same time may be given this one answer. */
      readonly isShareable: boolean;
      readonly why: string;
      readonly source: string;
    }
  | { readonly kind: "not-storable"; readonly why: string; readonly source: string };

type StatusRule =
  /** Stored for its freshness lifetime, DefaultTTL if it states none. */
  | "as-success"
  /** Likewise, but only with a Cache-Control. */
  | "if-stated"
  /** Stored as an error, always. */
  | "as-error"
  /** Stored as an error when it states max-age or s-maxage. */
  | "as-error-if-stated";

/** Statuses that are not here are never stored: 206 and 304 are about another response, others are not documented to be. */
const STATUS_RULES: Readonly<Record<number, StatusRule>> = {
  200: "as-success",
  203: "as-success",
  204: "as-success",
  300: "as-success",
  301: "as-success",
  302: "as-success",
  303: "if-stated",
  307: "if-stated",
  308: "if-stated",
  400: "as-error-if-stated",
  403: "as-error-if-stated",
  404: "as-error",
  405: "as-error-if-stated",
  412: "as-error-if-stated",
  414: "as-error",
  415: "as-error-if-stated",
  500: "as-error",
  501: "as-error",
  502: "as-error",
  503: "as-error",
  504: "as-error",
};

const STATUSES = "[CFDG HTTPStatusCodes]";
const EXPIRATION = "[CFDG Expiration]";

export function storable(status: number, stated: StatedFreshness, ttl: TtlBounds): Storable {
  const rule = STATUS_RULES[status];
  if (rule === undefined) {
    return { kind: "not-storable", why: `status ${status} is never stored`, source: STATUSES };
  }
  switch (rule) {
    case "as-success":
      return storedSuccess(stated, ttl);
    case "if-stated":
      if (stated.hasCacheControl) return storedSuccess(stated, ttl);
      return { kind: "not-storable", why: `status ${status} without Cache-Control`, source: STATUSES };
    case "as-error":
      return storedError(status, stated, ttl);
    case "as-error-if-stated":
      if (stated.maxAge !== undefined || stated.sMaxAge !== undefined) return storedError(status, stated, ttl);
      return { kind: "not-storable", why: `status ${status} without max-age or s-maxage`, source: STATUSES };
    default:
      return unreachable(rule);
  }
}

function storedError(status: number, stated: StatedFreshness, ttl: TtlBounds): Storable {
  const lifetime = errorLifetime(stated, ttl);
  const why = `status ${status} is an error: kept for ${lifetime.seconds} s`;
  return { kind: "storable", lifetime, isShareable: true, why, source: STATUSES };
}

function storedSuccess(stated: StatedFreshness, ttl: TtlBounds): Storable {
  if (stated.variesOnEverything && ttl.min === 0) {
    return { kind: "not-storable", why: "Vary: * with MinTTL 0: every request goes to the origin", source: EXPIRATION };
  }
  const lifetime = freshnessLifetime(stated, ttl);
  if (lifetime.seconds > 0) {
    return {
      kind: "storable",
      lifetime,
      isShareable: true,
      why: `fresh for ${lifetime.seconds} s by ${lifetime.rule}`,
      source: EXPIRATION,
    };
  }
  // Lifetime 0: kept only where it can save a transfer by validation, and never against the origin's word.
  if (stated.refusal === "no-store" || stated.refusal === "private") {
    return { kind: "not-storable", why: `Cache-Control: ${stated.refusal} and MinTTL 0`, source: EXPIRATION };
  }
  if (!stated.hasValidator) {
    return {
      kind: "not-storable",
      why: `no longer fresh by ${lifetime.rule}, and without a validator`,
      source: "[RFC 9111 §3]",
    };
  }
  return {
    kind: "storable",
    lifetime: { ...lifetime, seconds: seconds(0) },
    isShareable: false,
    why: `to be validated on every request, by ${lifetime.rule}`,
    source: "[RFC 9111 §4.3]",
  };
}
