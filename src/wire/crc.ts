// Cyclic redundancy checks of 32 and 64 bits, reflected, by tables for eight bytes at a step ("slicing by eight"). The
// 64-bit one is kept in two halves, since a BigInt per byte would be a hundred times as slow.

import { Buffer } from "node:buffer";

export interface Crc {
  update(bytes: Uint8Array): void;
  /** Base64, most significant byte first. */
  digest(): string;
}

const SLICES = 8;

const tables32 = new Map<number, Uint32Array>();

/** `table[slice * 256 + byte]`: what a byte does to the remainder when `slice` more bytes follow in the step. */
function table32(polynomial: number): Uint32Array {
  const known = tables32.get(polynomial);
  if (known !== undefined) return known;
  const table = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ polynomial;
    table[byte] = value;
  }
  for (let at = 256; at < table.length; at++) {
    const before = table[at - 256] ?? 0;
    table[at] = (before >>> 8) ^ (table[before & 0xff] ?? 0);
  }
  tables32.set(polynomial, table);
  return table;
}

export function openCrc32(polynomial: number): Crc {
  const t = table32(polynomial) as { readonly [at: number]: number };
  let crc = 0xffffffff;
  return {
    update(bytes) {
      const b = bytes as unknown as { readonly [at: number]: number };
      const { length } = bytes;
      let c = crc | 0;
      let at = 0;
      for (const whole = length - 7; at < whole; at += 8) {
        const low = c ^ (at4(b, at) | 0);
        c =
          look(t, 0x700 + (low & 0xff)) ^
          look(t, 0x600 + ((low >>> 8) & 0xff)) ^
          look(t, 0x500 + ((low >>> 16) & 0xff)) ^
          look(t, 0x400 + (low >>> 24)) ^
          look(t, 0x300 + look(b, at + 4)) ^
          look(t, 0x200 + look(b, at + 5)) ^
          look(t, 0x100 + look(b, at + 6)) ^
          look(t, look(b, at + 7));
      }
      for (; at < length; at++) c = (c >>> 8) ^ look(t, (c ^ look(b, at)) & 0xff);
      crc = c;
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
      return bytes.toString("base64");
    },
  };
}

type Numbers = { readonly [at: number]: number };

/** Every index here is within bounds by construction, and a check of each would be half of the cost. */
function look(numbers: Numbers, at: number): number {
  return numbers[at] as number;
}

function at4(bytes: Numbers, at: number): number {
  return look(bytes, at) | (look(bytes, at + 1) << 8) | (look(bytes, at + 2) << 16) | (look(bytes, at + 3) << 24);
}

interface Halves {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const tables64 = new Map<bigint, Halves>();

function table64(polynomial: bigint): Halves {
  const known = tables64.get(polynomial);
  if (known !== undefined) return known;
  const values: bigint[] = [];
  for (let byte = 0n; byte < 256n; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value & 1n) === 0n ? value >> 1n : (value >> 1n) ^ polynomial;
    values.push(value);
  }
  for (let at = 256; at < SLICES * 256; at++) {
    const before = values[at - 256] ?? 0n;
    values.push((before >> 8n) ^ (values[Number(before & 0xffn)] ?? 0n));
  }
  const table = {
    high: Uint32Array.from(values, (value) => Number(value >> 32n)),
    low: Uint32Array.from(values, (value) => Number(value & 0xffffffffn)),
  };
  tables64.set(polynomial, table);
  return table;
}

export function openCrc64(polynomial: bigint): Crc {
  const { high: h, low: l } = table64(polynomial) as unknown as { readonly high: Numbers; readonly low: Numbers };
  let high = -1;
  let low = -1;
  return {
    update(bytes) {
      const b = bytes as unknown as Numbers;
      const { length } = bytes;
      let at = 0;
      for (const whole = length - 7; at < whole; at += 8) {
        const first = low ^ at4(b, at);
        const second = high ^ at4(b, at + 4);
        const i7 = 0x700 + (first & 0xff);
        const i6 = 0x600 + ((first >>> 8) & 0xff);
        const i5 = 0x500 + ((first >>> 16) & 0xff);
        const i4 = 0x400 + (first >>> 24);
        const i3 = 0x300 + (second & 0xff);
        const i2 = 0x200 + ((second >>> 8) & 0xff);
        const i1 = 0x100 + ((second >>> 16) & 0xff);
        const i0 = second >>> 24;
        high =
          look(h, i7) ^ look(h, i6) ^ look(h, i5) ^ look(h, i4) ^ look(h, i3) ^ look(h, i2) ^ look(h, i1) ^ look(h, i0);
        low =
          look(l, i7) ^ look(l, i6) ^ look(l, i5) ^ look(l, i4) ^ look(l, i3) ^ look(l, i2) ^ look(l, i1) ^ look(l, i0);
      }
      for (; at < length; at++) {
        const index = (low ^ look(b, at)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ look(l, index);
        high = (high >>> 8) ^ look(h, index);
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE((high ^ -1) >>> 0, 0);
      bytes.writeUInt32BE((low ^ -1) >>> 0, 4);
      return bytes.toString("base64");
    },
  };
}
