// What can be said of an answer that has ended, one row each: a line of `warmfront tail` has these, `--where` asks for them by these names,
// and the table in docs/tail.md is made from them. Read from what the recorder is told, and only where somebody looks on.

import { firstByteMs, takenMs, type Ended } from "../ended.ts";
import { decidedResult, detailedResult, endedResult } from "../record/result-types.ts";
import { RESULT_TYPES } from "../record/traffic.ts";
import type { RefusedRequest, ViewerRequest } from "../transport/message.ts";

export type LineField =
  | {
      readonly kind: "text";
      readonly about: string;
      readonly values?: readonly string[];
      readonly read: (ended: Ended) => string;
    }
  | { readonly kind: "number"; readonly about: string; readonly read: (ended: Ended) => number };

/** "" and 0 where there is none. In the order in which a line has them. */
export const LINE_FIELDS = {
  time: { kind: "text", about: "When it ended, in UTC.", read: ({ endedAt }) => new Date(endedAt).toISOString() },
  id: {
    kind: "text",
    about: "The request's id, which its viewer got as X-Amz-Cf-Id.",
    read: ({ answer }) => answer?.requestId ?? "",
  },
  edge: { kind: "number", about: "The worker that served it, from 1.", read: ({ edge }) => edge },
  distribution: { kind: "text", about: "Id of the distribution.", read: ({ served }) => served.distribution?.id ?? "" },
  host: {
    kind: "text",
    about: "The host that was asked for, in lower case and without a port.",
    read: ({ request }) => ("host" in request ? hostOf(request.host) : ""),
  },
  scheme: {
    kind: "text",
    about: "http or https.",
    values: ["http", "https"],
    read: ({ request }) => ("scheme" in request ? request.scheme : ""),
  },
  method: { kind: "text", about: "As it was sent.", read: ({ request }) => request.method ?? "" },
  path: {
    kind: "text",
    about: "As it was sent, without the query.",
    read: ({ request }) => ("path" in request ? request.path : (request.target ?? "")),
  },
  query: {
    kind: "text",
    about: "Behind the first ?, as it was sent.",
    read: ({ request }) => ("query" in request ? (request.query ?? "") : ""),
  },
  status: {
    kind: "number",
    about: "Status of the answer; 0 where the viewer left before there was one.",
    read: ({ answer }) => answer?.status ?? 0,
  },
  result: {
    kind: "text",
    about: "As in X-Cache and the access log.",
    values: RESULT_TYPES,
    read: ({ answer, outcome }) => endedResult(decidedResult(answer), outcome),
  },
  detail: {
    kind: "text",
    about: "The access log's detailed result.",
    read: ({ answer, outcome }) => detailedResult(answer, decidedResult(answer), outcome),
  },
  behavior: {
    kind: "text",
    about: "Path pattern of the behavior; `*` is the default one. Empty where the request did not get as far.",
    read: ({ served }) => served.behavior?.pattern.text ?? "",
  },
  ms: {
    kind: "number",
    about: "Milliseconds from the request's head to the last byte of the answer.",
    read: takenMs,
  },
  firstByteMs: {
    kind: "number",
    about: "Milliseconds to the first byte of the answer.",
    read: firstByteMs,
  },
  bytes: {
    kind: "number",
    about: "Bytes sent to the viewer, head and body.",
    read: ({ bytesOut }) => bytesOut,
  },
  bytesIn: {
    kind: "number",
    about: "Bytes that came from the viewer, head and body.",
    read: ({ bytesIn }) => bytesIn,
  },
  type: {
    kind: "text",
    about: "Content-Type of what was served.",
    read: ({ served }) => served.contentType ?? "",
  },
  address: { kind: "text", about: "The viewer's address.", read: ({ request }) => request.viewerAddress },
  agent: { kind: "text", about: "The viewer's User-Agent.", read: ({ request }) => fieldOf(request, "user-agent") },
  referer: { kind: "text", about: "The viewer's Referer.", read: ({ request }) => fieldOf(request, "referer") },
  protocol: {
    kind: "text",
    about: "HTTP/1.0, HTTP/1.1 or HTTP/2.0.",
    values: ["HTTP/1.0", "HTTP/1.1", "HTTP/2.0"],
    read: ({ request }) => ("httpVersion" in request ? `HTTP/${request.httpVersion}` : ""),
  },
  tls: {
    kind: "text",
    about: "Version of TLS; empty over plain HTTP.",
    read: ({ request }) => ("tls" in request ? (request.tls?.protocol ?? "") : ""),
  },
} as const satisfies Record<string, LineField>;

export type LineFieldName = keyof typeof LINE_FIELDS;

/** A line, as it travels. */
export type TailLine = {
  readonly [Name in LineFieldName]: (typeof LINE_FIELDS)[Name]["kind"] extends "number" ? number : string;
};

function fieldOf(request: ViewerRequest | RefusedRequest, lowerName: string): string {
  return "memo" in request ? (request.field(lowerName) ?? "") : "";
}

function hostOf(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

/** Of the table itself: `constructor` is no field. */
export function findField(name: string): LineField | undefined {
  return Object.hasOwn(LINE_FIELDS, name) ? LINE_FIELDS[name as LineFieldName] : undefined;
}

/** A viewer can send values of many kilobytes; a line tells of each so much. */
const VALUE_MAX = 1024;

/** Each with what stands before its value. */
const MEMBERS = Object.entries(LINE_FIELDS).map(([name, { read }], index) => ({
  before: `${index === 0 ? "{" : ","}"${name}":`,
  read,
}));

/** What a JSON text does not have as it is. [RFC 8259 §7] */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Its JSON. Put together by hand, in a third of the time: a tail asks for a thousand in a second. */
export function formatTailLine(ended: Ended): string {
  let text = "";
  for (const { before, read } of MEMBERS) {
    const value = read(ended);
    text += before + (typeof value === "number" ? value : quote(value));
  }
  return `${text}}`;
}

function quote(value: string): string {
  const shown = value.length > VALUE_MAX ? `${value.slice(0, VALUE_MAX)}…` : value;
  return ESCAPED.test(shown) ? JSON.stringify(shown) : `"${shown}"`;
}
