// The way to a worker that owns keys, at its own end: lets the other workers in, answers what they ask over their connections, many
// requests at a time, and stops what nobody wants any more. An asker that goes is as many viewers that left. [D-0027]

import { createServer, type Server, type Socket } from "node:net";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import { formatFieldLines } from "../transport/http1/http1-answer-writer.ts";
import type { Answer, AnswerBody, ViewerRequest } from "../transport/message.ts";
import { takeOverReads } from "../transport/shared-reads.ts";
import { formatHead, type FormattedHead } from "./answer-head.ts";
import { readAsked, readSection, type Forwarded, type Section } from "./forwarded-request.ts";
import { FrameOutput } from "./frame-output.ts";
import { SECTIONS_MAX } from "./peer-connection.ts";
import { FRAME, FrameReader, PREFACE, readLong, WHOLE_BODY_BYTES_MAX, type FrameKind } from "./peer-frames.ts";
import { sendBody, type SendingBody } from "./sending-body.ts";

/** Tells the answer once, perhaps at once; `undefined`: not by the configuration that is in force here. It must not throw. */
export type AnswerPeer = (
  forwarded: Forwarded,
  tell: (answer: Answer | undefined, isUnshareable: boolean) => void,
) => void;

export interface PeerListenerSettings {
  readonly answer: AnswerPeer;
  /** A broken promise of our own, as an answer. */
  readonly fault: (error: unknown) => Answer;
  /** Of one worker at a time; more is no worker. */
  readonly streamsMax: number;
}

export interface PeerListener {
  readonly server: Server;
  /** Tells those who ask to go elsewhere, and resolves when they have; what is not done within the given seconds is cut off. */
  drain(withinSeconds: number): Promise<void>;
}

export function openPeerListener(settings: PeerListenerSettings): PeerListener {
  const sessions = new Set<PeerSession>();
  const emptied = Promise.withResolvers<void>();
  let isDraining = false;

  const server = createServer((accepted) => {
    const session = new PeerSession(accepted, settings, () => {
      sessions.delete(session);
      if (isDraining && sessions.size === 0) emptied.resolve();
    });
    sessions.add(session);
    if (isDraining) session.leave();
  });

  return {
    server,
    async drain(withinSeconds) {
      isDraining = true;
      if (server.listening) server.close();
      for (const session of sessions) session.leave();
      if (sessions.size === 0) return;
      const bound = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, withinSeconds * 1000);
      await emptied.promise;
      clearTimeout(bound);
    },
  };
}

/** One worker that asks. */
class PeerSession {
  readonly #socket: Socket;
  readonly #settings: PeerListenerSettings;
  readonly #output: FrameOutput;
  readonly #reader = new FrameReader((kind, stream, bytes, from, to) => this.#hear(kind, stream, bytes, from, to));
  readonly #streams = new Map<number, AnsweredStream>();
  readonly #onClosed: () => void;
  #sections: (Section | undefined)[] = [];
  /** What has come of it, as long as it is not all. */
  #preface: string | undefined = "";
  #isClosed = false;

  constructor(accepted: Socket, settings: PeerListenerSettings, onClosed: () => void) {
    this.#settings = settings;
    this.#onClosed = onClosed;
    const reads = takeOverReads(accepted);
    this.#socket = reads?.socket ?? accepted;
    this.#output = new FrameOutput(this.#socket, () => this.#onFree());
    if (reads === undefined) accepted.on("data", (chunk: Buffer) => this.#onBytes(chunk));
    else reads.onBytes = (bytes) => this.#onBytes(bytes);
    this.#socket.unref();
    this.#socket.on("error", () => undefined); // "close" follows
    this.#socket.on("close", () => this.#onClose());
  }

  leave(): void {
    this.#output.bare(FRAME.leaving, 0);
  }

  destroy(): void {
    this.#socket.destroy();
    this.#onClose();
  }

  #onBytes(chunk: Buffer): void {
    if (this.#isClosed) return;
    const bytes = this.#preface === undefined ? chunk : this.#readPreface(chunk, this.#preface);
    if (bytes === undefined || !this.#reader.read(bytes)) this.destroy();
  }

  /** Returns what stands behind it; `undefined`: it is none. */
  #readPreface(chunk: Buffer, before: string): Buffer | undefined {
    const count = Math.min(chunk.length, PREFACE.length - before.length);
    const got = before + chunk.toString("latin1", 0, count);
    if (!PREFACE.startsWith(got)) return undefined;
    this.#preface = got.length < PREFACE.length ? got : undefined;
    return chunk.subarray(count);
  }

  #hear(kind: FrameKind, number: number, bytes: Buffer, from: number, to: number): boolean {
    switch (kind) {
      case FRAME.section: {
        const section = number < SECTIONS_MAX ? readSection(bytes.toString("latin1", from, to)) : undefined;
        if (section === undefined) return false;
        if (number === 0) this.#sections = [];
        this.#sections[number] = section;
        return true;
      }
      case FRAME.request:
        return this.#begin(number, bytes, from, to);
      case FRAME.cancel:
        this.#streams.get(number)?.giveUp();
        this.#streams.delete(number);
        return true;
      case FRAME.credit:
        if (to - from !== 4) return false;
        this.#streams.get(number)?.credit(bytes.readUInt32BE(from));
        return true;
      default:
        return false;
    }
  }

  #begin(number: number, bytes: Buffer, from: number, to: number): boolean {
    if (to - from < 12 || this.#streams.has(number) || this.#streams.size >= this.#settings.streamsMax) return false;
    const section = this.#sections[bytes.readUInt32BE(from)];
    if (section === undefined) return false;
    const through = readLong(bytes, from + 4) as FeedNumber;
    const stream = new AnsweredStream(number, this.#output, this.#settings.fault, () => this.#streams.delete(number));
    const forwarded = readAsked(bytes.toString("latin1", from + 12, to), section, through, stream);
    if (forwarded === undefined) return false;
    this.#streams.set(number, stream);
    stream.method = forwarded.request.method;
    this.#settings.answer(forwarded, stream.tell);
    return true;
  }

  #onFree(): void {
    for (const stream of this.#streams.values()) stream.onFree();
  }

  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.giveUp();
    this.#onClosed();
  }
}

/** One request and its answer. */
class AnsweredStream implements Pick<ViewerRequest, "onGone" | "interim"> {
  readonly #number: number;
  readonly #output: FrameOutput;
  readonly #fault: (error: unknown) => Answer;
  readonly #onOver: () => void;
  #gone: (() => void) | undefined;
  #isOver = false;
  #isAnswered = false;
  #body: SendingBody | undefined;
  method = "GET";

  constructor(number: number, output: FrameOutput, fault: (error: unknown) => Answer, onOver: () => void) {
    this.#number = number;
    this.#output = output;
    this.#fault = fault;
    this.#onOver = onOver;
  }

  // For the pipeline.

  readonly onGone = (listener: () => void): void => {
    if (this.#isOver) listener();
    else this.#gone = listener;
  };

  readonly interim = (_about: ViewerRequest, status: number, fields: Answer["fields"]): void => {
    if (this.#isOver || this.#isAnswered) return;
    this.#output.text(FRAME.interim, this.#number, `${status}\n${formatFieldLines(fields)}`);
  };

  readonly tell = (answer: Answer | undefined, isUnshareable: boolean): void => {
    this.#gone = undefined;
    if (answer === undefined) {
      if (this.#isOver) return;
      this.#output.bare(FRAME.refused, this.#number);
      return this.#over();
    }
    if (this.#isOver) return release(answer.body);
    this.#isAnswered = true;
    let head: FormattedHead;
    let body = answer.body;
    try {
      head = formatHead(answer, isUnshareable);
    } catch (error) {
      release(body);
      const fault = this.#fault(error);
      head = formatHead(fault, false);
      body = fault.body;
    }
    this.#send(answer.status, head, body);
  };

  #send(status: number, head: FormattedHead, body: AnswerBody): void {
    const hasBody = this.method !== "HEAD" && status !== 204 && status !== 304;
    const chunks = hasBody ? longBody(body) : undefined;
    if (chunks === undefined) {
      const bytes = hasBody && body.kind === "bytes" ? body.bytes : undefined;
      this.#output.head(FRAME.answer, this.#number, head.bytes, head.write, bytes);
      release(body);
      return this.#over();
    }
    this.#output.head(FRAME.head, this.#number, head.bytes, head.write);
    const sending = sendBody({
      stream: this.#number,
      output: this.#output,
      chunks,
      length: head.length,
      onOver: (isAll) => {
        this.#output.bare(isAll ? FRAME.end : FRAME.broken, this.#number);
        this.#over();
      },
    });
    if (!this.#isOver) this.#body = sending;
  }

  #over(): void {
    this.#isOver = true;
    this.#body = undefined;
    this.#onOver();
  }

  // From the connection.

  credit(bytes: number): void {
    this.#body?.credit(bytes);
  }

  onFree(): void {
    this.#body?.onFree();
  }

  /** Nobody wants the answer. */
  giveUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body?.stop();
    this.#body = undefined;
    const gone = this.#gone;
    this.#gone = undefined;
    gone?.();
  }
}

/** `undefined`: it goes with its head, or there is none. */
function longBody(body: AnswerBody): AsyncIterable<Uint8Array> | undefined {
  if (body.kind === "stream") return body.chunks;
  return body.kind === "bytes" && body.bytes.length > WHOLE_BODY_BYTES_MAX ? inOnePiece(body.bytes) : undefined;
}

async function* inOnePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** What is not going to be read has its resources let go. */
function release(body: AnswerBody): void {
  // What it says now is nobody's concern.
  if (body.kind === "stream")
    body.chunks[Symbol.asyncIterator]()
      .return?.()
      .then(undefined, () => undefined);
}
