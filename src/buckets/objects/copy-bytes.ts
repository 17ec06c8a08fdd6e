// The bytes of an object, or some of them, as a file of their own with its digest.

import { createHash } from "node:crypto";
import type { Piece, StoredObject } from "../../store/buckets.ts";
import type { ByteRange } from "../../http/byte-range.ts";
import { openChecksum, type ChecksumAlgorithm } from "../../wire/checksums.ts";
import type { BucketService } from "../operation.ts";

export interface CopiedBytes {
  readonly piece: Piece;
  readonly md5: string;
  /** Of the source, where they are of these very bytes. */
  readonly checksums: Readonly<Record<string, string>>;
}

/**
 * Without `range` all of them. What was put at once is copied as a file; otherwise the digest has to be made anew, and so has
 * the checksum of `algorithm` where the source has none of these bytes.
 */
export async function copyBytes(
  { files }: BucketService,
  source: StoredObject,
  { range, algorithm }: { readonly range?: ByteRange | undefined; readonly algorithm?: ChecksumAlgorithm | undefined },
): Promise<CopiedBytes> {
  const known = range === undefined ? checksumsOfWhole(source) : {};
  const isSummed = algorithm === undefined || known[algorithm] !== undefined;
  const [piece] = source.pieces;
  const isOnePiece = piece !== undefined && source.pieces.length === 1 && source.partBytes === undefined;
  if (range === undefined && isOnePiece && isSummed) {
    return { piece: await files.copy(piece), md5: source.etag, checksums: known };
  }
  const md5 = createHash("md5");
  const sum = isSummed ? undefined : openChecksum(algorithm);
  const { first, last } = range ?? { first: 0, last: source.bytes - 1 };
  const chunks = last < first ? nothing() : files.read(source.pieces, first, last);
  const copied = await files.write(chunks, (chunk) => {
    md5.update(chunk);
    sum?.update(chunk);
  });
  const summed = sum === undefined || algorithm === undefined ? {} : { [algorithm]: sum.digest() };
  return { piece: copied, md5: md5.digest("hex"), checksums: { ...known, ...summed } };
}

/** Those of parts are of no bytes in a row. */
function checksumsOfWhole({ checksums }: StoredObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(checksums).filter(([, value]) => !value.includes("-")));
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An object without bytes.
}
