// The body of a request → a file with its digest, before the index hears of it.

import { createHash } from "node:crypto";
import type { Piece } from "../../store/buckets.ts";
import { fail, type BucketContext, type S3Failure } from "../operation.ts";

export interface ReceivedPiece {
  readonly kind: "received";
  readonly piece: Piece;
  /** In hexadecimal, as it becomes the ETag. */
  readonly md5: string;
  /** Those that the caller sent, which were found right. */
  readonly checksums: Readonly<Record<string, string>>;
}

export const CHECKSUM_ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const;

/** Throws what the body throws; there is no file then. */
export async function receivePiece(at: BucketContext, bytesMax: number): Promise<ReceivedPiece | S3Failure> {
  if (at.bodyLength === undefined) return fail("MissingContentLength");
  if (at.bodyLength > bytesMax) return tooLarge(at.bodyLength, bytesMax);
  const md5 = createHash("md5");
  const piece = await at.service.files.write(at.body, (chunk) => void md5.update(chunk));
  if (piece.bytes !== at.bodyLength) {
    await at.service.files.remove([piece]);
    return fail("IncompleteBody");
  }
  return { kind: "received", piece, md5: md5.digest("hex"), checksums: readChecksums(at) };
}

export function tooLarge(bytes: number, bytesMax: number): S3Failure {
  return fail("EntityTooLarge", {
    details: [
      ["ProposedSize", String(bytes)],
      ["MaxSizeAllowed", String(bytesMax)],
    ],
  });
}

/** Checksums in the head of the request, or after its body once that was read. */
export function readChecksums({ field, trailers }: Pick<BucketContext, "field" | "trailers">): Record<string, string> {
  const checksums: Record<string, string> = {};
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const name = `x-amz-checksum-${algorithm.toLowerCase()}`;
    const value = field(name) ?? trailers().get(name);
    if (value !== undefined) checksums[algorithm] = value;
  }
  return checksums;
}

/** For answers. That of a part says nothing of the kind, which is the upload's. */
export function checksumFields(
  checksums: Readonly<Record<string, string>>,
  of?: "of-part",
): readonly (readonly [string, string])[] {
  const fields = Object.entries(checksums).map(
    ([algorithm, value]) => [`x-amz-checksum-${algorithm.toLowerCase()}`, value] as const,
  );
  return fields.length === 0 || of === "of-part"
    ? fields
    : [...fields, ["x-amz-checksum-type", checksumType(checksums)]];
}

/** That of parts is of their checksums, and says of how many. [S3UG checking-object-integrity] */
export function checksumType(checksums: Readonly<Record<string, string>>): "COMPOSITE" | "FULL_OBJECT" {
  return Object.values(checksums).some((value) => value.includes("-")) ? "COMPOSITE" : "FULL_OBJECT";
}
