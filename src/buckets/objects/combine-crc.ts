// The CRC of two pieces of data in a row from the CRCs of each: shifting the first over the length of the second is a linear map
// over bits, applied once for each binary digit of the length. No byte is read again.

const CRCS = {
  CRC32: { bits: 32, polynomial: 0xedb88320n },
  CRC32C: { bits: 32, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
} as const;

export type CrcName = keyof typeof CRCS;

/** Base64 of the big-endian sum, as S3 writes it. There is at least one part. */
export function combineCrcs(
  name: CrcName,
  parts: readonly { readonly bytes: number; readonly checksum: string }[],
): string | undefined {
  const { bits } = CRCS[name];
  let sum = 0n;
  for (const { bytes, checksum } of parts) {
    const part = Buffer.from(checksum, "base64");
    if (part.length * 8 !== bits) return undefined;
    sum = shift(name, sum, bytes) ^ BigInt(`0x${part.toString("hex")}`);
  }
  return Buffer.from(sum.toString(16).padStart(bits / 4, "0"), "hex").toString("base64");
}

/** A map over bits: where each bit of the argument goes. */
type BitMap = readonly bigint[];

/** The sum as if `bytes` zeros followed. */
function shift(name: CrcName, sum: bigint, bytes: number): bigint {
  let shifted = sum;
  for (let [left, power] = [bytes, 0]; left > 0; left = Math.floor(left / 2), power++) {
    if (left % 2 === 1) shifted = apply(zerosOf(name, power), shifted);
  }
  return shifted;
}

const made = new Map<string, BitMap>();

/** The map of 2^power bytes of zeros. */
function zerosOf(name: CrcName, power: number): BitMap {
  const id = `${name} ${power}`;
  const known = made.get(id);
  if (known !== undefined) return known;
  const map = power === 0 ? oneByte(name) : square(zerosOf(name, power - 1));
  made.set(id, map);
  return map;
}

function oneByte(name: CrcName): BitMap {
  const { bits, polynomial } = CRCS[name];
  const oneBit = Array.from({ length: bits }, (_, at) => (at === 0 ? polynomial : 1n << BigInt(at - 1)));
  return square(square(square(oneBit)));
}

function square(map: BitMap): BitMap {
  return map.map((image) => apply(map, image));
}

function apply(map: BitMap, argument: bigint): bigint {
  let image = 0n;
  for (let [left, at] = [argument, 0]; left > 0n; left >>= 1n, at++) {
    if ((left & 1n) === 1n) image ^= map[at] ?? 0n;
  }
  return image;
}
