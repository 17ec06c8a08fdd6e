// The answer to what is no request, in whichever protocol it came: the listener's error page, logged; where making the page
// fails, bare words, so that a viewer whose message is refused is always told so.

import { reasonPhrase } from "./http1/http1-answer-writer.ts";
import type { Answer } from "./message.ts";
import type { ConnectionSurroundings, Refused } from "./viewer-peer.ts";

/** Notes the refusal and has its page made. Never throws. */
export function renderRefusal(refused: Refused, { log, refuse }: ConnectionSurroundings): Answer {
  log({ kind: "refused", ...refused });
  try {
    return refuse(refused);
  } catch (error) {
    log({ kind: "respond-threw", viewerAddress: refused.viewerAddress, error });
    return refusePlainly(refused);
  }
}

/** The bare answer to what was refused, for want of a page. */
export function refusePlainly(refused: Pick<Refused, "status" | "reason">): Answer {
  const phrase = reasonPhrase(refused.status);
  return {
    status: refused.status,
    fields: [["Content-Type", "text/plain"]],
    body: { kind: "bytes", bytes: Buffer.from(`${refused.status} ${phrase}: ${refused.reason}\n`, "latin1") },
    close: true,
  };
}
