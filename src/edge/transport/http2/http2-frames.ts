// The numbers of HTTP/2's framing layer [RFC 9113 §6] [RFC 9113 §7], and the small frames as bytes.

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** [RFC 9113 §7] */
export const ERROR = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;
export type ErrorCode = (typeof ERROR)[keyof typeof ERROR];

/** [RFC 9113 §6.5.2] */
export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
export const FRAME_HEAD_BYTES = 9;
/** The largest payload that everybody takes, and the largest that we do. [RFC 9113 §4.2] */
export const FRAME_BYTES_MAX = 16_384;
/** Every window at first. [RFC 9113 §6.9.2] */
export const WINDOW_BYTES = 65_535;
export const WINDOW_BYTES_MAX = 0x7fff_ffff;
export const STREAM_ID_MAX = 0x7fff_ffff;

/** Returns where the payload begins. */
export function writeFrameHead(
  target: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  target[at] = length >>> 16;
  target[at + 1] = length >>> 8;
  target[at + 2] = length;
  target[at + 3] = type;
  target[at + 4] = flags;
  return writeUint32(target, at + 5, stream);
}

function writeUint32(target: Buffer, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}

function smallFrame(type: number, flags: number, stream: number, payloadBytes: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + payloadBytes);
  writeFrameHead(frame, 0, payloadBytes, type, flags, stream);
  return frame;
}

/** RST_STREAM or WINDOW_UPDATE: a frame of one number. */
export function numberFrame(type: 3 | 8, stream: number, value: number): Buffer {
  const frame = smallFrame(type, 0, stream, 4);
  writeUint32(frame, FRAME_HEAD_BYTES, value);
  return frame;
}

/** Without members it is an acknowledgment. */
export function settingsFrame(members: readonly (readonly [id: number, value: number])[]): Buffer {
  const frame = smallFrame(FRAME.settings, members.length === 0 ? FLAG.ack : 0, 0, members.length * 6);
  let at = FRAME_HEAD_BYTES;
  for (const [id, value] of members) {
    frame.writeUInt16BE(id, at);
    at = writeUint32(frame, at + 2, value);
  }
  return frame;
}

/** `payload` has eight bytes. */
export function pingFrame(flags: number, payload: Uint8Array): Buffer {
  const frame = smallFrame(FRAME.ping, flags, 0, payload.length);
  frame.set(payload, FRAME_HEAD_BYTES);
  return frame;
}

/** `lastStream`: of those that come later nothing was or will be done. */
export function goawayFrame(lastStream: number, code: ErrorCode): Buffer {
  const frame = smallFrame(FRAME.goaway, 0, 0, 8);
  writeUint32(frame, writeUint32(frame, FRAME_HEAD_BYTES, lastStream), code);
  return frame;
}
