// The head of a request to an origin, as text: what is sent is complete, and nothing of it can end a line anywhere else.
// [RFC 9112 §3]

import assert from "node:assert/strict";
import { isFieldValue, isToken } from "../../http/field-syntax.ts";
import type { Field } from "../transport/message.ts";
import type { OriginRequest } from "./origin-request.ts";

export interface WrittenHead {
  readonly text: string;
  readonly withBody: "none" | "sized" | "chunked";
}

/** Methods for which a length of nothing is told: they would have a body. [RFC 9110 §8.6] */
const WITH_CONTENT: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
const TARGET = /^[!-~\x80-\xff]+$/;

/** Throws where a part of it could be taken for something else: whatever let that through, it is not sent. */
export function writeRequestHead({ method, target, fields, body }: OriginRequest): WrittenHead {
  assert.ok((method === "GET" || isToken(method)) && TARGET.test(target), "a request line that cannot be sent");
  const { before, own, after } = fields;
  before.text ??= flat(writeFields(before.fields));
  after.text ??= flat(writeFields(after.fields));
  const text = `${method} ${target} HTTP/1.1\r\n${before.text}${writeFields(own)}${after.text}`;
  if (body === undefined) {
    return { text: `${text}${WITH_CONTENT.has(method) ? "Content-Length: 0\r\n" : ""}\r\n`, withBody: "none" };
  }
  if (body.length === undefined) return { text: `${text}Transfer-Encoding: chunked\r\n\r\n`, withBody: "chunked" };
  return { text: `${text}Content-Length: ${body.length}\r\n\r\n`, withBody: "sized" };
}

/** Text that was put together piece by piece is walked through piece by piece each time it is sent; copied, it is one. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function writeFields(fields: readonly Field[]): string {
  let text = "";
  for (const [name, value] of fields) {
    assert.ok(isToken(name) && isFieldValue(value), `a field that cannot be sent: ${name}`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}
