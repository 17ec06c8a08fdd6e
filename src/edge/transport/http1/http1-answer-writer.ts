// An answer as HTTP/1.1 bytes, without I/O: the head as text and how the body is to be framed. What frames a message is
// decided here and nowhere else, so an answer that brings its own framing fields is a broken promise and throws.

import assert from "node:assert/strict";

import { isFieldValue, isToken } from "../../../http/field-syntax.ts";
import type { Answer, PreparedFields } from "../message.ts";

/** Standard phrases [RFC 9110 §15], but 413, whose wording is CloudFront's. Unknown codes have an empty one. */
const REASON_PHRASES: Readonly<Record<number, string>> = {
  102: "Processing",
  103: "Early Hints",
  200: "OK",
  201: "Created",
  202: "Accepted",
  203: "Non-Authoritative Information",
  204: "No Content",
  205: "Reset Content",
  206: "Partial Content",
  207: "Multi-Status",
  208: "Already Reported",
  226: "IM Used",
  300: "Multiple Choices",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  305: "Use Proxy",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  407: "Proxy Authentication Required",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  411: "Length Required",
  412: "Precondition Failed",
  413: "Request Entity Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  416: "Range Not Satisfiable",
  417: "Expectation Failed",
  418: "I'm a Teapot",
  421: "Misdirected Request",
  422: "Unprocessable Content",
  423: "Locked",
  424: "Failed Dependency",
  425: "Too Early",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  506: "Variant Also Negotiates",
  507: "Insufficient Storage",
  508: "Loop Detected",
  510: "Not Extended",
  511: "Network Authentication Required",
};

export function reasonPhrase(status: number): string {
  return REASON_PHRASES[status] ?? "";
}

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) statusLines.set(status, (line = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`));
  return line;
}

/** What of the request decides how its answer is framed. */
export interface AnsweredRequest {
  readonly method: string;
  readonly httpVersion: "1.0" | "1.1";
  /** The connection could carry another request. */
  readonly keepsAlive: boolean;
}

export interface FramedHead {
  /** Status line, fields and the empty line; a character per byte. */
  readonly text: string;
  /** "none": the body is not sent, whatever it is. "sized": sent as it is. "until-close": likewise, and its end is the connection's. */
  readonly body: "none" | "sized" | "chunked" | "until-close";
  /** The connection goes on after this answer; the head says the same. */
  readonly keepsAlive: boolean;
}

export const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
/** Throws like `frameAnswer`. [RFC 9110 §15.2] */
export function formatInterim(status: number, fields: Answer["fields"]): string {
  assert.ok(status >= 102 && status <= 199, "not an interim status that anyone but the transport may send");
  return `${statusLine(status)}${formatFieldLines(fields)}\r\n`;
}
export const LAST_CHUNK = "0\r\n\r\n";

const FRAMING_FIELDS = /^(?:content-length|transfer-encoding|connection|keep-alive)$/i;
/** Names that were found good; field names come from configuration and origins, so their number is bounded here. */
const goodNames = new Set<string>();
const GOOD_NAMES_MAX = 2048;

/**
 * Frames an answer: fields as given, and behind them, or where the answer says, Content-Length or Transfer-Encoding and
 * Connection. `mayKeepAlive`: the connection could still carry another request.
 * Throws when a name or value could break out of its line, or when the answer frames itself.
 */
export function frameAnswer(
  answer: Answer,
  request: AnsweredRequest,
  mayKeepAlive: boolean = request.keepsAlive,
): FramedHead {
  const { status, body, prepared, fields } = answer;
  assert.ok(body.kind !== "tunnel", "a tunnel is not framed");
  assert.ok(status >= 200 && status <= 999, "only a final status can be answered");
  let framing = "";

  let keepsAlive = mayKeepAlive && answer.close !== true;
  let framed: FramedHead["body"];
  const length = body.kind === "none" ? 0 : body.kind === "bytes" ? body.bytes.length : body.length;
  if (status === 204 || status === 304) {
    framed = "none"; // and no Content-Length: [RFC 9110 §8.6] forbids it for 204
  } else if (request.method === "HEAD") {
    framed = "none";
    if (body.kind !== "none" && length !== undefined) framing = `Content-Length: ${length}\r\n`;
  } else if (length !== undefined) {
    framed = length === 0 ? "none" : "sized";
    framing = `Content-Length: ${length}\r\n`;
  } else if (request.httpVersion === "1.1") {
    framed = "chunked";
    framing = "Transfer-Encoding: chunked\r\n";
  } else {
    framed = "until-close";
    keepsAlive = false;
  }
  // Said on 1.1 too, where it means nothing, because CloudFront says it.
  framing += keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  // We speak 1.1 in answer to a 1.0 request too [RFC 9110 §6.2].
  let text = statusLine(status);
  if (prepared !== undefined) text += preparedLines(prepared);
  const at = answer.framingAt ?? fields.length;
  text +=
    at === fields.length
      ? formatFieldLines(fields) + framing
      : formatFieldLines(fields.slice(0, at)) + framing + formatFieldLines(fields.slice(at));
  return { text: text + "\r\n", body: framed, keepsAlive };
}

/** Their lines, made once. Throws as `formatFieldLines` does. */
export function preparedLines(prepared: PreparedFields): string {
  return (prepared.http1 ??= flat(formatFieldLines(prepared.fields)));
}

/** A text of many pieces as one, because it is going to be written often. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** The head of a 101, behind which there is a tunnel. Throws as `frameAnswer` does. */
export function frameSwitch(fields: Answer["fields"], protocol: string): string {
  return `HTTP/1.1 101 Switching Protocols\r\n${formatFieldLines(fields)}Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
}

/** As lines, each with its end. Throws when a name or value could break out of its line, or frames a message. */
export function formatFieldLines(fields: Answer["fields"]): string {
  let text = "";
  for (const field of fields) {
    const [name, value] = field;
    if (!goodNames.has(name)) checkName(name);
    if (!isFieldValue(value)) assert.fail(`field ${name} has a value that would break its line`);
    text += name + ": " + value + "\r\n";
  }
  return text;
}

function checkName(name: string): void {
  assert.ok(isToken(name), `${JSON.stringify(name)} is not a field name`);
  assert.ok(!FRAMING_FIELDS.test(name), `${name} is the transport's to send`);
  if (goodNames.size < GOOD_NAMES_MAX) goodNames.add(name);
}
