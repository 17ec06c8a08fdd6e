// What stands between a look-up that found no fresh whole response and a fetch of the whole: parts that are stored, a whole
// that is just arriving, and ranges. It answers from parts, asks the origin for what is missing of them, and keeps what an
// origin sends of a part. Everything else it leaves to fetch-through.ts as it came. [RFC 9111 §3.3, §3.4], [CFDG RangeGETs], [D-0014]

import { parseByteRanges } from "../../http/byte-range.ts";
import { formatContentRange, parseContentRange, type ContentRange } from "../../http/content-range.ts";
import { combineField } from "../../http/field-list.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import type { OriginFailure, OriginResponse } from "../origin-request/origin-answer.ts";
import { readStatedFreshness } from "../origin-response/stated-freshness.ts";
import { storable } from "../origin-response/storable.ts";
import type { Answer, Field } from "../transport/message.ts";
import { answerOrigin, lengthOnly } from "../viewer-response/answer-origin.ts";
import { answerHead, answerRange, planStoredAnswer } from "../viewer-response/answer-stored.ts";
import { inSequence } from "../viewer-response/in-sequence.ts";
import { chooseStoredPart, whyAnother, whySentWhole } from "../viewer-response/stored-part.ts";
import { isAboutAnother, keepConfirmed, newHead, updatedFields, validatorsOf } from "./admit.ts";
import { admitPart } from "./admit-part.ts";
import type { BodyPart, StoredHead, StoredParts, StoredResponse } from "../storage/cache-storage.ts";
import { fetchThrough } from "./fetch-through.ts";
import type { AnsweredInParts, AskInParts, FetchFacts } from "./leading.ts";
import { joinWhole, withoutRange } from "./join-whole.ts";
import { isFresh } from "../storage/stored-age.ts";
import { openSharedBody } from "./shared-body.ts";
import { holdStale, servedStale, staleRules, troubleOf } from "./stale-rules.ts";
import {
  findHeld,
  indexKey,
  isIndexFor,
  mayBeCodedWhole,
  readPieces,
  representationOf,
  strongValidator,
  type Held,
} from "./stored-parts.ts";
import { selectingText } from "./variants.ts";

/** An index that may answer for the request, fresh or not. */
interface Index extends StoredResponse {
  readonly head: StoredHead & { readonly parts: StoredParts };
}

/** `whole` is what is stored of it whole, but no longer fresh. */
export function fetchInParts(keyed: Keyed, whole: StoredResponse | undefined, edge: EdgeParts): Promise<Answer> {
  const { method } = keyed.request;
  if (method !== "GET" && method !== "HEAD") return fetchThrough(keyed, whole, edge);
  const found = edge.storage.peek(indexKey(keyed));
  if (found === "below") {
    return edge.storage.find(indexKey(keyed)).then((index) => fetchBeside(keyed, whole, index, edge));
  }
  return fetchBeside(keyed, whole, found === "absent" ? undefined : found, edge);
}

function fetchBeside(
  keyed: Keyed,
  whole: StoredResponse | undefined,
  found: StoredResponse | undefined,
  edge: EdgeParts,
): Promise<Answer> {
  const range = keyed.request.method === "GET" ? keyed.request.field("range") : undefined;
  if (found !== undefined && isIndexFor(found.head, whole, keyed)) {
    const index: Index = { head: found.head, body: found.body };
    // What may be served while it is refreshed is validated all the same: a part that is asked for costs little.
    const isServed = isFresh(index.head, keyed.now) || servedStale(index.head, keyed.now) === "held";
    if (isServed) return answerFromParts(keyed, index, edge);
    return keyed.request.method === "GET" ? fetchWithStale(keyed, index, edge) : fetchThrough(keyed, undefined, edge);
  }
  // A whole one that can be validated is worth more than a part.
  if (range === undefined || (whole !== undefined && validatorsOf(whole.head).length > 0)) {
    return fetchThrough(keyed, whole, edge);
  }
  return fetchRange(keyed, whole, undefined, edge);
}

// Parts that may be served.

async function answerFromParts(keyed: Keyed, index: Index, edge: EdgeParts): Promise<Answer> {
  const { head } = index;
  const { total } = head.parts;
  const plan = planStoredAnswer(keyed, head);
  if (plan.status === 304) return answerHead(keyed, head, plan, "Hit", edge, { kind: "none" });
  // The fields of a part are those of the whole. [RFC 9110 §9.3.2]
  if (!plan.wantsBody) return answerHead(keyed, head, plan, "Hit", edge, lengthOnly(total));
  const choice = chooseStoredPart(keyed.request, head, total, edge.limits.viewerRangesMax, keyed.now);
  switch (choice.kind) {
    case "unsatisfiable":
      return answerRange(keyed, contentOf(index, []), plan, "Hit", edge);
    case "parts": {
      const ranges = choice.ranges.map(({ first, last }) => ({ from: first, to: last + 1 }));
      const held = [];
      for (const wanted of ranges) held.push(await findHeld(indexKey(keyed), head.parts, wanted, edge));
      if (held.every(({ missing }) => missing === undefined)) {
        return answerRange(keyed, contentOf(index, held), plan, "Hit", edge);
      }
      return fetchThrough(keyed, undefined, edge);
    }
    case "part": {
      const wanted = { from: choice.range.first, to: choice.range.last + 1 };
      const held = await findHeld(indexKey(keyed), head.parts, wanted, edge);
      if (held.missing === undefined) return answerRange(keyed, contentOf(index, [held]), plan, "Hit", edge);
      return fetchRange(keyed, undefined, { index, wanted, held }, edge);
    }
    case "whole": {
      const wanted = { from: 0, to: total };
      const held = await findHeld(indexKey(keyed), head.parts, wanted, edge);
      const plain = withoutRange(keyed);
      if (mayBeCodedWhole(keyed, head)) return fetchThrough(plain, undefined, edge);
      if (held.missing === undefined) return answerRange(plain, contentOf(index, [held]), plan, "Hit", edge);
      return fetchThrough(plain, undefined, edge, completeWhole(keyed, { index, wanted, held }, edge));
    }
  }
}

/** Only what was found of it can be cut. */
function contentOf({ head }: Index, held: readonly Held[]): Parameters<typeof answerRange>[1] {
  return {
    head,
    length: head.parts.total,
    cut(from, to) {
      const pieces = held.map(({ before }) => before).find(([first]) => first?.from === from) ?? [];
      return { kind: "stream", length: to - from, chunks: readPieces(pieces) };
    },
  };
}

// Parts that must be validated, or from which something is missing.

/** What is held of the wanted stretch. */
interface Plan {
  readonly index: Index;
  readonly wanted: BodyPart;
  readonly held: Held;
}

async function fetchWithStale(keyed: Keyed, index: Index, edge: EdgeParts): Promise<Answer> {
  const { request, now } = keyed;
  const { head } = index;
  const choice = chooseStoredPart(request, head, head.parts.total, edge.limits.viewerRangesMax, now);
  // What is stale cannot say that the viewer has a part of something else.
  if (request.field("range") !== undefined && whyAnother(request, head, now) === undefined && choice.kind === "part") {
    const wanted = { from: choice.range.first, to: choice.range.last + 1 };
    const held = await findHeld(indexKey(keyed), head.parts, wanted, edge);
    if (held.missing !== undefined) return fetchRange(keyed, undefined, { index, wanted, held }, edge);
    // Whoever may have a part of what is stale must not get one of what took its place: its own condition goes along then.
    const isPlain = request.field("if-range") === undefined && !hasOriginConditions(keyed);
    if (isPlain && validatorsOf(head).length > 0) {
      return fetchThrough(keyed, undefined, edge, validateParts(keyed, { index, wanted, held }, edge));
    }
  }
  if (request.field("range") !== undefined) return fetchRange(keyed, undefined, undefined, edge);
  if (mayBeCodedWhole(keyed, head)) return fetchThrough(keyed, undefined, edge);
  const wanted = { from: 0, to: head.parts.total };
  const held = await findHeld(indexKey(keyed), head.parts, wanted, edge);
  return fetchThrough(keyed, undefined, edge, completeWhole(keyed, { index, wanted, held }, edge));
}

/** A range of which not everything is held, or nothing. */
async function fetchRange(
  keyed: Keyed,
  whole: StoredResponse | undefined,
  plan: Plan | undefined,
  edge: EdgeParts,
): Promise<Answer> {
  const specs = parseByteRanges(keyed.request.field("range") ?? "");
  // In other units, or not well-formed: whatever it means, it is the origin's to read.
  if (specs === undefined) return fetchThrough(keyed, whole, edge);
  if (specs.length > 1) {
    // Ranges that are not answered as such are not asked of the origin either: the whole comes, is stored and shared.
    const isSentWhole = whySentWhole(specs, edge.limits.viewerRangesMax) !== undefined;
    return fetchThrough(isSentWhole ? withoutRange(keyed) : keyed, whole, edge);
  }
  const joined = await joinWhole(keyed, edge);
  if (joined !== undefined) return joined;
  return fetchThrough(
    keyed,
    whole,
    edge,
    plan === undefined ? askForOwn(keyed, edge) : completeRange(keyed, plan, edge),
  );
}

/** The viewer's Range and conditions go along; a part that comes is kept. */
function askForOwn(keyed: Keyed, edge: EdgeParts): AskInParts {
  return async (facts) => takeOwn(keyed, facts, await facts.ask(), edge);
}

/**
 * Asks for what is missing on condition that it is of the same representation, and puts it together with what is held.
 * [RFC 9110 §13.1.5], [RFC 9111 §3.3]
 */
function completeRange(keyed: Keyed, plan: Plan, edge: EdgeParts): AskInParts {
  return async (facts) => {
    const completed = await askForMissing(keyed, plan, facts, edge);
    if (completed === undefined) return takeOwn(keyed, facts, await facts.ask(), edge);
    if (!isCompleted(completed)) return completed;
    const { fields, response, held } = completed;
    const { wanted, index } = plan;
    const { total } = index.head.parts;
    const range: Field = ["Content-Range", formatContentRange({ first: wanted.from, last: wanted.to - 1 }, total)];
    const reader = storePart(keyed, facts, completed, edge);
    const answer = answerOrigin(
      keyed,
      { ...response, fields: [...fields, range] },
      { kind: "stream", length: wanted.to - wanted.from, chunks: around(held, reader) },
      facts.requestId,
      edge,
    );
    return { kind: "answered", answer };
  };
}

/** As above for the whole; what comes of it is a 200 like any other, stored and shared as such. */
function completeWhole(keyed: Keyed, plan: Plan, edge: EdgeParts): AskInParts {
  return async (facts) => {
    const completed = await askForMissing(keyed, plan, facts, edge);
    if (completed === undefined) return facts.ask();
    if (!isCompleted(completed)) return completed;
    const { fields, response, held } = completed;
    const chunks = around(held, response.body.chunks);
    const abort = (): void => {
      response.body.abort();
      void chunks.return();
    };
    return { kind: "response", status: 200, fields, length: plan.wanted.to, body: { chunks, abort } };
  };
}

function around(held: Held, missing: AsyncIterable<Uint8Array>): ReturnType<typeof inSequence> {
  return inSequence([readPieces(held.before), missing, readPieces(held.after)]);
}

interface ArrivedPart {
  readonly response: OriginResponse & { readonly body: NonNullable<OriginResponse["body"]> };
  /** Of the whole, without Content-Range. */
  readonly fields: readonly Field[];
  readonly span: BodyPart;
  readonly total: number;
}

/** What was missing, and what is held around it. */
interface Completed extends ArrivedPart {
  readonly held: Held;
}

function isCompleted(outcome: Completed | OriginResponse | OriginFailure): outcome is Completed {
  return "span" in outcome;
}

/** `undefined`: it cannot be asked for alone, or what came cannot be combined; the viewer's own request is to be sent. */
async function askForMissing(
  keyed: Keyed,
  { index, wanted, held }: Plan,
  facts: FetchFacts,
  edge: EdgeParts,
): Promise<Completed | OriginResponse | OriginFailure | undefined> {
  const { missing } = held;
  const { head } = index;
  const validator = strongValidator(head.fields, keyed.now);
  const isLess = missing !== undefined && missing.to - missing.from < wanted.to - wanted.from;
  // A condition of the viewer's must reach the origin as it is.
  if (missing === undefined || !isLess || validator === undefined || hasOriginConditions(keyed)) return undefined;
  const response = await facts.ask([
    ["Range", `bytes=${missing.from}-${missing.to - 1}`],
    ["If-Range", validator],
  ]);
  if (response.kind === "failure" || (response.status !== 206 && response.status !== 416)) return response;
  const arrived = readArrivedPart(response);
  const now = edge.clock.now();
  if (isPart(arrived) && arrived.span.from === missing.from && arrived.span.to === missing.to) {
    const came = representationOf({ ...head, fields: arrived.fields }, arrived.total, now);
    // What is held is read at once or not at all, so it is looked for again.
    const still = await findHeld(indexKey(keyed), head.parts, wanted, edge);
    const isHeld = still.missing?.from === missing.from && still.missing.to === missing.to;
    if (came === head.parts.representation && isHeld) {
      return { ...arrived, fields: updatedFields(head.fields, arrived.fields, keyed.behavior.fidelity), held: still };
    }
  }
  response.body?.abort();
  return undefined;
}

function hasOriginConditions({ request }: Keyed): boolean {
  return request.field("if-match") !== undefined || request.field("if-unmodified-since") !== undefined;
}

/** The stored parts hold all that is wanted, but are stale: one request that brings 304, or the range of what is there now. */
function validateParts(keyed: Keyed, plan: Plan, edge: EdgeParts): AskInParts {
  return async (facts) => {
    const { index } = plan;
    const { head } = index;
    const range = keyed.request.field("range") ?? "";
    const response = await facts.ask([["Range", range], ...validatorsOf(head)]);
    const now = edge.clock.now();
    const trouble = troubleOf(response);
    const stale = trouble === undefined ? undefined : holdStale(head, trouble, keyed.behavior.ttl, now);
    const held = await findHeld(indexKey(keyed), head.parts, plan.wanted, edge);
    if (stale !== undefined && held.missing === undefined) {
      edge.tally.originFailures++;
      if (response.kind === "response") response.body?.abort();
      void edge.storage.refresh(indexKey(keyed), index, stale);
      return answerRefreshed({ ...keyed, now }, { ...plan, held }, stale, "Hit", edge);
    }
    if (response.kind === "failure" || response.status !== 304) return takeOwn(keyed, facts, response, edge);
    if (isAboutAnother(head.fields, response.fields) || held.missing !== undefined) {
      return takeOwn(keyed, facts, await facts.ask(), edge);
    }
    const fields = updatedFields(head.fields, response.fields, keyed.behavior.fidelity);
    const confirmed = confirm(keyed, fields, facts, edge);
    const lifetime = confirmed.verdict.kind === "storable" ? confirmed.verdict.lifetime : head.lifetime;
    const refreshed: StoredHead = {
      ...newHead(200, fields, { ...confirmed, began: facts.began, lifetime }),
      parts: head.parts,
      ...(head.variesOn !== undefined && head.variant !== undefined && pickVariant(head.variesOn, head.variant)),
    };
    void keepConfirmed(edge.storage, indexKey(keyed), { stored: index, head: refreshed, ...confirmed });
    return answerRefreshed({ ...keyed, now: confirmed.receivedAt }, { ...plan, held }, refreshed, "RefreshHit", edge);
  };
}

function pickVariant(variesOn: readonly string[], variant: string): Pick<StoredHead, "variesOn" | "variant"> {
  return { variesOn, variant };
}

function answerRefreshed(
  keyed: Keyed,
  { index, held }: Plan,
  head: StoredHead,
  how: "Hit" | "RefreshHit",
  edge: EdgeParts,
): AnsweredInParts {
  const plan = planStoredAnswer(keyed, head);
  const content = contentOf({ head: { ...head, parts: index.head.parts }, body: index.body }, [held]);
  const answer =
    plan.status === 304
      ? answerHead(keyed, head, plan, how, edge, { kind: "none" })
      : answerRange(keyed, content, plan, how, edge);
  return { kind: "answered", answer };
}

// A part that comes from the origin.

/** What came for the viewer's own Range: a part is kept, anything else is no affair of this file. */
function takeOwn(
  keyed: Keyed,
  facts: FetchFacts,
  response: OriginResponse | OriginFailure,
  edge: EdgeParts,
): Awaited<ReturnType<AskInParts>> {
  if (response.kind === "failure" || response.status !== 206) return response;
  const arrived = readArrivedPart(response);
  if (!isPart(arrived)) {
    if (arrived.kind === "unread") return response;
    response.body?.abort();
    return { kind: "failure", status: 502, reason: "origin-range", fault: "origin", why: arrived.why };
  }
  const chunks = storePart(keyed, facts, arrived, edge);
  const answer = answerOrigin(
    keyed,
    response,
    { kind: "stream", length: response.length, chunks },
    facts.requestId,
    edge,
  );
  return { kind: "answered", answer };
}

type Unusable =
  /** Several parts, a unit or a length that we do not know: it goes to the viewer as it is. */
  { readonly kind: "unread" } | { readonly kind: "contradicts"; readonly why: string };

function isPart(read: ArrivedPart | Unusable): read is ArrivedPart {
  return "span" in read;
}

/** One part of a whole whose length is told, with a body as long as it says. [RFC 9110 §15.3.7] */
function readArrivedPart(response: OriginResponse): ArrivedPart | Unusable {
  const { body, length } = response;
  const text = combineField(response.fields, "content-range");
  const range: ContentRange | undefined = text === undefined ? undefined : parseContentRange(text);
  if (range === undefined || body === undefined) return { kind: "unread" };
  const { first, last, total } = range;
  if (length !== undefined && length !== last + 1 - first) {
    return { kind: "contradicts", why: `Content-Range: ${text} with Content-Length: ${length}` };
  }
  if (total === undefined) return { kind: "unread" };
  const fields = response.fields.filter(([name]) => name.toLowerCase() !== "content-range");
  return { response: { ...response, body }, fields, span: { from: first, to: last + 1 }, total };
}

/** On to the viewer, and into the cache where it may be kept. */
function storePart(keyed: Keyed, facts: FetchFacts, arrived: ArrivedPart, edge: EdgeParts): AsyncIterable<Uint8Array> {
  const { response, fields, span, total } = arrived;
  const { verdict, ...confirmed } = confirm(keyed, fields, facts, edge);
  const names = keyed.behavior.fidelity === "cloudfront" ? [] : confirmed.stated.varyNames;
  if (verdict.kind !== "storable") return response.body.chunks;
  const head: StoredHead = {
    ...newHead(200, fields, { ...confirmed, began: facts.began, lifetime: verdict.lifetime }),
    ...(names.length > 0 && pickVariant(names, selectingText(names, keyed))),
  };
  // With If-Range an origin need not repeat what it said of the whole. [RFC 9110 §15.3.7]
  const isComplete =
    keyed.request.field("if-range") === undefined || combineField(fields, "content-type") !== undefined;
  const admission = admitPart(keyed, { head, span, total, isComplete, requestId: facts.requestId }, edge);
  if (admission === undefined) return response.body.chunks;
  const shared = openSharedBody({
    chunks: response.body.chunks,
    length: response.length,
    admission,
    abort: () => response.body.abort(),
    ended(error) {
      if (error !== undefined) edge.log("warn", "origin-broke-off", facts.requestId, error.message);
    },
  });
  return shared.join() ?? response.body.chunks;
}

function confirm(keyed: Keyed, fields: readonly Field[], facts: FetchFacts, edge: EdgeParts) {
  const { behavior } = keyed;
  const { requestedAt } = facts;
  const hadAuthorization = facts.hadAuthorization();
  const receivedAt = edge.clock.now();
  const stated = readStatedFreshness(fields, { requestedAt, receivedAt: edge.machineClock.now() }, behavior.fidelity);
  return {
    receivedAt,
    stated,
    // A part may be kept where the whole might be. [RFC 9111 §3.3]
    verdict: storable({ status: 200, hadAuthorization }, stated, behavior),
    stale: staleRules(stated, behavior.ttl, behavior.fidelity),
  };
}
