// How long a caller may keep the bucket store waiting: no bound on how long a body takes, one on silence. Looked at once
// per period, so silence is noticed after one to two of them, and no chunk pays for a timer of its own.

export interface Patience {
  /** Runs `waiting`; while it does, silence is the caller's. */
  during(waiting: Promise<void>): Promise<void>;
  /** Bytes went over the wire. */
  progress(bytes: number): void;
  end(): void;
}

/** Fewer bytes than these in a period are silence too: a byte now and then must not hold a connection for ever. */
const LEAST_BYTES = 1024;

export function openPatience(seconds: number, onSilence: () => void): Patience {
  let isWaiting = false;
  let bytes = LEAST_BYTES;
  const timer = setTimeout(() => {
    if (isWaiting && bytes < LEAST_BYTES) return onSilence();
    // What the store itself takes is nobody's silence: then the caller has a whole period before it.
    bytes = isWaiting ? 0 : LEAST_BYTES;
    timer.refresh();
  }, seconds * 1000);
  return {
    async during(waiting) {
      isWaiting = true;
      await waiting;
      isWaiting = false;
    },
    progress: (more) => {
      bytes += more;
    },
    end: () => clearTimeout(timer),
  };
}
