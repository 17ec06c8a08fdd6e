// A viewer's body as the pipeline gets it, whichever protocol it comes in: with its length where that is known, what was read of it so far, and
// pieces that can be read once.

import assert from "node:assert/strict";

import type { RequestBody } from "./message.ts";

export interface BodyReads {
  /** From Content-Length; `undefined`: it is not told. */
  readonly length: number | undefined;
  readonly received: () => number;
  /** Whoever asks reads it from now on. */
  readonly begin: () => AsyncIterator<Uint8Array, undefined>;
}

export function readOnce({ length, received, begin }: BodyReads): RequestBody {
  let isStarted = false;
  return {
    length,
    get received() {
      return received();
    },
    chunks: {
      [Symbol.asyncIterator]: () => {
        assert.ok(!isStarted, "a request body can be read once");
        isStarted = true;
        return begin();
      },
    },
  };
}
