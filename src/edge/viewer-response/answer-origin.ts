// Answers straight from the origin, as values: nothing of them was stored before.

import { combineField } from "../../http/field-list.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import type { Answer, AnswerBody } from "../transport/message.ts";
import { servedAs } from "../served.ts";
import { countAnswer } from "./count-answer.ts";
import { viewerFields, withOwnFields } from "./response-fields.ts";

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
  const fields = viewerFields(response.fields, exchange.behavior, exchange.now);
  const own = { result, requestId, age: undefined } as const;
  return {
    status: response.status,
    fields: withOwnFields(fields, combineField(response.fields, "via"), own, edge.identity),
    body,
    served: servedAs(exchange, result, combineField(fields, "content-type")),
    requestId,
  };
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
