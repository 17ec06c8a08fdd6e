// Vary as a secondary key, where the RFC rules [RFC 9111 §4.1]: under the primary key stands a marker that names the
// fields which select, under a key made of their values each variant. CloudFront knows nothing of this: there only what the
// behavior lists tells responses apart.

import { combineField, splitList } from "../../http/field-list.ts";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import { seconds, type EpochMs } from "../../vocabulary/time.ts";
import type { Authorized, Keyed } from "../exchange.ts";
import { buildOriginRequest } from "../origin-request/build-origin-request.ts";
import { chooseOrigin } from "../origin-request/choose-origin.ts";
import { listFields } from "../origin-request/origin-request.ts";
import type { CacheKey, StoredHead } from "../storage/cache-storage.ts";

/**
 * The values that these fields have in what the origin sees of the request, as one text; a field that never reaches the
 * origin cannot have selected anything, and is the same for everybody. `names` in lower case.
 */
export function selectingText(names: readonly string[], exchange: Authorized): string {
  const built = buildOriginRequest(exchange, chooseOrigin(exchange, exchange.behavior.origin), {
    requestId: "",
    viaName: "",
    forCache: true,
  });
  const fields = listFields(built.fields);
  return names
    .map((name) => {
      const value = combineField(fields, name);
      if (value === undefined) return `${name}-`;
      const normalized = name === "accept-language" ? normalizeLanguages(value) : splitList(value).join(", ");
      return `${name}${normalized.length}:${normalized}`;
    })
    .join("&");
}

/** Neither case nor order of language ranges means anything; their weights do. [RFC 9110 §12.5.4] */
function normalizeLanguages(value: string): string {
  return splitList(value.toLowerCase())
    .map((range) => range.replace(/[ \t]*;[ \t]*/g, ";"))
    .toSorted()
    .join(", ");
}

/** The exchange under the key of the variant that `names` select for it. */
export function keyedAsVariant(keyed: Keyed, names: readonly string[]): Keyed {
  const primaryKey = keyed.primaryKey ?? keyed.cacheKey;
  return { ...keyed, primaryKey, cacheKey: variantKey(primaryKey, selectingText(names, keyed)) };
}

export function variantKey(primary: CacheKey, text: string): CacheKey {
  return { ...primary, text: `${primary.text}~${text}` };
}

/** What stands under the primary key: it says where to look on, is never served, and goes with the next invalidation of its URL. */
export function varyMarker(names: readonly string[], began: FeedNumber, now: EpochMs): StoredHead {
  return {
    status: 0,
    fields: [],
    began,
    respondedAtMs: now,
    ageThen: seconds(0),
    lifetime: { seconds: seconds(0), rule: "default", stated: undefined },
    variesOn: names,
    isVaryMarker: true,
  };
}

/** Was this response selected by the same values? Asked of one that others fetched before its Vary was known. */
export function isVariantFor(head: StoredHead, exchange: Authorized): boolean {
  return head.variesOn === undefined || selectingText(head.variesOn, exchange) === head.variant;
}
