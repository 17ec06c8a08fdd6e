// How a stored resource reads to its account: the document of the newest API version. A version's shapes then show of it
// what that version knows, because the writer leaves out what a shape does not name.

import type { Listed } from "../model/distribution.ts";
import type { Invalidation, Resource } from "../store/store.ts";
import type { FeedNumber } from "../vocabulary/ids.ts";
import { formatRevision } from "../vocabulary/revision.ts";
import { addSeconds, type EpochMs } from "../vocabulary/time.ts";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import type { ActiveSigner, ActiveSigners } from "./active-signers.ts";
import type { OperationContext } from "./context.ts";
import { KINDS, type ApiKind } from "./kinds.ts";

/** What a view needs to know beside the resource. */
export interface Standpoint {
  readonly context: OperationContext;
  readonly deployedThrough: FeedNumber;
}

/** `arn:aws:cloudfront::<account>:<kind>/<id>`. */
function formatArn(resource: Pick<Resource<ApiKind>, "kind" | "account" | "id">): string {
  return `arn:aws:cloudfront::${resource.account}:${resource.kind}/${resource.id}`;
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

/** Also those of whose keys none is active, so that a caller sees why nothing can be signed. */
function activeTrusted(signers: readonly ActiveSigner[], name: "AwsAccountNumber" | "KeyGroupId"): WireDocument {
  const items = signers.map(({ signer, keys }) => ({ [name]: signer, KeyPairIds: listed(keys) }));
  return { Enabled: items.length > 0, ...listed(items) };
}

// Configs are made of strings, numbers, booleans, lists and objects only: documents by construction.
function asDocument(config: object): WireDocument {
  return config as WireDocument;
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

/** What others say of a resource, looked up before it is shown. */
export interface Inquiry {
  /** Invalidations of a distribution. */
  readonly inProgress: number;
  readonly signers: ActiveSigners;
}

const lastViews = new WeakMap<Resource<ApiKind>, { readonly when: string; readonly document: WireDocument }>();

/**
 * The whole resource, as Create, Get and Update answer it. A resource that a store hands out again in the same state has
 * the same frozen document, so that its text is kept too: those who wait for a distribution read it over and over.
 */
export function viewResource(resource: Resource<ApiKind>, standpoint: Standpoint, inquiry: Inquiry): WireDocument {
  const { domainSuffix } = standpoint.context.control;
  const when = `${isDeployed(resource, standpoint)} ${domainSuffix} ${JSON.stringify(inquiry)}`;
  const last = lastViews.get(resource);
  if (last?.when === when) return last.document;
  const document = Object.freeze(describeResource(resource, standpoint, inquiry));
  lastViews.set(resource, { when, document });
  return document;
}

function describeResource(
  resource: Resource<ApiKind>,
  standpoint: Standpoint,
  { inProgress, signers }: Inquiry,
): WireDocument {
  if (isKind(resource, "distribution")) {
    const document = {
      ...common(resource, standpoint),
      InProgressInvalidationBatches: inProgress,
      ActiveTrustedSigners: activeTrusted(signers.accounts, "AwsAccountNumber"),
      ActiveTrustedKeyGroups: activeTrusted(signers.keyGroups, "KeyGroupId"),
      DistributionConfig: asDocument(resource.config),
    };
    return withDefined(document, "AliasICPRecordals", icpRecordals(resource.config.Aliases));
  }
  if (isKind(resource, "streaming-distribution")) {
    return {
      ...common(resource, standpoint),
      ActiveTrustedSigners: activeTrusted(signers.accounts, "AwsAccountNumber"),
      StreamingDistributionConfig: asDocument(resource.config),
    };
  }
  return { ...describeSmall(resource), [KINDS[resource.kind].config]: asDocument(resource.config) };
}

/** What is told of a resource beside its config, of the kinds that are nothing but a config. */
function describeSmall(resource: Resource<ApiKind>): WireDocument {
  switch (resource.kind) {
    case "origin-access-identity":
      return { Id: resource.id, S3CanonicalUserId: resource.handle };
    case "public-key":
      return { Id: resource.id, CreatedTime: resource.createdAtMs };
    case "key-group":
      return { Id: resource.id, LastModifiedTime: resource.modifiedAtMs };
    default:
      return { Id: resource.id };
  }
}

/** One line of a list. The config's members stand in it directly; the summary's shape picks those that it knows. */
export function viewSummary(resource: Resource<ApiKind>, standpoint: Standpoint): WireDocument {
  if (isKind(resource, "key-group")) {
    return { KeyGroup: { ...describeSmall(resource), KeyGroupConfig: asDocument(resource.config) } };
  }
  if (!isKind(resource, "distribution") && !isKind(resource, "streaming-distribution")) {
    return { ...asDocument(resource.config), ...describeSmall(resource) };
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

/**
 * One page of anything, as every list of these versions is written [CFAPI ListDistributions]. The shapes of the lists of
 * public keys and key groups have neither Marker nor IsTruncated: there NextMarker alone says that more follows.
 */
export function viewPage(
  page: { readonly items: readonly WireValue[]; readonly isTruncated: boolean; readonly last: string | undefined },
  asked: { readonly marker: string; readonly maxItems: number },
): WireDocument {
  return {
    Marker: asked.marker,
    ...(page.isTruncated && page.last !== undefined ? { NextMarker: page.last } : {}),
    MaxItems: asked.maxItems,
    IsTruncated: page.isTruncated,
    ...listed(page.items),
  };
}

function isKind<K extends ApiKind>(resource: Resource<ApiKind>, kind: K): resource is Resource<K> {
  return resource.kind === kind;
}
