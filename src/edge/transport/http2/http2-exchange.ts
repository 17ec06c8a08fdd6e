// One HTTP/2 stream: its request to the pipeline, the answer back at the viewer's pace. Surprising: every streamed answer is
// sent as one that may have trailers, because only then can node:http2 break it off without ending it cleanly first.

import assert from "node:assert/strict";
import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from "node:http2";

import { isFieldValue, isToken } from "../../../http/field-syntax.ts";
import type { EpochMs } from "../../../vocabulary/time.ts";
import { Http2RequestBody } from "./http2-request-body.ts";
import { readHttp2Head, type Http2Refusal, type Http2RequestHead } from "./http2-request-head.ts";
import { newRequestMemo } from "../../request-memo.ts";
import {
  answerFields,
  type Answer,
  type AnswerBody,
  type RefusedRequest,
  type ServedOutcome,
  type ViewerRequest,
} from "../message.ts";
import { REFUSALS } from "../refusals.ts";
import { refusePlainly } from "../http1/viewer-connection.ts";
import type { ConnectionSurroundings, Refused } from "../viewer-peer.ts";

/** What a stream needs of its connection. */
export interface ExchangeSurroundings {
  readonly around: ConnectionSurroundings;
  readonly viewerAddress: string;
  readonly viewerPort: number | undefined;
  /** So many bytes of the viewer's made up a request or its body. */
  readonly onUsefulBytes: (count: number) => void;
  /** The viewer has taken some of an answer. */
  readonly onProgress: () => void;
  /** `isCutShort`: the viewer did not wait for its answer. */
  readonly onClosed: (exchange: Http2Exchange, isCutShort: boolean) => void;
}

/** One write: the progress of a slow viewer is seen at this grain, and a streamed body is held in this amount. */
const SLICE_BYTES = 32_768;
/** A body up to this leaves in one piece. */
const WHOLE_BYTES_MAX = 65_536;

/** How long a viewer has to take a RST_STREAM; then its connection is cut off. */
const RESET_SECONDS = 5;
/** How many write time-outs an answer may wait while the viewer takes others on the same connection. */
const TURNS_MAX = 10;
/** Frame headers and priority of a request, generously. */
const FRAMES_BYTES = 64;
/** What a viewer may send of a body before it learns that nobody wants it. */
const WINDOW_BYTES = 65_535;

const { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_INTERNAL_ERROR } = constants;
// Date is the pipeline's. The types do not know `sendDate`.
const HEAD_ONLY: ServerStreamResponseOptions & { sendDate: boolean } = { sendDate: false, endStream: true };
const WITH_WHOLE_BODY: ServerStreamResponseOptions & { sendDate: boolean } = { sendDate: false };
const WITH_STREAMED_BODY: ServerStreamResponseOptions & { sendDate: boolean } = {
  sendDate: false,
  waitForTrailers: true,
};
const CONTINUE = { ":status": 100 } as const;

export class Http2Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly #on: ExchangeSurroundings;
  #head: Http2RequestHead | undefined;
  /** What is answered; `undefined` once it is told how that ended. */
  #request: ViewerRequest | RefusedRequest | undefined;
  #answerInWork: Answer | undefined;
  readonly #startedAt: EpochMs;
  #firstByteAt: EpochMs | undefined;
  #answerHeadBytes = 0;
  #answerBodyBytes = 0;
  #body: Http2RequestBody | undefined;
  #outgoing: AsyncIterator<Uint8Array> | undefined;
  #owesContinue = false;
  #isClosed = false;
  /** Who wants to know when the viewer leaves unanswered. */
  #gone: (() => void) | undefined;
  /** All of the answer was handed over, or it is us who reset. */
  #isDone = false;
  #resetAt: EpochMs | undefined;
  /** Since when something of the viewer is waited for: a piece of its body, or that it takes a slice of the answer. */
  #awaitsBodySince: EpochMs | undefined;
  #isStuckSince: EpochMs | undefined;

  constructor(stream: ServerHttp2Stream, on: ExchangeSurroundings) {
    this.#stream = stream;
    this.#on = on;
    this.#startedAt = on.around.clock.now();
    stream.on("close", () => this.#onClose());
    // A reset by either side; "close" follows, and the connection's own faults are told there.
    stream.on("error", () => undefined);
  }

  /** Bytes of the body that have arrived and that nobody has asked for. */
  get unreadBytes(): number {
    return this.#body === undefined ? 0 : this.#stream.readableLength;
  }

  /**
   * `undefined`: nothing of the viewer is overdue. "reset": it has not even taken the end of the stream. An answer may wait for its
   * turn behind others, `progressAt` being when the viewer last took something of any, but not forever.
   */
  overdue(now: EpochMs, progressAt: EpochMs): "body" | "write" | "reset" | undefined {
    if (this.#resetAt !== undefined) return isOver(this.#resetAt, now, RESET_SECONDS) ? "reset" : undefined;
    const { viewerBodyIdleTimeoutSeconds, viewerWriteTimeoutSeconds } = this.#on.around.limits;
    const isStuck =
      isOver(this.#isStuckSince, now, viewerWriteTimeoutSeconds) && isOver(progressAt, now, viewerWriteTimeoutSeconds);
    if (isStuck || isOver(this.#isStuckSince, now, viewerWriteTimeoutSeconds * TURNS_MAX)) return "write";
    return isOver(this.#awaitsBodySince, now, viewerBodyIdleTimeoutSeconds) ? "body" : undefined;
  }

  /** Ends the stream without a proper end: the viewer sees that what it has is not whole. */
  reset(code: number): void {
    this.#isDone = true;
    this.#resetAt ??= this.#on.around.clock.now();
    this.#giveUp(new Error("the request was given up"));
    if (!this.#stream.closed) this.#stream.close(code);
  }

  /** `hasBody`: the viewer has not ended its half with the header section. */
  begin(rawFields: readonly string[], hasBody: boolean): void {
    const { limits, respond } = this.#on.around;
    const head = readHttp2Head(rawFields, limits);
    if (head.kind !== "head") {
      this.#refuse(head);
      return;
    }
    this.#head = head;
    this.#owesContinue = hasBody && head.expectsContinue;
    this.#on.onUsefulBytes(head.headBytes + FRAMES_BYTES);
    if (hasBody && head.bodyLength !== 0) {
      this.#body = new Http2RequestBody(this.#stream, head.bodyLength, {
        onAwaited: () => this.#awaitBody(),
        onPiece: (bytes) => this.#takePiece(bytes),
        onEnded: () => (this.#awaitsBodySince = undefined),
      });
    }
    let outcome: Answer | Promise<Answer>;
    try {
      const request: ViewerRequest = {
        method: head.method,
        target: head.target,
        path: head.path,
        query: head.query,
        httpVersion: "2.0",
        scheme: "https",
        host: head.host,
        fields: head.fields,
        field: head.field,
        body: this.#body?.asRequestBody,
        onGone: (listener) => {
          if (this.#isClosed) listener();
          else this.#gone = listener;
        },
        viewerAddress: this.#on.viewerAddress,
        viewerPort: this.#on.viewerPort,
        tls: this.#on.around.tls,
        headBytes: head.headBytes,
        memo: newRequestMemo(),
      };
      this.#request = request;
      outcome = respond(request);
    } catch (error) {
      outcome = this.#answerFault(error);
    }
    if (outcome instanceof Promise) {
      outcome.then(
        (answer) => this.#answer(answer),
        (error: unknown) => this.#answer(this.#answerFault(error)),
      );
    } else this.#answer(outcome);
  }

  #awaitBody(): void {
    if (this.#owesContinue && !this.#stream.headersSent && !this.#stream.closed) {
      this.#owesContinue = false;
      this.#stream.additionalHeaders(CONTINUE);
    }
    this.#awaitsBodySince = this.#on.around.clock.now();
  }

  #takePiece(bytes: number): void {
    this.#awaitsBodySince = undefined;
    this.#owesContinue = false;
    this.#on.onUsefulBytes(bytes);
  }

  // Answers go out.

  #refuse(refusal: Http2Refusal): void {
    const { reason, method, target } = refusal;
    const refused = {
      status: REFUSALS[reason].status,
      reason,
      viewerAddress: this.#on.viewerAddress,
      ...(method !== "" && { method: method.slice(0, 32) }),
      ...(target !== "" && { target: target.slice(0, 8192) }),
    };
    if (refusal.kind === "malformed") {
      this.#on.around.log({ kind: "refused", ...refused });
      this.#stream.close(NGHTTP2_PROTOCOL_ERROR); // not done: it counts like a reset of the viewer's own
      return;
    }
    this.#request = refused;
    this.#answer(this.#renderRefusal(refused));
  }

  #renderRefusal(refused: Refused): Answer {
    this.#on.around.log({ kind: "refused", ...refused });
    try {
      return this.#on.around.refuse(refused);
    } catch (error) {
      this.#logFault(error);
      return refusePlainly(refused);
    }
  }

  #logFault(error: unknown): void {
    this.#on.around.log({ kind: "respond-threw", viewerAddress: this.#on.viewerAddress, error });
  }

  #answerFault(error: unknown): Answer {
    this.#logFault(error);
    const { method, target } = this.#head ?? {};
    return this.#renderRefusal({
      status: REFUSALS["internal-error"].status,
      reason: "internal-error",
      viewerAddress: this.#on.viewerAddress,
      ...(method !== undefined && { method }),
      ...(target !== undefined && { target }),
    });
  }

  #answer(given: Answer): void {
    this.#gone = undefined;
    const stream = this.#stream;
    if (this.#isClosed || stream.closed || stream.destroyed) {
      this.#release(given.body);
      return;
    }
    const isHead = this.#head?.method === "HEAD";
    let answer = given;
    let section: string[];
    try {
      section = headerSection(answer, isHead);
      assert.ok(answer.status <= 599, "node:http2 sends no status beyond 599");
    } catch (error) {
      this.#release(answer.body);
      this.#logFault(error);
      answer = refusePlainly({ status: REFUSALS["internal-error"].status, reason: "internal-error" });
      section = headerSection(answer, isHead);
    }
    this.#owesContinue = false;
    this.#answerInWork = answer;
    this.#answerHeadBytes = section.reduce((bytes, text) => bytes + text.length, 0);
    this.#firstByteAt = this.#on.around.clock.now();
    const { body, status } = answer;
    assert.ok(body.kind !== "tunnel");
    const hasBody =
      !isHead && status !== 204 && status !== 205 && status !== 304 && body.kind !== "none" && lengthOf(body) !== 0;
    if (!hasBody) {
      stream.respond(section, HEAD_ONLY);
      this.#release(body);
      this.#finish();
    } else if (body.kind === "bytes" && body.bytes.length <= WHOLE_BYTES_MAX) {
      stream.respond(section, WITH_WHOLE_BODY);
      stream.end(body.bytes);
      this.#answerBodyBytes = body.bytes.length;
      this.#finish();
    } else {
      stream.respond(section, WITH_STREAMED_BODY);
      void this.#send(body.kind === "bytes" ? piecesOf(body.bytes) : body.chunks, lengthOf(body));
    }
  }

  /** Never rejects. The stream is ended when the body is whole, and only then. */
  async #send(chunks: AsyncIterable<Uint8Array>, length: number | undefined): Promise<void> {
    const stream = this.#stream;
    const iterator = chunks[Symbol.asyncIterator]();
    this.#outgoing = iterator;
    let left = length ?? Number.POSITIVE_INFINITY;
    try {
      for (;;) {
        const step = await iterator.next();
        if (this.#isClosed) return; // its iterator was returned when the viewer left
        if (step.done === true) break;
        const bytes = step.value;
        left -= bytes.length;
        assert.ok(left >= 0, "a body is longer than its length");
        for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
          await this.#write(bytes.length <= SLICE_BYTES ? bytes : bytes.subarray(at, at + SLICE_BYTES));
          if (this.#isClosed) return;
        }
      }
      assert.ok(length === undefined || left === 0, "a body is shorter than its length");
    } catch (error) {
      if (this.#isClosed) return;
      this.#outgoing = undefined;
      this.#on.around.log({ kind: "answer-broke-off", viewerAddress: this.#on.viewerAddress, error });
      this.#tellServed("broke-off");
      this.reset(NGHTTP2_INTERNAL_ERROR);
      return;
    }
    this.#outgoing = undefined;
    stream.end();
    this.#finish();
  }

  /** Resolves when the viewer's window and the socket have taken it, or the stream is closed. */
  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#isStuckSince = this.#on.around.clock.now();
      this.#answerBodyBytes += bytes.length;
      this.#stream.write(bytes, () => {
        this.#isStuckSince = undefined;
        this.#on.onProgress();
        resolve();
      });
    });
  }

  /** The answer was handed over whole. What the viewer still sends is not wanted. [RFC 9113 §8.1] */
  #finish(): void {
    this.#isDone = true;
    this.#tellServed("whole");
    this.#isStuckSince = this.#on.around.clock.now(); // until the stream closes, once the viewer has taken it
    const body = this.#body;
    if (body === undefined || body.isEnded) return;
    this.#awaitsBodySince = undefined;
    body.fail(new Error("the request was answered, its body is not read further"));
    this.#stream.close(NGHTTP2_NO_ERROR); // behind the answer's last frame
    this.#stream.resume(); // what is on its way is read over, so that the stream can end
    this.#on.onUsefulBytes(WINDOW_BYTES); // it need not have known
  }

  /** Once for each request. Heads are counted as they are before HPACK. */
  #tellServed(outcome: ServedOutcome): void {
    const request = this.#request;
    const answer = this.#answerInWork;
    this.#request = this.#answerInWork = undefined;
    const { onServed, clock } = this.#on.around;
    if (request === undefined || onServed === undefined) return;
    const [head, body] = [this.#answerHeadBytes, this.#answerBodyBytes];
    onServed(request, answer, head, body, this.#startedAt, this.#firstByteAt, outcome, clock.now());
  }

  /** A body that is not going to be read has its resources let go. */
  #release(body: AnswerBody): void {
    if (body.kind === "stream") this.#returnIterator(body.chunks[Symbol.asyncIterator]());
  }

  #returnIterator(iterator: AsyncIterator<Uint8Array>): void {
    iterator.return?.().then(undefined, (error: unknown) => {
      this.#on.around.log({ kind: "answer-broke-off", viewerAddress: this.#on.viewerAddress, error });
    });
  }

  /** Lets go of all that was held for this viewer. */
  #giveUp(why: Error): void {
    this.#isClosed = true;
    this.#awaitsBodySince = this.#isStuckSince = undefined;
    this.#body?.fail(why);
    this.#gone?.();
    this.#gone = undefined;
    const outgoing = this.#outgoing;
    this.#outgoing = undefined;
    if (outgoing !== undefined) this.#returnIterator(outgoing);
  }

  #onClose(): void {
    this.#giveUp(new Error("the viewer left"));
    this.#tellServed("viewer-left");
    this.#on.onClosed(this, !this.#isDone);
  }
}

function isOver(since: EpochMs | undefined, now: EpochMs, bound: number): boolean {
  return since !== undefined && now - since > bound * 1000;
}

function lengthOf(body: AnswerBody): number | undefined {
  assert.ok(body.kind !== "tunnel", "no stream was asked to become a tunnel");
  return body.kind === "none" ? 0 : body.kind === "bytes" ? body.bytes.length : body.length;
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/**
 * Fields that mean something to one connection of HTTP/1.1 [RFC 9113 §8.2.2], and the length, which is told here. Whatever node:http2
 * refuses is among them: it would throw when the answer is sent, and take the process along.
 */
const NOT_THE_ANSWERS =
  /^(?:content-length|transfer-encoding|connection|keep-alive|proxy-connection|upgrade|http2-settings|te|:.*)$/;

/** Names that were found good, in lower case; they come from configuration and origins, so their number is bounded here. */
const goodNames = new Map<string, string>();
const GOOD_NAMES_MAX = 2048;

function checkName(name: string): string {
  const lowerName = name.toLowerCase();
  assert.ok(isToken(name), `${JSON.stringify(name)} is not a field name`);
  assert.ok(!NOT_THE_ANSWERS.test(lowerName), `${name} is the transport's to send`);
  if (goodNames.size < GOOD_NAMES_MAX) goodNames.set(name, lowerName);
  return lowerName;
}

/**
 * Status, fields and Content-Length as node:http2 wants them: names and values in turn.
 * Throws when a name or value is none, or when the answer frames itself.
 */
export function headerSection(answer: Answer, isHead: boolean): string[] {
  const { status, body } = answer;
  assert.ok(status >= 200, "only a final status can be answered");
  const section = [":status", String(status)];
  for (const [name, value] of answerFields(answer)) {
    const lowerName = goodNames.get(name) ?? checkName(name);
    if (!isFieldValue(value)) assert.fail(`field ${name} has a value that would break its line`);
    section.push(lowerName, value);
  }
  // An origin that brings a body with 205 is wrong, and node:http2 sends none [RFC 9110 §15.3.6].
  const length = status === 205 ? 0 : lengthOf(body);
  const tellsLength = status !== 204 && status !== 304 && length !== undefined && !(isHead && body.kind === "none");
  if (tellsLength) section.push("content-length", String(length));
  return section;
}
