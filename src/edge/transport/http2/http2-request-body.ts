// The body of one HTTP/2 request, a piece at a time and once. What has arrived and was not asked for waits here; the viewer may
// send on as its pieces are taken, so that it is never more than a window ahead of whoever reads.

import assert from "node:assert/strict";

import { noteSpent } from "../../../vocabulary/spent-buffers.ts";
import type { RequestBody } from "../message.ts";
import { readOnce } from "../read-once.ts";

/** A shorter piece is copied: what waits here should not hold all of what it came in. */
const COPIED_BYTES_MAX = 4096;

interface Waiter {
  readonly resolve: (step: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export interface BodyEvents {
  /** Somebody waits for bytes that have not arrived. */
  readonly onAwaited: () => void;
  /** So many bytes wait here; `onTaken` tells when they do not any more. */
  readonly onHeld: (bytes: number) => void;
  readonly onTaken: (bytes: number) => void;
}

export class Http2RequestBody {
  readonly #length: number | undefined;
  readonly #events: BodyEvents;
  #pieces: Buffer[] = [];
  #unreadBytes = 0;
  #receivedBytes = 0;
  #isGivenUp = false;
  #hasEnded = false;
  #failure: Error | undefined;
  #waiter: Waiter | undefined;

  constructor(length: number | undefined, events: BodyEvents) {
    this.#length = length;
    this.#events = events;
  }

  /** As the pipeline sees it. */
  get asRequestBody(): RequestBody {
    return readOnce({
      length: this.#length,
      received: () => this.#receivedBytes,
      begin: () => ({
        next: () => this.#nextPiece(),
        return: async () => {
          this.#isGivenUp = true;
          this.#letGo();
          return { done: true, value: undefined };
        },
      }),
    });
  }

  /** All of it was read. */
  get isEnded(): boolean {
    return this.#hasEnded && this.#pieces.length === 0;
  }

  /** The viewer has sent all of it. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isAwaited(): boolean {
    return this.#waiter !== undefined;
  }

  /** More may come than has come, as far as its length says. */
  get mayGrow(): boolean {
    return !this.#hasEnded && (this.#length === undefined || this.#receivedBytes < this.#length);
  }

  /** `false`: it is longer than its length. */
  receive(piece: Buffer): boolean {
    this.#receivedBytes += piece.length;
    if (this.#length !== undefined && this.#receivedBytes > this.#length) return false;
    if (piece.length === 0) return true;
    noteSpent(piece.length);
    this.#events.onHeld(piece.length);
    if (this.#isGivenUp || this.#failure !== undefined) {
      this.#events.onTaken(piece.length);
      return true;
    }
    this.#pieces.push(piece.length < COPIED_BYTES_MAX ? Buffer.from(piece) : piece);
    this.#unreadBytes += piece.length;
    this.#serve();
    return true;
  }

  /** `false`: it is shorter than its length. */
  end(): boolean {
    if (this.#length !== undefined && this.#receivedBytes < this.#length) return false;
    this.#hasEnded = true;
    this.#serve();
    return true;
  }

  /** No later read succeeds: the viewer left, or was answered. */
  fail(why: string): void {
    if (this.isEnded) return;
    this.#failure ??= new Error(why); // made here, because its stack costs more than a whole hit
    this.#letGo();
    this.#serve();
  }

  #letGo(): void {
    this.#pieces = [];
    const bytes = this.#unreadBytes;
    this.#unreadBytes = 0;
    if (bytes > 0) this.#events.onTaken(bytes);
  }

  async #nextPiece(): Promise<IteratorResult<Uint8Array, undefined>> {
    assert.ok(this.#waiter === undefined, "a request body is read a piece at a time");
    if (this.#isGivenUp) return { done: true, value: undefined };
    if (this.#failure !== undefined) throw this.#failure;
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      this.#unreadBytes -= piece.length;
      this.#events.onTaken(piece.length);
      return { done: false, value: piece };
    }
    if (this.#hasEnded) return { done: true, value: undefined };
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      this.#events.onAwaited();
    });
  }

  #serve(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#waiter = undefined;
    this.#nextPiece().then(waiter.resolve, waiter.reject);
  }
}
