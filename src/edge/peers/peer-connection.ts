// One connection to the worker that owns keys, at the end that asks: numbers what it asks, tells what requests have in common once, and
// hands each its answer as it comes. What goes wrong on it costs the answers that are under way, and nothing else. [D-0027]

import { connect, type Socket } from "node:net";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";
import type { Authorized } from "../exchange.ts";
import type { RequestMemo } from "../request-memo.ts";
import type { AnswerBody } from "../transport/message.ts";
import { readHead, type ArrivedHead } from "./answer-head.ts";
import { formatAsked, formatSection, readFields } from "./forwarded-request.ts";
import { FrameOutput } from "./frame-output.ts";
import type { PeerAsk } from "./peer-ask.ts";
import { PeerBody, type PeerBodySource } from "./peer-body.ts";
import { FRAME, FrameReader, PREFACE, WINDOW_BYTES, type FrameKind } from "./peer-frames.ts";
import { openReadBuffers } from "./read-buffers.ts";

/** Sections that the owner remembers, and bytes of them; then they are told anew. */
export const SECTIONS_MAX = 1024;
const SECTION_BYTES_MAX = 4_194_304;

/** What the owner was told under a number. */
interface Told {
  readonly distribution: Authorized["distribution"];
  readonly country: string | undefined;
  readonly hasBody: boolean;
  readonly number: number;
  readonly round: number;
}

interface Stream {
  readonly ask: PeerAsk;
  isArrived: boolean;
  body: PeerBody | undefined;
}

export class PeerConnection {
  readonly #socket: Socket;
  readonly #slot: number;
  readonly #output: FrameOutput;
  readonly #reader = new FrameReader((kind, stream, bytes, from, to) => this.#hear(kind, stream, bytes, from, to));
  readonly #onClosed: (connection: PeerConnection) => void;
  readonly #streams = new Map<number, Stream>();
  #lastStream = 0;
  #isOpen = true;
  #isClosed = false;
  readonly #buffers = openReadBuffers();
  readonly #told = new WeakMap<RequestMemo, Told>();
  #round = 0;
  #sections = 0;
  #sectionBytes = 0;

  /** `slot` is that of the worker that asks. */
  constructor(path: string, slot: number, onClosed: (connection: PeerConnection) => void) {
    this.#slot = slot;
    this.#onClosed = onClosed;
    const socket = connect({
      path,
      onread: {
        buffer: () => this.#buffers.current.bytes,
        callback: (count) => {
          this.#onBytes(this.#buffers.current.bytes.subarray(0, count));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#output = new FrameOutput(socket, () => undefined);
    // Who waits for an answer keeps the process alive by itself.
    socket.unref();
    socket.write(PREFACE, "latin1");
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#onClose());
  }

  /** More may be asked over it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get streams(): number {
    return this.#streams.size;
  }

  ask(ask: PeerAsk): void {
    const { exchange, through } = ask;
    const asked = formatAsked(exchange);
    const section = asked === undefined ? undefined : this.#sectionOf(exchange);
    if (asked === undefined || section === undefined) return ask.settle({ kind: "unsaid" });
    const number = this.#newNumber();
    const stream: Stream = { ask, isArrived: false, body: undefined };
    this.#streams.set(number, stream);
    this.#output.request(number, section, Math.floor(through), asked);
    exchange.request.onGone?.(() => {
      // From its head on it is the body that is given up.
      if (stream.isArrived || this.#streams.get(number) !== stream) return;
      this.#giveUp(number);
      ask.settle({ kind: "left" });
    });
  }

  /** Nothing more is asked over it, and what is under way comes to its end. */
  leave(): void {
    this.#isOpen = false;
    this.#endIfDone();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#onClose();
  }

  #newNumber(): number {
    do this.#lastStream = (this.#lastStream + 1) >>> 0;
    while (this.#streams.has(this.#lastStream));
    return this.#lastStream;
  }

  #sectionOf(exchange: Authorized): number | undefined {
    const { request, distribution, country } = exchange;
    const hasBody = request.body !== undefined;
    const known = this.#told.get(request.memo);
    if (
      known?.round === this.#round &&
      known.distribution === distribution &&
      known.country === country &&
      known.hasBody === hasBody
    ) {
      return known.number;
    }
    const text = formatSection(exchange, this.#slot);
    if (text === undefined) return undefined;
    this.#sectionBytes += text.length;
    if (this.#sections === SECTIONS_MAX || this.#sectionBytes > SECTION_BYTES_MAX) {
      this.#round++;
      this.#sections = 0;
      this.#sectionBytes = text.length;
    }
    const number = this.#sections++;
    this.#output.text(FRAME.section, number, text);
    this.#told.set(request.memo, { distribution, country, hasBody, number, round: this.#round });
    return number;
  }

  // What comes.

  #onBytes(bytes: Buffer): void {
    if (this.#isClosed) return;
    if (!this.#reader.read(bytes)) this.destroy();
    this.#buffers.turn();
  }

  #hear(kind: FrameKind, number: number, bytes: Buffer, from: number, to: number): boolean {
    if (kind === FRAME.leaving) return (this.leave(), true);
    const stream = this.#streams.get(number);
    // What was given up may be on its way.
    if (stream === undefined) return kind >= FRAME.interim && kind <= FRAME.refused;
    switch (kind) {
      case FRAME.interim:
        return !stream.isArrived && tellInterim(stream, bytes.toString("latin1", from, to));
      case FRAME.refused:
        if (stream.isArrived) return false;
        this.#close(number);
        stream.ask.settle({ kind: "refused" });
        return true;
      case FRAME.answer:
      case FRAME.head:
        return this.#arrive(kind, number, stream, bytes, from, to);
      case FRAME.body:
        if (stream.body === undefined) return false;
        stream.body.put(bytes.subarray(from, to), this.#buffers.current);
        return true;
      case FRAME.end:
      case FRAME.broken:
        if (stream.body === undefined) return false;
        this.#close(number);
        stream.body.end(kind === FRAME.end ? undefined : new Error("the owner of the response could not go on"));
        return true;
      default:
        return false;
    }
  }

  #arrive(kind: FrameKind, number: number, stream: Stream, bytes: Buffer, from: number, to: number): boolean {
    const head = stream.isArrived ? undefined : readHead(bytes, from, to);
    if (head === undefined) return false;
    stream.isArrived = true;
    let body: AnswerBody;
    if (kind === FRAME.head) {
      stream.body = new PeerBody(this.#sourceOf(number));
      body = { kind: "stream", length: head.length, chunks: stream.body };
    } else {
      body = wholeBody(head, bytes, to, stream.ask.exchange.request.method);
      this.#close(number);
    }
    stream.ask.settle({ kind: "arrived", arrival: { head, body } });
    return true;
  }

  #sourceOf(number: number): PeerBodySource {
    let untold = 0;
    return {
      onTaken: (bytes) => {
        untold += bytes;
        if (untold < WINDOW_BYTES / 2 || !this.#streams.has(number)) return;
        this.#output.number(FRAME.credit, number, untold);
        untold = 0;
      },
      giveUp: () => {
        if (this.#streams.has(number)) this.#giveUp(number);
      },
    };
  }

  #giveUp(number: number): void {
    this.#output.bare(FRAME.cancel, number);
    this.#close(number);
  }

  /** The stream is over. */
  #close(number: number): void {
    this.#streams.delete(number);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isOpen || this.#isClosed || this.#streams.size > 0) return;
    this.#output.flush();
    this.#socket.end();
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    this.#onClosed(this);
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const { ask, isArrived, body } of streams) {
      body?.end(new Error("the worker that owns the response is gone"));
      if (!isArrived) ask.settle({ kind: "lost" });
    }
  }
}

function tellInterim({ ask }: Stream, text: string): boolean {
  const lines = text.indexOf("\n") + 1;
  const fields = readFields(text, lines, ": ", "\r\n");
  if (lines === 0 || fields === undefined) return false;
  ask.onInterim?.(Number.parseInt(text, 10), fields);
  return true;
}

const NONE: AnswerBody = { kind: "none" };
/** Of a HEAD: the transport tells the length and reads nothing. */
const NOTHING: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} };

/** What was read is written over afterwards, so the bytes are copied. */
function wholeBody({ length, endsAt }: ArrivedHead, bytes: Buffer, to: number, method: string): AnswerBody {
  if (to > endsAt) {
    noteSpent(to - endsAt);
    const own = Buffer.allocUnsafe(to - endsAt);
    bytes.copy(own, 0, endsAt, to);
    return { kind: "bytes", bytes: own };
  }
  if (method === "HEAD" && length !== undefined && length > 0) return { kind: "stream", length, chunks: NOTHING };
  return NONE;
}
