// What an answer was, for whoever records it: set by the stage that makes the answer, read when its last byte has gone.

import type { EffectiveBehavior, EffectiveDistribution } from "./config/effective-config.ts";

/** `x-edge-result-type`, and first word of X-Cache. [CFDG AccessLogs] */
export type CacheResult = "Hit" | "Miss" | "RefreshHit" | "Error" | "Redirect";

/**
 * Many answers may share one: the hits of a stored response through one behavior do. So nothing of a single request is in it;
 * that is in the answer.
 */
export interface Served {
  /** `undefined`: the request did not get as far as one. */
  readonly distribution: EffectiveDistribution | undefined;
  readonly behavior: EffectiveBehavior | undefined;
  readonly result: CacheResult;
  /** Value of Content-Type, of the content as it is stored; `undefined` where there is none. */
  readonly contentType: string | undefined;
  /** Of whoever records (record/): what it made of the rest, for as long as this object is used. `undefined` at first. */
  record: unknown;
}

/** `of`: an exchange, as far as it got. */
export function servedAs(
  of: Partial<Pick<Served, "distribution" | "behavior">> | undefined,
  result: CacheResult,
  contentType: string | undefined,
): Served {
  return { distribution: of?.distribution, behavior: of?.behavior, result, contentType, record: undefined };
}
