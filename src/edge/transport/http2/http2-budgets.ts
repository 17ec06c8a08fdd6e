// What an HTTP/2 viewer may do without asking for anything, but not without end [D-0023]: three allowances of one connection.

import type { Limits } from "../../../vocabulary/limits.ts";
import type { EpochMs } from "../../../vocabulary/time.ts";
import { Allowance } from "./allowance.ts";
import { FRAME_HEAD_BYTES, WINDOW_BYTES } from "./http2-frames.ts";

/** Flow control costs a viewer bytes in proportion to what it gets: a thirteen-byte frame or two for each frame of ours. */
const SENT_BYTES_PER_OVERHEAD_BYTE = 16;
/** Seconds of the rate that may be used at a stretch. */
const OVERHEAD_STRETCH_SECONDS = 16;
/** A frame that carries less of a body than this is counted as if the rest were overhead, too: it costs as much to take. */
const DATA_BYTES_MIN = 64;
/** What may come in all of bodies that we stopped, if a viewer has as many of them as it may have requests. */
const STRAY_BYTES_MAX = 128 * WINDOW_BYTES;

export class Http2Budgets {
  readonly #resets: Allowance;
  readonly #controlFrames: Allowance;
  readonly #overhead: Allowance;
  /** What may still come of bodies that we stopped: the viewer need not have known. */
  #strayBytesLeft = 0;
  #sentBytesSeen = 0;

  constructor(limits: Limits, now: EpochMs) {
    this.#resets = new Allowance(limits.viewerHttp2ResetBurstMax, limits.viewerHttp2ResetsPerSecondMax, now);
    this.#controlFrames = new Allowance(
      limits.viewerHttp2ControlFrameBurstMax,
      limits.viewerHttp2ControlFramesPerSecondMax,
      now,
    );
    const overheadRate = limits.viewerHttp2OverheadBytesPerSecondMax;
    this.#overhead = new Allowance(overheadRate * OVERHEAD_STRETCH_SECONDS, overheadRate, now);
  }

  // Each is false where it was more than there was.

  /** Work that was begun and thrown away, by the viewer (CVE-2023-44487) or because it made us (CVE-2025-8671). */
  takeReset(now: EpochMs): boolean {
    return this.#resets.take(1, now);
  }

  /** PING and SETTINGS: each is answered (CVE-2019-9512, CVE-2019-9515). */
  takeControlFrame(now: EpochMs): boolean {
    return this.#controlFrames.take(1, now);
  }

  /** A frame that carries nothing: WINDOW_UPDATE, PRIORITY, unknown ones (CVE-2019-9511, CVE-2019-9513). */
  takeOverhead(payloadBytes: number, sentBytes: number, now: EpochMs): boolean {
    const earned = (sentBytes - this.#sentBytesSeen) / SENT_BYTES_PER_OVERHEAD_BYTE;
    this.#sentBytesSeen = sentBytes;
    return this.#overhead.take(FRAME_HEAD_BYTES + payloadBytes - earned, now);
  }

  /** Of DATA what is padding, and what a frame is too small by unless it is the last (CVE-2019-9518). */
  takeData(bodyBytes: number, paddingBytes: number, isLast: boolean, now: EpochMs): boolean {
    const overhead = paddingBytes + (isLast ? 0 : Math.max(0, DATA_BYTES_MIN - bodyBytes));
    return overhead === 0 || this.#overhead.take(overhead, now);
  }

  /** We have stopped a body. */
  allowStray(): void {
    this.#strayBytesLeft = Math.min(this.#strayBytesLeft + WINDOW_BYTES, STRAY_BYTES_MAX);
  }

  /** DATA of a body that we have stopped. */
  takeStray(bytes: number, now: EpochMs): boolean {
    this.#strayBytesLeft -= bytes;
    if (this.#strayBytesLeft >= 0) return true;
    const beyond = -this.#strayBytesLeft;
    this.#strayBytesLeft = 0;
    return this.#overhead.take(FRAME_HEAD_BYTES + beyond, now);
  }
}
