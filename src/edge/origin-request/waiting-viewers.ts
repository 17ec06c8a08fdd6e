// Who waits for an origin's answer. When the last of them has left before there is one, the fetch is given up: an origin
// that is silent would be kept busy for nobody. From the head of the answer on, whoever reads its body decides. [D-0010]

import type { ViewerRequest } from "../transport/message.ts";

/** Whether what is being fetched is still wanted. An AbortSignal is one; those that are made here, one per fetch, cost less. */
export interface FetchSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

export interface WaitingViewers {
  /** For the fetch: aborted when the edge closes, or with `VIEWERS_LEFT` as its reason. */
  readonly signal: FetchSignal;
  /** A viewer of whom nothing can be learned is taken to wait for ever. */
  join(request: ViewerRequest): void;
  /** The answer is here: nobody's leaving matters any more. What is still to come of it ends with the edge's connections to origins. */
  settle(): void;
}

export const VIEWERS_LEFT = "every viewer has left";

export function openWaitingViewers(closing: AbortSignal): WaitingViewers {
  return new Waiting(closing);
}

/** All that wait, by what ends their waiting: one listener for all of them, because a signal looks through its listeners. */
const waitingUntil = new WeakMap<AbortSignal, Set<Waiting>>();

function allWaitingUntil(closing: AbortSignal): Set<Waiting> {
  const known = waitingUntil.get(closing);
  if (known !== undefined) return known;
  const all = new Set<Waiting>();
  waitingUntil.set(closing, all);
  closing.addEventListener("abort", () => {
    for (const each of all) each.abort(closing.reason);
  });
  return all;
}

class Waiting implements WaitingViewers, FetchSignal {
  readonly #all: Set<Waiting>;
  readonly #listeners: (() => void)[] = [];
  #count = 0;
  #isSettled = false;
  aborted = false;
  reason: unknown;

  constructor(closing: AbortSignal) {
    this.#all = allWaitingUntil(closing);
    if (closing.aborted) this.abort(closing.reason);
    else this.#all.add(this);
  }

  get signal(): FetchSignal {
    return this;
  }

  join({ onGone }: ViewerRequest): void {
    this.#count++;
    onGone?.(() => {
      if (--this.#count === 0 && !this.#isSettled) this.abort(VIEWERS_LEFT);
    });
  }

  settle(): void {
    this.#isSettled = true;
    this.#all.delete(this);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#all.delete(this);
    for (const listener of this.#listeners.splice(0)) listener();
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }
}
