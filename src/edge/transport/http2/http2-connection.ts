// One viewer's HTTP/2 connection [D-0023]: its socket, and how it is entered, left and ended. What its frames do is in http2-frame-intake.ts and
// http2-header-intake.ts, its streams are in http2-streams.ts, each of them an exchange with the pipeline; what may be sent when
// [RFC 9113] is http2-output.ts's. No stream has a timer: the listener's sweep drives everything.

import type { TLSSocket } from "node:tls";

import { type EpochMs, secondsBetween } from "../../../vocabulary/time.ts";
import { viewerAddressOf, type ConnectionSurroundings, type ViewerPeer } from "../viewer-peer.ts";
import { Http2Budgets } from "./http2-budgets.ts";
import { protocolFault, sizeFault, type ConnectionFault } from "./http2-faults.ts";
import { FAREWELL, Http2FrameIntake } from "./http2-frame-intake.ts";
import { FrameReader } from "./http2-frame-reader.ts";
import {
  ERROR,
  goawayFrame,
  pingFrame,
  SETTING,
  settingsFrame,
  STREAM_ID_MAX,
  type ErrorCode,
} from "./http2-frames.ts";
import { Http2HeaderIntake } from "./http2-header-intake.ts";
import { Http2Output } from "./http2-output.ts";
import { Http2ReceiveWindows } from "./http2-receive-windows.ts";
import { Http2Streams, type StreamsHolder } from "./http2-streams.ts";

/** How long a viewer has to take the last of what is on its way out, and how much of what it still sends is read over. */
const LINGER_SECONDS = 5;
const LINGER_BYTES_MAX = 4_194_304;
/** How long it is waited, at a drain, for requests that are on their way. */
const FAREWELL_SECONDS = 2;

/** Takes over a socket whose handshake is done and has agreed on `h2`. */
export function acceptHttp2(socket: TLSSocket, around: ConnectionSurroundings): ViewerPeer {
  return new Http2Connection(socket, around);
}

class Http2Connection implements ViewerPeer, StreamsHolder {
  // For its streams and what takes its frames.
  readonly around: ConnectionSurroundings;
  readonly viewerAddress: string;
  readonly viewerPort: number | undefined;
  readonly output: Http2Output;
  readonly windows: Http2ReceiveWindows;
  readonly budgets: Http2Budgets;
  now: EpochMs;

  readonly #socket: TLSSocket;
  readonly #reader = new FrameReader();
  readonly #streams: Http2Streams;
  readonly #headers: Http2HeaderIntake;
  readonly #frames: Http2FrameIntake;
  /**
   * "parting": it was told that we will go, and may still ask. "leaving": open streams are let through, no others. "ending": nothing is
   * read any more, and our last words are on their way.
   */
  #phase: "open" | "parting" | "leaving" | "ending" | "closed" = "open";
  /** Since when it is in this phase, or without a stream. */
  #since: EpochMs;
  /** Of the write that was in work when it was last looked at. */
  #wasWritingSince: EpochMs | undefined;
  /** It ends because of what the viewer did. */
  #isCutOff = false;
  #lingeredBytes = 0;

  constructor(socket: TLSSocket, around: ConnectionSurroundings) {
    const { limits, clock } = around;
    this.now = this.#since = clock.now();
    this.#socket = socket;
    socket.allowHalfOpen = false; // half a connection is of no use here
    this.around = around;
    this.viewerAddress = viewerAddressOf(socket);
    this.viewerPort = socket.remotePort;
    this.output = new Http2Output(socket, clock);
    this.windows = new Http2ReceiveWindows(this.output);
    this.budgets = new Http2Budgets(limits, this.now);
    this.#streams = new Http2Streams(this);
    // A head somewhat beyond the bounds still gets its 413; one far beyond them has its stream reset.
    const headBytesMax = 2 * limits.viewerHeaderBytesMax;
    this.#headers = new Http2HeaderIntake(this, this.#streams, headBytesMax);
    this.#frames = new Http2FrameIntake(this, this.#streams, this.#headers);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("end", () => socket.destroy()); // who closes its half has left
    socket.on("error", (error) => around.log({ kind: "socket-failed", viewerAddress: this.viewerAddress, error }));
    socket.on("close", () => this.#onClose());
    this.output.sendFirst(
      settingsFrame([
        [SETTING.maxConcurrentStreams, limits.viewerHttp2StreamsMax],
        [SETTING.maxHeaderListSize, headBytesMax],
      ]),
    );
    // With the first answer where its request is here already.
    this.output.flushSoon();
  }

  // What the listener tells it.

  drain(sparesIdle: boolean): void {
    if (this.#phase !== "open") return;
    if (this.#streams.size === 0 && !sparesIdle) return this.#leave();
    // Requests that are on their way are still answered: it is told twice, with a turn on the line in between. [RFC 9113 §6.8]
    this.#phase = "parting";
    this.#since = this.around.clock.now();
    this.output.sendFirst(goawayFrame(STREAM_ID_MAX, ERROR.none));
    this.output.sendFirst(pingFrame(0, FAREWELL));
    this.output.flush();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(now: EpochMs): void {
    if (this.#phase === "closed") return;
    const { limits } = this.around;
    const { writingSince } = this.output;
    const isStuck = writingSince !== undefined && writingSince === this.#wasWritingSince;
    this.#wasWritingSince = writingSince;
    if (isStuck && secondsBetween(writingSince, now) > limits.viewerWriteTimeoutSeconds) {
      this.#tellTimedOut("write");
      this.destroy();
      return;
    }
    if (this.#phase === "ending") {
      // Whoever has done nothing wrong may take its time over the last of its answers.
      if (isStuck && !this.#isCutOff) this.#since = now;
      else if (secondsBetween(this.#since, now) > LINGER_SECONDS) this.destroy();
      return;
    }
    const { blockSince } = this.#headers;
    if (blockSince !== undefined && secondsBetween(blockSince, now) > limits.viewerHeaderTimeoutSeconds) {
      this.#tellTimedOut("head");
      this.#end(ERROR.none);
      return;
    }
    this.#streams.stopOverdue(now);
    this.output.flush();
    const waited = secondsBetween(this.#since, now);
    if (this.#phase === "parting" && waited > FAREWELL_SECONDS) this.#leave();
    if (this.#streams.size > 0 || this.#phase !== "open") return;
    const { viewerHeaderTimeoutSeconds, viewerIdleTimeoutSeconds } = limits;
    if (waited <= (this.#streams.answered === 0 ? viewerHeaderTimeoutSeconds : viewerIdleTimeoutSeconds)) return;
    this.#tellTimedOut("idle");
    this.#leave();
  }

  #tellTimedOut(phase: "idle" | "head" | "write"): void {
    this.around.log({ kind: "timed-out", viewerAddress: this.viewerAddress, phase });
  }

  // Bytes come in.

  #onData(chunk: Buffer): void {
    if (!this.#isTaking()) {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > LINGER_BYTES_MAX) this.destroy();
      return;
    }
    this.output.isGathering = true;
    this.now = this.around.clock.now();
    const reader = this.#reader;
    reader.feed(chunk);
    let fault: ConnectionFault | undefined;
    while (fault === undefined && this.#isTaking()) {
      const step = reader.next();
      if (step === "more") break;
      if (step === "frame") fault = this.#frames.take(reader);
      else fault = step === "broken" ? protocolFault("this is not HTTP/2") : sizeFault("a frame beyond the largest");
    }
    this.output.isGathering = false;
    if (fault === undefined) this.output.flush();
    else this.#fail(fault);
  }

  #isTaking(): boolean {
    return this.#phase !== "ending" && this.#phase !== "closed";
  }

  // What its streams tell it.

  onEmpty(now: EpochMs): void {
    this.#since = now;
    if (this.#phase === "leaving") this.#end(ERROR.none, true);
  }

  onFarewellHeard(): void {
    if (this.#phase === "parting") this.#leave();
  }

  // Leaving.

  /** No further streams; the connection ends once those that are open are through. */
  #leave(): void {
    this.#phase = "leaving";
    this.#streams.takesMore = false;
    this.#since = this.around.clock.now();
    if (this.#streams.size === 0) return this.#end(ERROR.none);
    this.output.sendFirst(goawayFrame(this.#streams.lastTaken, ERROR.none));
    this.output.flush();
  }

  /** Says so, and closes behind it. What else comes is read over, so that a reset does not overtake our last words. */
  #end(code: ErrorCode, isTold = false): void {
    this.#phase = "ending";
    this.#since = this.around.clock.now();
    this.#isCutOff = code !== ERROR.none;
    this.#streams.giveUpAll();
    this.output.dropAnswers();
    if (!isTold) this.output.sendFirst(goawayFrame(this.#streams.lastTaken, code));
    this.output.end();
  }

  #fail({ code, kind, why }: ConnectionFault): void {
    this.around.log({ kind, viewerAddress: this.viewerAddress, why });
    this.#end(code);
  }

  #onClose(): void {
    this.#phase = "closed";
    this.#streams.giveUpAll();
    this.output.dropAnswers();
    this.around.onClosed(this);
  }
}
