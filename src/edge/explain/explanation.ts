// What an explanation is made of. Every stage adds its decisions in the order in which they are taken.

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
}

export type Add = (stage: string, decision: string, why: string, source: string) => void;
