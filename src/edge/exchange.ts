// What is known about a viewer's request as it goes through the pipeline. Each stage returns more of it, or a refusal; a
// function that needs a routed request takes `Routed`, so the order of stages is held by the types.

import type { EpochMs } from "../vocabulary/time.ts";
import type { KnownPath } from "./known-path.ts";
import type { CacheKey } from "./storage/cache-storage.ts";
import type { EffectiveBehavior, EffectiveDistribution } from "./config/effective-config.ts";
import type { ViewerRequest } from "./transport/message.ts";
import type { ReasonName } from "./reasons.ts";

export interface Received {
  readonly request: ViewerRequest;
  /** The one instant at which everything about this request is decided. */
  readonly now: EpochMs;
}

export interface Routed extends Received {
  readonly distribution: EffectiveDistribution;
  readonly behavior: EffectiveBehavior;
  /** Raw path that is asked for: the viewer's, or that of the default root object. */
  readonly path: string;
  /** Raw query: the viewer's, once it is authorized without what was the edge's own of it. */
  readonly query: string | undefined;
  /** The viewer's, as far as known; looked up only where the behavior uses it. */
  readonly country: string | undefined;
  /** What is remembered of the path. */
  readonly known: KnownPath;
}

declare const authorized: unique symbol;
export interface Authorized extends Routed {
  readonly [authorized]: true;
}

export interface Keyed extends Authorized {
  readonly cacheKey: CacheKey;
  /** Set when `cacheKey` is that of a variant: the key without what Vary adds to it. */
  readonly primaryKey?: CacheKey;
}

/** An answer made here instead of the next stage, with its why. */
export interface Refusal {
  readonly kind: "refusal";
  readonly status: number;
  readonly reason: ReasonName;
  /** For the log and for who asks; viewers see the reason's line only. */
  readonly why: string;
  readonly source: string;
  /** Of a redirect. */
  readonly location?: string;
}

export function isRefusal(outcome: object): outcome is Refusal {
  return "kind" in outcome && outcome.kind === "refusal";
}

export function refusal(status: number, reason: ReasonName, why: string, source: string): Refusal {
  return { kind: "refusal", status, reason, why, source };
}
