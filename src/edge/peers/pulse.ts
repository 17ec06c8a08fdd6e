// Whether this worker has run without a stop: one that was stopped for longer than the others wait for it (SIGSTOP, a very long turn) was
// given up by them, and things were forgotten that it does not know of. It finds out by its own clock, before it answers
// anything: whatever runs first afterwards asks, be it a timer or a viewer's bytes. [D-0027]

import { addSeconds, epochMs, seconds, type Clock, type EpochMs } from "../../vocabulary/time.ts";

/** Read on the path of every hit: a comparison with an instant that is at hand there. */
export interface Pulse {
  /** Later than that it may have been stopped: `look` says. */
  trustedUntilMs: EpochMs;
  look(): void;
}

export interface OwnPulse extends Pulse {
  /** A few times a second. */
  beat(): void;
}

/** Of a worker that nobody waits for. */
export const ALWAYS: Pulse = { trustedUntilMs: epochMs(Number.MAX_SAFE_INTEGER), look: () => undefined };

/**
 * `stoppedSeconds`: less than the others wait. `uptimeMs` is steady, and the `clock` may be set: when it is set back while the worker is
 * stopped, only the next beat finds out. `onStopped` is called before `look` returns.
 */
export function openPulse(given: {
  readonly stoppedSeconds: number;
  readonly clock: Clock;
  readonly uptimeMs: () => number;
  readonly onStopped: (forSeconds: number) => void;
}): OwnPulse {
  const { stoppedSeconds, clock, uptimeMs, onStopped } = given;
  const trusted = (): EpochMs => addSeconds(clock.now(), seconds(stoppedSeconds));
  let lastBeatMs = uptimeMs();

  const pulse: OwnPulse = {
    trustedUntilMs: trusted(),
    look() {
      pulse.trustedUntilMs = trusted();
      const sinceMs = uptimeMs() - lastBeatMs;
      if (sinceMs < stoppedSeconds * 1000) return; // the clock was set
      lastBeatMs += sinceMs;
      onStopped(sinceMs / 1000);
    },
    beat() {
      pulse.look();
      lastBeatMs = uptimeMs();
    },
  };
  return pulse;
}
