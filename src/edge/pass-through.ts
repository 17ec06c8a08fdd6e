// Past the cache, where whyBypassed (cache/lookup.ts) says so: the origin is asked for this viewer alone, and nobody keeps what
// it answers. A WebSocket handshake comes this way too, and what it gets is a tunnel. [D-0010]

import { invalidateUnsafe } from "./cache/invalidate-unsafe.ts";
import { resumedWhenLent } from "./cache/resume-from-origin.ts";
import type { EdgeParts } from "./edge-parts.ts";
import type { Authorized } from "./exchange.ts";
import { fetchFromOrigins } from "./origin-request/fetch-from-origins.ts";
import { openWaitingViewers } from "./origin-request/waiting-viewers.ts";
import type { Answer } from "./transport/message.ts";
import { answerFailure } from "./viewer-response/answer-made-here.ts";
import { answerTunnel } from "./viewer-response/answer-tunnel.ts";
import { answerOrigin, originBody } from "./viewer-response/answer-origin.ts";

export async function passThrough(authorized: Authorized, edge: EdgeParts): Promise<Answer> {
  const requestId = edge.requestIds.next();
  const facts = { requestId, viaName: edge.identity.viaName, forCache: false };
  const viewers = openWaitingViewers(edge.closing);
  viewers.join(authorized.request);
  const { response } = await fetchFromOrigins(authorized, facts, edge, viewers.signal);
  viewers.settle();
  if (response.kind === "tunnel") return answerTunnel(authorized, response, requestId, edge);
  if (response.kind === "response") {
    // Before the viewer hears of it: whoever asks after that, of whichever worker, gets nothing older.
    const invalidated = invalidateUnsafe(authorized, response, edge);
    if (invalidated !== undefined) await invalidated;
    const resumed = resumedWhenLent(authorized, response, facts, edge);
    return answerOrigin(authorized, resumed, originBody(resumed), requestId, edge);
  }
  if (response.fault === "origin") edge.tally.originFailures++;
  return answerFailure(authorized, response, requestId, edge);
}
