// The rules that all kinds of resource share: caller references, If-Match, quotas, claims, deletion, pages. The files in
// operations/ name the operation and what is its own.

import { createHash } from "node:crypto";
import { acceptTags } from "../model/accept-config.ts";
import { absentPublicKey } from "../model/check/trusted-keys.ts";
import { fail, type ApiErrorCode, type ApiFailure } from "../model/errors.ts";
import type { AskedResources, Claims, ClaimRefused, ConfigOf, Page, Resource, ResourceKind } from "../store/store.ts";
import {
  newCanonicalUserId,
  newDomainLabel,
  newResourceId,
  newUuid,
  parseResourceId,
  type DistributionId,
  type InvalidationId,
  type ResourceId,
  type Revision,
} from "../vocabulary/ids.ts";
import { formatRevision, parseRevision } from "../vocabulary/revision.ts";
import type { WireDocument } from "../wire/shape.ts";
import { readActiveSigners } from "./active-signers.ts";
import { shareRefusal } from "./claims.ts";
import { deployedThrough, ok, type OperationContext, type Outcome, textOf } from "./context.ts";
import { KINDS, type ApiKind } from "./kinds.ts";
import { isCompleted, isDeployed, viewPage, viewResource, viewSummary, type Standpoint } from "./view.ts";

/** A config that passed every check that needs no store, with what it claims there. */
export interface AcceptedConfig<K extends ApiKind> {
  readonly config: ConfigOf[K];
  readonly claims: Claims;
}

async function answerWith(resource: Resource<ApiKind>, context: OperationContext, isNew: boolean): Promise<Outcome> {
  const standpoint = { context, deployedThrough: await deployedThrough(context) };
  const inProgress =
    resource.kind === "distribution" && !isNew ? await countInProgress(resource.id as DistributionId, standpoint) : 0;
  const spec = KINDS[resource.kind];
  const inquiry = { inProgress, signers: await readActiveSigners(resource, context) };
  const location = `${context.endpoint}/${context.version}/${spec.path}/${resource.id}`;
  const document = viewResource(resource, standpoint, inquiry);
  return ok({ [spec.resource]: document, ETag: formatRevision(resource.revision), Location: location });
}

/** As many as the list of invalidations shows InProgress, also while the operator's delay holds back what is in force. */
async function countInProgress(distribution: DistributionId, standpoint: Standpoint): Promise<number> {
  const { store, propagationDelay } = standpoint.context.control;
  if (propagationDelay === 0) return store.invalidations.countAfter(distribution, standpoint.deployedThrough);
  let count = 0;
  let after: InvalidationId | undefined;
  do {
    const page = await store.invalidations.list(distribution, { after, limit: PAGE_MAX });
    const items = page?.items ?? [];
    // Newest first: behind one that is completed there are only such.
    const completed = items.findIndex((invalidation) => isCompleted(invalidation, standpoint));
    if (completed >= 0) return count + completed;
    count += items.length;
    after = page?.isTruncated === true ? items.at(-1)?.id : undefined;
  } while (after !== undefined);
  return count;
}

function newHandle(kind: ApiKind, context: OperationContext): string {
  const { random } = context.control;
  switch (kind) {
    case "distribution":
      return newDomainLabel("d", random);
    case "streaming-distribution":
      return newDomainLabel("s", random);
    case "origin-access-identity":
      return newCanonicalUserId(random);
    default:
      return "";
  }
}

function newId(kind: ApiKind, { control }: OperationContext): ResourceId {
  if (kind === "key-group") return newUuid(control.random) as ResourceId;
  return newResourceId(control.random, kind === "public-key" ? "K" : "E") as ResourceId;
}

/** Configs are filled in with the same defaults in the same order, so equal ones have equal digests. */
function digest(config: object): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("base64url");
}

/** What a config that refers to nothing is refused with. */
const REFERENCE_ABSENT: Readonly<Partial<Record<ResourceKind, ApiErrorCode>>> = {
  "origin-access-identity": "InvalidOriginAccessIdentity",
  "origin-access-control": "InvalidOriginAccessControl",
  "key-group": "TrustedKeyGroupDoesNotExist",
  "server-certificate": "InvalidViewerCertificate",
};

/** Words beside the code's own, for kinds whose code is about more than the name. Seen with the real service. */
const NAME_TAKEN: Readonly<Partial<Record<ApiKind, string>>> = {
  "public-key":
    "The name that you are using to create a CloudFront public key is associated with another public key in your account.",
};

function refuseClaim(refused: ClaimRefused, kind: ApiKind): ApiFailure {
  switch (refused.kind) {
    case "alias-taken":
      return fail("CNAMEAlreadyExists");
    case "name-taken":
      return fail(KINDS[kind].alreadyExists, NAME_TAKEN[kind]);
    case "reference-absent":
      if (refused.reference.kind === "public-key") return absentPublicKey(refused.reference.id);
      return fail(REFERENCE_ABSENT[refused.reference.kind] ?? "InvalidArgument");
    case "share-refused":
      return fail(shareRefusal(refused.share));
  }
}

function wasRepeated(existing: Resource<ApiKind>, creationDigest: string, context: OperationContext): boolean {
  const { repeatableUntil } = KINDS[existing.kind];
  // Versions are dates: they compare as text.
  const isPromised = repeatableUntil === undefined || context.version <= repeatableUntil;
  return isPromised && existing.creationDigest === creationDigest;
}

/** From what a caller sent to what may be stored; `stored` is what an update is about to replace. In accept.ts, by kind. */
export type Accept<K extends ApiKind> = (
  sent: WireDocument,
  context: OperationContext,
  stored?: Resource<K>,
) => Promise<AcceptedConfig<K> | ApiFailure>;

/** `tags` is the document of that name, for the kinds that take any. */
export async function createResource<K extends ApiKind>(
  kind: K,
  sent: { readonly config: WireDocument; readonly tags?: WireDocument },
  accept: Accept<K>,
  context: OperationContext,
): Promise<Outcome> {
  const accepted = await accept(sent.config, context);
  if (isFailure(accepted)) return accepted;
  const tagging = acceptTags(sent.tags ?? {}, context.control.limits);
  if (isFailure(tagging)) return tagging;

  const { control, caller, now } = context;
  const spec = KINDS[kind];
  const creationDigest = digest(accepted.config);
  const id = newId(kind, context);
  const draft = {
    kind,
    id,
    account: caller.account,
    reference: "CallerReference" in accepted.config ? accepted.config.CallerReference : id,
    config: accepted.config,
    handle: newHandle(kind, context),
    creationDigest,
    claims: accepted.claims,
    tags: tagging.tags,
  };
  const created = await control.store.resources.create(draft, control.limits[spec.quota], now);
  switch (created.kind) {
    case "created":
      return answerWith(created.resource, context, true);
    case "reference-taken":
      if (wasRepeated(created.existing, creationDigest, context)) return answerWith(created.existing, context, false);
      return fail(spec.alreadyExists, alreadyExistsMessage(created.existing));
    case "over-quota":
      return fail(spec.overQuota);
    default:
      return refuseClaim(created, kind);
  }
}

/** [SEEN 2026-11-20 #4] for distributions; the identity's text ends without the id. */
function alreadyExistsMessage(existing: Resource<ApiKind>): string | undefined {
  switch (existing.kind) {
    case "distribution":
      return `The caller reference that you are using to create a distribution is associated with another distribution. Already exists: ${existing.id}`;
    case "streaming-distribution":
      return `The caller reference that you are using to create a streaming distribution is associated with another streaming distribution. Already exists: ${existing.id}`;
    case "origin-access-identity":
      return "The caller reference you are using to create the CloudFront origin access identity is associated with another identity.";
    default:
      return undefined;
  }
}

/** Finds a resource of the caller's by what the path says; what cannot be an id is as absent as one that was deleted. */
export async function findResource<K extends ApiKind>(
  kind: K,
  input: WireDocument,
  context: OperationContext,
): Promise<Resource<K> | ApiFailure> {
  const id = parseResourceId(textOf(input, "Id"));
  const found = id && (await context.control.store.resources.get(kind, context.caller.account, id));
  return found ?? fail(KINDS[kind].absent);
}

export function isFailure(value: object): value is ApiFailure {
  return "kind" in value && value.kind === "failure";
}

export async function getResource(kind: ApiKind, input: WireDocument, context: OperationContext): Promise<Outcome> {
  const found = await findResource(kind, input, context);
  return isFailure(found) ? found : answerWith(found, context, false);
}

export async function getConfig(kind: ApiKind, input: WireDocument, context: OperationContext): Promise<Outcome> {
  const found = await findResource(kind, input, context);
  if (isFailure(found)) return found;
  return ok({ [KINDS[kind].config]: found.config as unknown as WireDocument, ETag: formatRevision(found.revision) });
}

/**
 * Missing, malformed or from the future: never a version of this resource, 400. Stale: 412. [SEEN 2026-11-20 #3]
 * The store compares the revision again when it writes, so of two racing callers one must lose.
 */
function checkIfMatch(current: Revision, ifMatch: unknown): ApiFailure | undefined {
  const asked = typeof ifMatch === "string" ? parseRevision(ifMatch) : undefined;
  if (asked === undefined || asked > current) return fail("InvalidIfMatchVersion");
  return asked === current ? undefined : fail("PreconditionFailed");
}

/** The order of refusals is visible to callers: first whether it exists, then the revision, then the config. */
export async function updateResource<K extends ApiKind>(
  kind: K,
  input: WireDocument,
  accept: Accept<K>,
  context: OperationContext,
): Promise<Outcome> {
  const found = await findResource(kind, input, context);
  if (isFailure(found)) return found;
  const mismatch = checkIfMatch(found.revision, input["IfMatch"]);
  if (mismatch !== undefined) return mismatch;
  const accepted = await accept(input[KINDS[kind].config] as WireDocument, context, found);
  if (isFailure(accepted)) return accepted;

  const updated = await context.control.store.resources.update<K>(found, accepted, context.now);
  switch (updated.kind) {
    case "updated":
      return answerWith(updated.resource, context, false);
    case "conflict":
      return fail("PreconditionFailed");
    case "absent":
      return fail(KINDS[kind].absent);
    default:
      return refuseClaim(updated, kind);
  }
}

/** `mayGo` looks at what the caller must have done before; distributions have to be disabled and deployed so. */
export async function deleteResource<K extends ApiKind>(
  kind: K,
  input: WireDocument,
  context: OperationContext,
  mayGo: (resource: Resource<K>, isInForce: boolean) => ApiFailure | undefined,
): Promise<Outcome> {
  const found = await findResource(kind, input, context);
  if (isFailure(found)) return found;
  const mismatch = checkIfMatch(found.revision, input["IfMatch"]);
  if (mismatch !== undefined) return mismatch;
  const refusal = mayGo(found, isDeployed(found, { context, deployedThrough: await deployedThrough(context) }));
  if (refusal !== undefined) return refusal;

  const { kind: outcome } = await context.control.store.resources.delete(found, context.now);
  switch (outcome) {
    case "deleted":
      return ok({});
    case "absent":
      return fail(KINDS[kind].absent);
    case "conflict":
      return fail("PreconditionFailed");
    case "in-use":
      return fail(KINDS[kind].inUse);
  }
}

/** A page has at most a hundred items, which is also the default. [CFAPI ListDistributions] */
const PAGE_MAX = 100;

export interface AskedPage {
  readonly marker: string;
  readonly maxItems: number;
}

/** Beyond a hundred is clamped, as a client that asks for a thousand still wants its answer; below one is refused. */
export function readPage(input: WireDocument): AskedPage | ApiFailure {
  const maxItems = Number(input["MaxItems"] ?? PAGE_MAX);
  if (!Number.isInteger(maxItems) || maxItems < 1) {
    return fail("InvalidArgument", `The parameter MaxItems must be a whole number from 1 to ${PAGE_MAX}.`);
  }
  return { marker: textOf(input, "Marker"), maxItems: Math.min(maxItems, PAGE_MAX) };
}

export async function listResources(
  kind: ApiKind,
  input: WireDocument,
  context: OperationContext,
  narrowing: Pick<AskedResources, "webAclId" | "claiming"> = {},
): Promise<Outcome> {
  const found = await findPage(kind, input, context, narrowing);
  if (isFailure(found)) return found;
  const { page, asked } = found;
  const standpoint = { context, deployedThrough: await deployedThrough(context) };
  const items = page.items.map((resource) => viewSummary(resource, standpoint));
  const { isTruncated } = page;
  return ok({ [KINDS[kind].list]: viewPage({ items, isTruncated, last: page.items.at(-1)?.id }, asked) });
}

/** What a list is made of, for those that show something other than summaries. */
export async function findPage<K extends ApiKind>(
  kind: K,
  input: WireDocument,
  context: OperationContext,
  narrowing: Pick<AskedResources, "webAclId" | "claiming">,
): Promise<{ readonly page: Page<Resource<K>>; readonly asked: AskedPage } | ApiFailure> {
  const asked = readPage(input);
  if (isFailure(asked)) return asked;
  if (asked.marker !== "" && parseResourceId(asked.marker) === undefined) {
    return fail("InvalidArgument", "The parameter Marker is not valid: it must be the NextMarker of an earlier page.");
  }
  const page = await context.control.store.resources.list(kind, context.caller.account, {
    after: asked.marker,
    limit: asked.maxItems,
    ...narrowing,
  });
  return { page, asked };
}
