// One line of a standard access log. What repeats is prepared: per second (date and time), per header block (who asked, with which
// fields, over what) and per kind of answer (distribution, result, content); so a line of a hit is a few pieces put together.
// Order and meaning of the fields: [CFDG AccessLogs]

import { epochMs, type EpochMs } from "../../vocabulary/time.ts";
import { firstByteMs, takenMs, type Ended } from "../ended.ts";
import { answerFields, type Answer, type RefusedRequest, type ViewerRequest } from "../transport/message.ts";
import { ABSENT, encodeLogValue, formatLogSeconds } from "./log-encoding.ts";
import { decidedResult, detailedResult, endedResult } from "./result-types.ts";
import { RESULT_TYPES, type ResultType } from "./traffic.ts";

/**
 * Pieces of a line that follow from the connection and the header block. What stands between two of them belongs to one of them, its tabs
 * too: what a line costs is how many pieces it is put together from.
 */
export interface RequestPieces {
  /** From the tab behind sc-bytes: c-ip, and cs-method of nearly all. */
  readonly addressAndGet: string;
  readonly address: string;
  /** cs(Referer), cs(User-Agent). */
  readonly refererAndAgent: string;
  readonly cookie: string;
  /** From the tab behind the request's id: x-host-header, cs-protocol. */
  readonly hostAndProtocol: string;
  /** From the tab behind time-taken: x-forwarded-for, ssl-protocol, ssl-cipher. */
  readonly forwardedAndTls: string;
  /** cs-protocol-version, fle-status, fle-encrypted-fields, c-port, without a tab. Field-level encryption is not built. */
  readonly versionAndPort: string;
  /** forwardedAndTls, x-edge-response-result-type and versionAndPort of the last answer: nearly always those of the next one too. */
  lastEnd: string;
  lastDecided: ResultType | undefined;
  /** Where they stand as a text of the block that is being written, and which block that was (record-blocks.ts). */
  ref: number;
  block: object | undefined;
  /** A record of theirs in that block, which the next one may be like; likewise. */
  readonly model: RecordModel;
}

/** What a record has in common with those that are written as like it. */
export interface RecordModel {
  block: object | undefined;
  /** Where it stands, in words of the block. */
  at: number;
  served: number;
  hasCookies: boolean;
  decided: ResultType;
  status: number;
  method: string;
  query: string | undefined;
  endedAt: EpochMs;
}

export function prepareRequest(request: ViewerRequest): RequestPieces {
  const { tls, viewerPort } = request;
  const protocol = request.upgrade === undefined ? request.scheme : request.scheme === "https" ? "wss" : "ws";
  return pieces(
    cells(request.viewerAddress),
    cells(request.field("referer"), request.field("user-agent")),
    cells(allOf(request, "cookie", "; ")),
    cells(request.host, protocol),
    cells(allOf(request, "x-forwarded-for", ", "), tls?.protocol, tls?.cipher),
    cells(`HTTP/${request.httpVersion}`, undefined, undefined, viewerPort?.toString()),
  );
}

function pieces(
  address: string,
  refererAndAgent: string,
  cookie: string,
  hostAndProtocol: string,
  forwardedAndTls: string,
  versionAndPort: string,
): RequestPieces {
  return {
    addressAndGet: `\t${address}GET\t`,
    address: `\t${address}`,
    refererAndAgent,
    cookie,
    hostAndProtocol: `\t${hostAndProtocol}`,
    forwardedAndTls: `\t${forwardedAndTls}`,
    versionAndPort: versionAndPort.slice(0, -1),
    lastEnd: "",
    lastDecided: undefined,
    ref: 0,
    block: undefined,
    model: {
      block: undefined,
      at: 0,
      served: 0,
      hasCookies: false,
      decided: "Error",
      status: 0,
      method: "",
      query: undefined,
      endedAt: epochMs(0),
    },
  };
}

function cells(...values: readonly (string | undefined)[]): string {
  return values.map((value) => `${encodeLogValue(value)}\t`).join("");
}

/** Of a message that was no request only the address is known, and what of its first line could be read. */
export function prepareRefused(refused: RefusedRequest): RequestPieces {
  const none = (count: number): string => NO_CELL.repeat(count);
  return pieces(cells(refused.viewerAddress), none(2), NO_CELL, none(2), none(3), none(4));
}

const NO_CELL = `${ABSENT}\t`;

/** A field that came on several lines is one value. */
function allOf(request: ViewerRequest, lowerName: string, separator: string): string | undefined {
  const first = request.field(lowerName);
  if (first === undefined) return undefined;
  const all = request.fields.filter(([name]) => name.toLowerCase() === lowerName);
  return all.length === 1 ? first : all.map(([, value]) => value).join(separator);
}

/** Pieces that follow from what the answer was: many answers share them. */
export interface ServedPieces {
  /** Where records of it go; "" where they go to no bucket. */
  readonly target: string;
  /** cs(Host): the distribution's own name, whatever name it was asked by; `-` for a request that no distribution has. */
  readonly host: string;
  readonly hasCookies: boolean;
  /** sc-content-type, without a tab. */
  readonly contentType: string;
  /** What result and content of the last answer were written as: nearly always those of the next one too. */
  lastContent: string;
  lastLength: string | number;
  lastDetailed: string;
  /** As those of `RequestPieces`. */
  ref: number;
  block: object | undefined;
}

export function prepareServed(
  target: string,
  host: string | undefined,
  hasCookies: boolean,
  contentType: string | undefined,
): ServedPieces {
  return {
    target,
    host: cells(host),
    hasCookies,
    contentType: encodeLogValue(contentType),
    lastContent: "",
    lastLength: "",
    lastDetailed: "",
    ref: 0,
    block: undefined,
  };
}

/** `instant`: date, time and x-edge-location, each with its tab. Without a line break. */
export function formatAccessLine(instant: string, ended: Ended, by: RequestPieces, served: ServedPieces): string {
  const { request, answer, outcome } = ended;
  const decided = decidedResult(answer);
  const target = "path" in request ? request.path : request.target;
  const query = "path" in request ? request.query : undefined;
  const result = endedResult(decided, outcome);
  return (
    instant +
    ended.bytesOut +
    (request.method === "GET" ? by.addressAndGet : by.address + cells(request.method)) +
    served.host +
    encodeLogValue(target) +
    (answer === undefined ? "\t000\t" : answer.status === 200 ? "\t200\t" : `\t${answer.status}\t`) +
    by.refererAndAgent +
    (query === undefined && !served.hasCookies
      ? WITHOUT_QUERY_AND_COOKIE[result]
      : cells(query) + (served.hasCookies ? by.cookie : NO_CELL) + RESULT_CELL[result]) +
    (answer?.requestId ?? ABSENT) +
    by.hostAndProtocol +
    ended.bytesIn +
    "\t" +
    formatLogSeconds(takenMs(ended)) +
    endOf(by, decided) +
    formatLogSeconds(firstByteMs(ended)) +
    contentOf(answer, detailedResult(answer, decided, outcome), served)
  );
}

function cellOfEach(format: (name: ResultType) => string): Readonly<Record<ResultType, string>> {
  return Object.fromEntries(RESULT_TYPES.map((name) => [name, format(name)])) as Record<ResultType, string>;
}

const RESULT_CELL = cellOfEach((name) => `${name}\t`);
const WITHOUT_QUERY_AND_COOKIE = cellOfEach((name) => `${NO_CELL}${NO_CELL}${name}\t`);

/** Up to the time to the first byte, with the tabs around it. */
function endOf(by: RequestPieces, decided: ResultType): string {
  if (by.lastDecided !== decided) {
    by.lastDecided = decided;
    by.lastEnd = `${by.forwardedAndTls}${decided}\t${by.versionAndPort}\t`;
  }
  return by.lastEnd;
}

const NO_RANGE = `\t${ABSENT}\t${ABSENT}`;
const NO_CONTENT = `${ABSENT}\t${ABSENT}${NO_RANGE}`;

/**
 * x-edge-detailed-result-type, sc-content-type, sc-content-len, sc-range-start, sc-range-end, of what the viewer was sent, from the tab
 * before them.
 */
export function contentOf(answer: Answer | undefined, detailed: string, served: ServedPieces): string {
  if (answer === undefined || answer.status === 304) return `\t${detailed}\t${NO_CONTENT}`;
  const length = lengthOf(answer);
  const { part } = answer;
  if (part !== undefined) return `\t${detailed}\t${served.contentType}\t${length}\t${part.first}\t${part.last}`;
  if (answer.status === 206) return `\t${detailed}\t${contentOfPart(answer, length, served)}`;
  if (served.lastLength !== length || served.lastDetailed !== detailed) {
    served.lastLength = length;
    served.lastDetailed = detailed;
    served.lastContent = `\t${detailed}\t${served.contentType}\t${length}${NO_RANGE}`;
  }
  return served.lastContent;
}

/** Of one that the origin or another worker has cut, or of several parts, whose frame has a type of its own. */
function contentOfPart(answer: Answer, length: string | number, { contentType }: ServedPieces): string {
  const range = /^bytes (\d+)-(\d+)\//.exec(fieldOf(answer, "content-range") ?? "");
  if (range !== null) return `${contentType}\t${length}\t${range[1]}\t${range[2]}`;
  return `${encodeLogValue(fieldOf(answer, "content-type"))}\t${length}${NO_RANGE}`;
}

function lengthOf({ status, body }: Answer): string | number {
  switch (body.kind) {
    case "none":
      return status === 204 ? ABSENT : 0;
    case "bytes":
      return body.bytes.length;
    case "stream":
      return body.length ?? ABSENT;
    case "tunnel":
      return ABSENT;
  }
}

function fieldOf(answer: Answer, lowerName: string): string | undefined {
  return answerFields(answer).find(([name]) => name.toLowerCase() === lowerName)?.[1];
}
