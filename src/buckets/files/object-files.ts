// The folder with the bytes of objects: a file per piece, named by chance, written whole before anything names it. What
// a crash leaves behind is in no index, and goes after the next start [open-object-files.ts].

import type { Piece } from "../../store/buckets.ts";

export interface ObjectFiles {
  /**
   * Writes a new file from `chunks`, under back-pressure, and syncs it to disk. Whatever goes wrong (the source throws, the
   * disk is full) leaves no file; what the source threw is thrown as it is. `onChunk` sees each chunk before it is written,
   * for digests.
   */
  write(chunks: AsyncIterable<Uint8Array>, onChunk: (chunk: Uint8Array) => void): Promise<Piece>;
  /**
   * The bytes from `first` to `last`, both included, over the pieces in order. Nothing is open before the first is asked
   * for, nor after the reader left; a bounded buffer is held between. To be begun soon after the index named the pieces.
   */
  read(pieces: readonly Piece[], first: number, last: number): AsyncIterable<Uint8Array>;
  /** A new file with the same bytes. */
  copy(piece: Piece): Promise<Piece>;
  /**
   * For files that the index does not name any more. They go when those who are reading have ended, and a moment later for
   * those that are about to begin.
   */
  remove(pieces: readonly Piece[]): Promise<void>;
}
