// The body of the request in work, between the reader that knows where it ends and the pipeline that may read it, a piece
// at a time and once, or leave it. Nothing is read ahead: a viewer sends no faster than its body is taken.

import assert from "node:assert/strict";

import type { RequestHead, RequestReader } from "./http1-request-reader.ts";
import type { RequestBody } from "../message.ts";
import { readOnce } from "../read-once.ts";
import { noteSpent } from "../../../vocabulary/spent-buffers.ts";

/** What the connection does for a body. */
export interface BodySupply {
  readonly reader: RequestReader;
  /** The next bytes that arrived and were not read. */
  takeUnread(): Buffer | undefined;
  /** No more will come than has arrived. */
  hasViewerEnded(): boolean;
  /** More is wanted than has arrived: `serve` is to be called when there is, and 100 (Continue) to be sent if it is owed. */
  onAwaited(owesContinue: boolean): void;
}

interface Waiter {
  readonly resolve: (step: IteratorResult<Uint8Array, undefined>) => void;
  readonly reject: (error: Error) => void;
}

export class IncomingBody {
  readonly #supply: BodySupply;
  readonly #length: number | undefined;
  #isStarted = false;
  #isGivenUp = false;
  /** Nobody began to read it before the answer, so the connection read over it. */
  #isDiscarded = false;
  #isEnded = false;
  #received = 0;
  /** Broken framing, a viewer that left: no later read succeeds. */
  #failure: Error | undefined;
  #waiter: Waiter | undefined;
  /** 100 (Continue) is still to be sent, when the pipeline begins to read. */
  #owesContinue: boolean;

  constructor(head: RequestHead, supply: BodySupply) {
    this.#supply = supply;
    this.#length = head.framing === "length" ? head.bodyLength : undefined;
    this.#owesContinue = head.expectsContinue;
  }

  /** As the pipeline sees it. */
  get asRequestBody(): RequestBody {
    return readOnce({
      length: this.#length,
      received: () => this.#received,
      begin: () => {
        this.#isStarted = true;
        return {
          next: () => this.#nextPiece(),
          return: async () => {
            this.#isGivenUp = true;
            return { done: true, value: undefined };
          },
        };
      },
    });
  }

  /** Somebody waits for bytes of it. */
  get isAwaited(): boolean {
    return this.#waiter !== undefined;
  }

  /** It was read to its end. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  async #nextPiece(): Promise<IteratorResult<Uint8Array, undefined>> {
    const { reader } = this.#supply;
    assert.ok(this.#waiter === undefined, "a request body is read a piece at a time");
    if (this.#isDiscarded) throw new Error("the request was answered before its body was read");
    if (this.#isEnded || this.#isGivenUp) return { done: true, value: undefined };
    while (this.#failure === undefined) {
      const event = reader.next();
      switch (event.kind) {
        case "body":
          this.#owesContinue = false;
          noteSpent(event.bytes.length);
          this.#received += event.bytes.length;
          return { done: false, value: event.bytes };
        case "end":
          this.#isEnded = true;
          return { done: true, value: undefined };
        case "more": {
          const chunk = this.#supply.takeUnread();
          if (chunk !== undefined) {
            reader.feed(chunk);
            continue;
          }
          if (this.#supply.hasViewerEnded()) {
            this.#failure = new Error("the viewer broke off its request body");
            continue;
          }
          this.#supply.onAwaited(this.#owesContinue);
          return new Promise((resolve, reject) => {
            this.#waiter = { resolve, reject };
          });
        }
        case "refused":
          this.#failure = new Error(`the viewer's request body is malformed: ${event.reason}`);
          continue;
        case "head":
          assert.fail("a head within a body");
      }
    }
    throw this.#failure;
  }

  /** 100 (Continue) has gone out. */
  noteContinued(): void {
    this.#owesContinue = false;
  }

  /** Something has changed for whoever waits: bytes came, or none will come any more. */
  serve(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) this.#nextPiece().then(waiter.resolve, waiter.reject);
  }

  fail(failure: Error): void {
    if (this.#isEnded) return;
    this.#failure ??= failure;
    this.serve();
  }

  /**
   * Whether the connection can carry another request although perhaps not all of the body was read: up to `bytesMax` may
   * still come, and are to be read over.
   */
  canBePassedOver(bytesMax: number): boolean {
    const { reader } = this.#supply;
    if (this.#isEnded) return true;
    if (this.#failure !== undefined) return false;
    if (this.#isStarted && !this.#isGivenUp) return false; // someone still reads
    this.#isDiscarded = true;
    for (;;) {
      const event = reader.next();
      if (event.kind === "end") return (this.#isEnded = true);
      if (event.kind === "refused") return false;
      if (event.kind === "body") this.#owesContinue = false;
      else if (event.kind === "more") {
        const chunk = this.#supply.takeUnread();
        if (chunk === undefined) break;
        reader.feed(chunk);
      }
    }
    const left = reader.bodyBytesLeft;
    // Who waits for 100 (Continue) and gets a final answer may send its body or not: nobody can tell what comes next.
    return !this.#owesContinue && left !== undefined && left <= bytesMax;
  }
}
