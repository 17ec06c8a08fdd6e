// The life of a viewer request, in order. Start reading here. A hit in memory is answered at once, without a promise;
// everything else waits for a storage or an origin.

import { computeCacheKey } from "./cache/cache-key.ts";
import type { StoredResponse } from "./cache/cache-storage.ts";
import { fetchThrough, refreshBehind } from "./cache/fetch-through.ts";
import { invalidateUnsafe } from "./cache/invalidate-unsafe.ts";
import { isFresh, whyBypassed } from "./cache/lookup.ts";
import { servedStale } from "./cache/stale-rules.ts";
import { keyedAsVariant } from "./cache/variants.ts";
import type { EdgeParts } from "./edge-parts.ts";
import { isRefusal, type Authorized, type Keyed } from "./exchange.ts";
import { buildOriginRequest } from "./origin-request/build-origin-request.ts";
import { chooseOrigin } from "./origin-request/choose-origin.ts";
import type { Answer, ViewerRequest } from "./transport/message.ts";
import { authorizeViewer } from "./viewer-request/authorize-viewer.ts";
import { enforceViewerProtocol } from "./viewer-request/enforce-viewer-protocol.ts";
import { findDistribution } from "./viewer-request/find-distribution.ts";
import { matchBehavior } from "./viewer-request/match-behavior.ts";
import { receive } from "./viewer-request/receive.ts";
import { restrictCountries } from "./viewer-request/restrict-countries.ts";
import { answerFailure, answerOrigin, answerRefusal, answerStored, originBody } from "./viewer-response/answers.ts";

/** Answers one viewer request. Read it top to bottom: it is the whole data plane. */
export function serve(request: ViewerRequest, edge: EdgeParts): Answer | Promise<Answer> {
  const now = edge.clock.now();

  const received = receive(request, now);
  if (isRefusal(received)) return answerRefusal(received, now, edge);

  const distribution = findDistribution(received, edge.config);
  if (isRefusal(distribution)) return answerRefusal(distribution, now, edge);

  const routed = matchBehavior(received, distribution, edge.countryOf);

  if (distribution.geo !== undefined) {
    const restricted = restrictCountries(routed, distribution.geo);
    if (restricted !== undefined) return answerRefusal(restricted, now, edge);
  }

  const detour = enforceViewerProtocol(routed, edge.publicHttpsPort);
  if (detour !== undefined) return answerRefusal(detour, now, edge);

  const authorized = authorizeViewer(routed);
  if (isRefusal(authorized)) return answerRefusal(authorized, now, edge);

  if (whyBypassed(authorized) !== undefined) return passThrough(authorized, edge);

  return lookUp({ ...authorized, cacheKey: computeCacheKey(authorized) }, edge);
}

function lookUp(keyed: Keyed, edge: EdgeParts): Answer | Promise<Answer> {
  const found = edge.storage.peek(keyed.cacheKey);
  if (found === "below") return edge.storage.find(keyed.cacheKey).then((stored) => answerFound(keyed, stored, edge));
  return answerFound(keyed, found === "absent" ? undefined : found, edge);
}

function answerFound(keyed: Keyed, stored: StoredResponse | undefined, edge: EdgeParts): Answer | Promise<Answer> {
  if (stored === undefined) return fetchThrough(keyed, stored, edge);
  const { head } = stored;
  if (isFresh(head, keyed.now)) return answerStored(keyed, stored, "Hit", edge);
  if (head.isVaryMarker === true) return lookUp(keyedAsVariant(keyed, head.variesOn ?? []), edge);
  const how = servedStale(head, keyed.now);
  if (how === undefined) return fetchThrough(keyed, stored, edge);
  if (how === "while-revalidate") refreshBehind(keyed, stored, edge);
  return answerStored(keyed, stored, "Hit", edge);
}

/** Past the cache: asked of the origin for this viewer alone, and kept by nobody. */
async function passThrough(authorized: Authorized, edge: EdgeParts): Promise<Answer> {
  const requestId = edge.newRequestId();
  const facts = { requestId, viaName: edge.identity.viaName, forCache: false };
  const request = buildOriginRequest(authorized, chooseOrigin(authorized), facts);
  const response = await edge.fetcher.fetch(request, edge.closing);
  if (response.kind === "response") {
    invalidateUnsafe(authorized, response, edge);
    return answerOrigin(authorized, response, originBody(response), requestId, edge);
  }
  if (response.fault === "origin") edge.tally.originFailures++;
  return answerFailure(authorized, response, requestId, edge);
}
