// The header blocks of one HTTP/2 connection's viewer, from their frames to streams: gathered where they come in parts, held
// against what the viewer may open, read, and begun or refused. What is in a block is read by http2-header-blocks.ts.
// [RFC 9113 §6.2] [RFC 9113 §6.10]

import type { EpochMs } from "../../../vocabulary/time.ts";
import { nameRefused, type Http2Exchange } from "./http2-exchange.ts";
import { COMPRESSION_FAULT, floodFault, OVERHEAD_FLOOD, protocolFault, type ConnectionFault } from "./http2-faults.ts";
import type { FrameReader } from "./http2-frame-reader.ts";
import { ERROR, FLAG } from "./http2-frames.ts";
import { HeaderBlocks } from "./http2-header-blocks.ts";
import { withoutPadding } from "./http2-payloads.ts";
import type { Http2Refusal } from "./http2-request-head.ts";
import type { Http2Streams, StreamsHolder } from "./http2-streams.ts";

/** Frames that a header block may come in. */
const BLOCK_FRAMES_MAX = 16;
const NO_BYTES = Buffer.alloc(0);

/** A header block that has begun. */
interface OpenBlock {
  readonly stream: number;
  readonly isLast: boolean;
  readonly parts: Buffer[];
  bytes: number;
  readonly since: EpochMs;
}

export class Http2HeaderIntake {
  readonly #holder: StreamsHolder;
  readonly #streams: Http2Streams;
  readonly #blocks: HeaderBlocks;
  #block: OpenBlock | undefined;
  /** The viewer has acknowledged our settings, and so the bound of streams. */
  isBoundKnown = false;

  constructor(holder: StreamsHolder, streams: Http2Streams, headBytesMax: number) {
    const { limits } = holder.around;
    this.#holder = holder;
    this.#streams = streams;
    this.#blocks = new HeaderBlocks(limits, { bytesMax: headBytesMax, linesMax: 2 * limits.viewerFieldsMax });
  }

  /** Since when a block has been incomplete. */
  get blockSince(): EpochMs | undefined {
    return this.#block?.since;
  }

  /** A block that has begun wants its own frames, and nothing in between. */
  isInterruptedBy(isContinuation: boolean, stream: number): boolean {
    return this.#block !== undefined && (!isContinuation || stream !== this.#block.stream);
  }

  takeHeaders(frame: FrameReader): ConnectionFault | undefined {
    const { stream, flags, bytes } = frame;
    if (stream === 0) return protocolFault("HEADERS on no stream");
    const payload = withoutPadding(frame, (flags & FLAG.priority) === 0 ? 0 : 5);
    if ("code" in payload) return payload;
    const { from, to, padding } = payload;
    const { budgets, now } = this.#holder;
    if (padding > 0 && !budgets.takeData(0, padding, true, now)) return OVERHEAD_FLOOD;
    const isLast = (flags & FLAG.endStream) !== 0;
    if ((flags & FLAG.endHeaders) !== 0) return this.#takeBlock(stream, isLast, bytes, from, to);
    this.#block = { stream, isLast, parts: [], bytes: 0, since: now };
    return this.#addToBlock(this.#block, bytes.subarray(from, to));
  }

  takeContinuation({ flags, bytes, from, to }: FrameReader): ConnectionFault | undefined {
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
    if (block.parts.length <= BLOCK_FRAMES_MAX && block.bytes <= 2 * this.#holder.around.limits.viewerHeaderBytesMax)
      return undefined;
    return floodFault("a header block without end");
  }

  #takeBlock(stream: number, isLast: boolean, bytes: Buffer, from: number, to: number): ConnectionFault | undefined {
    const streams = this.#streams;
    const exchange = streams.get(stream);
    if (exchange !== undefined) return this.#takeTrailers(exchange, isLast, bytes, from, to);
    if (stream % 2 === 0) return protocolFault("a stream that is ours to open");
    const isNew = stream > streams.lastOpened;
    if (!isNew && !streams.isStopped(stream)) return protocolFault("a stream that was closed is opened again");
    if (isNew) streams.lastOpened = stream;
    if (!isNew || !streams.takesMore) {
      // Nobody will answer it, and it was told so. But what it adds to the table counts.
      if (isNew) streams.noteStopped(stream);
      return this.#blocks.passOver(bytes, from, to) ? streams.countReset() : COMPRESSION_FAULT;
    }
    if (streams.size >= this.#holder.around.limits.viewerHttp2StreamsMax) {
      // Who has acknowledged the limit knows better. [RFC 9113 §5.1.2]
      if (this.isBoundKnown) return protocolFault("more requests at once than were allowed");
      if (!this.#blocks.passOver(bytes, from, to)) return COMPRESSION_FAULT;
      return streams.stopFor(stream, ERROR.refusedStream);
    }
    streams.lastTaken = stream;
    const head = this.#blocks.read(bytes, from, to);
    if (head === "broken") return COMPRESSION_FAULT;
    if (head === "too-large") {
      this.#tellRefused({ kind: "refused", reason: "head-too-large", method: "", target: "" });
      return streams.stopFor(stream, ERROR.enhanceYourCalm);
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
    const opened = streams.open(stream, !isLast);
    if (head.kind === "head") opened.begin(head);
    else opened.refuse(head);
    return undefined;
  }

  /** Not done: it counts like a reset of the viewer's own. [RFC 9113 §8.1.1] */
  #stopMalformed(stream: number, refusal: Http2Refusal): ConnectionFault | undefined {
    this.#tellRefused(refusal);
    return this.#streams.stopFor(stream, ERROR.protocol);
  }

  /** Of a message that gets no answer. */
  #tellRefused(refusal: Http2Refusal): void {
    const { around, viewerAddress, now } = this.#holder;
    const refused = nameRefused(refusal, viewerAddress);
    around.log({ kind: "refused", ...refused });
    around.onServed?.(refused, undefined, 0, 0, now, undefined, "broke-off", now);
  }

  #takeTrailers(
    exchange: Http2Exchange,
    isLast: boolean,
    bytes: Buffer,
    from: number,
    to: number,
  ): ConnectionFault | undefined {
    const { id } = exchange;
    const reading = this.#blocks.readTrailers(bytes, from, to);
    if (reading === "broken") return COMPRESSION_FAULT;
    if (exchange.hasViewerEnded) return this.#streams.stopFor(id, ERROR.streamClosed);
    if (reading === "too-large") return this.#streams.stopFor(id, ERROR.enhanceYourCalm);
    if (reading === "malformed" || !isLast || !exchange.receive(NO_BYTES, true)) {
      return this.#streams.stopFor(id, ERROR.protocol);
    }
    return undefined;
  }
}
