// What a viewer of HTTP/1.1 has let us wait for too long, asked once a second of each connection: a table of its phases. Pure; what
// follows is the connection's.

import type { Limits } from "../../../vocabulary/limits.ts";
import { secondsBetween, type EpochMs } from "../../../vocabulary/time.ts";
import { unreachable } from "../../../vocabulary/unreachable.ts";

/** "discarding": answered, the rest of its request body is read over. "leaving": the last answer is on its way out. */
export type ConnectionPhase = "waiting" | "working" | "discarding" | "tunnel" | "leaving" | "closed";

/** How it stands with a connection. */
export interface Standing {
  readonly phase: ConnectionPhase;
  /** Of the phase, or of the last thing that the viewer did in it. */
  readonly since: EpochMs;
  /** Since when a head has been incomplete. */
  readonly headSince: EpochMs | undefined;
  /** Since when the viewer has taken nothing of what waits to leave. */
  readonly stuckSince: EpochMs | undefined;
  /** In a tunnel: when the origin last sent something. */
  readonly lastFromOrigin: EpochMs | undefined;
  readonly hasAnswered: boolean;
  readonly isAnswering: boolean;
  readonly isBodyAwaited: boolean;
  /** It has closed its half. */
  readonly hasViewerEnded: boolean;
}

/** "leaving": it was to read the last answer, and has had its time. All others are told in the log. */
export type Overdue = "write" | "head" | "idle" | "body" | "half-closed" | "tunnel" | "leaving";

/** How long is read over after the last answer, so that a reset does not overtake it. [RFC 9112 §9.6] */
const LINGER_SECONDS = 5;

/** `undefined`: nothing. Bounds are exceeded, not reached. */
export function findOverdue(of: Standing, now: EpochMs, limits: Limits): Overdue | undefined {
  const isOver = (since: EpochMs, seconds: number): boolean => secondsBetween(since, now) > seconds;
  // Nothing else is asked of who has an answer to take.
  if (of.stuckSince !== undefined) return isOver(of.stuckSince, limits.viewerWriteTimeoutSeconds) ? "write" : undefined;
  switch (of.phase) {
    case "waiting": {
      const { viewerHeaderTimeoutSeconds, viewerIdleTimeoutSeconds } = limits;
      if (of.headSince !== undefined) return isOver(of.headSince, viewerHeaderTimeoutSeconds) ? "head" : undefined;
      const seconds = of.hasAnswered ? viewerIdleTimeoutSeconds : viewerHeaderTimeoutSeconds;
      return isOver(of.since, seconds) ? "idle" : undefined;
    }
    case "working":
      if (of.isBodyAwaited && isOver(of.since, limits.viewerBodyIdleTimeoutSeconds)) return "body";
      // It may have closed its half only, and wait; or it may have gone. [D-0010]
      return of.hasViewerEnded && !of.isAnswering && isOver(of.since, limits.viewerHalfClosedSeconds)
        ? "half-closed"
        : undefined;
    case "discarding":
      return isOver(of.since, limits.viewerBodyIdleTimeoutSeconds) ? "body" : undefined;
    case "tunnel": {
      const seconds = of.hasViewerEnded ? limits.viewerHalfClosedSeconds : limits.viewerTunnelIdleSeconds;
      return isOver(of.lastFromOrigin ?? of.since, seconds) ? "tunnel" : undefined;
    }
    case "leaving":
      return isOver(of.since, LINGER_SECONDS) ? "leaving" : undefined;
    case "closed":
      return undefined;
    default:
      return unreachable(of.phase);
  }
}
