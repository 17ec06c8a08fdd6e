// Second stage, second half: which behavior of the distribution applies. The first whose pattern matches the normalized
// path, the default one at last. [CFDG distribution-web-values-specify]

import type { EffectiveBehavior, EffectiveDistribution } from "../config/effective-config.ts";
import type { CountryOf } from "../edge-parts.ts";
import type { Received, Routed } from "../exchange.ts";
import type { KnownPath } from "../known-path.ts";
import { compilePathPattern, normalizePath } from "../config/path-pattern.ts";

export function matchBehavior(received: Received, distribution: EffectiveDistribution, countryOf: CountryOf): Routed {
  const { request, now } = received;
  const known = findPath(request.path, distribution);
  const { path, behavior } = known;
  const country = behavior.usesCountry ? countryOf(request.viewerAddress) : undefined;
  return { request, now, distribution, behavior, path, query: request.query, country, known };
}

/** What a path, as the viewer wrote it, is in this distribution. */
export function findPath(raw: string, distribution: EffectiveDistribution): KnownPath {
  const known = distribution.knownPaths.find(raw);
  if (known !== undefined) return known;
  const path = requestedPath(raw, distribution);
  return distribution.knownPaths.learn(raw, path, findBehavior(distribution.behaviors, path));
}

/**
 * The default root object stands in for the bare root, whatever the method, never for a directory; behavior and cache
 * key are those of the object's own path. [CFDG DefaultRootObject]; that it selects the behavior is not documented.
 */
export function requestedPath(path: string, distribution: Pick<EffectiveDistribution, "defaultRootObject">): string {
  return path === "/" && distribution.defaultRootObject !== "" ? `/${distribution.defaultRootObject}` : path;
}

/** The first behavior whose pattern matches the path once it is normalized. */
export function findBehavior(behaviors: readonly EffectiveBehavior[], path: string): EffectiveBehavior {
  return findBehaviorOf(behaviors, normalizePath(path));
}

/** The same of a path that is normalized, or read in another way. */
export function findBehaviorOf(behaviors: readonly EffectiveBehavior[], reading: string): EffectiveBehavior {
  const found = behaviors.find((behavior) => behavior.isDefault || behavior.pattern.matches(reading));
  if (found === undefined) throw new Error("a distribution without default behavior");
  return found;
}

export interface BehaviorTried {
  readonly pattern: string;
  readonly matched: boolean;
  readonly why: string;
}

/** Each behavior up to the one that applies, and why it did or did not. */
export function explainMatch(
  behaviors: readonly Pick<EffectiveBehavior, "pattern" | "isDefault">[],
  path: string,
): readonly BehaviorTried[] {
  const normalized = normalizePath(path);
  const tried: BehaviorTried[] = [];
  for (const { pattern, isDefault } of behaviors) {
    const matched = isDefault || pattern.matches(normalized);
    const why = isDefault
      ? "the default behavior takes what no other matched"
      : matched
        ? `${pattern.text} matches ${normalized}`
        : compilePathPattern(pattern.text.toLowerCase()).matches(normalized.toLowerCase())
          ? `${pattern.text} does not match ${normalized}: they differ in case, and case counts`
          : `${pattern.text} does not match ${normalized} as a whole`;
    tried.push({ pattern: pattern.text, matched, why });
    if (matched) break;
  }
  return tried;
}
