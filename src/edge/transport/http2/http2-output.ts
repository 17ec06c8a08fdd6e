// What leaves on one HTTP/2 connection: frames of many streams in one write, and one write at a time, so that what is made while the
// socket is busy gathers. Streams take turns, a frame of a body each. Nothing is made before it can be sent: what waits is
// an answer, not its bytes.

import type { Socket } from "node:net";

import type { Clock, EpochMs } from "../../../vocabulary/time.ts";
import { encodedBlock, HpackEncoder } from "./hpack-encoder.ts";
import type { Http2AnswerHead } from "./http2-answer-head.ts";
import { FLAG, FRAME, FRAME_BYTES_MAX, FRAME_HEAD_BYTES, WINDOW_BYTES, writeFrameHead } from "./http2-frames.ts";

/** One write: four full frames and their heads. The progress of a slow viewer is seen at this grain. */
const SCRATCH_BYTES = 4 * (FRAME_HEAD_BYTES + FRAME_BYTES_MAX) + 4096;
/** With less room than this nobody gets another turn: whoever gets one can make use of it. */
const ROOM_MIN = 4096;

// All connections make their frames here, each for no longer than one write. A TLS socket with nothing else to send has
// enciphered or copied all of what it is given when `write` returns.
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** Who has something to send. */
export interface Sender {
  /** It stands in the queue: the output's. */
  isQueued: boolean;
  /** Writes what it can in its turn. Calls nothing of the output but the writing of frames. */
  send(output: Http2Output): void;
  /** What it could do with another turn; "window": it waits for the connection's. */
  wants(connectionWindow: number): "turn" | "window" | "nothing";
}

export class Http2Output {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #encoder = new HpackEncoder();
  /** Frames that go in front of all others, in their order. */
  #urgent: Buffer[] = [];
  #queue: Sender[] = [];
  #queuedFrom = 0;
  /** Those that wait for the connection's window. */
  #starved = new Set<Sender>();
  #isFlushSoon = false;
  #isFlushing = false;
  #isEnding = false;
  // Of the write that is being made.
  #at = 0;
  #isFull = false;

  /** What the viewer still takes of bodies on the connection. [RFC 9113 §5.2] */
  window = WINDOW_BYTES;
  /** Of the write in work; `undefined` while there is none. */
  writingSince: EpochMs | undefined;
  /** When the frames are made that are being made. */
  now: EpochMs;
  /** Bytes that were ever sent. */
  sentBytes = 0;
  /** What arrived is being dealt with, and whoever does that flushes behind it. */
  isGathering = false;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.now = clock.now();
  }

  /** The viewer's decoder holds no more than this. */
  limitTable(bytesMax: number): void {
    this.#encoder.limitTable(bytesMax);
  }

  /** Leaves with the next write, in front of all answers. */
  sendFirst(frame: Buffer): void {
    this.#urgent.push(frame);
  }

  /** It has something to send; nothing leaves before `flush`. */
  enqueue(sender: Sender): void {
    if (sender.isQueued) return;
    sender.isQueued = true;
    this.#queue.push(sender);
  }

  /** The viewer takes so much more on the connection. */
  openWindow(bytes: number): void {
    this.window += bytes;
    if (this.window <= 0) return;
    const starved = this.#starved;
    this.#starved = new Set();
    for (const sender of starved) {
      sender.isQueued = false;
      this.enqueue(sender);
    }
  }

  /** Flushes behind whatever else happens in this turn of the event loop. */
  flushSoon(): void {
    if (this.isGathering || this.#isFlushSoon || this.writingSince !== undefined) return;
    this.#isFlushSoon = true;
    setImmediate(() => {
      this.#isFlushSoon = false;
      this.flush();
    });
  }

  /** Makes as many frames as there is room for, and sends them. */
  flush(): void {
    if (this.#isFlushing || this.writingSince !== undefined || this.#socket.destroyed) return;
    this.#isFlushing = true;
    this.#makeFrames();
    this.#isFlushing = false;
    if (this.#at === 0) {
      if (this.#isEnding) this.#socket.end();
      return;
    }
    this.writingSince = this.now;
    this.sentBytes += this.#at;
    this.#socket.write(scratch.subarray(0, this.#at), this.#onWriteDone);
  }

  #makeFrames(): void {
    this.#at = 0;
    this.#isFull = false;
    this.#writeUrgent();
    this.now = this.#clock.now();
    while (this.#queuedFrom < this.#queue.length && this.room >= ROOM_MIN) {
      const sender = this.#queue[this.#queuedFrom++] as Sender;
      sender.isQueued = false;
      sender.send(this);
      const wanted = sender.wants(this.window);
      if (wanted === "turn") this.enqueue(sender);
      else if (wanted === "window") {
        sender.isQueued = true;
        this.#starved.add(sender);
      }
    }
    if (this.#queuedFrom === this.#queue.length) {
      this.#queue = [];
      this.#queuedFrom = 0;
    } else if (this.#queuedFrom > 256) {
      this.#queue = this.#queue.slice(this.#queuedFrom);
      this.#queuedFrom = 0;
    }
  }

  /** Closes our half behind what is to be sent. */
  end(): void {
    this.#isEnding = true;
    this.flush();
  }

  /** Nothing of an answer is sent any more. */
  dropAnswers(): void {
    this.#queue = [];
    this.#queuedFrom = 0;
    this.#starved.clear();
  }

  /** It has nothing to send any more. In the queue it is passed over in its turn. */
  forget(sender: Sender): void {
    this.#starved.delete(sender);
  }

  readonly #onWriteDone = (): void => {
    this.writingSince = undefined;
    this.flush();
  };

  #writeUrgent(): void {
    let done = 0;
    for (const frame of this.#urgent) {
      const taken = frame.copy(scratch, this.#at);
      this.#at += taken;
      if (taken < frame.length) {
        this.#urgent[done] = frame.subarray(taken);
        break;
      }
      done++;
    }
    if (done > 0) this.#urgent = this.#urgent.slice(done);
  }

  // For senders, in their turn.

  get room(): number {
    return this.#isFull ? 0 : SCRATCH_BYTES - this.#at;
  }

  /** The head of an answer; bytes that it took. [RFC 9113 §6.2] [RFC 9113 §6.10] */
  writeHead(stream: number, head: Http2AnswerHead, isLast: boolean): number {
    const length = this.#encoder.encode(head.status, head.shared, head.lines, head.contentLength);
    const block = encodedBlock();
    const count = Math.ceil(length / FRAME_BYTES_MAX);
    const bytes = length + count * FRAME_HEAD_BYTES;
    const fits = bytes <= this.room;
    // What does not fit is sent first with the next write: it is encoded, so nothing else may come in between.
    const target = fits ? scratch : Buffer.allocUnsafe(bytes);
    let at = fits ? this.#at : 0;
    for (let part = 0; part < count; part++) {
      const from = part * FRAME_BYTES_MAX;
      const size = Math.min(FRAME_BYTES_MAX, length - from);
      const flags = (part === count - 1 ? FLAG.endHeaders : 0) | (part === 0 && isLast ? FLAG.endStream : 0);
      at = writeFrameHead(target, at, size, part === 0 ? FRAME.headers : FRAME.continuation, flags, stream);
      at += block.copy(target, at, from, from + size);
    }
    if (fits) this.#at = at;
    else {
      this.#urgent.push(target);
      this.#isFull = true;
    }
    return bytes;
  }

  /** A frame of a body, for which there is room and window. */
  writeData(stream: number, bytes: Uint8Array, from: number, to: number, isLast: boolean): void {
    const length = to - from;
    const at = writeFrameHead(scratch, this.#at, length, FRAME.data, isLast ? FLAG.endStream : 0, stream);
    if (length > 0) scratch.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), at);
    this.#at = at + length;
    this.window -= length;
  }

  /** A small frame behind what was written in this turn. */
  writeFrame(frame: Buffer): void {
    if (frame.length > this.room || this.#urgent.length > 0) this.#urgent.push(frame);
    else this.#at += frame.copy(scratch, this.#at);
  }
}
