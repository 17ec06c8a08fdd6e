// Answers as values: from a stored response, from the origin's just now, or made here. Whoever makes one counts it.

import { formatContentRange, formatUnsatisfied } from "../../http/content-range.ts";
import { evaluatePrecondition } from "../../http/precondition.ts";
import { combineField } from "../../http/field-list.ts";
import { formatHttpDate } from "../../http/http-date.ts";
import { secondsBetween, type EpochMs } from "../../vocabulary/time.ts";
import type { StoredHead, StoredResponse } from "../cache/cache-storage.ts";
import { currentAge } from "../cache/lookup.ts";
import { supportsConditions } from "../conditions.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized, Refusal } from "../exchange.ts";
import type { OriginFailure, OriginResponse, OriginTunnel } from "../origin-request/origin-answer.ts";
import type { Answer, AnswerBody, Field, TunnelEnd } from "../transport/message.ts";
import { byteRangesBody, byteRangesType } from "./byte-ranges.ts";
import { errorPage, redirectPage } from "./error-page.ts";
import type { ReasonName } from "./reasons.ts";
import { chooseStoredPart } from "./stored-part.ts";
import { notModifiedFields, storedFields, viewerFields, withOwnFields, type CacheResult } from "./response-fields.ts";

/** How a stored response came to be the answer. */
export type StoredResult = Extract<CacheResult, "Hit" | "Miss" | "RefreshHit">;

/** What is asked of a stored response's body: nothing for HEAD, and where the viewer has it already. */
export interface StoredAnswerPlan {
  readonly status: number;
  readonly wantsBody: boolean;
}

/** With cookies forwarded, CloudFront does not support conditions: the whole response is sent. [CFDG Cookies] */
export function planStoredAnswer({ request, behavior, now }: Authorized, head: StoredHead): StoredAnswerPlan {
  const ifNoneMatch = request.field("if-none-match");
  const ifModifiedSince = request.field("if-modified-since");
  if ((ifNoneMatch !== undefined || ifModifiedSince !== undefined) && supportsConditions(behavior)) {
    const outcome = evaluatePrecondition(
      { method: request.method, ifNoneMatch, ifModifiedSince },
      {
        status: head.status,
        entityTag: combineField(head.fields, "etag"),
        lastModified: combineField(head.fields, "last-modified"),
        date: head.respondedAtMs,
      },
      now,
    );
    if (outcome.kind === "not-modified") return { status: 304, wantsBody: false };
  }
  return { status: head.status, wantsBody: request.method !== "HEAD" };
}

/** The whole of it is here: answered at once. */
export function answerStored(exchange: Authorized, stored: StoredResponse, how: StoredResult, edge: EdgeParts): Answer {
  const { head, body } = stored;
  const plan = planStoredAnswer(exchange, head);
  if (head.madeHere !== undefined) {
    return answerMadeHere(
      head.status,
      head.madeHere,
      edge,
      exchange.now,
      how === "Miss" ? undefined : ageOf(exchange, head),
    );
  }
  if (plan.status === 304 || exchange.request.field("range") === undefined) {
    return answerHead(exchange, head, plan, how, edge, bodyOfStored(stored));
  }
  const content = { head, length: body.length, cut: (from: number, to: number) => partOfStored(stored, from, to) };
  return answerRange(exchange, content, plan, how, edge);
}

/** What parts can be cut from: a stored body, or pieces of one. */
export interface Content {
  readonly head: StoredHead;
  readonly length: number;
  /** From `from` on, up to and without `to`. */
  readonly cut: (from: number, to: number) => AnswerBody;
}

/** `plan` is that of a response which is sent, whole or in part. [RFC 9110 §14.2] */
export function answerRange(
  exchange: Authorized,
  { head, length, cut }: Content,
  plan: StoredAnswerPlan,
  how: StoredResult,
  edge: EdgeParts,
): Answer {
  const part = chooseStoredPart(exchange.request, head, length, edge.limits.viewerRangesMax, exchange.now);
  switch (part.kind) {
    case "whole":
      return answerHead(exchange, head, plan, how, edge, length === 0 ? { kind: "none" } : cut(0, length));
    case "unsatisfiable":
      return withField(answerMadeHere(416, "range", edge, exchange.now, undefined), [
        "Content-Range",
        formatUnsatisfied(length),
      ]);
    case "part": {
      const { first, last } = part.range;
      const whole = answerHead(exchange, head, plan, how, edge, cut(first, last + 1));
      return withField({ ...whole, status: 206 }, ["Content-Range", formatContentRange(part.range, length)]);
    }
    case "parts": {
      const boundary = Buffer.from(edge.random(16)).toString("hex");
      const type = combineField(head.fields, "content-type");
      const body = byteRangesBody({ ranges: part.ranges, length, type, boundary, cut });
      const whole = answerHead(exchange, head, plan, how, edge, body);
      const fields = whole.fields.filter(([name]) => name.toLowerCase() !== "content-type");
      return { ...whole, status: 206, fields: [...fields, ["Content-Type", byteRangesType(boundary)]] };
    }
  }
}

function withField(answer: Answer, field: Field): Answer {
  return { ...answer, fields: [...answer.fields, field] };
}

function bodyOfStored({ body }: StoredResponse): AnswerBody {
  if (body.length === 0) return { kind: "none" };
  if (body.bytes !== undefined) return { kind: "bytes", bytes: body.bytes };
  return { kind: "stream", length: body.length, chunks: body.read() };
}

/** From `from` on, up to and without `to`. */
function partOfStored({ body }: StoredResponse, from: number, to: number): AnswerBody {
  if (body.bytes !== undefined) return { kind: "bytes", bytes: body.bytes.subarray(from, to) };
  return { kind: "stream", length: to - from, chunks: body.read({ from, to }) };
}

/** `body` is what a GET would get; it is dropped where the plan says so. A length is told for HEAD all the same. */
export function answerHead(
  exchange: Authorized,
  head: StoredHead,
  plan: StoredAnswerPlan,
  how: StoredResult,
  edge: EdgeParts,
  body: AnswerBody,
): Answer {
  const result: CacheResult = head.status >= 400 ? "Error" : how;
  count(edge, result);
  const age = how === "Miss" ? undefined : ageOf(exchange, head);
  const own = { result, requestId: edge.newRequestId(), age };
  const fields = storedFields(head, exchange.behavior, own, edge.identity);
  if (plan.status === 304) return { status: 304, fields: notModifiedFields(fields), body: { kind: "none" } };
  return { status: head.status, fields, body };
}

function ageOf(exchange: Authorized, head: StoredHead): number {
  return Math.floor(currentAge(head, exchange.now));
}

/** Straight from the origin, as it comes. */
export function answerOrigin(
  exchange: Authorized,
  response: OriginResponse,
  body: AnswerBody,
  requestId: string,
  edge: EdgeParts,
): Answer {
  const result = response.status >= 400 ? "Error" : "Miss";
  count(edge, result);
  const fields = viewerFields(response.fields, exchange.behavior, exchange.now);
  const own = { result, requestId, age: undefined } as const;
  return {
    status: response.status,
    fields: withOwnFields(fields, combineField(response.fields, "via"), own, edge.identity),
    body,
  };
}

/** Never stored, so a miss; who asked is told when it is over, because only then is there something to tell. */
export function answerTunnel(
  exchange: Authorized,
  { fields, far }: OriginTunnel,
  requestId: string,
  edge: EdgeParts,
): Answer {
  const { tally, clock } = edge;
  count(edge, "Miss");
  tally.tunnels++;
  tally.tunnelsOpen++;
  const openedAt = clock.now();
  const ended = ({ by, isAbrupt, bytesFromViewer, bytesToViewer }: TunnelEnd): void => {
    tally.tunnelsOpen--;
    const scheme = exchange.request.scheme === "https" ? "wss" : "ws";
    const how = `${isAbrupt ? "broken off" : "closed"} by ${ENDED_BY[by]}`;
    const lasted = `${Math.round(secondsBetween(openedAt, clock.now()))} s`;
    const bytes = `${bytesFromViewer} bytes from the viewer, ${bytesToViewer} to it`;
    edge.log(
      "info",
      "tunnel-closed",
      requestId,
      `${exchange.distribution.id} ${scheme} ${how} after ${lasted}: ${bytes}`,
    );
  };
  const own = { result: "Miss", requestId, age: undefined } as const;
  const kept = viewerFields(fields, exchange.behavior, exchange.now);
  return {
    status: 101,
    fields: withOwnFields(kept, combineField(fields, "via"), own, edge.identity),
    body: { kind: "tunnel", tunnel: { far, ended } },
  };
}

const ENDED_BY = {
  viewer: "the viewer",
  origin: "the origin",
  idle: "the edge: the origin was silent for too long",
  cut: "the edge: it stops",
} as const satisfies Record<TunnelEnd["by"], string>;

/** The body as the origin sends it; for HEAD its length alone. */
export function originBody(response: OriginResponse): AnswerBody {
  if (response.body !== undefined) return { kind: "stream", length: response.length, chunks: response.body.chunks };
  return lengthOnly(response.length);
}

/** Of a HEAD: the transport tells the length and reads nothing. */
export function lengthOnly(length: number | undefined): AnswerBody {
  return length === 0 ? { kind: "none" } : { kind: "stream", length, chunks: NOTHING };
}

const NOTHING: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({
    next: async () => ({ done: true, value: undefined }),
    return: async () => ({ done: true, value: undefined }),
  }),
};

export function answerFailure(exchange: Authorized, failed: OriginFailure, requestId: string, edge: EdgeParts): Answer {
  const why = `${exchange.distribution.id} ${failed.status}: ${failed.why}`;
  if (failed.fault === "origin") edge.log("warn", "origin-failed", requestId, why);
  else edge.logSeldom("info", "viewer-failed", requestId, why);
  return answerMadeHere(failed.status, failed.reason, edge, exchange.now, undefined, requestId);
}

export function answerRefusal(refused: Refusal, now: EpochMs, edge: EdgeParts): Answer {
  if (refused.location !== undefined && (refused.status === 301 || refused.status === 307)) {
    count(edge, "Redirect");
    const page = redirectPage(refused.status);
    const own = { result: "Redirect", requestId: edge.newRequestId(), age: undefined } as const;
    const fields = withOwnFields(
      [...madeHereFields(now), ["Location", refused.location]],
      undefined,
      own,
      edge.identity,
    );
    return { status: refused.status, fields, body: { kind: "bytes", bytes: page }, framingAt: MADE_HERE_FRAMING_AT };
  }
  // Only settings of the owner's are named to viewers, nothing that a request has brought along.
  const detail = refused.reason === "not-enforced" ? refused.why : "";
  return answerMadeHere(refused.status, refused.reason, edge, now, undefined, edge.newRequestId(), detail);
}

export function answerMadeHere(
  status: number,
  reason: ReasonName,
  edge: EdgeParts,
  now: EpochMs,
  age: number | undefined,
  requestId: string = edge.newRequestId(),
  detail = "",
): Answer {
  count(edge, "Error");
  const own = { result: "Error", requestId, age } as const;
  return {
    status,
    fields: withOwnFields(madeHereFields(now), undefined, own, edge.identity),
    body: { kind: "bytes", bytes: errorPage(status, reason, requestId, detail) },
    madeHere: reason,
    framingAt: MADE_HERE_FRAMING_AT,
  };
}

/** The real service says how long its own answers are behind these, and before what it adds to every answer. [SEEN 2026-11-20 #1] */
const MADE_HERE_FRAMING_AT = 3;

function madeHereFields(now: EpochMs): Field[] {
  return [
    ["Server", "CloudFront"],
    ["Date", formatHttpDate(now)],
    ["Content-Type", "text/html"],
  ];
}

function count({ tally }: EdgeParts, result: CacheResult): void {
  switch (result) {
    case "Hit":
      tally.hits++;
      break;
    case "Miss":
      tally.misses++;
      break;
    case "RefreshHit":
      tally.refreshHits++;
      break;
    case "Error":
      tally.errors++;
      break;
    case "Redirect":
      tally.redirects++;
      break;
  }
}
