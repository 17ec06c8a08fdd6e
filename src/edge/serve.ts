// The life of a viewer request, in order. Start reading here. A hit in memory is answered at once, without a promise;
// everything else waits for a storage or an origin.

import { computeCacheKey } from "./cache/cache-key.ts";
import type { StoredResponse } from "./cache/cache-storage.ts";
import { fetchInParts } from "./cache/fetch-in-parts.ts";
import { refreshBehind } from "./cache/fetch-through.ts";
import { invalidateUnsafe } from "./cache/invalidate-unsafe.ts";
import { isFresh, whyBypassed } from "./cache/lookup.ts";
import { servedStale } from "./cache/stale-rules.ts";
import { keyedAsVariant } from "./cache/variants.ts";
import { newTally, type EdgeParts } from "./edge-parts.ts";
import { isRefusal, type Authorized, type Keyed, type Routed } from "./exchange.ts";
import { fetchFromOrigins, openTunnelToOrigins } from "./origin-request/fetch-from-origins.ts";
import { openWaitingViewers } from "./origin-request/waiting-viewers.ts";
import { authorizeEdge, chooseErrorPage, dressPage, pageRequest } from "./origin-response/custom-error-response.ts";
import type { ErrorPage } from "./config/effective-config.ts";
import type { Answer, ViewerRequest } from "./transport/message.ts";
import { authorizeViewer } from "./viewer-request/authorize-viewer.ts";
import { checkCertificate } from "./viewer-request/check-certificate.ts";
import { enforceViewerProtocol } from "./viewer-request/enforce-viewer-protocol.ts";
import { findDistribution } from "./viewer-request/find-distribution.ts";
import { matchBehavior } from "./viewer-request/match-behavior.ts";
import { receive } from "./viewer-request/receive.ts";
import { restrictCountries } from "./viewer-request/restrict-countries.ts";
import {
  answerFailure,
  answerOrigin,
  answerRefusal,
  answerStored,
  answerTunnel,
  originBody,
} from "./viewer-response/answers.ts";
import { finishUnseen } from "./viewer-response/finish-unseen.ts";

/** Answers one viewer request. Read it top to bottom: it is the whole data plane. */
export function serve(request: ViewerRequest, edge: EdgeParts): Answer | Promise<Answer> {
  const now = edge.clock.now();

  const received = receive(request, now);
  if (isRefusal(received)) return answerRefusal(received, now, edge);

  const distribution = findDistribution(received, edge.config);
  if (isRefusal(distribution)) return answerRefusal(distribution, now, edge);

  const misdirected = checkCertificate(received, distribution);
  if (misdirected !== undefined) return answerRefusal(misdirected, now, edge);

  const routed = matchBehavior(received, distribution, edge.countryOf);
  const answer = answerRouted(routed, edge);
  return distribution.errorPages === undefined ? answer : replaceErrorPage(routed, answer, edge);
}

/** What may keep the viewer from it, then the answer. */
function answerRouted(routed: Routed, edge: EdgeParts): Answer | Promise<Answer> {
  const { geo } = routed.distribution;
  if (geo !== undefined) {
    const restricted = restrictCountries(routed, geo);
    if (restricted !== undefined) return answerRefusal(restricted, routed.now, edge);
  }

  const detour = enforceViewerProtocol(routed, edge.publicHttpsPort);
  if (detour !== undefined) return answerRefusal(detour, routed.now, edge);

  const authorized = authorizeViewer(routed);
  if (isRefusal(authorized)) return answerRefusal(authorized, routed.now, edge);

  return answerAuthorized(authorized, edge);
}

/** From the cache or the origin; the edge asks here for its error pages. */
function answerAuthorized(authorized: Authorized, edge: EdgeParts): Answer | Promise<Answer> {
  if (whyBypassed(authorized) !== undefined) return passThrough(authorized, edge);

  return lookUp({ ...authorized, cacheKey: computeCacheKey(authorized) }, edge);
}

function lookUp(keyed: Keyed, edge: EdgeParts): Answer | Promise<Answer> {
  const found = edge.storage.peek(keyed.cacheKey);
  if (found === "below") return edge.storage.find(keyed.cacheKey).then((stored) => answerFound(keyed, stored, edge));
  return answerFound(keyed, found === "absent" ? undefined : found, edge);
}

function answerFound(keyed: Keyed, stored: StoredResponse | undefined, edge: EdgeParts): Answer | Promise<Answer> {
  if (stored === undefined) return fetchInParts(keyed, stored, edge);
  const { head } = stored;
  if (isFresh(head, keyed.now)) return answerStored(keyed, stored, "Hit", edge);
  if (head.isVaryMarker === true) return lookUp(keyedAsVariant(keyed, head.variesOn ?? []), edge);
  const how = servedStale(head, keyed.now);
  if (how === undefined) return fetchInParts(keyed, stored, edge);
  if (how === "while-revalidate") refreshBehind(keyed, stored, edge);
  return answerStored(keyed, stored, "Hit", edge);
}

/** Past the cache: asked of the origin for this viewer alone, and kept by nobody. */
async function passThrough(authorized: Authorized, edge: EdgeParts): Promise<Answer> {
  const requestId = edge.newRequestId();
  if (authorized.request.upgrade !== undefined) return passTunnel(authorized, requestId, edge);
  const facts = { requestId, viaName: edge.identity.viaName, forCache: false };
  const viewers = openWaitingViewers(edge.closing);
  viewers.join(authorized.request);
  const { response } = await fetchFromOrigins(authorized, facts, edge, viewers.signal);
  viewers.settle();
  if (response.kind === "response") {
    invalidateUnsafe(authorized, response, edge);
    return answerOrigin(authorized, response, originBody(response), requestId, edge);
  }
  if (response.fault === "origin") edge.tally.originFailures++;
  return answerFailure(authorized, response, requestId, edge);
}

/** A handshake, past the cache: a tunnel, or what the origin says instead. */
async function passTunnel(authorized: Authorized, requestId: string, edge: EdgeParts): Promise<Answer> {
  const facts = { requestId, viaName: edge.identity.viaName, forCache: false };
  const viewers = openWaitingViewers(edge.closing);
  viewers.join(authorized.request);
  const response = await openTunnelToOrigins(authorized, facts, edge, viewers.signal);
  viewers.settle();
  if (response.kind === "tunnel") return answerTunnel(authorized, response, requestId, edge);
  if (response.kind === "response") return answerOrigin(authorized, response, originBody(response), requestId, edge);
  if (response.fault === "origin") edge.tally.originFailures++;
  return answerFailure(authorized, response, requestId, edge);
}

/**
 * The last step: an error for which the distribution has a page is answered with that page, fetched like any other of its
 * pages, from its own cache entry where it is stored. Nothing of this happens twice for one request.
 */
function replaceErrorPage(routed: Routed, answer: Answer | Promise<Answer>, edge: EdgeParts): Answer | Promise<Answer> {
  if (answer instanceof Promise) return answer.then((settled) => replaceErrorPage(routed, settled, edge));
  const { distribution } = routed;
  const choice = chooseErrorPage(distribution.errorPages, answer);
  return choice.kind === "keep" ? answer : answerPage(routed, choice.page, answer, edge);
}

async function answerPage(routed: Routed, page: ErrorPage, failed: Answer, edge: EdgeParts): Promise<Answer> {
  const received = { request: pageRequest(routed, page), now: edge.clock.now() };
  const forPage = authorizeEdge(matchBehavior(received, routed.distribution, edge.countryOf));
  if (forPage === undefined) return failed;
  void finishUnseen(failed.body);
  // The viewer's request is counted already, as the error that it met.
  const tally = newTally();
  const got = await answerAuthorized(forPage, { ...edge, tally });
  edge.tally.originFailures += tally.originFailures;
  return dressPage(got, page, failed);
}
