// HTTP/2 as bytes [RFC 9113 §4], for tests that must send what no client would: frames by hand, field lines as plain HPACK
// literals [RFC 7541 §6.2], and what comes back, as short texts.

import type { TLSSocket } from "node:tls";

export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const TYPE = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const FLAG = { ACK: 1, END_STREAM: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 32 } as const;

export const ERROR_NAMES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
] as const;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([id >> 8, id & 255]), uint32(value)]);
}

export type Line = readonly [name: string, value: string];

/** One field line, literal without indexing and without Huffman coding. */
export function literal([name, value]: Line): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/** [RFC 7541 §5.1] with nothing in the bits before the prefix. */
export function integer(value: number, prefixBits: number): Buffer {
  const max = 2 ** prefixBits - 1;
  if (value < max) return Buffer.from([value]);
  const bytes = [max];
  let left = value - max;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
  return Buffer.from(bytes);
}

export function block(...lines: readonly Line[]): Buffer {
  return Buffer.concat(lines.map(literal));
}

export const GET: readonly Line[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/"],
  [":authority", "a.test"],
];
export const POST: readonly Line[] = [[":method", "POST"], ...GET.slice(1)];

/** A whole request without body in one frame. */
export function get(stream: number, ...more: readonly Line[]): Buffer {
  return frame(TYPE.HEADERS, FLAG.END_HEADERS | FLAG.END_STREAM, stream, block(...GET, ...more));
}

/** A request whose body is to follow. */
export function post(stream: number, ...more: readonly Line[]): Buffer {
  return frame(TYPE.HEADERS, FLAG.END_HEADERS, stream, block(...POST, ...more));
}

export function data(stream: number, bytes: string | Uint8Array, flags = 0): Buffer {
  return frame(TYPE.DATA, flags, stream, Buffer.from(bytes as string, "latin1"));
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** What an edge says on a raw connection. */
export interface RawViewer {
  readonly socket: TLSSocket;
  readonly frames: readonly Frame[];
  isClosed(): boolean;
  send(...bytes: readonly Uint8Array[]): void;
  /** Resolves at a frame that is wanted, or `undefined` when the connection closes before. */
  until(isWanted: (frame: Frame) => boolean): Promise<Frame | undefined>;
  readonly closed: Promise<void>;
}

/** Preface and empty settings are sent at once. */
export function openRawViewer(socket: TLSSocket, settings: Uint8Array = Buffer.alloc(0)): RawViewer {
  const viewer = listenTo(socket);
  viewer.send(PREFACE, frame(TYPE.SETTINGS, 0, 0, settings));
  return viewer;
}

/** Nothing is sent by itself. */
export function listenTo(socket: TLSSocket): RawViewer {
  const frames: Frame[] = [];
  const waiters = new Set<() => void>();
  let unread = Buffer.alloc(0);
  let isClosed = false;
  const wake = (): void => {
    for (const waiter of waiters) waiter();
  };
  socket.on("data", (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 9) {
      const length = unread.readUIntBE(0, 3);
      if (unread.length < 9 + length) break;
      frames.push({
        type: unread[3] ?? 0,
        flags: unread[4] ?? 0,
        stream: unread.readUInt32BE(5),
        payload: unread.subarray(9, 9 + length),
      });
      unread = unread.subarray(9 + length);
    }
    wake();
  });
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  const viewer: RawViewer = {
    socket,
    frames,
    isClosed: () => isClosed,
    send: (...bytes) => {
      if (socket.writable) socket.write(Buffer.concat(bytes));
    },
    until: (isWanted) =>
      new Promise((resolve) => {
        let from = 0;
        const look = (): void => {
          for (; from < frames.length; from++) {
            const found = frames[from];
            if (found === undefined || !isWanted(found)) continue;
            waiters.delete(look);
            resolve(found);
            return;
          }
          if (!isClosed) return;
          waiters.delete(look);
          resolve(undefined);
        };
        waiters.add(look);
        look();
      }),
    closed,
  };
  return viewer;
}

/** `200 on 1`, `RST PROTOCOL_ERROR on 1`, `GOAWAY PROTOCOL_ERROR`, `DATA 2 on 1`; `undefined` for what is of no interest. */
export function tell({ type, flags, stream, payload }: Frame): string | undefined {
  switch (type) {
    case TYPE.HEADERS:
      return `${statusOf(payload)} on ${stream}`;
    case TYPE.DATA:
      return payload.length === 0 ? undefined : `DATA ${payload.length} on ${stream}`;
    case TYPE.RST_STREAM:
      return `RST ${ERROR_NAMES[payload.readUInt32BE(0)]} on ${stream}`;
    case TYPE.GOAWAY:
      return `GOAWAY ${ERROR_NAMES[payload.readUInt32BE(4)]}`;
    case TYPE.PING:
      return (flags & FLAG.ACK) === 0 ? "PING" : "PING ACK";
    default:
      return undefined;
  }
}

const INDEXED_STATUS = [200, 204, 206, 304, 400, 404, 500];

/** Of a response's header block, which begins with it: indexed, or a literal of digits. */
function statusOf(payload: Buffer): number {
  let at = 0;
  while (((payload[at] ?? 0) & 0xe0) === 0x20) at++; // changes of the table's size
  const first = payload[at] ?? 0;
  if (first >= 0x88 && first <= 0x8e) return INDEXED_STATUS[first - 0x88] ?? 0;
  const length = payload[at + 1] ?? 0;
  const value = payload.subarray(at + 2, at + 2 + (length & 127));
  if (length < 128) return Number(value.toString("latin1"));
  let bits = "";
  for (const byte of value) bits += byte.toString(2).padStart(8, "0");
  let digits = "";
  for (let bit = 0; digits.length < 3;) {
    // 0 to 2 have five bits each, 3 to 9 have six [RFC 7541]
    const five = Number.parseInt(bits.slice(bit, bit + 5), 2);
    if (five <= 2) {
      digits += five;
      bit += 5;
    } else {
      digits += Number.parseInt(bits.slice(bit, bit + 6), 2) - 0b011001 + 3;
      bit += 6;
    }
  }
  return Number(digits);
}
