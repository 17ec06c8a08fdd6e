// A miss, or a stored response that is no longer fresh: join the fetch that is under way, or ask the origin and let the
// answer go to the viewer, to the cache and to whoever joins, all at once.

import assert from "node:assert/strict";
import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { combineField } from "../../http/field-list.ts";
import { newTally, type EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { OriginRequest } from "../origin-request/build-origin-request.ts";
import { fetchFromOrigins } from "../origin-request/fetch-from-origins.ts";
import { openWaitingViewers } from "../origin-request/waiting-viewers.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import { encodedFieldsOf304 } from "../origin-response/encoded-fields.ts";
import { compress } from "../origin-response/compress.ts";
import { readStatedFreshness } from "../origin-response/stated-freshness.ts";
import { storable, type Answered } from "../origin-response/storable.ts";
import { withoutFields } from "../without-fields.ts";
import { answerFields, type Answer, type AnswerBody, type Field, type ViewerRequest } from "../transport/message.ts";
import { answerFailure, answerMadeHere } from "../viewer-response/answer-made-here.ts";
import { answerOrigin, lengthOnly, originBody } from "../viewer-response/answer-origin.ts";
import {
  answerHead,
  planStoredAnswer,
  type StoredAnswerPlan,
  type StoredResult,
} from "../viewer-response/answer-stored.ts";
import { finishUnseen } from "../viewer-response/finish-unseen.ts";
import { notModifiedFields } from "../viewer-response/response-fields.ts";
import { isAboutAnother, keepConfirmed, newHead, updatedFields, validatorsOf } from "./admit.ts";
import type { Admission, CacheKey, StoredBody, StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import type { Flight, FlightOutcome } from "./collapse.ts";
import { OWN_ANSWER_FIELDS, whyNotCollapsed } from "./lookup.ts";
import { isFresh } from "../storage/stored-age.ts";
import { resumeBody } from "./resume-body.ts";
import { answerFromStorage, resumedWhenLent } from "./resume-from-origin.ts";
import { openSharedBody, type SharedBody } from "./shared-body.ts";
import { holdStale, servedStale, staleRules, troubleOf } from "./stale-rules.ts";
import { indexKey } from "./stored-parts.ts";
import { isVariantFor, selectingText, variantKey, varyMarker } from "./variants.ts";

/** Asks the origin for a part, or for what is missing: fetch-in-parts.ts. What it does not answer itself is judged like any other response. */
export type AskInParts = (facts: FetchFacts) => Promise<OriginResponse | OriginFailure | AnsweredInParts>;

export interface AnsweredInParts {
  readonly kind: "answered";
  readonly answer: Answer;
}

export interface FetchFacts {
  readonly requestId: string;
  readonly began: FeedNumber;
  /** By the machine's clock. */
  readonly requestedAt: EpochMs;
  /** Whether what was asked so far carried credentials. */
  hadAuthorization(): boolean;
  /** `replacing` stand in place of the viewer's own conditions and its Range; without them these go along. */
  ask(replacing?: readonly Field[]): Promise<OriginResponse | OriginFailure>;
}

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
    return lead(keyed, stale, undefined, edge, askInParts);
  }
  let underWay = edge.flights.find(cacheKey);
  while (underWay !== undefined) {
    underWay.viewers.join(keyed.request);
    const outcome = await underWay.outcome;
    if (outcome.kind === "alone") return lead(keyed, stale, undefined, edge, askInParts);
    const joined = answerJoined(keyed, outcome, edge);
    if (joined !== undefined) return joined;
    // It is too late for this one, and so it is for whoever comes next: a new flight takes its place.
    const latest = edge.flights.find(cacheKey);
    if (latest === underWay) break;
    underWay = latest;
  }
  const flight = edge.flights.open(cacheKey, edge.position(), openWaitingViewers(edge.closing));
  try {
    return await lead(keyed, stale, flight, edge, askInParts);
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
    return answerMadeHere(
      outcome.failed.status,
      outcome.failed.reason,
      edge,
      keyed.now,
      undefined,
      undefined,
      "",
      keyed,
    );
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

/** What one fetch for the cache is about. */
interface Leading {
  readonly keyed: Keyed;
  readonly stale: StoredResponse | undefined;
  readonly flight: Flight | undefined;
  readonly edge: EdgeParts;
  readonly request: OriginRequest;
  /** Asks again. */
  readonly ask: FetchFacts["ask"];
  /** The viewer's own conditions or ranges went along. */
  readonly isOwnAnswer: boolean;
  readonly requestId: string;
  /** Position in the feed when it began: what an invalidation that comes from now on compares with. */
  readonly began: FeedNumber;
  /** By the machine's clock. */
  readonly requestedAt: EpochMs;
}

async function lead(
  keyed: Keyed,
  stale: StoredResponse | undefined,
  flight: Flight | undefined,
  edge: EdgeParts,
  askInParts?: AskInParts,
): Promise<Answer> {
  const began = edge.position();
  const requestId = edge.newRequestId();
  const validators = stale === undefined ? [] : validatorsOf(stale.head);
  const isOwnAnswer = validators.length === 0 && whyNotCollapsed(keyed)?.source === "[RFC 9110 §13.1]";
  const requestedAt = edge.machineClock.now();
  const viewers = flight?.viewers ?? openWaitingViewers(edge.closing);
  viewers.join(keyed.request);
  const sent: OriginRequest[] = [];
  const ask: FetchFacts["ask"] = async (replacing = validators) => {
    const facts = {
      requestId,
      viaName: edge.identity.viaName,
      forCache: !isOwnAnswer,
      ...(replacing.length > 0 ? { validators: replacing } : {}),
    };
    const { request, response } = await fetchFromOrigins(keyed, facts, edge, viewers.signal);
    assert.ok(response.kind !== "tunnel", "only a handshake that passes the cache asks for a tunnel");
    sent.push(request);
    return response.kind === "response" ? resumedWhenLent(keyed, response, facts, edge) : response;
  };
  const hadAuthorization = (): boolean => sent.some(hasAuthorization);
  const response = await (askInParts?.({ requestId, began, requestedAt, hadAuthorization, ask }) ?? ask());
  viewers.settle();
  if (response.kind === "answered") {
    flight?.settle({ kind: "alone" });
    flight?.close();
    return response.answer;
  }
  const request = sent.at(-1);
  assert(request !== undefined, "an answer without a request");
  const leading: Leading = { keyed, stale, flight, edge, request, ask, isOwnAnswer, requestId, began, requestedAt };
  const trouble = troubleOf(response);
  const held =
    stale === undefined || trouble === undefined
      ? undefined
      : holdStale(stale.head, trouble, keyed.behavior.ttl, edge.clock.now());
  if (stale !== undefined && held !== undefined) return leadHeld(leading, { head: held, body: stale.body }, response);
  if (response.kind === "failure") return leadFailed(leading, response);
  const isValidated = response.status === 304 && validators.length > 0 && stale !== undefined;
  if (!isValidated) return leadArrived(leading, response);
  if (isAboutAnother(stale.head.fields, response.fields)) return lead(keyed, undefined, flight, edge);
  return leadValidated(leading, stale, response);
}

/** The origin is in trouble, and what is stored may be served stale: for a while to everybody, without asking again. */
function leadHeld(leading: Leading, held: StoredResponse, response: OriginResponse | OriginFailure): Answer {
  const { keyed, stale, flight, edge, requestId } = leading;
  edge.tally.originFailures++;
  const what = response.kind === "response" ? `it answered ${response.status}` : response.why;
  edge.log("warn", "served-stale", requestId, `${keyed.distribution.id}: ${what}`);
  if (response.kind === "response") response.body?.abort();
  land(leading, { kind: "stored", stored: held }, true);
  closeWhen(flight, stale === undefined ? undefined : edge.storage.refresh(keyed.cacheKey, stale, held.head));
  return answerFromStorage(keyed, held, "Hit", edge);
}

/** The stored response is still good: it gets a new head and keeps its body. [RFC 9111 §4.3.4] */
function leadValidated(leading: Leading, stale: StoredResponse, response: OriginResponse): Answer {
  const { keyed, flight, edge, began, requestedAt } = leading;
  const receivedAt = edge.clock.now();
  const { encoded } = stale.head;
  const of304 = encoded === undefined ? response.fields : encodedFieldsOf304(response.fields);
  const fields = updatedFields(stale.head.fields, of304, keyed.behavior.fidelity);
  const { behavior } = keyed;
  const stated = readStatedFreshness(fields, { requestedAt, receivedAt: edge.machineClock.now() }, behavior.fidelity);
  const verdict = storable(answered(leading, stale.head.status), stated, behavior);
  const lifetime = verdict.kind === "storable" ? verdict.lifetime : stale.head.lifetime;
  const rules = staleRules(stated, behavior.ttl, behavior.fidelity);
  const { variesOn, variant } = stale.head;
  const head: StoredHead = {
    ...newHead(stale.head.status, fields, { began, receivedAt, stated, lifetime, stale: rules, encoded }),
    ...(variesOn !== undefined && variant !== undefined && { variesOn, variant }),
  };
  const stored: StoredResponse = { head, body: stale.body };
  const isShareable = verdict.kind === "storable" && verdict.isShareable;
  land(leading, isShareable ? { kind: "stored", stored } : { kind: "alone" }, isShareable);
  closeWhen(flight, keepConfirmed(edge.storage, keyed.cacheKey, { stored: stale, head, verdict, stated }));
  return answerFromStorage({ ...keyed, now: receivedAt }, stored, "RefreshHit", edge);
}

/** No answer from the origin is an error like any other: kept for a while, so that a dead origin is not asked by everyone. */
function leadFailed(leading: Leading, failed: OriginFailure): Answer {
  const { keyed, flight, edge, began, requestId } = leading;
  if (failed.fault === "origin") edge.tally.originFailures++;
  const receivedAt = edge.clock.now();
  const stated = readStatedFreshness([], { requestedAt: receivedAt, receivedAt }, keyed.behavior.fidelity);
  const verdict = storable(answered(leading, failed.status), stated, keyed.behavior);
  // A viewer's fault says nothing about the origin, and the origin's nothing about whether its answers can be shared.
  let outcome: FlightOutcome = failed.fault === "origin" ? { kind: "failed", failed } : { kind: "alone" };
  let committed: Promise<unknown> | undefined;
  if (failed.fault === "origin" && verdict.kind === "storable" && !hasFresh(keyed, edge)) {
    const confirmed = { began, receivedAt, stated, lifetime: verdict.lifetime, stale: undefined };
    const head: StoredHead = { ...newHead(failed.status, [], confirmed), madeHere: failed.reason };
    committed = edge.storage.admit(keyed.cacheKey, head, 0)?.commit();
    outcome = { kind: "stored", stored: { head, body: EMPTY_BODY } };
  } else if (failed.fault === "origin" && verdict.kind === "not-storable") {
    noteNotStored(leading, failed.status, `${failed.why}; ${verdict.why}`);
  }
  flight?.settle(outcome);
  closeWhen(flight, committed);
  return answerFailure(keyed, failed, requestId, edge);
}

/**
 * Something good has come meanwhile for another viewer, or parts of it are there, or variants: an origin in trouble does
 * not take that from those who may have it.
 */
function hasFresh(keyed: Keyed, edge: EdgeParts): boolean {
  return [keyed.cacheKey, indexKey(keyed)].some((key) => {
    const head = edge.storage.glance(key)?.head;
    if (head === undefined) return false;
    return head.isVaryMarker === true || (head.status < 400 && isFresh(head, edge.clock.now()));
  });
}

/** One that is here, and stays. */
function bodyOfBytes(bytes: Uint8Array): StoredBody {
  return {
    length: bytes.length,
    bytes,
    async *read({ from, to } = { from: 0, to: bytes.length }) {
      if (from < to) yield bytes.subarray(from, to);
    },
  };
}

const EMPTY_BODY: StoredBody = { length: 0, bytes: undefined, async *read() {} };

function leadArrived(leading: Leading, arrived: OriginResponse): Answer {
  const response = compress(leading.keyed, arrived, leading.edge);
  const { keyed, flight, edge, request, isOwnAnswer, requestId, began, requestedAt } = leading;
  const receivedAt = edge.clock.now();
  const { behavior } = keyed;
  const stated = readStatedFreshness(
    response.fields,
    { requestedAt, receivedAt: edge.machineClock.now() },
    behavior.fidelity,
  );
  const verdict = storable(answered(leading, response.status), stated, behavior);
  // A HEAD that was forwarded as such has no body to store, and a condition that failed was this viewer's.
  const isOwn = request.method === "HEAD" || (isOwnAnswer && response.status === 412);
  const isForOthers = !isOwn && !(response.status >= 500 && hasFresh(keyed, edge));
  if (verdict.kind === "storable" && isForOthers) {
    // An error that has become stale is of no use to anybody.
    const stale = response.status < 400 ? staleRules(stated, behavior.ttl, behavior.fidelity) : undefined;
    const confirmed = { began, receivedAt, stated, lifetime: verdict.lifetime, stale, encoded: response.encoded };
    const plain = newHead(response.status, response.fields, confirmed);
    const [key, head] = placeOf(keyed, plain, stated.varyNames, edge);
    const admission = edge.storage.admit(key, head, response.body === undefined ? 0 : response.length);
    if (admission !== undefined) {
      return leadStoring(leading, response, { head, isShareable: verdict.isShareable, admission });
    }
  }
  if (verdict.kind === "not-storable") noteNotStored(leading, response.status, verdict.why);
  else if (isOwn) noteNotStored(leading, response.status, "it was an answer to a HEAD, or to a viewer's own condition");
  land(leading, { kind: "alone" }, false);
  flight?.close();
  return answerUnstored(keyed, response, requestId, edge);
}

/** For explain: the next viewer's miss has its reason here. */
function noteNotStored({ keyed, edge, began }: Leading, status: number, why: string): void {
  edge.past.note(keyed.cacheKey, { kind: "not-stored", began, status, why });
}

function answered({ request }: Leading, status: number): Answered {
  return { status, hadAuthorization: hasAuthorization(request) };
}

function hasAuthorization({ fields }: OriginRequest): boolean {
  const { before, own, after } = fields;
  return hasOne(before.fields) || hasOne(own) || hasOne(after.fields);
}

function hasOne(fields: readonly Field[]): boolean {
  return combineField(fields, "authorization") !== undefined;
}

/** Where a response is stored: under the request's key, or where Vary counts under that of the variant, to which a marker leads. */
function placeOf(
  keyed: Keyed,
  head: StoredHead,
  varyNames: readonly string[],
  edge: EdgeParts,
): [CacheKey, StoredHead] {
  // Where codings are told apart by the key, it says all that the origin got to see of Accept-Encoding.
  const isKeyed = keyed.behavior.key.separatesCodings && keyed.behavior.key.codings.length > 0;
  const names = isKeyed ? varyNames.filter((name) => name !== "accept-encoding") : varyNames;
  const primary = keyed.primaryKey ?? keyed.cacheKey;
  if (keyed.behavior.fidelity === "cloudfront" || names.length === 0) return [primary, head];
  const known = edge.storage.glance(primary)?.head;
  if (known?.isVaryMarker !== true || String(known.variesOn) !== String(names)) {
    const marker = varyMarker(names, head.began, head.respondedAtMs);
    void edge.storage.admit(primary, marker, 0)?.commit();
  }
  const variant = selectingText(names, keyed);
  return [variantKey(primary, variant), { ...head, variesOn: names, variant }];
}

interface Storing {
  readonly head: StoredHead;
  readonly isShareable: boolean;
  readonly admission: Admission;
}

/** To the viewer, the cache and whoever joins, as it comes. */
function leadStoring(leading: Leading, response: OriginResponse, { head, isShareable, admission }: Storing): Answer {
  const { keyed, flight, edge, requestId, ask } = leading;
  const plan = planStoredAnswer(keyed, head);
  const { body, length } = response;
  if (body === undefined || body.whole !== undefined) {
    const bytes = body?.whole;
    // Until it is found in the storage it is served from here.
    const stored: StoredResponse = { head, body: bytes === undefined ? EMPTY_BODY : bodyOfBytes(bytes) };
    land(leading, isShareable ? { kind: "stored", stored } : { kind: "alone" }, isShareable);
    const isTaken = bytes === undefined || bytes.length === 0 || admission.append(bytes);
    closeWhen(flight, isTaken ? admission.commit() : undefined);
    if (bytes === undefined) return answerLeader(leading, response, plan, { kind: "none" });
    return answerLeader(leading, response, plan, plan.wantsBody ? { kind: "bytes", bytes } : lengthOnly(bytes.length));
  }
  const shared = openSharedBody({
    chunks: body.chunks,
    length,
    admission,
    abort: () => body.abort(),
    // What was compressed here cannot be asked for from a byte on.
    ...(response.encoded === undefined && {
      resume(from: number) {
        const slow = `a viewer goes on alone at byte ${from}: it is slower than others, and the body is not stored`;
        edge.log("info", "viewer-left-behind", requestId, slow);
        return resumeBody({ fields: response.fields, from, now: keyed.now, ask });
      },
    }),
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
  const fields = notModifiedFields(answerFields(answer));
  return { ...answer, status: 304, prepared: undefined, fields, body: { kind: "none" } };
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
