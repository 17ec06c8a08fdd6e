// What a fetch for the cache has brought: it is stored under the request's key or that of its variant, or not, with the reason; the viewer, the cache
// and whoever joins get it as it comes.

import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import { compress } from "../origin-response/compress.ts";
import { readStatedFreshness } from "../origin-response/stated-freshness.ts";
import { storable } from "../origin-response/storable.ts";
import { answerFields, type Answer, type AnswerBody } from "../transport/message.ts";
import { answerOrigin, lengthOnly, originBody } from "../viewer-response/answer-origin.ts";
import { planStoredAnswer, type StoredAnswerPlan } from "../viewer-response/answer-stored.ts";
import { notModifiedFields } from "../viewer-response/response-fields.ts";
import { newHead } from "./admit.ts";
import type { Admission, CacheKey, StoredBody, StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import { resumeBody } from "./resume-body.ts";
import { openSharedBody } from "./shared-body.ts";
import { staleRules } from "./stale-rules.ts";
import { selectingText, variantKey, varyMarker } from "./variants.ts";
import { answered, closeWhen, EMPTY_BODY, hasFresh, land, noteNotStored, type Leading } from "./leading.ts";

/** To the cache where it may be stored, and to the viewer in any case. */
export function leadArrived(leading: Leading, arrived: OriginResponse): Answer {
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

/** Nothing of it is kept. A HEAD for which the origin was asked with GET needs no more of the body. */
function answerUnstored(keyed: Keyed, response: OriginResponse, requestId: string, edge: EdgeParts): Answer {
  const isHead = keyed.request.method === "HEAD";
  if (isHead) response.body?.abort();
  return answerOrigin(keyed, response, isHead ? lengthOnly(response.length) : originBody(response), requestId, edge);
}
