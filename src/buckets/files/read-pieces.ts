// Reads a range of bytes over the files of an object, one open at a time, a chunk ahead of the reader.

import type { FileHandle } from "node:fs/promises";
import type { Piece } from "../../store/buckets.ts";
import { noteSpent } from "../../vocabulary/spent-buffers.ts";

/** Two of these are held: the one the reader has, and the next. */
const CHUNK_BYTES = 131_072;

export interface PieceSource {
  open(file: string): Promise<FileHandle>;
  /** Keeps files that are removed meanwhile until it is disposed of. */
  hold(files: readonly string[]): Disposable;
}

/** Chunks are the reader's own. Throws when a file is shorter than its piece, rather than give other bytes for it. */
export async function* readPieces(
  range: { readonly pieces: readonly Piece[]; readonly first: number; readonly last: number },
  source: PieceSource,
): AsyncGenerator<Uint8Array, void, void> {
  const stretches = stretchesOf(range);
  using _held = source.hold(stretches.map(({ file }) => file));
  for (const stretch of stretches) {
    // Closing waits for a read that is going on.
    await using handle = await source.open(stretch.file);
    let reading = readChunk(handle, stretch, stretch.from);
    for (let at = stretch.from; ;) {
      const chunk = await reading;
      at += chunk.length;
      noteSpent(chunk.length);
      if (at < stretch.until) {
        reading = readChunk(handle, stretch, at);
        reading.catch(() => undefined); // it is thrown where it is waited for
      }
      yield chunk;
      if (at >= stretch.until) break;
    }
  }
}

interface Stretch {
  readonly file: string;
  readonly from: number;
  /** Excluded; more than `from`. */
  readonly until: number;
}

function stretchesOf({
  pieces,
  first,
  last,
}: {
  readonly pieces: readonly Piece[];
  readonly first: number;
  readonly last: number;
}): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  for (const { file, bytes } of pieces) {
    const from = Math.max(0, first - start);
    const until = Math.min(bytes, last + 1 - start);
    if (from < until) stretches.push({ file, from, until });
    start += bytes;
  }
  return stretches;
}

async function readChunk(handle: FileHandle, { file, until }: Stretch, at: number): Promise<Uint8Array> {
  const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, until - at));
  const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
  if (bytesRead === 0) throw new Error(`object file ${file} ends at ${at}, before ${until}`);
  return chunk.subarray(0, bytesRead);
}
