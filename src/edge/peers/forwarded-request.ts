// A viewer's request on its way from the worker that has the viewer to the one that owns the key, as text. What a viewer repeats, its
// fields and what is known of it, is a section, told once; a request then says what is its own. [D-0027]

import type { Authorized } from "../exchange.ts";
import { isFieldValue } from "../../http/field-syntax.ts";
import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import { ORIGIN_FORM } from "../transport/request-target.ts";
import { newRequestMemo } from "../request-memo.ts";
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

/** Stands for nothing. */
const NONE = "-";

/**
 * Method and target; it has no body. `undefined`: there is something in the path that cannot be said so, which only
 * a configured one can bring about.
 */
export function formatAsked({ request, path, query }: Authorized): string | undefined {
  // The viewer's own was looked at when it came.
  if (path === request.path && query === request.query) return `${request.method} ${request.target}`;
  const target = query === undefined ? path : `${path}?${query}`;
  return ORIGIN_FORM.test(target) ? `${request.method} ${target}` : undefined;
}

/** What is the same for all requests of a memo, for as long as nothing is configured anew. `undefined`: it cannot be said. */
export function formatSection({ request, distribution, country }: Authorized, slot: number): string | undefined {
  const { scheme, httpVersion, viewerAddress, host, body } = request;
  const facts =
    `${slot} ${distribution.id} ${distribution.version} ${scheme} ${httpVersion} ${viewerAddress || NONE} ` +
    `${country ?? NONE} ${body === undefined ? NONE : "empty"} ${host}`;
  if (!isFieldValue(facts)) return undefined;
  let text = `${facts}\n`;
  for (const field of request.fields) text += `${field[0]}:${field[1]}\n`;
  return text;
}

const FACTS = /^(\d+) (\S+) (\d+) (https?) (1\.0|1\.1|2\.0) (\S+) (\S+) (-|empty) (\S*)$/;

/** A section as the owner has it. */
export interface Section {
  readonly facts: Omit<Forwarded, "request" | "through">;
  readonly viewer: Pick<
    ViewerRequest,
    "httpVersion" | "scheme" | "host" | "fields" | "field" | "body" | "viewerAddress" | "memo"
  >;
}

/** `undefined`: this is nothing that a worker says. */
export function readSection(text: string): Section | undefined {
  const factsEnd = text.indexOf("\n");
  const read = FACTS.exec(text.slice(0, Math.max(0, factsEnd)));
  const fields = read === null ? undefined : readFields(text, factsEnd + 1, ":", "\n");
  if (read === null || fields === undefined) return undefined;
  const [, slot, id = "", version, scheme, httpVersion, address = "", country, body, host = ""] = read;
  const lowerNames = fields.map(([name]) => name.toLowerCase());
  return {
    facts: {
      slot: Number(slot),
      distribution: id as DistributionId,
      version: Number(version) as FeedNumber,
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

/** Lines from there to the end of the text. `undefined`: there is something else. */
export function readFields(
  text: string,
  from: number,
  separator: string,
  lineEnd: string,
): readonly Field[] | undefined {
  const fields: Field[] = [];
  for (let at = from; at < text.length;) {
    const colon = text.indexOf(separator, at);
    const end = text.indexOf(lineEnd, at);
    if (colon <= at || end < colon) return undefined;
    fields.push([text.slice(at, colon), text.slice(colon + separator.length, end)]);
    at = end + lineEnd.length;
  }
  return fields;
}

/** `undefined`: this is nothing that a worker says. */
export function readAsked(
  text: string,
  { facts, viewer }: Section,
  through: FeedNumber,
  way: Pick<ViewerRequest, "onGone" | "interim">,
): Forwarded | undefined {
  const blank = text.indexOf(" ");
  if (blank <= 0) return undefined;
  const target = text.slice(blank + 1);
  const mark = target.indexOf("?");
  return {
    slot: facts.slot,
    distribution: facts.distribution,
    version: facts.version,
    country: facts.country,
    through,
    request: {
      method: text.slice(0, blank),
      target,
      path: mark < 0 ? target : target.slice(0, mark),
      query: mark < 0 ? undefined : target.slice(mark + 1),
      httpVersion: viewer.httpVersion,
      scheme: viewer.scheme,
      host: viewer.host,
      fields: viewer.fields,
      field: viewer.field,
      body: viewer.body,
      viewerAddress: viewer.viewerAddress,
      memo: viewer.memo,
      onGone: way.onGone,
      interim: way.interim,
      headBytes: 0, // nothing is recorded where the viewer is not
    },
  };
}
