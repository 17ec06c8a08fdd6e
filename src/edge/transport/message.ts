// What crosses the border between the transport (bytes, sockets) and the pipeline (decisions): a request that was read
// whole up to its body, and the answer to send. Any protocol and runtime can stand behind it.

import type { Duplex } from "node:stream";

import type { ByteRange } from "../../http/byte-range.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { ReasonName } from "../reasons.ts";
import type { IdDraw } from "../request-ids.ts";
import type { RequestMemo } from "../request-memo.ts";
import type { Served } from "../served.ts";
import type { RefusalReason } from "./refusals.ts";

/**
 * A field line: name as received or to be sent, value without surrounding white space. Lists keep order and repeats,
 * because both mean something [RFC 9110 §5.3].
 */
export type Field = readonly [name: string, value: string];

export interface ViewerRequest {
  /** As received: methods are case-sensitive [RFC 9110 §9.1]. */
  readonly method: string;
  /** Origin-form as received (absolute-form is reduced to it, its authority replacing Host [RFC 9112 §3.2.2]); `*` for OPTIONS. */
  readonly target: string;
  /** `target` up to the first `?`, raw. */
  readonly path: string;
  /** `target` after the first `?`, raw; `undefined` without one, "" for a bare one. */
  readonly query: string | undefined;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly scheme: "http" | "https";
  /** Value of Host or :authority, port included; "" when a 1.0 request has none. */
  readonly host: string;
  /** In order of arrival. */
  readonly fields: readonly Field[];
  /** Value of the first field of that name (lower case), `undefined` when there is none. */
  field(lowerName: string): string | undefined;
  /** Absent when the message has none. Can be read once; the connection goes on only after it was read or given up. */
  readonly body: RequestBody | undefined;
  /**
   * Has the listener called, once, when the viewer leaves before it is answered; a later listener takes the place of an
   * earlier one. Absent where that is not known.
   */
  readonly onGone?: ((listener: () => void) => void) | undefined;
  /** The viewer asks to go on as a WebSocket, and the transport could: a "tunnel" may be the answer [RFC 6455 §4.1]. */
  readonly upgrade?: "websocket" | undefined;
  /** Address of the peer, without port; IPv4-mapped addresses as IPv4. */
  readonly viewerAddress: string;
  /** Port of the peer; `undefined` where it is not known. */
  readonly viewerPort?: number | undefined;
  /** Of the connection that it came over; `undefined` over plain HTTP. */
  readonly tls?: ViewerTls | undefined;
  /**
   * Sends an interim response, 102 to 199 without 101, before the answer to `about`, which is this request: once the
   * answer has begun nothing is sent. Absent where the protocol has none, as in HTTP/1.0. [RFC 9110 §15.2]
   */
  readonly interim?: ((about: ViewerRequest, status: number, fields: readonly Field[]) => void) | undefined;
  /** Bytes of request line and header section. */
  readonly headBytes: number;
  /** When its head was here; left out: the pipeline looks at its own clock, as it does where that may be moved. */
  readonly receivedAt?: EpochMs | undefined;
  /** The same object for all requests of a connection that bring the same header block. */
  readonly memo: RequestMemo;
}

/** What was agreed on in a viewer's handshake. */
export interface ViewerTls {
  /** `TLSv1`, `TLSv1.1`, `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  /** Name in the registry of TLS: `TLS_AES_128_GCM_SHA256`. */
  readonly cipher: string;
  /** The host that the handshake was for, in lower case; `undefined` when the viewer named none. */
  readonly serverName: string | undefined;
  /** An earlier session was taken up again. */
  readonly isResumed: boolean;
  /** Who owns the certificate that was shown; `undefined` for the shared one of the edge. */
  readonly certificateAccount: AccountId | undefined;
}

export interface RequestBody {
  /** From Content-Length; `undefined` for chunked. */
  readonly length: number | undefined;
  /** Throws when the viewer breaks off or breaks the framing. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes of it that were read so far. Absent where nobody counts. */
  readonly received?: number;
}

export interface Answer {
  readonly status: number;
  /** What stands in front of `fields`, made once for many answers; left out: nothing. `answerFields` has both as one. */
  readonly prepared?: PreparedFields | undefined;
  /** Complete but for what frames the message: the transport adds Content-Length or Transfer-Encoding, and Connection. */
  readonly fields: readonly Field[];
  readonly body: AnswerBody;
  /** Why the edge made the answer itself; absent where it is the origin's, or made from one of the origin's. */
  readonly madeHere?: ReasonName;
  /** How many of the fields stand in front of those that frame the message; all of them, unless it is said. Not with `prepared`. */
  readonly framingAt?: number;
  /** What the answer was, for whoever records it; absent on one that the transport made itself. */
  readonly served?: Served | undefined;
  /** `X-Amz-Cf-Id`; likewise. */
  readonly requestId?: string | undefined;
  /** Where the id stands among those that were drawn with it; where that is known, which nobody depends on. */
  readonly idDraw?: IdDraw | undefined;
  readonly idPlace?: number | undefined;
  /** Which part of a stored response it is: its Content-Range, as numbers. `undefined`: it is not one, or the fields alone say. */
  readonly part?: ByteRange | undefined;
  /** The connection must not carry another request. */
  readonly close?: boolean;
  /** No further request on the connection is looked at before it says so: the edge has too much to do. */
  readonly hold?: ((release: () => void) => void) | undefined;
}

/** Fields that many answers have in common. A transport keeps on it what it made of them, so they are looked at once. */
export interface PreparedFields {
  readonly fields: readonly Field[];
  /** As HTTP/1.1 lines, checked; `undefined` until they are sent for the first time. HTTP/1.1's own. */
  http1: string | undefined;
  /** HTTP/2's own. */
  http2: unknown;
}

export function prepareFields(fields: readonly Field[]): PreparedFields {
  return { fields, http1: undefined, http2: undefined };
}

/** All fields of an answer, in order. */
export function answerFields({ prepared, fields }: Pick<Answer, "prepared" | "fields">): readonly Field[] {
  return prepared === undefined ? fields : [...prepared.fields, ...fields];
}

export type AnswerBody =
  | { readonly kind: "none" }
  /** To a HEAD request only its length is told. */
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /**
   * Read as fast as the viewer takes it. A throw breaks the message off visibly: the connection is closed without the
   * last chunk, or short of `length`. When the viewer leaves first, the iterator's `return` is called.
   */
  | { readonly kind: "stream"; readonly length: number | undefined; readonly chunks: AsyncIterable<Uint8Array> }
  /** Only with status 101, to a request with `upgrade`: the connection is a tunnel from here on, and never carries a request again. */
  | { readonly kind: "tunnel"; readonly tunnel: Tunnel };

export interface Tunnel {
  /** The far end. Nothing of it was read; what it is told and how it ends is the transport's from now on. */
  readonly far: Duplex;
  /** Called once, when both ends are gone. */
  readonly ended: (end: TunnelEnd) => void;
}

export interface TunnelEnd {
  /** Who ended it. "cut": we did, because the edge stops or has no more room. */
  readonly by: "viewer" | "origin" | "idle" | "cut";
  /** An end broke off instead of closing. */
  readonly isAbrupt: boolean;
  readonly bytesFromViewer: number;
  readonly bytesToViewer: number;
}

/**
 * How an answer ended. "whole": its last byte was handed to the socket. "broke-off": the origin or the edge could not go on.
 * "viewer-left": the viewer was gone before it was whole.
 */
export type ServedOutcome = "whole" | "broke-off" | "viewer-left";

/**
 * Told once for every request and every refused message, when all of the answer was handed over or it broke off. It must not
 * throw. Numbers are positional because a hit should cost no object. `answer` is `undefined` where the viewer left before there was one;
 * `firstByteAt` likewise. Bytes are those handed to the socket, bodies without what frames them. A tunnel is told when it is over,
 * with what went to the viewer.
 */
export type OnServed = (
  request: ViewerRequest | RefusedRequest,
  answer: Answer | undefined,
  headBytes: number,
  bodyBytes: number,
  startedAt: EpochMs,
  firstByteAt: EpochMs | undefined,
  outcome: ServedOutcome,
  endedAt: EpochMs,
) => void;

/** A message that never became a request, as far as it could be read. `reason` tells it from a request. */
export interface RefusedRequest {
  readonly status: number;
  readonly reason: RefusalReason;
  readonly viewerAddress: string;
  readonly method?: string;
  readonly target?: string;
}

/** The pipeline, as the transport sees it: it always answers and never throws; at once where it can. */
export type Respond = (request: ViewerRequest) => Answer | Promise<Answer>;
