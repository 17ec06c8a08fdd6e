// What leaves on one viewer's connection: framed answers as bytes on the socket, at the pace of the viewer. Answers that are
// there at once are gathered and leave in one write, because a write costs more than all the rest of a hit.

import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

import type { EpochMs } from "../../../vocabulary/time.ts";
import { isFlowing, type FlowingBody } from "../flowing-body.ts";
import { LAST_CHUNK, type FramedHead } from "./http1-answer-writer.ts";

/** Bodies up to this are copied behind their head; longer ones are written as they are. */
const COPIED_BODY_BYTES_MAX = 49_152;
const SCRATCH_BYTES = 65_536;
/** One write of a long body: the progress of a slow viewer is seen at this grain. */
const SLICE_BYTES = 131_072;
/** One write of a body that flows: as much as lies in memory in one piece, because half as much costs 1.6 times the CPU time. */
const PIECE_BYTES = 262_144;

// All connections gather their answers here, each for no longer than one event; the buffer is given away when not
// everything was taken at once.
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
let scratchBytes = 0;
let scratchOwner: AnswerOutput | undefined;

function ownScratch(output: AnswerOutput): void {
  scratchOwner = output;
}

/** How a streamed body ended. "gone": the viewer was, before it did. "unsent": it broke off before anything of the answer was sent. */
export type Streamed =
  | { readonly kind: "whole" | "gone" }
  | { readonly kind: "broke-off" | "unsent"; readonly error: unknown };

export class AnswerOutput {
  readonly #socket: Socket;
  readonly #isSecured: boolean;
  /** The socket's buffer is full: nothing more is written before it drained. */
  #isBlocked = false;
  #afterDrain: (() => void) | undefined;
  #outgoing: AsyncIterator<Uint8Array> | undefined;
  #drains = 0;
  #bodyBytes = 0;
  /** Defined while bytes wait to leave. */
  #stuck: { readonly since: EpochMs; readonly bytes: number; readonly drains: number } | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#isSecured = socket instanceof TLSSocket;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  /** Of the present answer's body, as it was handed to the socket, without what frames it. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /** What follows is another answer. */
  beginAnswer(): void {
    this.#bodyBytes = 0;
  }

  /** Puts text and bytes behind what was gathered before in this event. */
  gather(text: string, bytes: Uint8Array | undefined): void {
    if (scratchOwner !== this) {
      scratchOwner?.flush();
      ownScratch(this);
    }
    const total = text.length + (bytes?.length ?? 0);
    if (total > SCRATCH_BYTES - scratchBytes) {
      this.flush();
      ownScratch(this);
      if (total > SCRATCH_BYTES) {
        const whole = Buffer.allocUnsafe(total);
        whole.write(text, 0, "latin1");
        if (bytes !== undefined) whole.set(bytes, text.length);
        this.#write(whole);
        return;
      }
    }
    scratchBytes += scratch.write(text, scratchBytes, "latin1");
    if (bytes !== undefined) {
      scratch.set(bytes, scratchBytes);
      scratchBytes += bytes.length;
    }
  }

  /** Lets go what was gathered. */
  flush(): void {
    if (scratchOwner !== this) return;
    scratchOwner = undefined;
    if (scratchBytes === 0) return;
    const gathered = scratch.subarray(0, scratchBytes);
    scratchBytes = 0;
    const isQueued = this.#socket.writableLength !== 0;
    this.#write(gathered);
    // A TLS socket says that it has written only when it is asked again later, but what is not queued behind another write it
    // has encrypted by now. A new buffer for each of its answers cost more than the encryption: they are outside of the
    // heap, and the collector was at work without end. [D-0022]
    if (this.#isSecured ? isQueued : this.#socket.writableLength !== 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  }

  /** What must not wait for the end of the event. */
  sendNow(text: string): void {
    this.flush();
    this.#socket.write(text, "latin1");
  }

  /** An answer whose body is here. `true`: all of it was handed over; otherwise `onWritten` says when. */
  sendWhole(text: string, bytes: Uint8Array, onWritten: () => void): boolean {
    if (bytes.length <= COPIED_BODY_BYTES_MAX) {
      this.#bodyBytes += bytes.length;
      this.gather(text, bytes);
      return true;
    }
    this.flush();
    this.#socket.cork();
    this.#socket.write(text, "latin1");
    return this.#writeSlices(bytes, 0, onWritten);
  }

  /** An answer whose body comes. Never rejects; the last chunk is sent when the body is whole, and only then. */
  async stream(framed: FramedHead, length: number | undefined, chunks: AsyncIterable<Uint8Array>): Promise<Streamed> {
    const socket = this.#socket;
    if (isFlowing(chunks)) return this.#streamFlow(framed, length, chunks);
    const isChunked = framed.body === "chunked";
    const iterator = chunks[Symbol.asyncIterator]();
    this.#outgoing = iterator;
    this.flush();
    let head: string | undefined = framed.text;
    const sendHead = (): void => {
      if (head !== undefined && !socket.destroyed) socket.write(head, "latin1");
      head = undefined;
    };
    // The head waits for a first chunk that is as good as there, and for nothing longer.
    setImmediate(() => {
      sendHead();
      if (socket.writableCorked > 0) socket.uncork();
    });
    let left = length ?? Number.POSITIVE_INFINITY;
    try {
      for (;;) {
        const step = await iterator.next();
        if (socket.destroyed) return { kind: "gone" }; // its iterator was returned when the viewer left
        if (step.done === true) break;
        const bytes = step.value;
        if (bytes.length === 0) continue; // as a chunk it would be the last one
        left -= bytes.length;
        assert.ok(left >= 0, "a body is longer than its length");
        if (head !== undefined) socket.cork();
        sendHead();
        if (isChunked) socket.write(bytes.length.toString(16) + "\r\n", "latin1");
        for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
          const slice = bytes.length <= SLICE_BYTES ? bytes : bytes.subarray(at, at + SLICE_BYTES);
          this.#bodyBytes += slice.length;
          this.#write(slice);
          if (this.#isBlocked) await new Promise<void>((resolve) => (this.#afterDrain = resolve));
          if (socket.destroyed) return { kind: "gone" };
        }
        if (isChunked) socket.write("\r\n", "latin1");
      }
      assert.ok(length === undefined || left === 0, "a body is shorter than its length");
    } catch (error) {
      if (socket.destroyed) return { kind: "gone" };
      if (head === undefined) {
        if (socket.writableCorked > 0) socket.uncork(); // what there is of it goes out
        return { kind: "broke-off", error };
      }
      head = undefined;
      this.#outgoing = undefined;
      iterator.return?.().then(undefined, () => undefined); // it has said already what is wrong
      return { kind: "unsent", error };
    }
    this.#outgoing = undefined;
    sendHead();
    if (isChunked) socket.write(LAST_CHUNK, "latin1");
    return { kind: "whole" };
  }

  /** The same for a body that flows: each piece goes to the socket as it comes, and the next one when the kernel has it. */
  #streamFlow(framed: FramedHead, length: number | undefined, body: FlowingBody): Promise<Streamed> {
    const socket = this.#socket;
    const isChunked = framed.body === "chunked";
    let head: string | undefined = framed.text;
    let left = length ?? Number.POSITIVE_INFINITY;
    const { promise, resolve } = Promise.withResolvers<Streamed>();
    const end = (streamed: Streamed): void => {
      if (streamed.kind === "whole") this.#outgoing = undefined;
      resolve(streamed);
    };
    const sendHead = (): void => {
      if (head !== undefined && !socket.destroyed) socket.write(head, "latin1");
      head = undefined;
    };
    const breakOff = (error: unknown): void => {
      if (socket.destroyed) return end({ kind: "gone" });
      if (head === undefined) return end({ kind: "broke-off", error });
      head = undefined;
      this.#outgoing = undefined;
      end({ kind: "unsent", error });
    };
    /** What is left of the piece that the kernel has not taken whole, and of those that came with it. */
    let held: Uint8Array | undefined;
    const written = (): void => {
      this.#drains++;
      if (held === undefined || socket.writableLength > 0 || socket.destroyed) return;
      const rest = held;
      held = undefined;
      if (rest.length > 0) sendPiece(rest);
      if (held === undefined) flow.resume();
    };
    const sendPiece = (bytes: Uint8Array): void => {
      let at = 0;
      do {
        const isLast = bytes.length - at <= PIECE_BYTES;
        const slice = at === 0 && isLast ? bytes : bytes.subarray(at, at + PIECE_BYTES);
        at += slice.length;
        this.#bodyBytes += slice.length;
        if (isChunked && isLast) {
          socket.write(slice);
          socket.write("\r\n", "latin1", written);
        } else socket.write(slice, written);
        if (socket.writableCorked > 0) socket.uncork();
      } while (at < bytes.length && socket.writableLength === 0);
      this.#noteBlocked();
      if (socket.writableLength > 0) held = bytes.subarray(at);
    };
    const flow = body.open({
      take: (bytes) => {
        if (bytes.length === 0) return true; // as a chunk it would be the last one
        if (socket.destroyed) {
          flow.stop();
          end({ kind: "gone" });
          return true;
        }
        if ((left -= bytes.length) < 0) {
          flow.stop();
          breakOff(new Error("a body is longer than its length"));
          return true;
        }
        if (isChunked || head !== undefined) socket.cork();
        sendHead();
        if (isChunked) socket.write(bytes.length.toString(16) + "\r\n", "latin1");
        sendPiece(bytes);
        if (held !== undefined) flow.pause();
        return true;
      },
      end: () => {
        if (socket.destroyed) return end({ kind: "gone" });
        if (length !== undefined && left !== 0) {
          return breakOff(new Error("a body is shorter than its length"));
        }
        sendHead();
        if (isChunked) socket.write(LAST_CHUNK, "latin1");
        end({ kind: "whole" });
      },
      fail: breakOff,
    });
    this.#outgoing = {
      next: async () => ({ done: true, value: undefined }),
      async return() {
        flow.stop();
        end({ kind: "gone" });
        return { done: true, value: undefined };
      },
    };
    this.flush();
    flow.resume();
    // It waits for a first piece that is as good as there, and for nothing longer.
    if (head !== undefined) setImmediate(sendHead);
    return promise;
  }

  #write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
    this.#noteBlocked();
  }

  /** A write that the kernel took whole asks for a drain too; only one that it did not take holds us up. */
  #noteBlocked(): void {
    this.#isBlocked = this.#socket.writableNeedDrain && this.#socket.writableLength > 0;
  }

  /** Called corked, with the head written. */
  #writeSlices(bytes: Uint8Array, from: number, onWritten: () => void): boolean {
    let at = from;
    do {
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      this.#bodyBytes += slice.length;
      this.#write(slice);
      if (this.#socket.writableCorked > 0) {
        this.#socket.uncork();
        this.#noteBlocked();
      }
      at += SLICE_BYTES;
    } while (at < bytes.length && !this.#isBlocked && !this.#socket.destroyed);
    if (at >= bytes.length) return true;
    this.#afterDrain = () => {
      if (this.#writeSlices(bytes, at, onWritten)) onWritten();
    };
    return false;
  }

  /** The socket's buffer is empty again. `true`: what was being written goes on by itself. */
  onDrain(): boolean {
    this.#drains++;
    this.#isBlocked = false;
    const resume = this.#afterDrain;
    this.#afterDrain = undefined;
    resume?.();
    return resume !== undefined;
  }

  /** Since when the viewer has taken nothing, as far as was seen; `undefined` while nothing waits. To be asked about once a second. */
  stuckSince(now: EpochMs): EpochMs | undefined {
    const bytes = this.#socket.writableLength;
    if (bytes === 0) {
      this.#stuck = undefined;
      return undefined;
    }
    const stuck = this.#stuck;
    if (stuck === undefined || stuck.drains !== this.#drains || bytes < stuck.bytes) {
      this.#stuck = { since: now, bytes, drains: this.#drains };
      return now;
    }
    return stuck.since;
  }

  /** The socket is closed. A body that was being streamed is the caller's to give up. */
  close(): AsyncIterator<Uint8Array> | undefined {
    const outgoing = this.#outgoing;
    const resume = this.#afterDrain;
    this.#outgoing = undefined;
    this.#afterDrain = undefined;
    if (outgoing !== undefined) resume?.();
    return outgoing;
  }
}
