// May this response be stored, and for how long may it be served? By CloudFront statuses are a table, and what the origin
// refuses is respected unless MinTTL overrides it [CFDG Expiration, HTTPStatusCodes]; or it is by the RFC alone [D-0007].

import type { Fidelity } from "../../vocabulary/fidelity.ts";
import { seconds } from "../../vocabulary/time.ts";
import { unreachable } from "../../vocabulary/unreachable.ts";
import type { TtlBounds } from "../config/effective-config.ts";
import {
  errorLifetime,
  freshnessLifetime,
  freshnessLifetimeByRfc,
  lifetimeInWords,
  RULES_IN_WORDS,
  type Lifetime,
} from "./freshness-lifetime.ts";
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

/** What the verdict depends on beside what the response states. */
export interface StoringRules {
  readonly ttl: TtlBounds;
  readonly fidelity: Fidelity;
}

/** `status` and, of the request that was answered, whether it carried credentials. */
export interface Answered {
  readonly status: number;
  readonly hadAuthorization: boolean;
}

export function storable(answered: Answered, stated: StatedFreshness, { ttl, fidelity }: StoringRules): Storable {
  if (fidelity === "rfc9111") return storableByRfc(answered, stated, ttl);
  const { status } = answered;
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

/** About a part, a condition or a stored response, and so never stored under the whole one's key. */
const ABOUT_ANOTHER: ReadonlySet<number> = new Set([206, 304, 412, 416]);
/** Statuses whose meaning for caches is known here: `must-understand` asks for them. [RFC 9110 §15] */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410,
  411, 413, 414, 415, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505,
]);

/** Where the RFC rules: every condition of [RFC 9111 §3] for a shared cache, in its order. */
function storableByRfc({ status, hadAuthorization }: Answered, stated: StatedFreshness, ttl: TtlBounds): Storable {
  const storing = "[RFC 9111 §3]";
  const not = (why: string, source = storing): Storable => ({ kind: "not-storable", why, source });
  if (ABOUT_ANOTHER.has(status)) return not(`status ${status} is about another response`);
  if (stated.mustUnderstand && !UNDERSTOOD.has(status)) {
    return not(`must-understand, and what ${status} means for caches is not known here`, "[RFC 9111 §5.2.2.3]");
  }
  if (stated.refusal === "private") return not("Cache-Control: private");
  if (stated.refusal === "no-store" && !stated.mustUnderstandOverNoStore) return not("Cache-Control: no-store");
  if (hadAuthorization && !stated.allowsAuthorized) {
    return not("the request had credentials, and the response does not allow to reuse it", "[RFC 9111 §3.5]");
  }
  if (stated.variesOnEverything) return not("Vary: * matches no other request", "[RFC 9111 §4.1]");
  const lifetime = freshnessLifetimeByRfc(status, stated, ttl);
  if (lifetime.seconds > 0) return fresh(lifetime, "[RFC 9111 §4.2.1]");
  // Only where the owner has asked for it, and nothing that the origin says is against it.
  const isErrorKept = ttl.errors?.has(status) === true && stated.refusal === undefined && lifetime.rule === "default";
  if (isErrorKept) return storedError(status, stated, ttl);
  if (!stated.hasValidator)
    return not(`no longer fresh when it came, by ${RULES_IN_WORDS[lifetime.rule]}, and without a validator`);
  return toBeValidated(lifetime);
}

function fresh(lifetime: Lifetime, source: string): Storable {
  return {
    kind: "storable",
    lifetime,
    isShareable: true,
    why: `fresh for ${lifetimeInWords(lifetime)}`,
    source,
  };
}

function toBeValidated(lifetime: Lifetime): Storable {
  return {
    kind: "storable",
    lifetime: { ...lifetime, seconds: seconds(0) },
    isShareable: false,
    why: `to be validated on every request, by ${RULES_IN_WORDS[lifetime.rule]}`,
    source: "[RFC 9111 §4.3]",
  };
}

function storedError(status: number, stated: StatedFreshness, ttl: TtlBounds): Storable {
  const lifetime = errorLifetime(status, stated, ttl);
  if (lifetime.seconds === 0) {
    return { kind: "not-storable", why: `status ${status} with ErrorCachingMinTTL 0`, source: STATUSES };
  }
  const why = `status ${status} is an error: kept for ${lifetime.seconds} s`;
  return { kind: "storable", lifetime, isShareable: true, why, source: STATUSES };
}

function storedSuccess(stated: StatedFreshness, ttl: TtlBounds): Storable {
  if (stated.variesOnEverything && ttl.min === 0) {
    return { kind: "not-storable", why: "Vary: * with MinTTL 0: every request goes to the origin", source: EXPIRATION };
  }
  const lifetime = freshnessLifetime(stated, ttl);
  if (lifetime.seconds > 0) return fresh(lifetime, EXPIRATION);
  // Lifetime 0: kept only where it can save a transfer by validation, and never against the origin's word.
  if (stated.refusal === "no-store" || stated.refusal === "private") {
    return { kind: "not-storable", why: `Cache-Control: ${stated.refusal} and MinTTL 0`, source: EXPIRATION };
  }
  if (!stated.hasValidator) {
    return {
      kind: "not-storable",
      why: `no longer fresh when it came, by ${RULES_IN_WORDS[lifetime.rule]}, and without a validator`,
      source: "[RFC 9111 §3]",
    };
  }
  return toBeValidated(lifetime);
}
