// What the transport tells of its viewers, counted for the operator and written to the log: of each kind at most one line in
// ten seconds. Faults of our own are all written.

import type { Clock } from "../vocabulary/time.ts";
import { openQuietLog, type WriteLine } from "./quiet-log.ts";
import type { TransportEvent } from "./transport/viewer-peer.ts";

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

export function openTransportLog(clock: Clock, log: WriteLine): TransportLog {
  const counted = {
    connectionsRefused: 0,
    connectionsBroken: 0,
    messagesRefused: 0,
    viewersTimedOut: 0,
    answersBrokenOff: 0,
  };
  const write = openQuietLog(clock, 1, log);

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
  load: "more is asked than can be answered, and handshakes cost more than answers",
} as const;

function inWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
