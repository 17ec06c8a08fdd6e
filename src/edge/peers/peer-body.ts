// A body that comes from the owner of its key over a connection that others share: it waits here, as far as is agreed, for as
// long as its viewer takes nothing, and the owner is told what was taken. [D-0027]

import { iterateFlow, type BodyFlow, type BodySink, type FlowingBody } from "../transport/flowing-body.ts";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";
import type { ReadBuffer } from "./read-buffers.ts";

export interface PeerBodySource {
  /** So many bytes were taken. */
  onTaken(bytes: number): void;
  /** Nobody wants the rest. */
  giveUp(): void;
}

/** What is shorter is copied: who keeps it would keep all of what it was read into. */
const COPIED_BYTES_MAX = 8192;
/** Likewise, of what has to wait. */
const COPIED_WAITING_BYTES_MAX = 49_152;

interface Waiting {
  readonly bytes: Uint8Array;
  /** `undefined`: they are a copy. */
  readonly buffer: ReadBuffer | undefined;
}

export class PeerBody implements FlowingBody, BodyFlow {
  readonly #source: PeerBodySource;
  #sink: BodySink | undefined;
  #queue: Waiting[] = [];
  #isFlowing = false;
  /** Handed over, and in use until the flow is resumed. */
  #heldBytes = 0;
  #heldBuffer: ReadBuffer | undefined;
  #ending: "open" | "whole" | Error = "open";
  /** The sink knows it, or has gone. */
  #isOver = false;

  constructor(source: PeerBodySource) {
    this.#source = source;
  }

  // From the connection.

  /** `bytes` are in what was read last. */
  put(bytes: Buffer, buffer: ReadBuffer): void {
    if (this.#isOver || this.#ending !== "open") return;
    const isWaiting = !this.#isFlowing || this.#queue.length > 0 || this.#sink === undefined;
    const isCopied = bytes.length <= (isWaiting ? COPIED_WAITING_BYTES_MAX : COPIED_BYTES_MAX);
    const piece = isCopied ? { bytes: Buffer.from(bytes), buffer: undefined } : { bytes, buffer };
    if (isCopied) noteSpent(bytes.length);
    else buffer.hold();
    if (isWaiting) this.#queue.push(piece);
    else this.#hand(piece);
  }

  #hand({ bytes, buffer }: Waiting): void {
    const isDone = this.#sink?.take(bytes) === true;
    if (this.#hasFlow()) {
      if (isDone) buffer?.release();
      this.#source.onTaken(bytes.length);
      return;
    }
    // In use until the flow is resumed; what is kept for longer is nobody else's any more.
    if (isDone) this.#heldBuffer = buffer;
    this.#heldBytes += bytes.length;
  }

  end(error: Error | undefined): void {
    if (this.#ending !== "open") return;
    this.#ending = error ?? "whole";
    this.#tellEnd();
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
    this.#heldBuffer?.release();
    this.#heldBuffer = undefined;
    if (this.#heldBytes > 0) this.#source.onTaken(this.#heldBytes);
    this.#heldBytes = 0;
    while (this.#hasFlow()) {
      const piece = this.#queue.shift();
      if (piece === undefined) break;
      this.#hand(piece);
    }
    this.#tellEnd();
  }

  pause(): void {
    this.#isFlowing = false;
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { buffer } of this.#queue) buffer?.release();
    this.#queue = [];
    if (this.#ending === "open") this.#source.giveUp();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return iterateFlow((sink) => this.open(sink));
  }
}
