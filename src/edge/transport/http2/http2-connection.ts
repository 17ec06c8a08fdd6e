// One viewer's HTTP/2 connection: a node:http2 session on a TLS socket, each of its streams an exchange with the pipeline
// [D-0009]. What nghttp2 holds by itself (frames, HPACK, flow control, some floods) is set up here, and what it does not
// hold is counted here. No stream has a timer: the listener's sweep drives everything.

import { constants, performServerHandshake, type ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";

import { type EpochMs, secondsBetween } from "../../../vocabulary/time.ts";
import { Allowance } from "./allowance.ts";
import { Http2Exchange, type ExchangeSurroundings } from "./http2-exchange.ts";
import { viewerAddressOf, type ConnectionSurroundings, type TransportEvent, type ViewerPeer } from "../viewer-peer.ts";

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_FLAG_END_STREAM } = constants;

/** How long a viewer has to take the last of what is on its way out. */
const LINGER_SECONDS = 5;
/** Flow control costs a viewer bytes in proportion to what it gets: a thirteen-byte frame or two for each frame of ours. */
const SENT_BYTES_PER_OVERHEAD_BYTE = 16;
/** Seconds of the rate that may be used at a stretch. */
const OVERHEAD_STRETCH_SECONDS = 16;

/** How nghttp2 and node:http2 call what they end a session for by themselves. */
const FLOOD_ERRORS = /flood|too many/i;

/** Takes over a socket whose handshake is done and has agreed on `h2`. */
export function acceptHttp2(socket: TLSSocket, around: ConnectionSurroundings): ViewerPeer {
  return new Http2Connection(socket, around);
}

class Http2Connection implements ViewerPeer {
  readonly #socket: TLSSocket;
  readonly #around: ConnectionSurroundings;
  readonly #session: ServerHttp2Session;
  readonly #viewerAddress: string;
  readonly #exchanges = new Set<Http2Exchange>();
  /** "leaving": open streams are let through, no others. */
  #phase: "open" | "leaving" | "closed" = "open";
  /** Since when it is in this phase, or without a stream. */
  #since: EpochMs;
  /** When the viewer last took something of an answer. */
  #progressAt: EpochMs;
  #answered = 0;
  readonly #resets: Allowance;
  readonly #controlFrames: Allowance;
  readonly #overhead: Allowance;
  /** Bytes that came and made up requests and their bodies, as far as is known. */
  #usefulBytes = 0;
  #overheadBytesSeen = 0;
  #sentBytesSeen = 0;

  constructor(socket: TLSSocket, around: ConnectionSurroundings) {
    const { limits, clock } = around;
    const now = clock.now();
    this.#socket = socket;
    socket.allowHalfOpen = false; // half a connection is of no use here
    this.#around = around;
    this.#since = this.#progressAt = now;
    this.#viewerAddress = viewerAddressOf(socket);
    this.#resets = new Allowance(limits.viewerHttp2ResetBurstMax, limits.viewerHttp2ResetsPerSecondMax, now);
    this.#controlFrames = new Allowance(
      limits.viewerHttp2ControlFrameBurstMax,
      limits.viewerHttp2ControlFramesPerSecondMax,
      now,
    );
    const overheadRate = limits.viewerHttp2OverheadBytesPerSecondMax;
    this.#overhead = new Allowance(overheadRate * OVERHEAD_STRETCH_SECONDS, overheadRate, now);

    const session = performServerHandshake(socket, {
      // A head somewhat beyond the bounds still gets its 413; one far beyond them has its stream reset.
      settings: {
        maxConcurrentStreams: limits.viewerHttp2StreamsMax,
        maxHeaderListSize: 2 * limits.viewerHeaderBytesMax,
      },
      maxHeaderListPairs: 2 * limits.viewerFieldsMax,
      // What nghttp2 counts of resets is in the clock of the machine; the same bounds are held here in ours.
      streamResetBurst: limits.viewerHttp2ResetBurstMax,
      streamResetRate: limits.viewerHttp2ResetsPerSecondMax,
      // What origins repeat is theirs to repeat, as over HTTP/1.1.
      strictSingleValueFields: false,
    });
    this.#session = session;
    const on: ExchangeSurroundings = {
      around,
      viewerAddress: this.#viewerAddress,
      viewerPort: socket.remotePort,
      onUsefulBytes: (count) => (this.#usefulBytes += count),
      onProgress: () => (this.#progressAt = clock.now()),
      onClosed: (exchange, isCutShort) => this.#onExchangeClosed(exchange, isCutShort),
    };
    session.on("stream", (stream, _headers, flags, rawFields) => {
      if (stream.destroyed || stream.closed) {
        // Reset as soon as it was opened: nothing was begun, and it counts all the same.
        stream.on("error", () => undefined);
        this.#countReset();
        return;
      }
      const exchange = new Http2Exchange(stream, on);
      this.#exchanges.add(exchange);
      exchange.begin(rawFields, (flags & NGHTTP2_FLAG_END_STREAM) === 0);
    });
    session.on("ping", () => this.#countControlFrame("PING"));
    session.on("remoteSettings", () => this.#countControlFrame("SETTINGS"));
    session.on("error", (error: NodeJS.ErrnoException) => this.#onError(error));
    session.on("close", () => {
      this.#phase = "closed";
      around.onClosed(this);
    });
  }

  drain(): void {
    // One GOAWAY that names the last request we saw: what is on its way beyond it is known not to be done, and is asked again
    // elsewhere [RFC 9113 §6.8]. node:http2 cannot tell the end beforehand and go on taking requests.
    if (this.#phase === "open") this.#leave();
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  sweep(now: EpochMs): void {
    if (this.#phase === "closed") return;
    const waited = secondsBetween(this.#since, now);
    if (this.#session.destroyed) {
      if (waited > LINGER_SECONDS) this.#socket.destroy(); // it does not take the last of what we say
      return;
    }
    this.#countOverhead(now);
    for (const exchange of this.#exchanges) {
      const phase = exchange.overdue(now, this.#progressAt);
      if (phase === undefined) continue;
      if (phase === "reset") {
        this.destroy();
        return;
      }
      this.#log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase });
      exchange.reset(NGHTTP2_CANCEL);
    }
    if (this.#exchanges.size > 0) return;
    if (this.#phase === "leaving") {
      if (waited > LINGER_SECONDS) this.destroy();
      return;
    }
    const { viewerHeaderTimeoutSeconds, viewerIdleTimeoutSeconds } = this.#around.limits;
    if (waited <= (this.#answered === 0 ? viewerHeaderTimeoutSeconds : viewerIdleTimeoutSeconds)) return;
    this.#log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase: "idle" });
    this.#leave();
  }

  /** No further streams; the connection ends once those that are open are through. */
  #leave(): void {
    this.#phase = "leaving";
    this.#since = this.#around.clock.now();
    if (!this.#session.destroyed) this.#session.close();
  }

  #onExchangeClosed(exchange: Http2Exchange, isCutShort: boolean): void {
    this.#exchanges.delete(exchange);
    this.#answered++;
    this.#since = this.#around.clock.now();
    if (isCutShort) this.#countReset();
    else this.#progressAt = this.#since;
  }

  // What a viewer may do, but not without end.

  /** Work that was begun and thrown away, by the viewer (CVE-2023-44487) or because it made us (CVE-2025-8671). */
  #countReset(): void {
    if (!this.#resets.take(1, this.#around.clock.now())) this.#endFlood("too many of its requests were reset");
  }

  /** Each is answered (CVE-2019-9512, CVE-2019-9515). nghttp2 bounds the answers that wait, not their number. */
  #countControlFrame(name: "PING" | "SETTINGS"): void {
    if (this.#controlFrames.take(1, this.#around.clock.now())) return;
    this.#endFlood(`it sent too many PING and SETTINGS frames, a ${name} last`);
  }

  /**
   * Bytes that are neither request nor body: WINDOW_UPDATE, PRIORITY, unknown and empty frames, padding. node:http2 shows none
   * of them, so they are what is left when the rest has been taken off.
   */
  #countOverhead(now: EpochMs): void {
    const { bytesRead, bytesWritten } = this.#socket;
    let known = this.#usefulBytes;
    for (const exchange of this.#exchanges) known += exchange.unreadBytes;
    const overhead = bytesRead - known - this.#overheadBytesSeen;
    const earned = (bytesWritten - this.#sentBytesSeen) / SENT_BYTES_PER_OVERHEAD_BYTE;
    this.#overheadBytesSeen += overhead;
    this.#sentBytesSeen = bytesWritten;
    if (!this.#overhead.take(overhead - earned, now)) this.#endFlood("it sent too much that carries nothing");
  }

  #endFlood(why: string): void {
    if (this.#phase === "closed" || this.#session.destroyed) return;
    this.#log({ kind: "flooded", viewerAddress: this.#viewerAddress, why });
    this.#phase = "leaving";
    this.#since = this.#around.clock.now();
    // Without an error, since it was told; the code goes out in the last GOAWAY.
    this.#session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #onError(error: NodeJS.ErrnoException): void {
    const viewerAddress = this.#viewerAddress;
    if (FLOOD_ERRORS.test(error.message)) this.#log({ kind: "flooded", viewerAddress, why: error.message });
    else if (error.code?.startsWith("ERR_HTTP2_") === true) {
      this.#log({ kind: "protocol-broken", viewerAddress, why: error.message });
    } else this.#log({ kind: "socket-failed", viewerAddress, error });
  }

  #log(event: TransportEvent): void {
    this.#around.log(event);
  }
}
