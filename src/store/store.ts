// What a store promises. Control writes resources through it, edges follow its feed of changes; neither knows which
// store is behind. Every write that was answered is durable, every check named here is made in the same transaction
// as the write. The promises as a suite: store-contract.ts.

import type {
  AccessKeyId,
  AccountId,
  DistributionId,
  EdgeId,
  FeedNumber,
  InvalidationId,
  ResourceId,
  Revision,
} from "../vocabulary/ids.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import type { Buckets } from "./buckets.ts";
import type { Tag } from "./tags.ts";
import type {
  DistributionConfig,
  OriginAccessIdentityConfig,
  StreamingDistributionConfig,
} from "../model/distribution.ts";
import type { OriginAccessControlConfig } from "../model/origin-access-control.ts";
import type { ServerCertificateConfig } from "../model/server-certificate.ts";
import type { KeyGroupConfig, KeyPairConfig, PublicKeyConfig } from "../model/trusted-keys.ts";

/** Kinds of resource that have a config and a revision; each with the config it holds. */
export interface ConfigOf {
  readonly distribution: DistributionConfig;
  readonly "streaming-distribution": StreamingDistributionConfig;
  readonly "origin-access-identity": OriginAccessIdentityConfig;
  readonly "origin-access-control": OriginAccessControlConfig;
  readonly "public-key": PublicKeyConfig;
  readonly "key-group": KeyGroupConfig;
  readonly "key-pair": KeyPairConfig;
  readonly "server-certificate": ServerCertificateConfig;
}
export type ResourceKind = keyof ConfigOf;

export interface Resource<K extends ResourceKind = ResourceKind> {
  readonly kind: K;
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly config: ConfigOf[K];
  readonly revision: Revision;
  readonly createdAtMs: EpochMs;
  /** Of the last change of config. */
  readonly modifiedAtMs: EpochMs;
  /** Where the last change of config stands in the feed. */
  readonly change: FeedNumber;
  /** The random part that was fixed at creation: a host label (`d…`, `s…`), an identity's canonical user id; else empty. */
  readonly handle: string;
  /** Digest of the config it was created with; tells an identical repeat from a different request. */
  readonly creationDigest: string;
}

/** What a config says about other rows of the store, held by the store in the same transaction. */
export interface Claims {
  /** Host names (lower case) that no other distribution or streaming distribution of any account may claim. */
  readonly aliases: readonly string[];
  /** Names that no other resource of the same account and kind may claim. */
  readonly names: readonly string[];
  /** Resources of the same account that must exist, and that cannot be deleted while this claim stands. */
  readonly references: readonly Reference[];
  /** Counts of the account, beside its resources of a kind, that this one adds to while the claim stands. */
  readonly shares: readonly Share[];
  /** What ListDistributionsByWebACLId finds it by; empty for none. */
  readonly webAclId: string;
}

export interface Reference {
  readonly kind: ResourceKind;
  readonly id: ResourceId;
}

/** One of at most `max` in the account with this name: `active key pairs`, for example. */
export interface Share {
  readonly of: string;
  readonly max: number;
}

export const NO_CLAIMS: Claims = { aliases: [], names: [], references: [], shares: [], webAclId: "" };

export interface ResourceDraft<K extends ResourceKind = ResourceKind> {
  readonly kind: K;
  readonly id: ResourceId;
  readonly account: AccountId;
  /** What no second resource of the account and kind may be created with: its CallerReference, or what stands for it. */
  readonly reference: string;
  readonly config: ConfigOf[K];
  readonly handle: string;
  readonly creationDigest: string;
  readonly claims: Claims;
  /** Tags to begin with, in the order to keep. */
  readonly tags: readonly Tag[];
}

/** Checked in this order. */
export type ClaimRefused =
  /** By another resource, or as part of what a wildcard covers by another account. */
  | { readonly kind: "alias-taken"; readonly alias: string }
  | { readonly kind: "name-taken"; readonly name: string }
  | { readonly kind: "reference-absent"; readonly reference: Reference }
  | { readonly kind: "share-refused"; readonly share: Share };

/** Checked in this order: reference, quota, claims. */
export type Created<K extends ResourceKind> =
  | { readonly kind: "created"; readonly resource: Resource<K> }
  | { readonly kind: "reference-taken"; readonly existing: Resource<K> }
  | { readonly kind: "over-quota" }
  | ClaimRefused;

export type Updated<K extends ResourceKind> =
  | { readonly kind: "updated"; readonly resource: Resource<K> }
  | { readonly kind: "absent" }
  | { readonly kind: "conflict" }
  | ClaimRefused;

/** `in-use`: another resource claims it. */
export type Deleted = { readonly kind: "deleted" | "absent" | "conflict" | "in-use" };

export interface Page<T> {
  readonly items: readonly T[];
  /** There is at least one more after the last item. */
  readonly isTruncated: boolean;
}

export interface AskedResources {
  readonly after: string;
  readonly limit: number;
  readonly webAclId?: string;
  readonly claiming?: ResourceId;
}

/** Everything but `getOfAnyAccount` is scoped to an account: another account's resource is absent. */
export interface Resources {
  create<K extends ResourceKind>(draft: ResourceDraft<K>, quota: number, now: EpochMs): Promise<Created<K>>;
  get<K extends ResourceKind>(kind: K, account: AccountId, id: ResourceId): Promise<Resource<K> | undefined>;
  /** For what names a resource without its owner, as an edge's credential does. No operation of a caller asks this. */
  getOfAnyAccount<K extends ResourceKind>(kind: K, id: ResourceId): Promise<Resource<K> | undefined>;
  /** Replaces config and claims if `revision` is still the current one. */
  update<K extends ResourceKind>(
    current: Pick<Resource<K>, "kind" | "account" | "id" | "revision">,
    next: { readonly config: ConfigOf[K]; readonly claims: Claims },
    now: EpochMs,
  ): Promise<Updated<K>>;
  /** Removes the resource, its claims, tags and invalidations; its reference is free again. */
  delete(current: Pick<Resource, "kind" | "account" | "id" | "revision">, now: EpochMs): Promise<Deleted>;
  /**
   * In order of id, those after `after`. `webAclId` keeps those that claim it ("" keeps those without one), `claiming`
   * those that claim this resource; never both.
   */
  list<K extends ResourceKind>(kind: K, account: AccountId, page: AskedResources): Promise<Page<Resource<K>>>;
  /** The one look-up over all accounts: who an identity is, by either of its names. */
  findIdentity(
    name: { readonly id: string } | { readonly canonicalUserId: string },
  ): Promise<Resource<"origin-access-identity"> | undefined>;
  /** Is there anything owned by, or a key of, this account? */
  accountExists(account: AccountId): Promise<boolean>;

  /** `undefined`: no such resource. */
  tags(kind: ResourceKind, account: AccountId, id: ResourceId): Promise<readonly Tag[] | undefined>;
  /** Adds or replaces, then removes; `over-limit` leaves everything as it was. Tags do not change the revision. */
  changeTags(
    kind: ResourceKind,
    account: AccountId,
    id: ResourceId,
    change: { readonly put: readonly Tag[]; readonly remove: readonly string[]; readonly tagsMax: number },
  ): Promise<{ readonly kind: "changed" | "absent" | "over-limit" }>;
}

export interface Invalidation {
  readonly id: InvalidationId;
  readonly distribution: DistributionId;
  readonly callerReference: string;
  readonly paths: readonly string[];
  readonly createdAtMs: EpochMs;
  readonly change: FeedNumber;
}

export interface Invalidations {
  /**
   * A caller reference that this distribution has seen answers with the batch that carried it. In progress are the
   * batches that not every live edge has acknowledged at `now`.
   */
  create(
    draft: Omit<Invalidation, "change" | "createdAtMs"> & { readonly account: AccountId },
    limits: { readonly pathsInProgressMax: number; readonly wildcardsInProgressMax: number },
    now: EpochMs,
  ): Promise<
    | { readonly kind: "created"; readonly invalidation: Invalidation }
    | { readonly kind: "caller-reference-taken"; readonly existing: Invalidation }
    | { readonly kind: "too-many-paths" | "too-many-wildcards" | "no-distribution" }
  >;
  get(distribution: DistributionId, id: InvalidationId): Promise<Invalidation | undefined>;
  /** Newest first, those older than `after`; `undefined`: `after` names none of this distribution's. */
  list(
    distribution: DistributionId,
    page: { readonly after: InvalidationId | undefined; readonly limit: number },
  ): Promise<Page<Invalidation> | undefined>;
  /** How many of the distribution's batches come after `through` in the feed. */
  countAfter(distribution: DistributionId, through: FeedNumber): Promise<number>;
}

export interface AccessKey {
  readonly accessKeyId: AccessKeyId;
  readonly secret: string;
  readonly account: AccountId;
  /** Name of the IAM user it stands for. */
  readonly userName: string;
  readonly access: "full" | "read-only";
  readonly createdAtMs: EpochMs;
}

/** A temporary key: works with `token` only, until `expiresAtMs`, and goes with its parent key. */
export interface Session {
  readonly accessKeyId: AccessKeyId;
  readonly secret: string;
  readonly token: string;
  readonly parent: AccessKeyId;
  readonly expiresAtMs: EpochMs;
}

export interface Credentials {
  /** `false`: there is such a key already. */
  createKey(key: AccessKey): Promise<boolean>;
  /** Removes the key and its sessions. `false`: no such key in that account. */
  deleteKey(account: AccountId, id: AccessKeyId): Promise<boolean>;
  /** In order of account and creation; of all accounts when `account` is absent. */
  listKeys(account: AccountId | undefined): Promise<readonly AccessKey[]>;
  findKey(id: AccessKeyId): Promise<AccessKey | undefined>;
  /** Also forgets sessions that ended before `now`, so their number stays bounded by their rate. */
  createSession(session: Session, now: EpochMs): Promise<void>;
  findSession(id: AccessKeyId): Promise<Session | undefined>;
}

/** One step of the feed, complete in itself: an edge that applies the steps in order has the whole configuration. */
export type Change =
  | { readonly kind: "distribution"; readonly number: FeedNumber; readonly distribution: PublishedDistribution }
  | { readonly kind: "streaming-distribution"; readonly number: FeedNumber; readonly distribution: PublishedStreaming }
  | { readonly kind: "origin-access-control"; readonly number: FeedNumber; readonly control: PublishedAccessControl }
  | { readonly kind: "public-key"; readonly number: FeedNumber; readonly key: PublishedKey }
  | { readonly kind: "key-group"; readonly number: FeedNumber; readonly group: PublishedKeyGroup }
  | { readonly kind: "key-pair"; readonly number: FeedNumber; readonly pair: PublishedKeyPair }
  | { readonly kind: "server-certificate"; readonly number: FeedNumber; readonly certificate: PublishedCertificate }
  | { readonly kind: "removed"; readonly number: FeedNumber; readonly id: ResourceId }
  | { readonly kind: "invalidation"; readonly number: FeedNumber; readonly invalidation: PublishedInvalidation };

export interface PublishedDistribution {
  readonly id: DistributionId;
  readonly account: AccountId;
  /** First label of its own host name. */
  readonly label: string;
  readonly config: DistributionConfig;
}

export interface PublishedStreaming {
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly label: string;
  readonly aliases: readonly string[];
  readonly enabled: boolean;
}

export interface PublishedAccessControl {
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly signingBehavior: OriginAccessControlConfig["SigningBehavior"];
  readonly originType: string;
}

export interface PublishedKey {
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly pem: string;
}

export interface PublishedKeyGroup {
  readonly id: ResourceId;
  readonly account: AccountId;
  /** Ids of public keys. */
  readonly keys: readonly ResourceId[];
}

export interface PublishedKeyPair extends PublishedKey {
  readonly isActive: boolean;
}

export interface PublishedCertificate {
  readonly id: ResourceId;
  readonly account: AccountId;
  readonly arn: string;
  /** PEM, the leaf first. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
  readonly names: readonly string[];
}

export interface PublishedInvalidation {
  readonly id: InvalidationId;
  readonly distribution: DistributionId;
  readonly paths: readonly string[];
}

export interface Feed {
  /**
   * What changed after `after`, in order, at most `limit` steps, each resource once, in its latest state. Identities do
   * not appear: they change nothing at an edge by themselves.
   */
  changesAfter(after: FeedNumber, limit: number): Promise<readonly Change[]>;
  /** Number of the newest step, 0 when there is none. */
  latest(): Promise<FeedNumber>;
  /** The edge has everything up to `through` in force, and counts as live until `leaseUntilMs`. */
  acknowledge(edge: EdgeId, through: FeedNumber, leaseUntilMs: EpochMs, now: EpochMs): Promise<void>;
  /** The edge is gone; nobody waits for it any more. */
  retire(edge: EdgeId, now: EpochMs): Promise<void>;
  /**
   * What every live edge has in force. It never goes back, and stands still while no edge is live: a change at or
   * below it is deployed.
   */
  deployedThrough(now: EpochMs): Promise<FeedNumber>;
  /** Calls back soon after each new step; may call without one. */
  subscribe(listener: () => void): Disposable;
}

export interface Store extends AsyncDisposable {
  readonly resources: Resources;
  readonly invalidations: Invalidations;
  readonly credentials: Credentials;
  readonly feed: Feed;
  readonly buckets: Buckets;
  /**
   * Everything that anybody has made is gone, resources with what claims them, access keys and buckets; the feed goes on and tells
   * edges of it. The names of object files that nothing names any more. Nobody but a test's server asks this.
   */
  clear(now: EpochMs): Promise<readonly string[]>;
}
