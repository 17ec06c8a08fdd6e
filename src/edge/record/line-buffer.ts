// Lines as text on their way to a file: written one behind the other into buffers that leave when they are full or when a second has passed.

import { BUFFER_BYTES, openOutgoingBuffers, type LineSink } from "./outgoing-buffers.ts";

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

const LINE_BREAK = 0x0a;

/** `pendingBytesMax`: as `openOutgoingBuffers` has it. */
export function openLineBuffer(sink: LineSink, pendingBytesMax: number, bufferBytes = BUFFER_BYTES): LineBuffer {
  const buffers = openOutgoingBuffers(sink, pendingBytesMax, bufferBytes);
  let length = 0;
  let lines = 0;
  let dropped = 0;

  function flush(): void {
    if (length === 0) return;
    buffers.handOn(length, lines);
    length = lines = 0;
  }

  return {
    append(line) {
      if (line.length >= bufferBytes - length) flush();
      const current = buffers.current();
      if (current === undefined || line.length >= bufferBytes) {
        dropped++;
        return false;
      }
      length += current.write(line, length, "latin1");
      current[length++] = LINE_BREAK;
      lines++;
      return true;
    },
    flush,
    dropped: () => dropped,
    drained() {
      flush();
      return buffers.drained();
    },
  };
}
