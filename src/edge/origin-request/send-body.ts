// The body of a viewer's request on its way to the origin, under back-pressure.

import type { RequestBody } from "../transport/message.ts";
import type { OriginConnection } from "./origin-connection.ts";

export interface Progress {
  readonly isWanted: () => boolean;
  readonly whileSending: () => void;
  readonly whileReading: () => void;
}

/** Throws when the viewer breaks off. Ends early, without a word, when the origin no longer takes anything. */
export async function sendBody(body: RequestBody, connection: OriginConnection, progress: Progress): Promise<void> {
  progress.whileReading();
  let left = body.length ?? Infinity;
  let last: Uint8Array | undefined;
  for await (const chunk of body.chunks) {
    // A byte too many would be the beginning of the next request on the connection.
    if ((left -= chunk.length) < 0) throw new Error("the viewer's request body is longer than its length");
    if (connection.isGone || !progress.isWanted()) return;
    // With it the request would be whole, and it is not known yet whether it is what it claims to be.
    if (left === 0 && last === undefined) {
      last = chunk;
      continue;
    }
    if (!connection.send(chunk)) {
      progress.whileSending();
      await connection.drained();
    }
    progress.whileReading();
  }
  if (body.length !== undefined && left > 0) throw new Error("the viewer's request body is shorter than its length");
  if (connection.isGone || !progress.isWanted()) return;
  if (last !== undefined) connection.send(last);
  connection.endRequest();
}
