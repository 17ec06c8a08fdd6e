// What an overloaded edge refuses, decided from how long the turns of its event loop are. Pure: it is told what was measured and when a
// turn begins. [D-0021]
//
// A request that arrives waits for the next turn, so the length of turns is how long requests wait before anybody looks at them,
// whatever it is that keeps the loop. Long turns that pass are a burst and none of our business. Long turns that stay are a queue, and
// a queue that stays makes every answer late and none more (which is the idea of CoDel). From then on each turn serves for
// as long as a turn should take, and what it has not come to by then is refused: at once, and for a fraction of what serving costs.

export interface GateBounds {
  /** How long a turn may take. 0: nothing is ever refused. */
  readonly turnMsMax: number;
  /** For how long turns must have been longer before anything is refused. */
  readonly patienceMs: number;
}

/** Instants are monotonic, in milliseconds. */
export interface TurnGate {
  /** Too much is asked: turns have to be told (`beginTurn`), and requests may be refused. */
  readonly isPressed: boolean;
  /** A timer that was due `lateMs` ago is looked at: so long an event may wait for its turn. To be told every few turns. */
  noteLate(now: number, lateMs: number): void;
  /**
   * A request is looked at while a timer that was due at `due` has not been. To be told of every few requests: one turn may go on for
   * as long as its connections have something new to ask.
   */
  noteServing(now: number, due: number): void;
  /** While it is pressed: all that was ready has been looked at, and the loop asks what else is. */
  beginTurn(now: number): void;
  /** Whether a request that would ask an origin is refused. */
  refusesFetch(now: number): boolean;
  /** Whether any request is. */
  refusesAll(now: number): boolean;
}

/** Measurements that have to be late one after the other: one long turn, be it hours of a suspended machine, is one measurement. */
const LATE_NOTES_MIN = 3;
/** Less late than this share of the last time: what has gathered is being worked off. */
const EASING = 0.92;
/** What is in the cache costs little more than a refusal, so it is served for much longer than what is not. */
const TURNS_FOR_ALL = 4;
/** So long nothing had to be refused: it is over. */
const CALM_MS = 500;

export function openTurnGate({ turnMsMax, patienceMs }: GateBounds): TurnGate {
  let isPressed = false;
  let lateSince: number | undefined;
  let lateNotes = 0;
  let lastLateMs = 0;
  let turnFrom = 0;
  let refusedAt = 0;
  /** Of the turn that goes on: the timer that waits for its end, what was worked in it since, and what was not. */
  let waitingDue: number | undefined;
  let servingAt = 0;
  let workedMs = 0;
  let pausedMs = 0;

  function press(now: number): void {
    isPressed = true;
    turnFrom = refusedAt = now;
    waitingDue = undefined;
  }

  function refuses(now: number, forMs: number): boolean {
    if (!isPressed || now - turnFrom <= forMs) return false;
    refusedAt = now;
    return true;
  }

  return {
    get isPressed() {
      return isPressed;
    },
    noteLate(now, lateMs) {
      const isEasing = lateMs < lastLateMs * EASING;
      lastLateMs = lateMs;
      if (isPressed || turnMsMax === 0) return;
      if (lateMs <= turnMsMax) {
        lateSince = undefined;
        lateNotes = 0;
        return;
      }
      if (isEasing) return;
      lateSince ??= now;
      lateNotes++;
      if (lateNotes < LATE_NOTES_MIN || now - lateSince < patienceMs) return;
      press(now);
    },
    noteServing(now, due) {
      if (isPressed || turnMsMax === 0 || now <= due) return;
      if (waitingDue !== due) {
        waitingDue = servingAt = due;
        workedMs = pausedMs = 0;
      }
      const passed = now - servingAt;
      servingAt = now;
      if (passed > turnMsMax) pausedMs += passed;
      else workedMs += passed;
      // What has gathered in a pause takes as long again, where half of what is possible is asked.
      if (now - due > turnMsMax && workedMs >= patienceMs + pausedMs) press(now);
    },
    beginTurn(now) {
      turnFrom = now;
      if (now - refusedAt < CALM_MS) return;
      isPressed = false;
      lateSince = undefined;
      lateNotes = 0;
    },
    refusesFetch: (now) => refuses(now, turnMsMax),
    refusesAll: (now) => refuses(now, turnMsMax * TURNS_FOR_ALL),
  };
}
