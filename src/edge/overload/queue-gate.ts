// Whether those who wait for a connection to one origin are too many, decided from how long the queue has stood and how fast it moves.
// Pure: it is told what happens. [D-0021]
//
// A queue that empties again is a burst, and nobody is refused for it. One that stands makes every answer late and none more, so what
// would only make it longer is refused before anything is done for it. Surprising: how many may wait depends on the origin. A fast one
// works off thousands in the time that is allowed, a slow one is always allowed a waiting viewer per connection.

export interface QueueBounds {
  /** A queue as long as there are connections is one answer's time of waiting, whatever that is. */
  readonly connectionsMax: number;
  /** How long somebody may have to wait for a connection. 0: nobody is ever refused. */
  readonly waitMsMax: number;
  /** For how long somebody must have been waiting, one or the other, before anybody is refused. */
  readonly patienceMs: number;
}

/** Instants are monotonic, in milliseconds. */
export interface QueueGate {
  /** To be told each time that somebody begins to wait, is granted a connection after waiting, or leaves; `waiting`: how many do now. */
  note(now: number, waiting: number, isGranted: boolean): void;
  /** Whether who comes now is refused. */
  isCrowded(now: number): boolean;
}

/** The pace is that of this time or the one before, whichever is more: answers come in batches. */
const PACE_MS = 100;

export function openQueueGate({ connectionsMax, waitMsMax, patienceMs }: QueueBounds): QueueGate {
  let waiting = 0;
  let standsSince = 0;
  let paceFrom = 0;
  let granted = 0;
  let grantedBefore = 0;

  function turnTo(now: number): void {
    const passed = now - paceFrom;
    if (passed < PACE_MS) return;
    grantedBefore = passed < 2 * PACE_MS ? granted : 0;
    granted = 0;
    paceFrom = now - (passed % PACE_MS);
  }

  return {
    note(now, waitingNow, isGranted) {
      if (waiting === 0) standsSince = now;
      waiting = waitingNow;
      turnTo(now);
      if (isGranted) granted++;
    },
    isCrowded(now) {
      // One answer's time: nothing else is worth asking for who is in nobody's way.
      if (waiting < connectionsMax || waitMsMax === 0 || now - standsSince < patienceMs) return false;
      turnTo(now);
      return waiting >= Math.max(granted, grantedBefore) * (waitMsMax / PACE_MS);
    },
  };
}
