// What goes over the connection between a worker that has viewers and one that owns keys: frames, of many requests at a time, each
// with its length, its kind and the number of its stream in front. Without I/O; whatever is not exactly this is no worker. [D-0027]

/** First of all that the asking worker sends: a process of another version is not understood by half. */
export const PREFACE = "warmfront peers 1\n";

/** Behind each its stream is told; of a section it is the section's number, of what concerns the whole connection it is 0. */
export const FRAME = {
  // From who asks.
  /** What many requests have in common: section.ts. Number 0 ends all that were told before. */
  section: 1,
  /** Number of its section (u32), how far the asking worker has followed the feed (u64), method and target. */
  request: 2,
  /** Nobody wants the answer any more. Nothing of the stream needs to come, and what does is not looked at. */
  cancel: 3,
  /** So many bytes of the body (u32) are taken: as many more may come. */
  credit: 4,
  // From the owner.
  /** An interim answer: a head. */
  interim: 5,
  /** A head and all of the body. The last of its stream. */
  answer: 6,
  /** A head, behind which the body comes. */
  head: 7,
  body: 8,
  /** That was all of the body. */
  end: 9,
  /** There will be no more of the body. */
  broken: 10,
  /** The owner has another configuration than the one by which the viewer was let in. */
  refused: 11,
  /** The owner ends: what is under way is answered, and nothing more is to be asked over this connection. */
  leaving: 12,
} as const;

export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** Bytes of a body that may be on their way or wait at the asking worker, of each stream. */
export const WINDOW_BYTES = 262_144;
/** A body up to this goes with its head in one frame. */
export const WHOLE_BODY_BYTES_MAX = 65_536;

/** More than any worker sends: what viewers and origins may send of fields is bounded, and a few are added. */
const FIELDS_BYTES_MAX = 1_048_576;
const BYTES_MAX: readonly number[] = (() => {
  const most = Array.from({ length: 256 }, () => -1);
  for (const kind of Object.values(FRAME)) most[kind] = 0;
  most[FRAME.section] = most[FRAME.request] = most[FRAME.interim] = most[FRAME.head] = FIELDS_BYTES_MAX;
  most[FRAME.answer] = FIELDS_BYTES_MAX + WHOLE_BODY_BYTES_MAX;
  most[FRAME.body] = WINDOW_BYTES;
  most[FRAME.credit] = 4;
  return most;
})();

export const FRAME_HEAD_BYTES = 9;

/** A whole number up to 2^53: Node's own for doubles are slow. */
export function writeLong(into: Buffer, at: number, number: number): void {
  into.writeUInt32BE(Math.floor(number / 2 ** 32), at);
  into.writeUInt32BE(number >>> 0, at + 4);
}

export function readLong(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * 2 ** 32 + from.readUInt32BE(at + 4);
}

/** Writes what stands in front of a frame, behind which `length` bytes follow. Returns where. */
export function writeFrameHead(into: Buffer, at: number, kind: FrameKind, stream: number, length: number): number {
  into.writeUInt32BE(length, at);
  into[at + 4] = kind;
  into.writeUInt32BE(stream, at + 5);
  return at + FRAME_HEAD_BYTES;
}

/**
 * Takes what stands in `bytes` between two places; it is there until this returns. Of a body that comes in pieces, at each; any other frame
 * once it is whole. `false`: the other end makes no sense.
 */
export type TakeFrame = (kind: FrameKind, stream: number, bytes: Buffer, from: number, to: number) => boolean;

export class FrameReader {
  readonly #take: TakeFrame;
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #headBytes = 0;
  #kind: FrameKind = FRAME.end;
  #stream = 0;
  /** Of the frame's bytes; -1 in its head. */
  #left = -1;
  /** A frame that has to be put together. */
  #partial: Buffer | undefined;

  constructor(take: TakeFrame) {
    this.#take = take;
  }

  /** `false`: this is nothing that a worker says. Nothing may be read afterwards. */
  read(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left < 0) {
        const next = this.#readHead(chunk, at);
        if (next < 0) return false;
        at = next;
        continue;
      }
      const to = Math.min(chunk.length, at + this.#left);
      const isLast = to - at === this.#left;
      this.#left -= to - at;
      if (this.#kind === FRAME.body || (isLast && this.#partial === undefined)) {
        if (!this.#take(this.#kind, this.#stream, chunk, at, to)) return false;
      } else if (!this.#put(chunk, at, to, isLast)) return false;
      if (isLast) this.#left = -1;
      at = to;
    }
    return true;
  }

  /** Returns where it ends; -1: it is none. */
  #readHead(chunk: Buffer, from: number): number {
    let head = chunk;
    let at = from;
    let next = from + FRAME_HEAD_BYTES;
    if (this.#headBytes > 0 || next > chunk.length) {
      next = Math.min(chunk.length, from + FRAME_HEAD_BYTES - this.#headBytes);
      this.#headBytes += chunk.copy(this.#head, this.#headBytes, from, next);
      if (this.#headBytes < FRAME_HEAD_BYTES) return next;
      this.#headBytes = 0;
      head = this.#head;
      at = 0;
    }
    const length = head.readUInt32BE(at);
    const kind = head[at + 4] ?? 0;
    if (length > (BYTES_MAX[kind] ?? -1)) return -1;
    this.#kind = kind as FrameKind;
    this.#stream = head.readUInt32BE(at + 5);
    if (length > 0) this.#left = length;
    else if (!this.#take(this.#kind, this.#stream, chunk, next, next)) return -1;
    return next;
  }

  #put(chunk: Buffer, from: number, to: number, isLast: boolean): boolean {
    // What is missing is behind what has come.
    this.#partial ??= Buffer.allocUnsafeSlow(to - from + this.#left);
    const partial = this.#partial;
    chunk.copy(partial, partial.length - this.#left - (to - from), from, to);
    if (!isLast) return true;
    this.#partial = undefined;
    return this.#take(this.#kind, this.#stream, partial, 0, partial.length);
  }
}
