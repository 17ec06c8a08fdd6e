import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import * as fc from "fast-check";
import { CHECKSUM_BYTES, checksumOfField, isBase64Of, openChecksum, type ChecksumAlgorithm } from "./checksums.ts";

const ALGORITHMS = Object.keys(CHECKSUM_BYTES) as ChecksumAlgorithm[];

function compute(algorithm: ChecksumAlgorithm | "MD5", ...pieces: readonly Uint8Array[]): string {
  const checksum = openChecksum(algorithm);
  for (const piece of pieces) checksum.update(piece);
  return Buffer.from(checksum.digest(), "base64").toString("hex");
}

// What the catalogs give for the nine digits, and the hash functions' own documents for "abc".
const PUBLISHED: readonly (readonly [algorithm: ChecksumAlgorithm | "MD5", text: string, hex: string])[] = [
  ["CRC32", "123456789", "cbf43926"],
  ["CRC32C", "123456789", "e3069283"],
  ["CRC64NVME", "123456789", "ae8b14860a799888"],
  ["CRC32", "", "00000000"],
  ["CRC64NVME", "", "0000000000000000"],
  // [RFC 7143 §A.4]
  ["CRC32C", "\0".repeat(32), "8a9136aa"],
  ["SHA1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["SHA256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["MD5", "abc", "900150983cd24fb0d6963f7d28e17f72"],
];

for (const [algorithm, text, hex] of PUBLISHED) {
  test(`${algorithm} of ${JSON.stringify(text.slice(0, 9))} is what is published`, () => {
    assert.equal(compute(algorithm, Buffer.from(text)), hex);
  });
}

test("a checksum does not depend on how the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (pieces) => {
      for (const algorithm of ALGORITHMS) {
        assert.equal(compute(algorithm, ...pieces), compute(algorithm, Buffer.concat(pieces)));
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("base64 is what an encoder writes, of the right length", () => {
  assert(isBase64Of("AAAAAA==", 4));
  for (const text of ["", "AAAAAA", "AAAAAB==", "AAAAAA== ", "AAAAAAAA", "////", "AA-_AA=="])
    assert(!isBase64Of(text, 4));
});

test("a field's name tells the algorithm, or that it is none", () => {
  for (const algorithm of ALGORITHMS) {
    assert.equal(checksumOfField(`x-amz-checksum-${algorithm.toLowerCase()}`), algorithm);
  }
  for (const name of [
    "x-amz-checksum-algorithm",
    "x-amz-checksum-type",
    "x-amz-checksum-tostring",
    "x-amz-checksum-",
  ]) {
    assert.equal(checksumOfField(name), undefined);
  }
});
