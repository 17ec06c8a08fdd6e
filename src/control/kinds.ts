// The kinds of resource of the CloudFront API, side by side: what it calls them and which codes it gives. The rules that
// they share are in resource-operations.ts.

import type { ApiErrorCode } from "../model/errors.ts";
import type { ResourceKind } from "../store/store.ts";
import type { LimitName } from "../vocabulary/limits.ts";

/** Kinds with operations of their own in the CloudFront API. Key pairs and server certificates have other doors. */
export type ApiKind = Exclude<ResourceKind, "key-pair" | "server-certificate">;

export interface KindSpec {
  /** Name of the resource's shape, of the member that carries its config, and of the list. */
  readonly resource: string;
  readonly config: string;
  readonly list: string;
  /** After the version in a path. */
  readonly path: string;
  readonly quota: LimitName;
  readonly absent: ApiErrorCode;
  readonly alreadyExists: ApiErrorCode;
  readonly inUse: ApiErrorCode;
  readonly overQuota: ApiErrorCode;
  /**
   * The newest API version whose documentation promises the original answer to an identical repeat of a create; later
   * ones promise an error. `undefined`: all do; "": none does. [CFMODEL DistributionConfig.CallerReference of each version]
   */
  readonly repeatableUntil: string | undefined;
}

export const KINDS = {
  distribution: {
    resource: "Distribution",
    config: "DistributionConfig",
    list: "DistributionList",
    path: "distribution",
    quota: "distributionsPerAccountMax",
    absent: "NoSuchDistribution",
    alreadyExists: "DistributionAlreadyExists",
    inUse: "ResourceInUse",
    overQuota: "TooManyDistributions",
    repeatableUntil: "2018-06-18",
  },
  "streaming-distribution": {
    resource: "StreamingDistribution",
    config: "StreamingDistributionConfig",
    list: "StreamingDistributionList",
    path: "streaming-distribution",
    quota: "streamingDistributionsPerAccountMax",
    absent: "NoSuchStreamingDistribution",
    alreadyExists: "StreamingDistributionAlreadyExists",
    inUse: "ResourceInUse",
    overQuota: "TooManyStreamingDistributions",
    repeatableUntil: "2018-06-18",
  },
  "origin-access-identity": {
    resource: "CloudFrontOriginAccessIdentity",
    config: "CloudFrontOriginAccessIdentityConfig",
    list: "CloudFrontOriginAccessIdentityList",
    path: "origin-access-identity/cloudfront",
    quota: "originAccessIdentitiesPerAccountMax",
    absent: "NoSuchCloudFrontOriginAccessIdentity",
    alreadyExists: "CloudFrontOriginAccessIdentityAlreadyExists",
    inUse: "CloudFrontOriginAccessIdentityInUse",
    overQuota: "TooManyCloudFrontOriginAccessIdentities",
    repeatableUntil: undefined,
  },
  "origin-access-control": {
    resource: "OriginAccessControl",
    config: "OriginAccessControlConfig",
    list: "OriginAccessControlList",
    path: "origin-access-control",
    quota: "originAccessControlsPerAccountMax",
    absent: "NoSuchOriginAccessControl",
    alreadyExists: "OriginAccessControlAlreadyExists",
    inUse: "OriginAccessControlInUse",
    overQuota: "TooManyOriginAccessControls",
    repeatableUntil: "",
  },
  "public-key": {
    resource: "PublicKey",
    config: "PublicKeyConfig",
    list: "PublicKeyList",
    path: "public-key",
    quota: "publicKeysPerAccountMax",
    absent: "NoSuchPublicKey",
    alreadyExists: "PublicKeyAlreadyExists",
    inUse: "PublicKeyInUse",
    overQuota: "TooManyPublicKeys",
    repeatableUntil: "",
  },
  "key-group": {
    resource: "KeyGroup",
    config: "KeyGroupConfig",
    list: "KeyGroupList",
    path: "key-group",
    quota: "keyGroupsPerAccountMax",
    absent: "NoSuchResource",
    alreadyExists: "KeyGroupAlreadyExists",
    inUse: "ResourceInUse",
    overQuota: "TooManyKeyGroups",
    repeatableUntil: "",
  },
} as const satisfies Record<ApiKind, KindSpec>;
