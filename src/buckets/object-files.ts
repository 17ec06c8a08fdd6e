// The folder with the bytes of objects: a file per piece, named by chance, written whole before anything names it. What
// a crash leaves behind is in no index, and goes at the next start.

import type { Piece } from "../store/buckets.ts";

export interface ObjectFiles {
  /**
   * Writes a new file from `chunks`, under back-pressure, and syncs it to disk. Whatever goes wrong (the source throws, the
   * disk is full) leaves no file. `onChunk` sees each chunk before it is written, for digests.
   */
  write(chunks: AsyncIterable<Uint8Array>, onChunk: (chunk: Uint8Array) => void): Promise<Piece>;
  /** The bytes from `first` to `last`, both included, over the pieces in order. Holds a bounded buffer. */
  read(pieces: readonly Piece[], first: number, last: number): AsyncIterable<Uint8Array>;
  /** A new file with the same bytes. */
  copy(piece: Piece): Promise<Piece>;
  /** A file that is being read stays readable to its reader. */
  remove(pieces: readonly Piece[]): Promise<void>;
}
