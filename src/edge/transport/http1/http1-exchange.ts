// The request in work on an HTTP/1.1 connection, from its head to the end of its answer: to the pipeline, back, and told to whoever
// records. A connection has one exchange and uses it for all of its requests, one after another, so that a hit makes no object for it.
// What is read when, and what becomes of the connection, is the connection's (viewer-connection.ts).

import assert from "node:assert/strict";

import type { EpochMs } from "../../../vocabulary/time.ts";
import type { AnswerOutput } from "./answer-output.ts";
import { CONTINUE, formatInterim, frameAnswer, frameSwitch, type FramedHead } from "./http1-answer-writer.ts";
import type { Refusal, RequestHead, RequestReader } from "./http1-request-reader.ts";
import {
  answerFields,
  type Answer,
  type AnswerBody,
  type ServedOutcome,
  type Tunnel,
  type ViewerRequest,
} from "../message.ts";
import { refusePlainly, renderRefusal } from "../refused-messages.ts";
import { REFUSALS, type RefusalReason } from "../refusals.ts";
import { IncomingBody, type BodySupply } from "./request-body.ts";
import type { UnreadBytes } from "./unread-bytes.ts";
import { letGoOfBody, letGoOfRest } from "../unread-answers.ts";
import type { ConnectionSurroundings, Refused } from "../viewer-peer.ts";

/** An unwanted request body up to this is read over to keep the connection; a longer one costs the connection. */
const DISCARDED_BODY_BYTES_MAX = 65_536;

/** The connection, as its exchange sees it. */
export interface ExchangeHolder {
  readonly around: ConnectionSurroundings;
  readonly reader: RequestReader;
  readonly output: AnswerOutput;
  readonly unread: UnreadBytes;
  readonly viewerAddress: string;
  readonly viewerPort: number | undefined;
  /** Of the event that is being dealt with. */
  readonly now: EpochMs;
  /** It has closed its half. */
  readonly hasViewerEnded: boolean;
  /** A body is to come: what the reader reads from must last. */
  keepBytes(): void;
  /** More of a body is wanted than has arrived. */
  onBodyAwaited(): void;
  /** What follows is no longer the event in which the request came: `now` is to be of this one. */
  beginLateEvent(): void;
  /** The late event is over: go on with what has come meanwhile. */
  endLateEvent(): void;
  /** The answer was handed over whole. "discarding": the rest of its request's body comes first. */
  onAnswered(next: "waiting" | "discarding" | "leaving"): void;
  /** The answer broke off: without a proper end, so that the viewer sees that the message is not whole. */
  breakOff(framed: Pick<FramedHead, "body">): void;
  openTunnel(head: string, tunnel: Tunnel): void;
}

export class Http1Exchange {
  readonly #holder: ExchangeHolder;
  readonly #supply: BodySupply;
  #head: RequestHead | undefined;
  /** As the pipeline got it; `undefined` once it is told how its answer ended. */
  #request: ViewerRequest | undefined;
  #body: IncomingBody | undefined;
  #startedAt: EpochMs;
  #answer: Answer | undefined;
  #headBytes = 0;
  #keepsAlive = false;
  #firstByteAt: EpochMs | undefined;
  /** The head of the answer is on its way. */
  #isAnswering = false;
  /** The viewer is gone. */
  #isClosed = false;
  #gone: (() => void) | undefined;
  /** How the connection is to be left alone after the answer that goes out, because the edge has too much to do. */
  hold: Answer["hold"];

  constructor(holder: ExchangeHolder) {
    this.#holder = holder;
    this.#startedAt = holder.now;
    this.#supply = {
      reader: holder.reader,
      takeUnread: () => holder.unread.take(),
      hasViewerEnded: () => holder.hasViewerEnded,
      onAwaited: (owesContinue) => this.#awaitBody(owesContinue),
    };
  }

  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  // The request comes in.

  begin(head: RequestHead): void {
    const on = this.#holder;
    const { respond, scheme, tls } = on.around;
    this.#head = head;
    this.#isAnswering = false;
    this.#startedAt = on.now;
    let outcome: Answer | Promise<Answer>;
    try {
      outcome = respond(
        (this.#request = {
          method: head.method,
          target: head.target,
          path: head.path,
          query: head.query,
          httpVersion: head.httpVersion,
          scheme,
          host: head.host,
          fields: head.fields,
          field: head.field,
          body: head.framing === "none" ? undefined : this.#openBody(head).asRequestBody,
          onGone: this.#onGone,
          upgrade: head.upgrade,
          viewerAddress: on.viewerAddress,
          viewerPort: on.viewerPort,
          tls,
          interim: head.httpVersion === "1.1" ? this.#interim : undefined,
          headBytes: head.headBytes,
          memo: head.memo,
          receivedAt: on.now,
        }),
      );
    } catch (error) {
      outcome = this.#answerFault(error);
    }
    if (outcome instanceof Promise) {
      outcome.then(
        (answer) => this.#answerLate(answer),
        (error: unknown) => this.#answerLate(this.#answerFault(error)),
      );
    } else this.#begin(outcome);
  }

  /** One for all requests: they are answered one at a time. */
  readonly #onGone = (listener: () => void): void => {
    if (this.#isClosed) listener();
    else this.#gone = listener;
  };

  /** One for all requests of the connection, so it is told which one it is about: it may be late. */
  readonly #interim = (about: ViewerRequest, status: number, fields: Answer["fields"]): void => {
    if (this.#isClosed || this.#request !== about || this.#isAnswering) return;
    this.#holder.output.sendNow(formatInterim(status, fields));
  };

  #openBody(head: RequestHead): IncomingBody {
    this.#holder.keepBytes();
    return (this.#body = new IncomingBody(head, this.#supply));
  }

  #awaitBody(owesContinue: boolean): void {
    if (owesContinue && !this.#isAnswering) {
      this.#holder.output.sendNow(CONTINUE);
      this.#body?.noteContinued();
    }
    this.#holder.onBodyAwaited();
  }

  get isBodyAwaited(): boolean {
    return this.#body?.isAwaited === true;
  }

  /** Something has changed for whoever waits for the body: bytes came, or none will come any more. */
  serveBody(): void {
    this.#body?.serve();
  }

  #canPassBody(): boolean {
    return this.#body?.canBePassedOver(DISCARDED_BODY_BYTES_MAX) !== false;
  }

  // The answer goes out.

  #logFault(error: unknown): void {
    const { around, viewerAddress } = this.#holder;
    around.log({ kind: "respond-threw", viewerAddress, error });
  }

  #answerFault(error: unknown): Answer {
    this.#logFault(error);
    return this.#refuseRequest("internal-error");
  }

  /** Of a request that is well-formed, but for which there is no answer. */
  #refuseRequest(reason: RefusalReason): Answer {
    const { method, target } = this.#head ?? {};
    return this.#renderRefusal({
      status: REFUSALS[reason].status,
      reason,
      ...(method !== undefined && { method }),
      ...(target !== undefined && { target }),
    });
  }

  #renderRefusal(refused: Omit<Refused, "viewerAddress">): Answer {
    const { around, viewerAddress } = this.#holder;
    return { ...renderRefusal({ ...refused, viewerAddress }, around), close: true };
  }

  #letGo(body: AnswerBody): void {
    letGoOfBody(body, this.#holder.viewerAddress, this.#holder.around.log);
  }

  /** Answers what is no request, and began to come `since` then, or just now. The connection can only be left afterwards. */
  refuse({ status, reason, method, target }: Omit<Refusal, "kind">, since: EpochMs | undefined): void {
    const { around, output, viewerAddress } = this.#holder;
    const asked = { method: method === "HEAD" ? "HEAD" : "GET", httpVersion: "1.1", keepsAlive: false } as const;
    const refused: Refused = {
      status,
      reason,
      viewerAddress,
      ...(method !== undefined && { method }),
      ...(target !== undefined && { target }),
    };
    let answer = this.#renderRefusal(refused);
    let framed: FramedHead;
    try {
      assert.ok(answer.body.kind !== "stream", "a refusal is answered at once");
      framed = frameAnswer(answer, asked);
    } catch (error) {
      this.#letGo(answer.body);
      this.#logFault(error);
      answer = refusePlainly(refused);
      framed = frameAnswer(answer, asked);
    }
    const body = answer.body.kind === "bytes" && framed.body === "sized" ? answer.body.bytes : undefined;
    output.gather(framed.text, body);
    const now = around.clock.now(); // a sweep may have come to it
    around.onServed?.(refused, answer, framed.text.length, body?.length ?? 0, since ?? now, now, "whole", now);
  }

  #answerLate(answer: Answer): void {
    if (this.#isClosed) {
      this.#letGo(answer.body);
      return;
    }
    this.#holder.beginLateEvent();
    this.#begin(answer);
    this.#holder.endLateEvent();
  }

  #begin(given: Answer): void {
    const on = this.#holder;
    this.#gone = undefined;
    this.hold = given.hold;
    const head = this.#head;
    assert.ok(head !== undefined);
    if (given.body.kind === "tunnel" && given.status === 101 && head.upgrade !== undefined) {
      return this.#openTunnel(given, head.upgrade, given.body.tunnel);
    }
    // A streamed answer may be made from the request's body as it comes: what is left of it is seen at the end.
    const canGoOn = given.body.kind === "stream" || this.#canPassBody();
    // What came behind a handshake before its refusal is another protocol's or a request: nobody can tell.
    const isAmbiguous = head.upgrade !== undefined && !(on.reader.isBetweenRequests && on.unread.isEmpty);
    const keepsAlive = head.keepsAlive && canGoOn && !isAmbiguous && !on.around.isDraining();
    let answer = given;
    let framed: FramedHead;
    try {
      framed = frameAnswer(answer, head, keepsAlive);
    } catch (error) {
      this.#letGo(answer.body);
      this.#logFault(error);
      answer = refusePlainly({ status: REFUSALS["internal-error"].status, reason: "internal-error" });
      framed = frameAnswer(answer, head, keepsAlive);
    }
    this.#noteBegun(answer, framed.text);
    const { body } = answer;
    if (framed.body === "none") {
      this.#letGo(body);
      on.output.gather(framed.text, undefined);
      this.#finish(framed.keepsAlive);
    } else if (body.kind === "stream") {
      void this.#stream(framed, body.length, body.chunks);
    } else if (body.kind === "bytes") {
      this.#keepsAlive = framed.keepsAlive;
      if (on.output.sendWhole(framed.text, body.bytes, this.#onWritten)) this.#finish(framed.keepsAlive);
    }
  }

  /** Of a body that could not be handed over at once. */
  readonly #onWritten = (): void => {
    this.#finish(this.#keepsAlive);
    this.#holder.endLateEvent();
  };

  #openTunnel(answer: Answer, protocol: string, tunnel: Tunnel): void {
    let text: string;
    try {
      text = frameSwitch(answerFields(answer), protocol);
    } catch (error) {
      this.#letGo({ kind: "tunnel", tunnel });
      return this.#begin(this.#answerFault(error));
    }
    this.#noteBegun(answer, text);
    this.#head = undefined;
    this.#holder.openTunnel(text, tunnel);
  }

  async #stream(framed: FramedHead, length: number | undefined, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { around, output, viewerAddress } = this.#holder;
    const streamed = await output.stream(framed, length, chunks);
    this.#holder.beginLateEvent();
    switch (streamed.kind) {
      case "whole":
        this.#finish(framed.keepsAlive);
        this.#holder.endLateEvent();
        break;
      case "broke-off":
        around.log({ kind: "answer-broke-off", viewerAddress, error: streamed.error });
        this.tellServed(output.bodyBytes, "broke-off");
        this.#holder.breakOff(framed);
        break;
      case "unsent":
        around.log({ kind: "answer-broke-off", viewerAddress, error: streamed.error });
        this.#begin(this.#refuseRequest("answer-broke-off"));
        this.#holder.endLateEvent();
        break;
      case "gone":
        break;
    }
  }

  #finish(keepsAlive: boolean): void {
    const { around, output } = this.#holder;
    this.tellServed(output.bodyBytes, "whole");
    // Its viewer has read that it may go on, and may be asking already.
    const mayGoOn = !around.isDraining() || around.sparesIdle();
    const canGoOn = keepsAlive && mayGoOn && this.#canPassBody();
    const body = this.#body;
    this.#body = undefined;
    this.#head = undefined;
    if (canGoOn) this.#holder.onAnswered(body === undefined || body.isEnded ? "waiting" : "discarding");
    else {
      this.#holder.onAnswered("leaving");
      body?.fail(new Error("the request was answered, its body is not read further"));
    }
  }

  #noteBegun(answer: Answer, head: string): void {
    this.#isAnswering = true;
    this.#answer = answer;
    this.#headBytes = head.length;
    this.#firstByteAt = this.#holder.now;
    this.#holder.output.beginAnswer();
  }

  /** Says how the answer ended; once for each request. */
  tellServed(bodyBytes: number, outcome: ServedOutcome): void {
    const request = this.#request;
    if (request === undefined) return;
    const answer = this.#answer;
    this.#request = this.#answer = undefined;
    const { around, now } = this.#holder;
    if (around.onServed === undefined) return;
    const headBytes = answer === undefined ? 0 : this.#headBytes;
    const firstByteAt = answer === undefined ? undefined : this.#firstByteAt;
    around.onServed(request, answer, headBytes, bodyBytes, this.#startedAt, firstByteAt, outcome, now);
  }

  /** The viewer has left. What was in work is given up, and told unless a tunnel will tell its own end. */
  close(): void {
    this.#isClosed = true;
    const body = this.#body;
    this.#body = undefined;
    body?.fail(new Error("the viewer left"));
    this.#gone?.();
    this.#gone = undefined;
  }

  /** Behind `close`, where there is no tunnel. */
  tellLeft(): void {
    const { around, output, viewerAddress } = this.#holder;
    this.tellServed(this.#isAnswering ? output.bodyBytes : 0, "viewer-left");
    const outgoing = output.close();
    if (outgoing !== undefined) letGoOfRest(outgoing, viewerAddress, around.log);
  }
}
