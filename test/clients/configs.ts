// What the SDKs write: configs in which every member has a value that is carried out, as the newest version has them, so
// that reading them back can be compared as a whole. boto3_all_versions.py has the same in Python.

import type { DistributionConfig, StreamingDistributionConfig } from "@aws-sdk/client-cloudfront";
import { apiModel, type ApiVersion } from "../../src/model/api.ts";
import { visibleThrough } from "../../src/model/merge-older-update.ts";
import type { WireValue } from "../../src/wire/shape.ts";

export const BUCKET = "warmfront.s3.amazonaws.com";
export const WEB_ACL_ARN =
  "arn:aws:wafv2:us-east-1:123456789012:global/webacl/strict/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111";

type Behavior = NonNullable<DistributionConfig["DefaultCacheBehavior"]>;

function listed<T>(...items: T[]): { Quantity: number; Items: T[] } {
  return { Quantity: items.length, Items: items };
}

const NONE = { Quantity: 0 };
const NOBODY = { Enabled: false, Quantity: 0 };

function behavior(origin: string, settings: Partial<Behavior> = {}): Behavior {
  return {
    TargetOriginId: origin,
    TrustedSigners: NOBODY,
    TrustedKeyGroups: NOBODY,
    ViewerProtocolPolicy: "allow-all",
    AllowedMethods: { ...listed("GET", "HEAD"), CachedMethods: listed("GET", "HEAD") },
    SmoothStreaming: false,
    Compress: false,
    LambdaFunctionAssociations: NONE,
    FunctionAssociations: { Quantity: 0, Items: [] },
    FieldLevelEncryptionId: "",
    GrpcConfig: { Enabled: false },
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" }, Headers: NONE, QueryStringCacheKeys: NONE },
    MinTTL: 0,
    DefaultTTL: 86_400,
    MaxTTL: 31_536_000,
    ...settings,
  };
}

/** Three origins, a bucket behind an identity among them, and three behaviors, one of which wants signed URLs. */
export function richConfig(reference: string, identity: string): DistributionConfig {
  const ofAll = { OriginPath: "", ConnectionAttempts: 2, ConnectionTimeout: 4, OriginAccessControlId: "" };
  return {
    CallerReference: reference,
    Aliases: listed(`www.${reference}.example.com`, `*.${reference}.example.com`),
    DefaultRootObject: "index.html",
    Origins: listed(
      {
        ...ofAll,
        Id: "site",
        DomainName: "site.example.com",
        OriginPath: "/v1",
        CustomHeaders: listed(
          { HeaderName: "X-Verify", HeaderValue: `a <1> & "2"` },
          { HeaderName: "X-Empty", HeaderValue: "" },
        ),
        OriginShield: { Enabled: false },
        CustomOriginConfig: {
          HTTPPort: 8080,
          HTTPSPort: 443,
          OriginProtocolPolicy: "http-only",
          OriginSslProtocols: listed("TLSv1.1", "TLSv1.2"),
          OriginReadTimeout: 20,
          OriginKeepaliveTimeout: 3,
        },
      },
      {
        ...ofAll,
        Id: "api",
        DomainName: "api.example.com",
        CustomHeaders: NONE,
        OriginShield: { Enabled: false },
        CustomOriginConfig: {
          HTTPPort: 80,
          HTTPSPort: 8443,
          OriginProtocolPolicy: "https-only",
          OriginSslProtocols: listed("TLSv1.2"),
          OriginReadTimeout: 60,
          OriginKeepaliveTimeout: 60,
        },
      },
      {
        ...ofAll,
        Id: "bucket",
        DomainName: BUCKET,
        CustomHeaders: NONE,
        OriginShield: { Enabled: false },
        S3OriginConfig: { OriginAccessIdentity: `origin-access-identity/cloudfront/${identity}` },
      },
    ),
    OriginGroups: NONE,
    DefaultCacheBehavior: behavior("site", {
      ForwardedValues: {
        QueryString: true,
        Cookies: { Forward: "whitelist", WhitelistedNames: listed("session", "lang*") },
        Headers: listed("Origin", "Accept-Language"),
        QueryStringCacheKeys: listed("page", "q"),
      },
      MinTTL: 5,
      DefaultTTL: 60,
      MaxTTL: 3600,
    }),
    CacheBehaviors: listed(
      {
        PathPattern: "/api/*",
        ...behavior("api", {
          ViewerProtocolPolicy: "https-only",
          AllowedMethods: {
            ...listed("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"),
            CachedMethods: listed("GET", "HEAD", "OPTIONS"),
          },
          ForwardedValues: {
            QueryString: true,
            Cookies: { Forward: "all" },
            Headers: listed("*"),
            QueryStringCacheKeys: NONE,
          },
        }),
      },
      {
        PathPattern: "private/?.jpg",
        ...behavior("bucket", {
          ViewerProtocolPolicy: "redirect-to-https",
          TrustedSigners: { Enabled: true, ...listed("self") },
        }),
      },
    ),
    CustomErrorResponses: NONE,
    Comment: `höchst <"rich"> & 'well'`,
    Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
    PriceClass: "PriceClass_100",
    Enabled: true,
    ViewerCertificate: {
      CloudFrontDefaultCertificate: true,
      MinimumProtocolVersion: "TLSv1",
      CertificateSource: "cloudfront",
    },
    Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
    WebACLId: "",
    HttpVersion: "http2",
    IsIPV6Enabled: true,
    ContinuousDeploymentPolicyId: "",
    Staging: false,
  };
}

/** Something else in most members, an origin and a behavior less, a behavior more. */
export function changedConfig(config: DistributionConfig): DistributionConfig {
  const [site, api] = config.Origins?.Items ?? [];
  const [first] = config.CacheBehaviors?.Items ?? [];
  if (site === undefined || api === undefined || first === undefined) throw new Error("not a rich config");
  return {
    ...config,
    Aliases: listed(`new.${config.CallerReference}.example.com`),
    DefaultRootObject: "",
    Origins: listed({ ...api, OriginPath: "/v2" }, { ...site, CustomHeaders: NONE }),
    DefaultCacheBehavior: { ...config.DefaultCacheBehavior, TargetOriginId: "api", MinTTL: 6 } as Behavior,
    CacheBehaviors: listed({ ...first, PathPattern: "/first/*" }, first),
    Comment: "",
    PriceClass: "PriceClass_All",
    Restrictions: { GeoRestriction: { RestrictionType: "whitelist", ...listed("DE", "AT") } },
    WebACLId: WEB_ACL_ARN,
    HttpVersion: "http1.1",
    IsIPV6Enabled: false,
  };
}

/** The least that is accepted, with an origin on this machine. */
export function smallConfig(
  reference: string,
  settings: Partial<DistributionConfig> & { port?: number } = {},
): DistributionConfig {
  const { port = 8080, ...others } = settings;
  return {
    CallerReference: reference,
    Comment: "",
    Enabled: false,
    Origins: listed({
      Id: "o",
      DomainName: "localhost",
      CustomOriginConfig: { HTTPPort: port, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
    }),
    DefaultCacheBehavior: SMALL_BEHAVIOR,
    ...others,
  };
}

export const SMALL_BEHAVIOR = {
  TargetOriginId: "o",
  ViewerProtocolPolicy: "allow-all",
  MinTTL: 0,
  ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
} as const satisfies Behavior;

export function streamingConfig(
  reference: string,
  settings: Partial<StreamingDistributionConfig> = {},
): StreamingDistributionConfig {
  return {
    CallerReference: reference,
    S3Origin: { DomainName: BUCKET, OriginAccessIdentity: "" },
    Aliases: listed(`${reference}.example.com`),
    Comment: reference,
    Logging: { Enabled: false, Bucket: "", Prefix: "" },
    TrustedSigners: { Enabled: true, ...listed("self") },
    PriceClass: "PriceClass_200",
    Enabled: true,
    ...settings,
  };
}

/** What a version knows of a config: SDKs refuse to send what their model does not have. */
export function knownTo<Config extends object>(version: ApiVersion, shape: string, config: Config): Config {
  return visibleThrough(apiModel(version).shapes, shape, config as WireValue) as Config;
}

/** Lists without items are written with Items or without and read back in either way, as the client likes; here without. */
export function withoutEmpty<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutEmpty(item)) as Value;
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const kept = Object.entries(value).filter(
    ([name, inner]) => inner !== undefined && !(name === "Items" && Array.isArray(inner) && inner.length === 0),
  );
  return Object.fromEntries(kept.map(([name, inner]): [string, unknown] => [name, withoutEmpty(inner)])) as Value;
}
