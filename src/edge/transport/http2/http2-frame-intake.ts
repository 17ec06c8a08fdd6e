// What each frame of a viewer does to its HTTP/2 connection, by the frame's type; header blocks are http2-header-intake.ts's. Whatever a
// viewer may not send is told as a fault, after which nothing of it is read any more. [RFC 9113 §6]

import {
  floodFault,
  OVERHEAD_FLOOD,
  protocolFault,
  sizeFault,
  windowFault,
  type ConnectionFault,
} from "./http2-faults.ts";
import type { FrameReader } from "./http2-frame-reader.ts";
import { ERROR, FLAG, FRAME, pingFrame, SETTING, settingsFrame, WINDOW_BYTES_MAX } from "./http2-frames.ts";
import type { Http2HeaderIntake } from "./http2-header-intake.ts";
import { faultOfSetting, withoutPadding } from "./http2-payloads.ts";
import type { Http2Streams, StreamsHolder } from "./http2-streams.ts";

/** Members of one SETTINGS frame. */
const SETTINGS_MEMBERS_MAX = 32;

/** What our own PING says, so that its acknowledgment is told from others. */
export const FAREWELL = Buffer.from("farewell", "latin1");

export class Http2FrameIntake {
  readonly #holder: StreamsHolder;
  readonly #streams: Http2Streams;
  readonly #headers: Http2HeaderIntake;
  #hasSettings = false;

  constructor(holder: StreamsHolder, streams: Http2Streams, headers: Http2HeaderIntake) {
    this.#holder = holder;
    this.#streams = streams;
    this.#headers = headers;
  }

  /** The frame that the reader has found. `undefined`: it may go on. */
  take(frame: FrameReader): ConnectionFault | undefined {
    if (this.#headers.isInterruptedBy(frame.type === FRAME.continuation, frame.stream)) {
      return protocolFault("another frame within a header block");
    }
    if (!this.#hasSettings && (frame.type !== FRAME.settings || (frame.flags & FLAG.ack) !== 0)) {
      return protocolFault("the first frame is not SETTINGS");
    }
    switch (frame.type) {
      case FRAME.data:
        return this.#takeData(frame);
      case FRAME.headers:
        return this.#headers.takeHeaders(frame);
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
        return this.#headers.takeContinuation(frame);
      default:
        return this.#takeOverhead(frame);
    }
  }

  /** It carries nothing that anybody asked for. */
  #takeOverhead({ from, to }: FrameReader): ConnectionFault | undefined {
    const { budgets, output, now } = this.#holder;
    return budgets.takeOverhead(to - from, output.sentBytes, now) ? undefined : OVERHEAD_FLOOD;
  }

  /** Part of a body. [RFC 9113 §6.1] */
  #takeData(frame: FrameReader): ConnectionFault | undefined {
    const { windows, budgets, now } = this.#holder;
    const streams = this.#streams;
    const { stream, flags, bytes } = frame;
    if (stream === 0) return protocolFault("DATA on no stream");
    const payload = withoutPadding(frame, 0);
    if ("code" in payload) return payload;
    const { from, to, padding } = payload;
    const length = frame.to - frame.from;
    if (streams.isIdle(stream)) return protocolFault("DATA on a stream that nobody opened");
    if (!windows.use(length)) return windowFault("it sent more than it may");
    const isLast = (flags & FLAG.endStream) !== 0;
    if (!budgets.takeData(to - from, padding, isLast, now)) return OVERHEAD_FLOOD;
    const exchange = streams.get(stream);
    if (exchange === undefined || exchange.hasViewerEnded) {
      windows.giveBack();
      if (exchange !== undefined || !streams.isStopped(stream)) return streams.stopFor(stream, ERROR.streamClosed);
      return budgets.takeStray(length, now) ? undefined : floodFault("it goes on with what was stopped");
    }
    exchange.receiveWindow -= length;
    if (exchange.receiveWindow < 0) return streams.stopFor(stream, ERROR.flowControl);
    const isGood = exchange.receive(bytes.subarray(from, to), isLast);
    windows.giveBack();
    if (!isGood) return streams.stopFor(stream, ERROR.protocol);
    if (padding > 0) windows.openStream(exchange, padding);
    return undefined;
  }

  /** Who goes first is ours to say. [RFC 9113 §5.3.2] */
  #takePriority(frame: FrameReader): ConnectionFault | undefined {
    if (frame.stream === 0) return protocolFault("PRIORITY on no stream");
    if (frame.to - frame.from !== 5) return sizeFault("PRIORITY of a wrong length");
    return this.#takeOverhead(frame);
  }

  #takeReset(frame: FrameReader): ConnectionFault | undefined {
    const { stream } = frame;
    if (frame.to - frame.from !== 4) return sizeFault("RST_STREAM of a wrong length");
    if (this.#streams.isIdle(stream)) return protocolFault("RST_STREAM on a stream that nobody opened");
    const exchange = this.#streams.get(stream);
    return exchange === undefined
      ? this.#takeOverhead(frame) // it has crossed our end of the stream
      : this.#streams.onReset(exchange);
  }

  #takeSettings(frame: FrameReader): ConnectionFault | undefined {
    const { budgets, output, now } = this.#holder;
    const { bytes, from, to } = frame;
    const length = to - from;
    if (frame.stream !== 0) return protocolFault("SETTINGS on a stream");
    if (!budgets.takeControlFrame(now)) {
      return floodFault("it sent too many PING and SETTINGS frames, a SETTINGS last");
    }
    if ((frame.flags & FLAG.ack) !== 0) {
      this.#headers.isBoundKnown = true;
      return length === 0 ? undefined : sizeFault("an acknowledgment of SETTINGS with something in it");
    }
    if (length % 6 !== 0) return sizeFault("SETTINGS of a wrong length");
    if (length > 6 * SETTINGS_MEMBERS_MAX) return floodFault("too many members in one SETTINGS frame");
    this.#hasSettings = true;
    for (let at = from; at < to; at += 6) {
      const fault = this.#applySetting(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
      if (fault !== undefined) return fault;
    }
    output.sendFirst(settingsFrame([]));
    return undefined;
  }

  #applySetting(id: number, value: number): ConnectionFault | undefined {
    const fault = faultOfSetting(id, value);
    if (fault !== undefined) return fault;
    if (id === SETTING.headerTableSize) this.#holder.output.limitTable(value);
    return id === SETTING.initialWindowSize ? this.#streams.resizeWindows(value) : undefined;
  }

  #takePing(frame: FrameReader): ConnectionFault | undefined {
    const { budgets, output, now } = this.#holder;
    const { bytes, from, to, flags } = frame;
    if (frame.stream !== 0) return protocolFault("PING on a stream");
    if (to - from !== 8) return sizeFault("PING of a wrong length");
    if (!budgets.takeControlFrame(now)) {
      return floodFault("it sent too many PING and SETTINGS frames, a PING last");
    }
    const payload = bytes.subarray(from, to);
    if ((flags & FLAG.ack) === 0) output.sendFirst(pingFrame(FLAG.ack, payload));
    else if (payload.equals(FAREWELL)) this.#holder.onFarewellHeard();
    return undefined;
  }

  /** [RFC 9113 §6.9] */
  #takeWindowUpdate(frame: FrameReader): ConnectionFault | undefined {
    const { output } = this.#holder;
    const { stream, bytes, from, to } = frame;
    if (to - from !== 4) return sizeFault("WINDOW_UPDATE of a wrong length");
    const increment = bytes.readUInt32BE(from) & WINDOW_BYTES_MAX;
    const flood = this.#takeOverhead(frame);
    if (flood !== undefined) return flood;
    if (stream === 0) {
      if (increment === 0) return protocolFault("WINDOW_UPDATE of nothing");
      if (output.window + increment > WINDOW_BYTES_MAX) return windowFault("the connection's window is too large");
      output.openWindow(increment);
      return undefined;
    }
    if (this.#streams.isIdle(stream)) return protocolFault("WINDOW_UPDATE on a stream that nobody opened");
    const exchange = this.#streams.get(stream);
    if (exchange === undefined) return undefined; // it has crossed the end of the stream
    if (increment === 0) return this.#streams.stopFor(stream, ERROR.protocol);
    return this.#streams.openWindow(exchange, increment);
  }
}
