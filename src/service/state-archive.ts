// The file of an export: a tar archive that any tar lists and unpacks, with a last entry that holds the sum of all bytes before it, so
// that one that was cut off or changed is known as such. Written and read from front to back, a piece at a time.

import { createHash } from "node:crypto";
import { readSync, writeSync } from "node:fs";

const BLOCK = 512;
const PIECE_BYTES = 1_048_576;
const NAME_MAX = 100;
const PREFIX_MAX = 155;
/** What eleven octal digits can say; larger sizes are written in binary, as GNU tar and bsdtar do. */
const OCTAL_MAX = 8 ** 11 - 1;
/** The last entry. */
const SUM_NAME = "complete.sha256";

export interface ArchiveWriter {
  /** A file of so many bytes; `readInto` fills the buffer from its front and says how much, 0 at the end. */
  add(name: string, bytes: number, readInto: (buffer: Uint8Array) => number): void;
  /** Writes the sum. Without it no reader takes the archive. */
  finish(): void;
}

/** Throws what the disk says, and where a file has not as many bytes as were announced. */
export function openArchiveWriter(descriptor: number, modifiedSeconds: number): ArchiveWriter {
  const sum = createHash("sha256");
  const buffer = new Uint8Array(PIECE_BYTES);

  function write(bytes: Uint8Array): void {
    sum.update(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
  }
  function add(name: string, bytes: number, readInto: (into: Uint8Array) => number): void {
    write(formatHeader(name, bytes, modifiedSeconds));
    let left = bytes;
    for (let count = readInto(buffer); count > 0; count = readInto(buffer)) {
      if (count > left) throw new Error(`${name} has grown while it was read`);
      write(buffer.subarray(0, count));
      left -= count;
    }
    if (left > 0) throw new Error(`${name} has ${left} bytes less than it had`);
    write(new Uint8Array(padding(bytes)));
  }
  return {
    add,
    finish() {
      const text = Buffer.from(`${sum.copy().digest("hex")}\n`);
      let isRead = false;
      add(SUM_NAME, text.length, (into) => {
        if (isRead) return 0;
        isRead = true;
        return text.copy(into);
      });
      write(new Uint8Array(2 * BLOCK));
    },
  };
}

export interface ArchiveEntry {
  readonly name: string;
  readonly bytes: number;
}

/** What takes an entry's bytes, and hears when that was all. */
export interface EntrySink {
  write(bytes: Uint8Array): void;
  end(): void;
}

/** What is wrong with a file that was given for an archive. */
export class ArchiveFault extends Error {}

/** Reads from front to back. Throws an ArchiveFault unless it is whole; what was read before is then worth nothing. */
export function readArchive(descriptor: number, open: (entry: ArchiveEntry) => EntrySink): void {
  const sum = createHash("sha256");
  const buffer = new Uint8Array(PIECE_BYTES);

  function readFully(bytes: number): Uint8Array {
    let have = 0;
    while (have < bytes) {
      const count = readSync(descriptor, buffer, have, bytes - have, null);
      if (count === 0) throw new ArchiveFault("it is cut off: its end is missing");
      have += count;
    }
    return buffer.subarray(0, bytes);
  }
  for (;;) {
    const header = readFully(BLOCK);
    const { name, bytes } = parseHeader(header);
    if (name === SUM_NAME) {
      if (bytes > BLOCK) throw new ArchiveFault(`its ${SUM_NAME} is none`);
      const expected = sum.digest("hex");
      if (Buffer.from(readFully(bytes)).toString("latin1").trim() === expected) return;
      throw new ArchiveFault("it was changed or damaged since it was written: its sum is another");
    }
    sum.update(header);
    const sink = open({ name, bytes });
    try {
      for (let left = bytes; left > 0;) {
        const piece = readFully(Math.min(left, PIECE_BYTES));
        sum.update(piece);
        sink.write(piece);
        left -= piece.length;
      }
    } finally {
      sink.end();
    }
    sum.update(readFully(padding(bytes)));
  }
}

function padding(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

/** Of the ustar format: a plain file, readable by its owner. */
function formatHeader(name: string, bytes: number, modifiedSeconds: number): Uint8Array {
  const header = Buffer.alloc(BLOCK);
  const [prefix, rest] = splitName(name);
  header.write(rest, 0, "latin1");
  header.write("0000600", 100, "latin1"); // its mode; user and group are left to whoever unpacks
  if (bytes <= OCTAL_MAX) header.write(`${bytes.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  header.write(`${Math.floor(modifiedSeconds).toString(8).padStart(11, "0")}\0`, 136, "latin1");
  header.write(`${" ".repeat(8)}0`, 148, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(prefix, 345, "latin1");
  header.write(`${checksum(header).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** A long name is divided at a slash. */
function splitName(name: string): readonly [prefix: string, rest: string] {
  if (name.length <= NAME_MAX) return ["", name];
  const at = name.lastIndexOf("/", PREFIX_MAX);
  if (at < 1 || name.length - at - 1 > NAME_MAX) throw new Error(`the name ${name} is too long for an export`);
  return [name.slice(0, at), name.slice(at + 1)];
}

function parseHeader(header: Uint8Array): ArchiveEntry {
  const bytes = Buffer.from(header); // a copy: the buffer is read into again
  const text = (from: number, length: number): string =>
    bytes.toString("latin1", from, from + length).replace(/\0.*$/s, "");
  const isOurs = text(257, 6) === "ustar" && Number.parseInt(text(148, 8), 8) === checksum(bytes);
  if (!isOurs || text(156, 1) !== "0") throw new ArchiveFault("it is no export of Warmfront, or damaged");
  const size = bytes[124] === 0x80 ? Number(bytes.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new ArchiveFault("it is damaged: a size in it is none");
  const prefix = text(345, PREFIX_MAX);
  return { name: prefix === "" ? text(0, NAME_MAX) : `${prefix}/${text(0, NAME_MAX)}`, bytes: size };
}

/** The sum of the header's bytes, its own field counted as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
