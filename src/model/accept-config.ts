// From what a caller sent to what is stored, or to the reason why not; everything that can be said without the store.
// The codec has held the document against its shape before. Order: quantities, settings that are not carried out, what
// an older version cannot see, defaults, then the rules of each member in the order of the config.

import type { Limits } from "../vocabulary/limits.ts";
import type { WireDocument } from "../wire/shape.ts";
import { apiModel, NEWEST_VERSION, type ApiVersion } from "./api.ts";
import { checkBehaviorsAreWhole } from "./check/cache-behavior.ts";
import { checkCustomErrorResponses } from "./check/custom-error-responses.ts";
import { checkDistributionConfig } from "./check/distribution.ts";
import { checkInvalidationPaths } from "./check/invalidation.ts";
import { checkOriginAccessIdentityConfig } from "./check/origin-access-identity.ts";
import { checkQuantities } from "./check/quantities.ts";
import { checkSameBucket, checkStreamingDistributionConfig } from "./check/streaming-distribution.ts";
import { checkTagKey, checkTags, type SentTag } from "./check/tags.ts";
import { checkCallerReference, checkSameCallerReference } from "./check/text.ts";
import { certificateIdOf, checkViewerCertificate, type ViewerCertificateContext } from "./check/viewer-certificate.ts";
import {
  completeDistributionConfig,
  completeOriginAccessIdentityConfig,
  completeStreamingDistributionConfig,
} from "./complete-config.ts";
import type { DistributionConfig, OriginAccessIdentityConfig, StreamingDistributionConfig } from "./distribution.ts";
import { fail, type ApiFailure } from "./errors.ts";
import { mergeOlderUpdate, visibleThrough } from "./merge-older-update.ts";
import { checkNewerValues } from "./newer-values.ts";
import { findNotCarriedOut } from "./not-carried-out.ts";
import { documentOf, documentsOf, required, textOf, textsOf } from "./sent-value.ts";

export interface AcceptContext<Config> {
  /** Through which the request came. */
  readonly version: ApiVersion;
  readonly limits: Limits;
  /** The caller's certificate of that id for viewers. Absent: there is none of any. */
  readonly certificateOf?: ViewerCertificateContext["certificateOf"];
  /** What an update is about to replace; absent for a create. */
  readonly stored?: Config;
}

export type Accepted<Config> = { readonly kind: "ok"; readonly config: Config } | ApiFailure;

/** Left to the store: whether aliases are free, identities and trusted accounts exist, and the account's quota. */
export function acceptDistributionConfig(
  sent: WireDocument,
  context: AcceptContext<DistributionConfig>,
): Accepted<DistributionConfig> {
  const { version, stored, limits, certificateOf = () => undefined } = context;
  const failure =
    checkQuantities(sent, "DistributionConfig") ??
    checkReference(sent, stored) ??
    checkCustomErrorResponses(sent) ??
    findNotCarriedOut(sent) ??
    checkBehaviorsAreWhole(sent);
  if (failure !== undefined) return failure;

  const accept = (config: WireDocument): Accepted<DistributionConfig> => {
    const completed = completeDistributionConfig(config, version);
    return settle(
      completed,
      checkDistributionConfig(completed, limits) ??
        checkViewerCertificate(documentOf(config, "ViewerCertificate"), {
          certificateOf,
          aliases: completed.Aliases.Items ?? [],
          ...(stored && {
            stored: {
              certificate: certificateIdOf(stored.ViewerCertificate as WireDocument),
              aliases: stored.Aliases.Items ?? [],
            },
          }),
        }),
    );
  };
  const complete = (config: WireDocument): object => completeDistributionConfig(config, version);
  return acceptMerged(sent, context, { shape: "DistributionConfig", complete, accept });
}

export function acceptStreamingDistributionConfig(
  sent: WireDocument,
  context: AcceptContext<StreamingDistributionConfig>,
): Accepted<StreamingDistributionConfig> {
  const { stored, limits } = context;
  const failure = checkQuantities(sent, "StreamingDistributionConfig") ?? checkReference(sent, stored);
  if (failure !== undefined) return failure;

  const accept = (config: WireDocument): Accepted<StreamingDistributionConfig> => {
    const completed = completeStreamingDistributionConfig(config);
    const moved = stored && checkSameBucket(completed, stored);
    return settle(completed, moved ?? checkStreamingDistributionConfig(completed, limits));
  };
  const complete: (config: WireDocument) => object = completeStreamingDistributionConfig;
  return acceptMerged(sent, context, { shape: "StreamingDistributionConfig", complete, accept });
}

export function acceptOriginAccessIdentityConfig(
  sent: WireDocument,
  { stored }: AcceptContext<OriginAccessIdentityConfig>,
): Accepted<OriginAccessIdentityConfig> {
  const completed = completeOriginAccessIdentityConfig(sent);
  return settle(completed, checkReference(sent, stored) ?? checkOriginAccessIdentityConfig(completed));
}

/** Quotas of what is in progress are the store's to hold. */
export function acceptInvalidationBatch(
  sent: WireDocument,
  limits: Limits,
): { readonly kind: "ok"; readonly callerReference: string; readonly paths: readonly string[] } | ApiFailure {
  const callerReference = required(textOf(sent, "CallerReference"), "CallerReference");
  const paths = textsOf(sent, "Paths");
  const failure =
    checkQuantities(sent, "InvalidationBatch") ??
    checkCallerReference(callerReference) ??
    checkInvalidationPaths(paths, limits);
  return failure ?? { kind: "ok", callerReference, paths };
}

/** A tag without a value has an empty one. */
export function acceptTags(
  sent: WireDocument,
  limits: Limits,
): { readonly kind: "ok"; readonly tags: readonly SentTag[] } | ApiFailure {
  const tags = documentsOf({ Tags: sent }, "Tags").map((tag) => ({
    Key: required(textOf(tag, "Key"), "Key"),
    Value: textOf(tag, "Value") ?? "",
  }));
  return checkTags(tags, limits.tagsPerResourceMax) ?? { kind: "ok", tags };
}

export function acceptTagKeys(
  sent: WireDocument,
): { readonly kind: "ok"; readonly keys: readonly string[] } | ApiFailure {
  const keys = textsOf({ TagKeys: sent }, "TagKeys");
  for (const key of keys) {
    const failure = checkTagKey(key);
    if (failure !== undefined) return failure;
  }
  return { kind: "ok", keys };
}

function settle<Config>(config: Config, failure: ApiFailure | undefined): Accepted<Config> {
  return failure ?? { kind: "ok", config };
}

function checkReference(
  sent: WireDocument,
  stored: { readonly CallerReference: string } | undefined,
): ApiFailure | undefined {
  if (stored === undefined) return undefined;
  return checkSameCallerReference(required(textOf(sent, "CallerReference"), "CallerReference"), stored.CallerReference);
}

/**
 * Merges an update with what is stored. If the sent config keeps every rule by itself and the merged one does not, it
 * is a member that the version cannot see that stands in the way: naming it would help nobody.
 */
function acceptMerged<Config extends object>(
  sent: WireDocument,
  { version, stored }: AcceptContext<Config>,
  steps: {
    readonly shape: string;
    readonly complete: (config: WireDocument) => object;
    readonly accept: (config: WireDocument) => Accepted<Config>;
  },
): Accepted<Config> {
  const { shape, complete, accept } = steps;
  if (stored === undefined || version === NEWEST_VERSION) return accept(sent);
  const unknown = checkNewerValues(sent, stored as WireDocument, { version, shape });
  if (unknown !== undefined) return unknown;
  const visible = visibleThrough(apiModel(version).shapes, shape, stored as WireDocument) as WireDocument;
  const asIfUnset = complete(visible) as WireDocument;
  const merged = mergeOlderUpdate(sent, stored as WireDocument, { version, shape, asIfUnset });
  if (merged.kind === "failure") return merged;
  const accepted = accept(merged.config);
  if (accepted.kind === "ok") return accepted;
  const alone = accept(sent);
  if (alone.kind === "failure") return alone;
  return fail("IllegalUpdate", "You cannot update the specified distribution using this API version.");
}
