// Who waits for an origin's answer. When the last of them has left before there is one, the fetch is given up: an origin
// that is silent would be kept busy for nobody. From the head of the answer on, whoever reads its body decides. [D-0010]

import type { ViewerRequest } from "../transport/message.ts";

export interface WaitingViewers {
  /** For the fetch: aborted when the edge closes, or with `VIEWERS_LEFT` as its reason. */
  readonly signal: AbortSignal;
  /** A viewer of whom nothing can be learned is taken to wait for ever. */
  join(request: ViewerRequest): void;
  /** The answer is here: nobody's leaving matters any more. What is still to come of it ends with the edge's connections to origins. */
  settle(): void;
}

export const VIEWERS_LEFT = "every viewer has left";

export function openWaitingViewers(closing: AbortSignal): WaitingViewers {
  const left = new AbortController();
  let count = 0;
  let isSettled = false;
  // Not AbortSignal.any: a signal that lives as long as the edge keeps something of each that was ever made from it.
  const close = (): void => left.abort(closing.reason);
  if (closing.aborted) close();
  else closing.addEventListener("abort", close);
  return {
    signal: left.signal,
    join({ onGone }) {
      count++;
      onGone?.(() => {
        if (--count === 0 && !isSettled) left.abort(VIEWERS_LEFT);
      });
    },
    settle() {
      isSettled = true;
      closing.removeEventListener("abort", close);
    },
  };
}
