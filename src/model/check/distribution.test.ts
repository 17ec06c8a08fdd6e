import assert from "node:assert/strict";
import test from "node:test";
import { distributionRows, many } from "../../../test/refusal-rows.ts";
import { SAMPLE_DISTRIBUTION, withMember } from "../../../test/sample-config.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import type { WireValue } from "../../wire/shape.ts";
import { acceptDistributionConfig } from "../accept-config.ts";
import { NEWEST_VERSION } from "../api.ts";
import { completeDistributionConfig } from "../complete-config.ts";
import { trustedSignerAccounts } from "./distribution.ts";
import { COUNTRY_CODES } from "./geo-restriction.ts";

const CNAME = "The parameter CNAME contains one or more parameters that are not valid.";
const GEO = "Restrictions.GeoRestriction";
const LOG_BUCKET = "The parameter Logging Bucket does not refer to a valid S3 bucket.";
const CERTIFICATE = /^The specified SSL certificate doesn't exist/;

function geo(
  type: string,
  items: readonly string[],
): { RestrictionType: string; Quantity: number; Items: readonly string[] } {
  return { RestrictionType: type, Quantity: items.length, Items: items };
}

distributionRows([
  ["CallerReference", "r".repeat(128), "ok"],
  ["CallerReference", "ä".repeat(128), "ok"],
  ["CallerReference", "r".repeat(129), ["InvalidArgument", "The parameter CallerReference is too big."]],
  ["CallerReference", "", ["InvalidArgument", "The parameter CallerReference is required: send 1 to 128 characters."]],
  ["Comment", "\u{1F600}".repeat(128), "ok"],
  ["Comment", "c".repeat(129), ["InvalidArgument", "The parameter Comment is too big."]],

  ["Aliases.Items", ["www.example.com", "*.example.com", "xn--bcher-kva.example"], "ok"],
  ["Aliases.Items", many(100, (index) => `a${index}.example.com`), "ok"],
  [
    "Aliases.Items",
    many(101, (index) => `a${index}.example.com`),
    ["TooManyDistributionCNAMEs", "Your request contains more CNAMEs than are allowed per distribution."],
  ],
  ["Aliases.Items", [""], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["*"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["*foo.example.com"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["a.*.example.com"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["www.example.com:80"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["http://www.example.com"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["bücher.example"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["192.0.2.1"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["d111111abcdef8.cloudfront.net"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["*.CloudFront.net"], ["InvalidArgument", CNAME]],
  ["Aliases.Items", ["d1.cloudfront.localhost"], ["InvalidArgument", CNAME]],
  [
    "Aliases.Items",
    ["www.example.com", "WWW.example.com"],
    ["InvalidArgument", 'The parameter Aliases has "www.example.com" more than once: each must be there once.'],
  ],

  ["DefaultRootObject", "index.html", "ok"],
  ["DefaultRootObject", "a".repeat(255), "ok"],
  ["DefaultRootObject", "a".repeat(256), ["InvalidDefaultRootObject", /at most 255 characters/]],
  [
    "DefaultRootObject",
    "/index.html",
    [
      "InvalidDefaultRootObject",
      /^The parameter DefaultRootObject is "\/index.html": it must have .* and not begin with a slash\.$/,
    ],
  ],
  ["DefaultRootObject", "index?.html", ["InvalidDefaultRootObject", /"index\?\.html"/]],
  ["DefaultRootObject", "in dex.html", ["InvalidDefaultRootObject", /"in dex\.html"/]],

  ["Logging", { Enabled: true, IncludeCookies: true, Bucket: "b-1.s3.amazonaws.com", Prefix: "a/b" }, "ok"],
  ["Logging", { Enabled: true, Bucket: "b-1.s3.eu-west-1.amazonaws.com", Prefix: "ä".repeat(256) }, "ok"],
  ["Logging", { Enabled: false, Bucket: "nonsense", Prefix: "a".repeat(257) }, "ok"],
  ["Logging", { Enabled: true, Bucket: "", Prefix: "" }, ["InvalidArgument", LOG_BUCKET]],
  ["Logging", { Enabled: true, Bucket: "b-1", Prefix: "" }, ["InvalidArgument", LOG_BUCKET]],
  ["Logging", { Enabled: true, Bucket: "s3.amazonaws.com", Prefix: "" }, ["InvalidArgument", LOG_BUCKET]],
  [
    "Logging",
    { Enabled: true, Bucket: "b-1.s3-website.eu-west-1.amazonaws.com", Prefix: "" },
    ["InvalidArgument", LOG_BUCKET],
  ],
  [
    "Logging",
    { Enabled: true, Bucket: "b-1.s3.amazonaws.com", Prefix: "a".repeat(257) },
    ["InvalidArgument", /Logging Prefix must have at most 256 characters/],
  ],
  [
    "Logging",
    { Enabled: true, Bucket: "b-1.s3.amazonaws.com", Prefix: "a\tb" },
    ["InvalidArgument", /none of them a control character/],
  ],

  [GEO, geo("whitelist", ["DE", "AT"]), "ok"],
  [GEO, geo("blacklist", [...COUNTRY_CODES]), "ok"],
  [GEO, geo("none", []), "ok"],
  [
    GEO,
    geo("none", ["DE"]),
    ["InvalidGeoRestrictionParameter", "Your request contains invalid Restriction parameters."],
  ],
  [
    GEO,
    geo("whitelist", []),
    ["InvalidGeoRestrictionParameter", "Your request contains invalid Restriction parameters."],
  ],
  [
    GEO,
    geo("whitelist", ["UK"]),
    [
      "InvalidLocationCode",
      `The parameter Location is "UK", and must be a country's ISO 3166-1 alpha-2 code in upper case.`,
    ],
  ],
  [GEO, geo("whitelist", ["de"]), ["InvalidLocationCode", /"de"/]],
  [GEO, geo("whitelist", ["DE", "DE"]), ["InvalidArgument", /GeoRestriction has "DE" more than once/]],

  ["WebACLId", "", "ok"],
  ["WebACLId", "a1b2c3d4-5678-90ab-cdef-EXAMPLE11111", "ok"],
  [
    "WebACLId",
    "arn:aws:wafv2:us-east-1:123456789012:global/webacl/ExampleWebACL/a1b2c3d4-5678-90ab-cdef-EXAMPLE11111",
    "ok",
  ],
  [
    "WebACLId",
    "acl",
    [
      "InvalidWebACLId",
      'The parameter WebACLId is "acl": it must be empty, the id of an AWS WAF Classic web ACL or the ARN of an AWS WAF one.',
    ],
  ],
  ["WebACLId", "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/b", ["InvalidWebACLId", /regional/]],

  ["ViewerCertificate", {}, "ok"],
  [
    "ViewerCertificate",
    { CloudFrontDefaultCertificate: true, MinimumProtocolVersion: "TLSv1.2_2021", IAMCertificateId: "" },
    "ok",
  ],
  ["ViewerCertificate", { CertificateSource: "cloudfront" }, "ok"],
  ["ViewerCertificate", { CloudFrontDefaultCertificate: false }, ["InvalidViewerCertificate", /names no certificate/]],
  ["ViewerCertificate", { CertificateSource: "acm" }, ["InvalidViewerCertificate", /names no certificate/]],
  [
    "ViewerCertificate",
    { IAMCertificateId: "ASCA1", SSLSupportMethod: "sni-only" },
    ["InvalidViewerCertificate", CERTIFICATE],
  ],
  [
    "ViewerCertificate",
    {
      ACMCertificateArn: "arn:aws:acm:us-east-1:1:certificate/a",
      Certificate: "arn:aws:acm:us-east-1:1:certificate/a",
      CertificateSource: "acm",
      SSLSupportMethod: "vip",
      MinimumProtocolVersion: "TLSv1",
    },
    ["InvalidViewerCertificate", CERTIFICATE],
  ],
  [
    "ViewerCertificate",
    { ACMCertificateArn: "a", IAMCertificateId: "b", SSLSupportMethod: "vip" },
    ["InvalidViewerCertificate", /more than one certificate/],
  ],
  [
    "ViewerCertificate",
    { CloudFrontDefaultCertificate: true, IAMCertificateId: "b" },
    ["InvalidViewerCertificate", /more than one certificate/],
  ],
  [
    "ViewerCertificate",
    { IAMCertificateId: "ASCA1" },
    ["InvalidArgument", /^The parameter SSLSupportMethod is required/],
  ],
  [
    "ViewerCertificate",
    { IAMCertificateId: "ASCA1", SSLSupportMethod: "vip", MinimumProtocolVersion: "TLSv1.2_2018" },
    [
      "InvalidMinimumProtocolVersion",
      "The specified MinimumProtocolVersion cannot be used with the specified SSLSupportMethod",
    ],
  ],
  [
    "ViewerCertificate",
    { IAMCertificateId: "ASCA1", SSLSupportMethod: "sni-only", MinimumProtocolVersion: "SSLv3" },
    ["InvalidProtocolSettings", /configured for SNI and the Minimum SSL Protocol Version is specified as SSLv3/],
  ],
]);

distributionRows([
  [
    "ViewerCertificate",
    { IAMCertificateId: "ASCA1", SSLSupportMethod: "sni-only", MinimumProtocolVersion: "TLSv1.2_2021" },
    ["InvalidViewerCertificate", CERTIFICATE],
  ],
  [
    "ViewerCertificate",
    { IAMCertificateId: "ASCA1", SSLSupportMethod: "vip", MinimumProtocolVersion: "SSLv3" },
    ["InvalidViewerCertificate", CERTIFICATE],
  ],
]);

const E = "CustomErrorResponses.Items";

distributionRows([
  [E, [{ ErrorCode: 404 }], "ok"],
  [E, [{ ErrorCode: 404, ResponsePagePath: "/404.html", ResponseCode: "200", ErrorCachingMinTTL: 0 }], "ok"],
  [E, [{ ErrorCode: 404, ResponsePagePath: "", ResponseCode: "" }], "ok"],
  [E, [{ ErrorCode: 416, ResponsePagePath: "/a/%C3%A4.html", ResponseCode: "504" }, { ErrorCode: 500 }], "ok"],
  [
    E,
    [{ ErrorCode: 404, ResponsePagePath: "/a?b=c", ResponseCode: "200" }],
    ["InvalidRelativePath", /^The parameter ResponsePagePath is "\/a\?b=c"/],
  ],
  [
    E,
    [{ ErrorCode: 404, ErrorCachingMinTTL: 31_536_001 }],
    ["InvalidArgument", /^The parameter ErrorCachingMinTTL is 31536001, and must be from 0 to 31536000 seconds/],
  ],
  [
    E,
    [{ ErrorCode: 402 }],
    [
      "InvalidErrorCode",
      "The parameter ErrorCode is 402, and must be one of 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504.",
    ],
  ],
  [
    E,
    [{ ErrorCode: 404, ResponsePagePath: "/404.html", ResponseCode: "302" }],
    ["InvalidResponseCode", /^The parameter ResponseCode is "302", and must be one of 200, 400/],
  ],
  [
    E,
    [{ ErrorCode: 404, ResponsePagePath: "/404.html" }],
    ["InvalidArgument", "Your request must specify both ResponsePagePath and ResponseCode together or none of them."],
  ],
  [E, [{ ErrorCode: 404, ResponseCode: "200" }], ["InvalidArgument", /^Your request must specify both/]],
  [
    E,
    [{ ErrorCode: 404, ResponsePagePath: "404.html", ResponseCode: "200" }],
    ["InvalidRelativePath", /^The parameter ResponsePagePath is "404.html"/],
  ],
  [E, [{ ErrorCode: 404, ErrorCachingMinTTL: -1 }], ["InvalidArgument", /^The parameter ErrorCachingMinTTL is -1/]],
  [E, [{ ErrorCode: 404 }, { ErrorCode: 404 }], ["InvalidArgument", /"404" more than once/]],
]);

function mismatch(name: string, stated: number, actual: number): readonly ["InconsistentQuantities", string] {
  return [
    "InconsistentQuantities",
    `The specified quantity of ${name} (${stated}) does not match the actual quantity supplied (${actual})`,
  ];
}

distributionRows([
  ["Aliases", { Quantity: 1, Items: ["a.example", "b.example"] }, mismatch("Aliases", 1, 2)],
  ["Aliases", { Quantity: 1 }, mismatch("Aliases", 1, 0)],
  ["Aliases", { Quantity: -1 }, mismatch("Aliases", -1, 0)],
  [
    "Origins.Items[].CustomHeaders",
    { Quantity: 2, Items: [{ HeaderName: "A", HeaderValue: "" }] },
    mismatch("CustomHeaders", 2, 1),
  ],
  [
    "DefaultCacheBehavior.TrustedSigners",
    { Enabled: true, Quantity: 2, Items: ["self"] },
    mismatch("TrustedSigners", 2, 1),
  ],
  [
    "DefaultCacheBehavior.AllowedMethods",
    { Quantity: 2, Items: ["GET", "HEAD"], CachedMethods: { Quantity: 3, Items: ["GET", "HEAD"] } },
    mismatch("CachedMethods", 3, 2),
  ],
  [GEO, { RestrictionType: "none", Quantity: 2 }, mismatch("GeoRestriction", 2, 0)],
  ["OriginGroups", { Quantity: 1 }, mismatch("OriginGroups", 1, 0)],
]);

test("of several wrong things the caller hears the first: quantities, what is not carried out, then in config order", () => {
  const wrong: readonly (readonly [string, WireValue])[] = [
    ["WebACLId", "acl"],
    ["Comment", "c".repeat(129)],
    ["CacheBehaviors.Items[].MaxTTL", 5],
    ["DefaultCacheBehavior.TargetOriginId", "other"],
    ["Origins.Items[].DomainName", "127.0.0.1"],
    ["Aliases.Items", ["*"]],
    ["DefaultCacheBehavior.SmoothStreaming", true],
    ["CacheBehaviors.Items[].TrustedSigners", { Enabled: true, Quantity: 2 }],
  ];
  const heard: string[] = [];
  let sent = SAMPLE_DISTRIBUTION;
  for (const [member, value] of wrong) {
    sent = withMember(sent, member, value);
    const accepted = acceptDistributionConfig(sent, { version: NEWEST_VERSION, limits: DEFAULT_LIMITS });
    assert(accepted.kind === "failure");
    heard.push(accepted.message.slice(0, 40));
  }
  assert.equal(new Set(heard).size, wrong.length, heard.join("\n"));
});

test("there are 249 countries and territories", () => {
  assert.equal(COUNTRY_CODES.size, 249);
});

test("the accounts that may sign are told once each, without the caller's own", () => {
  const signers = { Enabled: true, Quantity: 3, Items: ["self", "222222222222", "111111111111"] };
  const both = withMember(SAMPLE_DISTRIBUTION, "DefaultCacheBehavior.TrustedSigners", signers);
  const sent = withMember(both, "CacheBehaviors.Items[].TrustedSigners", { ...signers, Items: ["111111111111"] });
  const config = completeDistributionConfig(sent, NEWEST_VERSION);
  assert.deepEqual(trustedSignerAccounts(config), ["222222222222", "111111111111"]);
});
