// A miss, or a stored response that is no longer fresh: join the fetch that is under way, or ask the origin and let the
// answer go to the viewer, to the cache and to whoever joins, all at once.

import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { buildOriginRequest, type OriginRequest } from "../origin-request/build-origin-request.ts";
import { chooseOrigin } from "../origin-request/choose-origin.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/fetch-origin.ts";
import { readStatedFreshness } from "../origin-response/stated-freshness.ts";
import { storable } from "../origin-response/storable.ts";
import type { Answer, AnswerBody } from "../transport/message.ts";
import {
  answerFailure,
  answerHead,
  answerOrigin,
  answerStored,
  lengthOnly,
  originBody,
  planStoredAnswer,
  type StoredAnswerPlan,
  type StoredResult,
} from "../viewer-response/answers.ts";
import { notModifiedFields } from "../viewer-response/response-fields.ts";
import { isAboutAnother, newHead, updatedFields, validatorsOf } from "./admit.ts";
import type { Admission, StoredBody, StoredHead, StoredResponse } from "./cache-storage.ts";
import type { Flight, FlightOutcome } from "./collapse.ts";
import { isFresh, whyNotCollapsed } from "./lookup.ts";
import { openSharedBody, type SharedBody } from "./shared-body.ts";

/** `stale` is what is stored but no longer fresh, to be validated where it can be. */
export async function fetchThrough(keyed: Keyed, stale: StoredResponse | undefined, edge: EdgeParts): Promise<Answer> {
  const { cacheKey } = keyed;
  const isValidating = stale !== undefined && validatorsOf(stale.head).length > 0;
  // Our own conditions replace the viewer's, so its request is like any other's then.
  const asksForItself = !isValidating && whyNotCollapsed(keyed) !== undefined;
  if (asksForItself || keyed.behavior.key.cookies !== "none" || edge.flights.isKnownUnshareable(cacheKey)) {
    return lead(keyed, stale, undefined, edge);
  }
  let underWay = edge.flights.find(cacheKey);
  while (underWay !== undefined) {
    const outcome = await underWay.outcome;
    if (outcome.kind === "alone") return lead(keyed, stale, undefined, edge);
    const joined = answerJoined(keyed, outcome, edge);
    if (joined !== undefined) return joined;
    // It is too late for this one, and so it is for whoever comes next: a new flight takes its place.
    const latest = edge.flights.find(cacheKey);
    if (latest === underWay) break;
    underWay = latest;
  }
  const flight = edge.flights.open(cacheKey, edge.appliedThrough());
  try {
    return await lead(keyed, stale, flight, edge);
  } catch (error) {
    flight.settle({ kind: "alone" });
    flight.close();
    throw error;
  }
}

type Shared = Exclude<FlightOutcome, { readonly kind: "alone" }>;

/** `undefined`: its start is gone already, or it was stale before this viewer asked. */
function answerJoined(keyed: Keyed, outcome: Shared, edge: EdgeParts): Answer | undefined {
  if (outcome.kind === "sharing") {
    return isFresh(outcome.head, keyed.now) ? answerShared(keyed, outcome.head, outcome.body, "Hit", edge) : undefined;
  }
  return isFresh(outcome.stored.head, keyed.now) ? answerStored(keyed, outcome.stored, "Hit", edge) : undefined;
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

/** What one fetch for the cache is about. */
interface Leading {
  readonly keyed: Keyed;
  readonly stale: StoredResponse | undefined;
  readonly flight: Flight | undefined;
  readonly edge: EdgeParts;
  readonly request: OriginRequest;
  /** The viewer's own conditions or ranges went along. */
  readonly isOwnAnswer: boolean;
  readonly requestId: string;
  /** Position in the feed when it began: what an invalidation that comes from now on compares with. */
  readonly began: FeedNumber;
  readonly requestedAt: EpochMs;
}

async function lead(
  keyed: Keyed,
  stale: StoredResponse | undefined,
  flight: Flight | undefined,
  edge: EdgeParts,
): Promise<Answer> {
  const began = edge.appliedThrough();
  const requestId = edge.newRequestId();
  const validators = stale === undefined ? [] : validatorsOf(stale.head);
  const isOwnAnswer = validators.length === 0 && whyNotCollapsed(keyed)?.source === "[RFC 9110 §13.1]";
  const request = buildOriginRequest(keyed, chooseOrigin(keyed), {
    requestId,
    viaName: edge.identity.viaName,
    forCache: !isOwnAnswer,
    ...(validators.length > 0 ? { validators } : {}),
  });
  const requestedAt = edge.clock.now();
  const leading: Leading = { keyed, stale, flight, edge, request, isOwnAnswer, requestId, began, requestedAt };
  const response = await edge.fetcher.fetch(request, edge.closing);
  if (response.kind === "failure") return leadFailed(leading, response);
  const isValidated = response.status === 304 && validators.length > 0 && stale !== undefined;
  if (!isValidated) return leadArrived(leading, response);
  if (isAboutAnother(stale.head.fields, response.fields)) return lead(keyed, undefined, flight, edge);
  return leadValidated(leading, stale, response);
}

/** The stored response is still good: it gets a new head and keeps its body. [RFC 9111 §4.3.4] */
function leadValidated(leading: Leading, stale: StoredResponse, response: OriginResponse): Answer {
  const { keyed, flight, edge, began, requestedAt } = leading;
  const receivedAt = edge.clock.now();
  const fields = updatedFields(stale.head.fields, response.fields);
  const stated = readStatedFreshness(fields, requestedAt, receivedAt);
  const verdict = storable(stale.head.status, stated, keyed.behavior.ttl);
  const lifetime = verdict.kind === "storable" ? verdict.lifetime : stale.head.lifetime;
  const head = newHead(stale.head.status, fields, { began, receivedAt, stated, lifetime });
  const stored: StoredResponse = { head, body: stale.body };
  const isShareable = verdict.kind === "storable" && verdict.isShareable;
  land(leading, isShareable ? { kind: "stored", stored } : { kind: "alone" }, isShareable);
  closeWhen(flight, verdict.kind === "storable" ? edge.storage.refresh(keyed.cacheKey, stale, head) : undefined);
  return answerStored({ ...keyed, now: receivedAt }, stored, "RefreshHit", edge);
}

/** No answer from the origin is an error like any other: kept for a while, so that a dead origin is not asked by everyone. */
function leadFailed(leading: Leading, failed: OriginFailure): Answer {
  const { keyed, flight, edge, began, requestId } = leading;
  edge.tally.originFailures++;
  const receivedAt = edge.clock.now();
  const stated = readStatedFreshness([], receivedAt, receivedAt);
  const verdict = storable(failed.status, stated, keyed.behavior.ttl);
  let outcome: FlightOutcome = { kind: "alone" };
  let committed: Promise<unknown> | undefined;
  if (failed.fault === "origin" && verdict.kind === "storable") {
    const confirmed = { began, receivedAt, stated, lifetime: verdict.lifetime };
    const head: StoredHead = { ...newHead(failed.status, [], confirmed), madeHere: failed.reason };
    committed = edge.storage.admit(keyed.cacheKey, head, 0)?.commit();
    outcome = { kind: "stored", stored: { head, body: EMPTY_BODY } };
  }
  land(leading, outcome, outcome.kind === "stored");
  closeWhen(flight, committed);
  return answerFailure(keyed, failed, requestId, edge);
}

const EMPTY_BODY: StoredBody = { length: 0, bytes: undefined, async *read() {} };

function leadArrived(leading: Leading, response: OriginResponse): Answer {
  const { keyed, flight, edge, request, isOwnAnswer, requestId, began, requestedAt } = leading;
  const receivedAt = edge.clock.now();
  const stated = readStatedFreshness(response.fields, requestedAt, receivedAt);
  const verdict = storable(response.status, stated, keyed.behavior.ttl);
  // A HEAD that was forwarded as such has no body to store, and a condition that failed was this viewer's.
  const isForOthers = request.method !== "HEAD" && !(isOwnAnswer && response.status === 412);
  if (verdict.kind === "storable" && isForOthers) {
    const head = newHead(response.status, response.fields, { began, receivedAt, stated, lifetime: verdict.lifetime });
    const admission = edge.storage.admit(keyed.cacheKey, head, response.body === undefined ? 0 : response.length);
    if (admission !== undefined) {
      return leadStoring(leading, response, { head, isShareable: verdict.isShareable, admission });
    }
  }
  land(leading, { kind: "alone" }, false);
  flight?.close();
  return answerUnstored(keyed, response, requestId, edge);
}

interface Storing {
  readonly head: StoredHead;
  readonly isShareable: boolean;
  readonly admission: Admission;
}

/** To the viewer, the cache and whoever joins, as it comes. */
function leadStoring(leading: Leading, response: OriginResponse, { head, isShareable, admission }: Storing): Answer {
  const { keyed, flight, edge, requestId } = leading;
  const plan = planStoredAnswer(keyed, head);
  const { body, length } = response;
  if (body === undefined) {
    const stored: StoredResponse = { head, body: EMPTY_BODY };
    land(leading, isShareable ? { kind: "stored", stored } : { kind: "alone" }, isShareable);
    closeWhen(flight, admission.commit());
    return answerLeader(leading, response, plan, { kind: "none" });
  }
  const shared = openSharedBody({
    chunks: body.chunks,
    length,
    admission,
    abort: () => body.abort(),
    ended(error) {
      flight?.close();
      if (error !== undefined) edge.log("warn", "origin-broke-off", requestId, error.message);
    },
  });
  const reader = plan.wantsBody ? shared.join() : undefined;
  if (reader === undefined) shared.drain();
  land(leading, isShareable ? { kind: "sharing", head, body: shared } : { kind: "alone" }, isShareable);
  if (!isShareable) flight?.close();
  return answerLeader(
    leading,
    response,
    plan,
    reader === undefined ? lengthOnly(length) : { kind: "stream", length, chunks: reader },
  );
}

/** The one who caused the fetch gets also what is not kept. */
function answerLeader(
  { keyed, requestId, edge }: Leading,
  response: OriginResponse,
  plan: StoredAnswerPlan,
  body: AnswerBody,
): Answer {
  const answer = answerOrigin(keyed, response, body, requestId, edge);
  if (plan.status !== 304) return answer;
  return { status: 304, fields: notModifiedFields(answer.fields), body: { kind: "none" } };
}

/** Tells those who wait, and remembers whether waiting was worth it; one viewer's own answer says nothing about that. */
function land({ flight, keyed, edge, isOwnAnswer }: Leading, outcome: FlightOutcome, isShareable: boolean): void {
  flight?.settle(outcome);
  if (!isOwnAnswer) edge.flights.remember(keyed.cacheKey, isShareable);
}

/** Nobody waits for a disk, but until it is done those who ask join instead of asking the origin again. */
function closeWhen(flight: Flight | undefined, done: Promise<unknown> | undefined): void {
  if (done === undefined) flight?.close();
  else void done.then(() => flight?.close());
}

/** Nothing of it is kept. A HEAD for which the origin was asked with GET needs no more of the body. */
function answerUnstored(keyed: Keyed, response: OriginResponse, requestId: string, edge: EdgeParts): Answer {
  const isHead = keyed.request.method === "HEAD";
  if (isHead) response.body?.abort();
  return answerOrigin(keyed, response, isHead ? lengthOnly(response.length) : originBody(response), requestId, edge);
}
