// One viewer's HTTP/2 connection [D-0023]: frames from the socket to streams, each of them an exchange with the pipeline. What may be
// sent when [RFC 9113], and what a viewer may do without end, is held here. No stream has a timer: the listener's sweep
// drives everything.

import type { TLSSocket } from "node:tls";

import { type EpochMs, secondsBetween } from "../../../vocabulary/time.ts";
import { viewerAddressOf, type ConnectionSurroundings, type TransportEvent, type ViewerPeer } from "../viewer-peer.ts";
import { Http2Budgets } from "./http2-budgets.ts";
import { Http2Exchange, nameRefused, type ExchangeSurroundings } from "./http2-exchange.ts";
import {
  COMPRESSION_FAULT,
  floodFault,
  OVERHEAD_FLOOD,
  protocolFault,
  RESET_FLOOD,
  sizeFault,
  windowFault,
  type ConnectionFault,
} from "./http2-faults.ts";
import { FrameReader } from "./http2-frame-reader.ts";
import {
  ERROR,
  FLAG,
  FRAME,
  goawayFrame,
  numberFrame,
  pingFrame,
  SETTING,
  settingsFrame,
  STREAM_ID_MAX,
  WINDOW_BYTES,
  WINDOW_BYTES_MAX,
  type ErrorCode,
} from "./http2-frames.ts";
import { HeaderBlocks } from "./http2-header-blocks.ts";
import { Http2Output } from "./http2-output.ts";
import { faultOfSetting, withoutPadding } from "./http2-payloads.ts";
import { Http2ReceiveWindows } from "./http2-receive-windows.ts";
import type { Http2Refusal } from "./http2-request-head.ts";

/** How long a viewer has to take the last of what is on its way out, and how much of what it still sends is read over. */
const LINGER_SECONDS = 5;
const LINGER_BYTES_MAX = 4_194_304;
/** How long it is waited, at a drain, for requests that are on their way. */
const FAREWELL_SECONDS = 2;
/** Frames that a header block may come in. */
const BLOCK_FRAMES_MAX = 16;
/** Members of one SETTINGS frame. */
const SETTINGS_MEMBERS_MAX = 32;
/** Streams that we reset and that the viewer may not know of yet. */
const STOPPED_MAX = 512;

/** What our own PING says, so that its acknowledgment is told from others. */
const FAREWELL = Buffer.from("farewell", "latin1");
const NO_BYTES = Buffer.alloc(0);

/** Takes over a socket whose handshake is done and has agreed on `h2`. */
export function acceptHttp2(socket: TLSSocket, around: ConnectionSurroundings): ViewerPeer {
  return new Http2Connection(socket, around);
}

/** A header block that has begun. */
interface OpenBlock {
  readonly stream: number;
  readonly isLast: boolean;
  readonly parts: Buffer[];
  bytes: number;
  readonly since: EpochMs;
}

class Http2Connection implements ViewerPeer {
  readonly #socket: TLSSocket;
  readonly #around: ConnectionSurroundings;
  readonly #viewerAddress: string;
  readonly #reader = new FrameReader();
  readonly #blocks: HeaderBlocks;
  readonly #output: Http2Output;
  readonly #windows: Http2ReceiveWindows;
  readonly #budgets: Http2Budgets;
  readonly #on: ExchangeSurroundings;
  readonly #exchanges = new Map<number, Http2Exchange>();
  /** Streams that we reset, the oldest first: what is on its way for them is read over. */
  readonly #stopped = new Set<number>();
  /**
   * "parting": it was told that we will go, and may still ask. "leaving": open streams are let through, no others. "ending": nothing is
   * read any more, and our last words are on their way.
   */
  #phase: "open" | "parting" | "leaving" | "ending" | "closed" = "open";
  /** Since when it is in this phase, or without a stream. */
  #since: EpochMs;
  /** When the viewer last took something of an answer. */
  #progressAt: EpochMs;
  /** Of the write that was in work when it was last looked at. */
  #wasWritingSince: EpochMs | undefined;
  #now: EpochMs;
  #answered = 0;
  #isReading = false;
  #hasSettings = false;
  #hasAcknowledged = false;
  #block: OpenBlock | undefined;
  /** The highest stream that the viewer has opened, and the highest that we have looked at. */
  #lastOpened = 0;
  #lastTaken = 0;
  /** What a stream may be sent at first. */
  #streamWindow = WINDOW_BYTES;
  /** It ends because of what the viewer did. */
  #isCutOff = false;
  #lingeredBytes = 0;

  constructor(socket: TLSSocket, around: ConnectionSurroundings) {
    const { limits, clock } = around;
    this.#now = this.#since = this.#progressAt = clock.now();
    this.#socket = socket;
    socket.allowHalfOpen = false; // half a connection is of no use here
    this.#around = around;
    this.#viewerAddress = viewerAddressOf(socket);
    // A head somewhat beyond the bounds still gets its 413; one far beyond them has its stream reset.
    const headBytesMax = 2 * limits.viewerHeaderBytesMax;
    this.#blocks = new HeaderBlocks(limits, { bytesMax: headBytesMax, linesMax: 2 * limits.viewerFieldsMax });
    this.#output = new Http2Output(socket, clock);
    this.#windows = new Http2ReceiveWindows(this.#output);
    this.#budgets = new Http2Budgets(limits, this.#now);
    this.#on = {
      around,
      viewerAddress: this.#viewerAddress,
      viewerPort: socket.remotePort,
      onReady: (exchange) => {
        this.#output.enqueue(exchange);
        if (!this.#isReading) this.#output.flushSoon();
      },
      onHeld: (bytes) => this.#windows.onHeld(bytes),
      onTaken: (exchange, bytes) => this.#onTaken(exchange, bytes),
      onProgress: (now) => (this.#progressAt = now),
      onBroken: (exchange, code) => {
        this.#stop(exchange, code, "broke-off");
        this.#output.flushSoon();
      },
      onDone: (exchange, isStopped, now) => {
        if (isStopped) this.#noteStopped(exchange.id);
        this.#forget(exchange, now);
      },
    };
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("end", () => socket.destroy()); // who closes its half has left
    socket.on("error", (error) => around.log({ kind: "socket-failed", viewerAddress: this.#viewerAddress, error }));
    socket.on("close", () => this.#onClose());
    this.#output.sendFirst(
      settingsFrame([
        [SETTING.maxConcurrentStreams, limits.viewerHttp2StreamsMax],
        [SETTING.maxHeaderListSize, headBytesMax],
      ]),
    );
    // With the first answer where its request is here already.
    this.#output.flushSoon();
  }

  drain(sparesIdle: boolean): void {
    if (this.#phase !== "open") return;
    if (this.#exchanges.size === 0 && !sparesIdle) return this.#leave();
    // Requests that are on their way are still answered: it is told twice, with a turn on the line in between. [RFC 9113 §6.8]
    this.#phase = "parting";
    this.#since = this.#around.clock.now();
    this.#output.sendFirst(goawayFrame(STREAM_ID_MAX, ERROR.none));
    this.#output.sendFirst(pingFrame(0, FAREWELL));
    this.#output.flush();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  sweep(now: EpochMs): void {
    if (this.#phase === "closed") return;
    const { limits } = this.#around;
    const { writingSince } = this.#output;
    const isStuck = writingSince !== undefined && writingSince === this.#wasWritingSince;
    this.#wasWritingSince = writingSince;
    if (isStuck && secondsBetween(writingSince, now) > limits.viewerWriteTimeoutSeconds) {
      this.#timeOut("write");
      this.destroy();
      return;
    }
    if (this.#phase === "ending") {
      // Whoever has done nothing wrong may take its time over the last of its answers.
      if (isStuck && !this.#isCutOff) this.#since = now;
      else if (secondsBetween(this.#since, now) > LINGER_SECONDS) this.destroy();
      return;
    }
    if (this.#block !== undefined && secondsBetween(this.#block.since, now) > limits.viewerHeaderTimeoutSeconds) {
      this.#timeOut("head");
      this.#end(ERROR.none);
      return;
    }
    for (const exchange of this.#exchanges.values()) {
      const phase = exchange.overdue(now, this.#progressAt);
      if (phase === undefined) continue;
      this.#timeOut(phase);
      this.#stop(exchange, ERROR.cancel, "viewer-left");
    }
    this.#output.flush();
    const waited = secondsBetween(this.#since, now);
    if (this.#phase === "parting" && waited > FAREWELL_SECONDS) this.#leave();
    if (this.#exchanges.size > 0 || this.#phase !== "open") return;
    const { viewerHeaderTimeoutSeconds, viewerIdleTimeoutSeconds } = limits;
    if (waited <= (this.#answered === 0 ? viewerHeaderTimeoutSeconds : viewerIdleTimeoutSeconds)) return;
    this.#timeOut("idle");
    this.#leave();
  }

  #timeOut(phase: "idle" | "head" | "body" | "write"): void {
    this.#log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase });
  }

  #log(event: TransportEvent): void {
    this.#around.log(event);
  }

  // Leaving.

  /** No further streams; the connection ends once those that are open are through. */
  #leave(): void {
    this.#phase = "leaving";
    this.#since = this.#around.clock.now();
    if (this.#exchanges.size === 0) return this.#end(ERROR.none);
    this.#output.sendFirst(goawayFrame(this.#lastTaken, ERROR.none));
    this.#output.flush();
  }

  /** Says so, and closes behind it. What else comes is read over, so that a reset does not overtake our last words. */
  #end(code: ErrorCode, isTold = false): void {
    this.#phase = "ending";
    this.#since = this.#around.clock.now();
    this.#isCutOff = code !== ERROR.none;
    this.#giveUpAll();
    this.#output.dropAnswers();
    if (!isTold) this.#output.sendFirst(goawayFrame(this.#lastTaken, code));
    this.#output.end();
  }

  #fail({ code, kind, why }: ConnectionFault): void {
    this.#log({ kind, viewerAddress: this.#viewerAddress, why });
    this.#end(code);
  }

  #giveUpAll(): void {
    for (const exchange of this.#exchanges.values()) exchange.giveUp("viewer-left", "the viewer left");
    this.#exchanges.clear();
  }

  #onClose(): void {
    this.#phase = "closed";
    this.#giveUpAll();
    this.#output.dropAnswers();
    this.#around.onClosed(this);
  }

  // Streams end.

  #forget(exchange: Http2Exchange, now: EpochMs): void {
    this.#exchanges.delete(exchange.id);
    this.#windows.forget(exchange);
    this.#output.forget(exchange);
    this.#answered++;
    if (this.#exchanges.size > 0) return;
    this.#since = now;
    if (this.#phase === "leaving") this.#end(ERROR.none, true);
  }

  #noteStopped(stream: number): void {
    this.#budgets.allowStray();
    this.#stopped.add(stream);
    if (this.#stopped.size <= STOPPED_MAX) return;
    for (const oldest of this.#stopped) {
      this.#stopped.delete(oldest);
      break;
    }
  }

  /** Ends a stream without a proper end: the viewer sees that what it has is not whole. */
  #stop(exchange: Http2Exchange, code: ErrorCode, outcome: "broke-off" | "viewer-left"): void {
    this.#output.sendFirst(numberFrame(FRAME.rstStream, exchange.id, code));
    this.#noteStopped(exchange.id);
    exchange.giveUp(outcome, "the request was given up");
    this.#forget(exchange, this.#around.clock.now());
  }

  /** The viewer has done what costs its stream. */
  #stopFor(stream: number, code: ErrorCode): ConnectionFault | undefined {
    const exchange = this.#exchanges.get(stream);
    if (exchange !== undefined) this.#stop(exchange, code, "viewer-left");
    else {
      this.#output.sendFirst(numberFrame(FRAME.rstStream, stream, code));
      this.#noteStopped(stream);
    }
    return this.#countReset();
  }

  #countReset(): ConnectionFault | undefined {
    return this.#budgets.takeReset(this.#now) ? undefined : RESET_FLOOD;
  }

  #isIdle(stream: number): boolean {
    return stream > this.#lastOpened || stream % 2 === 0;
  }

  // Frames come in.

  #onData(chunk: Buffer): void {
    if (this.#phase === "ending" || this.#phase === "closed") {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > LINGER_BYTES_MAX) this.destroy();
      return;
    }
    this.#isReading = true;
    this.#now = this.#around.clock.now();
    const reader = this.#reader;
    reader.feed(chunk);
    let fault: ConnectionFault | undefined;
    while (fault === undefined && this.#isTaking()) {
      const step = reader.next();
      if (step === "more") break;
      if (step === "frame") fault = this.#take(reader);
      else fault = step === "broken" ? protocolFault("this is not HTTP/2") : sizeFault("a frame beyond the largest");
    }
    this.#isReading = false;
    if (fault === undefined) this.#output.flush();
    else this.#fail(fault);
  }

  #isTaking(): boolean {
    return this.#phase !== "ending" && this.#phase !== "closed";
  }

  #take(frame: FrameReader): ConnectionFault | undefined {
    if (this.#block !== undefined && (frame.type !== FRAME.continuation || frame.stream !== this.#block.stream)) {
      return protocolFault("another frame within a header block");
    }
    if (!this.#hasSettings && (frame.type !== FRAME.settings || (frame.flags & FLAG.ack) !== 0)) {
      return protocolFault("the first frame is not SETTINGS");
    }
    switch (frame.type) {
      case FRAME.data:
        return this.#takeData(frame);
      case FRAME.headers:
        return this.#takeHeaders(frame);
      case FRAME.priority:
        return this.#takePriority(frame);
      case FRAME.rstStream:
        return this.#takeReset(frame);
      case FRAME.settings:
        return this.#takeSettings(frame);
      case FRAME.pushPromise:
        return protocolFault("PUSH_PROMISE from a viewer");
      case FRAME.ping:
        return this.#takePing(frame);
      case FRAME.goaway:
        if (frame.stream !== 0) return protocolFault("GOAWAY on a stream");
        // It will ask for nothing any more, and is answered what it has asked for.
        return frame.to - frame.from < 8 ? sizeFault("GOAWAY of a wrong length") : this.#takeOverhead(frame);
      case FRAME.windowUpdate:
        return this.#takeWindowUpdate(frame);
      case FRAME.continuation:
        return this.#takeContinuation(frame);
      default:
        return this.#takeOverhead(frame);
    }
  }

  /** It carries nothing that anybody asked for. */
  #takeOverhead({ from, to }: FrameReader): ConnectionFault | undefined {
    return this.#budgets.takeOverhead(to - from, this.#output.sentBytes, this.#now) ? undefined : OVERHEAD_FLOOD;
  }

  // Header blocks. [RFC 9113 §6.2] [RFC 9113 §6.10]

  #takeHeaders(frame: FrameReader): ConnectionFault | undefined {
    const { stream, flags, bytes } = frame;
    if (stream === 0) return protocolFault("HEADERS on no stream");
    const payload = withoutPadding(frame, (flags & FLAG.priority) === 0 ? 0 : 5);
    if ("code" in payload) return payload;
    const { from, to, padding } = payload;
    if (padding > 0 && !this.#budgets.takeData(0, padding, true, this.#now)) return OVERHEAD_FLOOD;
    const isLast = (flags & FLAG.endStream) !== 0;
    if ((flags & FLAG.endHeaders) !== 0) return this.#takeBlock(stream, isLast, bytes, from, to);
    this.#block = { stream, isLast, parts: [], bytes: 0, since: this.#now };
    return this.#addToBlock(this.#block, bytes.subarray(from, to));
  }

  #takeContinuation({ flags, bytes, from, to }: FrameReader): ConnectionFault | undefined {
    const block = this.#block;
    if (block === undefined) return protocolFault("CONTINUATION of nothing");
    const fault = this.#addToBlock(block, bytes.subarray(from, to));
    if (fault !== undefined || (flags & FLAG.endHeaders) === 0) return fault;
    this.#block = undefined;
    return this.#takeBlock(block.stream, block.isLast, Buffer.concat(block.parts), 0, block.bytes);
  }

  /** (CVE-2024-27316) */
  #addToBlock(block: OpenBlock, part: Buffer): ConnectionFault | undefined {
    block.parts.push(Buffer.from(part));
    block.bytes += part.length;
    if (block.parts.length <= BLOCK_FRAMES_MAX && block.bytes <= 2 * this.#around.limits.viewerHeaderBytesMax)
      return undefined;
    return floodFault("a header block without end");
  }

  #takeBlock(stream: number, isLast: boolean, bytes: Buffer, from: number, to: number): ConnectionFault | undefined {
    const exchange = this.#exchanges.get(stream);
    if (exchange !== undefined) return this.#takeTrailers(exchange, isLast, bytes, from, to);
    if (stream % 2 === 0) return protocolFault("a stream that is ours to open");
    const isNew = stream > this.#lastOpened;
    if (!isNew && !this.#stopped.has(stream)) return protocolFault("a stream that was closed is opened again");
    if (isNew) this.#lastOpened = stream;
    if (!isNew || this.#phase === "leaving") {
      // Nobody will answer it, and it was told so. But what it adds to the table counts.
      if (isNew) this.#noteStopped(stream);
      return this.#blocks.passOver(bytes, from, to) ? this.#countReset() : COMPRESSION_FAULT;
    }
    if (this.#exchanges.size >= this.#around.limits.viewerHttp2StreamsMax) {
      // Who has acknowledged the limit knows better. [RFC 9113 §5.1.2]
      if (this.#hasAcknowledged) return protocolFault("more requests at once than were allowed");
      if (!this.#blocks.passOver(bytes, from, to)) return COMPRESSION_FAULT;
      return this.#stopFor(stream, ERROR.refusedStream);
    }
    this.#lastTaken = stream;
    const head = this.#blocks.read(bytes, from, to);
    if (head === "broken") return COMPRESSION_FAULT;
    if (head === "too-large") {
      this.#tellRefused({ kind: "refused", reason: "head-too-large", method: "", target: "" });
      return this.#stopFor(stream, ERROR.enhanceYourCalm);
    }
    if (head.kind === "malformed") return this.#stopMalformed(stream, head);
    if (head.kind === "head" && isLast && (head.shared.bodyLength ?? 0) > 0) {
      const { method } = head.shared;
      return this.#stopMalformed(stream, {
        kind: "malformed",
        reason: "bad-content-length",
        method,
        target: head.target,
      });
    }
    const opened = new Http2Exchange(stream, this.#streamWindow, !isLast, this.#now, this.#on);
    this.#exchanges.set(stream, opened);
    if (head.kind === "head") opened.begin(head);
    else opened.refuse(head);
    return undefined;
  }

  /** Not done: it counts like a reset of the viewer's own. [RFC 9113 §8.1.1] */
  #stopMalformed(stream: number, refusal: Http2Refusal): ConnectionFault | undefined {
    this.#tellRefused(refusal);
    return this.#stopFor(stream, ERROR.protocol);
  }

  /** Of a message that gets no answer. */
  #tellRefused(refusal: Http2Refusal): void {
    const refused = nameRefused(refusal, this.#viewerAddress);
    this.#log({ kind: "refused", ...refused });
    this.#around.onServed?.(refused, undefined, 0, 0, this.#now, undefined, "broke-off", this.#now);
  }

  #takeTrailers(
    exchange: Http2Exchange,
    isLast: boolean,
    bytes: Buffer,
    from: number,
    to: number,
  ): ConnectionFault | undefined {
    const reading = this.#blocks.readTrailers(bytes, from, to);
    if (reading === "broken") return COMPRESSION_FAULT;
    if (exchange.hasViewerEnded) return this.#stopFor(exchange.id, ERROR.streamClosed);
    if (reading === "too-large") return this.#stopFor(exchange.id, ERROR.enhanceYourCalm);
    if (reading === "malformed" || !isLast || !exchange.receive(NO_BYTES, true)) {
      return this.#stopFor(exchange.id, ERROR.protocol);
    }
    return undefined;
  }

  // Bodies. [RFC 9113 §6.1]

  #takeData(frame: FrameReader): ConnectionFault | undefined {
    const { stream, flags, bytes } = frame;
    if (stream === 0) return protocolFault("DATA on no stream");
    const payload = withoutPadding(frame, 0);
    if ("code" in payload) return payload;
    const { from, to, padding } = payload;
    const length = frame.to - frame.from;
    if (this.#isIdle(stream)) return protocolFault("DATA on a stream that nobody opened");
    if (!this.#windows.use(length)) return windowFault("it sent more than it may");
    const isLast = (flags & FLAG.endStream) !== 0;
    if (!this.#budgets.takeData(to - from, padding, isLast, this.#now)) return OVERHEAD_FLOOD;
    const exchange = this.#exchanges.get(stream);
    if (exchange === undefined || exchange.hasViewerEnded) {
      this.#windows.giveBack();
      if (exchange !== undefined || !this.#stopped.has(stream)) return this.#stopFor(stream, ERROR.streamClosed);
      return this.#budgets.takeStray(length, this.#now) ? undefined : floodFault("it goes on with what was stopped");
    }
    exchange.receiveWindow -= length;
    if (exchange.receiveWindow < 0) return this.#stopFor(stream, ERROR.flowControl);
    const isGood = exchange.receive(bytes.subarray(from, to), isLast);
    this.#windows.giveBack();
    if (!isGood) return this.#stopFor(stream, ERROR.protocol);
    if (padding > 0) this.#windows.openStream(exchange, padding);
    return undefined;
  }

  #onTaken(exchange: Http2Exchange, bytes: number): void {
    if (!this.#isTaking()) return;
    this.#windows.onTaken(exchange, bytes);
    if (!this.#isReading) this.#output.flushSoon();
  }

  // All else.

  /** Who goes first is ours to say. [RFC 9113 §5.3.2] */
  #takePriority(frame: FrameReader): ConnectionFault | undefined {
    if (frame.stream === 0) return protocolFault("PRIORITY on no stream");
    if (frame.to - frame.from !== 5) return sizeFault("PRIORITY of a wrong length");
    return this.#takeOverhead(frame);
  }

  #takeReset(frame: FrameReader): ConnectionFault | undefined {
    const { stream } = frame;
    if (frame.to - frame.from !== 4) return sizeFault("RST_STREAM of a wrong length");
    if (this.#isIdle(stream)) return protocolFault("RST_STREAM on a stream that nobody opened");
    const exchange = this.#exchanges.get(stream);
    if (exchange === undefined) return this.#takeOverhead(frame); // it has crossed our end of the stream
    exchange.giveUp("viewer-left", "the viewer broke off its request");
    this.#forget(exchange, this.#now);
    return this.#countReset();
  }

  #takeSettings(frame: FrameReader): ConnectionFault | undefined {
    const { bytes, from, to } = frame;
    const length = to - from;
    if (frame.stream !== 0) return protocolFault("SETTINGS on a stream");
    if (!this.#budgets.takeControlFrame(this.#now)) {
      return floodFault("it sent too many PING and SETTINGS frames, a SETTINGS last");
    }
    if ((frame.flags & FLAG.ack) !== 0) {
      this.#hasAcknowledged = true;
      return length === 0 ? undefined : sizeFault("an acknowledgment of SETTINGS with something in it");
    }
    if (length % 6 !== 0) return sizeFault("SETTINGS of a wrong length");
    if (length > 6 * SETTINGS_MEMBERS_MAX) return floodFault("too many members in one SETTINGS frame");
    this.#hasSettings = true;
    for (let at = from; at < to; at += 6) {
      const fault = this.#applySetting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
      if (fault !== undefined) return fault;
    }
    this.#output.sendFirst(settingsFrame([]));
    return undefined;
  }

  #applySetting(id: number, value: number): ConnectionFault | undefined {
    const fault = faultOfSetting(id, value);
    if (fault !== undefined) return fault;
    if (id === SETTING.headerTableSize) this.#output.limitTable(value);
    return id === SETTING.initialWindowSize ? this.#resizeWindows(value) : undefined;
  }

  /** Windows that are open change, too, and may be below zero afterwards. [RFC 9113 §6.9.2] */
  #resizeWindows(bytes: number): ConnectionFault | undefined {
    const change = bytes - this.#streamWindow;
    this.#streamWindow = bytes;
    for (const exchange of this.#exchanges.values()) {
      exchange.sendWindow += change;
      if (exchange.sendWindow > WINDOW_BYTES_MAX) return windowFault("a window is too large");
      if (change > 0) this.#wake(exchange);
    }
    return undefined;
  }

  #wake(exchange: Http2Exchange): void {
    if (exchange.wants(this.#output.window) !== "nothing") this.#output.enqueue(exchange);
  }

  #takePing(frame: FrameReader): ConnectionFault | undefined {
    const { bytes, from, to, flags } = frame;
    if (frame.stream !== 0) return protocolFault("PING on a stream");
    if (to - from !== 8) return sizeFault("PING of a wrong length");
    if (!this.#budgets.takeControlFrame(this.#now)) {
      return floodFault("it sent too many PING and SETTINGS frames, a PING last");
    }
    const payload = bytes.subarray(from, to);
    if ((flags & FLAG.ack) === 0) this.#output.sendFirst(pingFrame(FLAG.ack, payload));
    else if (this.#phase === "parting" && payload.equals(FAREWELL)) this.#leave();
    return undefined;
  }

  /** [RFC 9113 §6.9] */
  #takeWindowUpdate(frame: FrameReader): ConnectionFault | undefined {
    const { stream, bytes, from, to } = frame;
    if (to - from !== 4) return sizeFault("WINDOW_UPDATE of a wrong length");
    const increment = bytes.readUInt32BE(from) & WINDOW_BYTES_MAX;
    const flood = this.#takeOverhead(frame);
    if (flood !== undefined) return flood;
    if (stream === 0) {
      if (increment === 0) return protocolFault("WINDOW_UPDATE of nothing");
      if (this.#output.window + increment > WINDOW_BYTES_MAX)
        return windowFault("the connection's window is too large");
      this.#output.openWindow(increment);
      return undefined;
    }
    if (this.#isIdle(stream)) return protocolFault("WINDOW_UPDATE on a stream that nobody opened");
    const exchange = this.#exchanges.get(stream);
    if (exchange === undefined) return undefined; // it has crossed the end of the stream
    if (increment === 0) return this.#stopFor(stream, ERROR.protocol);
    exchange.sendWindow += increment;
    if (exchange.sendWindow > WINDOW_BYTES_MAX) return this.#stopFor(stream, ERROR.flowControl);
    this.#wake(exchange);
    return undefined;
  }
}
