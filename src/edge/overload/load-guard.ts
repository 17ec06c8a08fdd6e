// Watches how long the turns of this process's event loop are, for as long as anything is asked, and says what is to be refused. What is
// decided from that is in turn-gate.ts; here are the timers. Surprising: while too much is asked the loop does not sleep between turns,
// because only then is it known when one begins.

import type { LogLevel } from "../quiet-log.ts";
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
  /** Something is refused. Whether the connection that asked is to be left alone for a while, as so much is refused that it costs. */
  holdsRefused(): boolean;
}

/** Of an edge that refuses nothing: in tests, and where nobody measures. */
export const NO_GUARD: LoadGuard = {
  isPressed: false,
  noteRequest: () => undefined,
  refusesFetch: () => false,
  refusesAll: () => false,
  holdsRefused: () => false,
  [Symbol.dispose]: () => undefined,
};

const SAMPLE_MS = 20;
/** Of so many requests one is worth a look at the clock. */
const LOOKED_AT_EVERY = 32;
/** So many refusals in 100 ms cost little more than a hundredth of a core. */
const REFUSED_FREELY = 50;
const REFUSED_WITHIN_MS = 100;

export interface LoadGuardSurroundings {
  readonly bounds: GateBounds;
  /** A monotonic clock in milliseconds, with fractions. */
  readonly now: () => number;
  /** Told when it begins and when it is over. */
  readonly log: (level: LogLevel, why: string) => void;
}

export function openLoadGuard({ bounds, now, log }: LoadGuardSurroundings): LoadGuard {
  const gate = openTurnGate(bounds);
  let isMeasuring = false;
  let wasAsked = false;
  let isPressed = false;
  let due = 0;
  let pressedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  let asked = 0;
  let refusedFrom = 0;
  let refused = 0;

  function measureAgain(): void {
    isMeasuring = true;
    wasAsked = false;
    due = now() + SAMPLE_MS;
    timer = setTimeout(measure, SAMPLE_MS).unref();
  }

  function measure(): void {
    const at = now();
    gate.noteLate(at, at - due);
    if (gate.isPressed && !isPressed) press(at);
    if (wasAsked || isPressed) measureAgain();
    else isMeasuring = false;
  }

  function press(at: number): void {
    isPressed = true;
    pressedAt = at;
    const lateMs = Math.round(at - due);
    log("warn", `the event loop is ${lateMs} ms late and stays so: what takes too long is refused with 503`);
    nextTurn();
  }

  /** Looked at behind the events of a turn: what comes next is the next one's. */
  function nextTurn(): void {
    turn = setImmediate(() => {
      const at = now();
      gate.beginTurn(at);
      isPressed = gate.isPressed;
      if (isPressed) nextTurn();
      else log("info", `nothing is refused any more, after ${((at - pressedAt) / 1000).toFixed(1)} s`);
    });
  }

  return {
    get isPressed() {
      return isPressed;
    },
    noteRequest() {
      wasAsked = true;
      if (!isMeasuring) {
        if (bounds.turnMsMax > 0) measureAgain();
      } else if (!isPressed && ++asked % LOOKED_AT_EVERY === 0) {
        const at = now();
        gate.noteServing(at, due);
        if (gate.isPressed) press(at);
      }
    },
    refusesFetch: () => gate.refusesFetch(now()),
    refusesAll: () => gate.refusesAll(now()),
    holdsRefused() {
      const at = now();
      if (at - refusedFrom > REFUSED_WITHIN_MS) {
        refusedFrom = at;
        refused = 0;
      }
      return ++refused > REFUSED_FREELY || isPressed;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      clearImmediate(turn);
      isPressed = false;
    },
  };
}
