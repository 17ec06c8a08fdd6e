// How a stored resource reads to its account: the document of the newest API version. A version's shapes then show of it
// what that version knows, because the writer leaves out what a shape does not name.

import type { CacheBehaviorSettings, Listed, TrustedSigners } from "../model/distribution.ts";
import type { Invalidation, Resource } from "../store/store.ts";
import type { FeedNumber } from "../vocabulary/ids.ts";
import { formatRevision } from "../vocabulary/revision.ts";
import { addSeconds, type EpochMs } from "../vocabulary/time.ts";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import type { OperationContext } from "./context.ts";
import { KINDS, type ApiKind } from "./kinds.ts";

/** What a view needs to know beside the resource. */
export interface Standpoint {
  readonly context: OperationContext;
  readonly deployedThrough: FeedNumber;
}

/** `arn:aws:cloudfront::<account>:<kind>/<id>`. */
function formatArn(resource: Pick<Resource<ApiKind>, "kind" | "account" | "id">): string {
  return `arn:aws:cloudfront::${resource.account}:${KINDS[resource.kind].arnPart}/${resource.id}`;
}

/** Reached every live edge, and the delay that the operator asked for is over. */
function isInForce(change: FeedNumber, changedAt: EpochMs, { context, deployedThrough }: Standpoint): boolean {
  return change <= deployedThrough && context.now >= addSeconds(changedAt, context.control.propagationDelay);
}

/** A distribution's life cycle as told to callers; the same for streaming ones. */
export function isDeployed(
  resource: Pick<Resource<ApiKind>, "change" | "modifiedAtMs">,
  standpoint: Standpoint,
): boolean {
  return isInForce(resource.change, resource.modifiedAtMs, standpoint);
}

function listed(items: readonly WireValue[]): WireDocument {
  return items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: items };
}

/** Accounts that may sign, with their active key pairs: none, until key pairs can be registered. */
function activeTrustedSigners(trusting: readonly { readonly TrustedSigners: TrustedSigners }[]): WireDocument {
  const accounts = new Set(trusting.flatMap(({ TrustedSigners: signers }) => signers.Items ?? []));
  const items = [...accounts].map((account) => ({ AwsAccountNumber: account, KeyPairIds: { Quantity: 0 } }));
  return { Enabled: items.length > 0, ...listed(items) };
}

// Configs are made of strings, numbers, booleans, lists and objects only: documents by construction.
function asDocument(config: object): WireDocument {
  return config as WireDocument;
}

function behaviorsOf(config: Resource<"distribution">["config"]): readonly CacheBehaviorSettings[] {
  return [config.DefaultCacheBehavior, ...(config.CacheBehaviors.Items ?? [])];
}

/** Every alias of a distribution has the approval that matters in China only [CFAPI AliasICPRecordal]. */
function icpRecordals(aliases: Listed<string>): WireValue | undefined {
  return aliases.Items?.map((alias) => ({ CNAME: alias, ICPRecordalStatus: "APPROVED" }));
}

function withDefined(document: WireDocument, member: string, value: WireValue | undefined): WireDocument {
  return value === undefined ? document : { ...document, [member]: value };
}

function common(resource: Resource<ApiKind>, standpoint: Standpoint): WireDocument {
  return {
    Id: resource.id,
    ARN: formatArn(resource),
    Status: isDeployed(resource, standpoint) ? "Deployed" : "InProgress",
    LastModifiedTime: resource.modifiedAtMs,
    DomainName: `${resource.handle}.${standpoint.context.control.domainSuffix}`,
  };
}

const lastViews = new WeakMap<Resource<ApiKind>, { readonly when: string; readonly document: WireDocument }>();

/**
 * The whole resource, as Create, Get and Update answer it. A resource that a store hands out again in the same state has
 * the same frozen document, so that its text is kept too: those who wait for a distribution read it over and over.
 */
export function viewResource(
  resource: Resource<ApiKind>,
  standpoint: Standpoint,
  inProgressInvalidationBatches: number,
): WireDocument {
  const { domainSuffix } = standpoint.context.control;
  const when = `${isDeployed(resource, standpoint)} ${inProgressInvalidationBatches} ${domainSuffix}`;
  const last = lastViews.get(resource);
  if (last?.when === when) return last.document;
  const document = Object.freeze(describeResource(resource, standpoint, inProgressInvalidationBatches));
  lastViews.set(resource, { when, document });
  return document;
}

function describeResource(
  resource: Resource<ApiKind>,
  standpoint: Standpoint,
  inProgressInvalidationBatches: number,
): WireDocument {
  if (isKind(resource, "distribution")) {
    const document = {
      ...common(resource, standpoint),
      InProgressInvalidationBatches: inProgressInvalidationBatches,
      ActiveTrustedSigners: activeTrustedSigners(behaviorsOf(resource.config)),
      ActiveTrustedKeyGroups: { Enabled: false, Quantity: 0 },
      DistributionConfig: asDocument(resource.config),
    };
    return withDefined(document, "AliasICPRecordals", icpRecordals(resource.config.Aliases));
  }
  if (isKind(resource, "streaming-distribution")) {
    return {
      ...common(resource, standpoint),
      ActiveTrustedSigners: activeTrustedSigners([resource.config]),
      StreamingDistributionConfig: asDocument(resource.config),
    };
  }
  return {
    Id: resource.id,
    S3CanonicalUserId: resource.handle,
    CloudFrontOriginAccessIdentityConfig: asDocument(resource.config),
  };
}

/** One line of a list. The config's members stand in it directly; the summary's shape picks those that it knows. */
export function viewSummary(resource: Resource<ApiKind>, standpoint: Standpoint): WireDocument {
  if (isKind(resource, "origin-access-identity")) {
    return { Id: resource.id, S3CanonicalUserId: resource.handle, Comment: resource.config.Comment };
  }
  const summary = {
    ...asDocument(resource.config),
    ...common(resource, standpoint),
    ETag: formatRevision(resource.revision),
  };
  return isKind(resource, "distribution")
    ? withDefined(summary, "AliasICPRecordals", icpRecordals(resource.config.Aliases))
    : summary;
}

/** An invalidation has no status of its own: it is Completed once every live edge has it in force. */
export function isCompleted(
  invalidation: Pick<Invalidation, "change" | "createdAtMs">,
  standpoint: Standpoint,
): boolean {
  return isInForce(invalidation.change, invalidation.createdAtMs, standpoint);
}

export function viewInvalidation(invalidation: Invalidation, standpoint: Standpoint): WireDocument {
  return {
    ...viewInvalidationSummary(invalidation, standpoint),
    InvalidationBatch: { Paths: listed(invalidation.paths), CallerReference: invalidation.callerReference },
  };
}

export function viewInvalidationSummary(invalidation: Invalidation, standpoint: Standpoint): WireDocument {
  const status = isCompleted(invalidation, standpoint) ? "Completed" : "InProgress";
  return { Id: invalidation.id, Status: status, CreateTime: invalidation.createdAtMs };
}

/** One page of anything, as every list of these versions is written [CFAPI ListDistributions]. */
export function viewPage(
  page: { readonly items: readonly WireDocument[]; readonly isTruncated: boolean },
  asked: { readonly marker: string; readonly maxItems: number },
): WireDocument {
  const last = page.items.at(-1)?.["Id"];
  return {
    Marker: asked.marker,
    ...(page.isTruncated && last !== undefined ? { NextMarker: last } : {}),
    MaxItems: asked.maxItems,
    IsTruncated: page.isTruncated,
    ...listed(page.items),
  };
}

function isKind<K extends ApiKind>(resource: Resource<ApiKind>, kind: K): resource is Resource<K> {
  return resource.kind === kind;
}
