// Who looks on while requests are served: nobody, nearly always. What is on the path of every request looks at one slot of one object and finds
// `undefined` there, and that is all it costs; src/edge/watch/ fills the slots while somebody is there and empties them again.

import type { EffectiveDistribution } from "./config/effective-config.ts";
import type { EdgeParts } from "./edge-parts.ts";
import type { Ended } from "./ended.ts";
import type { Authorized, Keyed } from "./exchange.ts";
import type { StoredResponse } from "./storage/cache-storage.ts";
import type { Answer, ViewerRequest } from "./transport/message.ts";

export interface Watching {
  /**
   * Asked for each answer that has ended, by whose it was: whether `ended` is to be told of it. Whoever could tell no more of it than that it was
   * there has counted it then.
   */
  wants: ((distribution: EffectiveDistribution | undefined) => boolean) | undefined;
  /** Told of the answers that have ended, in order, some at a time. */
  ended: ((batch: readonly Ended[]) => void) | undefined;
  /** Answers in the place of the pipeline, which it asks. */
  respond: ((request: ViewerRequest) => Answer | Promise<Answer>) | undefined;
  /** The same of what another worker asks, from the key on. */
  answerKeyed: ((keyed: Keyed, edge: EdgeParts) => Answer | Promise<Answer>) | undefined;
  /** Told of each request that the cache does not answer, before an origin is asked; by the worker that owns the key. Without one the cache is passed by. */
  missed: ((authorized: Authorized | Keyed, stored: StoredResponse | undefined, edge: EdgeParts) => void) | undefined;
  /** Told of each origin that was asked for a request. */
  asked: ((request: ViewerRequest, told: AskedOrigin) => void) | undefined;
}

/** One asking of an origin. */
export interface AskedOrigin {
  /** Id of the origin. */
  readonly origin: string;
  /** Method and URL. */
  readonly what: string;
  /** Until the head of its answer, or until it had failed. */
  readonly ms: number;
  /** `undefined`: it failed. */
  readonly status: number | undefined;
  /** Of a failure. */
  readonly why: string | undefined;
}

export function newWatching(): Watching {
  return {
    wants: undefined,
    ended: undefined,
    respond: undefined,
    answerKeyed: undefined,
    missed: undefined,
    asked: undefined,
  };
}
