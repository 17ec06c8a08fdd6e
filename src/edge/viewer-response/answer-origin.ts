// Answers straight from the origin, as values: nothing of them was stored before.

import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import type { Answer, AnswerBody } from "../transport/message.ts";
import { countAnswer } from "./count-answer.ts";
import { ownFields, prepareAnswer } from "./response-fields.ts";

/** Straight from the origin, as it comes. */
export function answerOrigin(
  exchange: Authorized,
  response: OriginResponse,
  body: AnswerBody,
  requestId: string,
  edge: EdgeParts,
): Answer {
  const result = response.status >= 400 ? "Error" : "Miss";
  countAnswer(edge, result);
  const { whole, served } = prepareAnswer(response, exchange, result, edge.identity);
  return { status: response.status, prepared: whole, fields: ownFields(requestId, undefined), body, served, requestId };
}

/** The body as the origin sends it; for HEAD its length alone. */
export function originBody(response: OriginResponse): AnswerBody {
  const { body } = response;
  if (body?.whole !== undefined) return { kind: "bytes", bytes: body.whole };
  if (body !== undefined) return { kind: "stream", length: response.length, chunks: body.chunks };
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
