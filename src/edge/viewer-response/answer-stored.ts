// Answers from a stored response, as values: all of it, a part, several, or that the viewer has it already.

import type { ByteRange } from "../../http/byte-range.ts";
import { formatContentRange, formatUnsatisfied } from "../../http/content-range.ts";
import { combineField } from "../../http/field-list.ts";
import { evaluatePrecondition } from "../../http/precondition.ts";
import type { StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import { currentAge } from "../storage/stored-age.ts";
import { supportsConditions } from "../conditions.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import type { CacheResult } from "../served.ts";
import { answerFields, type Answer, type AnswerBody, type Field, type ViewerRequest } from "../transport/message.ts";
import { answerMadeHere } from "./answer-made-here.ts";
import { byteRangesBody, byteRangesType } from "./byte-ranges.ts";
import { countAnswer } from "./count-answer.ts";
import { ownFields, prepareHead } from "./response-fields.ts";
import { chooseStoredPart } from "./stored-part.ts";

/** How a stored response came to be the answer. */
export type StoredResult = Extract<CacheResult, "Hit" | "Miss" | "RefreshHit">;

/** What is asked of a stored response's body: nothing for HEAD, and where the viewer has it already. */
export interface StoredAnswerPlan {
  readonly status: number;
  readonly wantsBody: boolean;
}

/** With cookies forwarded, CloudFront does not support conditions: the whole response is sent. [CFDG Cookies] */
export function planStoredAnswer({ request, behavior, now }: Authorized, head: StoredHead): StoredAnswerPlan {
  if (asksForWhole(request)) return { status: head.status, wantsBody: request.method !== "HEAD" };
  const ifNoneMatch = request.field("if-none-match");
  const ifModifiedSince = request.field("if-modified-since");
  if ((ifNoneMatch !== undefined || ifModifiedSince !== undefined) && supportsConditions(behavior)) {
    const outcome = evaluatePrecondition(
      { method: request.method, ifNoneMatch, ifModifiedSince },
      {
        status: head.status,
        entityTag: combineField(head.fields, "etag"),
        // Looked at only without the other condition. [RFC 9110 §13.1.3]
        lastModified: ifNoneMatch === undefined ? combineField(head.fields, "last-modified") : undefined,
        date: head.respondedAtMs,
      },
      now,
    );
    if (outcome.kind === "not-modified") return { status: 304, wantsBody: false };
  }
  return { status: head.status, wantsBody: request.method !== "HEAD" };
}

const OF_LESS: readonly string[] = ["if-none-match", "if-modified-since", "range"];

function asksForWhole(request: ViewerRequest): boolean {
  return (request.memo.asksForWhole ??= OF_LESS.every((name) => request.field(name) === undefined));
}

/** The whole of it is here: answered at once. */
export function answerStored(exchange: Authorized, stored: StoredResponse, how: StoredResult, edge: EdgeParts): Answer {
  const { head, body } = stored;
  const plan = planStoredAnswer(exchange, head);
  if (head.madeHere !== undefined) {
    return answerMadeHere(head.status, head.madeHere, edge, exchange.now, {
      age: how === "Miss" ? undefined : ageOf(exchange, head),
      reached: exchange,
    });
  }
  if (plan.status === 304 || asksForWhole(exchange.request) || exchange.request.field("range") === undefined) {
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
      return withField(answerMadeHere(416, "range", edge, exchange.now, { reached: exchange }), [
        "Content-Range",
        formatUnsatisfied(length),
      ]);
    case "part": {
      const { first, last } = part.range;
      return answerHead(exchange, head, plan, how, edge, cut(first, last + 1), { range: part.range, of: length });
    }
    case "parts": {
      const boundary = Buffer.from(edge.random(16)).toString("hex");
      const type = combineField(head.fields, "content-type");
      const body = byteRangesBody({ ranges: part.ranges, length, type, boundary, cut });
      const whole = answerHead(exchange, head, plan, how, edge, body);
      const fields = answerFields(whole).filter(([name]) => name.toLowerCase() !== "content-type");
      fields.push(["Content-Type", byteRangesType(boundary)]);
      return { ...whole, status: 206, prepared: undefined, fields };
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

/**
 * `body` is what a GET would get; it is dropped where the plan says so. A length is told for HEAD all the same. `part`: the body is this range of a
 * content of so many bytes.
 */
export function answerHead(
  exchange: Authorized,
  head: StoredHead,
  plan: StoredAnswerPlan,
  how: StoredResult,
  edge: EdgeParts,
  body: AnswerBody,
  part?: { readonly range: ByteRange; readonly of: number },
): Answer {
  const result: CacheResult = head.status >= 400 ? "Error" : how;
  countAnswer(edge, result);
  const age = how === "Miss" ? undefined : ageOf(exchange, head);
  const requestId = edge.requestIds.next();
  const { draw: idDraw, place: idPlace } = edge.requestIds;
  const { whole, notModified, served } = prepareHead(head, exchange, result, edge.identity);
  const own = ownFields(requestId, age);
  const isPart = part !== undefined;
  const fields: readonly Field[] = isPart ? [...own, ["Content-Range", formatContentRange(part.range, part.of)]] : own;
  return plan.status === 304
    ? { status: 304, prepared: notModified, fields, body: NO_BODY, served, requestId, idDraw, idPlace, part: undefined }
    : {
        status: isPart ? 206 : head.status,
        prepared: whole,
        fields,
        body,
        served,
        requestId,
        idDraw,
        idPlace,
        part: part?.range,
      };
}

const NO_BODY = { kind: "none" } as const;

function ageOf(exchange: Authorized, head: StoredHead): number {
  return Math.floor(currentAge(head, exchange.now));
}
