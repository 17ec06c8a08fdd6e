// Why nothing that follows on an HTTP/2 connection is read any more: the code that the viewer is told, the words that the log has.

import { ERROR, type ErrorCode } from "./http2-frames.ts";

export interface ConnectionFault {
  readonly code: ErrorCode;
  /** "flooded": each frame was sound, but there were too many of them. */
  readonly kind: "protocol-broken" | "flooded";
  readonly why: string;
}

function broken(code: ErrorCode, why: string): ConnectionFault {
  return { code, kind: "protocol-broken", why };
}

export function protocolFault(why: string): ConnectionFault {
  return broken(ERROR.protocol, why);
}

export function sizeFault(why: string): ConnectionFault {
  return broken(ERROR.frameSize, why);
}

export function windowFault(why: string): ConnectionFault {
  return broken(ERROR.flowControl, why);
}

export function floodFault(why: string): ConnectionFault {
  return { code: ERROR.enhanceYourCalm, kind: "flooded", why };
}

export const COMPRESSION_FAULT = broken(ERROR.compression, "a header block is no HPACK");
export const OVERHEAD_FLOOD = floodFault("it sent too much that carries nothing");
export const RESET_FLOOD = floodFault("too many of its requests were reset");
