// What a connection between workers reads into: one buffer for as long as nobody keeps anything of it, and some to take turns with while
// bodies wait for their viewers. New memory for each read would cost more than all the rest of a long body. [D-0027]

import { noteSpent } from "../../vocabulary/spent-buffers.ts";

/** As long as nobody holds it, it is written over by the next read. */
export interface ReadBuffer {
  readonly bytes: Buffer;
  hold(): void;
  release(): void;
}

export interface ReadBuffers {
  readonly current: ReadBuffer;
  /** To be called when what was read has been looked at: the next read goes to what nobody holds. */
  turn(): void;
}

const READ_BYTES = 131_072;
const SPARE_MAX = 4;

export function openReadBuffers(): ReadBuffers {
  const spare: ReadBuffer[] = [];
  let current = open();
  let isCurrentHeld = false;

  function open(): ReadBuffer {
    let holders = 0;
    const buffer: ReadBuffer = {
      bytes: Buffer.allocUnsafeSlow(READ_BYTES),
      hold() {
        holders++;
        if (buffer === current) isCurrentHeld = true;
      },
      release() {
        if (--holders > 0) return;
        if (buffer === current) isCurrentHeld = false;
        else if (spare.length < SPARE_MAX) spare.push(buffer);
      },
    };
    return buffer;
  }

  return {
    get current() {
      return current;
    },
    turn() {
      if (!isCurrentHeld) return;
      isCurrentHeld = false;
      const next = spare.pop();
      if (next === undefined) noteSpent(READ_BYTES);
      current = next ?? open();
    },
  };
}
