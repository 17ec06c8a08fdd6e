// An answer that is over: what the recorder is told by the transport, as one object for whoever writes a line of it or looks on. Made only where
// there is somebody, and used again for the next one: whoever is told takes from it what it needs, at once.

import type { EpochMs } from "../vocabulary/time.ts";
import type { Served } from "./served.ts";
import type { Answer, RefusedRequest, ServedOutcome, ViewerRequest } from "./transport/message.ts";

export interface Ended {
  readonly request: ViewerRequest | RefusedRequest;
  /** `undefined`: the viewer left before there was one. */
  readonly answer: Answer | undefined;
  /** Also of an answer that no stage has made: then it tells whose the host is. */
  readonly served: Served;
  readonly outcome: ServedOutcome;
  /** Head and body, as far as they came by the end of the answer. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly startedAt: EpochMs;
  /** Of the answer; `undefined`: there was none. */
  readonly firstByteAt: EpochMs | undefined;
  readonly endedAt: EpochMs;
  /** The worker that had the viewer, from 1. */
  readonly edge: number;
}

/** The clock may have been set back meanwhile. */
export function takenMs({ startedAt, endedAt }: Ended): number {
  return Math.max(0, endedAt - startedAt);
}

/** As long as all where there was none. */
export function firstByteMs({ startedAt, firstByteAt, endedAt }: Ended): number {
  return Math.max(0, (firstByteAt ?? endedAt) - startedAt);
}
