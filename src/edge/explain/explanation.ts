// What an explanation is made of. Every stage adds its decisions in the order in which they are taken.

import type { EdgePrincipal } from "../../model/edge-credential.ts";
import type { ToldKeyPart } from "./key-difference.ts";

/** One decision. `source` is a citation tag, or the setting that decides. */
export interface ExplanationStep {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
  readonly source: string;
}

/** Why the origin would have to be asked. */
export interface Cause {
  readonly kind:
    | "never-seen"
    /** Another key of the same path is stored. */
    | "key-differs"
    | "expired"
    /** Stored without a lifetime. */
    | "validated-always"
    | "invalidated"
    /** By an unsafe request, where the RFC rules. */
    | "discarded"
    /** With all else of the distribution: the clock was reset. */
    | "forgotten"
    /** The origin forbade to keep it when it was validated. */
    | "dropped"
    | "evicted"
    /** The last fetch brought nothing that is kept. */
    | "not-stored"
    /** It was stored and is not there, and nothing says why. */
    | "lost"
    /** A fetch is under way, which the viewer would join. */
    | "under-way";
  readonly why: string;
  readonly source: string;
  /** Id of the invalidation that removed it. */
  readonly invalidation?: string;
  /** Names of the parts in which the nearest stored key differs. */
  readonly parts?: readonly string[];
}

/** Plain data, to be sent as JSON. */
export interface Explanation {
  /** What the viewer would get: `hit`, `miss`, `expired`, `pass`, or a status with its reason. */
  readonly verdict: string;
  /** Why the viewer would get that, in one sentence, where `cause` does not tell it: of refusals, errors and what passes the cache by. */
  readonly because?: string;
  /** Of a miss, and of what is stored and has to be validated. It is the step `cause`, too. */
  readonly cause?: Cause;
  /** Where there is one: the cache key part by part. Equal parts find the same stored response. */
  readonly key?: readonly ToldKeyPart[];
  readonly steps: readonly ExplanationStep[];
  /** Slot of another worker, which owns the key and knows better what is stored. Absent where this one does, or there is no key. */
  readonly owner?: number;
  /** That worker would not be asked: this one has a copy that is fresh. */
  readonly hasFreshCopy?: true;
  /** The service's own bucket store would be asked: whoever has its policies can tell what it would say. */
  readonly bucketAsk?: BucketAsk;
}

/** As it would be asked, but for the fields. */
export interface BucketAsk {
  /** `undefined`: nobody's name is in it. */
  readonly asker: EdgePrincipal | undefined;
  readonly method: string;
  readonly host: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  /** Pages in the place of errors: for a status, what the viewer sees instead. */
  readonly errorPages: readonly (readonly [status: number, shown: string])[];
}

export type Add = (stage: string, decision: string, why: string, source: string) => void;
