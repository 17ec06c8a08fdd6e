// Cache behaviors, the default one and those with a path pattern: what they match, where they go, what they allow and
// how long they keep. [CFMODEL CacheBehavior], [CFDG distribution-web-values-specify]

import type { Limits } from "../../vocabulary/limits.ts";
import type { WireDocument } from "../../wire/shape.ts";
import type { CacheBehavior, CacheBehaviorSettings, DistributionConfig, Origin } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { documentOf, documentsOf, quoted, textOf } from "../sent-value.ts";
import { checkForwardedValues } from "./forwarded-values.ts";
import { duplicateOf, findDuplicate } from "./text.ts";
import { checkTrustedKeyGroups, checkTrustedSigners } from "./trusted-signers.ts";

const PATH_PATTERN = /^[A-Za-z0-9_\-.*$/~"'@:+&?]{1,255}$/;

/** 100 years, in seconds. */
const TTL_MAX = 3_153_600_000;

const METHOD_SETS: readonly (readonly string[])[] = [
  ["GET", "HEAD"],
  ["GET", "HEAD", "OPTIONS"],
  ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
];

/**
 * Members that the newest shape leaves optional, because a cache policy may stand in their place, and that a behavior
 * needs as long as there are no cache policies. Looked at before anything is filled in.
 */
export function checkBehaviorsAreWhole(sent: WireDocument): ApiFailure | undefined {
  const first = documentOf(sent, "DefaultCacheBehavior");
  for (const behavior of [...(first === undefined ? [] : [first]), ...documentsOf(sent, "CacheBehaviors")]) {
    for (const member of ["ForwardedValues", "MinTTL"]) {
      if (behavior[member] === undefined) return fail("InvalidArgument", `The parameter ${member} is required.`);
    }
    if (textOf(behavior, "PathPattern") === "") {
      return fail("InvalidArgument", "The parameter PathPattern is required: send 1 to 255 characters.");
    }
  }
  return undefined;
}

export function checkBehaviors(config: DistributionConfig, limits: Limits): ApiFailure | undefined {
  const targets = targetsOf(config);
  const others = config.CacheBehaviors.Items ?? [];
  const failure = checkBehavior(config.DefaultCacheBehavior, "the default cache behavior", targets, limits);
  if (failure !== undefined) return failure;
  if (others.length > limits.cacheBehaviorsPerDistributionMax) return fail("TooManyCacheBehaviors");
  for (const behavior of others) {
    const place = `the cache behavior ${quoted(behavior.PathPattern)}`;
    const unfit = checkPathPattern(behavior) ?? checkBehavior(behavior, place, targets, limits);
    if (unfit !== undefined) return unfit;
  }
  const twice = findDuplicate(others.map((behavior) => behavior.PathPattern));
  return twice === undefined ? undefined : duplicateOf("CacheBehaviors", twice);
}

/** Origins by what a behavior may name: one for an origin, two for a group, whose members have been checked. */
function targetsOf(config: DistributionConfig): ReadonlyMap<string, readonly Origin[]> {
  const origins = new Map((config.Origins.Items ?? []).map((origin) => [origin.Id, origin]));
  const targets = new Map<string, readonly Origin[]>([...origins].map(([id, origin]) => [id, [origin]]));
  for (const { Id, Members } of config.OriginGroups.Items ?? []) {
    targets.set(
      Id,
      (Members.Items ?? []).flatMap(({ OriginId }) => origins.get(OriginId) ?? []),
    );
  }
  return targets;
}

function checkPathPattern({ PathPattern: pattern }: CacheBehavior): ApiFailure | undefined {
  return PATH_PATTERN.test(pattern)
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter PathPattern is ${quoted(pattern)}: it must have 1 to 255 characters, each a letter, a digit, a wildcard * or ?, or one of _ - . $ / ~ " ' @ : + &.`,
      );
}

function checkBehavior(
  behavior: CacheBehaviorSettings,
  place: string,
  targets: ReadonlyMap<string, readonly Origin[]>,
  limits: Limits,
): ApiFailure | undefined {
  const origins = targets.get(behavior.TargetOriginId);
  if (origins === undefined) return fail("NoSuchOrigin");
  for (const origin of origins) {
    const failure = checkForwardedValues(behavior, { place, origin, limits });
    if (failure !== undefined) return failure;
  }
  return (
    checkGroupMethods(behavior, origins) ??
    checkTrustedSigners(behavior.TrustedSigners, place, limits) ??
    checkTrustedKeyGroups(behavior.TrustedKeyGroups, place, limits) ??
    checkMethods(behavior.AllowedMethods, place) ??
    checkTtls(behavior, place)
  );
}

/** A group would not fail over for what changes something. Words as seen on the real service. */
function checkGroupMethods(
  { AllowedMethods }: CacheBehaviorSettings,
  origins: readonly Origin[],
): ApiFailure | undefined {
  return origins.length > 1 && (AllowedMethods.Items ?? []).some((method) => NOT_FOR_GROUPS.has(method))
    ? fail(
        "InvalidArgument",
        "The parameter AllowedMethods cannot include POST, PUT, PATCH, or DELETE for a cached behavior associated with an origin group.",
      )
    : undefined;
}

const NOT_FOR_GROUPS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

function checkMethods(methods: CacheBehaviorSettings["AllowedMethods"], place: string): ApiFailure | undefined {
  const allowed = methods.Items ?? [];
  const cached = methods.CachedMethods.Items ?? [];
  if (!METHOD_SETS.some((set) => isSet(allowed, set))) {
    return fail(
      "InvalidArgument",
      `The parameter AllowedMethods of ${place} must be GET and HEAD; or GET, HEAD and OPTIONS; or all of GET, HEAD, OPTIONS, PUT, PATCH, POST and DELETE.`,
    );
  }
  if (!METHOD_SETS.slice(0, 2).some((set) => isSet(cached, set))) {
    return fail(
      "InvalidArgument",
      `The parameter CachedMethods of ${place} must be GET and HEAD; or GET, HEAD and OPTIONS.`,
    );
  }
  return cached.every((method) => allowed.includes(method))
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter CachedMethods of ${place} has a method that AllowedMethods does not have.`,
      );
}

function isSet(items: readonly string[], set: readonly string[]): boolean {
  return items.length === set.length && [...items].sort().every((item, index) => item === set[index]);
}

function checkTtls({ MinTTL, DefaultTTL, MaxTTL }: CacheBehaviorSettings, place: string): ApiFailure | undefined {
  for (const [name, ttl] of Object.entries({ MinTTL, DefaultTTL, MaxTTL })) {
    if (ttl < 0 || ttl > TTL_MAX) {
      return fail(
        "InvalidArgument",
        `The parameter ${name} of ${place} is ${ttl}, and must be from 0 to ${TTL_MAX} seconds.`,
      );
    }
  }
  return MinTTL <= DefaultTTL && DefaultTTL <= MaxTTL ? undefined : fail("InvalidTTLOrder");
}
