// One HTTP/2 stream: its request to the pipeline, the answer back in its turns, at the viewer's pace. A hit is answered and sent
// within the event that brought its request; only a body that comes in pieces waits for anything.

import assert from "node:assert/strict";

import type { EpochMs } from "../../../vocabulary/time.ts";
import type { Answer, AnswerBody, Field, RefusedRequest, ServedOutcome, ViewerRequest } from "../message.ts";
import { refusePlainly, renderRefusal } from "../refused-messages.ts";
import { REFUSALS, type RefusalReason } from "../refusals.ts";
import { letGoOfBody, letGoOfRest } from "../unread-answers.ts";
import type { ConnectionSurroundings, Refused } from "../viewer-peer.ts";
import { CONTINUE, http2AnswerHead, http2InterimHead, lengthOf, type Http2AnswerHead } from "./http2-answer-head.ts";
import {
  ERROR,
  FRAME,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  numberFrame,
  WINDOW_BYTES,
  type ErrorCode,
} from "./http2-frames.ts";
import type { Http2Output, Sender } from "./http2-output.ts";
import { Http2RequestBody } from "./http2-request-body.ts";
import type { Http2Refusal, Http2RequestHead } from "./http2-request-head.ts";

/** What a stream needs of its connection. */
export interface ExchangeSurroundings {
  readonly around: ConnectionSurroundings;
  readonly viewerAddress: string;
  readonly viewerPort: number | undefined;
  /** The stream has something to send. */
  readonly onReady: (exchange: Http2Exchange) => void;
  /** So many bytes of a body are held; `onTaken` tells when they are not any more. */
  readonly onHeld: (bytes: number) => void;
  readonly onTaken: (exchange: Http2Exchange, bytes: number) => void;
  /** The viewer has taken some of an answer. */
  readonly onProgress: (now: EpochMs) => void;
  /** It cannot go on: the stream is to be reset. */
  readonly onBroken: (exchange: Http2Exchange, code: ErrorCode) => void;
  /** The answer is on its way whole. `isStopped`: the viewer was told that the rest of its body is not wanted. */
  readonly onDone: (exchange: Http2Exchange, isStopped: boolean, now: EpochMs) => void;
}

/** What a slow viewer has to take within the write time-out. */
const SLICE_BYTES = 32_768;
/** How many write time-outs an answer may wait while the viewer takes others on the same connection. */
const TURNS_MAX = 10;
/** Interim responses that wait for the socket; further ones are left out, as anybody may. */
const INTERIMS_MAX = 8;
/** A smaller piece of a body is sent in one frame, or in the next write. */
const UNCUT_BYTES = 2048;

export class Http2Exchange implements Sender {
  readonly id: number;
  readonly #on: ExchangeSurroundings;
  /** What the viewer takes of the answer's body, and may still send of its own. [RFC 9113 §5.2] */
  sendWindow: number;
  receiveWindow = WINDOW_BYTES;
  isQueued = false;

  #subject: ViewerRequest | RefusedRequest | undefined;
  readonly #startedAt: EpochMs;
  #body: Http2RequestBody | undefined;
  #hasViewerEnded: boolean;
  #owesContinue = false;
  /** Who wants to know when the viewer leaves unanswered. */
  #gone: (() => void) | undefined;
  #isClosed = false;
  #awaitsBodySince: EpochMs | undefined;

  #answer: Answer | undefined;
  /** Heads that were not sent yet. */
  #interims: Http2AnswerHead[] | undefined;
  #head: Http2AnswerHead | undefined;
  #piece: Uint8Array | undefined;
  #pieceAt = 0;
  /** Nothing comes behind the piece. */
  #isLastPiece = false;
  #source: AsyncIterator<Uint8Array> | undefined;
  #sourceLeft = Number.POSITIVE_INFINITY;
  #headBytes = 0;
  #bodyBytes = 0;
  #firstByteAt: EpochMs | undefined;
  /** Since when it waits that the viewer takes a slice of the answer, and what it had taken then. */
  #stuckSince: EpochMs | undefined;
  #stuckAtBytes = 0;

  /** `hasBody`: the viewer has not ended its half with the header section. */
  constructor(id: number, sendWindow: number, hasBody: boolean, now: EpochMs, on: ExchangeSurroundings) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.#hasViewerEnded = !hasBody;
    this.#on = on;
    this.#startedAt = now;
  }

  // The request comes in.

  begin({ shared, target, path, query, headBytes }: Http2RequestHead): void {
    const { respond, tls } = this.#on.around;
    if (!this.#hasViewerEnded) {
      this.#owesContinue = shared.expectsContinue;
      this.#body = new Http2RequestBody(shared.bodyLength, {
        onAwaited: () => this.#awaitBody(),
        onHeld: this.#on.onHeld,
        onTaken: (bytes) => this.#on.onTaken(this, bytes),
      });
    }
    const request: ViewerRequest = {
      method: shared.method,
      target,
      path,
      query,
      httpVersion: "2.0",
      scheme: "https",
      host: shared.host,
      fields: shared.fields,
      field: shared.field,
      body: shared.bodyLength === 0 ? undefined : this.#body?.asRequestBody,
      onGone: this.#onGone,
      viewerAddress: this.#on.viewerAddress,
      viewerPort: this.#on.viewerPort,
      tls,
      interim: this.#interim,
      headBytes,
      memo: shared.memo,
    };
    this.#subject = request;
    let outcome: Answer | Promise<Answer>;
    try {
      outcome = respond(request);
    } catch (error) {
      outcome = this.#answerFault(error);
    }
    if (outcome instanceof Promise) {
      outcome.then(
        (answer) => this.#begin(answer, this.#on.around.clock.now()),
        (error: unknown) => this.#begin(this.#answerFault(error), this.#on.around.clock.now()),
      );
    } else this.#begin(outcome, this.#startedAt);
  }

  /** Answers what is well-formed and not served. */
  refuse(refusal: Http2Refusal): void {
    const refused = nameRefused(refusal, this.#on.viewerAddress);
    this.#subject = refused;
    this.#begin(renderRefusal(refused, this.#on.around), this.#startedAt);
  }

  readonly #onGone = (listener: () => void): void => {
    if (this.#isClosed) listener();
    else this.#gone = listener;
  };

  readonly #interim = (about: ViewerRequest, status: number, fields: readonly Field[]): void => {
    if (this.#isClosed || this.#subject !== about || this.#answer !== undefined) return;
    this.#sendInterim(http2InterimHead(status, fields));
  };

  #sendInterim(head: Http2AnswerHead): void {
    const waiting = (this.#interims ??= []);
    if (waiting.length >= INTERIMS_MAX) return;
    waiting.push(head);
    this.#on.onReady(this);
  }

  #awaitBody(): void {
    if (this.#owesContinue && this.#answer === undefined && !this.#isClosed) {
      this.#owesContinue = false;
      this.#sendInterim(CONTINUE);
    }
    this.#awaitsBodySince = this.#on.around.clock.now();
  }

  get hasViewerEnded(): boolean {
    return this.#hasViewerEnded;
  }

  /** The viewer may be told to send more. */
  get wantsMoreBody(): boolean {
    return !this.#isClosed && this.#body?.mayGrow === true;
  }

  /** `false`: the body is not as long as the head says. [RFC 9113 §8.1.1] */
  receive(piece: Buffer, isLast: boolean): boolean {
    this.#awaitsBodySince = undefined;
    this.#owesContinue = false;
    const body = this.#body;
    if (isLast) this.#hasViewerEnded = true;
    if (body === undefined) return true; // it is refused, and nobody reads it
    if (!body.receive(piece)) return false;
    if (isLast) return body.end();
    if (body.isAwaited) this.#awaitsBodySince = this.#on.around.clock.now();
    return true;
  }

  // The answer goes out.

  #logFault(error: unknown): void {
    this.#on.around.log({ kind: "respond-threw", viewerAddress: this.#on.viewerAddress, error });
  }

  #answerFault(error: unknown): Answer {
    this.#logFault(error);
    return this.#refuseRequest("internal-error");
  }

  #refuseRequest(reason: RefusalReason): Answer {
    const { method = "", target = "" } = this.#subject ?? {};
    const refused = nameRefused({ kind: "refused", reason, method, target }, this.#on.viewerAddress);
    return renderRefusal(refused, this.#on.around);
  }

  #begin(given: Answer, now: EpochMs): void {
    this.#gone = undefined;
    if (this.#isClosed) {
      this.#letGo(given.body);
      return;
    }
    const isHead = this.#subject?.method === "HEAD";
    let answer = given;
    let head: Http2AnswerHead;
    try {
      head = http2AnswerHead(answer, isHead);
    } catch (error) {
      this.#letGo(answer.body);
      this.#logFault(error);
      answer = refusePlainly({ status: REFUSALS["internal-error"].status, reason: "internal-error" });
      head = http2AnswerHead(answer, isHead);
    }
    const { body } = answer;
    this.#answer = answer;
    this.#head = head;
    this.#owesContinue = false;
    this.#stuckSince = now;
    if (!head.hasBody) this.#letGo(body);
    else if (body.kind === "bytes") {
      this.#piece = body.bytes;
      this.#isLastPiece = true;
    } else if (body.kind === "stream") {
      this.#sourceLeft = lengthOf(body) ?? Number.POSITIVE_INFINITY;
      this.#source = body.chunks[Symbol.asyncIterator]();
      void this.#pull();
    }
    this.#on.onReady(this);
  }

  /** Waits for the next piece. Never rejects. */
  async #pull(): Promise<void> {
    this.#stuckSince = undefined; // it is not the viewer that is waited for
    try {
      for (;;) {
        const step = await this.#source?.next();
        if (this.#isClosed || step === undefined) return; // the iterator was returned when the viewer left
        if (step.done === true) {
          assert.ok(
            this.#sourceLeft === Number.POSITIVE_INFINITY || this.#sourceLeft === 0,
            "a body is shorter than its length",
          );
          this.#source = undefined;
          this.#isLastPiece = true;
          break;
        }
        this.#sourceLeft -= step.value.length;
        assert.ok(this.#sourceLeft >= 0, "a body is longer than its length");
        if (step.value.length === 0) continue;
        this.#piece = step.value;
        this.#pieceAt = 0;
        break;
      }
    } catch (error) {
      if (this.#isClosed) return;
      this.#source = undefined;
      this.#on.around.log({ kind: "answer-broke-off", viewerAddress: this.#on.viewerAddress, error });
      if (this.#head === undefined) this.#on.onBroken(this, ERROR.internal);
      else this.#begin(this.#refuseRequest("answer-broke-off"), this.#on.around.clock.now()); // nothing was sent
      return;
    }
    this.#stuckSince = this.#on.around.clock.now();
    this.#stuckAtBytes = this.#bodyBytes;
    this.#on.onReady(this);
  }

  wants(connectionWindow: number): "turn" | "window" | "nothing" {
    if (this.#isClosed) return "nothing";
    if (this.#head !== undefined || (this.#interims !== undefined && this.#interims.length > 0)) return "turn";
    if (this.#answer === undefined) return "nothing";
    if (this.#piece === undefined) return this.#isLastPiece ? "turn" : "nothing";
    if (this.sendWindow <= 0) return "nothing";
    return connectionWindow > 0 ? "turn" : "window";
  }

  send(output: Http2Output): void {
    if (this.#isClosed) return;
    const { id } = this;
    for (const interim of this.#interims ?? []) output.writeHead(id, interim, false);
    this.#interims = undefined;
    const head = this.#head;
    if (head !== undefined) {
      this.#head = undefined;
      this.#headBytes = output.writeHead(id, head, !head.hasBody);
      this.#firstByteAt = output.now;
      if (!head.hasBody) return this.#finish(output);
    }
    if (this.#answer === undefined) return;
    const piece = this.#piece;
    if (piece === undefined) {
      if (!this.#isLastPiece || output.room < FRAME_HEAD_BYTES) return;
      output.writeData(id, EMPTY, 0, 0, true);
      return this.#finish(output);
    }
    const left = piece.length - this.#pieceAt;
    const wanted = Math.min(left, FRAME_BYTES_MAX, this.sendWindow, output.window);
    const room = output.room - FRAME_HEAD_BYTES;
    if (wanted <= 0 || (room < wanted && room < UNCUT_BYTES)) return;
    const count = Math.min(wanted, room);
    const from = this.#pieceAt;
    const isLast = count === left && this.#isLastPiece;
    output.writeData(id, piece, from, from + count, isLast);
    this.sendWindow -= count;
    this.#bodyBytes += count;
    this.#pieceAt = from + count;
    if (isLast) return this.#finish(output);
    if (this.#bodyBytes - this.#stuckAtBytes >= SLICE_BYTES) {
      this.#stuckAtBytes = this.#bodyBytes;
      this.#stuckSince = output.now;
      this.#on.onProgress(output.now);
    }
    if (count < left) return;
    this.#piece = undefined;
    void this.#pull();
  }

  /** All of the answer is in frames. What the viewer still sends is not wanted. [RFC 9113 §8.1] */
  #finish(output: Http2Output): void {
    const isStopped = !this.#hasViewerEnded;
    if (isStopped) output.writeFrame(numberFrame(FRAME.rstStream, this.id, ERROR.none));
    this.#close("whole", "the request was answered, its body is not read further", output.now);
    this.#on.onProgress(output.now);
    this.#on.onDone(this, isStopped, output.now);
  }

  /** Nothing more goes out: the viewer has left or is told that the stream is reset. Lets go of all that was held for it. */
  giveUp(outcome: ServedOutcome, why: string): void {
    if (!this.#isClosed) this.#close(outcome, why, this.#on.around.clock.now());
  }

  #close(outcome: ServedOutcome, why: string, now: EpochMs): void {
    this.#isClosed = true;
    this.#awaitsBodySince = this.#stuckSince = undefined;
    this.#piece = undefined;
    const subject = this.#subject;
    const answer = this.#answer;
    this.#subject = this.#answer = this.#head = undefined;
    this.#body?.fail(why);
    this.#gone?.();
    this.#gone = undefined;
    const source = this.#source;
    this.#source = undefined;
    if (source !== undefined) letGoOfRest(source, this.#on.viewerAddress, this.#on.around.log);
    const { onServed } = this.#on.around;
    if (onServed === undefined || subject === undefined) return;
    onServed(subject, answer, this.#headBytes, this.#bodyBytes, this.#startedAt, this.#firstByteAt, outcome, now);
  }

  #letGo(body: AnswerBody): void {
    letGoOfBody(body, this.#on.viewerAddress, this.#on.around.log);
  }

  // Time.

  /**
   * `undefined`: nothing of the viewer is overdue. An answer may wait for its turn behind others, `progressAt` being when the viewer
   * last took something of any, but not forever.
   */
  overdue(now: EpochMs, progressAt: EpochMs): "body" | "write" | undefined {
    const { viewerBodyIdleTimeoutSeconds, viewerWriteTimeoutSeconds } = this.#on.around.limits;
    const isStuck =
      isOver(this.#stuckSince, now, viewerWriteTimeoutSeconds) && isOver(progressAt, now, viewerWriteTimeoutSeconds);
    if (isStuck || isOver(this.#stuckSince, now, viewerWriteTimeoutSeconds * TURNS_MAX)) return "write";
    return isOver(this.#awaitsBodySince, now, viewerBodyIdleTimeoutSeconds) ? "body" : undefined;
  }
}

const EMPTY = new Uint8Array(0);

function isOver(since: EpochMs | undefined, now: EpochMs, bound: number): boolean {
  return since !== undefined && now - since > bound * 1000;
}

/** For the log and whoever records; what was received is cut to what is worth it. */
export function nameRefused({ reason, method, target }: Http2Refusal, viewerAddress: string): Refused {
  return {
    status: REFUSALS[reason].status,
    reason,
    viewerAddress,
    ...(method !== "" && { method: method.slice(0, 32) }),
    ...(target !== "" && { target: target.slice(0, 8192) }),
  };
}
