// What is asked about, and the viewer's request that it stands for: the bytes that a viewer would send are read by the reader that reads
// viewers' bytes, so that what it refuses is refused here, for the same reason.

import { Buffer } from "node:buffer";
import type { Limits } from "../../vocabulary/limits.ts";
import { RequestReader } from "../transport/http1/http1-request-reader.ts";
import type { Field, RequestBody, ViewerRequest } from "../transport/message.ts";
import { REFUSALS, type RefusalReason } from "../transport/refusals.ts";

/** What is asked about. `headers` are the viewer's, Host aside: that is the URL's; `viewerAddress` is 127.0.0.1 unless given. */
export interface ExplainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly viewerAddress?: string;
  /** Of an https URL: the name in the viewer's handshake, where that is not the URL's host; "" for none. */
  readonly serverName?: string;
}

export type AskedRequest =
  | { readonly kind: "request"; readonly request: ViewerRequest }
  /** It cannot be sent at all. */
  | { readonly kind: "unreadable"; readonly why: string }
  /** The edge would answer with this status and close the connection. */
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly reason: RefusalReason;
      readonly why: string;
      readonly source: string;
    };

/** The request as a viewer would send it over HTTP/1.1. */
export function readAsked(asked: ExplainRequest, limits: Limits): AskedRequest {
  const { method, url, headers = [], viewerAddress = "127.0.0.1" } = asked;
  // Taken apart by hand: the URL parser would normalize the path, which the edge does not.
  const parts = /^(https?):\/\/([^/?#]+)([^#]*)/is.exec(url);
  if (parts === null) return { kind: "unreadable", why: `${url} is not an http or https URL` };
  const [, scheme = "", host = "", rest = ""] = parts;
  if (host.includes("@")) {
    const why =
      "name and password in front of a host are not sent: leave them out, and send Authorization in their place";
    return { kind: "unreadable", why };
  }
  const fields: readonly Field[] = [["Host", host], ...headers.filter(([name]) => name.toLowerCase() !== "host")];
  const target = rest.startsWith("/") ? rest : `/${rest}`;
  const lines = [`${method} ${target} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  if (lines.some((line) => /[\r\n]/.test(line))) {
    return {
      kind: "unreadable",
      why: "a method, a URL and a header are one line each, and this has a line break in one",
    };
  }
  const lowerScheme = scheme.toLowerCase() === "https" ? "https" : "http";
  const reader = new RequestReader(limits, lowerScheme);
  reader.feed(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  const event = reader.next();
  if (event.kind === "refused") {
    // A space in it makes the rest of it the target's beginning.
    const reason = method.includes(" ") ? "bad-method" : event.reason;
    const { status, cite } = REFUSALS[reason];
    return { kind: "refused", status, reason, why: whyRefused(reason, limits), source: cite };
  }
  // A head that is whole is read or refused: there is nothing to wait for.
  if (event.kind !== "head") return { kind: "unreadable", why: `${method} ${target} is not a request` };
  const { framing, bodyLength } = event;
  return {
    kind: "request",
    request: {
      ...event,
      scheme: lowerScheme,
      body: framing === "none" ? undefined : unsentBody(framing === "length" ? bodyLength : undefined),
      viewerAddress,
      headBytes: 0,
    },
  };
}

/** It is announced, and nobody reads it. */
function unsentBody(length: number | undefined): RequestBody {
  return { length, chunks: (async function* () {})() };
}

/** What can be wrong with a head that is written from a method, a URL and headers. */
function whyRefused(reason: RefusalReason, limits: Limits): string {
  switch (reason) {
    case "url-too-long":
      return `the URL, with scheme and host, is longer than viewerUrlBytesMax, which is ${limits.viewerUrlBytesMax} bytes`;
    case "head-too-large":
      return `request line and headers together are longer than viewerHeaderBytesMax, which is ${limits.viewerHeaderBytesMax} bytes`;
    case "too-many-fields":
      return `there are more headers than viewerFieldsMax, which is ${limits.viewerFieldsMax}`;
    case "bad-method":
      return "a method is made of letters, digits and !#$%&'*+-.^_`|~";
    case "bad-request-line":
    case "bad-target":
      return "spaces and signs beyond ASCII stand in a URL as %20 and the like: browsers write them so, and this was not";
    case "bad-field-name":
    case "space-before-colon":
      return "the name of a header is made of letters, digits and !#$%&'*+-.^_`|~";
    case "bad-field-value":
      return "the value of a header has no control characters";
    case "bad-host":
      return "the URL's host is not a name or an address, with a port or without";
    case "unknown-expectation":
      return "of what a viewer may expect, the edge knows 100-continue alone";
    case "connect-not-supported":
      return "CONNECT asks for a tunnel, which an edge never is";
    case "bad-content-length":
    case "duplicate-content-length":
      return "Content-Length is one number, the bytes of the body";
    default:
      return `the edge refuses such a head (${reason})`;
  }
}
