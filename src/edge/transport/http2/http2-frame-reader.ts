// Cuts what arrives from a viewer into frames [RFC 9113 §4.1], without I/O. A frame is looked at where it lies; only one that
// comes in parts is put together first.

import { FRAME_BYTES_MAX, FRAME_HEAD_BYTES, PREFACE } from "./http2-frames.ts";

/** What is held of a frame that has only begun; it grows as the frame does, not as it says that it will. */
const HELD_BYTES_MIN = 512;

/** "broken": not the preface of HTTP/2. "too-large": a frame beyond what was offered. Nothing can be read after either. */
export type FrameStep = "frame" | "more" | "broken" | "too-large";

export class FrameReader {
  // The frame that `next` has found; good until the next call.
  type = 0;
  flags = 0;
  stream = 0;
  /** The payload is `bytes` from `from` up to `to`. They are not written to again. */
  bytes: Buffer = PREFACE;
  from = 0;
  to = 0;

  #chunk: Buffer = PREFACE;
  #at = PREFACE.length;
  #prefaceBytes = 0;
  #held: Buffer = PREFACE;
  #heldBytes = 0;

  /** Everything of the chunk before is to be read. */
  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  next(): FrameStep {
    const chunk = this.#chunk;
    while (this.#prefaceBytes < PREFACE.length) {
      if (this.#at >= chunk.length) return this.#more();
      if (chunk[this.#at++] !== PREFACE[this.#prefaceBytes++]) return "broken";
    }
    if (this.#heldBytes > 0) return this.#nextHeld();
    const left = chunk.length - this.#at;
    if (left < FRAME_HEAD_BYTES) return this.#hold();
    const length = lengthAt(chunk, this.#at);
    if (length > FRAME_BYTES_MAX) return "too-large";
    if (left < FRAME_HEAD_BYTES + length) return this.#hold();
    this.#found(chunk, this.#at, length);
    this.#at += FRAME_HEAD_BYTES + length;
    return "frame";
  }

  #found(bytes: Buffer, at: number, length: number): void {
    this.type = bytes[at + 3] as number;
    this.flags = bytes[at + 4] as number;
    this.stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff; // the first bit means nothing
    this.bytes = bytes;
    this.from = at + FRAME_HEAD_BYTES;
    this.to = this.from + length;
  }

  /** Keeps what is left of the chunk, which is a part of one frame. */
  #hold(): "more" {
    const left = this.#chunk.length - this.#at;
    if (left > 0) {
      this.#held = Buffer.allocUnsafe(Math.max(HELD_BYTES_MIN, left));
      this.#heldBytes = this.#chunk.copy(this.#held, 0, this.#at);
    }
    return this.#more();
  }

  /** The chunk is used up: a quiet connection should not hold it. */
  #more(): "more" {
    this.#chunk = this.bytes = PREFACE;
    this.#at = PREFACE.length;
    return "more";
  }

  #nextHeld(): FrameStep {
    if (!this.#fill(FRAME_HEAD_BYTES)) return this.#more();
    const length = lengthAt(this.#held, 0);
    if (length > FRAME_BYTES_MAX) return "too-large";
    if (!this.#fill(FRAME_HEAD_BYTES + length)) return this.#more();
    this.#found(this.#held, 0, length);
    this.#held = PREFACE;
    this.#heldBytes = 0;
    return "frame";
  }

  /** Takes from the chunk until so many bytes are held. */
  #fill(wanted: number): boolean {
    const taken = Math.min(wanted - this.#heldBytes, this.#chunk.length - this.#at);
    if (taken > 0) {
      const needed = this.#heldBytes + taken;
      if (needed > this.#held.length) {
        const larger = Buffer.allocUnsafe(
          Math.min(Math.max(needed, 2 * this.#held.length), FRAME_HEAD_BYTES + FRAME_BYTES_MAX),
        );
        this.#held.copy(larger, 0, 0, this.#heldBytes);
        this.#held = larger;
      }
      this.#chunk.copy(this.#held, this.#heldBytes, this.#at, this.#at + taken);
      this.#heldBytes = needed;
      this.#at += taken;
    }
    return this.#heldBytes >= wanted;
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
}
