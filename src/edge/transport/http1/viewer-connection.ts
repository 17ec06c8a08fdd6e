// One viewer's connection: bytes from the socket through the request reader to the pipeline, answers back, in order and
// one at a time. How a request's body is read is in request-body.ts, how answers leave in answer-output.ts. Whatever goes
// wrong ends in a closed connection, never in a message that looks whole.

import assert from "node:assert/strict";
import type { Socket } from "node:net";

import type { EpochMs } from "../../../vocabulary/time.ts";
import { secondsBetween } from "../../../vocabulary/time.ts";
import { AnswerOutput } from "./answer-output.ts";
import {
  CONTINUE,
  formatInterim,
  frameAnswer,
  frameSwitch,
  reasonPhrase,
  type FramedHead,
} from "./http1-answer-writer.ts";
import { RequestReader, type RequestHead } from "./http1-request-reader.ts";
import {
  answerFields,
  type Answer,
  type AnswerBody,
  type ServedOutcome,
  type Tunnel,
  type ViewerRequest,
} from "../message.ts";
import { REFUSALS } from "../refusals.ts";
import { IncomingBody, type BodySupply } from "./request-body.ts";
import {
  viewerAddressOf,
  type ConnectionSurroundings,
  type Refused,
  type TransportEvent,
  type ViewerPeer,
} from "../viewer-peer.ts";
import type { SharedReads } from "../shared-reads.ts";
import { ViewerTunnel } from "./viewer-tunnel.ts";

/** Unread bytes of a viewer beyond which its socket is not read. */
const UNREAD_BYTES_MAX = 65_536;
/** An unwanted request body up to this is read over to keep the connection; a longer one costs the connection. */
const DISCARDED_BODY_BYTES_MAX = 65_536;
/** How long and how much is read over after a refusal, so that a reset does not overtake it [RFC 9112 §9.6]. */
const LINGER_SECONDS = 5;
const LINGER_BYTES_MAX = 4_194_304;

export class ViewerConnection implements ViewerPeer {
  readonly #socket: Socket;
  readonly #around: ConnectionSurroundings;
  readonly #reader: RequestReader;
  readonly #output: AnswerOutput;
  readonly #supply: BodySupply;
  readonly #viewerAddress: string;
  readonly #viewerPort: number | undefined;
  /** "discarding": answered, the rest of its request body is read over. "leaving": the last answer is on its way out. */
  #phase: "waiting" | "working" | "discarding" | "tunnel" | "leaving" | "closed" = "waiting";
  #head: RequestHead | undefined;
  /** The request in work, as the pipeline got it; `undefined` once it is told how its answer ended. */
  #request: ViewerRequest | undefined;
  #answerInWork: Answer | undefined;
  /** How it is to be left alone after the answer that goes out, because the edge has too much to do. */
  #hold: Answer["hold"];
  #answerHeadBytes = 0;
  #answerKeepsAlive = false;
  #startedAt: EpochMs;
  #firstByteAt: EpochMs | undefined;
  #body: IncomingBody | undefined;
  #tunnel: ViewerTunnel | undefined;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #hasViewerEnded = false;
  #isAdvancing = false;
  /** What the reader reads from is not ours. */
  #hasSharedBytes = false;
  /** The head of the answer to the request in work is on its way. */
  #isAnswering = false;
  #answered = 0;
  /** Answers that had been given when it was last found idle at a drain. */
  #sparedAfter: number | undefined;
  #lingeredBytes = 0;
  #hasFailed = false;
  #gone: (() => void) | undefined;
  /** One for all requests: they are answered one at a time. */
  readonly #onGone = (listener: () => void): void => {
    if (this.#phase === "closed") listener();
    else this.#gone = listener;
  };
  /** Of the event that is being dealt with: the clock is read once for all that happens in it. */
  #now: EpochMs;
  // Instants that sweep compares: `#headSince` is defined while a head is incomplete.
  #since: EpochMs;
  #headSince: EpochMs | undefined;

  /** `reads`: how the socket reads, where it has no "data" events. */
  constructor(socket: Socket, around: ConnectionSurroundings, reads?: SharedReads) {
    this.#socket = socket;
    this.#around = around;
    this.#reader = new RequestReader(around.limits, around.scheme);
    this.#output = new AnswerOutput(socket);
    this.#supply = {
      reader: this.#reader,
      takeUnread: () => this.#takeUnread(),
      hasViewerEnded: () => this.#hasViewerEnded,
      onAwaited: (owesContinue) => this.#awaitBody(owesContinue),
    };
    this.#viewerAddress = viewerAddressOf(socket);
    this.#viewerPort = socket.remotePort;
    this.#since = this.#startedAt = this.#now = around.clock.now();
    if (reads === undefined) socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    else reads.onBytes = (bytes) => this.#onSharedBytes(bytes);
    socket.on("end", () => this.#onEnd());
    socket.on("drain", () => this.#onDrain());
    socket.on("error", (error) => {
      this.#hasFailed = true;
      around.log({ kind: "socket-failed", viewerAddress: this.#viewerAddress, error });
    });
    socket.on("close", () => this.#onClose());
  }

  drain(sparesIdle: boolean): void {
    if (this.#phase !== "waiting" || this.#unread.length > 0 || !this.#reader.isBetweenRequests) return;
    if (!sparesIdle || this.#sparedAfter === this.#answered) this.#leave(false);
    else this.#sparedAfter = this.#answered;
  }

  destroy(): void {
    this.#tunnel?.end("cut");
    this.#socket.destroy();
  }

  sweep(now: EpochMs): void {
    const { limits } = this.#around;
    const stuckSince = this.#output.stuckSince(now);
    if (stuckSince !== undefined) {
      if (secondsBetween(stuckSince, now) > limits.viewerWriteTimeoutSeconds) this.#timeOut("write");
      return;
    }
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
        if (this.#body?.isAwaited === true && waited > limits.viewerBodyIdleTimeoutSeconds) this.#timeOut("body");
        // It may have closed its half only, and wait; or it may have gone. [D-0010]
        else if (this.#hasViewerEnded && !this.#isAnswering && waited > limits.viewerHalfClosedSeconds) {
          this.#timeOut("half-closed");
        }
        return;
      case "discarding":
        if (waited > limits.viewerBodyIdleTimeoutSeconds) this.#timeOut("body");
        return;
      case "tunnel":
        if (
          secondsBetween(this.#tunnel?.lastFromOrigin ?? this.#since, now) >
          (this.#hasViewerEnded ? limits.viewerHalfClosedSeconds : limits.viewerTunnelIdleSeconds)
        ) {
          this.#tunnel?.end("idle");
          this.#timeOut("tunnel");
        }
        return;
      case "leaving":
        if (waited > LINGER_SECONDS) this.#socket.destroy();
        return;
      case "closed":
        return;
    }
  }

  #timeOut(phase: "idle" | "body" | "write" | "tunnel" | "half-closed"): void {
    this.#log({ kind: "timed-out", viewerAddress: this.#viewerAddress, phase });
    this.#socket.destroy();
  }

  #log(event: TransportEvent): void {
    this.#around.log(event);
  }

  // Bytes come in.

  /** They are not ours for longer than this event, so whatever is left of them then is copied. A head without a body leaves nothing. */
  #onSharedBytes(bytes: Buffer): void {
    const isForReader = this.#phase === "waiting" && !this.#output.isBlocked && this.#unread.length === 0;
    if (!isForReader) return this.#onData(this.#phase === "leaving" ? bytes : Buffer.from(bytes));
    this.#hasSharedBytes = true;
    this.#onData(bytes);
    this.#keepBytes();
  }

  #keepBytes(): void {
    if (this.#hasSharedBytes) this.#reader.keepBytes();
    this.#hasSharedBytes = false;
  }

  #onData(chunk: Buffer): void {
    this.#now = this.#around.clock.now();
    if (this.#phase === "tunnel") return this.#tunnel?.onViewerData(chunk);
    if (this.#phase === "leaving") {
      this.#lingeredBytes += chunk.length;
      if (this.#lingeredBytes > LINGER_BYTES_MAX) this.#socket.destroy();
      return;
    }
    if (this.#phase === "working" || this.#output.isBlocked || this.#unread.length > 0) {
      this.#unread.push(chunk);
      this.#unreadBytes += chunk.length;
      if (this.#body?.isAwaited === true) this.#body.serve();
      else if (this.#unreadBytes >= UNREAD_BYTES_MAX) this.#socket.pause();
      if (this.#phase === "working" || this.#output.isBlocked) return;
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
    this.#now = this.#around.clock.now();
    this.#hasViewerEnded = true;
    if (this.#phase === "tunnel") return this.#tunnel?.onViewerEnd();
    // Closing its half is allowed while answers are outstanding; a body that was cut short is not.
    this.#body?.serve();
    if (this.#phase === "working") this.#since = this.#now;
    else this.#advance();
  }

  /** Goes on with requests until one has to be waited for, then lets all that was gathered go. */
  #advance(): void {
    if (this.#isAdvancing) return; // the loop below goes on by itself
    this.#isAdvancing = true;
    while ((this.#phase === "waiting" || this.#phase === "discarding") && !this.#output.isBlocked) {
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
    this.#output.flush();
    if (this.#phase === "waiting") {
      this.#since = this.#now;
      if (this.#reader.isBetweenRequests) this.#headSince = undefined;
      else this.#headSince ??= this.#since;
    } else if (this.#phase === "discarding") this.#since = this.#now;
    if (this.#hold !== undefined) this.#leaveAlone(this.#hold);
  }

  /** What was read is answered; what comes meanwhile waits where it costs nothing, and is then answered together. [D-0021] */
  #leaveAlone(hold: NonNullable<Answer["hold"]>): void {
    this.#hold = undefined;
    if (this.#phase !== "waiting") return;
    this.#socket.pause();
    hold(() => {
      if (this.#phase !== "closed") this.#socket.resume();
    });
  }

  #begin(head: RequestHead): void {
    this.#phase = "working";
    this.#head = head;
    this.#isAnswering = false;
    this.#headSince = undefined;
    this.#startedAt = this.#now;
    if (this.#hasViewerEnded) this.#since = this.#startedAt;
    const { respond, scheme, tls } = this.#around;
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
          viewerAddress: this.#viewerAddress,
          viewerPort: this.#viewerPort,
          tls,
          interim: head.httpVersion === "1.1" ? this.#interim : undefined,
          headBytes: head.headBytes,
          memo: head.memo,
          receivedAt: this.#now,
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
    } else this.#answer(outcome);
  }

  /** One for all requests of the connection, so it is told which one it is about: it may be late. */
  readonly #interim = (about: ViewerRequest, status: number, fields: Answer["fields"]): void => {
    if (this.#phase !== "working" || this.#request !== about || this.#isAnswering) return;
    this.#output.sendNow(formatInterim(status, fields));
  };

  #openBody(head: RequestHead): IncomingBody {
    this.#keepBytes();
    return (this.#body = new IncomingBody(head, this.#supply));
  }

  #awaitBody(owesContinue: boolean): void {
    if (owesContinue && !this.#isAnswering) {
      this.#output.sendNow(CONTINUE);
      this.#body?.noteContinued();
    }
    this.#since = this.#around.clock.now();
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  #canPassBody(): boolean {
    return this.#body?.canBePassedOver(DISCARDED_BODY_BYTES_MAX) !== false;
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
    const whole = this.#named(refused);
    this.#log({ kind: "refused", ...whole });
    try {
      return { ...this.#around.refuse(whole), close: true };
    } catch (error) {
      this.#log({ kind: "respond-threw", viewerAddress: this.#viewerAddress, error });
      return refusePlainly(whole);
    }
  }

  #named(refused: Omit<Refused, "viewerAddress">): Refused {
    return {
      status: refused.status,
      reason: refused.reason,
      viewerAddress: this.#viewerAddress,
      ...(refused.method !== undefined && { method: refused.method }),
      ...(refused.target !== undefined && { target: refused.target }),
    };
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
    const body = answer.body.kind === "bytes" && framed.body === "sized" ? answer.body.bytes : undefined;
    this.#output.gather(framed.text, body);
    const now = this.#around.clock.now(); // a sweep may have come to it
    const { text } = framed;
    const whole = this.#named(refused);
    this.#around.onServed?.(whole, answer, text.length, body?.length ?? 0, this.#headSince ?? now, now, "whole", now);
    this.#leave(true);
  }

  #answerLate(answer: Answer): void {
    if (this.#phase === "closed") {
      this.#release(answer.body);
      return;
    }
    this.#now = this.#around.clock.now();
    this.#answer(answer);
    this.#advance();
  }

  #answer(given: Answer): void {
    this.#gone = undefined;
    this.#hold = given.hold;
    const head = this.#head;
    assert.ok(head !== undefined);
    if (given.body.kind === "tunnel" && given.status === 101 && head.upgrade !== undefined) {
      return this.#openTunnel(given, head.upgrade, given.body.tunnel);
    }
    // A streamed answer may be made from the request's body as it comes: what is left of it is seen at the end.
    const canGoOn = given.body.kind === "stream" || this.#canPassBody();
    // What came behind a handshake before its refusal is another protocol's or a request: nobody can tell.
    const isAmbiguous = head.upgrade !== undefined && !(this.#reader.isBetweenRequests && this.#unread.length === 0);
    const keepsAlive = head.keepsAlive && canGoOn && !isAmbiguous && !this.#around.isDraining();
    let answer = given;
    let framed: FramedHead;
    try {
      framed = frameAnswer(answer, head, keepsAlive);
    } catch (error) {
      this.#release(answer.body);
      this.#log({ kind: "respond-threw", viewerAddress: this.#viewerAddress, error });
      answer = refusePlainly({ status: REFUSALS["internal-error"].status, reason: "internal-error" });
      framed = frameAnswer(answer, head, keepsAlive);
    }
    this.#isAnswering = true;
    this.#noteBegun(answer, framed.text);
    const { body } = answer;
    if (framed.body === "none") {
      this.#release(body);
      this.#output.gather(framed.text, undefined);
      this.#finish(framed.keepsAlive);
    } else if (body.kind === "stream") {
      void this.#stream(framed, body.length, body.chunks);
    } else if (body.kind === "bytes") {
      this.#answerKeepsAlive = framed.keepsAlive;
      if (this.#output.sendWhole(framed.text, body.bytes, this.#onWritten)) this.#finish(framed.keepsAlive);
    }
  }

  /** Of a body that could not be handed over at once. */
  readonly #onWritten = (): void => {
    this.#finish(this.#answerKeepsAlive);
    this.#advance();
  };

  /** The bytes that are here already are the tunnel's first: they were never looked at. */
  #openTunnel(answer: Answer, protocol: string, tunnel: Tunnel): void {
    let text: string;
    try {
      text = frameSwitch(answerFields(answer), protocol);
    } catch (error) {
      this.#release({ kind: "tunnel", tunnel });
      return this.#answer(this.#answerFault(error));
    }
    this.#noteBegun(answer, text);
    const early = [this.#reader.takeRest(), ...this.#unread].filter(({ length }) => length > 0);
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#output.sendNow(text);
    this.#phase = "tunnel";
    this.#head = undefined;
    this.#tunnel = new ViewerTunnel(this.#socket, tunnel, early, {
      clock: this.#around.clock,
      leave: () => this.#leave(true),
      breakOff: () => this.#breakOff({ body: "until-close" }),
      ended: ({ bytesToViewer, by, isAbrupt }) => {
        this.#now = this.#around.clock.now();
        this.#tellServed(bytesToViewer, isAbrupt ? (by === "viewer" ? "viewer-left" : "broke-off") : "whole");
      },
    });
    if (this.#hasViewerEnded) this.#tunnel.onViewerEnd();
  }

  /** A body that is not going to be read has its resources let go. */
  #release(body: AnswerBody): void {
    if (body.kind === "tunnel") {
      body.tunnel.far.destroy();
      body.tunnel.ended({ by: "viewer", isAbrupt: true, bytesFromViewer: 0, bytesToViewer: 0 });
    }
    if (body.kind !== "stream") return;
    this.#returnIterator(body.chunks[Symbol.asyncIterator]());
  }

  #returnIterator(iterator: AsyncIterator<Uint8Array>): void {
    iterator.return?.().then(undefined, (error: unknown) => {
      this.#log({ kind: "answer-broke-off", viewerAddress: this.#viewerAddress, error });
    });
  }

  #onDrain(): void {
    this.#now = this.#around.clock.now();
    this.#tunnel?.onViewerDrain();
    if (!this.#output.onDrain() && this.#phase !== "working" && this.#tunnel === undefined) this.#advance();
  }

  async #stream(framed: FramedHead, length: number | undefined, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const streamed = await this.#output.stream(framed, length, chunks);
    this.#now = this.#around.clock.now();
    switch (streamed.kind) {
      case "whole":
        this.#finish(framed.keepsAlive);
        this.#advance();
        break;
      case "broke-off":
        this.#log({ kind: "answer-broke-off", viewerAddress: this.#viewerAddress, error: streamed.error });
        this.#tellServed(this.#output.bodyBytes, "broke-off");
        this.#breakOff(framed);
        break;
      case "gone":
        break;
    }
  }

  /** Without a proper end: a viewer must see that the message is not whole. */
  #breakOff(framed: Pick<FramedHead, "body">): void {
    // Where the end of the connection is the end of the message, only a reset is no end.
    // (Over TLS the missing alert would say the same [RFC 8446 §6.1], but many viewers do not look for it.)
    if (framed.body !== "until-close") this.#socket.destroy();
    else if (this.#around.reset !== undefined) this.#around.reset();
    else this.#socket.resetAndDestroy();
  }

  /** The answer was handed over whole. */
  #finish(keepsAlive: boolean): void {
    this.#answered++;
    this.#tellServed(this.#output.bodyBytes, "whole");
    // Its viewer has read that it may go on, and may be asking already.
    const mayGoOn = !this.#around.isDraining() || this.#around.sparesIdle();
    const canGoOn = keepsAlive && mayGoOn && this.#canPassBody();
    const body = this.#body;
    this.#body = undefined;
    this.#head = undefined;
    if (!canGoOn) {
      this.#leave(true);
      body?.fail(new Error("the request was answered, its body is not read further"));
      return;
    }
    this.#phase = body === undefined || body.isEnded ? "waiting" : "discarding";
  }

  #noteBegun(answer: Answer, head: string): void {
    this.#answerInWork = answer;
    this.#answerHeadBytes = head.length;
    this.#firstByteAt = this.#now;
    this.#output.beginAnswer();
  }

  /** Once for each request. */
  #tellServed(bodyBytes: number, outcome: ServedOutcome): void {
    const request = this.#request;
    if (request === undefined) return;
    const answer = this.#answerInWork;
    this.#request = this.#answerInWork = undefined;
    const { onServed } = this.#around;
    if (onServed === undefined) return;
    const headBytes = answer === undefined ? 0 : this.#answerHeadBytes;
    const firstByteAt = answer === undefined ? undefined : this.#firstByteAt;
    onServed(request, answer, headBytes, bodyBytes, this.#startedAt, firstByteAt, outcome, this.#now);
  }

  /** Closes behind what was written. `lingers`: the viewer may be sending still, and must get to read the answer. */
  #leave(lingers: boolean): void {
    this.#output.flush();
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
    this.#now = this.#around.clock.now();
    this.#phase = "closed";
    this.#unread = [];
    const body = this.#body;
    this.#body = undefined;
    body?.fail(new Error("the viewer left"));
    this.#gone?.();
    this.#gone = undefined;
    this.#tunnel?.onViewerClose(this.#hasFailed || !this.#hasViewerEnded);
    if (this.#tunnel === undefined) this.#tellServed(this.#isAnswering ? this.#output.bodyBytes : 0, "viewer-left");
    const outgoing = this.#output.close();
    if (outgoing !== undefined) this.#returnIterator(outgoing);
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
