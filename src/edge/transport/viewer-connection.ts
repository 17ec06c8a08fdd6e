// One viewer's connection: bytes from the socket through the request reader to the pipeline, answers back, in order and
// one at a time. Answers that are there at once are gathered and leave in one write, because a write costs more than
// all the rest of a hit. Whatever goes wrong ends in a closed connection, never in a message that looks whole.

import assert from "node:assert/strict";
import type { Socket } from "node:net";

import type { Limits } from "../../vocabulary/limits.ts";
import type { Clock, EpochMs } from "../../vocabulary/time.ts";
import { secondsBetween } from "../../vocabulary/time.ts";
import { CONTINUE, frameAnswer, LAST_CHUNK, reasonPhrase, type FramedHead } from "./http1-answer-writer.ts";
import { RequestReader, type RequestHead } from "./http1-request-reader.ts";
import type { Answer, AnswerBody, RequestBody, Respond } from "./message.ts";
import { REFUSALS, type RefusalReason } from "./refusals.ts";

/** A message that never became a request, or one that could not be answered as asked. */
export interface Refused {
  readonly status: number;
  readonly reason: RefusalReason;
  readonly viewerAddress: string;
  readonly method?: string;
  readonly target?: string;
}

/** What an operator may want to know about; nothing has to be done about any of them. */
export type TransportEvent =
  | ({ readonly kind: "refused" } & Refused)
  /** The pipeline or an answer's body broke its promise, or an origin broke off: see the error. */
  | { readonly kind: "respond-threw" | "answer-broke-off"; readonly viewerAddress: string; readonly error: unknown }
  | { readonly kind: "timed-out"; readonly viewerAddress: string; readonly phase: "head" | "idle" | "body" | "write" }
  | { readonly kind: "too-many-connections"; readonly viewerAddress: string }
  | { readonly kind: "socket-failed"; readonly viewerAddress: string; readonly error: Error };

/** What all connections of a listener share. */
export interface ConnectionSurroundings {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly scheme: "http" | "https";
  readonly respond: Respond;
  readonly refuse: (refused: Refused) => Answer;
  readonly log: (event: TransportEvent) => void;
  /** No further request is wanted on any connection. */
  readonly isDraining: () => boolean;
  readonly onClosed: (connection: ViewerConnection) => void;
}

/** Unread bytes of a viewer beyond which its socket is not read. */
const UNREAD_BYTES_MAX = 65_536;
/** An unwanted request body up to this is read over to keep the connection; a longer one costs the connection. */
const DISCARDED_BODY_BYTES_MAX = 65_536;
/** How long and how much is read over after a refusal, so that a reset does not overtake it [RFC 9112 §9.6]. */
const LINGER_SECONDS = 5;
const LINGER_BYTES_MAX = 4_194_304;
/** Bodies up to this are copied behind their head; longer ones are written as they are. */
const COPIED_BODY_BYTES_MAX = 49_152;
const SCRATCH_BYTES = 65_536;
/** One write of a long body: the progress of a slow viewer is seen at this grain. */
const SLICE_BYTES = 131_072;

// All connections gather their answers here, each for no longer than one event; the buffer is given away when the
// kernel could not take everything at once.
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
let scratchBytes = 0;
let scratchOwner: ViewerConnection | undefined;

function ownScratch(connection: ViewerConnection): void {
  scratchOwner = connection;
}

interface Waiter {
  readonly resolve: (step: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/** The body of the request in work. */
interface IncomingBody {
  isStarted: boolean;
  isGivenUp: boolean;
  /** Nobody began to read it before the answer, so the connection read over it. */
  isDiscarded: boolean;
  /** Read to its end. */
  isEnded: boolean;
  /** Broken framing, a viewer that left: no later read succeeds. */
  failure: Error | undefined;
  waiter: Waiter | undefined;
  /** 100 (Continue) is still to be sent, when the pipeline begins to read. */
  owesContinue: boolean;
}

export class ViewerConnection {
  readonly #socket: Socket;
  readonly #around: ConnectionSurroundings;
  readonly #reader: RequestReader;
  readonly #viewerAddress: string;
  /** "discarding": answered, the rest of its request body is read over. "leaving": the last answer is on its way out. */
  #phase: "waiting" | "working" | "discarding" | "leaving" | "closed" = "waiting";
  #head: RequestHead | undefined;
  #body: IncomingBody | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #hasViewerEnded = false;
  /** The socket's buffer is full: nothing more is written before it drained. */
  #isBlocked = false;
  #isAdvancing = false;
  /** The head of the answer to the request in work is on its way. */
  #isAnswering = false;
  #afterDrain: (() => void) | undefined;
  #outgoing: AsyncIterator<Uint8Array> | undefined;
  #answered = 0;
  #lingeredBytes = 0;
  // Instants that sweep compares: `#headSince` is defined while a head is incomplete, `#stuck` while bytes wait to leave.
  #since: EpochMs;
  #headSince: EpochMs | undefined;
  #drains = 0;
  #stuck: { readonly since: EpochMs; readonly bytes: number; readonly drains: number } | undefined;

  constructor(socket: Socket, around: ConnectionSurroundings) {
    this.#socket = socket;
    this.#around = around;
    this.#reader = new RequestReader(around.limits, around.scheme);
    this.#viewerAddress = (socket.remoteAddress ?? "").replace(/^::ffff:(?=[0-9.]+$)/, "");
    this.#since = around.clock.now();
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
    socket.on("error", (error) => {
      around.log({ kind: "socket-failed", viewerAddress: this.#viewerAddress, error });
    });
    socket.on("close", () => this.#onClose());
  }

  /** Ends the connection now if it is idle, else after the answer in work. */
  drain(): void {
    if (this.#phase === "waiting" && this.#unread.length === 0 && this.#reader.isBetweenRequests) this.#leave(false);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Enforces the time-outs; to be called about once a second. */
  sweep(now: EpochMs): void {
    const { limits } = this.#around;
    const bytes = this.#socket.writableLength;
    if (bytes > 0) {
      const stuck = this.#stuck;
      if (stuck === undefined || stuck.drains !== this.#drains || bytes < stuck.bytes) {
        this.#stuck = { since: now, bytes, drains: this.#drains };
      } else if (secondsBetween(stuck.since, now) > limits.viewerWriteTimeoutSeconds) this.#timeOut("write");
      return;
    }
    this.#stuck = undefined;
    const waited = secondsBetween(this.#since, now);
    switch (this.#phase) {
      case "waiting":
        if (this.#headSince !== undefined) {
          if (secondsBetween(this.#headSince, now) > limits.viewerHeaderTimeoutSeconds) {
            this.#log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase: "head" });
            this.#refuse({ status: REFUSALS["head-timeout"].status, reason: "head-timeout" });
          }
        } else if (
          waited > (this.#answered === 0 ? limits.viewerHeaderTimeoutSeconds : limits.viewerIdleTimeoutSeconds)
        ) {
          this.#timeOut("idle");
        }
        return;
      case "working":
        if (this.#body?.waiter !== undefined && waited > limits.viewerBodyIdleTimeoutSeconds) this.#timeOut("body");
        return;
      case "discarding":
        if (waited > limits.viewerBodyIdleTimeoutSeconds) this.#timeOut("body");
        return;
      case "leaving":
        if (waited > LINGER_SECONDS) this.#socket.destroy();
        return;
      case "closed":
        return;
    }
  }

  #timeOut(phase: "idle" | "body" | "write"): void {
    this.#log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase });
    this.#socket.destroy();
  }

  #log(event: TransportEvent): void {
    this.#around.log(event);
  }

  // Bytes come in.

  #onData(chunk: Buffer): void {
    if (this.#phase === "leaving") {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > LINGER_BYTES_MAX) this.#socket.destroy();
      return;
    }
    if (this.#phase === "working" || this.#isBlocked || this.#unread.length > 0) {
      this.#unread.push(chunk);
      this.#unreadBytes += chunk.length;
      if (this.#body?.waiter !== undefined) this.#serveWaiter(this.#body);
      else if (this.#unreadBytes >= UNREAD_BYTES_MAX) this.#socket.pause();
      if (this.#phase === "working" || this.#isBlocked) return;
    } else this.#reader.feed(chunk);
    this.#advance();
  }

  #takeUnread(): Buffer | undefined {
    const chunk = this.#unread.shift();
    if (chunk !== undefined) {
      this.#unreadBytes -= chunk.length;
      if (this.#unreadBytes < UNREAD_BYTES_MAX && this.#socket.isPaused()) this.#socket.resume();
    }
    return chunk;
  }

  #onEnd(): void {
    this.#hasViewerEnded = true;
    // Closing its half is allowed while answers are outstanding; a body that was cut short is not.
    if (this.#body?.waiter !== undefined) this.#serveWaiter(this.#body);
    if (this.#phase !== "working") this.#advance();
  }

  /** Goes on with requests until one has to be waited for, then lets all that was gathered go. */
  #advance(): void {
    if (this.#isAdvancing) return; // the loop below goes on by itself
    this.#isAdvancing = true;
    while ((this.#phase === "waiting" || this.#phase === "discarding") && !this.#isBlocked) {
      const event = this.#reader.next();
      if (event.kind === "more") {
        const chunk = this.#takeUnread();
        if (chunk !== undefined) this.#reader.feed(chunk);
        else if (this.#hasViewerEnded) this.#leave(false);
        else break;
      } else if (event.kind === "head") this.#begin(event);
      else if (event.kind === "end") this.#phase = "waiting";
      else if (event.kind === "refused") {
        // Of a body that nobody wants, after its answer, there is nothing left to say.
        if (this.#phase === "discarding") this.#leave(true);
        else this.#refuse(event);
      }
    }
    this.#isAdvancing = false;
    this.#flush();
    if (this.#phase === "waiting") {
      this.#since = this.#around.clock.now();
      if (this.#reader.isBetweenRequests) this.#headSince = undefined;
      else this.#headSince ??= this.#since;
    } else if (this.#phase === "discarding") this.#since = this.#around.clock.now();
  }

  #begin(head: RequestHead): void {
    this.#phase = "working";
    this.#head = head;
    this.#isAnswering = false;
    this.#headSince = undefined;
    const { respond, scheme } = this.#around;
    let outcome: Answer | Promise<Answer>;
    try {
      outcome = respond({
        method: head.method,
        target: head.target,
        path: head.path,
        query: head.query,
        httpVersion: head.httpVersion,
        scheme,
        host: head.host,
        fields: head.fields,
        field: head.field,
        body: head.framing === "none" ? undefined : this.#openBody(head),
        viewerAddress: this.#viewerAddress,
        headBytes: head.headBytes,
      });
    } catch (error) {
      outcome = this.#answerFault(error);
    }
    if (outcome instanceof Promise) {
      outcome.then(
        (answer) => this.#answerLate(answer),
        (error: unknown) => this.#answerLate(this.#answerFault(error)),
      );
    } else this.#answer(outcome);
  }

  // The body of the request in work.

  #openBody(head: RequestHead): RequestBody {
    const body: IncomingBody = {
      isStarted: false,
      isGivenUp: false,
      isDiscarded: false,
      isEnded: false,
      failure: undefined,
      waiter: undefined,
      owesContinue: head.expectsContinue,
    };
    this.#body = body;
    const iterator: AsyncIterator<Uint8Array, undefined> = {
      next: () => this.#nextPiece(body),
      return: async () => {
        body.isGivenUp = true;
        return { done: true, value: undefined };
      },
    };
    return {
      length: head.framing === "length" ? head.bodyLength : undefined,
      chunks: {
        [Symbol.asyncIterator]: () => {
          assert.ok(!body.isStarted, "a request body can be read once");
          body.isStarted = true;
          return iterator;
        },
      },
    };
  }

  async #nextPiece(body: IncomingBody): Promise<IteratorResult<Uint8Array, undefined>> {
    assert.ok(body.waiter === undefined, "a request body is read a piece at a time");
    if (body.isDiscarded) throw new Error("the request was answered before its body was read");
    if (body.isEnded || body.isGivenUp) return { done: true, value: undefined };
    while (body.failure === undefined) {
      const event = this.#reader.next();
      switch (event.kind) {
        case "body":
          body.owesContinue = false;
          return { done: false, value: event.bytes };
        case "end":
          body.isEnded = true;
          return { done: true, value: undefined };
        case "more": {
          const chunk = this.#takeUnread();
          if (chunk !== undefined) {
            this.#reader.feed(chunk);
            continue;
          }
          if (this.#hasViewerEnded) {
            body.failure = new Error("the viewer broke off its request body");
            continue;
          }
          if (body.owesContinue && !this.#isAnswering) {
            this.#flush(); // answers that came before
            this.#socket.write(CONTINUE, "latin1");
            body.owesContinue = false;
          }
          this.#since = this.#around.clock.now();
          if (this.#socket.isPaused()) this.#socket.resume();
          return new Promise((resolve, reject) => {
            body.waiter = { resolve, reject };
          });
        }
        case "refused":
          body.failure = new Error(`the viewer's request body is malformed: ${event.reason}`);
          continue;
        case "head":
          assert.fail("a head within a body");
      }
    }
    throw body.failure;
  }

  #serveWaiter(body: IncomingBody): void {
    const waiter = body.waiter;
    body.waiter = undefined;
    if (waiter !== undefined) this.#nextPiece(body).then(waiter.resolve, waiter.reject);
  }

  #failBody(body: IncomingBody, failure: Error): void {
    if (body.isEnded) return;
    body.failure ??= failure;
    this.#serveWaiter(body);
  }

  /** Whether the connection can carry another request although perhaps not all of the body was read. */
  #canPassBody(): boolean {
    const body = this.#body;
    if (body === undefined || body.isEnded) return true;
    if (body.failure !== undefined) return false;
    if (body.isStarted && !body.isGivenUp) return false; // someone still reads
    body.isDiscarded = true;
    for (;;) {
      const event = this.#reader.next();
      if (event.kind === "end") return (body.isEnded = true);
      if (event.kind === "refused") return false;
      if (event.kind === "body") body.owesContinue = false;
      else if (event.kind === "more") {
        const chunk = this.#takeUnread();
        if (chunk === undefined) break;
        this.#reader.feed(chunk);
      }
    }
    const left = this.#reader.bodyBytesLeft;
    // Who waits for 100 (Continue) and gets a final answer may send its body or not: nobody can tell what comes next.
    return !body.owesContinue && left !== undefined && left <= DISCARDED_BODY_BYTES_MAX;
  }

  // Answers go out.

  #answerFault(error: unknown): Answer {
    this.#log({ kind: "respond-threw", viewerAddress: this.#viewerAddress, error });
    const { method, target } = this.#head ?? {};
    return this.#renderRefusal({
      status: REFUSALS["internal-error"].status,
      reason: "internal-error",
      ...(method !== undefined && { method }),
      ...(target !== undefined && { target }),
    });
  }

  #renderRefusal(refused: Omit<Refused, "viewerAddress">): Answer {
    const whole: Refused = {
      status: refused.status,
      reason: refused.reason,
      viewerAddress: this.#viewerAddress,
      ...(refused.method !== undefined && { method: refused.method }),
      ...(refused.target !== undefined && { target: refused.target }),
    };
    this.#log({ kind: "refused", ...whole });
    try {
      return { ...this.#around.refuse(whole), close: true };
    } catch (error) {
      this.#log({ kind: "respond-threw", viewerAddress: this.#viewerAddress, error });
      return refusePlainly(whole);
    }
  }

  /** Answers what is no request. What follows on the connection is read over and never looked at. */
  #refuse(refused: Omit<Refused, "viewerAddress">): void {
    const asked = {
      method: refused.method === "HEAD" ? "HEAD" : "GET",
      httpVersion: "1.1",
      keepsAlive: false,
    } as const;
    let answer = this.#renderRefusal(refused);
    let framed: FramedHead;
    try {
      assert.ok(answer.body.kind !== "stream", "a refusal is answered at once");
      framed = frameAnswer(answer, asked);
    } catch (error) {
      this.#release(answer.body);
      this.#log({ kind: "respond-threw", viewerAddress: this.#viewerAddress, error });
      answer = refusePlainly(refused);
      framed = frameAnswer(answer, asked);
    }
    this.#gather(framed.text, answer.body.kind === "bytes" && framed.body === "sized" ? answer.body.bytes : undefined);
    this.#leave(true);
  }

  #answerLate(answer: Answer): void {
    if (this.#phase === "closed") {
      this.#release(answer.body);
      return;
    }
    this.#answer(answer);
    this.#advance();
  }

  #answer(given: Answer): void {
    const head = this.#head;
    assert.ok(head !== undefined);
    // A streamed answer may be made from the request's body as it comes: what is left of it is seen at the end.
    const canGoOn = given.body.kind === "stream" || this.#canPassBody();
    const keepsAlive = head.keepsAlive && canGoOn && !this.#around.isDraining();
    let answer = given;
    let framed: FramedHead;
    try {
      framed = frameAnswer(answer, { method: head.method, httpVersion: head.httpVersion, keepsAlive });
    } catch (error) {
      this.#release(answer.body);
      this.#log({ kind: "respond-threw", viewerAddress: this.#viewerAddress, error });
      answer = refusePlainly({ status: REFUSALS["internal-error"].status, reason: "internal-error" });
      framed = frameAnswer(answer, { method: head.method, httpVersion: head.httpVersion, keepsAlive });
    }
    this.#isAnswering = true;
    const { body } = answer;
    if (framed.body === "none") {
      this.#release(body);
      this.#gather(framed.text, undefined);
      this.#finish(framed.keepsAlive);
    } else if (body.kind === "stream") {
      void this.#pump(framed, body.length, body.chunks);
    } else if (body.kind === "bytes") {
      if (body.bytes.length <= COPIED_BODY_BYTES_MAX) {
        this.#gather(framed.text, body.bytes);
        this.#finish(framed.keepsAlive);
      } else {
        this.#flush();
        this.#socket.cork();
        this.#socket.write(framed.text, "latin1");
        this.#writeSlices(body.bytes, 0, () => {
          this.#finish(framed.keepsAlive);
          this.#advance();
        });
      }
    }
  }

  /** A body that is not going to be read has its resources let go. */
  #release(body: AnswerBody): void {
    if (body.kind !== "stream") return;
    this.#returnIterator(body.chunks[Symbol.asyncIterator]());
  }

  #returnIterator(iterator: AsyncIterator<Uint8Array>): void {
    iterator.return?.().then(undefined, (error: unknown) => {
      this.#log({ kind: "answer-broke-off", viewerAddress: this.#viewerAddress, error });
    });
  }

  /** Puts an answer behind the ones that were gathered before it in this event. */
  #gather(text: string, bytes: Uint8Array | undefined): void {
    if (scratchOwner !== this) {
      if (scratchOwner !== undefined) scratchOwner.#flush();
      ownScratch(this);
    }
    const total = text.length + (bytes?.length ?? 0);
    if (total > SCRATCH_BYTES - scratchBytes) {
      this.#flush();
      ownScratch(this);
      if (total > SCRATCH_BYTES) {
        const whole = Buffer.allocUnsafe(total);
        whole.write(text, 0, "latin1");
        if (bytes !== undefined) whole.set(bytes, text.length);
        this.#write(whole);
        return;
      }
    }
    scratchBytes += scratch.write(text, scratchBytes, "latin1");
    if (bytes !== undefined) {
      scratch.set(bytes, scratchBytes);
      scratchBytes += bytes.length;
    }
  }

  #flush(): void {
    if (scratchOwner !== this) return;
    scratchOwner = undefined;
    if (scratchBytes === 0) return;
    const gathered = scratch.subarray(0, scratchBytes);
    scratchBytes = 0;
    this.#write(gathered);
    if (this.#socket.writableLength !== 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  }

  #write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
    // A write that the kernel took whole asks for a drain too; only one that it did not take holds us up.
    this.#isBlocked = this.#socket.writableNeedDrain && this.#socket.writableLength > 0;
  }

  #onDrain(): void {
    this.#drains++;
    this.#isBlocked = false;
    const resume = this.#afterDrain;
    this.#afterDrain = undefined;
    if (resume !== undefined) resume();
    else if (this.#phase !== "working") this.#advance();
  }

  /** Writes a long body at the pace of the viewer. Called corked, with the head written. */
  #writeSlices(bytes: Uint8Array, from: number, onWritten: () => void): void {
    let at = from;
    do {
      this.#write(bytes.subarray(at, at + SLICE_BYTES));
      if (this.#socket.writableCorked > 0) {
        this.#socket.uncork();
        this.#isBlocked = this.#socket.writableNeedDrain && this.#socket.writableLength > 0;
      }
      at += SLICE_BYTES;
    } while (at < bytes.length && !this.#isBlocked && !this.#socket.destroyed);
    if (at < bytes.length) this.#afterDrain = () => this.#writeSlices(bytes, at, onWritten);
    else onWritten();
  }

  async #pump(framed: FramedHead, length: number | undefined, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const socket = this.#socket;
    const isChunked = framed.body === "chunked";
    const iterator = chunks[Symbol.asyncIterator]();
    this.#outgoing = iterator;
    this.#flush();
    // The head waits for a first chunk that is as good as there, and for nothing longer.
    socket.cork();
    socket.write(framed.text, "latin1");
    setImmediate(() => socket.uncork());
    let left = length ?? Number.POSITIVE_INFINITY;
    try {
      for (;;) {
        const step = await iterator.next();
        if (socket.destroyed) return; // its iterator was returned when the viewer left
        if (step.done === true) break;
        const bytes = step.value;
        if (bytes.length === 0) continue; // as a chunk it would be the last one
        left -= bytes.length;
        assert.ok(left >= 0, "a body is longer than its length");
        if (isChunked) socket.write(bytes.length.toString(16) + "\r\n", "latin1");
        for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
          this.#write(bytes.length <= SLICE_BYTES ? bytes : bytes.subarray(at, at + SLICE_BYTES));
          if (this.#isBlocked) await new Promise<void>((resolve) => (this.#afterDrain = resolve));
          if (socket.destroyed) return;
        }
        if (isChunked) socket.write("\r\n", "latin1");
      }
      assert.ok(length === undefined || left === 0, "a body is shorter than its length");
    } catch (error) {
      if (socket.destroyed) return;
      this.#log({ kind: "answer-broke-off", viewerAddress: this.#viewerAddress, error });
      this.#breakOff(framed);
      return;
    }
    this.#outgoing = undefined;
    if (isChunked) socket.write(LAST_CHUNK, "latin1");
    this.#finish(framed.keepsAlive);
    this.#advance();
  }

  /** Without a proper end: a viewer must see that the message is not whole. */
  #breakOff(framed: FramedHead): void {
    // Where the end of the connection is the end of the message, only a reset is no end.
    if (framed.body === "until-close" && this.#around.scheme === "http") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** The answer was handed over whole. */
  #finish(keepsAlive: boolean): void {
    this.#answered++;
    const canGoOn = keepsAlive && !this.#around.isDraining() && this.#canPassBody();
    const body = this.#body;
    this.#body = undefined;
    this.#head = undefined;
    if (!canGoOn) {
      this.#leave(true);
      if (body !== undefined) this.#failBody(body, new Error("the request was answered, its body is not read further"));
      return;
    }
    this.#phase = body === undefined || body.isEnded ? "waiting" : "discarding";
  }

  /** Closes behind what was written. `lingers`: the viewer may be sending still, and must get to read the answer. */
  #leave(lingers: boolean): void {
    this.#flush();
    this.#phase = "leaving";
    this.#since = this.#around.clock.now();
    this.#unread = [];
    this.#unreadBytes = 0;
    if (lingers && !this.#hasViewerEnded) {
      this.#socket.end();
      this.#socket.resume();
    } else this.#socket.destroySoon();
  }

  #onClose(): void {
    this.#phase = "closed";
    this.#unread = [];
    const body = this.#body;
    this.#body = undefined;
    if (body !== undefined) this.#failBody(body, new Error("the viewer left"));
    const outgoing = this.#outgoing;
    this.#outgoing = undefined;
    if (outgoing !== undefined) this.#returnIterator(outgoing);
    const resume = this.#afterDrain;
    this.#afterDrain = undefined;
    if (outgoing !== undefined) resume?.();
    this.#around.onClosed(this);
  }
}

/** The bare answer to what was refused, for want of a page. */
export function refusePlainly(refused: Pick<Refused, "status" | "reason">): Answer {
  const phrase = reasonPhrase(refused.status);
  return {
    status: refused.status,
    fields: [["Content-Type", "text/plain"]],
    body: { kind: "bytes", bytes: Buffer.from(`${refused.status} ${phrase}: ${refused.reason}\n`, "latin1") },
    close: true,
  };
}
