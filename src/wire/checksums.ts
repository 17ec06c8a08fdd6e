// The checksums that S3's clients send along with what they upload, computed as the bytes pass. The cyclic ones are
// table-driven, eight bytes at a step; all are written in base64, most significant byte first. [S3UG checking-object-integrity]

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { openCrc32, openCrc64 } from "./crc.ts";

/** By name as in `x-amz-checksum-…` without case, with the bytes of each. */
export const CHECKSUM_BYTES = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 } as const;
export type ChecksumAlgorithm = keyof typeof CHECKSUM_BYTES;

export interface Checksum {
  update(bytes: Uint8Array): void;
  /** In base64. Called once, after the last `update`. */
  digest(): string;
}

/** Polynomials, with their bits reflected. The second is iSCSI's [RFC 7143 §13.1], the third NVM Express's. */
const POLYNOMIALS = { CRC32: 0xedb88320, CRC32C: 0x82f63b78, CRC64NVME: 0x9a6c9329ac4bc9b5n } as const;

export function openChecksum(algorithm: ChecksumAlgorithm | "MD5"): Checksum {
  switch (algorithm) {
    case "CRC32":
    case "CRC32C":
      return openCrc32(POLYNOMIALS[algorithm]);
    case "CRC64NVME":
      return openCrc64(POLYNOMIALS[algorithm]);
    case "SHA1":
    case "SHA256":
    case "MD5": {
      const hash = createHash(algorithm.toLowerCase());
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
    }
  }
}

/** `x-amz-checksum-sha256` → `SHA256`; `undefined`: it is no checksum's. */
export function checksumOfField(lowerName: string): ChecksumAlgorithm | undefined {
  if (!lowerName.startsWith("x-amz-checksum-")) return undefined;
  const name = lowerName.slice("x-amz-checksum-".length).toUpperCase();
  return Object.hasOwn(CHECKSUM_BYTES, name) ? (name as ChecksumAlgorithm) : undefined;
}

/** Whether it is base64, written as encoders write it, of that many bytes. */
export function isBase64Of(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, "base64");
  return decoded.length === bytes && decoded.toString("base64") === text;
}
