// Pours a stream of chunks into a file in blocks: small chunks would each cost a turn through the thread pool. While one
// block is written the next is filled, so digests and the disk work at the same time.

import { noteSpent } from "../../vocabulary/spent-buffers.ts";

/** Two of these are held by each file that is being written. */
const BLOCK_BYTES = 131_072;
/** Blocks kept for the next writer. */
const SPARE_MAX = 16;

const spare: Buffer[] = [];

export interface BlockSink {
  /** Settles when all of the block is written. */
  write(block: Uint8Array): Promise<void>;
}

/**
 * How many bytes that were. A chunk is taken in before the next is asked for, so the source may use its memory again. When
 * it throws, nothing is being written any more.
 */
export async function pourInto(
  sink: BlockSink,
  chunks: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): Promise<number> {
  let bytes = 0;
  let filled = 0;
  let block = takeBlock();
  let writing: { readonly block: Buffer; readonly done: Promise<void> } | undefined;

  const settle = async (): Promise<void> => {
    if (writing === undefined) return;
    const { block: written, done } = writing;
    try {
      await done;
    } finally {
      writing = undefined;
      giveBack(written);
    }
  };
  const flush = async (): Promise<void> => {
    await settle();
    const done = sink.write(block.subarray(0, filled));
    done.catch(() => undefined); // it is thrown where it is waited for
    writing = { block, done };
    block = takeBlock();
    filled = 0;
  };

  try {
    for await (const chunk of chunks) {
      onChunk(chunk);
      bytes += chunk.length;
      noteSpent(chunk.length);
      for (let taken = 0; taken < chunk.length;) {
        const part = chunk.subarray(taken, taken + BLOCK_BYTES - filled);
        block.set(part, filled);
        taken += part.length;
        filled += part.length;
        if (filled === BLOCK_BYTES) await flush();
      }
    }
    if (filled > 0) await flush();
    await settle();
    return bytes;
  } finally {
    await settle().catch(() => undefined); // something else is being thrown
    giveBack(block);
  }
}

function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

function giveBack(block: Buffer): void {
  if (spare.length < SPARE_MAX) spare.push(block);
}
