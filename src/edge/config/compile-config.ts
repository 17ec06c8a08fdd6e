// From a published distribution to the immutable form that the pipeline reads: patterns compiled, lists as sets, names in
// lower case, and what cannot be enforced yet turned into protections that make a behavior refuse. Everything that can
// be decided without a request is decided here, once per change.

import assert from "node:assert/strict";
import type {
  CacheBehavior,
  CacheBehaviorSettings,
  DistributionConfig,
  Listed,
  Origin,
  OriginGroup,
} from "../../model/distribution.ts";
import type { PublishedDistribution } from "../../store/store.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import { seconds } from "../../vocabulary/time.ts";
import { compileErrorRules } from "./compile-error-rules.ts";
import type {
  Compression,
  ContentCoding,
  EffectiveBehavior,
  EffectiveDistribution,
  EffectiveOrigin,
  EffectiveViewerTls,
  Failover,
  GeoRestriction,
  KeyRecipe,
  Protection,
  TlsVersion,
  TtlBounds,
} from "./effective-config.ts";
import { compilePathPattern, type PathPattern } from "./path-pattern.ts";
import { isSecurityPolicyName, STANDARD_POLICY } from "../transport/security-policies.ts";

export function compileDistribution(published: PublishedDistribution, fidelity: Fidelity): EffectiveDistribution {
  const { config } = published;
  const origins = new Map(items(config.Origins).map((origin) => [origin.Id, origin]));
  const ofDistribution: OfDistribution = {
    groups: items(config.OriginGroups),
    protections: distributionProtections(config),
    geo: compileGeo(config),
    fidelity,
  };
  const { geo } = ofDistribution;
  const behaviors = [...items(config.CacheBehaviors), { ...config.DefaultCacheBehavior, PathPattern: undefined }].map(
    (behavior) => compileBehavior(behavior, origins, ofDistribution),
  );
  const { pages, ttls } = compileErrorRules(items(config.CustomErrorResponses), behaviors);
  return {
    id: published.id,
    account: published.account,
    label: published.label.toLowerCase(),
    aliases: items(config.Aliases).map((alias) => alias.toLowerCase()),
    isEnabled: config.Enabled,
    viewerTls: compileViewerTls(config),
    defaultRootObject: config.DefaultRootObject,
    geo,
    behaviors: ttls === undefined ? behaviors : behaviors.map((one) => ({ ...one, ttl: { ...one.ttl, errors: ttls } })),
    errorPages: pages,
  };
}

/** What a behavior takes from the distribution that it is of. */
interface OfDistribution {
  readonly groups: readonly OriginGroup[];
  readonly protections: readonly Protection[];
  readonly geo: GeoRestriction | undefined;
  readonly fidelity: Fidelity;
}

function compileGeo({ Restrictions: { GeoRestriction: restriction } }: DistributionConfig): GeoRestriction | undefined {
  const { RestrictionType: kind, Items = [] } = restriction;
  return kind === "none" ? undefined : { kind, countries: new Set(Items) };
}

function compileViewerTls({ ViewerCertificate: viewer, HttpVersion }: DistributionConfig): EffectiveViewerTls {
  const certificateId = viewer.IAMCertificateId ?? viewer.ACMCertificateArn;
  const policy = viewer.MinimumProtocolVersion ?? "";
  return {
    // Beside the edge's own certificate it is always the same one. [CFDG distribution-web-values-specify]
    policy: certificateId !== undefined && isSecurityPolicyName(policy) ? policy : STANDARD_POLICY,
    certificateId,
    needsServerName: certificateId !== undefined && viewer.SSLSupportMethod === "sni-only",
    offersHttp2: HttpVersion === "http2" || HttpVersion === "http2and3",
  };
}

type AnyBehavior = CacheBehavior | (CacheBehaviorSettings & { readonly PathPattern: undefined });

function compileBehavior(
  behavior: AnyBehavior,
  origins: ReadonlyMap<string, Origin>,
  { groups, protections, geo, fidelity }: OfDistribution,
): EffectiveBehavior {
  const target = compileTarget(behavior.TargetOriginId, origins, groups);
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

/** What a behavior names: an origin, or a group of two. The API has checked the ids. */
function compileTarget(
  id: string,
  origins: ReadonlyMap<string, Origin>,
  groups: readonly OriginGroup[],
): { origin: EffectiveOrigin; failover: Failover | undefined; protections: readonly Protection[] } {
  const group = groups.find(({ Id }) => Id === id);
  const ids = group === undefined ? [id] : items(group.Members).map(({ OriginId }) => OriginId);
  const members = ids.map((memberId) => {
    const origin = origins.get(memberId);
    assert(origin !== undefined, `no origin ${memberId}`);
    return origin;
  });
  const protections = members.flatMap(originProtections);
  const [origin, secondary] = members.map(compileOrigin);
  assert(origin !== undefined && (secondary !== undefined) === (group !== undefined), `${id} has no two origins`);
  if (group === undefined || secondary === undefined) return { origin, failover: undefined, protections };
  const statusCodes = new Set(items(group.FailoverCriteria.StatusCodes));
  return { origin, failover: { groupId: group.Id, secondary, statusCodes }, protections };
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

function compileOrigin(origin: Origin): EffectiveOrigin {
  const completion = origin.ResponseCompletionTimeout ?? 0;
  const custom = origin.CustomOriginConfig;
  return {
    id: origin.Id,
    domain: origin.DomainName.toLowerCase(),
    path: origin.OriginPath,
    customHeaders: items(origin.CustomHeaders).map(({ HeaderName, HeaderValue }) => [HeaderName, HeaderValue] as const),
    protocolPolicy: custom?.OriginProtocolPolicy ?? "match-viewer",
    httpPort: custom?.HTTPPort ?? 80,
    httpsPort: custom?.HTTPSPort ?? 443,
    tlsVersions: custom === undefined ? ["TLSv1.2", "TLSv1.3"] : compileTlsVersions(items(custom.OriginSslProtocols)),
    readTimeout: seconds(custom?.OriginReadTimeout ?? 30),
    keepaliveTimeout: seconds(custom?.OriginKeepaliveTimeout ?? 5),
    completionTimeout: completion === 0 ? undefined : seconds(completion),
    // Not set is both: the real service means IPv4 then, but what runs on a laptop is often on ::1 alone.
    families: custom?.IpAddressType ?? "dualstack",
    connectTimeout: seconds(origin.ConnectionTimeout),
    connectionAttempts: origin.ConnectionAttempts,
  };
}

/**
 * TLSv1.2 stands for itself and what came after it: the setting has no name for 1.3. SSLv3 is not in our TLS library, so
 * that alone is none at all.
 */
function compileTlsVersions(protocols: readonly string[]): readonly TlsVersion[] {
  const listed = (["TLSv1", "TLSv1.1", "TLSv1.2"] as const).filter((version) => protocols.includes(version));
  return listed.includes("TLSv1.2") ? [...listed, "TLSv1.3"] : listed;
}

// What protects, by where it is set. A row goes when its enforcement is built.

function distributionProtections(config: DistributionConfig): Protection[] {
  const found: Protection[] = [];
  if (config.WebACLId !== "") found.push({ setting: "WebACLId", why: "a web ACL is associated" });
  if (config.Staging) found.push({ setting: "Staging", why: "it is a staging distribution" });
  return found;
}

function behaviorProtections(behavior: AnyBehavior): Protection[] {
  const found: Protection[] = [];
  const listed = (setting: string, list: { readonly Quantity: number; readonly Enabled?: boolean }): void => {
    if (list.Enabled === true || list.Quantity > 0) found.push({ setting, why: `${setting} is on` });
  };
  listed("TrustedSigners", behavior.TrustedSigners);
  listed("TrustedKeyGroups", behavior.TrustedKeyGroups);
  // Functions may authorize, and field-level encryption keeps plain text from origins: both protect.
  listed("LambdaFunctionAssociations", behavior.LambdaFunctionAssociations);
  listed("FunctionAssociations", behavior.FunctionAssociations);
  if (behavior.FieldLevelEncryptionId !== "") {
    found.push({ setting: "FieldLevelEncryptionId", why: "fields must be encrypted before the origin gets them" });
  }
  return found;
}

function originProtections(origin: Origin): Protection[] {
  const found: Protection[] = [];
  if (origin.S3OriginConfig !== undefined) {
    const { OriginAccessIdentity } = origin.S3OriginConfig;
    found.push({
      setting: "S3OriginConfig",
      why:
        OriginAccessIdentity === "" ? "buckets are not served yet" : "requests as an access identity are not made yet",
    });
  }
  if (origin.OriginAccessControlId !== "")
    found.push({ setting: "OriginAccessControlId", why: "requests are not signed yet" });
  return found;
}

function items<T>(list: Listed<T> | undefined): readonly T[] {
  return list?.Items ?? [];
}
