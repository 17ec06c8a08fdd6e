// The Huffman code of HPACK's strings [RFC 7541 §5.2]. It is canonical ([RFC 7541], appendix B), so all of it follows from the lengths of
// its codes. Surprising: the decoder looks eight bits up at a time and walks only for symbols that hardly occur.

/** Bits of the code of each byte, and of the end of the string, which is never sent. [RFC 7541], appendix B */
// oxfmt-ignore
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const END_OF_STRING = 256;
const CODE_BITS_MAX = 30;
const CODE_BITS_MIN = 5;

const codes = new Uint32Array(CODE_BITS.length);
/** Of the codes of each length: the first one, how many there are, and where their symbols begin. */
const firstCodes = new Uint32Array(CODE_BITS_MAX + 1);
const codeCounts = new Uint16Array(CODE_BITS_MAX + 1);
const symbolsFrom = new Uint16Array(CODE_BITS_MAX + 1);
/** By code: by its length, then by its symbol. */
const symbols = new Uint16Array(CODE_BITS.length);
/** What eight bits begin with: symbol × 16 + bits of its code; 0 where the code is longer. */
const byEightBits = new Uint16Array(256);

function fillTables(): void {
  let code = 0;
  let at = 0;
  for (let bits = CODE_BITS_MIN; bits <= CODE_BITS_MAX; bits++) {
    code <<= 1;
    firstCodes[bits] = code;
    symbolsFrom[bits] = at;
    for (const [symbol, ofSymbol] of CODE_BITS.entries()) {
      if (ofSymbol !== bits) continue;
      codes[symbol] = code;
      symbols[at++] = symbol;
      if (bits <= 8) byEightBits.fill(symbol * 16 + bits, code << (8 - bits), (code + 1) << (8 - bits));
      code++;
    }
    codeCounts[bits] = at - (symbolsFrom[bits] ?? 0);
  }
}
fillTables();

// All connections decode here, each for no longer than one string.
let decoded = Buffer.allocUnsafeSlow(4096);

/** The string that the bytes from `from` up to `to` stand for, a character per byte. `undefined`: they are no code of anything. */
export function decodeHuffman(bytes: Buffer, from: number, to: number): string | undefined {
  const lengthMax = Math.floor(((to - from) * 8) / CODE_BITS_MIN);
  if (lengthMax > decoded.length) decoded = Buffer.allocUnsafeSlow(lengthMax);
  const end = to * 8;
  let bit = from * 8;
  let length = 0;
  while (bit < end) {
    // What is read behind the end is as if it were padded further, and decides nothing.
    const at = bit >>> 3;
    const next = at + 1 < to ? (bytes[at + 1] as number) : 0xff;
    const eight = ((((bytes[at] as number) << 8) | next) >>> (8 - (bit & 7))) & 0xff;
    const found = byEightBits[eight] as number;
    if (found !== 0) {
      bit += found & 15;
      if (bit > end)
        return isPadding(bytes, bit - (found & 15), end) ? decoded.toString("latin1", 0, length) : undefined;
      decoded[length++] = found >>> 4;
      continue;
    }
    let bits = 8;
    let code = eight;
    let offset: number;
    do {
      if (bit + bits >= end) return isPadding(bytes, bit, end) ? decoded.toString("latin1", 0, length) : undefined;
      const of = bit + bits;
      code = (code << 1) | (((bytes[of >>> 3] as number) >>> (7 - (of & 7))) & 1);
      bits++;
      offset = code - (firstCodes[bits] as number);
    } while (offset < 0 || offset >= (codeCounts[bits] as number));
    const symbol = symbols[(symbolsFrom[bits] as number) + offset] as number;
    if (symbol === END_OF_STRING) return undefined;
    decoded[length++] = symbol;
    bit += bits;
  }
  return decoded.toString("latin1", 0, length);
}

/** What is left is less than a byte, and all ones. [RFC 7541 §5.2] */
function isPadding(bytes: Buffer, bit: number, end: number): boolean {
  const left = end - bit;
  if (left >= 8) return false;
  const mask = (1 << left) - 1;
  return ((bytes[(end >>> 3) - 1] as number) & mask) === mask;
}

/** Bytes that the text takes when it is coded. Its characters are bytes. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += CODE_BITS[text.charCodeAt(at)] ?? CODE_BITS_MAX;
  return (bits + 7) >>> 3;
}

/** Writes the coded text, which takes `huffmanLength(text)` bytes; returns where it ends. */
export function writeHuffman(target: Buffer, from: number, text: string): number {
  let at = from;
  let held = 0; // fewer than eight bits
  let heldBits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    const code = codes[symbol] as number;
    let left = CODE_BITS[symbol] as number;
    while (left > 0) {
      const taken = Math.min(left, 8 - heldBits);
      left -= taken;
      held = (held << taken) | ((code >>> left) & ((1 << taken) - 1));
      heldBits += taken;
      if (heldBits === 8) {
        target[at++] = held;
        held = heldBits = 0;
      }
    }
  }
  if (heldBits > 0) target[at++] = (held << (8 - heldBits)) | (0xff >>> heldBits);
  return at;
}
