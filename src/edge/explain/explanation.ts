// What an explanation is made of. Every stage adds its decisions in the order in which they are taken.

import type { EdgePrincipal } from "../../model/edge-credential.ts";

/** One decision. `source` is a citation tag, or the setting that decides. */
export interface ExplanationStep {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
  readonly source: string;
}

/** Plain data, to be sent as JSON. */
export interface Explanation {
  /** What the viewer would get: `hit`, `miss`, `expired`, `pass`, or a status with its reason. */
  readonly verdict: string;
  readonly steps: readonly ExplanationStep[];
  /** Slot of another worker, which owns the key and knows better what is stored. Absent where this one does, or there is no key. */
  readonly owner?: number;
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
}

export type Add = (stage: string, decision: string, why: string, source: string) => void;
