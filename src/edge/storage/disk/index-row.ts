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

/** A row that is read into over and over: a start reads a million, and none of them is kept. */
export interface ReadRow extends IndexRow {
  kind: "written" | "dead";
  place: number;
  readonly digest: { low: number; high: number };
  length: number;
  began: number;
  owner: number;
  url: number;
  bodyFile: number;
  bodyFileBytes: number;
}

export function emptyRow(): ReadRow {
  return { ...deadRow(0), digest: { ...NO_DIGEST } };
}

/** Reads the `index`th row of the bytes. `false`: it is torn or flipped, and nothing is read. */
export function readRow(bytes: Buffer, index: number, into: ReadRow): boolean {
  const at = index * ROW_BYTES;
  const code = bytes[at + 46];
  if (code !== KINDS.written && code !== KINDS.dead) return false;
  if (bytes.readUInt32LE(at) !== checkOf(bytes, at)) return false;
  into.kind = code === KINDS.written ? "written" : "dead";
  into.place = bytes.readUInt32LE(at + 4);
  into.digest.low = bytes.readUInt32LE(at + 8);
  into.digest.high = bytes.readUInt32LE(at + 12);
  into.began = bytes.readDoubleLE(at + 16);
  into.length = bytes.readUInt32LE(at + 24);
  into.owner = bytes.readUInt32LE(at + 28);
  into.url = bytes.readUInt32LE(at + 32);
  into.bodyFile = bytes.readUInt32LE(at + 36);
  into.bodyFileBytes = bytes.readUIntLE(at + 40, 6);
  return true;
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
