// What a listener and each viewer's connection are to each other, whichever protocol is spoken on it: what the connection can be
// told to do, what all connections share, and what they report.

import type { Socket } from "node:net";

import type { Limits } from "../../vocabulary/limits.ts";
import { withoutMapping } from "../../vocabulary/network-address.ts";
import type { Clock, EpochMs } from "../../vocabulary/time.ts";
import type { Answer, OnServed, RefusedRequest, Respond, ViewerTls } from "./message.ts";

export interface ViewerPeer {
  /**
   * Ends the connection now if it is idle, else after the answers in work. With `sparesIdle`: where an end could cross with a request
   * that is on its way, after the next answer, which says so, or when it is called again and the connection has been idle since.
   */
  drain(sparesIdle: boolean): void;
  /** Cuts the connection off. */
  destroy(): void;
  /** Enforces the time-outs and rates; to be called about once a second. */
  sweep(now: EpochMs): void;
}

/** A message that never became a request, or one that could not be answered as asked. */
export type Refused = RefusedRequest;

/** What an operator may want to know about; nothing has to be done about any of them. */
export type TransportEvent =
  | ({ readonly kind: "refused" } & Refused)
  /** The pipeline or an answer's body broke its promise, or an origin broke off: see the error. */
  | { readonly kind: "respond-threw" | "answer-broke-off"; readonly viewerAddress: string; readonly error: unknown }
  | {
      readonly kind: "timed-out";
      readonly viewerAddress: string;
      readonly phase: "handshake" | "head" | "idle" | "body" | "write" | "tunnel" | "half-closed";
    }
  | { readonly kind: "handshake-failed"; readonly viewerAddress: string; readonly why: string }
  | { readonly kind: "too-many-connections"; readonly viewerAddress: string; readonly of: "all" | "address" | "load" }
  /** An HTTP/2 viewer broke the protocol, or sent more of something than it may: its connection is ended. */
  | { readonly kind: "protocol-broken" | "flooded"; readonly viewerAddress: string; readonly why: string }
  | { readonly kind: "socket-failed"; readonly viewerAddress: string; readonly error: Error };

/** What all connections of a listener share, and of a TLS connection what was agreed on. */
export interface ConnectionSurroundings {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly scheme: "http" | "https";
  readonly respond: Respond;
  readonly refuse: (refused: Refused) => Answer;
  readonly log: (event: TransportEvent) => void;
  /** Left out: nobody records what was served. */
  readonly onServed?: OnServed | undefined;
  /** No further request is wanted on any connection. */
  readonly isDraining: () => boolean;
  /** While that is so: a viewer who was told that it may ask again may do it once more. */
  readonly sparesIdle: () => boolean;
  readonly onClosed: (connection: ViewerPeer) => void;
  readonly tls?: ViewerTls;
  /** Resets the TCP connection below TLS, which a TLS socket does not know how to. */
  readonly reset?: () => void;
}

/** As logs and the pipeline have it: IPv4-mapped addresses are IPv4. "" for a viewer that is gone already. */
export function viewerAddressOf(socket: Socket): string {
  return withoutMapping(socket.remoteAddress ?? "");
}
