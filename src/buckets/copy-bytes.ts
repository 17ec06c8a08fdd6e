// The bytes of an object, or some of them, as a file of their own with its digest.

import { createHash } from "node:crypto";
import type { Piece, StoredObject } from "../store/buckets.ts";
import type { BucketService } from "./operation.ts";

export interface CopiedBytes {
  readonly piece: Piece;
  readonly md5: string;
  /** Of the source, where they are of these very bytes. */
  readonly checksums: Readonly<Record<string, string>>;
}

/** Without `range` all of them. What was put at once is copied as a file; otherwise the digest has to be made anew. */
export async function copyBytes(
  { files }: BucketService,
  source: StoredObject,
  range?: { readonly first: number; readonly last: number },
): Promise<CopiedBytes> {
  const [piece] = source.pieces;
  if (range === undefined && piece !== undefined && source.pieces.length === 1 && source.partBytes === undefined) {
    return { piece: await files.copy(piece), md5: source.etag, checksums: source.checksums };
  }
  const md5 = createHash("md5");
  const { first, last } = range ?? { first: 0, last: source.bytes - 1 };
  const chunks = last < first ? nothing() : files.read(source.pieces, first, last);
  const copied = await files.write(chunks, (chunk) => void md5.update(chunk));
  const isWhole = range === undefined;
  const kept = Object.entries(source.checksums).filter(([, value]) => isWhole && !value.includes("-"));
  return { piece: copied, md5: md5.digest("hex"), checksums: Object.fromEntries(kept) };
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An object without bytes.
}
