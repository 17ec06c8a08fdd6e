// An answer that nobody is going to read, or to read on: what its body holds is let go, whether it is a stream from an origin or the
// far end of a tunnel.

import type { AnswerBody } from "./message.ts";
import type { ConnectionSurroundings } from "./viewer-peer.ts";

/** Of a body of which nothing was read. */
export function letGoOfBody(body: AnswerBody, viewerAddress: string, log: ConnectionSurroundings["log"]): void {
  if (body.kind === "tunnel") {
    body.tunnel.far.destroy();
    body.tunnel.ended({ by: "viewer", isAbrupt: true, bytesFromViewer: 0, bytesToViewer: 0 });
  } else if (body.kind === "stream") letGoOfRest(body.chunks[Symbol.asyncIterator](), viewerAddress, log);
}

/** Of a body that was being read. What fails in that is logged: it is whoever made the body who broke a promise. */
export function letGoOfRest(
  iterator: AsyncIterator<Uint8Array>,
  viewerAddress: string,
  log: ConnectionSurroundings["log"],
): void {
  iterator.return?.().then(undefined, (error: unknown) => log({ kind: "answer-broke-off", viewerAddress, error }));
}
