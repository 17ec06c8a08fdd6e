// Reads a viewer's header blocks [RFC 7541]. One decoder per connection, since each block may add to what later ones name. All of
// a block is read also when it is too large to be kept, or the table would be another than the viewer's.

import { decodeHuffman } from "./hpack-huffman.ts";
import { DYNAMIC_FROM, ENTRY_BYTES, STATIC_TABLE, TABLE_BYTES } from "./hpack-static-table.ts";

/** What a block may decode to; a field counts as in a table, with 32 bytes on top. */
export interface BlockBounds {
  readonly bytesMax: number;
  readonly linesMax: number;
}

/** "broken": it is no HPACK, and nothing that follows on the connection can be read. "too-large": beyond the bounds. */
export type BlockEnding = "whole" | "too-large" | "broken";

/** Integers of more bytes than this have no use. */
const INTEGER_SHIFT_MAX = 28;

export class HpackDecoder {
  /** Names and values in turn, the oldest first; what is before `#oldest` is gone. */
  #table: string[] = [];
  #oldest = 0;
  #tableBytes = 0;
  readonly #offeredBytes: number;
  #tableBytesMax: number;
  #changes = 0;
  // Of the block in work.
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;
  #isBroken = false;

  /** `offeredBytes`: what was said that the table may take. */
  constructor(offeredBytes = TABLE_BYTES) {
    this.#offeredBytes = this.#tableBytesMax = offeredBytes;
  }

  /** How often the table was changed: equal blocks mean the same for as long as it was not. */
  get changes(): number {
    return this.#changes;
  }

  /** Adds the block's names and values, in turn, to `lines`; beyond the bounds those that came before. */
  decode(bytes: Buffer, from: number, to: number, bounds: BlockBounds, lines: string[]): BlockEnding {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    this.#isBroken = false;
    let listBytes = 0;
    let linesLeft = bounds.linesMax;
    let mayResize = true;
    while (this.#at < to) {
      const first = bytes[this.#at] as number;
      let name: string;
      let value: string;
      if (first >= 0x80) {
        const index = this.#integer(0x7f);
        name = this.#nameAt(index);
        value = this.#valueAt(index);
      } else if (first >= 0x20 && first < 0x40) {
        // Only in front of a block's first field line. [RFC 7541 §4.2]
        if (!mayResize) return "broken";
        this.#resize(this.#integer(0x1f));
        if (this.#isBroken) return "broken";
        continue;
      } else {
        const isAdded = first >= 0x40;
        const index = this.#integer(isAdded ? 0x3f : 0x0f);
        name = index === 0 && !this.#isBroken ? this.#string() : this.#nameAt(index);
        value = this.#string();
        if (isAdded && !this.#isBroken) this.#add(name, value);
      }
      if (this.#isBroken) return "broken";
      mayResize = false;
      listBytes += name.length + value.length + ENTRY_BYTES;
      if (linesLeft-- > 0 && listBytes <= bounds.bytesMax) lines.push(name, value);
    }
    return linesLeft < 0 || listBytes > bounds.bytesMax ? "too-large" : "whole";
  }

  /** One string, all of what is between `from` and `to`; `undefined` when it is none. */
  decodeString(bytes: Buffer, from: number, to: number): string | undefined {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to;
    this.#isBroken = false;
    const text = this.#string();
    return this.#isBroken || this.#at !== to ? undefined : text;
  }

  #broken(): void {
    this.#isBroken = true;
    this.#at = this.#to;
  }

  /** [RFC 7541 §5.1]; `mask` has a one for each bit that the first byte has of it. */
  #integer(mask: number): number {
    const bytes = this.#bytes;
    if (this.#at >= this.#to) {
      this.#broken();
      return 0;
    }
    let value = (bytes[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= this.#to || shift >= INTEGER_SHIFT_MAX) {
        this.#broken();
        return 0;
      }
      const byte = bytes[this.#at++] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** [RFC 7541 §5.2] */
  #string(): string {
    if (this.#at >= this.#to) {
      this.#broken();
      return "";
    }
    const isCoded = (this.#bytes[this.#at] as number) >= 0x80;
    const length = this.#integer(0x7f);
    const from = this.#at;
    if (this.#isBroken || length > this.#to - from) {
      this.#broken();
      return "";
    }
    this.#at = from + length;
    if (!isCoded) return this.#bytes.toString("latin1", from, from + length);
    const text = decodeHuffman(this.#bytes, from, from + length);
    if (text === undefined) this.#broken();
    return text ?? "";
  }

  #nameAt(index: number): string {
    if (index < DYNAMIC_FROM) return STATIC_TABLE[index - 1]?.[0] ?? this.#nothing();
    return this.#table[this.#placeOf(index)] ?? this.#nothing();
  }

  #valueAt(index: number): string {
    if (index < DYNAMIC_FROM) return STATIC_TABLE[index - 1]?.[1] ?? this.#nothing();
    return this.#table[this.#placeOf(index) + 1] ?? this.#nothing();
  }

  /** The newest has the lowest index. */
  #placeOf(index: number): number {
    const place = this.#table.length - 2 * (index - DYNAMIC_FROM + 1);
    return place < this.#oldest ? -2 : place;
  }

  #nothing(): string {
    this.#broken();
    return "";
  }

  #resize(bytesMax: number): void {
    if (bytesMax > this.#offeredBytes) return this.#broken();
    this.#changes++;
    this.#tableBytesMax = bytesMax;
    this.#makeRoom(0);
  }

  #add(name: string, value: string): void {
    const bytes = name.length + value.length + ENTRY_BYTES;
    this.#changes++;
    this.#makeRoom(bytes);
    if (bytes > this.#tableBytesMax) return; // which empties the table, and is no error [RFC 7541 §4.4]
    this.#table.push(name, value);
    this.#tableBytes += bytes;
  }

  #makeRoom(bytes: number): void {
    while (this.#tableBytes + bytes > this.#tableBytesMax && this.#oldest < this.#table.length) {
      const name = this.#table[this.#oldest] as string;
      const value = this.#table[this.#oldest + 1] as string;
      this.#tableBytes -= name.length + value.length + ENTRY_BYTES;
      this.#table[this.#oldest] = this.#table[this.#oldest + 1] = "";
      this.#oldest += 2;
    }
    // The places of what is gone are given up many at a time.
    if (this.#oldest < 256) return;
    this.#table = this.#table.slice(this.#oldest);
    this.#oldest = 0;
  }
}
