import { distributionRows, many, s3DistributionRows } from "../../../test/refusal-rows.ts";
import { SAMPLE_DISTRIBUTION } from "../../../test/sample-config.ts";
import type { WireDocument } from "../../wire/shape.ts";

const D = "DefaultCacheBehavior";
const B = "CacheBehaviors.Items[]";
const FIRST = SAMPLE_DISTRIBUTION[D] as WireDocument;

function behaviors(patterns: readonly string[]): WireDocument[] {
  return patterns.map((pattern) => ({ ...FIRST, PathPattern: pattern }));
}

function methods(allowed: readonly string[], cached: readonly string[] = ["GET", "HEAD"]): WireDocument {
  return {
    Quantity: allowed.length,
    Items: allowed,
    CachedMethods: { Quantity: cached.length, Items: cached },
  };
}

const ALL = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];

distributionRows([
  [`${B}.PathPattern`, "images/*.jp?g", "ok"],
  [`${B}.PathPattern`, `/a_-.*$/~"'@:+&Z9`, "ok"],
  [`${B}.PathPattern`, "a".repeat(255), "ok"],
  [
    `${B}.PathPattern`,
    "a".repeat(256),
    ["InvalidArgument", /^The parameter PathPattern is "a+…": it must have 1 to 255 characters/],
  ],
  [`${B}.PathPattern`, "", ["InvalidArgument", "The parameter PathPattern is required: send 1 to 255 characters."]],
  [`${B}.PathPattern`, "a b", ["InvalidArgument", /^The parameter PathPattern is "a b"/]],
  [`${B}.PathPattern`, "ä", ["InvalidArgument", /^The parameter PathPattern is/]],
  ["CacheBehaviors.Items", behaviors(many(25)), "ok"],
  [
    "CacheBehaviors.Items",
    behaviors(many(26)),
    ["TooManyCacheBehaviors", "Your request contains more CacheBehaviors than are allowed per distribution."],
  ],
  [
    "CacheBehaviors.Items",
    behaviors(["a", "b", "a"]),
    ["InvalidArgument", 'The parameter CacheBehaviors has "a" more than once: each must be there once.'],
  ],
  [`${D}.TargetOriginId`, "other", ["NoSuchOrigin", "One or more of your origins or origin groups do not exist."]],
  [`${B}.TargetOriginId`, "other", ["NoSuchOrigin", /./]],
  [`${D}.ForwardedValues`, undefined, ["InvalidArgument", "The parameter ForwardedValues is required."]],
  [`${B}.ForwardedValues`, undefined, ["InvalidArgument", "The parameter ForwardedValues is required."]],
  [`${D}.MinTTL`, undefined, ["InvalidArgument", "The parameter MinTTL is required."]],

  [`${D}.AllowedMethods`, undefined, "ok"],
  [`${D}.AllowedMethods`, methods(["HEAD", "GET"]), "ok"],
  [`${D}.AllowedMethods`, methods(["OPTIONS", "HEAD", "GET"], ["OPTIONS", "GET", "HEAD"]), "ok"],
  [`${D}.AllowedMethods`, methods(ALL), "ok"],
  [
    `${D}.AllowedMethods`,
    methods(["GET"]),
    ["InvalidArgument", /^The parameter AllowedMethods of the default cache behavior must be GET and HEAD; or/],
  ],
  [`${D}.AllowedMethods`, methods(["GET", "GET"]), ["InvalidArgument", /^The parameter AllowedMethods/]],
  [`${D}.AllowedMethods`, methods(["GET", "HEAD", "POST"]), ["InvalidArgument", /^The parameter AllowedMethods/]],
  [
    `${D}.AllowedMethods`,
    methods(ALL, ALL),
    [
      "InvalidArgument",
      "The parameter CachedMethods of the default cache behavior must be GET and HEAD; or GET, HEAD and OPTIONS.",
    ],
  ],
  [
    `${B}.AllowedMethods`,
    methods(["GET", "HEAD"], ["GET", "HEAD", "OPTIONS"]),
    [
      "InvalidArgument",
      'The parameter CachedMethods of the cache behavior "a" has a method that AllowedMethods does not have.',
    ],
  ],

  [`${D}.MinTTL`, 3_153_600_000, "ok"],
  [
    `${D}.MinTTL`,
    3_153_600_001,
    [
      "InvalidArgument",
      "The parameter MinTTL of the default cache behavior is 3153600001, and must be from 0 to 3153600000 seconds.",
    ],
  ],
  [`${D}.MinTTL`, -1, ["InvalidArgument", /^The parameter MinTTL of the default cache behavior is -1/]],
  [`${D}.MaxTTL`, 3_153_600_001, ["InvalidArgument", /^The parameter MaxTTL/]],
  [`${D}.DefaultTTL`, 31_536_001, "ok"],
  [
    `${B}.MaxTTL`,
    5,
    [
      "InvalidTTLOrder",
      "MinTTL, MaxTTL and DefaultTTL should follow order MinTTL less than or equal to DefaultTTL less than or equal to MaxTTL",
    ],
  ],

  [`${D}.TrustedSigners`, { Enabled: true, Quantity: 2, Items: ["self", "123456789012"] }, "ok"],
  [
    `${D}.TrustedSigners`,
    { Enabled: true, Quantity: 0 },
    [
      "InvalidArgument",
      "The parameter TrustedSigners of the default cache behavior is enabled: it must have at least one item.",
    ],
  ],
  [
    `${D}.TrustedSigners`,
    { Enabled: false, Quantity: 1, Items: ["self"] },
    [
      "InvalidArgument",
      "The parameter TrustedSigners of the default cache behavior is not enabled: its Quantity must be 0.",
    ],
  ],
  [
    `${D}.TrustedSigners`,
    { Enabled: true, Quantity: 1, Items: ["12345678901"] },
    [
      "InvalidArgument",
      'The parameter TrustedSigners of the default cache behavior has "12345678901": an account is self or twelve digits.',
    ],
  ],
  [`${D}.TrustedSigners`, { Enabled: true, Quantity: 5, Items: many(5, (index) => `12345678901${index}`) }, "ok"],
  [
    `${D}.TrustedSigners`,
    { Enabled: true, Quantity: 6, Items: many(6, (index) => `12345678901${index}`) },
    [
      "TooManyTrustedSigners",
      "The parameter TrustedSigners of the default cache behavior has 6 accounts; at most 5 are allowed.",
    ],
  ],
  [
    `${D}.TrustedKeyGroups`,
    { Enabled: true, Quantity: 1, Items: ["g"] },
    ["TrustedKeyGroupDoesNotExist", "One or more of your trusted key groups don't exist."],
  ],
  [`${D}.TrustedKeyGroups`, { Enabled: true, Quantity: 0 }, ["InvalidArgument", /must have at least one item/]],
]);

const H = `${D}.ForwardedValues.Headers.Items`;
const C = `${D}.ForwardedValues.Cookies`;
const Q = `${D}.ForwardedValues.QueryStringCacheKeys.Items`;

function whitelist(names: readonly string[]): WireDocument {
  return { Forward: "whitelist", WhitelistedNames: { Quantity: names.length, Items: names } };
}

distributionRows([
  [H, ["Host", "Origin", "Accept-Encoding", "X-Anything"], "ok"],
  [H, many(10), "ok"],
  [
    H,
    many(11),
    [
      "TooManyHeadersInForwardedValues",
      "The parameter Headers of the default cache behavior lists 11 names; at most 10 are allowed.",
    ],
  ],
  [H, ["*"], "ok"],
  [
    H,
    ["*", "Host"],
    [
      "InvalidArgument",
      "The parameter Headers of the default cache behavior lists * beside other names: * means all and stands alone.",
    ],
  ],
  [
    H,
    ["cookie"],
    [
      "InvalidArgument",
      'The parameter Headers of the default cache behavior lists "cookie", which cannot be forwarded by name.',
    ],
  ],
  [H, ["Connection"], ["InvalidArgument", /"Connection", which cannot be forwarded by name/]],
  [H, ["X-Edge-A"], ["InvalidArgument", /"X-Edge-A", which cannot/]],
  [H, ["X-Real-IP"], ["InvalidArgument", /"X-Real-IP", which cannot/]],
  [H, ["a b"], ["InvalidArgument", /"a b", which cannot/]],
  [H, [""], ["InvalidArgument", /"", which cannot/]],

  [C, { Forward: "all" }, "ok"],
  [C, { Forward: "none", WhitelistedNames: { Quantity: 0 } }, "ok"],
  [C, whitelist(["session*", "u?"]), "ok"],
  [
    C,
    whitelist([]),
    [
      "InvalidForwardCookies",
      "The parameter Forward of the default cache behavior is whitelist: WhitelistedNames must have at least one cookie name.",
    ],
  ],
  [C, { Forward: "whitelist" }, ["InvalidForwardCookies", /at least one cookie name/]],
  [
    C,
    { ...whitelist(["a"]), Forward: "all" },
    [
      "InvalidForwardCookies",
      "The parameter Forward of the default cache behavior is all: WhitelistedNames goes with whitelist only.",
    ],
  ],
  [C, { ...whitelist(["a"]), Forward: "none" }, ["InvalidForwardCookies", /goes with whitelist only/]],
  [C, whitelist(["a;b"]), ["InvalidForwardCookies", /has "a;b", which is no cookie name/]],
  [C, whitelist(many(10)), "ok"],
  [
    C,
    whitelist(many(11)),
    [
      "TooManyCookieNamesInWhiteList",
      "The parameter WhitelistedNames of the default cache behavior has 11 cookie names; at most 10 are allowed.",
    ],
  ],
  [C, whitelist(["a".repeat(511)]), "ok"],
  [
    C,
    whitelist(["a".repeat(512)]),
    ["InvalidForwardCookies", /have 512 bytes; all together may have 512 less the number of names/],
  ],

  [Q, many(10), "ok"],
  [
    Q,
    many(11),
    [
      "TooManyQueryStringParameters",
      "The parameter QueryStringCacheKeys of the default cache behavior has 11 keys; at most 10 are allowed.",
    ],
  ],
  [Q, ["a".repeat(128)], "ok"],
  [Q, ["a".repeat(129)], ["InvalidQueryStringParameters", /a key has 1 to 128 visible ASCII characters/]],
  [Q, [""], ["InvalidQueryStringParameters", /has "": a key has/]],
  [Q, ["a=b"], ["InvalidQueryStringParameters", /has "a=b"/]],
  [
    Q,
    many(5, (index) => `${index}${"a".repeat(110)}`),
    ["InvalidQueryStringParameters", /have 555 characters; all together may have 512/],
  ],
  [
    `${D}.ForwardedValues`,
    { QueryString: false, Cookies: { Forward: "none" }, QueryStringCacheKeys: { Quantity: 1, Items: ["a"] } },
    [
      "InvalidQueryStringParameters",
      "The parameter QueryStringCacheKeys of the default cache behavior goes with QueryString true only.",
    ],
  ],
]);

/** [CFDG RequestAndResponseBehaviorCustomOrigin], the column of what caching may be based on */
const NEVER_LISTED =
  "Cache-Control Connection Content-Length Cookie Max-Forwards Pragma Proxy-Authenticate Proxy-Authorization " +
  "Proxy-Connection Request-Range TE Trailer Transfer-Encoding Upgrade X-Amz-Cf-Id X-Edge-Anything X-Forwarded-Proto X-Real-IP";

distributionRows(
  NEVER_LISTED.split(" ").map((name) => [
    H,
    [name],
    [
      "InvalidArgument",
      `The parameter Headers of the default cache behavior lists "${name}", which cannot be forwarded by name.`,
    ],
  ]),
);

const ALL_HEADERS = { QueryString: false, Cookies: { Forward: "none" }, Headers: { Quantity: 1, Items: ["*"] } };

distributionRows([
  [
    D,
    { ...FIRST, ForwardedValues: ALL_HEADERS, MinTTL: 1 },
    [
      "InvalidArgument",
      "The parameter MinTTL of the default cache behavior is 1, and must be 0 when all headers are forwarded.",
    ],
  ],
  [D, { ...FIRST, MinTTL: 10, DefaultTTL: 5, MaxTTL: 20 }, ["InvalidTTLOrder", /./]],
  [D, { ...FIRST, MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 }, "ok"],
]);

s3DistributionRows([
  [H, ["Origin", "Access-Control-Request-Method"], "ok"],
  [
    H,
    ["Host"],
    [
      "InvalidHeadersForS3Origin",
      'The parameter Headers of the default cache behavior lists "Host", which cannot be forwarded to an S3 origin.',
    ],
  ],
  [H, ["TE"], ["InvalidHeadersForS3Origin", /"TE", which cannot be forwarded to an S3 origin/]],
  [H, ["*"], ["InvalidHeadersForS3Origin", /is \*, which includes Host/]],
]);
