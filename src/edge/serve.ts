// The life of a viewer request, in order. Start reading here. A hit in memory is answered at once, without a promise;
// everything else waits for a storage or an origin.

import { computeCacheKey } from "./cache/cache-key.ts";
import type { StoredResponse } from "./storage/cache-storage.ts";
import { fetchInParts } from "./cache/fetch-in-parts.ts";
import { refreshBehind } from "./cache/fetch-through.ts";
import { whyBypassed } from "./cache/lookup.ts";
import { isFresh } from "./storage/stored-age.ts";
import { servedStale } from "./cache/stale-rules.ts";
import { answerFromStorage } from "./cache/resume-from-origin.ts";
import { keyedAsVariant } from "./cache/variants.ts";
import type { EdgeParts } from "./edge-parts.ts";
import { isRefusal, type Authorized, type Keyed, type Routed } from "./exchange.ts";
import { passThrough } from "./pass-through.ts";
import { replaceErrorPage } from "./replace-error-page.ts";
import type { Answer, ViewerRequest } from "./transport/message.ts";
import { answerOwnHost } from "./viewer-response/answer-own-host.ts";
import { authorizeViewer } from "./viewer-request/authorize-viewer.ts";
import { checkCertificate } from "./viewer-request/check-certificate.ts";
import { enforceViewerProtocol } from "./viewer-request/enforce-viewer-protocol.ts";
import { findDistribution } from "./viewer-request/find-distribution.ts";
import { matchBehavior } from "./viewer-request/match-behavior.ts";
import { receive } from "./viewer-request/receive.ts";
import { restrictCountries } from "./viewer-request/restrict-countries.ts";
import { answerRefusal } from "./viewer-response/answer-made-here.ts";
import { answerOverloaded } from "./viewer-response/answer-overloaded.ts";
import type { EpochMs } from "../vocabulary/time.ts";

/** Answers one viewer request that came at `now`. Read it top to bottom: it is the whole data plane. */
export function serve(request: ViewerRequest, now: EpochMs, edge: EdgeParts): Answer | Promise<Answer> {
  if (now > edge.pulse.trustedUntilMs) edge.pulse.look();

  const received = receive(request, now);
  if (isRefusal(received)) return answerRefusal(received, now, edge);

  const distribution = findDistribution(received, edge.config);
  if (isRefusal(distribution)) return answerOwnHost(received, edge) ?? answerRefusal(distribution, now, edge);

  const misdirected = checkCertificate(received, distribution);
  if (misdirected !== undefined) return answerRefusal(misdirected, now, edge, { distribution });

  const routed = matchBehavior(received, distribution, edge.countryOf);
  const answer = answerRouted(routed, edge);
  return distribution.errorPages === undefined ? answer : replaceErrorPage(routed, answer, answerAuthorized, edge);
}

/** What may keep the viewer from it, then the answer. */
function answerRouted(routed: Routed, edge: EdgeParts): Answer | Promise<Answer> {
  const { geo } = routed.distribution;
  if (geo !== undefined) {
    const restricted = restrictCountries(routed, geo);
    if (restricted !== undefined) return answerRefusal(restricted, routed.now, edge, routed);
  }

  const detour = enforceViewerProtocol(routed, edge.publicHttpsPort);
  if (detour !== undefined) return answerRefusal(detour, routed.now, edge, routed);

  const authorized = authorizeViewer(routed, edge.signing);
  if (isRefusal(authorized)) return answerRefusal(authorized, routed.now, edge, routed);

  return answerAuthorized(authorized, edge);
}

/** From the cache or the origin; the edge asks here for its error pages. */
function answerAuthorized(authorized: Authorized, edge: EdgeParts): Answer | Promise<Answer> {
  if (whyBypassed(authorized) !== undefined) {
    if (refusesFetch(authorized, edge)) return refuseFetch(authorized, edge);
    edge.watching.missed?.(authorized, undefined, edge);
    return passThrough(authorized, edge);
  }

  return lookUp({ ...authorized, cacheKey: computeCacheKey(authorized) }, edge);
}

/** From the key on: here too a worker goes on with what another one has let in. */
export function lookUp(keyed: Keyed, edge: EdgeParts): Answer | Promise<Answer> {
  const found = edge.storage.peek(keyed.cacheKey);
  if (found === "below") return edge.storage.find(keyed.cacheKey).then((stored) => answerFound(keyed, stored, edge));
  return answerFound(keyed, found === "absent" ? undefined : found, edge);
}

function answerFound(keyed: Keyed, found: StoredResponse | undefined, edge: EdgeParts): Answer | Promise<Answer> {
  // A copy of what another worker has counts for as long as that one would say so.
  const stored = found?.head.lease?.isHeld === false ? undefined : found;
  if (stored !== undefined) {
    const { head } = stored;
    if (isFresh(head, keyed.now)) return answerFromStorage(keyed, stored, "Hit", edge);
    if (head.isVaryMarker === true) return lookUp(keyedAsVariant(keyed, head.variesOn ?? []), edge);
  }
  return edge.peers === undefined ? answerHere(keyed, stored, edge) : edge.peers.answer(keyed, stored, edge);
}

/** Because this edge is behind, or because too many wait for that origin already. */
function refusesFetch({ behavior }: Authorized, { load, fetcher }: EdgeParts): boolean {
  return (load.isPressed && load.refusesFetch()) || fetcher.isCrowded(behavior.origin);
}

/** Who joins a fetch that is under way costs little more than a hit. */
function wouldFetch({ cacheKey, now }: Keyed, stored: StoredResponse | undefined, edge: EdgeParts): boolean {
  if (stored !== undefined && servedStale(stored.head, now) !== undefined) return false;
  return edge.flights.find(cacheKey) === undefined;
}

function refuseFetch({ distribution, now }: Authorized, edge: EdgeParts): Answer {
  return answerOverloaded(distribution, now, edge);
}

/** By the worker whose the key is. */
export function answerHere(
  keyed: Keyed,
  stored: StoredResponse | undefined,
  edge: EdgeParts,
): Answer | Promise<Answer> {
  // Who owns the key knows what is stored, so it is asked before anything is refused.
  if (wouldFetch(keyed, stored, edge) && refusesFetch(keyed, edge)) return refuseFetch(keyed, edge);
  const how = stored === undefined ? undefined : servedStale(stored.head, keyed.now);
  if (stored === undefined || how === undefined) {
    edge.watching.missed?.(keyed, stored, edge);
    return fetchInParts(keyed, stored, edge);
  }
  const isRefreshed =
    how === "while-revalidate" && !edge.load.isPressed && !edge.fetcher.isCrowded(keyed.behavior.origin);
  if (isRefreshed) refreshBehind(keyed, stored, edge);
  return answerFromStorage(keyed, stored, "Hit", edge);
}
