// How each error of the published lists comes about, per operation: a state of the service and one request. The exact
// documents are in test/golden/errors; errors.test.ts asks every row in every API version that lists its code.

import { apiModel, NEWEST_VERSION, type ApiVersion } from "../../src/model/api.ts";
import type { Limits } from "../../src/vocabulary/limits.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import {
  behavior,
  customOrigin,
  distributionArn,
  distributionConfig,
  identityConfig,
  identityPath,
  invalidationBatch,
  listOf,
  s3Origin,
  streamingConfig,
  tagsOf,
} from "./configs.ts";
import { absentRow, denied, made, NOBODY, revisionRows, type ErrorRow, type Rows, type World } from "./error-row.ts";
import { KEY_ERROR_ROWS, keyFaults, madeKeyGroup } from "./error-rows-of-keys.ts";

// What is wrong with a distribution's config, whichever operation carries it

interface ConfigFault {
  readonly limits?: Partial<Limits>;
  readonly from?: ApiVersion;
  readonly more: WireDocument;
}

const forwarding = (more: WireDocument): WireDocument => ({
  DefaultCacheBehavior: behavior({
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" }, ...more },
  }),
});
const behaving = (more: WireDocument): WireDocument => ({ DefaultCacheBehavior: behavior(more) });
const originWith = (more: WireDocument): WireDocument => ({ Origins: listOf(customOrigin("web", more)) });
const connecting = (more: WireDocument): WireDocument =>
  originWith({
    CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only", ...more },
  });
const erring = (more: WireDocument): WireDocument => ({ CustomErrorResponses: listOf({ ErrorCode: 404, ...more }) });
const restricting = (restriction: WireDocument): WireDocument => ({ Restrictions: { GeoRestriction: restriction } });

const CONFIG_FAULTS: Readonly<Record<string, ConfigFault>> = {
  InconsistentQuantities: { more: { Aliases: { Quantity: 1, Items: ["a.example.com", "b.example.com"] } } },
  InvalidArgument: { more: { Comment: "x".repeat(129) } },
  InvalidDefaultRootObject: { more: { DefaultRootObject: "/index.html" } },
  InvalidErrorCode: { more: erring({ ErrorCode: 418 }) },
  InvalidForwardCookies: { more: forwarding({ Cookies: { Forward: "whitelist", WhitelistedNames: listOf() } }) },
  InvalidGeoRestrictionParameter: { more: restricting({ RestrictionType: "none", ...listOf("DE") }) },
  InvalidHeadersForS3Origin: {
    more: { Origins: listOf({ ...s3Origin(), Id: "web" }), ...forwarding({ Headers: listOf("Host") }) },
  },
  InvalidLocationCode: { more: restricting({ RestrictionType: "whitelist", ...listOf("XX") }) },
  // Static addresses take old protocols only, and older enums have no others.
  InvalidMinimumProtocolVersion: {
    from: "2017-03-25",
    more: {
      ViewerCertificate: {
        IAMCertificateId: "ASCAEXAMPLE",
        SSLSupportMethod: "vip",
        MinimumProtocolVersion: "TLSv1.1_2016",
      },
    },
  },
  InvalidOriginAccessIdentity: {
    more: { Origins: listOf(customOrigin(), s3Origin(identityPath(NOBODY))) },
  },
  InvalidOriginKeepaliveTimeout: { more: connecting({ OriginKeepaliveTimeout: 0 }) },
  InvalidOriginReadTimeout: { more: connecting({ OriginReadTimeout: 181 }) },
  InvalidProtocolSettings: {
    more: {
      ViewerCertificate: {
        IAMCertificateId: "ASCAEXAMPLE",
        SSLSupportMethod: "sni-only",
        MinimumProtocolVersion: "SSLv3",
      },
    },
  },
  InvalidQueryStringParameters: { more: forwarding({ QueryStringCacheKeys: listOf("a") }) },
  InvalidRelativePath: { more: erring({ ResponsePagePath: "404.html", ResponseCode: "404" }) },
  InvalidResponseCode: { more: erring({ ResponsePagePath: "/404.html", ResponseCode: "600" }) },
  InvalidTTLOrder: { more: behaving({ MinTTL: 100, DefaultTTL: 10 }) },
  InvalidViewerCertificate: {
    more: { ViewerCertificate: { IAMCertificateId: "ASCAEXAMPLE", SSLSupportMethod: "sni-only" } },
  },
  InvalidWebACLId: { more: { WebACLId: "my-acl" } },
  NoSuchOrigin: { more: behaving({ TargetOriginId: "elsewhere" }) },
  TooManyCacheBehaviors: {
    limits: { cacheBehaviorsPerDistributionMax: 1 },
    more: { CacheBehaviors: listOf(behavior({ PathPattern: "/a" }), behavior({ PathPattern: "/b" })) },
  },
  TooManyCookieNamesInWhiteList: {
    limits: { whitelistedCookiesPerBehaviorMax: 1 },
    more: forwarding({ Cookies: { Forward: "whitelist", WhitelistedNames: listOf("a", "b") } }),
  },
  TooManyDistributionCNAMEs: {
    limits: { aliasesPerDistributionMax: 1 },
    more: { Aliases: listOf("a.example.com", "b.example.com") },
  },
  TooManyHeadersInForwardedValues: {
    limits: { whitelistedHeadersPerBehaviorMax: 1 },
    more: forwarding({ Headers: listOf("Accept", "Origin") }),
  },
  TooManyOriginCustomHeaders: {
    limits: { originCustomHeadersMax: 1 },
    more: originWith({
      CustomHeaders: listOf({ HeaderName: "X-A", HeaderValue: "1" }, { HeaderName: "X-B", HeaderValue: "2" }),
    }),
  },
  TooManyOriginGroupsPerDistribution: {
    limits: { originGroupsPerDistributionMax: 0 },
    more: {
      Origins: listOf(customOrigin("web"), customOrigin("other")),
      OriginGroups: listOf({
        Id: "g",
        FailoverCriteria: { StatusCodes: listOf(500) },
        Members: listOf({ OriginId: "web" }, { OriginId: "other" }),
      }),
    },
  },
  TooManyOrigins: {
    limits: { originsPerDistributionMax: 1 },
    more: { Origins: listOf(customOrigin("web"), customOrigin("other")) },
  },
  TooManyQueryStringParameters: {
    limits: { queryStringKeysPerBehaviorMax: 1 },
    more: forwarding({ QueryString: true, QueryStringCacheKeys: listOf("a", "b") }),
  },
  TooManyTrustedSigners: {
    limits: { trustedSignersPerBehaviorMax: 1 },
    more: behaving({ TrustedSigners: { Enabled: true, ...listOf("self", "111122223333") } }),
  },
  TrustedKeyGroupDoesNotExist: {
    more: behaving({ TrustedKeyGroups: { Enabled: true, ...listOf("b2ab6d5e-0001-4d7e-9f5c-3b0d6f3c2a11") } }),
  },
  TooManyKeyGroupsAssociatedToDistribution: {
    limits: { keyGroupsPerBehaviorMax: 1 },
    more: behaving({
      TrustedKeyGroups: {
        Enabled: true,
        ...listOf("b2ab6d5e-0001-4d7e-9f5c-3b0d6f3c2a11", "b2ab6d5e-0002-4d7e-9f5c-3b0d6f3c2a11"),
      },
    }),
  },
  IllegalOriginAccessConfiguration: {
    more: { Origins: listOf(customOrigin(), { ...s3Origin(identityPath(NOBODY)), OriginAccessControlId: NOBODY }) },
  },
  InvalidDomainNameForOriginAccessControl: {
    more: originWith({ OriginAccessControlId: NOBODY }),
  },
  InvalidOriginAccessControl: {
    more: { Origins: listOf(customOrigin(), { ...s3Origin(), OriginAccessControlId: NOBODY }) },
  },
  TrustedSignerDoesNotExist: {
    more: behaving({ TrustedSigners: { Enabled: true, ...listOf("111122223333") } }),
  },
};

/** The faults of a config as rows of an operation: `wrap` makes its input of the faulty config. */
function configRows(
  codes: readonly string[],
  wrap: (config: WireDocument, world: World) => WireDocument | Promise<WireDocument>,
): Rows {
  const rows = codes.map((code): [string, ErrorRow] => {
    const { more, ...rest } = CONFIG_FAULTS[code] ?? { more: {} };
    return [code, { ...rest, provoke: (world) => wrap(more, world) }];
  });
  return Object.fromEntries(rows);
}

const FAULTS_OF_CREATE = Object.keys(CONFIG_FAULTS);
// The model lists it for creating only; an update answers it as well.
const FAULTS_OF_UPDATE = FAULTS_OF_CREATE.filter((code) => code !== "InvalidProtocolSettings");

const DISTRIBUTION = distributionConfig("first");
const STREAMING = streamingConfig("first");
const IDENTITY = identityConfig("first");

const NO_ARN = "arn:aws:cloudfront::000000000000:function/f";

function creatingDistributions(wrap: (config: WireDocument) => WireDocument): Rows {
  return {
    ...configRows(FAULTS_OF_CREATE, (more) => wrap(distributionConfig("second", more))),
    ...keyFaults((more) => wrap(distributionConfig("second", more))),
    AccessDenied: denied(wrap(DISTRIBUTION)),
    MissingBody: { provoke: () => ({}) },
    CNAMEAlreadyExists: {
      provoke: async (world) => {
        await made(world, "Distribution", distributionConfig("first", { Aliases: listOf("www.example.com") }));
        return wrap(distributionConfig("second", { Aliases: listOf("WWW.example.com") }));
      },
    },
    DistributionAlreadyExists: {
      provoke: async (world) => {
        await made(world, "Distribution", DISTRIBUTION);
        return wrap(distributionConfig("first", { Comment: "another" }));
      },
    },
    TooManyDistributions: {
      limits: { distributionsPerAccountMax: 1 },
      provoke: async (world) => {
        await made(world, "Distribution", DISTRIBUTION);
        return wrap(distributionConfig("second"));
      },
    },
  };
}

function streamingFaults(wrap: (more: WireDocument, world: World) => WireDocument | Promise<WireDocument>): Rows {
  const row = (more: WireDocument, limits: Partial<Limits> = {}): ErrorRow => ({
    limits,
    provoke: (world) => wrap(more, world),
  });
  return {
    InconsistentQuantities: row({ Aliases: { Quantity: 2, Items: ["a.example.com"] } }),
    InvalidArgument: row({ Comment: "x".repeat(129) }),
    InvalidOriginAccessIdentity: row({
      S3Origin: { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity: identityPath(NOBODY) },
    }),
    TooManyStreamingDistributionCNAMEs: row(
      { Aliases: listOf("a.example.com", "b.example.com") },
      { aliasesPerDistributionMax: 1 },
    ),
    TooManyTrustedSigners: row(
      { TrustedSigners: { Enabled: true, ...listOf("self", "111122223333") } },
      { trustedSignersPerBehaviorMax: 1 },
    ),
    TrustedSignerDoesNotExist: row({ TrustedSigners: { Enabled: true, ...listOf("111122223333") } }),
  };
}

function creatingStreams(wrap: (config: WireDocument) => WireDocument): Rows {
  return {
    ...streamingFaults((more) => wrap(streamingConfig("second", more))),
    AccessDenied: denied(wrap(STREAMING)),
    MissingBody: { provoke: () => ({}) },
    InvalidOrigin: {
      provoke: () =>
        wrap(streamingConfig("first", { S3Origin: { DomainName: "www.example.com", OriginAccessIdentity: "" } })),
    },
    CNAMEAlreadyExists: {
      provoke: async (world) => {
        await made(world, "Distribution", distributionConfig("first", { Aliases: listOf("www.example.com") }));
        return wrap(streamingConfig("second", { Aliases: listOf("www.example.com") }));
      },
    },
    StreamingDistributionAlreadyExists: {
      provoke: async (world) => {
        await made(world, "StreamingDistribution", STREAMING);
        return wrap(streamingConfig("first", { Comment: "another" }));
      },
    },
    TooManyStreamingDistributions: {
      limits: { streamingDistributionsPerAccountMax: 1 },
      provoke: async (world) => {
        await made(world, "StreamingDistribution", STREAMING);
        return wrap(streamingConfig("second"));
      },
    },
  };
}

/** Some codes are answered by operations of which the newest model does not list them. */
function listedBy(operation: string, rows: Rows): Rows {
  const listed = apiModel(NEWEST_VERSION).operations.get(operation)?.errors ?? [];
  return Object.fromEntries(Object.entries(rows).filter(([code]) => listed.includes(code)));
}

const INVALID_TAGS = tagsOf({ "aws:owner": "me" });
const invalidTags = (wrap: (tags: WireDocument) => WireDocument): ErrorRow => ({ provoke: () => wrap(INVALID_TAGS) });

const withoutTags = (config: WireDocument): WireDocument => ({
  DistributionConfigWithTags: { DistributionConfig: config, Tags: {} },
});
const streamWithoutTags = (config: WireDocument): WireDocument => ({
  StreamingDistributionConfigWithTags: { StreamingDistributionConfig: config, Tags: {} },
});

async function invalidated(world: World, batch: WireDocument): Promise<WireDocument> {
  const { Id } = await made(world, "Distribution", DISTRIBUTION);
  return { DistributionId: Id, InvalidationBatch: batch };
}

/** What tagging refuses, each operation with its own body. */
function taggingRows(body: WireDocument): Rows {
  return {
    InvalidArgument: absentRow({ Resource: NO_ARN, ...body }),
    NoSuchResource: absentRow({ Resource: distributionArn(NOBODY), ...body }),
  };
}

/** By operation and code. What cannot be had is in errors-not-given.ts. */
export const ERROR_ROWS: Readonly<Record<string, Rows>> = {
  CreateDistribution: creatingDistributions((config) => ({ DistributionConfig: config })),
  CreateDistributionWithTags: {
    ...listedBy("CreateDistributionWithTags", creatingDistributions(withoutTags)),
    InvalidTagging: invalidTags((tags) => ({
      DistributionConfigWithTags: { DistributionConfig: DISTRIBUTION, Tags: tags },
    })),
  },
  UpdateDistribution: {
    ...configRows(FAULTS_OF_UPDATE, async (more, world) => ({
      ...(await made(world, "Distribution", DISTRIBUTION)),
      DistributionConfig: distributionConfig("first", more),
    })),
    ...listedBy(
      "UpdateDistribution",
      keyFaults(async (more, world) => ({
        ...(await made(world, "Distribution", DISTRIBUTION)),
        DistributionConfig: distributionConfig("first", more),
      })),
    ),
    ...revisionRows("Distribution", "NoSuchDistribution", DISTRIBUTION, { DistributionConfig: DISTRIBUTION }),
    AccessDenied: denied({ Id: NOBODY, IfMatch: "E23ZP02F085DFQ", DistributionConfig: DISTRIBUTION }),
    MissingBody: { provoke: (world) => made(world, "Distribution", DISTRIBUTION) },
    CNAMEAlreadyExists: {
      provoke: async (world) => {
        await made(world, "Distribution", distributionConfig("other", { Aliases: listOf("www.example.com") }));
        return {
          ...(await made(world, "Distribution", DISTRIBUTION)),
          DistributionConfig: distributionConfig("first", { Aliases: listOf("www.example.com") }),
        };
      },
    },
    IllegalUpdate: {
      provoke: async (world) => ({
        ...(await made(world, "Distribution", DISTRIBUTION)),
        DistributionConfig: distributionConfig("second"),
      }),
    },
  },
  DeleteDistribution: {
    ...revisionRows("Distribution", "NoSuchDistribution", DISTRIBUTION),
    AccessDenied: denied({ Id: NOBODY, IfMatch: "E23ZP02F085DFQ" }),
    DistributionNotDisabled: { provoke: (world) => made(world, "Distribution", DISTRIBUTION) },
  },
  GetDistribution: { NoSuchDistribution: absentRow({ Id: NOBODY }) },
  GetDistributionConfig: { NoSuchDistribution: absentRow({ Id: NOBODY }) },
  ListDistributions: { InvalidArgument: absentRow({ MaxItems: "0" }) },
  ListDistributionsByWebACLId: {
    InvalidArgument: absentRow({ WebACLId: "null", Marker: "not an id" }),
    InvalidWebACLId: absentRow({ WebACLId: "my-acl" }),
  },

  CreateInvalidation: {
    AccessDenied: denied({ DistributionId: NOBODY, InvalidationBatch: invalidationBatch("first", "/*") }),
    MissingBody: {
      provoke: async (world) => ({ DistributionId: (await made(world, "Distribution", DISTRIBUTION)).Id }),
    },
    NoSuchDistribution: absentRow({ DistributionId: NOBODY, InvalidationBatch: invalidationBatch("first", "/*") }),
    InvalidArgument: { provoke: (world) => invalidated(world, invalidationBatch("first", "no/slash")) },
    InconsistentQuantities: {
      provoke: (world) => invalidated(world, { Paths: { Quantity: 2, Items: ["/a"] }, CallerReference: "first" }),
    },
    BatchTooLarge: {
      limits: { invalidationPathsPerBatchMax: 1 },
      provoke: (world) => invalidated(world, invalidationBatch("first", "/a", "/b")),
    },
    TooManyInvalidationsInProgress: {
      limits: { invalidationPathsInProgressMax: 1 },
      provoke: async (world) => {
        const input = await invalidated(world, invalidationBatch("first", "/a"));
        await world.succeed("CreateInvalidation", input);
        return { ...input, InvalidationBatch: invalidationBatch("second", "/b") };
      },
    },
  },
  GetInvalidation: {
    NoSuchDistribution: absentRow({ DistributionId: NOBODY, Id: "INOBODY0000000" }),
    NoSuchInvalidation: {
      provoke: async (world) => ({
        DistributionId: (await made(world, "Distribution", DISTRIBUTION)).Id,
        Id: "INOBODY0000000",
      }),
    },
  },
  ListInvalidations: {
    NoSuchDistribution: absentRow({ DistributionId: NOBODY }),
    InvalidArgument: {
      provoke: async (world) => ({
        DistributionId: (await made(world, "Distribution", DISTRIBUTION)).Id,
        Marker: "INOBODY0000000",
      }),
    },
  },

  CreateStreamingDistribution: creatingStreams((config) => ({ StreamingDistributionConfig: config })),
  CreateStreamingDistributionWithTags: {
    ...creatingStreams(streamWithoutTags),
    InvalidTagging: invalidTags((tags) => ({
      StreamingDistributionConfigWithTags: { StreamingDistributionConfig: STREAMING, Tags: tags },
    })),
  },
  UpdateStreamingDistribution: {
    ...streamingFaults(async (more, world) => ({
      ...(await made(world, "StreamingDistribution", STREAMING)),
      StreamingDistributionConfig: streamingConfig("first", more),
    })),
    ...revisionRows("StreamingDistribution", "NoSuchStreamingDistribution", STREAMING, {
      StreamingDistributionConfig: STREAMING,
    }),
    AccessDenied: denied({ Id: NOBODY, IfMatch: "E23ZP02F085DFQ", StreamingDistributionConfig: STREAMING }),
    MissingBody: { provoke: (world) => made(world, "StreamingDistribution", STREAMING) },
    CNAMEAlreadyExists: {
      provoke: async (world) => {
        await made(world, "Distribution", distributionConfig("other", { Aliases: listOf("www.example.com") }));
        return {
          ...(await made(world, "StreamingDistribution", STREAMING)),
          StreamingDistributionConfig: streamingConfig("first", { Aliases: listOf("www.example.com") }),
        };
      },
    },
    IllegalUpdate: {
      provoke: async (world) => ({
        ...(await made(world, "StreamingDistribution", STREAMING)),
        StreamingDistributionConfig: streamingConfig("first", {
          S3Origin: { DomainName: "other.s3.amazonaws.com", OriginAccessIdentity: "" },
        }),
      }),
    },
  },
  DeleteStreamingDistribution: {
    ...revisionRows("StreamingDistribution", "NoSuchStreamingDistribution", STREAMING),
    AccessDenied: denied({ Id: NOBODY, IfMatch: "E23ZP02F085DFQ" }),
    StreamingDistributionNotDisabled: { provoke: (world) => made(world, "StreamingDistribution", STREAMING) },
  },
  GetStreamingDistribution: { NoSuchStreamingDistribution: absentRow({ Id: NOBODY }) },
  GetStreamingDistributionConfig: { NoSuchStreamingDistribution: absentRow({ Id: NOBODY }) },
  ListStreamingDistributions: { InvalidArgument: absentRow({ MaxItems: "many" }) },

  CreateCloudFrontOriginAccessIdentity: {
    CloudFrontOriginAccessIdentityAlreadyExists: {
      provoke: async (world) => {
        await made(world, "CloudFrontOriginAccessIdentity", IDENTITY);
        return { CloudFrontOriginAccessIdentityConfig: identityConfig("first", "another") };
      },
    },
    InvalidArgument: absentRow({ CloudFrontOriginAccessIdentityConfig: identityConfig("") }),
    MissingBody: { provoke: () => ({}) },
    TooManyCloudFrontOriginAccessIdentities: {
      limits: { originAccessIdentitiesPerAccountMax: 0 },
      provoke: () => ({ CloudFrontOriginAccessIdentityConfig: IDENTITY }),
    },
  },
  UpdateCloudFrontOriginAccessIdentity: {
    ...revisionRows("CloudFrontOriginAccessIdentity", "NoSuchCloudFrontOriginAccessIdentity", IDENTITY, {
      CloudFrontOriginAccessIdentityConfig: IDENTITY,
    }),
    AccessDenied: denied({
      Id: NOBODY,
      IfMatch: "E23ZP02F085DFQ",
      CloudFrontOriginAccessIdentityConfig: IDENTITY,
    }),
    MissingBody: { provoke: (world) => made(world, "CloudFrontOriginAccessIdentity", IDENTITY) },
    IllegalUpdate: {
      provoke: async (world) => ({
        ...(await made(world, "CloudFrontOriginAccessIdentity", IDENTITY)),
        CloudFrontOriginAccessIdentityConfig: identityConfig("second"),
      }),
    },
    InvalidArgument: {
      provoke: async (world) => ({
        ...(await made(world, "CloudFrontOriginAccessIdentity", IDENTITY)),
        CloudFrontOriginAccessIdentityConfig: identityConfig("first", "x".repeat(129)),
      }),
    },
  },
  DeleteCloudFrontOriginAccessIdentity: {
    ...revisionRows("CloudFrontOriginAccessIdentity", "NoSuchCloudFrontOriginAccessIdentity", IDENTITY),
    AccessDenied: denied({ Id: NOBODY, IfMatch: "E23ZP02F085DFQ" }),
    CloudFrontOriginAccessIdentityInUse: {
      provoke: async (world) => {
        const identity = await made(world, "CloudFrontOriginAccessIdentity", IDENTITY);
        const origins = listOf(customOrigin(), s3Origin(identityPath(identity.Id)));
        await made(world, "Distribution", distributionConfig("first", { Origins: origins }));
        return identity;
      },
    },
  },
  GetCloudFrontOriginAccessIdentity: { NoSuchCloudFrontOriginAccessIdentity: absentRow({ Id: NOBODY }) },
  GetCloudFrontOriginAccessIdentityConfig: { NoSuchCloudFrontOriginAccessIdentity: absentRow({ Id: NOBODY }) },
  ListCloudFrontOriginAccessIdentities: { InvalidArgument: absentRow({ Marker: "I0THISISNOTONE" }) },

  ListTagsForResource: taggingRows({}),
  TagResource: {
    ...taggingRows({ Tags: tagsOf({ owner: "me" }) }),
    AccessDenied: denied({ Resource: distributionArn(NOBODY), Tags: tagsOf({ owner: "me" }) }),
    InvalidTagging: absentRow({ Resource: distributionArn(NOBODY), Tags: INVALID_TAGS }),
  },
  UntagResource: {
    ...taggingRows({ TagKeys: { Items: ["owner"] } }),
    AccessDenied: denied({ Resource: distributionArn(NOBODY), TagKeys: { Items: ["owner"] } }),
    InvalidTagging: absentRow({ Resource: distributionArn(NOBODY), TagKeys: { Items: ["a\tb"] } }),
  },

  ...KEY_ERROR_ROWS,
  ListDistributionsByKeyGroup: {
    NoSuchResource: absentRow({ KeyGroupId: NOBODY }),
    InvalidArgument: {
      provoke: async (world) => ({ KeyGroupId: (await madeKeyGroup(world)).Id, MaxItems: "0" }),
    },
  },
};
