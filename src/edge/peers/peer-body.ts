// A body that comes from the owner of its key over a connection that others share: it waits here, as far as is agreed, for as
// long as its viewer takes nothing, and the owner is told what was taken. [D-0027]

import { iterateFlow, type BodyFlow, type BodySink, type FlowingBody } from "../transport/flowing-body.ts";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";

export interface PeerBodySource {
  /** So many bytes were taken. */
  onTaken(bytes: number): void;
  /** Nobody wants the rest. */
  giveUp(): void;
}

/** What is shorter is copied: who takes it may keep it, and would keep all of what it was read into. */
const COPIED_BYTES_MAX = 8192;

export class PeerBody implements FlowingBody, BodyFlow {
  readonly #source: PeerBodySource;
  #sink: BodySink | undefined;
  #queue: Uint8Array[] = [];
  #isFlowing = false;
  /** Handed over, and in use until the flow is resumed. */
  #heldBytes = 0;
  #ending: "open" | "whole" | Error = "open";
  /** The sink knows it, or has gone. */
  #isOver = false;

  constructor(source: PeerBodySource) {
    this.#source = source;
  }

  // From the connection.

  /** `true`: done with these bytes. `false`: what they were read into is still in use. */
  put(bytes: Buffer): boolean {
    if (this.#isOver || this.#ending !== "open") return true;
    const isCopied = bytes.length <= COPIED_BYTES_MAX;
    if (!this.#isFlowing || this.#queue.length > 0 || this.#sink === undefined) {
      noteSpent(bytes.length);
      this.#queue.push(Buffer.from(bytes));
      return true;
    }
    const isDone = this.#sink.take(isCopied ? Buffer.from(bytes) : bytes);
    const isFree = isDone && this.#hasFlow();
    this.#note(bytes.length);
    return isCopied || isFree;
  }

  end(error: Error | undefined): void {
    if (this.#ending !== "open") return;
    this.#ending = error ?? "whole";
    this.#tellEnd();
  }

  /** What was taken and not kept back is told at once. */
  #note(bytes: number): void {
    if (this.#hasFlow()) this.#source.onTaken(bytes);
    else this.#heldBytes += bytes;
  }

  #hasFlow(): boolean {
    return this.#isFlowing && !this.#isOver;
  }

  #tellEnd(): void {
    if (!this.#hasFlow() || this.#queue.length > 0 || this.#ending === "open") return;
    this.#isOver = true;
    if (this.#ending === "whole") this.#sink?.end();
    else this.#sink?.fail(this.#ending);
  }

  // From whoever takes it.

  open(sink: BodySink): BodyFlow {
    this.#sink = sink;
    return this;
  }

  resume(): void {
    if (this.#isFlowing || this.#isOver) return;
    this.#isFlowing = true;
    if (this.#heldBytes > 0) {
      this.#source.onTaken(this.#heldBytes);
      this.#heldBytes = 0;
    }
    while (this.#hasFlow()) {
      const bytes = this.#queue.shift();
      if (bytes === undefined) break;
      this.#sink?.take(bytes);
      this.#note(bytes.length);
    }
    this.#tellEnd();
  }

  pause(): void {
    this.#isFlowing = false;
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue = [];
    if (this.#ending === "open") this.#source.giveUp();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return iterateFlow((sink) => this.open(sink));
  }
}
