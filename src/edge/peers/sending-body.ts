// A body on its way from the owner of its key to the worker that has the viewer: as fast as that one takes it, and never more of
// it ahead than is agreed, so that a viewer who is slow holds up neither the others nor its worker's memory. [D-0027]

import { asFlowing, type BodyFlow } from "../transport/flowing-body.ts";
import type { FrameOutput } from "./frame-output.ts";
import { WINDOW_BYTES } from "./peer-frames.ts";

export interface SendingBodySettings {
  readonly stream: number;
  readonly output: FrameOutput;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** `undefined`: it is not known. A body that is shorter or longer is broken. */
  readonly length: number | undefined;
  /** All of it was handed over, or there will be no more of it. */
  readonly onOver: (isWhole: boolean) => void;
}

export interface SendingBody {
  /** So many bytes more may come. */
  credit(bytes: number): void;
  /** The connection has taken all that was written. */
  onFree(): void;
  /** Nobody wants the rest. */
  stop(): void;
}

export function sendBody({ stream, output, chunks, length, onOver }: SendingBodySettings): SendingBody {
  let allowed = WINDOW_BYTES;
  let left = length ?? Number.POSITIVE_INFINITY;
  /** Of the piece that is being sent: its bytes are there for as long as the flow is paused. */
  let rest: Uint8Array | undefined;
  let isHeld = false;
  let isOver = false;

  const over = (isWhole: boolean): void => {
    if (isOver) return;
    isOver = true;
    onOver(isWhole);
  };

  /** `true`: all of the piece has gone, and the next may come. */
  function send(piece: Uint8Array): boolean {
    const bytes = piece.length <= allowed ? piece : piece.subarray(0, allowed);
    rest = bytes === piece ? undefined : piece.subarray(bytes.length);
    allowed -= bytes.length;
    const isFree = bytes.length === 0 || output.body(stream, bytes);
    return isFree && rest === undefined && allowed > 0 && !output.isBlocked;
  }

  function goOn(): void {
    if (isOver || !isHeld || output.isBlocked || allowed === 0) return;
    if (rest !== undefined && !send(rest)) return;
    isHeld = false;
    flow.resume();
  }

  const flow: BodyFlow = asFlowing(chunks).open({
    take(bytes) {
      if (isOver || bytes.length === 0) return true;
      if ((left -= bytes.length) < 0) {
        flow.stop();
        over(false);
      } else if (!send(bytes)) {
        isHeld = true;
        flow.pause();
      }
      return true;
    },
    end: () => over(length === undefined || left === 0),
    fail: () => over(false),
  });
  flow.resume();
  return {
    credit(bytes) {
      allowed += bytes;
      goOn();
    },
    onFree: goOn,
    stop() {
      if (isOver) return;
      isOver = true;
      flow.stop();
    },
  };
}
