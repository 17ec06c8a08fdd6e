// A miss, or a stored response that is no longer fresh: join the fetch that is under way, or lead one (lead-fetch.ts), whose answer
// goes to the viewer, to the cache and to whoever joins, all at once.

import { newTally, type EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { openWaitingViewers } from "../origin-request/waiting-viewers.ts";
import { withoutFields } from "../without-fields.ts";
import type { Answer, ViewerRequest } from "../transport/message.ts";
import { answerMadeHere } from "../viewer-response/answer-made-here.ts";
import { lengthOnly } from "../viewer-response/answer-origin.ts";
import { answerHead, planStoredAnswer, type StoredResult } from "../viewer-response/answer-stored.ts";
import { finishUnseen } from "../viewer-response/finish-unseen.ts";
import { validatorsOf } from "./admit.ts";
import type { StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import type { FlightOutcome } from "./collapse.ts";
import { OWN_ANSWER_FIELDS, whyNotCollapsed } from "./lookup.ts";
import { isFresh } from "../storage/stored-age.ts";
import { answerFromStorage } from "./resume-from-origin.ts";
import type { SharedBody } from "./shared-body.ts";
import { servedStale } from "./stale-rules.ts";
import { isVariantFor } from "./variants.ts";
import { leadFetch } from "./lead-fetch.ts";
import type { AskInParts } from "./leading.ts";

/** `stale` is what is stored but no longer fresh, to be validated where it can be. */
export async function fetchThrough(
  keyed: Keyed,
  stale: StoredResponse | undefined,
  edge: EdgeParts,
  askInParts?: AskInParts,
): Promise<Answer> {
  const { cacheKey } = keyed;
  const isValidating = stale !== undefined && validatorsOf(stale.head).length > 0;
  // Our own conditions replace the viewer's, so its request is like any other's then.
  const asksForItself = !isValidating && whyNotCollapsed(keyed) !== undefined;
  if (asksForItself || keyed.behavior.key.cookies !== "none" || edge.flights.isKnownUnshareable(cacheKey)) {
    return leadFetch(keyed, stale, undefined, edge, askInParts);
  }
  let underWay = edge.flights.find(cacheKey);
  while (underWay !== undefined) {
    underWay.viewers.join(keyed.request);
    const outcome = await underWay.outcome;
    if (outcome.kind === "alone") return leadFetch(keyed, stale, undefined, edge, askInParts);
    const joined = answerJoined(keyed, outcome, edge);
    if (joined !== undefined) return joined;
    // It is too late for this one, and so it is for whoever comes next: a new flight takes its place.
    const latest = edge.flights.find(cacheKey);
    if (latest === underWay) break;
    underWay = latest;
  }
  const flight = edge.flights.open(cacheKey, edge.position(), openWaitingViewers(edge.closing));
  try {
    return await leadFetch(keyed, stale, flight, edge, askInParts);
  } catch (error) {
    flight.settle({ kind: "alone" });
    flight.close();
    throw error;
  }
}

/**
 * Asks the origin again for what was just served stale, so that the next viewer gets it fresh. One refresh per key at a
 * time; nobody waits for it, and what goes wrong is in the log. [RFC 5861 §3]
 */
export function refreshBehind(keyed: Keyed, stale: StoredResponse, edge: EdgeParts): void {
  const { text } = keyed.cacheKey;
  if (edge.refreshing.has(text)) return;
  edge.refreshing.add(text);
  // It is no viewer's answer: not counted as one, and of a HEAD the body goes to the cache alone. OPTIONS has no such form.
  const unseen = { ...edge, tally: newTally() };
  fetchThrough({ ...keyed, request: asPlainHead(keyed.request) }, stale, unseen)
    .then(({ body }) => finishUnseen(body))
    .catch((error: unknown) => edge.log("error", "refresh-failed", "", String(error)))
    .finally(() => edge.refreshing.delete(text));
}

/** What a viewer who has nothing and wants everything would ask. */
function asPlainHead(request: ViewerRequest): ViewerRequest {
  const method = request.method === "OPTIONS" ? "OPTIONS" : "HEAD";
  const kept = withoutFields(request, (lowerName) => OWN_ANSWER_FIELDS.includes(lowerName));
  return { ...request, ...kept, method, body: undefined, onGone: undefined };
}

type Shared = Exclude<FlightOutcome, { readonly kind: "alone" }>;

/** `undefined`: its start is gone already, or it was stale before this viewer asked. */
function answerJoined(keyed: Keyed, outcome: Shared, edge: EdgeParts): Answer | undefined {
  if (outcome.kind === "failed") {
    return answerMadeHere(outcome.failed.status, outcome.failed.reason, edge, keyed.now, { reached: keyed });
  }
  const { head } = outcome.kind === "sharing" ? outcome : outcome.stored;
  const isGood = isFresh(head, keyed.now) || servedStale(head, keyed.now) === "held";
  if (!isGood || !isVariantFor(head, keyed)) return undefined;
  if (outcome.kind === "sharing") return answerShared(keyed, head, outcome.body, "Hit", edge);
  return answerFromStorage(keyed, outcome.stored, "Hit", edge);
}

/** Reads along while the body comes. */
function answerShared(
  keyed: Keyed,
  head: StoredHead,
  shared: SharedBody,
  how: StoredResult,
  edge: EdgeParts,
): Answer | undefined {
  const plan = planStoredAnswer(keyed, head);
  if (!plan.wantsBody) return answerHead(keyed, head, plan, how, edge, lengthOnly(shared.length));
  const reader = shared.join();
  if (reader === undefined) return undefined;
  return answerHead(keyed, head, plan, how, edge, { kind: "stream", length: shared.length, chunks: reader });
}
