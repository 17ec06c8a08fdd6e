// Who waits for an origin's answer. When the last of them has left before there is one, the fetch is given up: an origin
// that is silent would be kept busy for nobody. From the head of the answer on, whoever reads its body decides. [D-0010]

import type { ViewerRequest } from "../transport/message.ts";

/** Hears that a fetch is given up. An object and not a function, so that who hears it needs none of its own. */
export interface GiveUpListener {
  handleEvent(): void;
}

/** Whether what is being fetched is still wanted. An AbortSignal is one; those that are made here, one per fetch, cost less. */
export interface FetchSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: GiveUpListener): void;
  removeEventListener(type: "abort", listener: GiveUpListener): void;
}

export interface WaitingViewers {
  /** For the fetch: aborted when the edge closes, or with `VIEWERS_LEFT` as its reason. */
  readonly signal: FetchSignal;
  /** A viewer of whom nothing can be learned is taken to wait for ever. */
  join(request: ViewerRequest): void;
  /** The answer is here: nobody's leaving matters any more. What is still to come of it ends with the edge's connections to origins. */
  settle(): void;
  /** Nobody wants the answer any more, whoever has joined. */
  giveUp(): void;
}

export const VIEWERS_LEFT = "every viewer has left";

export function openWaitingViewers(closing: AbortSignal): WaitingViewers {
  return new Waiting(closing);
}

/** Who waits, in a ring: to join it and to leave it takes no look-up. */
interface WaitingLink {
  before: WaitingLink;
  after: WaitingLink;
  abort(reason: unknown): void;
}

/** All that wait, by what ends their waiting: one listener for all of them, because a signal looks through its listeners. */
const waitingUntil = new WeakMap<AbortSignal, WaitingRing>();

class WaitingRing implements WaitingLink {
  before: WaitingLink = this;
  after: WaitingLink = this;

  constructor(closing: AbortSignal) {
    closing.addEventListener("abort", () => {
      while (this.after !== this) this.after.abort(closing.reason); // which takes it out
    });
  }

  abort(): void {
    // It waits for nothing itself.
  }
}

function ringUntil(closing: AbortSignal): WaitingRing {
  let ring = waitingUntil.get(closing);
  if (ring === undefined) waitingUntil.set(closing, (ring = new WaitingRing(closing)));
  return ring;
}

class Waiting implements WaitingViewers, FetchSignal, WaitingLink {
  before: WaitingLink = this;
  after: WaitingLink = this;
  /** Nearly always the only one. */
  #listener: GiveUpListener | undefined;
  #others: GiveUpListener[] | undefined;
  #count = 0;
  #isSettled = false;
  aborted = false;
  reason: unknown;

  constructor(closing: AbortSignal) {
    if (closing.aborted) {
      this.abort(closing.reason);
      return;
    }
    const ring = ringUntil(closing);
    this.before = ring;
    this.after = ring.after;
    this.after.before = this;
    ring.after = this;
  }

  #leaveRing(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this.after = this;
  }

  get signal(): FetchSignal {
    return this;
  }

  join({ onGone }: ViewerRequest): void {
    this.#count++;
    onGone?.(() => {
      if (--this.#count === 0) this.giveUp();
    });
  }

  settle(): void {
    this.#isSettled = true;
    this.#leaveRing();
  }

  giveUp(): void {
    if (!this.#isSettled) this.abort(VIEWERS_LEFT);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#leaveRing();
    const listeners = [this.#listener, ...(this.#others ?? [])];
    this.#listener = this.#others = undefined;
    for (const listener of listeners) listener?.handleEvent();
  }

  addEventListener(_type: "abort", listener: GiveUpListener): void {
    if (this.#listener === undefined) this.#listener = listener;
    else (this.#others ??= []).push(listener);
  }

  removeEventListener(_type: "abort", listener: GiveUpListener): void {
    if (this.#listener === listener) this.#listener = undefined;
    else this.#others = this.#others?.filter((each) => each !== listener);
  }
}
