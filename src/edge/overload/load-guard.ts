// Watches how long requests wait for this process to look at them, and says what is to be refused. What is decided from that is in
// turn-gate.ts; here is how it is measured: by a message to ourselves. The kernel hands out what is ready in the order in which it became
// so, and the message is an event like any other: it arrives behind everything that waited when it was sent, and ahead of all that
// came later. Surprising: timers would not tell, because the runtime looks at none of them for as long as whole batches are ready.

import { MessageChannel } from "node:worker_threads";

import type { LogLevel } from "../quiet-log.ts";
import { openHeldViewers, type Release } from "./held-viewers.ts";
import { openTurnGate, type GateBounds } from "./turn-gate.ts";

export interface LoadGuard extends Disposable {
  /** More is asked than can be answered: `refusesFetch` and `refusesAll` are worth asking. */
  readonly isPressed: boolean;
  /** Something is asked. To be told of every request: nothing is measured while there are none. */
  noteRequest(): void;
  /** Whether a request that would ask an origin is to be refused. */
  refusesFetch(): boolean;
  /** Whether a request is, whatever it asks for. */
  refusesAll(): boolean;
  /**
   * Something is refused. How the connection that asked is to be left alone for a while, as so much is refused that it costs;
   * `undefined`: it is not.
   */
  noteRefusal(): Hold | undefined;
}

/** Takes who is held; it is released after a second or two, later where thousands are, and sooner when nothing is refused any more. */
export type Hold = (release: Release) => void;

/** Of an edge that refuses nothing: in tests, and where nobody measures. */
export const NO_GUARD: LoadGuard = {
  isPressed: false,
  noteRequest: () => undefined,
  refusesFetch: () => false,
  refusesAll: () => false,
  noteRefusal: () => undefined,
  [Symbol.dispose]: () => undefined,
};

/** How often the wait is measured. */
const SAMPLE_MS = 20;
/** Of so many requests one is worth a look at the clock. */
const LOOKED_AT_EVERY = 8;
/** So many refusals in 100 ms cost little more than a hundredth of a core. */
const REFUSED_FREELY = 50;
const REFUSED_WITHIN_MS = 100;
/** Nothing was refused for so long, and no turn took more than this share of what it may: who is held is released. */
const OVER_MS = 300;
const IDLE_SHARE = 0.2;

export interface LoadGuardSurroundings {
  readonly bounds: GateBounds;
  /** A monotonic clock in milliseconds, with fractions. */
  readonly now: () => number;
  /** Told when it begins and when it is over. */
  readonly log: (level: LogLevel, why: string) => void;
}

export function openLoadGuard({ bounds, now, log }: LoadGuardSurroundings): LoadGuard {
  const gate = openTurnGate(bounds);
  const { port1: sent, port2: received } = new MessageChannel();
  received.on("message", () => endTurn(now()));
  received.unref();
  let isPressed = false;
  let pressedAt = 0;
  /** Of the turn that goes on; a message is on its way behind all that waited then. */
  let turnFrom: number | undefined;
  let measuredAt = -Infinity;
  /** Then the next is measured too, whenever it comes. */
  let wasLong = false;
  let asked = 0;
  let calming: NodeJS.Timeout | undefined;
  let refusedFrom = 0;
  let refused = 0;
  /** The last time that something was refused, or that a turn told of a queue. */
  let busyAt = -Infinity;
  const held = openHeldViewers();
  let turning: NodeJS.Timeout | undefined;

  function beginTurn(at: number): void {
    turnFrom = measuredAt = at;
    if (isPressed) gate.beginTurn(at);
    if (isPressed && !gate.isPressed) relax(at);
    sent.postMessage(undefined);
  }

  function endTurn(at: number): void {
    if (turnFrom === undefined) return;
    const waitedMs = at - turnFrom;
    turnFrom = undefined;
    gate.noteLate(at, waitedMs);
    if (gate.isPressed && !isPressed) press(at, waitedMs);
    wasLong = waitedMs > bounds.turnMsMax;
    if (waitedMs > bounds.turnMsMax * IDLE_SHARE) busyAt = at;
  }

  function press(at: number, waitedMs: number): void {
    isPressed = true;
    pressedAt = at;
    log("warn", `requests wait for ${Math.round(waitedMs)} ms and go on to: what takes too long is refused with 503`);
    // It is over as well where nobody asks any more.
    calming = setInterval(() => turnFrom === undefined && beginTurn(now()), SAMPLE_MS).unref();
  }

  function relax(at: number): void {
    isPressed = false;
    clearInterval(calming);
    log("info", `nothing is refused any more, after ${((at - pressedAt) / 1000).toFixed(1)} s`);
  }

  // Most of what a refusal costs is reading the request and writing the answer, so who asks again at once must not be refused again at once.
  const hold: Hold = (release) => {
    held.hold(now(), release);
    turning ??= setInterval(() => {
      const at = now();
      held.advance(at, at - busyAt >= OVER_MS);
      if (held.count > 0) return;
      clearInterval(turning);
      turning = undefined;
    }, SAMPLE_MS).unref();
  };

  return {
    get isPressed() {
      return isPressed;
    },
    noteRequest() {
      if (turnFrom === undefined && (isPressed || wasLong)) return beginTurn(now());
      if (isPressed || asked++ % LOOKED_AT_EVERY !== 0 || bounds.turnMsMax === 0) return;
      const at = now();
      if (turnFrom === undefined) {
        if (at - measuredAt >= SAMPLE_MS) beginTurn(at);
        return;
      }
      gate.noteServing(at, turnFrom);
      if (gate.isPressed) press(at, at - turnFrom);
    },
    refusesFetch: () => gate.refusesFetch(now()),
    refusesAll: () => gate.refusesAll(now()),
    noteRefusal() {
      busyAt = now();
      if (busyAt - refusedFrom > REFUSED_WITHIN_MS) {
        refusedFrom = busyAt;
        refused = 0;
      }
      return ++refused > REFUSED_FREELY || isPressed ? hold : undefined;
    },
    [Symbol.dispose]() {
      clearInterval(calming);
      clearInterval(turning);
      received.close();
      isPressed = false;
    },
  };
}
