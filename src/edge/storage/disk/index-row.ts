// Beside each segment lies a journal of 48-byte rows: a record was written, or is dead. The index is made from them when
// the cache starts, without a look at the records. A row that does not check is left out: that response is a miss.
// Which of two comes first does not matter: a record that is dead is dead.

import type { Digest } from "./entry-index.ts";

export const ROW_BYTES = 48;

export interface IndexRow {
  readonly kind: "written" | "dead";
  readonly place: number;
  readonly digest: Digest;
  readonly length: number;
  readonly began: number;
  readonly owner: number;
  readonly url: number;
  readonly bodyFile: number;
  /** Of the body where it is a file. */
  readonly bodyFileBytes: number;
}

const KINDS = { written: 0x57, dead: 0x44 } as const;
const NO_DIGEST: Digest = { low: 0, high: 0 };

export function deadRow(place: number): IndexRow {
  const nothing = { digest: NO_DIGEST, length: 0, began: 0, owner: 0, url: 0, bodyFile: 0, bodyFileBytes: 0 };
  return { kind: "dead", place, ...nothing };
}

export function encodeRows(rows: readonly IndexRow[]): Buffer {
  const bytes = Buffer.alloc(rows.length * ROW_BYTES);
  for (const [index, row] of rows.entries()) {
    const at = index * ROW_BYTES;
    bytes.writeUInt32LE(row.place, at + 4);
    bytes.writeUInt32LE(row.digest.low, at + 8);
    bytes.writeUInt32LE(row.digest.high, at + 12);
    bytes.writeDoubleLE(row.began, at + 16);
    bytes.writeUInt32LE(row.length, at + 24);
    bytes.writeUInt32LE(row.owner, at + 28);
    bytes.writeUInt32LE(row.url, at + 32);
    bytes.writeUInt32LE(row.bodyFile, at + 36);
    bytes.writeUIntLE(row.bodyFileBytes, at + 40, 6);
    bytes[at + 46] = KINDS[row.kind];
    bytes.writeUInt32LE(checkOf(bytes, at), at);
  }
  return bytes;
}

/** The `index`th row of the bytes. `undefined`: torn or flipped. */
export function decodeRow(bytes: Buffer, index: number): IndexRow | undefined {
  const at = index * ROW_BYTES;
  const code = bytes[at + 46];
  if (code !== KINDS.written && code !== KINDS.dead) return undefined;
  if (bytes.readUInt32LE(at) !== checkOf(bytes, at)) return undefined;
  return {
    kind: code === KINDS.written ? "written" : "dead",
    place: bytes.readUInt32LE(at + 4),
    digest: { low: bytes.readUInt32LE(at + 8), high: bytes.readUInt32LE(at + 12) },
    began: bytes.readDoubleLE(at + 16),
    length: bytes.readUInt32LE(at + 24),
    owner: bytes.readUInt32LE(at + 28),
    url: bytes.readUInt32LE(at + 32),
    bodyFile: bytes.readUInt32LE(at + 36),
    bodyFileBytes: bytes.readUIntLE(at + 40, 6),
  };
}

/** For a first pass that only looks for what is dead. */
export function isDeadRow(bytes: Buffer, index: number): boolean {
  return bytes[index * ROW_BYTES + 46] === KINDS.dead;
}

/** Cheap, because there are a million rows to check at a start; what a row leads to is checked by its own. */
function checkOf(bytes: Buffer, at: number): number {
  let bits = 0x9e3779b9;
  for (let word = 4; word < ROW_BYTES; word += 4) {
    bits = Math.imul(bits ^ bytes.readInt32LE(at + word), 0x85ebca6b);
    bits ^= bits >>> 13;
  }
  return bits >>> 0;
}
