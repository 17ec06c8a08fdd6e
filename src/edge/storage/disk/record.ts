// A stored response as it stands on the disk: a header of fixed length, the key and the head as JSON, the checks of a long
// body's blocks, then the body where it is not a file of its own. Everything is covered by a check; what does not
// check is as good as not there. Versioned by the magic number: a record of another version is a miss.

import { crc32 } from "node:zlib";
import type { DistributionId } from "../../../vocabulary/ids.ts";
import type { CacheKey, StoredHead } from "../cache-storage.ts";

const MAGIC = 0x31_52_46_57; // "WFR1"
/** magic, length of the record, check of what follows up to the body, length of the JSON, of the body (8), check of the body, file, block. */
const HEADER_BYTES = 40;
/** Records begin at multiples of it. */
export const ALIGNMENT = 8;

/** Blocks of a long body are checked one by one, so that a range is checked too. */
const BLOCK_BYTES = 65_536;
const LONG_BLOCK_BYTES = 1_048_576;
const LONG_BODY_BYTES = 67_108_864;

export interface BodyFile {
  readonly id: number;
  readonly blockBytes: number;
  readonly checks: Uint32Array;
}

export interface DiskRecord {
  readonly key: CacheKey;
  readonly head: StoredHead;
  readonly bodyLength: number;
  /** The body, or the file that has it. */
  readonly body: Uint8Array | BodyFile;
}

interface Told {
  readonly key: string;
  readonly url: string;
  readonly distribution: DistributionId;
  readonly head: StoredHead;
}

/** Of a body whose length may not be known yet. */
export function blockBytesFor(length: number): number {
  return length > LONG_BODY_BYTES ? LONG_BLOCK_BYTES : BLOCK_BYTES;
}

export function isBodyFile(body: Uint8Array | BodyFile): body is BodyFile {
  return !(body instanceof Uint8Array);
}

/** In a buffer of its own, filled up to the alignment. */
export function encodeRecord({ key, head, bodyLength, body }: DiskRecord): Buffer {
  const told: Told = { key: key.text, url: key.url, distribution: key.distribution, head };
  const json = Buffer.from(JSON.stringify(told));
  const file = isBodyFile(body) ? body : undefined;
  const checkBytes = file === undefined ? 0 : file.checks.length * 4;
  const bodyAt = HEADER_BYTES + json.length + checkBytes;
  const inline = isBodyFile(body) ? undefined : body;
  const length = Math.ceil((bodyAt + (inline?.length ?? 0)) / ALIGNMENT) * ALIGNMENT;
  const record = Buffer.alloc(length);
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(length, 4);
  record.writeUInt32LE(json.length, 12);
  record.writeDoubleLE(bodyLength, 16);
  record.writeUInt32LE(inline === undefined ? 0 : crc32(inline), 24);
  record.writeUInt32LE(file?.id ?? 0, 28);
  record.writeUInt32LE(file?.blockBytes ?? 0, 32);
  record.writeUInt32LE(checkBytes, 36);
  json.copy(record, HEADER_BYTES);
  file?.checks.forEach((check, index) => record.writeUInt32LE(check, HEADER_BYTES + json.length + index * 4));
  if (inline !== undefined) record.set(inline, bodyAt);
  record.writeUInt32LE(crc32(record.subarray(12, bodyAt)), 8);
  return record;
}

/** `bytes` is the whole record as it was read, and the body a part of them. `undefined`: it is not one, or not whole. */
export function decodeRecord(bytes: Buffer): DiskRecord | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== bytes.length) {
    return undefined;
  }
  const jsonEnd = HEADER_BYTES + bytes.readUInt32LE(12);
  const bodyAt = jsonEnd + bytes.readUInt32LE(36);
  if (bodyAt > bytes.length || crc32(bytes.subarray(12, bodyAt)) !== bytes.readUInt32LE(8)) return undefined;
  const bodyLength = bytes.readDoubleLE(16);
  const { key: text, url, distribution, head } = JSON.parse(bytes.toString("utf8", HEADER_BYTES, jsonEnd)) as Told;
  const key = { text, url, distribution };
  const id = bytes.readUInt32LE(28);
  if (id === 0) {
    const body = bytes.subarray(bodyAt, bodyAt + bodyLength);
    const isWhole = body.length === bodyLength && crc32(body) === bytes.readUInt32LE(24);
    return isWhole ? { key, head, bodyLength, body } : undefined;
  }
  const checks = new Uint32Array((bodyAt - jsonEnd) / 4);
  for (let index = 0; index < checks.length; index++) checks[index] = bytes.readUInt32LE(jsonEnd + index * 4);
  return { key, head, bodyLength, body: { id, blockBytes: bytes.readUInt32LE(32), checks } };
}
