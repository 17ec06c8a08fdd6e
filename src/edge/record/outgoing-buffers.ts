// Bytes on their way out: buffers that are made once, filled by one writer and handed on whole. Nobody waits for whoever takes them: while
// that one is behind and all buffers are full, there is none to fill, and what finds none is dropped and counted.

/** Whoever takes them: a file, a spool. */
export interface LineSink {
  /**
   * Takes whole lines, in order; one call at a time. Calls `done` once, later, when the bytes may be overwritten. A fault is the sink's
   * own to tell of. `lines`: how many there are.
   */
  write(bytes: Uint8Array, lines: number, done: () => void): void;
}

export interface OutgoingBuffers {
  /** To be filled from its start. `undefined`: all that there may be are waiting. */
  current(): Buffer | undefined;
  /** Hands on so much of the current one, and takes another. */
  handOn(length: number, lines: number): void;
  /** Resolves when everything that was handed on has been taken. */
  drained(): Promise<void>;
}

/**
 * One write to a file. Another thread does it, often on the same core: with a quarter of this, switching to it and back took longer than
 * putting lines together.
 */
export const BUFFER_BYTES = 262_144;

interface Filled {
  readonly bytes: Buffer;
  readonly length: number;
  readonly lines: number;
}

/** `pendingBytesMax` bounds what waits for the sink, in whole buffers of `bufferBytes`; two are always there. */
export function openOutgoingBuffers(sink: LineSink, pendingBytesMax: number, bufferBytes: number): OutgoingBuffers {
  const buffersMax = Math.max(2, Math.floor(pendingBytesMax / bufferBytes));
  let buffers = 1;
  const free: Buffer[] = [];
  const waiting: Filled[] = [];
  let isWriting = false;
  let current: Buffer | undefined = Buffer.allocUnsafeSlow(bufferBytes);
  let waiters: (() => void)[] = [];

  function takeBuffer(): Buffer | undefined {
    const known = free.pop();
    if (known !== undefined || buffers === buffersMax) return known;
    buffers++;
    return Buffer.allocUnsafeSlow(bufferBytes);
  }

  function writeNext(): void {
    const next = waiting.shift();
    if (next === undefined) {
      for (const tell of waiters) tell();
      waiters = [];
      return;
    }
    isWriting = true;
    sink.write(next.bytes.subarray(0, next.length), next.lines, () => {
      isWriting = false;
      // Of a burst nothing is kept but what the next one begins with.
      if (current === undefined) current = next.bytes;
      else if (free.length === 0 || waiting.length > 0) free.push(next.bytes);
      else buffers--;
      writeNext();
    });
  }

  return {
    current: () => current,
    handOn(length, lines) {
      if (current === undefined) return;
      waiting.push({ bytes: current, length, lines });
      current = takeBuffer();
      if (!isWriting) writeNext();
    },
    drained() {
      if (!isWriting && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
  };
}
