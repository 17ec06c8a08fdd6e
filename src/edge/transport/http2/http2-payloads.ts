// What is in frames, as far as their own bytes tell it: padding that is taken off, members of SETTINGS held against their bounds.
// Pure; a payload is a range of the bytes that it came in.

import { protocolFault, sizeFault, windowFault, type ConnectionFault } from "./http2-faults.ts";
import type { FrameReader } from "./http2-frame-reader.ts";
import { FLAG, FRAME_BYTES_MAX, SETTING, WINDOW_BYTES_MAX } from "./http2-frames.ts";

export interface Payload {
  readonly from: number;
  readonly to: number;
  /** Bytes that were taken off, the one that counts them included. */
  readonly padding: number;
}

/** `fieldBytes`: of what stands between the padding's length and the content. [RFC 9113 §6.1] [RFC 9113 §6.2] */
export function withoutPadding(frame: FrameReader, fieldBytes: number): Payload | ConnectionFault {
  const { flags, bytes, from, to } = frame;
  const isPadded = (flags & FLAG.padded) !== 0;
  const skipped = (isPadded ? 1 : 0) + fieldBytes;
  if (to - from < skipped) return sizeFault("a frame without room for what it says is in it");
  const behind = isPadded ? (bytes[from] as number) : 0;
  if (to - from - skipped < behind) return protocolFault("padding longer than its frame");
  return { from: from + skipped, to: to - behind, padding: isPadded ? behind + 1 : 0 };
}

/** What is wrong with a member of SETTINGS. [RFC 9113 §6.5.2] */
export function faultOfSetting(id: number, value: number): ConnectionFault | undefined {
  switch (id) {
    case SETTING.enablePush:
      return value > 1 ? protocolFault("ENABLE_PUSH is neither 0 nor 1") : undefined;
    case SETTING.initialWindowSize:
      return value > WINDOW_BYTES_MAX ? windowFault("INITIAL_WINDOW_SIZE is too large") : undefined;
    case SETTING.maxFrameSize:
      return value < FRAME_BYTES_MAX || value > 0xff_ffff
        ? protocolFault("MAX_FRAME_SIZE is out of its bounds")
        : undefined;
    default:
      return undefined;
  }
}
