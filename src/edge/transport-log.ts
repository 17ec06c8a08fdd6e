// What the transport tells of its viewers, counted for the operator and written to the log: of each kind at most one line in
// ten seconds, with the number of those that were left out, so that nobody outside can fill a disk. Faults of our own are
// all written.

import { secondsBetween, type Clock, type EpochMs } from "../vocabulary/time.ts";
import type { TransportEvent } from "./transport/viewer-connection.ts";

export interface TransportCounters {
  /** Closed at once, because there were too many. */
  readonly connectionsRefused: number;
  /** Handshakes of TLS that failed, and connections that broke a protocol or flooded. */
  readonly connectionsBroken: number;
  /** Messages that were no request. */
  readonly messagesRefused: number;
  readonly viewersTimedOut: number;
  /** Answers whose body broke off. */
  readonly answersBrokenOff: number;
}

export interface TransportLog {
  readonly hear: (event: TransportEvent) => void;
  counters(): TransportCounters;
}

type Level = "info" | "warn" | "error";

const QUIET_SECONDS = 10;

export function openTransportLog(clock: Clock, log: (level: Level, event: string, why: string) => void): TransportLog {
  const counted = {
    connectionsRefused: 0,
    connectionsBroken: 0,
    messagesRefused: 0,
    viewersTimedOut: 0,
    answersBrokenOff: 0,
  };
  const said = new Map<TransportEvent["kind"], { at: EpochMs; leftOut: number }>();

  function write(level: Level, kind: TransportEvent["kind"], why: string): void {
    const now = clock.now();
    const last = said.get(kind);
    if (last !== undefined && secondsBetween(last.at, now) < QUIET_SECONDS) {
      last.leftOut++;
      return;
    }
    said.set(kind, { at: now, leftOut: 0 });
    const more = last === undefined || last.leftOut === 0 ? "" : ` (and ${last.leftOut} more since the last line)`;
    log(level, kind, why + more);
  }

  return {
    hear(event) {
      const { kind, viewerAddress } = event;
      switch (kind) {
        case "too-many-connections":
          counted.connectionsRefused++;
          return write("warn", kind, `${viewerAddress} was turned away: ${TOO_MANY[event.of]}`);
        case "refused": {
          counted.messagesRefused++;
          const asked = event.method === undefined ? "" : ` ${event.method} ${event.target ?? ""}`.slice(0, 200);
          return write("info", kind, `${viewerAddress}${asked}: ${event.status} ${event.reason}`);
        }
        case "timed-out":
          counted.viewersTimedOut++;
          return write("info", kind, `${viewerAddress}: ${event.phase}`);
        case "answer-broke-off":
          counted.answersBrokenOff++;
          return write("info", kind, `${viewerAddress}: ${inWords(event.error)}`);
        case "handshake-failed":
        case "protocol-broken":
        case "flooded":
          counted.connectionsBroken++;
          return write("info", kind, `${viewerAddress}: ${event.why}`);
        case "respond-threw": {
          const { error } = event;
          return log("error", kind, error instanceof Error ? (error.stack ?? error.message) : String(error));
        }
        case "socket-failed":
          // Most are resets, which say nothing but that a viewer has gone.
          if ((event.error as NodeJS.ErrnoException).code === "ECONNRESET") return;
          return write("info", kind, `${viewerAddress}: ${event.error.message}`);
      }
    },
    counters: () => ({ ...counted }),
  };
}

const TOO_MANY = {
  all: "there are as many connections as viewerConnectionsMax, or the system's number of open files, allows",
  address: "its address has viewerConnectionsPerAddressMax connections",
} as const;

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
