// What one end of a connection between workers sends: frames, gathered for as long as a turn of the event loop lasts and then written
// at once, because a write and the other process that it wakes cost more than all the rest of a request. Long bodies are
// written as they are. [D-0027]

import type { Socket } from "node:net";
import { FRAME_HEAD_BYTES, writeFrameHead, writeLong, type FrameKind, FRAME } from "./peer-frames.ts";

const SCRATCH_BYTES = 65_536;
/** Pieces of a body up to this are copied behind their frame's head. */
const COPIED_BYTES_MAX = 16_384;

export class FrameOutput {
  readonly #socket: Socket;
  readonly #onFree: () => void;
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #filled = 0;
  #isDue = false;
  /** Somebody has more of a body than could be written. */
  #isAwaited = false;

  /** `onFree`: the kernel has all that was written. */
  constructor(socket: Socket, onFree: () => void) {
    this.#socket = socket;
    this.#onFree = onFree;
  }

  /** The other end takes less than is sent: who has more of a body waits until that is free. */
  get isBlocked(): boolean {
    const isBlocked = this.#socket.writableLength > 0;
    if (isBlocked) this.#isAwaited = true;
    return isBlocked;
  }

  bare(kind: FrameKind, stream: number): void {
    this.#begin(kind, stream, 0);
  }

  number(kind: FrameKind, stream: number, number: number): void {
    const at = this.#begin(kind, stream, 4);
    this.#scratch.writeUInt32BE(number, at);
  }

  /** A character per byte. */
  text(kind: FrameKind, stream: number, text: string): void {
    const at = this.#begin(kind, stream, text.length);
    this.#scratch.write(text, at, "latin1");
  }

  request(stream: number, section: number, through: number, text: string): void {
    const at = this.#begin(FRAME.request, stream, 12 + text.length);
    this.#scratch.writeUInt32BE(section, at);
    writeLong(this.#scratch, at + 4, through);
    this.#scratch.write(text, at + 12, "latin1");
  }

  /** `write` puts so many bytes at that place; `body` stands behind them. */
  head(
    kind: FrameKind,
    stream: number,
    headBytes: number,
    write: (into: Buffer, at: number) => void,
    body?: Uint8Array,
  ): void {
    const at = this.#begin(kind, stream, headBytes + (body?.length ?? 0));
    write(this.#scratch, at);
    if (body !== undefined) this.#scratch.set(body, at + headBytes);
  }

  /** `true`: the bytes may be written over. Otherwise they may when that is free. */
  body(stream: number, bytes: Uint8Array): boolean {
    if (bytes.length <= COPIED_BYTES_MAX) {
      const at = this.#begin(FRAME.body, stream, bytes.length);
      this.#scratch.set(bytes, at);
      return true;
    }
    this.#room(FRAME_HEAD_BYTES);
    this.#filled = writeFrameHead(this.#scratch, this.#filled, FRAME.body, stream, bytes.length);
    const gathered = this.#scratch.subarray(0, this.#filled);
    this.#filled = 0;
    // The kernel may not take it all, and a scratch for each such piece would be more than the piece.
    const isCopied = gathered.length <= COPIED_BYTES_MAX;
    const socket = this.#socket;
    const isQueued = socket.writableLength > 0;
    socket.cork();
    socket.write(isCopied ? Buffer.from(gathered) : gathered);
    socket.write(bytes, this.#written);
    socket.uncork();
    const isWritten = !isQueued && socket.writableLength === 0;
    if (!isWritten) this.#isAwaited = true;
    if (!isWritten && !isCopied) this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    return isWritten;
  }

  readonly #written = (): void => {
    if (!this.#isAwaited || this.#socket.writableLength > 0) return;
    this.#isAwaited = false;
    this.#onFree();
  };

  /** Lets go what was gathered. */
  readonly flush = (): void => {
    this.#isDue = false;
    if (this.#filled === 0) return;
    const gathered = this.#scratch.subarray(0, this.#filled);
    this.#filled = 0;
    this.#socket.write(gathered, this.#written);
    if (this.#socket.writableLength > 0 || this.#scratch.length > SCRATCH_BYTES) {
      this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    }
  };

  /** Where the frame's bytes are to be put: so many of them. */
  #begin(kind: FrameKind, stream: number, length: number): number {
    this.#room(FRAME_HEAD_BYTES + length);
    const at = writeFrameHead(this.#scratch, this.#filled, kind, stream, length);
    this.#filled = at + length;
    if (!this.#isDue) {
      this.#isDue = true;
      // Behind everything that this turn has read.
      setImmediate(this.flush);
    }
    return at;
  }

  #room(bytes: number): void {
    if (this.#filled + bytes <= this.#scratch.length) return;
    const isDue = this.#isDue;
    this.flush();
    this.#isDue = isDue;
    if (bytes > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(bytes);
  }
}
