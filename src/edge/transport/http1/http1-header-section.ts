// The header section of a viewer's HTTP/1.1 request, read whole and strictly: its fields, and what they say of the message itself [RFC 9112 §5].
// Pure; where a section ends, and that most of them were read before, is the request reader's to know.

import { isFieldValue, isToken } from "../../../http/field-syntax.ts";
import { newRequestMemo, type RequestMemo } from "../../request-memo.ts";
import type { Field } from "../message.ts";
import type { RefusalReason } from "../refusals.ts";
import { AUTHORITY } from "../request-target.ts";
import { asksForWebSocket } from "../websocket-handshake.ts";

/** A header section as read; a pure function of the block's text and the version. */
export interface HeaderSection {
  readonly block: string;
  readonly httpVersion: "1.0" | "1.1";
  readonly fields: readonly Field[];
  readonly field: (lowerName: string) => string | undefined;
  readonly host: string;
  readonly framing: "none" | "length" | "chunked";
  readonly bodyLength: number;
  readonly keepsAlive: boolean;
  readonly expectsContinue: boolean;
  readonly upgrade: "websocket" | undefined;
  readonly memo: RequestMemo;
}

/** `block` begins with the line break that ends the request line, and ends with the empty line. */
export function readSection(
  block: string,
  httpVersion: "1.0" | "1.1",
  fieldsMax: number,
): HeaderSection | RefusalReason {
  const fields: Field[] = [];
  const lowerNames: string[] = [];
  let host: string | undefined;
  let contentLength: number | undefined;
  let isChunked = false;
  let saysClose = false;
  let saysKeepAlive = false;
  let expectsContinue = false;
  let hasUpgrade = false;
  for (let at = 2; at < block.length - 2;) {
    const lineEnd = block.indexOf("\r\n", at);
    const field = readFieldLine(block, at, lineEnd);
    if (typeof field === "string") return field;
    const lineStart = at;
    at = lineEnd + 2;
    const value = field[1];
    const lowerName = field[0].toLowerCase();
    if (fields.push(field) > fieldsMax) return "too-many-fields";
    lowerNames.push(lowerName);
    switch (lowerName) {
      case "host":
        if (host !== undefined) return "duplicate-host";
        if (value !== "" && !AUTHORITY.test(value)) return "bad-host";
        host = value;
        break;
      case "content-length":
        // A list of equal values may be accepted [RFC 9112 §6.3]; nobody honest sends one, so it is not.
        if (contentLength !== undefined) return "duplicate-content-length";
        if (!/^[0-9]{1,16}$/.test(value)) return "bad-content-length";
        contentLength = Number(value);
        if (contentLength > Number.MAX_SAFE_INTEGER) return "bad-content-length";
        break;
      case "transfer-encoding":
        if (isChunked) return "duplicate-transfer-encoding";
        if (value.toLowerCase() !== "chunked") return "unknown-transfer-coding";
        // A tab around it is allowed, but not every reader trims it (llhttp does not), and then sees no chunks.
        if (block.slice(lineStart, lineEnd).includes("\t")) return "unknown-transfer-coding";
        isChunked = true;
        break;
      case "connection":
        for (const option of value.toLowerCase().split(",")) {
          const bare = option.trim();
          if (bare === "close") saysClose = true;
          else if (bare === "keep-alive") saysKeepAlive = true;
        }
        break;
      case "upgrade":
        hasUpgrade = true;
        break;
      case "expect":
        if (value.toLowerCase() !== "100-continue") return "unknown-expectation";
        expectsContinue = httpVersion === "1.1"; // to be ignored in 1.0 [RFC 9110 §10.1.1]
        break;
    }
  }
  if (host === undefined && httpVersion === "1.1") return "missing-host";
  if (isChunked && contentLength !== undefined) return "length-and-transfer-encoding";
  if (isChunked && httpVersion === "1.0") return "transfer-encoding-in-1.0";
  const bodyLength = contentLength ?? 0;
  const framing = isChunked ? "chunked" : bodyLength > 0 ? "length" : "none";
  return {
    block,
    httpVersion,
    fields,
    field: (lowerName) => {
      const index = lowerNames.indexOf(lowerName);
      return index < 0 ? undefined : fields[index]?.[1];
    },
    host: host ?? "",
    framing,
    bodyLength,
    keepsAlive: !saysClose && (httpVersion === "1.1" || saysKeepAlive),
    expectsContinue: expectsContinue && framing !== "none",
    memo: newRequestMemo(),
    upgrade:
      hasUpgrade && httpVersion === "1.1" && framing === "none" && asksForWebSocket(fields) ? "websocket" : undefined,
  };
}

/** A field line in `text` from `start` to before `end` [RFC 9112 §5]. */
export function readFieldLine(text: string, start: number, end: number): Field | RefusalReason {
  const first = text.charCodeAt(start);
  if (first === 32 || first === 9) return "obs-fold";
  const colon = text.indexOf(":", start);
  if (colon < 0 || colon >= end) return "field-without-colon";
  const name = text.slice(start, colon);
  if (!isToken(name)) return isToken(name.trimEnd()) ? "space-before-colon" : "bad-field-name";
  let from = colon + 1;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  const value = text.slice(from, to);
  return isFieldValue(value) ? [name, value] : "bad-field-value";
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
