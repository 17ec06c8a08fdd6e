// One connection to the worker that owns a key, and the pool of them: a request at a time, its answer passed on as it comes.
// The owner sends no faster than the viewer takes; who gives an answer up closes the connection, and the owner sees that.

import { connect, type Socket } from "node:net";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";
import type { AnswerBody, Field } from "../transport/message.ts";
import { PeerResponseReader } from "./peer-response-reader.ts";

/** An answer from its head on. */
export interface Arrival {
  readonly status: number;
  readonly fields: readonly Field[];
  /** Throws where the owner breaks off. */
  readonly body: AnswerBody;
}

export interface PeerAsk {
  readonly head: string;
  readonly isHead: boolean;
  readonly onInterim: ((status: number, fields: readonly Field[]) => void) | undefined;
  /** Has the listener called when nobody wants the answer any more. */
  readonly onGone: ((listener: () => void) => void) | undefined;
}

/** "lost": the owner was not there, or went before its answer began. "left": the viewer did. */
export type Exchanged =
  | { readonly kind: "arrived"; readonly arrival: Arrival }
  | { readonly kind: "lost" }
  | { readonly kind: "left" };

export interface PeerPool {
  /** Exchanges that are under way. */
  busy(): number;
  exchange(ask: PeerAsk): Promise<Exchanged>;
  /** Closes what was idle for a while; to be called a few times a second. */
  tick(): void;
  /** Another process has taken the owner's place: what comes next is asked of that one. */
  letIdleGo(): void;
  /** Breaks off everything that is under way. The pool can be used on. */
  cut(): void;
}

/** Unread bytes of a body beyond which the owner waits. */
const UNREAD_BYTES_MAX = 262_144;
const IDLE_TICKS_MAX = 40;
const IDLE_MAX = 64;

const LOST = { kind: "lost" } as const;
const LEFT = { kind: "left" } as const;

export function openPeerPool(path: string): PeerPool {
  const idle: PeerConnection[] = [];
  const busy = new Set<PeerConnection>();
  let ticks = 0;

  function release(connection: PeerConnection): void {
    busy.delete(connection);
    if (connection.isClosed) return;
    if (idle.length >= IDLE_MAX) return connection.destroy();
    connection.idleSince = ticks;
    idle.push(connection);
  }

  function take(): PeerConnection {
    for (let kept = idle.pop(); kept !== undefined; kept = idle.pop()) if (!kept.isClosed) return kept;
    return new PeerConnection(connect({ path }), release);
  }

  async function exchange(ask: PeerAsk): Promise<Exchanged> {
    let connection = take();
    let isGone = false;
    let isArrived = false;
    ask.onGone?.(() => {
      isGone = true;
      // From then on it is the body that is given up: the connection may be another viewer's.
      if (!isArrived) connection.destroy();
    });
    for (;;) {
      busy.add(connection);
      const { wasUsed } = connection;
      const arrival = await connection.send(ask);
      if (isGone) return LEFT;
      isArrived = arrival !== undefined;
      if (arrival !== undefined) return { kind: "arrived", arrival };
      // The owner may have closed what was kept just then: that says nothing about it.
      if (!wasUsed) return LOST;
      connection = new PeerConnection(connect({ path }), release);
    }
  }

  return {
    busy: () => busy.size,
    exchange,
    tick() {
      ticks++;
      while (idle[0] !== undefined && ticks - idle[0].idleSince > IDLE_TICKS_MAX) idle.shift()?.destroy();
    },
    letIdleGo() {
      for (const connection of idle.splice(0)) connection.destroy();
    },
    cut() {
      for (const connection of [...idle.splice(0), ...busy]) connection.destroy();
    },
  };
}

class PeerConnection {
  readonly #socket: Socket;
  readonly #reader = new PeerResponseReader();
  readonly #release: (connection: PeerConnection) => void;
  #ask: PeerAsk | undefined;
  #settle: ((arrival: Arrival | undefined) => void) | undefined;
  #body: UnreadBody | undefined;
  #keepsAlive = true;
  idleSince = 0;
  wasUsed = false;
  isClosed = false;

  constructor(socket: Socket, release: (connection: PeerConnection) => void) {
    this.#socket = socket;
    this.#release = release;
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => this.#onClose());
  }

  /** `undefined`: the connection ended before an answer began. */
  send(ask: PeerAsk): Promise<Arrival | undefined> {
    if (this.isClosed) return Promise.resolve(undefined);
    this.#ask = ask;
    this.#reader.expect(ask.isHead);
    this.#socket.write(ask.head, "latin1");
    return new Promise((resolve) => (this.#settle = resolve));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #onClose(): void {
    this.isClosed = true;
    const settle = this.#settle;
    const body = this.#body;
    this.#settle = this.#body = this.#ask = undefined;
    this.#release(this);
    settle?.(undefined);
    body?.end(new Error("the worker that owns the response is gone"));
  }

  #onData(chunk: Buffer): void {
    const reader = this.#reader;
    reader.feed(chunk);
    let head: Omit<Arrival, "body"> | undefined;
    let hasBody = false;
    let length: number | undefined;
    let whole: Buffer | undefined;
    for (;;) {
      const event = reader.next();
      switch (event.kind) {
        case "interim":
          this.#ask?.onInterim?.(event.status, event.fields);
          continue;
        case "head":
          head = { status: event.status, fields: event.fields };
          ({ hasBody, length } = event);
          this.#keepsAlive = event.keepsAlive;
          continue;
        case "body":
          noteSpent(event.bytes.length);
          // All of it came with its head.
          if (head !== undefined && event.bytes.length === length) whole = event.bytes;
          else (this.#body ??= new UnreadBody(this.#socket)).put(event.bytes);
          continue;
        case "end":
          if (head !== undefined) this.#arrive(head, hasBody, length, whole);
          head = undefined;
          this.#finish();
          continue;
        case "broken":
          this.#socket.destroy();
          return;
        case "more":
          if (head !== undefined) this.#arrive(head, hasBody, length, whole);
          return;
      }
    }
  }

  #arrive(head: Omit<Arrival, "body">, hasBody: boolean, length: number | undefined, whole: Buffer | undefined): void {
    const settle = this.#settle;
    const isHead = this.#ask?.isHead === true;
    this.#settle = undefined;
    let body: AnswerBody;
    if (whole !== undefined) body = { kind: "bytes", bytes: whole };
    else if (hasBody) {
      body = { kind: "stream", length, chunks: (this.#body ??= new UnreadBody(this.#socket)) };
    } else if (isHead && length !== undefined && length > 0) body = { kind: "stream", length, chunks: NOTHING };
    else body = { kind: "none" };
    settle?.({ ...head, body });
  }

  #finish(): void {
    this.#body?.end(undefined);
    this.#body = this.#ask = undefined;
    this.wasUsed = true;
    if (this.#keepsAlive) this.#release(this);
    else this.#socket.destroy();
  }
}

/** Of a HEAD: the transport tells the length and reads nothing. */
const NOTHING: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} };

/** What has come of a body and was not read yet. */
class UnreadBody implements AsyncIterableIterator<Uint8Array> {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ending: "open" | "whole" | Error = "open";
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  put(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > UNREAD_BYTES_MAX) this.#socket.pause();
    this.#wake?.();
  }

  end(error: Error | undefined): void {
    if (this.#ending !== "open") return;
    this.#ending = error ?? "whole";
    this.#socket.resume();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#bytes -= chunk.length;
        if (this.#ending === "open" && this.#bytes <= UNREAD_BYTES_MAX && this.#socket.isPaused())
          this.#socket.resume();
        return { done: false, value: chunk };
      }
      if (this.#ending === "whole") return { done: true, value: undefined };
      if (this.#ending !== "open") throw this.#ending;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#chunks.length = 0;
    if (this.#ending === "open") {
      this.#ending = "whole";
      this.#socket.destroy();
      this.#wake?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
