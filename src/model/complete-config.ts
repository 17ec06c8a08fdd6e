// Fills in what a caller left out, so that a config is stored whole and reads back as the real service's does
// [CFMODEL], api facts "Defaults written back". What a caller wrote stays as it is, but for four things that the real
// service also changes: log settings while logging is off, aliases in upper case, ids that are empty text, and the
// protocol version beside the default certificate.

import type { WireDocument } from "../wire/shape.ts";
import type { ApiVersion } from "./api.ts";
import type {
  CacheBehaviorSettings,
  CustomErrorResponse,
  CustomOriginConfig,
  DistributionConfig,
  ForwardedValues,
  GeoRestriction,
  Logging,
  Origin,
  OriginGroup,
  OriginAccessIdentityConfig,
  S3OriginConfig,
  StreamingDistributionConfig,
  TrustedSigners,
  ViewerCertificate,
} from "./distribution.ts";
import {
  documentOf,
  documentsOf,
  flagOf,
  isDocument,
  listed,
  numberOf,
  numbersOf,
  required,
  textOf,
  textsOf,
} from "./sent-value.ts";

/** Seconds; they are raised when the caller's neighbor is higher. [CFDG Expiration] */
const DEFAULT_TTL = 86_400;
const DEFAULT_MAX_TTL = 31_536_000;

/** Seconds. Up to 2020 it was 300; today's holds for callers of every version. [CFDG HTTPStatusCodes] */
const DEFAULT_ERROR_CACHING_MIN_TTL = 10;

/** In this order on the real service. */
const DEFAULT_METHODS = ["HEAD", "GET"];

/**
 * The real service's own default has changed over the years and is not known for certain. All that can be spoken to an
 * origin here: SSLv3, its oldest one, is not in any current TLS library, and TLSv1.2 alone would shut out old origins.
 */
const DEFAULT_SSL_PROTOCOLS = ["TLSv1", "TLSv1.1", "TLSv1.2"] as const;

/** The first version that knows HttpVersion; its distributions, and those of later ones, speak HTTP/2 unless told otherwise. */
const FIRST_WITH_HTTP_VERSION: ApiVersion = "2016-09-07";

/** `sent` has passed its shape, the quantities, and the members that one shape leaves optional but a behavior needs. */
export function completeDistributionConfig(sent: WireDocument, version: ApiVersion): DistributionConfig {
  const connectionMode = textOf(sent, "ConnectionMode");
  return {
    CallerReference: required(textOf(sent, "CallerReference"), "CallerReference"),
    Aliases: listed(textsOf(sent, "Aliases").map((alias) => alias.toLowerCase())),
    DefaultRootObject: textOf(sent, "DefaultRootObject") ?? "",
    Origins: listed(documentsOf(sent, "Origins").map(completeOrigin)),
    OriginGroups: listed(documentsOf(sent, "OriginGroups").map(completeOriginGroup)),
    DefaultCacheBehavior: completeBehavior(required(documentOf(sent, "DefaultCacheBehavior"), "DefaultCacheBehavior")),
    CacheBehaviors: listed(
      documentsOf(sent, "CacheBehaviors").map((behavior) => ({
        PathPattern: required(textOf(behavior, "PathPattern"), "PathPattern"),
        ...completeBehavior(behavior),
      })),
    ),
    CustomErrorResponses: listed(documentsOf(sent, "CustomErrorResponses").map(completeErrorResponse)),
    Comment: required(textOf(sent, "Comment"), "Comment"),
    Logging: completeLogging(documentOf(sent, "Logging")),
    PriceClass: textOf(sent, "PriceClass") ?? "PriceClass_All",
    Enabled: required(flagOf(sent, "Enabled"), "Enabled"),
    ViewerCertificate: completeViewerCertificate(documentOf(sent, "ViewerCertificate") ?? {}),
    Restrictions: { GeoRestriction: completeGeoRestriction(documentOf(sent, "Restrictions")) },
    WebACLId: textOf(sent, "WebACLId") ?? "",
    // Dates compare as text.
    HttpVersion: textOf(sent, "HttpVersion") ?? (version >= FIRST_WITH_HTTP_VERSION ? "http2" : "http1.1"),
    IsIPV6Enabled: flagOf(sent, "IsIPV6Enabled") ?? false,
    ContinuousDeploymentPolicyId: "",
    Staging: false,
    ...(connectionMode === "direct" && { ConnectionMode: connectionMode }),
  };
}

function completeErrorResponse(sent: WireDocument): CustomErrorResponse {
  return {
    ErrorCode: required(numberOf(sent, "ErrorCode"), "ErrorCode"),
    ResponsePagePath: textOf(sent, "ResponsePagePath") ?? "",
    ResponseCode: textOf(sent, "ResponseCode") ?? "",
    ErrorCachingMinTTL: numberOf(sent, "ErrorCachingMinTTL") ?? DEFAULT_ERROR_CACHING_MIN_TTL,
  };
}

export function completeStreamingDistributionConfig(sent: WireDocument): StreamingDistributionConfig {
  const origin = required(documentOf(sent, "S3Origin"), "S3Origin");
  return {
    CallerReference: required(textOf(sent, "CallerReference"), "CallerReference"),
    S3Origin: {
      DomainName: required(textOf(origin, "DomainName"), "DomainName"),
      OriginAccessIdentity: required(textOf(origin, "OriginAccessIdentity"), "OriginAccessIdentity"),
    },
    Aliases: listed(textsOf(sent, "Aliases").map((alias) => alias.toLowerCase())),
    Comment: required(textOf(sent, "Comment"), "Comment"),
    Logging: completeStreamingLogging(documentOf(sent, "Logging")),
    TrustedSigners: completeSigners(documentOf(sent, "TrustedSigners")),
    PriceClass: textOf(sent, "PriceClass") ?? "PriceClass_All",
    Enabled: required(flagOf(sent, "Enabled"), "Enabled"),
  };
}

export function completeOriginAccessIdentityConfig(sent: WireDocument): OriginAccessIdentityConfig {
  return {
    CallerReference: required(textOf(sent, "CallerReference"), "CallerReference"),
    Comment: required(textOf(sent, "Comment"), "Comment"),
  };
}

function completeOrigin(sent: WireDocument): Origin {
  const s3 = documentOf(sent, "S3OriginConfig");
  const custom = documentOf(sent, "CustomOriginConfig");
  const completionTimeout = numberOf(sent, "ResponseCompletionTimeout");
  return {
    Id: required(textOf(sent, "Id"), "Id"),
    DomainName: required(textOf(sent, "DomainName"), "DomainName"),
    OriginPath: textOf(sent, "OriginPath") ?? "",
    CustomHeaders: listed(
      documentsOf(sent, "CustomHeaders").map((header) => ({
        HeaderName: required(textOf(header, "HeaderName"), "HeaderName"),
        HeaderValue: required(textOf(header, "HeaderValue"), "HeaderValue"),
      })),
    ),
    ...(s3 !== undefined && { S3OriginConfig: completeS3Origin(s3) }),
    ...(custom !== undefined && { CustomOriginConfig: completeCustomOrigin(custom) }),
    ConnectionAttempts: numberOf(sent, "ConnectionAttempts") ?? 3,
    ConnectionTimeout: numberOf(sent, "ConnectionTimeout") ?? 10,
    ...(completionTimeout !== undefined && { ResponseCompletionTimeout: completionTimeout }),
    OriginShield: completeOriginShield(documentOf(sent, "OriginShield")),
    OriginAccessControlId: textOf(sent, "OriginAccessControlId") ?? "",
  };
}

function completeOriginGroup(sent: WireDocument): OriginGroup {
  const criteria = required(documentOf(sent, "FailoverCriteria"), "FailoverCriteria");
  const selection = textOf(sent, "SelectionCriteria");
  return {
    Id: required(textOf(sent, "Id"), "Id"),
    FailoverCriteria: { StatusCodes: listed(numbersOf(criteria, "StatusCodes")) },
    Members: listed(
      documentsOf(sent, "Members").map((member) => ({ OriginId: required(textOf(member, "OriginId"), "OriginId") })),
    ),
    ...(selection === "default" && { SelectionCriteria: selection }),
  };
}

function completeOriginShield(sent: WireDocument | undefined): Origin["OriginShield"] {
  const region = sent && textOf(sent, "OriginShieldRegion");
  return { Enabled: false, ...(region !== undefined && { OriginShieldRegion: region }) };
}

function completeS3Origin(sent: WireDocument): S3OriginConfig {
  const readTimeout = numberOf(sent, "OriginReadTimeout");
  return {
    OriginAccessIdentity: required(textOf(sent, "OriginAccessIdentity"), "OriginAccessIdentity"),
    ...(readTimeout !== undefined && { OriginReadTimeout: readTimeout }),
  };
}

function completeCustomOrigin(sent: WireDocument): CustomOriginConfig {
  const protocols = documentOf(sent, "OriginSslProtocols") && textsOf(sent, "OriginSslProtocols");
  const addressType = textOf(sent, "IpAddressType");
  return {
    HTTPPort: required(numberOf(sent, "HTTPPort"), "HTTPPort"),
    HTTPSPort: required(numberOf(sent, "HTTPSPort"), "HTTPSPort"),
    OriginProtocolPolicy: required(
      textOf(sent, "OriginProtocolPolicy"),
      "OriginProtocolPolicy",
    ) as CustomOriginConfig["OriginProtocolPolicy"],
    OriginSslProtocols: listed(protocols ?? DEFAULT_SSL_PROTOCOLS) as CustomOriginConfig["OriginSslProtocols"],
    OriginReadTimeout: numberOf(sent, "OriginReadTimeout") ?? 30,
    OriginKeepaliveTimeout: numberOf(sent, "OriginKeepaliveTimeout") ?? 5,
    ...(addressType !== undefined && {
      IpAddressType: addressType as NonNullable<CustomOriginConfig["IpAddressType"]>,
    }),
  };
}

function completeBehavior(sent: WireDocument): CacheBehaviorSettings {
  const minTTL = required(numberOf(sent, "MinTTL"), "MinTTL");
  const defaultTTL = numberOf(sent, "DefaultTTL") ?? Math.max(DEFAULT_TTL, minTTL);
  return {
    TargetOriginId: required(textOf(sent, "TargetOriginId"), "TargetOriginId"),
    TrustedSigners: completeSigners(documentOf(sent, "TrustedSigners")),
    TrustedKeyGroups: completeSigners(documentOf(sent, "TrustedKeyGroups")),
    ViewerProtocolPolicy: required(
      textOf(sent, "ViewerProtocolPolicy"),
      "ViewerProtocolPolicy",
    ) as CacheBehaviorSettings["ViewerProtocolPolicy"],
    AllowedMethods: completeMethods(documentOf(sent, "AllowedMethods")),
    SmoothStreaming: false,
    Compress: flagOf(sent, "Compress") ?? false,
    LambdaFunctionAssociations: listed([]),
    FunctionAssociations: listed([]),
    FieldLevelEncryptionId: "",
    GrpcConfig: { Enabled: false },
    ForwardedValues: completeForwardedValues(required(documentOf(sent, "ForwardedValues"), "ForwardedValues")),
    MinTTL: minTTL,
    DefaultTTL: defaultTTL,
    MaxTTL: numberOf(sent, "MaxTTL") ?? Math.max(DEFAULT_MAX_TTL, defaultTTL),
  };
}

function completeSigners(sent: WireDocument | undefined): TrustedSigners {
  if (sent === undefined) return { Enabled: false, Quantity: 0 };
  return { Enabled: required(flagOf(sent, "Enabled"), "Enabled"), ...listed(textsOf({ Signers: sent }, "Signers")) };
}

function completeMethods(sent: WireDocument | undefined): CacheBehaviorSettings["AllowedMethods"] {
  const cached = sent && documentOf(sent, "CachedMethods") && textsOf(sent, "CachedMethods");
  const allowed = sent === undefined ? DEFAULT_METHODS : textsOf({ AllowedMethods: sent }, "AllowedMethods");
  return { ...listed(allowed), CachedMethods: listed(cached ?? DEFAULT_METHODS) };
}

function completeForwardedValues(sent: WireDocument): ForwardedValues {
  const cookies = required(documentOf(sent, "Cookies"), "Cookies");
  return {
    QueryString: required(flagOf(sent, "QueryString"), "QueryString"),
    Cookies: {
      Forward: required(textOf(cookies, "Forward"), "Forward") as ForwardedValues["Cookies"]["Forward"],
      ...(isDocument(cookies["WhitelistedNames"]) && {
        WhitelistedNames: listed(textsOf(cookies, "WhitelistedNames")),
      }),
    },
    Headers: listed(textsOf(sent, "Headers")),
    QueryStringCacheKeys: listed(textsOf(sent, "QueryStringCacheKeys")),
  };
}

/** Logging that is off keeps nothing. [CFMODEL LoggingConfig.Enabled] */
function completeLogging(sent: WireDocument | undefined): Logging {
  if (sent === undefined || flagOf(sent, "Enabled") !== true) {
    return { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" };
  }
  return {
    Enabled: true,
    IncludeCookies: flagOf(sent, "IncludeCookies") ?? false,
    Bucket: textOf(sent, "Bucket") ?? "",
    Prefix: textOf(sent, "Prefix") ?? "",
  };
}

function completeStreamingLogging(sent: WireDocument | undefined): StreamingDistributionConfig["Logging"] {
  const { Enabled, Bucket, Prefix } = completeLogging(sent);
  return { Enabled, Bucket, Prefix };
}

/**
 * A certificate is named twice: by the member of its kind, and by the pair Certificate and CertificateSource that
 * versions from 2015-09-17 on have. Whichever was sent, both are stored.
 */
function completeViewerCertificate(sent: WireDocument): ViewerCertificate {
  const source = textOf(sent, "CertificateSource");
  const paired = textOf(sent, "Certificate") ?? "";
  const iam = (textOf(sent, "IAMCertificateId") ?? "") || (source === "iam" ? paired : "");
  const acm = (textOf(sent, "ACMCertificateArn") ?? "") || (source === "acm" ? paired : "");
  const method = textOf(sent, "SSLSupportMethod");
  const minimum = textOf(sent, "MinimumProtocolVersion");
  const chosen = method === undefined ? {} : { SSLSupportMethod: method };
  if (acm === "" && iam === "") {
    // "sets the security policy to TLSv1 regardless of the value that you set" [CFMODEL ViewerCertificate]
    return {
      CloudFrontDefaultCertificate: true,
      ...chosen,
      MinimumProtocolVersion: "TLSv1",
      CertificateSource: "cloudfront",
    };
  }
  return {
    CloudFrontDefaultCertificate: false,
    ...(acm === "" ? { IAMCertificateId: iam } : { ACMCertificateArn: acm }),
    ...chosen,
    MinimumProtocolVersion: minimum ?? "TLSv1",
    Certificate: acm === "" ? iam : acm,
    CertificateSource: acm === "" ? "iam" : "acm",
  };
}

function completeGeoRestriction(sent: WireDocument | undefined): GeoRestriction {
  const restriction = sent && documentOf(sent, "GeoRestriction");
  if (restriction === undefined) return { RestrictionType: "none", Quantity: 0 };
  return {
    RestrictionType: required(
      textOf(restriction, "RestrictionType"),
      "RestrictionType",
    ) as GeoRestriction["RestrictionType"],
    ...listed(textsOf({ Locations: restriction }, "Locations")),
  };
}
