// A body that lies in memory in pieces, as one that flows: nothing has to be waited for but the viewer, and a promise for each piece
// would cost more than the piece.

import { iterateFlow, type BodyFlow, type BodySink, type FlowingBody } from "../transport/flowing-body.ts";
import type { BodyPart } from "./cache-storage.ts";

/** `onBegun` and `onOver` are called once for each reader, when it begins and when it has come to the end or given up. */
export function flowPieces(
  pieces: readonly Uint8Array[],
  { from, to }: BodyPart,
  onBegun: () => void,
  onOver: () => void,
): FlowingBody {
  const open = (sink: BodySink): BodyFlow => {
    let next = 0;
    /** Where the next piece begins in the whole. */
    let at = 0;
    let isPaused = true;
    let isFlowing = false;
    let isOver = false;
    const close = (): void => {
      if (isOver) return;
      isOver = true;
      onOver();
    };
    onBegun();
    return {
      resume() {
        isPaused = false;
        if (isFlowing) return; // the loop below goes on by itself
        isFlowing = true;
        for (;;) {
          if (isPaused || isOver) break;
          const piece = at < to ? pieces[next++] : undefined;
          if (piece === undefined) {
            close();
            sink.end();
            break;
          }
          const wanted = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
          at += piece.length;
          if (wanted.length > 0) sink.take(wanted);
        }
        isFlowing = false;
      },
      pause() {
        isPaused = true;
      },
      stop: close,
    };
  };
  return { open, [Symbol.asyncIterator]: () => iterateFlow(open) };
}
