// Random configs that this server accepts, as a caller of a given API version could send them: only members and enum
// values of that version, its required members always there, optional ones sometimes. For round trips and fuzzing.

import * as fc from "fast-check";
import { apiModel, type ApiVersion } from "../src/model/api.ts";
import { COUNTRY_CODES } from "../src/model/check/geo-restriction.ts";
import type { WireDocument, WireValue } from "../src/wire/shape.ts";

/** A distribution's config for CreateDistribution of this version. */
export function arbitraryDistributionConfig(version: ApiVersion): fc.Arbitrary<WireDocument> {
  return fc
    .uniqueArray(name, { minLength: 1, maxLength: 4 })
    .chain((originIds) => distributionConfig(version, originIds));
}

/** A streaming distribution's config for CreateStreamingDistribution of this version. */
export function arbitraryStreamingDistributionConfig(version: ApiVersion): fc.Arbitrary<WireDocument> {
  return structure(version, "StreamingDistributionConfig", {
    CallerReference: callerReference,
    S3Origin: structure(version, "S3Origin", { DomainName: bucketDomainName, OriginAccessIdentity: identity }),
    Aliases: listOf(fc.uniqueArray(alias, { maxLength: 5 })),
    Comment: comment,
    Logging: fc.constant({ Enabled: false, Bucket: "", Prefix: "" }),
    TrustedSigners: signers,
    PriceClass: priceClass,
    Enabled: fc.boolean(),
  });
}

/** An origin access identity's config; all versions have the same. */
export function arbitraryOriginAccessIdentityConfig(): fc.Arbitrary<WireDocument> {
  return fc.record({ CallerReference: callerReference, Comment: comment }, { noNullPrototype: true });
}

/** Texts and numbers at the edges of what rules allow, and things that were never meant. */
const anyText = fc.oneof(
  fc.constantFrom("", "*", "o", "/", "/a*", "..", "self", "origin-access-identity/cloudfront/E1", "www.example.com"),
  fc.constantFrom("a\r\nb", "\u0000", "\u{1F600}", "\ud800", "x".repeat(300), "__proto__", "127.0.0.1", "DE"),
  fc.string({ maxLength: 20 }),
);
const anyNumber = fc.oneof(
  fc.constantFrom(0, 1, -1, 80, 404, 65_536, 3_153_600_001, Number.MAX_SAFE_INTEGER),
  fc.integer(),
);

/** Whatever the codec could give for a shape, sensible or not; most quantities are right, so that more is looked at. */
export function arbitraryDocument(version: ApiVersion, shapeName: string): fc.Arbitrary<WireDocument> {
  return anyValue(version, shapeName) as fc.Arbitrary<WireDocument>;
}

function anyValue(version: ApiVersion, shapeName: string): fc.Arbitrary<WireValue> {
  const { shapes } = apiModel(version);
  const shape = shapes(shapeName);
  switch (shape.type) {
    case "structure": {
      const members = shape.members.map((member) => [member.name, anyValue(version, member.shape)] as const);
      const requiredKeys = shape.members.filter((member) => member.required === true).map((member) => member.name);
      const documents = fc.record<Record<string, WireValue>>(Object.fromEntries(members), {
        requiredKeys,
        noNullPrototype: true,
      });
      return requiredKeys.includes("Quantity")
        ? fc.tuple(documents, fc.integer({ min: 0, max: 40 })).map(([document, chance]) => {
            const items = document["Items"];
            const quantity = Array.isArray(items) ? items.length : 0;
            return chance === 0 ? document : { ...document, Quantity: quantity };
          })
        : documents;
    }
    case "list":
      return fc.array(anyValue(version, shape.of), { maxLength: 3 });
    case "boolean":
      // Off is what gets furthest.
      return fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0);
    case "string":
      return shape.enum === undefined ? anyText : fc.constantFrom(...shape.enum);
    default:
      return anyNumber;
  }
}

/**
 * Leaves out what the version does not have, keeps what it requires, and lets the rest come and go. `always` names
 * optional members that a rule needs nevertheless.
 */
function structure(
  version: ApiVersion,
  shapeName: string,
  members: Readonly<Record<string, fc.Arbitrary<WireValue>>>,
  always: readonly string[] = [],
): fc.Arbitrary<WireDocument> {
  const shape = apiModel(version).shapes(shapeName);
  if (shape.type !== "structure") throw new Error(`${shapeName} is not a structure`);
  const known = shape.members.filter((member) => members[member.name] !== undefined);
  const model = Object.fromEntries(known.map((member) => [member.name, members[member.name]!]));
  const requiredKeys = known
    .filter((member) => member.required === true || always.includes(member.name))
    .map((member) => member.name);
  return fc.record(model, { requiredKeys, noNullPrototype: true });
}

/** Values of an enum that the version has, of those given. */
function valueOf(version: ApiVersion, shapeName: string, values: readonly string[]): fc.Arbitrary<string> {
  const { shapeNames, shapes } = apiModel(version);
  const shape = shapeNames.includes(shapeName) ? shapes(shapeName) : undefined;
  const known = shape?.type === "string" ? shape.enum : undefined;
  return fc.constantFrom(...values.filter((value) => known?.includes(value) ?? true));
}

/** Empty lists come with `Items` and without: clients do either. */
function listOf(items: fc.Arbitrary<readonly WireValue[]>): fc.Arbitrary<WireDocument> {
  return fc
    .tuple(items, fc.boolean())
    .map(([list, isBare]) => (list.length === 0 && isBare ? { Quantity: 0 } : { Quantity: list.length, Items: list }));
}

function text(alphabet: string, length: { readonly min: number; readonly max: number }): fc.Arbitrary<string> {
  return fc
    .array(fc.constantFrom(...Array.from(alphabet)), { minLength: length.min, maxLength: length.max })
    .map((characters) => characters.join(""));
}

const LOWER = "abcdefghijklmnopqrstuvwxyz0123456789";

const name = text(`${LOWER}ABC-_.`, { min: 1, max: 20 });
const callerReference = text(`${LOWER}-:/ÄÖé☃`, { min: 1, max: 128 });
const comment = text(`${LOWER} <>&"'Ü☃`, { min: 0, max: 128 }).map((value) => value.trim());
const label = text(LOWER, { min: 1, max: 12 }).map((value) => `n${value}`);
const domainName = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));
const alias = fc.tuple(fc.boolean(), domainName).map(([isWildcard, domain]) => (isWildcard ? `*.${domain}` : domain));
const bucketDomainName = fc
  .tuple(label, fc.constantFrom("", ".eu-west-1", "-us-west-2", ".dualstack.ap-south-1"))
  .map(([bucket, region]) => `bucket-${bucket}.s3${region}.amazonaws.com`);
const identity = fc.constant("");
const priceClass = fc.constantFrom("PriceClass_100", "PriceClass_200", "PriceClass_All");
const path = fc.array(label, { maxLength: 3 }).map((segments) => segments.map((segment) => `/${segment}`).join(""));
const port = fc.oneof(fc.constantFrom(80, 443), fc.integer({ min: 1024, max: 65_535 }));
const methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];

const signers: fc.Arbitrary<WireDocument> = fc.oneof(
  fc.constant({ Enabled: false, Quantity: 0 }),
  fc.constant({ Enabled: false, Quantity: 0, Items: [] }),
  fc.constant({ Enabled: true, Quantity: 1, Items: ["self"] }),
);

const headerName = text("abcdefghij", { min: 1, max: 10 }).map((value) => `X-${value}`);

function distributionConfig(version: ApiVersion, originIds: readonly string[]): fc.Arbitrary<WireDocument> {
  const behaviors = fc
    .uniqueArray(text(`${LOWER}*?/-_.$~'"@:+&`, { min: 1, max: 20 }), { maxLength: 4 })
    .chain((patterns) =>
      fc.tuple(
        ...patterns.map((pattern) =>
          behavior(version, "CacheBehavior", originIds, { PathPattern: fc.constant(pattern) }),
        ),
      ),
    );
  const errorResponses = fc
    .uniqueArray(
      fc.record(
        {
          ErrorCode: fc.constantFrom(400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504),
          page: fc.constantFrom(
            {},
            { ResponsePagePath: "/e/1.html", ResponseCode: "200" },
            { ResponsePagePath: "", ResponseCode: "" },
          ),
          ErrorCachingMinTTL: fc.nat(31_536_000),
        },
        { requiredKeys: ["ErrorCode", "page"] },
      ),
      { maxLength: 3, selector: ({ ErrorCode }) => ErrorCode },
    )
    .map((all) => all.map(({ page, ...rest }) => ({ ...rest, ...page })));
  return structure(version, "DistributionConfig", {
    CallerReference: callerReference,
    Aliases: listOf(fc.uniqueArray(alias, { maxLength: 5 })),
    DefaultRootObject: fc.constantFrom("", "index.html", "a/b.htm"),
    Origins: fc
      .tuple(...originIds.map((id) => origin(version, id)))
      .map((items) => ({ Quantity: items.length, Items: items })),
    OriginGroups: fc.constant({ Quantity: 0 }),
    DefaultCacheBehavior: behavior(version, "DefaultCacheBehavior", originIds, {}),
    CacheBehaviors: listOf(behaviors),
    CustomErrorResponses: listOf(errorResponses),
    Comment: comment,
    Logging: fc.constant({ Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" }),
    PriceClass: priceClass,
    Enabled: fc.boolean(),
    ViewerCertificate: structure(version, "ViewerCertificate", {
      CloudFrontDefaultCertificate: fc.constant(true),
      MinimumProtocolVersion: fc.constant("TLSv1"),
      CertificateSource: fc.constant("cloudfront"),
    }),
    Restrictions: geoRestriction.map((restriction) => ({ GeoRestriction: restriction })),
    WebACLId: fc.constantFrom("", "473e64fd-f30b-4765-81a0-62ad96dd167a"),
    HttpVersion: valueOf(version, "HttpVersion", ["http1.1", "http2", "http3", "http2and3"]),
    IsIPV6Enabled: fc.boolean(),
    ContinuousDeploymentPolicyId: fc.constant(""),
    Staging: fc.constant(false),
    ConnectionMode: fc.constant("direct"),
  });
}

const geoRestriction: fc.Arbitrary<WireDocument> = fc.oneof(
  fc.constant({ RestrictionType: "none", Quantity: 0 }),
  fc
    .tuple(
      fc.constantFrom("whitelist", "blacklist"),
      fc.uniqueArray(fc.constantFrom(...COUNTRY_CODES), { minLength: 1, maxLength: 6 }),
    )
    .map(([type, items]) => ({ RestrictionType: type, Quantity: items.length, Items: items })),
);

function origin(version: ApiVersion, id: string): fc.Arbitrary<WireDocument> {
  const common = {
    Id: fc.constant(id),
    OriginPath: path,
    CustomHeaders: listOf(
      fc.uniqueArray(fc.record({ HeaderName: headerName, HeaderValue: name }, { noNullPrototype: true }), {
        maxLength: 4,
        selector: (header) => header.HeaderName.toLowerCase(),
      }),
    ),
    ConnectionAttempts: fc.integer({ min: 1, max: 3 }),
    ConnectionTimeout: fc.integer({ min: 1, max: 10 }),
    OriginShield: fc.constant({ Enabled: false }),
    OriginAccessControlId: fc.constant(""),
  };
  const timeout = fc.integer({ min: 1, max: 120 });
  const s3 = {
    ...common,
    DomainName: bucketDomainName,
    S3OriginConfig: structure(version, "S3OriginConfig", {
      OriginAccessIdentity: identity,
      OriginReadTimeout: timeout,
    }),
  };
  const custom = {
    ...common,
    DomainName: domainName,
    CustomOriginConfig: structure(version, "CustomOriginConfig", {
      HTTPPort: port,
      HTTPSPort: port,
      OriginProtocolPolicy: valueOf(version, "OriginProtocolPolicy", ["http-only", "match-viewer", "https-only"]),
      OriginSslProtocols: fc
        .shuffledSubarray(["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"], { minLength: 1 })
        .map((items) => ({ Quantity: items.length, Items: items })),
      OriginReadTimeout: timeout,
      OriginKeepaliveTimeout: timeout,
      IpAddressType: fc.constantFrom("ipv4", "ipv6", "dualstack"),
    }),
  };
  return fc.oneof(
    structure(version, "Origin", s3, ["S3OriginConfig"]),
    structure(version, "Origin", custom, ["CustomOriginConfig"]),
  );
}

/** Both TTLs or none: one alone may lie on the wrong side of the other's default. */
const ttls: fc.Arbitrary<WireDocument> = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 3_153_600_000 }), { minLength: 3, maxLength: 3 }), fc.boolean())
  .map(([values, areAllSent]) => {
    const [least = 0, middle = 0, most = 0] = [...values].sort((one, other) => one - other);
    return areAllSent ? { MinTTL: least, DefaultTTL: middle, MaxTTL: most } : { MinTTL: least };
  });

function behavior(
  version: ApiVersion,
  shapeName: "DefaultCacheBehavior" | "CacheBehavior",
  originIds: readonly string[],
  named: Readonly<Record<string, fc.Arbitrary<WireValue>>>,
): fc.Arbitrary<WireDocument> {
  const shape = apiModel(version).shapes(shapeName);
  const known = new Set(shape.type === "structure" ? shape.members.map((member) => member.name) : []);
  const emptyLists = {
    LambdaFunctionAssociations: fc.constant({ Quantity: 0 }),
    FunctionAssociations: fc.constant({ Quantity: 0 }),
  };
  const settings = structure(
    version,
    shapeName,
    {
      ...named,
      ...emptyLists,
      TargetOriginId: fc.constantFrom(...originIds),
      ForwardedValues: forwardedValues(version),
      TrustedSigners: signers,
      TrustedKeyGroups: fc.constant({ Enabled: false, Quantity: 0 }),
      ViewerProtocolPolicy: fc.constantFrom("allow-all", "https-only", "redirect-to-https"),
      AllowedMethods: allowedMethods(version),
      SmoothStreaming: fc.constant(false),
      Compress: fc.boolean(),
      FieldLevelEncryptionId: fc.constant(""),
      GrpcConfig: fc.constant({ Enabled: false }),
    },
    ["ForwardedValues"],
  );
  return fc.tuple(settings, ttls).map(([rest, ttl]) => ({
    ...rest,
    ...Object.fromEntries(Object.entries(ttl).filter(([member]) => known.has(member))),
  }));
}

function allowedMethods(version: ApiVersion): fc.Arbitrary<WireDocument> {
  return fc.constantFrom(2, 3, 7).chain((count) =>
    fc.shuffledSubarray(methods.slice(0, count), { minLength: count }).chain((items) =>
      structure(
        version,
        "AllowedMethods",
        {
          Quantity: fc.constant(items.length),
          Items: fc.constant(items),
          CachedMethods: fc
            .constantFrom(2, Math.min(3, count))
            .chain((cached) => fc.shuffledSubarray(methods.slice(0, cached), { minLength: cached }))
            .map((cached) => ({ Quantity: cached.length, Items: cached })),
        },
        ["Items"],
      ),
    ),
  );
}

function forwardedValues(version: ApiVersion): fc.Arbitrary<WireDocument> {
  const cookieNames = fc.uniqueArray(text(`${LOWER}*?_`, { min: 1, max: 10 }), { minLength: 1, maxLength: 5 });
  const cookies = fc.oneof(
    fc.constantFrom<WireDocument>(
      { Forward: "none" },
      { Forward: "all" },
      { Forward: "none", WhitelistedNames: { Quantity: 0 } },
    ),
    cookieNames.map((items) => ({ Forward: "whitelist", WhitelistedNames: { Quantity: items.length, Items: items } })),
  );
  const make = (queryString: boolean): fc.Arbitrary<WireDocument> =>
    structure(version, "ForwardedValues", {
      QueryString: fc.constant(queryString),
      Cookies: cookies,
      Headers: listOf(fc.uniqueArray(headerName, { maxLength: 5, selector: (header) => header.toLowerCase() })),
      QueryStringCacheKeys: listOf(
        queryString ? fc.uniqueArray(text(`${LOWER}_-`, { min: 1, max: 10 }), { maxLength: 5 }) : fc.constant([]),
      ),
    });
  return fc.boolean().chain(make);
}
