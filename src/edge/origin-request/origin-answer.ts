// What an origin answered: a response, a tunnel, or a failure that says whose fault it was. Made by fetch-origin.ts, and all
// that the cache and the answers to viewers know of it.

import type { Duplex } from "node:stream";
import type { EncodedHere } from "../origin-response/encoded-fields.ts";
import type { Field } from "../transport/message.ts";
import type { ReasonName } from "../reasons.ts";
import type { ResponseMemo } from "./header-section.ts";

export interface OriginResponse {
  readonly kind: "response";
  readonly status: number;
  /** End to end, without Content-Length. */
  readonly fields: readonly Field[];
  /** Of the body; for HEAD of the body that GET would have. `undefined`: not told beforehand. */
  readonly length: number | undefined;
  /** Absent where there is none to come: HEAD, 204, 304, length 0. Nothing needs to be given up then. */
  readonly body: OriginBody | undefined;
  /** Of the header section that it came with, which may say more or other things than `fields` by now. */
  readonly memo?: ResponseMemo;
  /** Set when the edge has compressed it since. */
  readonly encoded?: EncodedHere;
}

export interface OriginBody {
  /** Throws when the body breaks off or the origin pauses for too long. To be read once, or given up by `return` or `abort`. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** All of it, where it came with the head: then its connection is free already. `chunks` has the same. */
  readonly whole?: Uint8Array;
  abort(): void;
}

/** A 101 that was found good. [RFC 6455 §4.1] */
export interface OriginTunnel {
  readonly kind: "tunnel";
  /** End to end. */
  readonly fields: readonly Field[];
  /** Whatever came right behind the head is still in it. Its owner must listen for faults before anything else happens. */
  readonly far: Duplex;
}

export type Fetched = OriginTunnel | OriginResponse | OriginFailure;

export interface OriginFailure {
  readonly kind: "failure";
  readonly status: 400 | 502 | 503 | 504;
  readonly reason: ReasonName;
  readonly fault: "viewer" | "origin";
  readonly why: string;
}
