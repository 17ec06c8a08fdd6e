// The body of a viewer's request on its way to the origin, under back-pressure.

import type * as http from "node:http";
import type { RequestBody } from "../transport/message.ts";

export interface Progress {
  readonly isWanted: () => boolean;
  readonly whileSending: () => void;
  readonly whileReading: () => void;
}

/** Throws when the viewer breaks off. Ends early, without a word, when the origin no longer takes anything. */
export async function sendBody(body: RequestBody, sent: http.ClientRequest, progress: Progress): Promise<void> {
  progress.whileReading();
  let left = body.length ?? Infinity;
  for await (const chunk of body.chunks) {
    // A byte too many would be the beginning of the next request on the connection.
    if ((left -= chunk.length) < 0) throw new Error("the viewer's request body is longer than its length");
    if (sent.destroyed || !progress.isWanted()) return;
    if (!sent.write(chunk)) {
      progress.whileSending();
      await drained(sent);
    }
    progress.whileReading();
  }
  if (body.length !== undefined && left > 0) throw new Error("the viewer's request body is shorter than its length");
  if (!sent.destroyed && progress.isWanted()) sent.end();
}

function drained(sent: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.off("drain", done);
      sent.off("close", done);
      resolve();
    };
    sent.on("drain", done);
    sent.on("close", done);
  });
}
