// What an overloaded edge refuses, decided from how long its turns are: a turn is the time in which all are looked at who waited when it
// began. Pure: it is told what was measured and when a turn begins. [D-0021]
//
// A request that arrives waits for its place in the next turn, so the length of turns is how long requests wait before anybody looks at
// them, whatever it is that keeps the process. Long turns that pass are a burst and none of our business. Long turns that stay are a queue, and
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
  /** A turn has ended that took so long. To be told of one every few milliseconds. */
  noteLate(now: number, lateMs: number): void;
  /** A request is looked at in the turn that began at `from`, which has not ended. To be told of every few requests. */
  noteServing(now: number, from: number): void;
  /** While it is pressed: a turn begins, with all who wait now. */
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
/** What is in the cache costs about what a refusal does, so who asks for that is refused only to be held for a while. */
const TURNS_FOR_ALL = 10;
/** For so long nothing had to be refused, and no turn was too long: it is over. */
const CALM_MS = 500;

export function openTurnGate({ turnMsMax, patienceMs }: GateBounds): TurnGate {
  let isPressed = false;
  let lateSince: number | undefined;
  let lateNotes = 0;
  let lastLateMs = 0;
  let turnFrom = 0;
  /** The last time that something was refused, or a turn was too long. */
  let pressedAt = 0;
  /** Of the turn that goes on: when it began, what was worked in it since, and what was not. */
  let servingFrom: number | undefined;
  let servingAt = 0;
  let workedMs = 0;
  let pausedMs = 0;

  function press(now: number): void {
    isPressed = true;
    turnFrom = pressedAt = now;
    servingFrom = undefined;
  }

  function refuses(now: number, forMs: number): boolean {
    if (!isPressed || now - turnFrom <= forMs) return false;
    pressedAt = now;
    return true;
  }

  return {
    get isPressed() {
      return isPressed;
    },
    noteLate(now, lateMs) {
      const isEasing = lateMs < lastLateMs * EASING;
      lastLateMs = lateMs;
      if (turnMsMax === 0) return;
      if (isPressed && lateMs > turnMsMax) pressedAt = now;
      if (isPressed) return;
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
    noteServing(now, from) {
      if (isPressed || turnMsMax === 0) return;
      if (servingFrom !== from) {
        servingFrom = servingAt = from;
        workedMs = pausedMs = 0;
      }
      const passed = now - servingAt;
      servingAt = now;
      if (passed > turnMsMax) pausedMs += passed;
      else workedMs += passed;
      // What has gathered in a pause takes as long again, where half of what is possible is asked.
      if (now - from > turnMsMax && workedMs >= patienceMs + pausedMs) press(now);
    },
    beginTurn(now) {
      turnFrom = now;
      if (now - pressedAt < CALM_MS) return;
      isPressed = false;
      lateSince = undefined;
      lateNotes = 0;
    },
    refusesFetch: (now) => refuses(now, turnMsMax),
    refusesAll: (now) => refuses(now, turnMsMax * TURNS_FOR_ALL),
  };
}
