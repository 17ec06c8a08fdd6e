// Writes the header blocks of answers [RFC 7541], into a scratch that all connections share. What repeats from answer to answer is
// put into the viewer's table and named by a byte from then on; what differs is spelled out, uncoded.

import assert from "node:assert/strict";

import { CONTENT_LENGTH, stringBytesMax, writeInteger, writePlain, type FieldLine } from "./http2-field-lines.ts";
import { DYNAMIC_FROM, ENTRY_BYTES, STATIC_TABLE, TABLE_BYTES } from "./hpack-static-table.ts";

/** How many lines of one name a connection puts into its table: a field that is another one each time is not worth its place. */
const KEPT_PER_NAME_MAX = 24;
/** What a line takes at most beside its strings. */
const LINE_BYTES = 16;

const statuses = new Map<number, number>();
for (const [at, [name, value]] of STATIC_TABLE.entries()) if (name === ":status") statuses.set(Number(value), at + 1);
const STATUS_NAME = 8;

let block = Buffer.allocUnsafeSlow(16_384);

/** The bytes of the block that was encoded last; good until the next one. */
export function encodedBlock(): Buffer {
  return block;
}

export class HpackEncoder {
  /** Lines by when they were put into the table; those before `#oldest` are gone. */
  #entries: FieldLine[] = [];
  #forgotten = 0;
  readonly #places = new Map<FieldLine, number>();
  readonly #keptPerName = new Map<string, number>();
  #oldest = 0;
  #bytes = 0;
  #bytesMax = TABLE_BYTES;
  /** The least that was agreed on since the last block; it is told with the next. [RFC 7541 §4.2] */
  #leastMax: number | undefined;
  // The lines that many answers share, as they were last written, and how the table was then.
  #shared: readonly FieldLine[] | undefined;
  #sharedBytes: Buffer | undefined;
  #sharedChanges = -1;

  /** The viewer's decoder holds no more than this. */
  limitTable(bytesMax: number): void {
    const agreed = Math.min(bytesMax, TABLE_BYTES);
    if (agreed === this.#bytesMax && this.#leastMax === undefined) return;
    this.#leastMax = Math.min(this.#leastMax ?? agreed, agreed);
    this.#bytesMax = agreed;
  }

  /**
   * Bytes of the block for an answer's head: `shared` lines, those of this answer, and its length. It has to be sent, and in this
   * order, since the next blocks are made on top of it.
   */
  encode(
    status: number,
    shared: readonly FieldLine[] | undefined,
    lines: readonly FieldLine[],
    contentLength: number | undefined,
  ): number {
    let at = this.#tellLimit(0);
    const index = statuses.get(status);
    if (index === undefined) {
      at = writePlain(block, writeInteger(block, at, 0, 0x0f, STATUS_NAME), String(status));
    } else block[at++] = 0x80 | index;
    if (shared !== undefined) at = this.#writeShared(at, shared);
    for (const line of lines) at = this.#write(at, line, false);
    if (contentLength !== undefined) {
      makeRoom(at, LINE_BYTES * 2);
      at = writePlain(block, writeInteger(block, at, 0, 0x0f, CONTENT_LENGTH.index), String(contentLength));
    }
    return at;
  }

  #tellLimit(from: number): number {
    const least = this.#leastMax;
    if (least === undefined) return from;
    this.#leastMax = undefined;
    this.#evictTo(least); // as the decoder does, which sees the least first
    this.#sharedBytes = undefined;
    const at = least < this.#bytesMax ? writeInteger(block, from, 0x20, 0x1f, least) : from;
    return writeInteger(block, at, 0x20, 0x1f, this.#bytesMax);
  }

  /** How many lines were ever put into the table. */
  get #changes(): number {
    return this.#forgotten + this.#entries.length;
  }

  #writeShared(from: number, shared: readonly FieldLine[]): number {
    let at = from;
    if (this.#shared === shared) {
      const known = this.#sharedBytes;
      if (known !== undefined && this.#sharedChanges === this.#changes) {
        makeRoom(at, known.length);
        block.set(known, at);
        return at + known.length;
      }
      // A second time in a row: also what belongs to this one alone is worth its place.
      const before = this.#changes;
      for (const line of shared) at = this.#write(at, line, true);
      this.#sharedBytes = before === this.#changes ? Buffer.from(block.subarray(from, at)) : undefined;
      this.#sharedChanges = before;
      return at;
    }
    this.#shared = shared;
    this.#sharedBytes = undefined;
    for (const line of shared) at = this.#write(at, line, false);
    return at;
  }

  #write(from: number, line: FieldLine, isRepeated: boolean): number {
    const place = this.#places.get(line);
    if (place !== undefined) {
      makeRoom(from, LINE_BYTES);
      return writeInteger(block, from, 0x80, 0x7f, DYNAMIC_FROM + this.#changes - 1 - place);
    }
    const { name, value, literal } = line;
    makeRoom(from, LINE_BYTES + stringBytesMax(name.lower) + stringBytesMax(value));
    const isKept = (literal !== undefined || (isRepeated && name.keeping !== "secret")) && this.#keep(line);
    if (isKept && literal !== undefined) {
      block.set(literal, from);
      return from + literal.length;
    }
    let at: number;
    if (isKept) at = writeInteger(block, from, 0x40, 0x3f, name.index);
    else at = writeInteger(block, from, name.keeping === "secret" ? 0x10 : 0, 0x0f, name.index);
    if (name.index === 0) at = writePlain(block, at, name.lower);
    return writePlain(block, at, value);
  }

  /** Puts it into the table. `false`: it is not worth its place there. */
  #keep(line: FieldLine): boolean {
    const bytes = line.name.lower.length + line.value.length + ENTRY_BYTES;
    if (bytes > this.#bytesMax >>> 1) return false;
    const kept = this.#keptPerName.get(line.name.lower) ?? 0;
    if (kept >= KEPT_PER_NAME_MAX) return false;
    this.#keptPerName.set(line.name.lower, kept + 1);
    this.#evictTo(this.#bytesMax - bytes);
    this.#places.set(line, this.#changes);
    this.#entries.push(line);
    this.#bytes += bytes;
    return true;
  }

  /** The oldest go first. [RFC 7541 §4.4] */
  #evictTo(bytesMax: number): void {
    while (this.#bytes > bytesMax) {
      const line = this.#entries[this.#oldest - this.#forgotten];
      assert.ok(line !== undefined, "a table without entries takes no bytes");
      this.#places.delete(line);
      this.#bytes -= line.name.lower.length + line.value.length + ENTRY_BYTES;
      this.#oldest++;
    }
    // The places of what is gone are given up many at a time.
    if (this.#oldest - this.#forgotten < 128) return;
    this.#entries = this.#entries.slice(this.#oldest - this.#forgotten);
    this.#forgotten = this.#oldest;
  }
}

/** The scratch has room for so many bytes behind `at`. */
function makeRoom(at: number, bytes: number): void {
  if (block.length - at >= bytes) return;
  const larger = Buffer.allocUnsafeSlow(2 * (at + bytes));
  block.copy(larger, 0, 0, at);
  block = larger;
}
