// Asks the origin for the cache, and judges what comes of it: a response, a 304 to our own conditions, no answer at all, or trouble in which what is
// stored is served stale. What arrived new goes on in lead-arrived.ts.

import assert from "node:assert/strict";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { fetchFromOrigins } from "../origin-request/fetch-from-origins.ts";
import type { OriginRequest } from "../origin-request/origin-request.ts";
import { openWaitingViewers } from "../origin-request/waiting-viewers.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import { encodedFieldsOf304 } from "../origin-response/encoded-fields.ts";
import { readStatedFreshness } from "../origin-response/stated-freshness.ts";
import { storable } from "../origin-response/storable.ts";
import type { Answer } from "../transport/message.ts";
import { answerFailure } from "../viewer-response/answer-made-here.ts";
import { isAboutAnother, keepConfirmed, newHead, updatedFields, validatorsOf } from "./admit.ts";
import type { StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import type { Flight, FlightOutcome } from "./collapse.ts";
import { whyNotCollapsed } from "./lookup.ts";
import { answerFromStorage, resumedWhenLent } from "./resume-from-origin.ts";
import { holdStale, staleRules, troubleOf } from "./stale-rules.ts";
import { leadArrived } from "./lead-arrived.ts";
import {
  answered,
  closeWhen,
  EMPTY_BODY,
  hasAuthorization,
  hasFresh,
  land,
  noteNotStored,
  type AskInParts,
  type FetchFacts,
  type Leading,
} from "./leading.ts";

/** Asks the origin, for a flight that others may join or for this viewer alone. */
export async function leadFetch(
  keyed: Keyed,
  stale: StoredResponse | undefined,
  flight: Flight | undefined,
  edge: EdgeParts,
  askInParts?: AskInParts,
): Promise<Answer> {
  const began = edge.position();
  const requestId = edge.requestIds.next();
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
  if (isAboutAnother(stale.head.fields, response.fields)) return leadFetch(keyed, undefined, flight, edge);
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
    committed = keepFailure(leading, head, failed.why);
    outcome = { kind: "stored", stored: { head, body: EMPTY_BODY } };
  } else if (failed.fault === "origin" && verdict.kind === "not-storable") {
    noteNotStored(leading, failed.status, `${failed.why}; ${verdict.why}`);
  }
  flight?.settle(outcome);
  closeWhen(flight, committed);
  return answerFailure(keyed, failed, requestId, edge);
}

/** Its reason is for explain, which finds the status alone in what is stored. */
async function keepFailure({ keyed, edge, began }: Leading, head: StoredHead, why: string): Promise<void> {
  const kept = await edge.storage.admit(keyed.cacheKey, head, 0)?.commit();
  if (kept !== undefined) edge.past.note(keyed.cacheKey, { kind: "stored", began, status: head.status, why });
}
