// A distribution's config in the one form in which it is stored and published: that of the newest API version with
// every default filled in (complete-config.ts does that). Members that are optional here are those whose absence says
// something. Names, nesting and order are the wire's [CFMODEL]; what a member means is in the developer guide.

/** A list as the API writes it. `Items` is left out when there are none. */
export interface Listed<T> {
  readonly Quantity: number;
  readonly Items?: readonly T[];
}

export interface DistributionConfig {
  readonly CallerReference: string;
  readonly Aliases: Listed<string>;
  readonly DefaultRootObject: string;
  readonly Origins: Listed<Origin>;
  readonly OriginGroups: Listed<OriginGroup>;
  readonly DefaultCacheBehavior: CacheBehaviorSettings;
  readonly CacheBehaviors: Listed<CacheBehavior>;
  readonly CustomErrorResponses: Listed<CustomErrorResponse>;
  readonly Comment: string;
  readonly Logging: Logging;
  readonly PriceClass: string;
  readonly Enabled: boolean;
  readonly ViewerCertificate: ViewerCertificate;
  readonly Restrictions: { readonly GeoRestriction: GeoRestriction };
  readonly WebACLId: string;
  readonly HttpVersion: string;
  readonly IsIPV6Enabled: boolean;
  readonly ContinuousDeploymentPolicyId: string;
  readonly Staging: boolean;
  /** There only if the caller wrote it: the other mode is not carried out. */
  readonly ConnectionMode?: "direct";
}

export interface Origin {
  readonly Id: string;
  readonly DomainName: string;
  /** Empty, or begins with a slash and ends without one. */
  readonly OriginPath: string;
  readonly CustomHeaders: Listed<OriginCustomHeader>;
  /** Exactly one of the two is there. */
  readonly S3OriginConfig?: S3OriginConfig;
  readonly CustomOriginConfig?: CustomOriginConfig;
  /** 1 to 3. */
  readonly ConnectionAttempts: number;
  /** Seconds, 1 to 10. */
  readonly ConnectionTimeout: number;
  /** Seconds for the whole response. Absent or 0: no limit. */
  readonly ResponseCompletionTimeout?: number;
  readonly OriginShield: { readonly Enabled: boolean; readonly OriginShieldRegion?: string };
  readonly OriginAccessControlId: string;
}

/** Page and code are both there or both empty: then only the caching of the error is set. */
export interface CustomErrorResponse {
  readonly ErrorCode: number;
  /** Empty, or absolute in the same distribution, URL-encoded. */
  readonly ResponsePagePath: string;
  /** Empty, or the status that viewers get with the page. */
  readonly ResponseCode: string;
  /** Seconds. */
  readonly ErrorCachingMinTTL: number;
}

/** Two origins, the second of which is asked when the first fails. */
export interface OriginGroup {
  readonly Id: string;
  readonly FailoverCriteria: { readonly StatusCodes: Listed<number> };
  /** The primary, then the secondary. */
  readonly Members: Listed<{ readonly OriginId: string }>;
  /** There only if the caller wrote it: the other one is not carried out. */
  readonly SelectionCriteria?: "default";
}

export interface OriginCustomHeader {
  readonly HeaderName: string;
  readonly HeaderValue: string;
}

export interface S3OriginConfig {
  /** Empty, or `origin-access-identity/cloudfront/` and the identity's id. */
  readonly OriginAccessIdentity: string;
  /** Seconds. Absent means 30. */
  readonly OriginReadTimeout?: number;
}

export interface CustomOriginConfig {
  readonly HTTPPort: number;
  readonly HTTPSPort: number;
  readonly OriginProtocolPolicy: "http-only" | "match-viewer" | "https-only";
  readonly OriginSslProtocols: Listed<"SSLv3" | "TLSv1" | "TLSv1.1" | "TLSv1.2">;
  /** Seconds. */
  readonly OriginReadTimeout: number;
  /** Seconds. */
  readonly OriginKeepaliveTimeout: number;
  /** Absent: not written by the caller. */
  readonly IpAddressType?: "ipv4" | "ipv6" | "dualstack";
}

export interface CacheBehaviorSettings {
  /** Id of one of the distribution's origins or origin groups. */
  readonly TargetOriginId: string;
  readonly TrustedSigners: TrustedSigners;
  readonly TrustedKeyGroups: TrustedSigners;
  readonly ViewerProtocolPolicy: "allow-all" | "https-only" | "redirect-to-https";
  readonly AllowedMethods: Listed<string> & { readonly CachedMethods: Listed<string> };
  readonly SmoothStreaming: boolean;
  readonly Compress: boolean;
  readonly LambdaFunctionAssociations: Listed<unknown>;
  readonly FunctionAssociations: Listed<unknown>;
  readonly FieldLevelEncryptionId: string;
  readonly GrpcConfig: { readonly Enabled: boolean };
  readonly ForwardedValues: ForwardedValues;
  /** Seconds, as are the other two. */
  readonly MinTTL: number;
  readonly DefaultTTL: number;
  readonly MaxTTL: number;
}

export interface CacheBehavior extends CacheBehaviorSettings {
  readonly PathPattern: string;
}

export interface TrustedSigners {
  readonly Enabled: boolean;
  readonly Quantity: number;
  /** Account numbers or `self`; key group ids. */
  readonly Items?: readonly string[];
}

export interface ForwardedValues {
  readonly QueryString: boolean;
  readonly Cookies: { readonly Forward: "none" | "whitelist" | "all"; readonly WhitelistedNames?: Listed<string> };
  /** `*` alone means all. */
  readonly Headers: Listed<string>;
  readonly QueryStringCacheKeys: Listed<string>;
}

export interface Logging {
  readonly Enabled: boolean;
  readonly IncludeCookies: boolean;
  readonly Bucket: string;
  readonly Prefix: string;
}

export interface ViewerCertificate {
  readonly CloudFrontDefaultCertificate?: boolean;
  readonly IAMCertificateId?: string;
  readonly ACMCertificateArn?: string;
  readonly SSLSupportMethod?: string;
  readonly MinimumProtocolVersion?: string;
  readonly Certificate?: string;
  readonly CertificateSource?: string;
}

export interface GeoRestriction {
  readonly RestrictionType: "none" | "whitelist" | "blacklist";
  readonly Quantity: number;
  readonly Items?: readonly string[];
}

export interface StreamingDistributionConfig {
  readonly CallerReference: string;
  readonly S3Origin: { readonly DomainName: string; readonly OriginAccessIdentity: string };
  readonly Aliases: Listed<string>;
  readonly Comment: string;
  readonly Logging: { readonly Enabled: boolean; readonly Bucket: string; readonly Prefix: string };
  readonly TrustedSigners: TrustedSigners;
  readonly PriceClass: string;
  readonly Enabled: boolean;
}

export interface OriginAccessIdentityConfig {
  readonly CallerReference: string;
  readonly Comment: string;
}
