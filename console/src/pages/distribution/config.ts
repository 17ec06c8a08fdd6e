// The parts of a distribution's config that the console's forms know. What they do not know stays as it is: a form changes single
// members of the whole document.

export interface Listed<Item> {
  readonly Quantity: number;
  readonly Items?: readonly Item[];
}

export interface Origin {
  readonly Id: string;
  readonly DomainName: string;
  readonly OriginPath?: string;
  readonly S3OriginConfig?: { readonly OriginAccessIdentity: string };
  readonly CustomOriginConfig?: {
    readonly HTTPPort: number;
    readonly HTTPSPort: number;
    readonly OriginProtocolPolicy: string;
    readonly OriginReadTimeout?: number;
    readonly OriginKeepaliveTimeout?: number;
  };
  readonly OriginAccessControlId?: string;
  readonly CustomHeaders?: Listed<OriginHeader>;
  readonly ConnectionAttempts?: number;
  readonly ConnectionTimeout?: number;
}

export interface OriginHeader {
  readonly HeaderName: string;
  readonly HeaderValue: string;
}

export interface OriginGroup {
  readonly Id: string;
  readonly FailoverCriteria: { readonly StatusCodes: Listed<number> };
  /** The primary and the secondary. */
  readonly Members: Listed<{ readonly OriginId: string }>;
}

export interface Behavior {
  readonly PathPattern?: string;
  readonly TargetOriginId: string;
  readonly ViewerProtocolPolicy: string;
  readonly AllowedMethods?: Listed<string> & { readonly CachedMethods?: Listed<string> };
  readonly Compress?: boolean;
  readonly MinTTL?: number;
  readonly DefaultTTL?: number;
  readonly MaxTTL?: number;
  readonly TrustedKeyGroups?: Listed<string> & { readonly Enabled: boolean };
  readonly TrustedSigners?: Listed<string> & { readonly Enabled: boolean };
  readonly ForwardedValues?: {
    readonly QueryString: boolean;
    readonly Cookies: { readonly Forward: string; readonly WhitelistedNames?: Listed<string> };
    readonly Headers?: Listed<string>;
    readonly QueryStringCacheKeys?: Listed<string>;
  };
}

export interface ErrorResponse {
  readonly ErrorCode: number;
  /** Both empty: what the origin said is passed on. */
  readonly ResponsePagePath: string;
  readonly ResponseCode: string;
  readonly ErrorCachingMinTTL: number;
}

export interface GeoRestriction extends Listed<string> {
  readonly RestrictionType: string;
}

export interface ViewerCertificate {
  readonly CloudFrontDefaultCertificate?: boolean;
  readonly IAMCertificateId?: string;
  readonly ACMCertificateArn?: string;
  readonly SSLSupportMethod?: string;
  readonly MinimumProtocolVersion?: string;
  /** The same once more, and where it is from. */
  readonly Certificate?: string;
  readonly CertificateSource?: string;
}

export interface Config {
  readonly CallerReference: string;
  readonly Comment: string;
  readonly Enabled: boolean;
  readonly Aliases?: Listed<string>;
  readonly DefaultRootObject?: string;
  readonly Origins: Listed<Origin>;
  readonly OriginGroups?: Listed<OriginGroup>;
  readonly DefaultCacheBehavior: Behavior;
  readonly CacheBehaviors?: Listed<Behavior>;
  readonly CustomErrorResponses?: Listed<ErrorResponse>;
  readonly ViewerCertificate?: ViewerCertificate;
  readonly Restrictions?: { readonly GeoRestriction: GeoRestriction };
  readonly PriceClass?: string;
  readonly IsIPV6Enabled?: boolean;
  readonly Logging?: {
    readonly Enabled: boolean;
    readonly IncludeCookies: boolean;
    readonly Bucket: string;
    readonly Prefix: string;
  };
  readonly HttpVersion?: string;
}

export type Logging = NonNullable<Config["Logging"]>;

export interface Distribution {
  readonly Id: string;
  readonly ARN: string;
  readonly Status: string;
  readonly DomainName: string;
  readonly LastModifiedTime: string;
  readonly InProgressInvalidationBatches: number;
  readonly DistributionConfig: Config;
}

/** What GetDistribution answers. */
export interface Found {
  readonly ETag: string;
  readonly Distribution: Distribution;
}

export function listed<Item>(items: readonly Item[]): Listed<Item> {
  return items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: items };
}

export const ALL_COUNTRIES: GeoRestriction = { RestrictionType: "none", Quantity: 0 };

export const NO_LOGGING: Logging = { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" };

const BEHAVIOR: Omit<Behavior, "TargetOriginId"> = {
  ViewerProtocolPolicy: "allow-all",
  AllowedMethods: { Quantity: 2, Items: ["GET", "HEAD"], CachedMethods: { Quantity: 2, Items: ["GET", "HEAD"] } },
  Compress: true,
  MinTTL: 0,
  DefaultTTL: 86_400,
  MaxTTL: 31_536_000,
  TrustedSigners: { Enabled: false, Quantity: 0 },
  TrustedKeyGroups: { Enabled: false, Quantity: 0 },
  ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
};

export function newBehavior(origin: string, pattern: string): Behavior {
  return { PathPattern: pattern, TargetOriginId: origin, ...BEHAVIOR };
}

export function newOrigin(id: string): Origin {
  return {
    Id: id,
    DomainName: "",
    OriginPath: "",
    CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "match-viewer" },
  };
}

/** What somebody begins with who makes one. `reference` has to be new. */
export function newConfig(reference: string): Config {
  return {
    CallerReference: reference,
    Comment: "",
    Enabled: true,
    Aliases: { Quantity: 0 },
    DefaultRootObject: "",
    Origins: { Quantity: 1, Items: [newOrigin("origin-1")] },
    DefaultCacheBehavior: { TargetOriginId: "origin-1", ...BEHAVIOR },
    CacheBehaviors: { Quantity: 0 },
    Logging: NO_LOGGING,
  };
}
