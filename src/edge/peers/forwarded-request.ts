// A viewer's request on its way from the worker that has the viewer to the one that owns the key. HTTP/1.1, so that our own
// reader reads it: what is known of the viewer stands in one field of ours, and each of the viewer's own fields under its
// name with a hyphen in front. So nothing a viewer sends can be taken for ours, nor for what frames or routes this message. [D-0027]

import type { Authorized } from "../exchange.ts";
import { isFieldValue } from "../../http/field-syntax.ts";
import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import { ORIGIN_FORM } from "../transport/request-target.ts";
import { newRequestMemo, type RequestMemo } from "../request-memo.ts";
import type { Field, ViewerRequest } from "../transport/message.ts";

/** What the owner has to know and cannot decide by itself: who asks, and by which configuration that was let in. */
export interface Forwarded {
  /** The worker that asks. */
  readonly slot: number;
  readonly distribution: DistributionId;
  /** Number of the change that brought the distribution as the asking worker has it. */
  readonly version: FeedNumber;
  /** Up to where the asking worker has followed the feed. */
  readonly through: FeedNumber;
  readonly country: string | undefined;
  /** The viewer's, with the path and the query that count. Of TLS it says nothing: whom a certificate lets in is decided before. */
  readonly request: ViewerRequest;
}

/** The field that is ours. */
export const PEER_FIELD = "Warmfront-Peer";
const LOWER_PEER_FIELD = "warmfront-peer";
/** Stands for nothing in it. */
const NONE = "-";

/**
 * The head of the message; it has no body. Of `position` what the worker has done by itself since the last step of the feed is left out. `undefined`: there is something in the request that cannot be said so, which
 * only a configured path can bring about.
 */
export function formatForwarded(exchange: Authorized, slot: number, position: FeedNumber): string | undefined {
  const { request, path, query } = exchange;
  const target = query === undefined ? path : `${path}?${query}`;
  if (!ORIGIN_FORM.test(target)) return undefined;
  const rest = restOf(exchange, slot, Math.floor(position));
  return rest === undefined ? undefined : `${request.method} ${target}${rest}`;
}

/** What stands behind the target, for as long as a viewer repeats its fields and nothing is configured anew. */
interface Rest {
  readonly distribution: Authorized["distribution"];
  readonly slot: number;
  readonly through: number;
  readonly country: string | undefined;
  readonly isEmpty: boolean;
  readonly text: string;
}

const rests = new WeakMap<RequestMemo, Rest>();

function restOf(exchange: Authorized, slot: number, through: number): string | undefined {
  const { request, distribution, country } = exchange;
  const isEmpty = request.body !== undefined;
  const known = rests.get(request.memo);
  if (
    known !== undefined &&
    known.distribution === distribution &&
    known.slot === slot &&
    known.through === through &&
    known.country === country &&
    known.isEmpty === isEmpty
  ) {
    return known.text;
  }
  const { scheme, httpVersion, viewerAddress, host } = request;
  const facts =
    `${slot} ${distribution.id} ${distribution.version} ${through} ${scheme} ${httpVersion} ${viewerAddress || NONE} ` +
    `${country ?? NONE} ${isEmpty ? "empty" : NONE} ${host}`;
  if (!isFieldValue(facts)) return undefined;
  let text = ` HTTP/1.1\r\nHost: owner\r\n${PEER_FIELD}: ${facts}\r\n`;
  for (const field of request.fields) text += `-${field[0]}: ${field[1]}\r\n`;
  text += "\r\n";
  rests.set(request.memo, { distribution, slot, through, country, isEmpty, text });
  return text;
}

/** `undefined`: this is no message of a worker's. */
export function readForwarded(received: ViewerRequest): Forwarded | undefined {
  const section = sectionOf(received);
  if (section === undefined) return undefined;
  const { method, target, path, query, onGone, interim, headBytes } = received;
  const { facts, viewer } = section;
  const request: ViewerRequest = {
    ...viewer,
    method,
    target,
    path,
    query,
    onGone,
    // Told about the message that it came in: the connection knows no other.
    interim: interim && ((_about, status, fields) => interim(received, status, fields)),
    headBytes,
  };
  return { ...facts, request };
}

const FACTS = /^(\d+) (\S+) (\d+) (\d+) (https?) (1\.0|1\.1|2\.0) (\S+) (\S+) (-|empty) (\S*)$/;

/** What follows from the header block. */
interface Section {
  readonly facts: Omit<Forwarded, "request">;
  readonly viewer: Pick<
    ViewerRequest,
    "httpVersion" | "scheme" | "host" | "fields" | "field" | "body" | "viewerAddress" | "memo"
  >;
}

/** A viewer repeats its fields, and the worker between repeats them too. */
const sections = new WeakMap<RequestMemo, Section>();

function sectionOf(received: ViewerRequest): Section | undefined {
  const known = sections.get(received.memo);
  if (known !== undefined) return known;
  const read = readSection(received);
  if (read !== undefined) sections.set(received.memo, read);
  return read;
}

function readSection(received: ViewerRequest): Section | undefined {
  const read = FACTS.exec(received.field(LOWER_PEER_FIELD) ?? "");
  if (read === null) return undefined;
  const [, slot, id = "", version, through, scheme, httpVersion, address = "", country, body, host = ""] = read;
  const fields = viewerFields(received.fields);
  if (fields === undefined) return undefined;
  const lowerNames = fields.map(([name]) => name.toLowerCase());
  return {
    facts: {
      slot: Number(slot),
      distribution: id as DistributionId,
      version: Number(version) as FeedNumber,
      through: Number(through) as FeedNumber,
      country: country === NONE ? undefined : country,
    },
    viewer: {
      httpVersion: httpVersion as ViewerRequest["httpVersion"],
      scheme: scheme as ViewerRequest["scheme"],
      host,
      fields,
      field: (lowerName) => fields[lowerNames.indexOf(lowerName)]?.[1],
      body: body === NONE ? undefined : { length: 0, chunks: NO_CHUNKS },
      viewerAddress: address === NONE ? "" : address,
      memo: newRequestMemo(),
    },
  };
}

const NO_CHUNKS: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} };

/** `undefined`: there is a field that is neither ours nor a viewer's. */
function viewerFields(fields: readonly Field[]): readonly Field[] | undefined {
  const kept: Field[] = [];
  for (const [name, value] of fields) {
    if (name.startsWith("-")) kept.push([name.slice(1), value]);
    else if (name !== "Host" && name !== PEER_FIELD) return undefined;
  }
  return kept;
}
