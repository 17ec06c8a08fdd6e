// The body of one HTTP/2 request, a piece at a time and once. Between two reads the stream is paused, so that a viewer
// sends no more than one flow-control window ahead of whoever reads.

import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";

import type { RequestBody } from "../message.ts";

interface Waiter {
  readonly resolve: (step: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export interface BodyEvents {
  /** Somebody waits for bytes that have not arrived. */
  readonly onAwaited: () => void;
  readonly onPiece: (bytes: number) => void;
  readonly onEnded: () => void;
}

export class Http2RequestBody {
  readonly #stream: ServerHttp2Stream;
  readonly #length: number | undefined;
  readonly #events: BodyEvents;
  readonly #pieces: Buffer[] = [];
  #isStarted = false;
  #isGivenUp = false;
  #isEnded = false;
  #received = 0;
  #failure: Error | undefined;
  #waiter: Waiter | undefined;

  constructor(stream: ServerHttp2Stream, length: number | undefined, events: BodyEvents) {
    this.#stream = stream;
    this.#length = length;
    this.#events = events;
    // A reset without an error would otherwise look like an end.
    stream.on("aborted", () => this.fail(new Error("the viewer broke off its request body")));
  }

  /** As the pipeline sees it. */
  get asRequestBody(): RequestBody {
    const received = (): number => this.#received;
    return {
      length: this.#length,
      get received() {
        return received();
      },
      chunks: {
        [Symbol.asyncIterator]: () => {
          assert.ok(!this.#isStarted, "a request body can be read once");
          this.#isStarted = true;
          this.#listen();
          return {
            next: () => this.#nextPiece(),
            return: async () => {
              this.#isGivenUp = true;
              this.#pieces.length = 0;
              return { done: true, value: undefined };
            },
          };
        },
      },
    };
  }

  /** All of it was read. */
  get isEnded(): boolean {
    return this.#isEnded && this.#pieces.length === 0;
  }

  #listen(): void {
    const stream = this.#stream;
    stream.on("data", (piece: Buffer) => {
      this.#received += piece.length;
      this.#events.onPiece(piece.length);
      if (this.#isGivenUp || this.#failure !== undefined) return;
      stream.pause();
      this.#pieces.push(piece);
      this.#serve();
    });
    stream.on("end", () => {
      this.#isEnded = true;
      this.#events.onEnded();
      this.#serve();
    });
    stream.pause(); // listening has set it going
  }

  async #nextPiece(): Promise<IteratorResult<Uint8Array, undefined>> {
    assert.ok(this.#waiter === undefined, "a request body is read a piece at a time");
    if (this.#isGivenUp) return { done: true, value: undefined };
    if (this.#failure !== undefined) throw this.#failure;
    const piece = this.#pieces.shift();
    if (piece !== undefined) return { done: false, value: piece };
    if (this.#isEnded) return { done: true, value: undefined };
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#events.onAwaited();
      this.#stream.resume();
    });
  }

  #serve(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    this.#nextPiece().then(waiter.resolve, waiter.reject);
  }

  /** No later read succeeds: the viewer left, or was answered. */
  fail(failure: Error): void {
    if (this.isEnded) return;
    this.#failure ??= failure;
    this.#pieces.length = 0;
    this.#serve();
  }
}
