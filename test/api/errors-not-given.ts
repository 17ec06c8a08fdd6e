// Pairs of operation and code that the published models list and that no request can bring about here, each with its
// reason. A row leaves this table when its part is built: errors.test.ts fails when one turns up after all, or is missing.

/** Why a code cannot be had from an operation. */
export interface NotGiven {
  readonly codes: readonly string[];
  /** `undefined`: from none of the operations that list it. */
  readonly operations?: readonly string[];
  readonly reason: string;
}

export const NOT_GIVEN: readonly NotGiven[] = [
  {
    codes: ["AccessDenied"],
    operations: [
      "GetCloudFrontOriginAccessIdentity",
      "GetCloudFrontOriginAccessIdentityConfig",
      "GetDistribution",
      "GetDistributionConfig",
      "GetInvalidation",
      "GetOriginAccessControl",
      "GetOriginAccessControlConfig",
      "GetPublicKey",
      "GetPublicKeyConfig",
      "GetStreamingDistribution",
      "GetStreamingDistributionConfig",
      "ListInvalidations",
      "ListTagsForResource",
    ],
    reason: "every access key may read what is its account's, and what is another's is absent rather than denied",
  },
  {
    codes: ["InconsistentQuantities"],
    operations: ["CreateCloudFrontOriginAccessIdentity", "UpdateCloudFrontOriginAccessIdentity"],
    reason: "an identity's config has no list",
  },
  {
    codes: ["InvalidTagging"],
    operations: ["ListTagsForResource"],
    reason: "the request has no tags, and what is wrong with its ARN is an InvalidArgument",
  },
  {
    codes: ["InvalidOrigin"],
    operations: ["CreateDistribution", "CreateDistributionWithTags"],
    reason: "buckets are not looked up; a domain name that is wrong by its form is an InvalidArgument, as observed",
  },
  {
    codes: ["InvalidRequiredProtocol"],
    reason: "the management port has no TLS of its own, so nothing can be refused for coming without it",
  },
  { codes: ["TooManyCertificates"], reason: "certificates cannot be imported yet, so none can be one too many" },
  {
    codes: [
      "InvalidLambdaFunctionAssociation",
      "TooManyDistributionsWithLambdaAssociations",
      "TooManyLambdaFunctionAssociations",
    ],
    reason: "Lambda functions are not carried out: an association is refused by name as an InvalidArgument",
  },
  {
    codes: [
      "InvalidFunctionAssociation",
      "TooManyDistributionsWithFunctionAssociations",
      "TooManyDistributionsWithSingleFunctionARN",
      "TooManyFunctionAssociations",
    ],
    reason: "functions are not carried out: an association is refused by name as an InvalidArgument",
  },
  {
    codes: [
      "IllegalFieldLevelEncryptionConfigAssociationWithCacheBehavior",
      "NoSuchFieldLevelEncryptionConfig",
      "TooManyDistributionsAssociatedToFieldLevelEncryptionConfig",
    ],
    reason: "field-level encryption is not carried out: its id is refused by name as an InvalidArgument",
  },
  {
    codes: ["ContinuousDeploymentPolicyInUse", "NoSuchContinuousDeploymentPolicy", "StagingDistributionInUse"],
    reason: "continuous deployment is not carried out: it is refused by name as an InvalidArgument",
  },
  {
    codes: [
      "NoSuchCachePolicy",
      "NoSuchOriginRequestPolicy",
      "NoSuchResponseHeadersPolicy",
      "TooManyDistributionsAssociatedToCachePolicy",
      "TooManyDistributionsAssociatedToOriginRequestPolicy",
      "TooManyDistributionsAssociatedToResponseHeadersPolicy",
    ],
    reason: "policies are not carried out: an id is refused by name as an InvalidArgument",
  },
  {
    codes: ["NoSuchRealtimeLogConfig", "RealtimeLogConfigOwnerMismatch"],
    reason: "real-time logs are not carried out: an ARN is refused by name as an InvalidArgument",
  },
  {
    codes: ["InvalidOriginAccessControl"],
    operations: ["CreateStreamingDistribution", "CreateStreamingDistributionWithTags", "UpdateStreamingDistribution"],
    reason: "a streaming distribution's origin has an identity, and no place for an access control",
  },
  {
    codes: ["IllegalUpdate"],
    operations: ["UpdateOriginAccessControl"],
    reason: "everything about an origin access control can be changed; what cannot be set is an InvalidArgument",
  },
];

/** The reason why this pair cannot be had; `undefined`: it can. */
export function reasonNotGiven(operation: string, code: string): string | undefined {
  return NOT_GIVEN.find(({ codes, operations }) => codes.includes(code) && (operations?.includes(operation) ?? true))
    ?.reason;
}
