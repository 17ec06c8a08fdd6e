// A behavior in immutable form: its target, what is in the cache key, and why it stores or compresses nothing, if so.

import type { CacheBehavior, CacheBehaviorSettings, Origin, OriginGroup } from "../../model/distribution.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import { seconds } from "../../vocabulary/time.ts";
import type { BucketOrigin } from "./compile-bucket.ts";
import { compileTarget } from "./compile-origin.ts";
import type {
  Compression,
  ContentCoding,
  EffectiveBehavior,
  GeoRestriction,
  KeyRecipe,
  Protection,
  TtlBounds,
} from "./effective-config.ts";
import { items } from "./items.ts";
import { compilePathPattern, type PathPattern } from "./path-pattern.ts";
import { behaviorProtections } from "./protections.ts";

/** What a behavior takes from the distribution that it is of. */
export interface OfDistribution {
  readonly groups: readonly OriginGroup[];
  readonly protections: readonly Protection[];
  readonly geo: GeoRestriction | undefined;
  readonly fidelity: Fidelity;
  readonly bucketOf: (origin: Origin) => BucketOrigin | undefined;
}

type AnyBehavior = CacheBehavior | (CacheBehaviorSettings & { readonly PathPattern: undefined });

export function compileBehavior(
  behavior: AnyBehavior,
  origins: ReadonlyMap<string, Origin>,
  { groups, protections, geo, fidelity, bucketOf }: OfDistribution,
): EffectiveBehavior {
  const target = compileTarget(behavior.TargetOriginId, origins, groups, bucketOf);
  const key = compileKey(behavior, fidelity);
  const ttl = {
    min: seconds(behavior.MinTTL),
    default: seconds(behavior.DefaultTTL),
    max: seconds(behavior.MaxTTL),
  };
  const never = neverStored(key, ttl);
  return {
    pattern: compilePathPattern(behavior.PathPattern ?? "*"),
    isDefault: behavior.PathPattern === undefined,
    origin: target.origin,
    failover: target.failover,
    viewerProtocolPolicy: behavior.ViewerProtocolPolicy,
    allowedMethods: new Set(items(behavior.AllowedMethods)),
    cachedMethods: new Set(items(behavior.AllowedMethods.CachedMethods)),
    fidelity,
    key,
    compression: compileCompression(behavior, key, never),
    usesCountry: geo !== undefined || (key.headers !== "all" && key.headers.some(tellsCountry)),
    ttl,
    protections: [...protections, ...behaviorProtections(behavior), ...target.protections],
    neverStored: never,
  };
}

function neverStored(key: KeyRecipe, ttl: TtlBounds): EffectiveBehavior["neverStored"] {
  if (key.headers === "all") {
    return {
      why: "ForwardedValues.Headers is *: all headers are forwarded, nothing is cached",
      source: "[CFDG header-caching]",
    };
  }
  if (ttl.max === 0 && ttl.default === 0 && ttl.min === 0) {
    return {
      why: "MinTTL, DefaultTTL and MaxTTL are 0: caching is off",
      source: "[CFDG using-managed-cache-policies]",
    };
  }
  return undefined;
}

function tellsCountry(lowerName: string): boolean {
  return lowerName === "cloudfront-viewer-country" || lowerName === "cloudfront-viewer-country-name";
}

/** With caching off nothing is compressed; whether a response that is not kept is, is not documented, and it is (chosen). */
function compileCompression(
  { Compress }: AnyBehavior,
  { codings }: KeyRecipe,
  never: EffectiveBehavior["neverStored"],
): Compression {
  const source = "[CFDG ServingCompressedFiles]";
  if (!Compress) return { codings: [], whyNone: { why: "Compress is false", source } };
  if (never !== undefined) return { codings: [], whyNone: never };
  if (codings.length > 0) return { codings, whyNone: undefined };
  return {
    codings,
    whyNone: { why: "ForwardedValues.Headers lists Accept-Encoding: it is left to the origin", source },
  };
}

function compileKey({ ForwardedValues: forwarded, Compress }: AnyBehavior, fidelity: Fidelity): KeyRecipe {
  const queryKeys = items(forwarded.QueryStringCacheKeys);
  const listed = items(forwarded.Headers);
  const { Forward, WhitelistedNames } = forwarded.Cookies;
  const headers = listed.includes("*") ? "all" : [...new Set(listed.map((name) => name.toLowerCase()))].toSorted();
  const names = headers === "all" ? [] : headers;
  const countsAsItIs = headers === "all" || headers.includes("accept-encoding");
  return {
    query: forwarded.QueryString ? (queryKeys.length > 0 ? new Set(queryKeys) : "all") : "none",
    cookies: Forward === "whitelist" ? items(WhitelistedNames).map(compileCookieName) : Forward,
    headers,
    // Where the RFC rules, Vary selects among what viewers send; the host is part of the URL, and what the edge itself adds no viewer has sent. [D-0007]
    keyedHeaders: fidelity === "rfc9111" ? names.filter((name) => name === "host" || isMadeByEdge(name)) : names,
    // Compressed by the edge itself, they cannot all wait for the origin's Vary.
    separatesCodings: fidelity === "cloudfront" || Compress,
    // The service gives br through cache policies only. [CFDG ServingCompressedFiles]
    codings: countsAsItIs ? [] : fidelity === "rfc9111" ? BOTH_CODINGS : LEGACY_CODINGS,
  };
}

function isMadeByEdge(lowerName: string): boolean {
  return lowerName.startsWith("cloudfront-");
}

const LEGACY_CODINGS: readonly ContentCoding[] = ["gzip"];
const BOTH_CODINGS: readonly ContentCoding[] = ["br", "gzip"];

/** Wildcards in names of cookies mean what they mean in path patterns; a pattern is anchored by its slash. [CFDG Cookies] */
function compileCookieName(text: string): PathPattern {
  const pattern = compilePathPattern(`/${text}`);
  return { text, matches: (name) => pattern.matches(`/${name}`) };
}
