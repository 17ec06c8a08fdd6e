// What of an answer goes into its HTTP/2 head, and whether a body follows: decided here and nowhere else, so an answer that brings
// fields which frame it is a broken promise and throws.

import assert from "node:assert/strict";

import type { Answer, AnswerBody } from "../message.ts";
import { lineOf, type FieldLine } from "./http2-field-lines.ts";

export interface Http2AnswerHead {
  readonly status: number;
  /** What it has in common with other answers, in front of `lines`: the same list for all of them. */
  readonly shared: readonly FieldLine[] | undefined;
  readonly lines: readonly FieldLine[];
  readonly contentLength: number | undefined;
  readonly hasBody: boolean;
}

/** Throws when a name or value is none, when the answer frames itself, or when its status is not a final one. */
export function http2AnswerHead(answer: Answer, isHead: boolean): Http2AnswerHead {
  const { status, prepared, fields, body } = answer;
  assert.ok(status >= 200 && status <= 999, "only a final status can be answered");
  const shared = prepared && ((prepared.http2 ??= prepared.fields.map(lineOf)) as readonly FieldLine[]);
  const lines = fields.map(lineOf);
  // An origin that brings a body with 205 is wrong. [RFC 9110 §15.3.6]
  const length = status === 205 ? 0 : lengthOf(body);
  const isBare = status === 204 || status === 304;
  const tellsLength = !isBare && !(isHead && body.kind === "none");
  return {
    status,
    shared,
    lines,
    contentLength: tellsLength ? length : undefined,
    hasBody: !isBare && !isHead && length !== 0,
  };
}

/** 100 (Continue), which only the transport sends. */
export const CONTINUE: Http2AnswerHead = {
  status: 100,
  shared: undefined,
  lines: [],
  contentLength: undefined,
  hasBody: true,
};

/** A head of which the real one follows. Throws as `http2AnswerHead` does. [RFC 9110 §15.2] */
export function http2InterimHead(status: number, fields: Answer["fields"]): Http2AnswerHead {
  assert.ok(status >= 102 && status <= 199, "not an interim status that anyone but the transport may send");
  return { ...CONTINUE, status, lines: fields.map(lineOf) };
}

/** `undefined`: nobody knows yet. */
export function lengthOf(body: AnswerBody): number | undefined {
  assert.ok(body.kind !== "tunnel", "no stream was asked to become a tunnel");
  return body.kind === "none" ? 0 : body.kind === "bytes" ? body.bytes.length : body.length;
}
