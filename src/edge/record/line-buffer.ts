// Lines on their way out: written into buffers that are made once, handed on whole when one is full or a second has passed. Nobody
// waits for whoever takes them: while that one is behind and all buffers are full, lines are dropped and counted.

/** Whoever takes lines: a file, a spool. */
export interface LineSink {
  /**
   * Takes whole lines, in order; one call at a time. Calls `done` once, later, when the bytes may be overwritten. A fault is the sink's
   * own to tell of. `lines`: how many there are.
   */
  write(bytes: Uint8Array, lines: number, done: () => void): void;
}

export interface LineBuffer {
  /** Without its line break; ASCII alone. Whether there was room for it. */
  append(line: string): boolean;
  /** Hands on what is there. To be called about once a second. */
  flush(): void;
  /** Lines that found no room so far. */
  dropped(): number;
  /** Resolves when everything appended before was taken. */
  drained(): Promise<void>;
}

/**
 * One write to a file. Another thread does it, often on the same core: with a quarter of this, switching to it and back took longer than
 * putting the lines together.
 */
const BUFFER_BYTES = 262_144;
const LINE_BREAK = 0x0a;

interface Filled {
  readonly bytes: Buffer;
  readonly length: number;
  readonly lines: number;
}

/** `pendingBytesMax` bounds what waits for the sink, in whole buffers of `bufferBytes`; two are always there. */
export function openLineBuffer(sink: LineSink, pendingBytesMax: number, bufferBytes = BUFFER_BYTES): LineBuffer {
  const buffersMax = Math.max(2, Math.floor(pendingBytesMax / bufferBytes));
  let buffers = 1;
  const free: Buffer[] = [];
  const waiting: Filled[] = [];
  let isWriting = false;
  let current: Buffer | undefined = Buffer.allocUnsafeSlow(bufferBytes);
  let length = 0;
  let lines = 0;
  let dropped = 0;
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

  function handOn(): void {
    if (current === undefined || length === 0) return;
    waiting.push({ bytes: current, length, lines });
    length = lines = 0;
    current = takeBuffer();
    if (!isWriting) writeNext();
  }

  return {
    append(line) {
      if (current === undefined || line.length >= bufferBytes - length) {
        handOn();
        if (current === undefined || line.length >= bufferBytes) {
          dropped++;
          return false;
        }
      }
      length += current.write(line, length, "latin1");
      current[length++] = LINE_BREAK;
      lines++;
      return true;
    },
    flush: handOn,
    dropped: () => dropped,
    drained() {
      handOn();
      if (!isWriting && waiting.length === 0) return Promise.resolve();
      return new Promise((resolve) => waiters.push(resolve));
    },
  };
}
