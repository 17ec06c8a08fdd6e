import assert from "node:assert/strict";
import test from "node:test";
import {
  SAMPLE_DISTRIBUTION,
  SAMPLE_S3_ORIGIN,
  SAMPLE_STREAMING_DISTRIBUTION,
  withMember,
} from "../../test/sample-config.ts";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import { API_VERSIONS, NEWEST_VERSION } from "./api.ts";
import { completeDistributionConfig, completeStreamingDistributionConfig } from "./complete-config.ts";
import { isDocument, isList } from "./sent-value.ts";

/** All that the newest version requires, and nothing else. */
const LEAST: WireDocument = {
  CallerReference: "r",
  Origins: {
    Quantity: 1,
    Items: [
      {
        Id: "o",
        DomainName: "origin.example.com",
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
      },
    ],
  },
  DefaultCacheBehavior: {
    TargetOriginId: "o",
    ViewerProtocolPolicy: "allow-all",
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
    MinTTL: 0,
  },
  Comment: "",
  Enabled: true,
};

test("what was left out is stored with the default that the real service writes back", () => {
  const none = { Quantity: 0 };
  assert.deepEqual(completeDistributionConfig(LEAST, NEWEST_VERSION), {
    CallerReference: "r",
    Aliases: none,
    DefaultRootObject: "",
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "o",
          DomainName: "origin.example.com",
          OriginPath: "",
          CustomHeaders: none,
          CustomOriginConfig: {
            HTTPPort: 80,
            HTTPSPort: 443,
            OriginProtocolPolicy: "http-only",
            OriginSslProtocols: { Quantity: 3, Items: ["TLSv1", "TLSv1.1", "TLSv1.2"] },
            OriginReadTimeout: 30,
            OriginKeepaliveTimeout: 5,
          },
          ConnectionAttempts: 3,
          ConnectionTimeout: 10,
          OriginShield: { Enabled: false },
          OriginAccessControlId: "",
        },
      ],
    },
    OriginGroups: none,
    DefaultCacheBehavior: {
      TargetOriginId: "o",
      TrustedSigners: { Enabled: false, Quantity: 0 },
      TrustedKeyGroups: { Enabled: false, Quantity: 0 },
      ViewerProtocolPolicy: "allow-all",
      AllowedMethods: {
        Quantity: 2,
        Items: ["HEAD", "GET"],
        CachedMethods: { Quantity: 2, Items: ["HEAD", "GET"] },
      },
      SmoothStreaming: false,
      Compress: false,
      LambdaFunctionAssociations: none,
      FunctionAssociations: none,
      FieldLevelEncryptionId: "",
      GrpcConfig: { Enabled: false },
      ForwardedValues: {
        QueryString: false,
        Cookies: { Forward: "none" },
        Headers: none,
        QueryStringCacheKeys: none,
      },
      MinTTL: 0,
      DefaultTTL: 86_400,
      MaxTTL: 31_536_000,
    },
    CacheBehaviors: none,
    CustomErrorResponses: none,
    Comment: "",
    Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ViewerCertificate: {
      CloudFrontDefaultCertificate: true,
      MinimumProtocolVersion: "TLSv1",
      CertificateSource: "cloudfront",
    },
    Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
    WebACLId: "",
    HttpVersion: "http2",
    IsIPV6Enabled: false,
    ContinuousDeploymentPolicyId: "",
    Staging: false,
  });
});

test("a streaming distribution's are, too", () => {
  assert.deepEqual(completeStreamingDistributionConfig(SAMPLE_STREAMING_DISTRIBUTION), {
    CallerReference: "r",
    S3Origin: { DomainName: "bucket.s3.amazonaws.com", OriginAccessIdentity: "" },
    Aliases: { Quantity: 0 },
    Comment: "",
    Logging: { Enabled: false, Bucket: "", Prefix: "" },
    TrustedSigners: { Enabled: false, Quantity: 0 },
    PriceClass: "PriceClass_All",
    Enabled: true,
  });
});

test("the log of a streaming distribution is kept while it is enabled, and knows no cookies", () => {
  const logging = { Bucket: "logs.s3.amazonaws.com", Prefix: "p", IncludeCookies: true };
  for (const [Enabled, kept] of [
    [true, { Enabled: true, Bucket: "logs.s3.amazonaws.com", Prefix: "p" }],
    [false, { Enabled: false, Bucket: "", Prefix: "" }],
  ] as const) {
    const sent = { ...SAMPLE_STREAMING_DISTRIBUTION, Logging: { ...logging, Enabled } };
    assert.deepEqual(completeStreamingDistributionConfig(sent).Logging, kept);
  }
});

test("versions that do not know HttpVersion make distributions that speak HTTP/1.1", () => {
  for (const version of API_VERSIONS) {
    const { HttpVersion } = completeDistributionConfig(LEAST, version);
    assert.equal(HttpVersion, version < "2016-09-07" ? "http1.1" : "http2", version);
  }
});

const D = "DefaultCacheBehavior";
const IAM = { SSLSupportMethod: "sni-only", MinimumProtocolVersion: "TLSv1" };
const OWN_IAM = {
  CloudFrontDefaultCertificate: false,
  IAMCertificateId: "ASCA1",
  ...IAM,
  Certificate: "ASCA1",
  CertificateSource: "iam",
};
const OWN_ACM = {
  CloudFrontDefaultCertificate: false,
  ACMCertificateArn: "arn:a",
  ...IAM,
  Certificate: "arn:a",
  CertificateSource: "acm",
};
const DEFAULT_CERTIFICATE = {
  CloudFrontDefaultCertificate: true,
  MinimumProtocolVersion: "TLSv1",
  CertificateSource: "cloudfront",
};

// what is sent → where to look → what is stored there
const ROWS: readonly (readonly [member: string, sent: WireValue, at: string, stored: WireValue | undefined])[] = [
  [
    "CustomErrorResponses",
    { Quantity: 1, Items: [{ ErrorCode: 404 }] },
    "CustomErrorResponses.Items",
    [{ ErrorCode: 404, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 10 }],
  ],
  [`${D}.MinTTL`, 90_000, `${D}.DefaultTTL`, 90_000],
  [`${D}.MinTTL`, 40_000_000, `${D}.MaxTTL`, 40_000_000],
  [`${D}.DefaultTTL`, 40_000_000, `${D}.MaxTTL`, 40_000_000],
  [`${D}.MaxTTL`, 90_000, `${D}.DefaultTTL`, 86_400],
  [
    `${D}.AllowedMethods`,
    { Quantity: 3, Items: ["OPTIONS", "GET", "HEAD"] },
    `${D}.AllowedMethods.Items`,
    ["OPTIONS", "GET", "HEAD"],
  ],
  [
    `${D}.AllowedMethods`,
    { Quantity: 3, Items: ["OPTIONS", "GET", "HEAD"] },
    `${D}.AllowedMethods.CachedMethods.Items`,
    ["HEAD", "GET"],
  ],
  [
    `${D}.ForwardedValues.Cookies`,
    { Forward: "whitelist", WhitelistedNames: { Quantity: 2, Items: ["b", "a"] } },
    `${D}.ForwardedValues.Cookies.WhitelistedNames`,
    { Quantity: 2, Items: ["b", "a"] },
  ],
  [
    `${D}.TrustedSigners`,
    { Enabled: true, Quantity: 1, Items: ["self"] },
    `${D}.TrustedSigners`,
    { Enabled: true, Quantity: 1, Items: ["self"] },
  ],
  [`${D}.CachePolicyId`, "", `${D}.CachePolicyId`, undefined],
  ["Aliases", { Quantity: 0, Items: [] }, "Aliases", { Quantity: 0 }],
  ["Aliases", { Quantity: 1, Items: ["WWW.Example.com"] }, "Aliases.Items", ["www.example.com"]],
  [
    "Logging",
    { Enabled: false, IncludeCookies: true, Bucket: "b", Prefix: "p" },
    "Logging",
    { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
  ],
  ["HttpVersion", "http1.1", "HttpVersion", "http1.1"],
  ["IsIPV6Enabled", true, "IsIPV6Enabled", true],
  ["ConnectionMode", "direct", "ConnectionMode", "direct"],
  [
    "Origins.Items[].CustomOriginConfig.IpAddressType",
    "ipv4",
    "Origins.Items[].CustomOriginConfig.IpAddressType",
    "ipv4",
  ],
  [
    "Origins.Items[].OriginShield",
    { Enabled: false, OriginShieldRegion: "eu-west-1" },
    "Origins.Items[].OriginShield",
    { Enabled: false, OriginShieldRegion: "eu-west-1" },
  ],
  ["Origins.Items", [SAMPLE_S3_ORIGIN], "Origins.Items[].S3OriginConfig", { OriginAccessIdentity: "" }],
  [
    "Origins.Items",
    [
      {
        ...SAMPLE_S3_ORIGIN,
        S3OriginConfig: { OriginAccessIdentity: "origin-access-identity/cloudfront/E1", OriginReadTimeout: 60 },
      },
    ],
    "Origins.Items[].S3OriginConfig",
    { OriginAccessIdentity: "origin-access-identity/cloudfront/E1", OriginReadTimeout: 60 },
  ],
  [
    "Origins.Items",
    [{ ...SAMPLE_S3_ORIGIN, OriginAccessControlId: "E2OAC00000000" }],
    "Origins.Items[].OriginAccessControlId",
    "E2OAC00000000",
  ],
  ["ViewerCertificate", {}, "ViewerCertificate", DEFAULT_CERTIFICATE],
  ["ViewerCertificate", { CertificateSource: "cloudfront" }, "ViewerCertificate", DEFAULT_CERTIFICATE],
  [
    "ViewerCertificate",
    { CloudFrontDefaultCertificate: true, MinimumProtocolVersion: "TLSv1.2_2021" },
    "ViewerCertificate",
    DEFAULT_CERTIFICATE,
  ],
  [
    "ViewerCertificate",
    { CloudFrontDefaultCertificate: true, SSLSupportMethod: "vip" },
    "ViewerCertificate.SSLSupportMethod",
    "vip",
  ],
  ["ViewerCertificate", { IAMCertificateId: "ASCA1", SSLSupportMethod: "sni-only" }, "ViewerCertificate", OWN_IAM],
  [
    "ViewerCertificate",
    { Certificate: "ASCA1", CertificateSource: "iam", SSLSupportMethod: "sni-only" },
    "ViewerCertificate",
    OWN_IAM,
  ],
  ["ViewerCertificate", { ACMCertificateArn: "arn:a", SSLSupportMethod: "sni-only" }, "ViewerCertificate", OWN_ACM],
  [
    "ViewerCertificate",
    { Certificate: "arn:a", CertificateSource: "acm", SSLSupportMethod: "sni-only" },
    "ViewerCertificate",
    OWN_ACM,
  ],
];

for (const [member, sent, at, stored] of ROWS) {
  test(`${member} ${JSON.stringify(sent).slice(0, 80)} is stored as ${at} ${JSON.stringify(stored)?.slice(0, 80)}`, () => {
    const config = completeDistributionConfig(withMember(LEAST, member, sent), NEWEST_VERSION);
    assert.deepEqual(look(config as object as WireDocument, at), stored);
  });
}

test("what stays as it was written keeps the order of its items", () => {
  const items = ["c", "a", "b"].map((pattern) => ({
    PathPattern: pattern,
    ...(SAMPLE_DISTRIBUTION[D] as WireDocument),
  }));
  const config = completeDistributionConfig(withMember(LEAST, "CacheBehaviors.Items", items), NEWEST_VERSION);
  assert.deepEqual(
    config.CacheBehaviors.Items?.map((behavior) => behavior.PathPattern),
    ["c", "a", "b"],
  );
});

function look(document: WireDocument, path: string): WireValue | undefined {
  let value: WireValue | undefined = document;
  for (const part of path.split(".")) {
    const inner: WireValue | undefined = isDocument(value) ? value[part.replace("[]", "")] : undefined;
    value = part.endsWith("[]") && isList(inner) ? inner[0] : inner;
  }
  return value;
}
