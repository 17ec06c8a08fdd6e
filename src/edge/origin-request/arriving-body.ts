// The body of an origin's response on its way through the edge: pushed in by the connection, handed on to whoever takes it, and
// queued in between only as far as one read goes. The pause that counts is the origin's: while the reader holds what has come, no
// time runs.

import assert from "node:assert/strict";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";
import { iterateFlow, type BodyFlow, type BodySink, type FlowingBody } from "../transport/flowing-body.ts";
import type { DueTimes, Timed } from "./due-times.ts";

/** Where it comes from. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Nobody wants the rest of it. Does nothing once all of it has come. */
  giveUp(): void;
}

export interface ArrivingBodyBounds {
  readonly dueTimes: DueTimes;
  /** How long the origin may be silent, and what is said of it then. */
  readonly gapMs: number;
  readonly gapWhy: string;
  readonly bytesMax: number;
}

/** Whoever reads it has stalled, and its connection is another's by now. */
export class ConnectionLent extends Error {
  constructor() {
    super("it was not read for too long while others waited for a connection to the origin");
  }
}

export class ArrivingBody implements FlowingBody, BodyFlow, Timed {
  readonly #source: BodySource;
  readonly #bounds: ArrivingBodyBounds;
  #sink: BodySink | undefined;
  #queue: Uint8Array[] = [];
  #bytes = 0;
  #isFlowing = false;
  #isSourcePaused = false;
  /** Since when its reader takes nothing; Infinity while it does, and before there is one. */
  #stalledAtMs = Infinity;
  /** What the source has said last: nothing more comes from it. */
  #ending: "open" | "whole" | Error = "open";
  /** The sink knows it, or has gone. */
  #isOver = false;
  dueAtMs = Infinity;

  constructor(source: BodySource, bounds: ArrivingBodyBounds) {
    this.#source = source;
    this.#bounds = bounds;
  }

  // From the connection.

  /** `true`: done with the bytes, or will be before it lets the source go on. `false`: they are in use for longer. */
  push(bytes: Uint8Array): boolean {
    if (this.#isOver) return true;
    this.#bytes += bytes.length;
    if (this.#bytes > this.#bounds.bytesMax) {
      this.breakOff(new Error(`the body has more than the ${this.#bounds.bytesMax} bytes that may be cached`));
      return true;
    }
    if (this.#isFlowing && this.#queue.length === 0 && this.#sink !== undefined) {
      const isDone = this.#sink.take(bytes);
      if (!isDone) noteSpent(bytes.length);
      this.#watch();
      return isDone;
    }
    this.#queue.push(bytes);
    this.#pauseSource();
    return true;
  }

  /** All has come, and nobody lets the source go on any more. `true`: its last bytes may still be in use. */
  finish(): boolean {
    const isHeld = !this.#isFlowing;
    this.#close("whole");
    return isHeld;
  }

  /** No more will come, and it is not whole. */
  fail(error: Error): void {
    this.#close(error);
  }

  /** Ended from here: by a bound, or by whoever has a deadline for it. */
  breakOff(error: Error): void {
    if (this.#ending !== "open") return;
    this.#close(error);
    this.#source.giveUp();
  }

  onDue(): void {
    this.breakOff(new Error(this.#bounds.gapWhy));
  }

  /** By the machine's steady time. */
  get stalledAtMs(): number {
    return this.#ending === "open" && !this.#isOver ? this.#stalledAtMs : Infinity;
  }

  /** Its connection is needed for others: the reader is told at once, whether it reads or not. */
  lend(): void {
    if (this.#ending !== "open" || this.#isOver) return;
    this.#ending = new ConnectionLent();
    this.#isOver = true;
    this.#queue = [];
    this.#bounds.dueTimes.disarm(this);
    this.#sink?.fail(this.#ending);
  }

  #close(ending: "whole" | Error): void {
    if (this.#ending !== "open") return;
    this.#ending = ending;
    this.#bounds.dueTimes.disarm(this);
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#isOver || !this.#isFlowing || this.#queue.length > 0 || this.#ending === "open") return;
    this.#isOver = true;
    if (this.#ending === "whole") this.#sink?.end();
    else this.#sink?.fail(this.#ending);
  }

  #watch(): void {
    const { dueTimes, gapMs } = this.#bounds;
    if (this.#isFlowing && !this.#isOver && this.#ending === "open") dueTimes.arm(this, gapMs);
    else dueTimes.disarm(this);
  }

  #pauseSource(): void {
    if (this.#isSourcePaused || this.#ending !== "open") return;
    this.#isSourcePaused = true;
    this.#source.pause();
  }

  // From whoever takes it.

  open(sink: BodySink): BodyFlow {
    this.#sink = sink;
    this.#stalledAtMs = performance.now();
    return this;
  }

  resume(): void {
    if (this.#isFlowing || this.#isOver) return;
    this.#isFlowing = true;
    this.#stalledAtMs = Infinity;
    while (this.#queue.length > 0) {
      const bytes = this.#queue.shift();
      if (bytes !== undefined) this.#takeQueued(bytes);
      if (!this.#hasFlow()) return;
    }
    if (this.#isSourcePaused) {
      this.#isSourcePaused = false;
      this.#source.resume();
    }
    this.#watch();
    this.#tellEnd();
  }

  /** The bytes are the source's again when it goes on: who keeps them gets others. */
  #takeQueued(bytes: Uint8Array): void {
    const sink = this.#sink;
    if (sink?.keeps !== true) {
      assert.ok(sink?.take(bytes) !== false, "bytes are kept by a reader who never said that it would");
      return;
    }
    noteSpent(bytes.length);
    sink.take(Buffer.from(bytes));
  }

  /** The sink may have paused it, or given it up, while it took something. */
  #hasFlow(): boolean {
    return this.#isFlowing && !this.#isOver;
  }

  pause(): void {
    if (!this.#isFlowing) return;
    this.#isFlowing = false;
    if (this.#isOver) return;
    this.#stalledAtMs = performance.now();
    this.#watch();
    this.#pauseSource();
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue = [];
    this.#bounds.dueTimes.disarm(this);
    this.#source.giveUp();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return iterateFlow((sink) => this.open(sink));
  }
}
