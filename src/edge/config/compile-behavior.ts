// A behavior in immutable form: its target, what is in the cache key, and why it stores or compresses nothing, if so.

import type { CacheBehavior, CacheBehaviorSettings, Origin, OriginGroup } from "../../model/distribution.ts";
import { SIGNED_COOKIES } from "../../model/viewer-signature.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import type { AccountId, ResourceId } from "../../vocabulary/ids.ts";
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
import type { Signers } from "./trusted-keys.ts";

/** What a behavior takes from the distribution that it is of. */
export interface OfDistribution {
  readonly account: AccountId;
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
  { account, groups, protections, geo, fidelity, bucketOf }: OfDistribution,
): EffectiveBehavior {
  const target = compileTarget(behavior.TargetOriginId, origins, groups, bucketOf);
  const signers = compileSigners(behavior, account);
  const key = compileKey(behavior, fidelity, signers !== undefined);
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
    signers,
    protections: [...protections, ...behaviorProtections(behavior), ...target.protections],
    neverStored: never,
  };
}

/** `self` is the owner of the distribution. [CFDG private-content-trusted-signers] */
function compileSigners({ TrustedSigners, TrustedKeyGroups }: AnyBehavior, owner: AccountId): Signers | undefined {
  const accounts = items(TrustedSigners).map((signer) => (signer === "self" ? owner : (signer as AccountId)));
  const groups = items(TrustedKeyGroups) as readonly ResourceId[];
  // Enabled without any of them lets nobody in, rather than everybody.
  const isGuarded = TrustedSigners.Enabled || TrustedKeyGroups.Enabled || accounts.length + groups.length > 0;
  return isGuarded ? { accounts: new Set(accounts), groups } : undefined;
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

function compileKey(
  { ForwardedValues: forwarded, Compress }: AnyBehavior,
  fidelity: Fidelity,
  isSigned: boolean,
): KeyRecipe {
  const queryKeys = items(forwarded.QueryStringCacheKeys);
  const listed = items(forwarded.Headers);
  const { Forward, WhitelistedNames } = forwarded.Cookies;
  const cookies = Forward === "whitelist" ? items(WhitelistedNames).map(compileCookieName) : Forward;
  const headers = listed.includes("*") ? "all" : [...new Set(listed.map((name) => name.toLowerCase()))].toSorted();
  const names = headers === "all" ? [] : headers;
  const countsAsItIs = headers === "all" || headers.includes("accept-encoding");
  return {
    query: forwarded.QueryString ? (queryKeys.length > 0 ? new Set(queryKeys) : "all") : "none",
    cookies: isSigned ? withoutSigned(cookies) : cookies,
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

/** What opens the behavior is the edge's: in the key each viewer would have a copy of its own, and the origin could use it. [D-0016] */
function withoutSigned(cookies: KeyRecipe["cookies"]): KeyRecipe["cookies"] {
  if (cookies === "none") return cookies;
  const patterns = cookies === "all" ? [{ text: "*", matches: () => true }] : cookies;
  return patterns.map((pattern) => ({
    text: pattern.text,
    matches: (name) => !SIGNED_COOKIES.has(name) && pattern.matches(name),
  }));
}

/** Wildcards in names of cookies mean what they mean in path patterns; a pattern is anchored by its slash. [CFDG Cookies] */
function compileCookieName(text: string): PathPattern {
  const pattern = compilePathPattern(`/${text}`);
  return { text, matches: (name) => pattern.matches(`/${name}`) };
}
