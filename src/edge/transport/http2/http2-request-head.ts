// A request's head out of an HTTP/2 header section, as node:http2 hands it over: decoded, pseudo-fields first, field names
// in lower case, and without connection-specific fields (nghttp2 has refused those). What is held here is what it lets
// through and the HTTP/1.1 reader would not. Surprising: sizes are counted as HTTP/1.1 would spell the same request.

import { isFieldValue, isToken } from "../../../http/field-syntax.ts";
import type { ReaderLimits } from "../http1/http1-request-reader.ts";
import type { Field, ViewerRequest } from "../message.ts";
import type { RefusalReason } from "../refusals.ts";
import { AUTHORITY, ORIGIN_FORM } from "../request-target.ts";

export interface Http2RequestHead extends Pick<
  ViewerRequest,
  "method" | "target" | "path" | "query" | "host" | "fields" | "field" | "headBytes"
> {
  readonly kind: "head";
  /** From Content-Length; `undefined` without one. */
  readonly bodyLength: number | undefined;
  /** The viewer may hold its body back until it sees 100 (Continue). */
  readonly expectsContinue: boolean;
}

/**
 * "malformed": the stream is reset [RFC 9113 §8.1.1]. "refused": well-formed, and answered with a page. Method and target are for
 * the log, as received.
 */
export interface Http2Refusal {
  readonly kind: "malformed" | "refused";
  readonly reason: RefusalReason;
  readonly method: string;
  readonly target: string;
}

/** `SP HTTP/2.0 CRLF` behind method, space and target, and the empty line. */
const LINE_BYTES = 1 + 1 + 8 + 2 + 2;
/** `: ` and CRLF around name and value. */
const FIELD_BYTES = 4;

/** `raw` alternates names and values, in order of arrival. */
export function readHttp2Head(raw: readonly string[], limits: ReaderLimits): Http2RequestHead | Http2Refusal {
  let method = "";
  let target = "";
  let scheme = "";
  let authority: string | undefined;
  let host: string | undefined;
  let contentLength: string | undefined;
  let expectation: string | undefined;
  let cookieAt: number | undefined;
  let hasBadSyntax: RefusalReason | undefined;
  let bytes = LINE_BYTES;
  const fields: Field[] = [];
  const lowerNames: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (name.charCodeAt(0) === 58) {
      if (name === ":method") method = value;
      else if (name === ":path") target = value;
      else if (name === ":scheme") scheme = value;
      else if (name === ":authority") authority = value;
      else hasBadSyntax ??= "bad-pseudo-field"; // `:protocol` among them: extended CONNECT is not offered
      continue;
    }
    bytes += name.length + value.length + FIELD_BYTES;
    if (!isToken(name)) hasBadSyntax ??= "bad-field-name";
    else if (!isFieldValue(value)) hasBadSyntax ??= "bad-field-value";
    switch (name) {
      case "cookie": {
        // Crumbs are put together before anything looks at them [RFC 9113 §8.2.3].
        const before = cookieAt === undefined ? undefined : fields[cookieAt];
        if (cookieAt !== undefined && before !== undefined) {
          fields[cookieAt] = ["cookie", `${before[1]}; ${value}`];
          continue;
        }
        cookieAt = fields.length;
        break;
      }
      case "host":
        if (host !== undefined) hasBadSyntax ??= "duplicate-host";
        host = value;
        break;
      case "content-length":
        if (contentLength !== undefined) hasBadSyntax ??= "duplicate-content-length";
        contentLength = value;
        break;
      case "expect":
        expectation = value;
        break;
    }
    fields.push([name, value]);
    lowerNames.push(name);
  }

  const refuse = (kind: Http2Refusal["kind"], reason: RefusalReason): Http2Refusal => ({
    kind,
    reason,
    method,
    target,
  });
  if (host === undefined && authority !== undefined) {
    fields.unshift(["host", authority]);
    lowerNames.unshift("host");
    bytes += 4 + authority.length + FIELD_BYTES;
  }
  bytes += method.length + target.length;
  if (hasBadSyntax !== undefined) return refuse("malformed", hasBadSyntax);
  if (!isToken(method)) return refuse("malformed", "bad-method");
  if (host !== undefined && authority !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
    return refuse("malformed", "host-mismatch");
  }
  const named = authority ?? host;
  if (named === undefined) return refuse("malformed", "missing-host");
  if (!AUTHORITY.test(named)) return refuse("malformed", "bad-host");
  // It asks for a tunnel, which an edge never is [RFC 9110 §9.3.6].
  if (method === "CONNECT") return refuse("refused", "connect-not-supported");
  if (!ORIGIN_FORM.test(target) && !(target === "*" && method === "OPTIONS")) return refuse("malformed", "bad-target");
  let bodyLength: number | undefined;
  if (contentLength !== undefined) {
    bodyLength = /^[0-9]{1,16}$/.test(contentLength) ? Number(contentLength) : Number.NaN;
    if (!Number.isSafeInteger(bodyLength)) return refuse("malformed", "bad-content-length");
  }

  if (bytes > limits.viewerHeaderBytesMax) return refuse("refused", "head-too-large");
  if (fields.length > limits.viewerFieldsMax) return refuse("refused", "too-many-fields");
  // The URL that CloudFront counts has scheme and host [CFDG cloudfront-limits].
  if ("https://".length + named.length + target.length > limits.viewerUrlBytesMax) {
    return refuse("refused", "url-too-long");
  }
  if (scheme.toLowerCase() !== "https") return refuse("refused", "scheme-mismatch");
  if (expectation !== undefined && expectation.toLowerCase() !== "100-continue") {
    return refuse("refused", "unknown-expectation");
  }
  const question = target.indexOf("?");
  return {
    kind: "head",
    method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? undefined : target.slice(question + 1),
    host: named,
    fields,
    field: (lowerName) => {
      const index = lowerNames.indexOf(lowerName);
      return index < 0 ? undefined : fields[index]?.[1];
    },
    headBytes: bytes,
    bodyLength,
    expectsContinue: expectation !== undefined,
  };
}
