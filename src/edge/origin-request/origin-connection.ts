// One connection to an origin: requests out, responses in, one at a time, over whatever socket it was given. Bytes are read into
// a buffer of its own, which is read into again as soon as whoever gets the bodies is done with it; what is still in use is left
// to them, and the next read gets another. A connection that was not left clean is never used again.

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { ArrivingBody, type ArrivingBodyBounds } from "./arriving-body.ts";
import type { Timed } from "./due-times.ts";
import { ResponseReader, type ResponseHead } from "./http1-response-reader.ts";
import { ReadBuffers } from "./read-buffers.ts";
import { RESPONSE_FAULTS, type ResponseFault } from "./response-faults.ts";
import type { Field } from "../transport/message.ts";

/** A body, as far as it is known when the head is. `whole`: it came with the head, and the connection is free. */
export type ArrivedBody =
  | { readonly kind: "none" }
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "stream"; readonly body: ArrivingBody };

/** Who has sent a request, and hears what comes of it. */
export interface Exchange {
  /** Of the body of its response. */
  readonly bounds: ArrivingBodyBounds;
  /** A body whose end is that of the connection is whole however that ends. */
  readonly takesTruncated: boolean;
  onInterim(status: number, fields: readonly Field[]): void;
  onHead(head: ResponseHead, body: ArrivedBody): void;
  /** No head will come. `isUnanswered`: not a byte of one has. */
  onFailed(error: Error, isUnanswered: boolean): void;
  /** What it waits for has not come in the time for which it armed the connection. */
  onDue(): void;
  /** Once, last: the connection is free, or gone. */
  onOver(): void;
}

/** What is told of the connection as such. */
export interface ConnectionOwner {
  /** It is clean, and can be used for another request. `keptSeconds`: for so long the origin will wait for one, where it has said so. */
  onFree(connection: OriginConnection, keptSeconds: number | undefined): void;
  /** Once. */
  onGone(connection: OriginConnection): void;
}

/** The socket's option by which bytes are read into a buffer of ours. */
export interface OwnBuffer {
  readonly buffer: () => Buffer;
  readonly callback: (count: number, bytes: Uint8Array) => boolean;
}

/** An answer that the origin's bytes are not. */
export class BadResponse extends Error {
  readonly fault: ResponseFault;
  constructor(fault: ResponseFault) {
    super(RESPONSE_FAULTS[fault]);
    this.fault = fault;
  }
}

/** A whole body in so many pieces is joined; one that is cut more finely comes as a stream. */
const JOINED_PIECES_MAX = 16;
const LAST_CHUNK = "0\r\n\r\n";

/** It is waited for its answers and, while it is free, for its time to be over: so it is what is armed for either. */
export class OriginConnection implements Timed {
  readonly #owner: ConnectionOwner;
  readonly #reader: ResponseReader;
  readonly #socket: Socket;
  readonly #isSecured: boolean;
  readonly #buffers = new ReadBuffers();
  #hasFilledBuffer = false;
  #exchange: Exchange | undefined;
  /** The head has come; `undefined` before, and of a body that came whole. */
  #body: ArrivingBody | undefined;
  #head: ResponseHead | undefined;
  #isRequestWhole = true;
  #isChunked = false;
  #isGone = false;
  #isReading = false;
  /** Why it ends, as far as that was told. */
  #error: Error | undefined;
  /** The socket has said so itself. */
  #hasFailed = false;
  #drained: (() => void) | undefined;
  dueAtMs = Infinity;

  /** `open` makes the socket, which need not be connected yet. One that does not use the buffer can become a tunnel. */
  constructor(owner: ConnectionOwner, headBytesMax: number, open: (reading: OwnBuffer) => Socket) {
    this.#owner = owner;
    this.#reader = new ResponseReader(headBytesMax);
    const socket = open({
      buffer: () => this.#buffers.next(this.#body === undefined ? "own" : this.#hasFilledBuffer ? "wide" : "as-before"),
      callback: (count, bytes) => {
        this.#hasFilledBuffer = count === bytes.length;
        const isInUse = this.#onBytes(bytes as Buffer, count);
        // A pause keeps no TLS socket from deciphering what it has read already: whoever paused it would see that in these bytes.
        if (isInUse || (this.#isSecured && this.#socket.isPaused())) this.#buffers.giveAway();
        return true;
      },
    });
    this.#socket = socket;
    this.#isSecured = socket instanceof TLSSocket;
    socket.on("error", (error) => {
      this.#error ??= error;
      this.#hasFailed = true;
    });
    socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose).on("drain", this.#onDrain);
  }

  /** Never with a buffer of ours. */
  readonly #onData = (chunk: Buffer): void => void this.#onBytes(chunk, chunk.length);

  get socket(): Socket {
    return this.#socket;
  }

  get isGone(): boolean {
    return this.#isGone || this.#socket.destroyed;
  }

  /**
   * Whoever has got the connection hears from now on how it ends, before it has asked anything: one that was kept may
   * bring something unasked, and a new one may not come about.
   */
  take(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  onDue(): void {
    if (this.#exchange === undefined) this.destroy();
    else this.#exchange.onDue();
  }

  /** Sends the head of a request. Without `withBody` that is all of it. */
  ask(method: string, head: string, withBody: "none" | "sized" | "chunked"): void {
    this.#reader.expect(method);
    this.#isRequestWhole = withBody === "none";
    this.#isChunked = withBody === "chunked";
    this.#isReading = true;
    this.#socket.write(head, "latin1");
  }

  /** A piece of the request's body. `false`: the next one should wait for `drained`. */
  send(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (!this.#isChunked) return socket.write(bytes);
    if (bytes.length === 0) return true; // as a chunk it would be the last one
    socket.cork();
    socket.write(`${bytes.length.toString(16)}\r\n`, "latin1");
    socket.write(bytes);
    const isTaken = socket.write("\r\n", "latin1");
    socket.uncork();
    return isTaken;
  }

  /** The request's body is through. */
  endRequest(): void {
    if (this.#isChunked) this.#socket.write(LAST_CHUNK, "latin1");
    this.#isRequestWhole = true;
  }

  /** Resolves also when the connection is gone. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isGone) resolve();
      else this.#drained = resolve;
    });
  }

  /** After a 101: the socket is the caller's, with whatever has come behind the head. */
  detach(): Socket {
    const socket = this.#socket;
    const rest = this.#reader.takeRest();
    socket.pause();
    socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose).off("drain", this.#onDrain);
    if (rest.length > 0) socket.unshift(rest);
    this.#goAway();
    return socket;
  }

  /** Ends it, whatever is under way. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
    // Its listeners are told at once: "close" comes in a later turn.
    this.#onClose();
  }

  /** Since when whoever reads the body on it takes nothing; Infinity where there is none, or it does. */
  get stalledAtMs(): number {
    return this.#body?.stalledAtMs ?? Infinity;
  }

  /** Ends it for who needs its place; whoever reads its body is told why. */
  lend(): void {
    this.#body?.lend();
    this.destroy();
  }

  // Bytes come in.

  /** `true`: some of the bytes are still in use. */
  #onBytes(bytes: Buffer, count: number): boolean {
    if (this.#isGone) return false;
    if (!this.#isReading) {
      this.destroy(new Error(this.#exchange === undefined ? "bytes that nobody asked for" : UNASKED));
      return false;
    }
    this.#reader.feed(bytes, count);
    return this.#readOn();
  }

  #readOn(): boolean {
    let isInUse = false;
    while (!this.#isGone) {
      const event = this.#reader.next();
      switch (event.kind) {
        case "more":
          return isInUse;
        case "interim":
          this.#exchange?.onInterim(event.status, event.fields);
          break;
        case "head":
          if (this.#onHead(event)) isInUse = true;
          break;
        case "body":
          if (this.#body?.push(event.bytes) === false) isInUse = true;
          break;
        case "end":
          if (this.#body?.finish() === true) isInUse = true;
          this.#finish();
          return isInUse;
        case "refused":
          this.destroy(new BadResponse(event.fault));
          return isInUse;
      }
    }
    return isInUse;
  }

  /** `true`: some of the bytes are still in use. */
  #onHead(head: ResponseHead): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined) return false;
    this.#head = head;
    if (head.framing === "none") {
      exchange.onHead(head, { kind: "none" });
      if (head.status !== 101) this.#finish();
      return false;
    }
    const pieces: Buffer[] = [];
    if (head.framing !== "until-close") {
      for (;;) {
        const event = this.#reader.next();
        if (event.kind === "body" && pieces.length < JOINED_PIECES_MAX) pieces.push(event.bytes);
        else if (event.kind === "end") {
          exchange.onHead(head, { kind: "whole", bytes: join(pieces) });
          this.#finish();
          return false;
        } else if (event.kind === "body") {
          pieces.push(event.bytes);
          break;
        } else if (event.kind === "refused") {
          // Nobody has seen the head yet: it is no answer at all.
          this.destroy(new BadResponse(event.fault));
          return false;
        } else break;
      }
    }
    return this.#startBody(exchange, head, pieces);
  }

  #startBody(exchange: Exchange, head: ResponseHead, pieces: readonly Buffer[]): boolean {
    const socket = this.#socket;
    const body = new ArrivingBody(
      {
        pause: () => void socket.pause(),
        resume: () => {
          if (!this.#isGone && this.#body === body) socket.resume();
        },
        giveUp: () => {
          if (this.#body === body) this.destroy();
        },
      },
      exchange.bounds,
    );
    this.#body = body;
    exchange.onHead(head, { kind: "stream", body });
    let isInUse = false;
    for (const piece of pieces) if (!body.push(piece)) isInUse = true;
    return isInUse;
  }

  /** The response is through. What is left of the request nobody reads any more. */
  #finish(): void {
    const exchange = this.#exchange;
    const head = this.#head;
    this.#exchange = undefined;
    this.#body = undefined;
    this.#head = undefined;
    this.#isReading = false;
    const isClean = head?.keepsAlive === true && this.#isRequestWhole && !this.#reader.hasUnread && !this.isGone;
    // Paused by a body that has come to its end, it would not notice what comes next.
    if (isClean && this.#socket.isPaused()) this.#socket.resume();
    if (!isClean) this.destroy();
    exchange?.onOver();
    if (isClean) this.#owner.onFree(this, head.keepAliveSeconds);
  }

  readonly #onDrain = (): void => {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  };

  // It ends.

  /** The origin has closed its half. */
  readonly #onEnd = (): void => {
    if (this.#isGone) return;
    if (this.#body !== undefined && this.#reader.finish().kind === "end") {
      this.#body.finish();
      this.#finish();
      return;
    }
    this.destroy(hangUp());
  };

  readonly #onClose = (): void => {
    if (this.#isGone) return;
    const error = this.#error ?? hangUp();
    const exchange = this.#exchange;
    const body = this.#body;
    const isUntilClose = this.#head?.framing === "until-close" && !(error instanceof BadResponse);
    const isUnanswered = !this.#reader.hasBegun;
    this.#exchange = undefined;
    this.#body = undefined;
    this.#goAway();
    if (body !== undefined) {
      if (isUntilClose && exchange?.takesTruncated === true && this.#hasFailed) body.finish();
      else body.fail(new Error(`the origin's response broke off: ${error.message}`));
    } else exchange?.onFailed(error, isUnanswered);
    exchange?.onOver();
  };

  #goAway(): void {
    this.#isGone = true;
    this.#buffers.close();
    this.#onDrain();
    this.#owner.onGone(this);
  }
}

/** Said of a kept connection on which something came before the request was sent. */
const UNASKED = "the origin answered before it was asked";

function hangUp(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}

/** One copy, because the connection goes on to be used. */
function join(pieces: readonly Buffer[]): Buffer {
  const [one] = pieces;
  if (pieces.length === 1 && one !== undefined) {
    const copy = Buffer.allocUnsafe(one.length);
    copy.set(one);
    return copy;
  }
  return Buffer.concat(pieces);
}
