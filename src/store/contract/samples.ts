// Resources to test stores with: configs as the API layer would hand them in, and drafts around them.

import assert from "node:assert/strict";
import type { AccountId, DistributionId, FeedNumber, InvalidationId, ResourceId } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type {
  DistributionConfig,
  OriginAccessIdentityConfig,
  StreamingDistributionConfig,
} from "../../model/distribution.ts";
import {
  NO_CLAIMS,
  type Claims,
  type Invalidation,
  type Resource,
  type ResourceDraft,
  type ResourceKind,
  type Store,
} from "../store.ts";
import type { Tag } from "../tags.ts";

export const ALICE = "111122223333" as AccountId;
export const BOB = "444455556666" as AccountId;
export const NOW = epochMs(1_460_000_000_000);
export const LATER = epochMs(NOW + 5000);
export const PLENTY = 1_000_000;

export function feedNumber(value: number): FeedNumber {
  return value as FeedNumber;
}

/** `E` and the number, so that ids are in the order of their numbers. */
export function resourceId(number: number): ResourceId {
  return `E${String(number).padStart(13, "0")}` as ResourceId;
}

export function invalidationId(number: number): InvalidationId {
  return `I${String(number).padStart(13, "0")}` as InvalidationId;
}

export function distributionConfig(callerReference: string, change?: Partial<DistributionConfig>): DistributionConfig {
  return {
    CallerReference: callerReference,
    Aliases: { Quantity: 0 },
    DefaultRootObject: "",
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: "site",
          DomainName: "www.example.com",
          OriginPath: "",
          CustomHeaders: { Quantity: 0 },
          CustomOriginConfig: {
            HTTPPort: 80,
            HTTPSPort: 443,
            OriginProtocolPolicy: "match-viewer",
            OriginSslProtocols: { Quantity: 1, Items: ["TLSv1.2"] },
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
    OriginGroups: { Quantity: 0 },
    DefaultCacheBehavior: {
      TargetOriginId: "site",
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
      LambdaFunctionAssociations: { Quantity: 0 },
      FunctionAssociations: { Quantity: 0 },
      FieldLevelEncryptionId: "",
      GrpcConfig: { Enabled: false },
      ForwardedValues: {
        QueryString: false,
        Cookies: { Forward: "none" },
        Headers: { Quantity: 0 },
        QueryStringCacheKeys: { Quantity: 0 },
      },
      MinTTL: 0,
      DefaultTTL: 86_400,
      MaxTTL: 31_536_000,
    },
    CacheBehaviors: { Quantity: 0 },
    CustomErrorResponses: { Quantity: 0 },
    Comment: 'naïve "quotes" \\ and \u{1F600}',
    Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ViewerCertificate: { CloudFrontDefaultCertificate: true, MinimumProtocolVersion: "TLSv1" },
    Restrictions: { GeoRestriction: { RestrictionType: "none", Quantity: 0 } },
    WebACLId: "",
    HttpVersion: "http2",
    IsIPV6Enabled: true,
    ContinuousDeploymentPolicyId: "",
    Staging: false,
    ...change,
  };
}

export function streamingConfig(
  callerReference: string,
  change?: Partial<StreamingDistributionConfig>,
): StreamingDistributionConfig {
  return {
    CallerReference: callerReference,
    S3Origin: { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity: "" },
    Aliases: { Quantity: 0 },
    Comment: "",
    Logging: { Enabled: false, Bucket: "", Prefix: "" },
    TrustedSigners: { Enabled: false, Quantity: 0 },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ...change,
  };
}

export function identityConfig(callerReference: string): OriginAccessIdentityConfig {
  return { CallerReference: callerReference, Comment: "" };
}

interface DraftChange {
  readonly account?: AccountId;
  readonly callerReference?: string;
  readonly claims?: Partial<Claims>;
  readonly tags?: readonly Tag[];
}

/** Drafts differ in everything that must be unique by their number alone. */
export function distributionDraft(number: number, change: DraftChange = {}): ResourceDraft<"distribution"> {
  const config = distributionConfig(change.callerReference ?? `reference ${number}`);
  return { kind: "distribution", config, ...draft(number, "d", change) };
}

export function streamingDraft(number: number, change: DraftChange = {}): ResourceDraft<"streaming-distribution"> {
  const config = streamingConfig(change.callerReference ?? `reference ${number}`);
  return { kind: "streaming-distribution", config, ...draft(number, "s", change) };
}

export function identityDraft(number: number, change: DraftChange = {}): ResourceDraft<"origin-access-identity"> {
  const config = identityConfig(change.callerReference ?? `reference ${number}`);
  return { kind: "origin-access-identity", config, ...draft(number, "", change) };
}

export function accessControlDraft(number: number, change: DraftChange = {}): ResourceDraft<"origin-access-control"> {
  const config = {
    Name: `control ${number}`,
    Description: "",
    SigningProtocol: "sigv4",
    SigningBehavior: "no-override",
    OriginAccessControlOriginType: "s3",
  } as const;
  return { kind: "origin-access-control", config, ...draft(number, "", change) };
}

export function publicKeyDraft(number: number, change: DraftChange = {}): ResourceDraft<"public-key"> {
  const CallerReference = change.callerReference ?? `reference ${number}`;
  const config = { CallerReference, Name: `key-${number}`, EncodedKey: `PEM ${number}`, Comment: "" };
  return { kind: "public-key", config, ...draft(number, "", change) };
}

/** Of the keys that its claims name. */
export function keyGroupDraft(number: number, change: DraftChange = {}): ResourceDraft<"key-group"> {
  const Items = (change.claims?.references ?? []).map(({ id }) => id);
  return { kind: "key-group", config: { Name: `group-${number}`, Items, Comment: "" }, ...draft(number, "", change) };
}

export function keyPairDraft(number: number, change: DraftChange = {}): ResourceDraft<"key-pair"> {
  const config = { PublicKey: `PEM ${number}`, Status: "Active" } as const;
  return { kind: "key-pair", config, ...draft(number, "", change) };
}

export function certificateDraft(number: number, change: DraftChange = {}): ResourceDraft<"server-certificate"> {
  const config = {
    Source: "iam",
    Name: `certificate-${number}`,
    Path: "/cloudfront/",
    Arn: `arn:aws:iam::${change.account ?? ALICE}:server-certificate/cloudfront/certificate-${number}`,
    CertificateBody: `leaf ${number}`,
    CertificateChain: `authority ${number}`,
    PrivateKey: `key ${number}`,
    Type: "IMPORTED",
    Names: ["www.example.com"],
    KeyAlgorithm: "EC_prime256v1",
    NotBefore: NOW,
    NotAfter: NOW + 1,
    SuppliedAt: NOW,
  } as const;
  return { kind: "server-certificate", config, ...draft(number, "", change) };
}

/** One draft function per kind, for what holds for all of them. */
export const DRAFTS = [
  distributionDraft,
  streamingDraft,
  identityDraft,
  accessControlDraft,
  publicKeyDraft,
  keyGroupDraft,
  keyPairDraft,
  certificateDraft,
] as const satisfies readonly ((number: number, change?: DraftChange) => ResourceDraft)[];

function draft(number: number, prefix: string, { account, callerReference, claims, tags }: DraftChange) {
  return {
    id: resourceId(number),
    account: account ?? ALICE,
    reference: callerReference ?? `reference ${number}`,
    handle: `${prefix}handle${number}`,
    creationDigest: `digest ${number}`,
    claims: { ...NO_CLAIMS, ...claims },
    tags: tags ?? [],
  };
}

/** Creates it and insists. */
export async function created<K extends ResourceKind>(store: Store, draft: ResourceDraft<K>): Promise<Resource<K>> {
  const outcome = await store.resources.create(draft, PLENTY, NOW);
  assert(outcome.kind === "created", outcome.kind);
  return outcome.resource;
}

interface InvalidationDraft {
  readonly account: AccountId;
  readonly distribution: DistributionId;
  readonly id: InvalidationId;
  readonly callerReference: string;
  readonly paths: readonly string[];
}

export function invalidationDraft(
  number: number,
  distribution: ResourceId,
  change: Partial<InvalidationDraft> = {},
): InvalidationDraft {
  return {
    account: ALICE,
    distribution: distribution as DistributionId,
    id: invalidationId(number),
    callerReference: `batch ${number}`,
    paths: [`/page${number}.html`],
    ...change,
  };
}

export const NO_LIMITS = { pathsInProgressMax: PLENTY, wildcardsInProgressMax: PLENTY };

/** Creates it and insists. */
export async function invalidated(store: Store, draft: InvalidationDraft): Promise<Invalidation> {
  const outcome = await store.invalidations.create(draft, NO_LIMITS, NOW);
  assert(outcome.kind === "created", outcome.kind);
  return outcome.invalidation;
}
