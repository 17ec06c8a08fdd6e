// When something has waited for too long: any number of time-outs behind one timer, which runs for the earliest. Arming one is
// a few instructions, so that a request can be watched at each of its steps. Time is that of the machine, not the edge's clock:
// sockets do not know of the latter.

/** Whoever waits for something that may not come. Belongs to one `DueTimes`, and waits for one thing at a time. */
export interface Timed {
  /** Kept by DueTimes. */
  dueAtMs: number;
  /** Called once per arming. */
  onDue(): void;
}

export interface DueTimes {
  /** Takes the place of an earlier arming. */
  arm(timed: Timed, milliseconds: number): void;
  /** For who waits for nothing just now and will again: it stays known here until it is disarmed, so both cost next to nothing. */
  rest(timed: Timed): void;
  disarm(timed: Timed): void;
}

/** How far apart the looks at all that wait are at least: the grain at which time-outs are late. */
const GRAIN_MS = 20;

export function openDueTimes(): DueTimes {
  const waiting = new Set<Timed>();
  let timer: NodeJS.Timeout | undefined;
  let lookAtMs = Infinity;
  let lookedAtMs = 0;

  function look(): void {
    timer = undefined;
    lookAtMs = Infinity;
    lookedAtMs = performance.now();
    let earliest = Infinity;
    const due: Timed[] = [];
    for (const timed of waiting) {
      if (timed.dueAtMs <= lookedAtMs) due.push(timed);
      else if (timed.dueAtMs < earliest) earliest = timed.dueAtMs;
    }
    for (const timed of due) waiting.delete(timed);
    if (earliest < Infinity) lookAt(earliest);
    // Last, because they may arm others. One that another has disarmed meanwhile is not due any more.
    for (const timed of due) if (timed.dueAtMs <= lookedAtMs) timed.onDue();
  }

  function lookAt(atMs: number): void {
    clearTimeout(timer);
    lookAtMs = Math.max(atMs, lookedAtMs + GRAIN_MS);
    // Whoever waits has a socket that keeps the process going.
    timer = setTimeout(look, Math.max(1, Math.ceil(lookAtMs - performance.now()))).unref();
  }

  return {
    arm(timed, milliseconds) {
      timed.dueAtMs = performance.now() + milliseconds;
      waiting.add(timed); // of one that rests, it changes nothing
      if (timed.dueAtMs < lookAtMs) lookAt(timed.dueAtMs);
    },
    rest(timed) {
      timed.dueAtMs = Infinity;
    },
    disarm(timed) {
      timed.dueAtMs = Infinity;
      waiting.delete(timed);
    },
  };
}
