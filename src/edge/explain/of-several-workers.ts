// Explanations of several workers put together to one: any of them runs the pure stages, the owner of the key knows what is stored under
// it, and each has copies of its own. [D-0027]

import type { Explanation, ExplanationStep } from "./explanation.ts";
import { nearerCause } from "./nearest-cause.ts";

/**
 * What a viewer gets who is connected to the worker of `near`, another one than the owner of the key. `far` is what the owner says;
 * `undefined`: it does not answer, and the worker does its work.
 */
export function asConnectedTo(near: Explanation, far: Explanation | undefined): Explanation {
  const told = near.hasFreshCopy === true ? near : far;
  if (told === undefined) return near;
  const behindOwner = ({ steps }: Explanation): number => steps.findIndex(({ stage }) => stage === "owner") + 1;
  const [from, toldFrom] = [behindOwner(near), behindOwner(told)];
  // An owner that does not come to the key has another configuration by now: it would not answer this viewer.
  if (from === 0 || toldFrom === 0) return near;
  const copy: ExplanationStep = {
    stage: "copy",
    ...(told === near
      ? { decision: "fresh", why: "this worker answers from its own, without asking the owner" }
      : { decision: "none that is fresh", why: "the owner is asked, and says what follows" }),
    source: "[D-0027]",
  };
  return { ...told, steps: [...near.steps.slice(0, from), copy, ...told.steps.slice(toldFrom)] };
}

/** What the owner of a key says, with what the others know that it does not: stored responses of the same path under other keys. */
export function withOthers(own: Explanation, others: readonly Explanation[]): Explanation {
  const cause = nearerCause(
    own.cause,
    others.map((other) => other.cause),
  );
  if (cause === undefined || cause === own.cause) return own;
  const { kind, why, source } = cause;
  const step: ExplanationStep = { stage: "cause", decision: kind, why, source };
  return { ...own, cause, steps: own.steps.map((told) => (told.stage === "cause" ? step : told)) };
}
