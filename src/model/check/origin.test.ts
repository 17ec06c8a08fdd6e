import { distributionRows, many, s3DistributionRows, type Row } from "../../../test/refusal-rows.ts";
import { SAMPLE_S3_ORIGIN } from "../../../test/sample-config.ts";

const O = "Origins.Items[]";
const CUSTOM = { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" };

function header(name: string, value: string): Row["1"] {
  return [{ HeaderName: name, HeaderValue: value }];
}

const HEADERS = `${O}.CustomHeaders.Items`;
const PATH = /^The parameter OriginPath of the origin "o" is .+: it must be empty, or begin with a slash/;

distributionRows([
  ["Origins.Items", [], ["InvalidArgument", /^The parameter Origins is required: .*at least one origin/]],
  [
    "Origins.Items",
    many(26).map((id) => ({ Id: id, DomainName: "a.example", CustomOriginConfig: CUSTOM })),
    ["TooManyOrigins", "Your request contains more Origins than are allowed per distribution."],
  ],
  [
    "Origins.Items",
    ["o", "o"].map((id) => ({ Id: id, DomainName: "a.example", CustomOriginConfig: CUSTOM })),
    ["InvalidArgument", 'The parameter Origins has "o" more than once: each must be there once.'],
  ],
  [`${O}.Id`, "x".repeat(129), ["InvalidArgument", "The parameter originId is too big."]],
  [`${O}.Id`, "", ["InvalidArgument", /^The parameter originId is required/]],

  [`${O}.OriginAccessControlId`, "E327GJI25M56DG", ["InvalidDomainNameForOriginAccessControl", /./]],
  [`${O}.DomainName`, "localhost", "ok"],
  [`${O}.DomainName`, "my_service.internal", "ok"],
  [
    `${O}.DomainName`,
    "origin.example.com:8080",
    ["InvalidArgument", "The parameter origin name cannot contain a colon."],
  ],
  [
    `${O}.DomainName`,
    "http://origin.example.com",
    ["InvalidArgument", "The parameter origin name cannot contain a colon."],
  ],
  [`${O}.DomainName`, "::1", ["InvalidArgument", "The parameter origin name cannot contain a colon."]],
  [`${O}.DomainName`, "127.0.0.1", ["InvalidArgument", "The parameter origin name cannot be an IP address"]],
  [`${O}.DomainName`, "127.1", ["InvalidArgument", "The parameter origin name cannot be an IP address"]],
  [`${O}.DomainName`, "0x7f000001", ["InvalidArgument", "The parameter origin name cannot be an IP address"]],
  [`${O}.DomainName`, "2130706433", ["InvalidArgument", "The parameter origin name cannot be an IP address"]],
  [`${O}.DomainName`, "", ["InvalidArgument", "The parameter origin name must be a domain name."]],
  [`${O}.DomainName`, "a..b", ["InvalidArgument", "The parameter origin name must be a domain name."]],
  [`${O}.DomainName`, "-a.example", ["InvalidArgument", "The parameter origin name must be a domain name."]],
  [`${O}.DomainName`, "a.example/path", ["InvalidArgument", "The parameter origin name must be a domain name."]],
  [`${O}.DomainName`, "a.example\r\nX: y", ["InvalidArgument", /./]],
  [
    `${O}.DomainName`,
    `${"a".repeat(64)}.example`,
    ["InvalidArgument", "The parameter origin name must be a domain name."],
  ],
  [
    `${O}.DomainName`,
    many(64, () => "abc").join("."),
    ["InvalidArgument", "The parameter origin name must be a domain name."],
  ],

  [`${O}.OriginPath`, "/production", "ok"],
  [`${O}.OriginPath`, "/a%20b/c", "ok"],
  [`${O}.OriginPath`, `/${"a".repeat(254)}`, "ok"],
  [`${O}.OriginPath`, `/${"a".repeat(255)}`, ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "production", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/production/", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/a b", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/a%2", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/ä", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/a?b", ["InvalidRelativePath", PATH]],
  [`${O}.OriginPath`, "/a\r\nHost: b", ["InvalidRelativePath", PATH]],

  [
    `${O}.CustomOriginConfig`,
    undefined,
    ["InvalidArgument", "Exactly one of CustomOriginConfig and S3OriginConfig must be specified"],
  ],
  [
    `${O}.S3OriginConfig`,
    { OriginAccessIdentity: "" },
    ["InvalidArgument", "Exactly one of CustomOriginConfig and S3OriginConfig must be specified"],
  ],

  [`${O}.CustomOriginConfig.HTTPPort`, 1024, "ok"],
  [`${O}.CustomOriginConfig.HTTPPort`, 65_535, "ok"],
  [`${O}.CustomOriginConfig.HTTPPort`, 443, "ok"],
  [
    `${O}.CustomOriginConfig.HTTPPort`,
    1023,
    ["InvalidArgument", 'The parameter HTTPPort of the origin "o" is 1023, and must be 80, 443 or from 1024 to 65535.'],
  ],
  [`${O}.CustomOriginConfig.HTTPPort`, 0, ["InvalidArgument", /HTTPPort/]],
  [`${O}.CustomOriginConfig.HTTPSPort`, 65_536, ["InvalidArgument", /HTTPSPort/]],
  [`${O}.CustomOriginConfig.HTTPSPort`, -1, ["InvalidArgument", /HTTPSPort/]],
  [
    `${O}.CustomOriginConfig.OriginSslProtocols`,
    { Quantity: 0 },
    ["InvalidArgument", "The parameter OriginSslProtocols is required."],
  ],
  [`${O}.CustomOriginConfig.OriginSslProtocols.Items`, ["TLSv1", "TLSv1"], ["InvalidArgument", /more than once/]],
  [`${O}.CustomOriginConfig.OriginReadTimeout`, 180, "ok"],
  [
    `${O}.CustomOriginConfig.OriginReadTimeout`,
    181,
    [
      "InvalidOriginReadTimeout",
      'The parameter OriginReadTimeout of the origin "o" is 181, and must be from 1 to 180 seconds.',
    ],
  ],
  [`${O}.CustomOriginConfig.OriginReadTimeout`, 0, ["InvalidOriginReadTimeout", /from 1 to 180 seconds/]],
  [`${O}.CustomOriginConfig.OriginKeepaliveTimeout`, 120, "ok"],
  [
    `${O}.CustomOriginConfig.OriginKeepaliveTimeout`,
    121,
    ["InvalidOriginKeepaliveTimeout", /is 121, and must be from 1 to 120 seconds/],
  ],
  [`${O}.CustomOriginConfig.OriginKeepaliveTimeout`, 0, ["InvalidOriginKeepaliveTimeout", /from 1 to 120 seconds/]],
  [
    `${O}.ConnectionAttempts`,
    4,
    ["InvalidArgument", 'The parameter ConnectionAttempts of the origin "o" is 4, and must be from 1 to 3.'],
  ],
  [`${O}.ConnectionAttempts`, 0, ["InvalidArgument", /ConnectionAttempts/]],
  [
    `${O}.ConnectionTimeout`,
    11,
    ["InvalidArgument", /ConnectionTimeout of the origin "o" is 11, and must be from 1 to 10/],
  ],

  [HEADERS, many(10).map((name) => ({ HeaderName: name, HeaderValue: "" })), "ok"],
  [
    HEADERS,
    many(11).map((name) => ({ HeaderName: name, HeaderValue: "" })),
    ["TooManyOriginCustomHeaders", 'The origin "o" has 11 custom headers; at most 10 are allowed.'],
  ],
  [
    HEADERS,
    header("Connection", "close"),
    ["InvalidArgument", "The parameter Header Name with value Connection is not allowed."],
  ],
  [HEADERS, header("HOST", "a"), ["InvalidArgument", "The parameter Header Name with value HOST is not allowed."]],
  [
    HEADERS,
    header("X-Amz-Anything", "a"),
    ["InvalidArgument", "The parameter Header Name with value X-Amz-Anything is not allowed."],
  ],
  [
    HEADERS,
    header("x-edge-a", "a"),
    ["InvalidArgument", "The parameter Header Name with value x-edge-a is not allowed."],
  ],
  [HEADERS, header("", "a"), ["InvalidArgument", 'The parameter Header Name with value "" is not allowed.']],
  [HEADERS, header("X A", "a"), ["InvalidArgument", 'The parameter Header Name with value "X A" is not allowed.']],
  [HEADERS, header("X:", "a"), ["InvalidArgument", 'The parameter Header Name with value "X:" is not allowed.']],
  [HEADERS, header("X".repeat(257), "a"), ["InvalidArgument", /is not allowed/]],
  [
    HEADERS,
    header("X-A", "a\r\nY: b"),
    ["InvalidArgument", /^The parameter HeaderValue of the custom header X-A must have/],
  ],
  [HEADERS, header("X-A", " a"), ["InvalidArgument", /^The parameter HeaderValue of the custom header X-A must have/]],
  [
    HEADERS,
    header("X-A", "\u2603"),
    ["InvalidArgument", /^The parameter HeaderValue of the custom header X-A must have/],
  ],
  [HEADERS, header("X-A", "a".repeat(1783)), "ok"],
  [HEADERS, header("X-A", "a".repeat(1784)), ["InvalidArgument", /at most 1783 printable characters/]],
  [
    HEADERS,
    many(6).map((name) => ({ HeaderName: name, HeaderValue: "a".repeat(1783) })),
    ["InvalidArgument", /names and values together may have 10240/],
  ],
  [
    HEADERS,
    ["X-A", "x-a"].map((name) => ({ HeaderName: name, HeaderValue: "" })),
    ["InvalidArgument", /"x-a" more than once/],
  ],
]);

/** [CFDG add-origin-custom-headers] */
const FORBIDDEN =
  "Cache-Control Connection Content-Length Cookie Host If-Match If-Modified-Since If-None-Match If-Range If-Unmodified-Since " +
  "Max-Forwards Pragma Proxy-Authorization Proxy-Connection Range Request-Range TE Trailer Transfer-Encoding Upgrade Via " +
  "X-Amz-Date X-Edge-Location X-Real-Ip";

distributionRows(
  FORBIDDEN.split(" ").map((name) => [
    HEADERS,
    header(name, "a"),
    ["InvalidArgument", `The parameter Header Name with value ${name} is not allowed.`],
  ]),
);

const BUCKET = "The parameter Origin DomainName does not refer to a valid S3 bucket.";
const IDENTITY = "The specified origin access identity does not exist or is not valid.";

s3DistributionRows([
  [`${O}.DomainName`, "bucket.s3.amazonaws.com", "ok"],
  [`${O}.DomainName`, "my.bucket.s3-eu-west-1.amazonaws.com", "ok"],
  [`${O}.DomainName`, "bucket.s3.us-gov-west-1.amazonaws.com", "ok"],
  [`${O}.DomainName`, "bucket.s3.dualstack.ap-south-1.amazonaws.com", "ok"],
  [`${O}.DomainName`, "bucket.s3.cn-north-1.amazonaws.com.cn", "ok"],
  [`${O}.DomainName`, "s3.amazonaws.com", ["InvalidArgument", BUCKET]],
  [`${O}.DomainName`, "bucket.s3-website-us-east-1.amazonaws.com", ["InvalidArgument", BUCKET]],
  [`${O}.DomainName`, "www.example.com", ["InvalidArgument", BUCKET]],
  [`${O}.DomainName`, "bucket.s3.amazonaws.com.example.com", ["InvalidArgument", BUCKET]],
  [`${O}.S3OriginConfig.OriginAccessIdentity`, "origin-access-identity/cloudfront/E74FTE3AJFJ256A", "ok"],
  [`${O}.S3OriginConfig.OriginAccessIdentity`, "E74FTE3AJFJ256A", ["InvalidOriginAccessIdentity", IDENTITY]],
  [
    `${O}.S3OriginConfig.OriginAccessIdentity`,
    "origin-access-identity/cloudfront/",
    ["InvalidOriginAccessIdentity", IDENTITY],
  ],
  [
    `${O}.S3OriginConfig.OriginAccessIdentity`,
    "origin-access-identity/cloudfront/../E1",
    ["InvalidOriginAccessIdentity", IDENTITY],
  ],
  [`${O}.S3OriginConfig.OriginReadTimeout`, 60, "ok"],
  [`${O}.S3OriginConfig.OriginReadTimeout`, 0, ["InvalidOriginReadTimeout", /from 1 to 180 seconds/]],
  ["Origins.Items", [SAMPLE_S3_ORIGIN], "ok"],
  [`${O}.DomainName`, "bucket.s3.localhost", "ok"],
  [`${O}.DomainName`, "bucket.s3-website.localhost", ["InvalidArgument", BUCKET]],
  [`${O}.OriginAccessControlId`, "", "ok"],
  [`${O}.OriginAccessControlId`, "E327GJI25M56DG", "ok"],
  [`${O}.OriginAccessControlId`, "../E1", ["InvalidOriginAccessControl", /./]],
  [
    "Origins.Items",
    [
      {
        ...SAMPLE_S3_ORIGIN,
        S3OriginConfig: { OriginAccessIdentity: "origin-access-identity/cloudfront/E74FTE3AJFJ256A" },
        OriginAccessControlId: "E327GJI25M56DG",
      },
    ],
    ["IllegalOriginAccessConfiguration", /both/],
  ],
]);
