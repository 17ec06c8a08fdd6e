// A request's head out of an HTTP/2 header section, held against [RFC 9113 §8] and against what the HTTP/1.1 reader would refuse.
// All but the path is read once for the requests of a connection that bring the same fields. Surprising: sizes are counted as
// HTTP/1.1 would spell the same request.

import { isFieldValue, isToken } from "../../../http/field-syntax.ts";
import { newRequestMemo } from "../../request-memo.ts";
import type { ReaderLimits } from "../http1/http1-request-reader.ts";
import type { Field, ViewerRequest } from "../message.ts";
import type { RefusalReason } from "../refusals.ts";
import { AUTHORITY, ORIGIN_FORM } from "../request-target.ts";

/** What requests have in common that differ in their path alone. */
export interface Http2Fields extends Pick<ViewerRequest, "method" | "host" | "fields" | "field" | "memo"> {
  readonly kind: "fields";
  /** The path that was read along; "" where there was none. */
  readonly target: string;
  /** From Content-Length; `undefined` without one. */
  readonly bodyLength: number | undefined;
  /** The viewer may hold its body back until it sees 100 (Continue). */
  readonly expectsContinue: boolean;
  /** As HTTP/1.1 would spell it, without the target. */
  readonly bytes: number;
  /** Well-formed, and refused whatever the path is. */
  readonly refusal: RefusalReason | undefined;
}

export interface Http2RequestHead extends Pick<ViewerRequest, "target" | "path" | "query" | "headBytes"> {
  readonly kind: "head";
  readonly shared: Http2Fields;
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

/** They are about one connection of HTTP/1.1. [RFC 9113 §8.2.2] */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** [RFC 3986 §3.1] */
const SCHEME = /^[A-Za-z][A-Za-z0-9+\-.]*$/;
const HAS_UPPER_CASE = /[A-Z]/;
const HAS_SPACE_AROUND = /^[ \t]|[ \t]$/;

/** What is wrong with a field that is no pseudo-field. [RFC 9113 §8.2.1] */
function faultOf(name: string, value: string): RefusalReason | undefined {
  if (!isToken(name) || HAS_UPPER_CASE.test(name)) return "bad-field-name";
  if (!isFieldValue(value) || HAS_SPACE_AROUND.test(value)) return "bad-field-value";
  if (CONNECTION_FIELDS.has(name) || (name === "te" && value.toLowerCase() !== "trailers")) return "connection-field";
  return undefined;
}

/** What frames or routes a message cannot be said behind it. [RFC 9110 §6.5.1] */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set(["content-length", "host", "trailer"]);

/** Whether these, names and values in turn, may stand behind a body. [RFC 9113 §8.1] */
export function areTrailers(raw: readonly string[]): boolean {
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    if (NOT_IN_TRAILERS.has(name) || faultOf(name, raw[at + 1] ?? "") !== undefined) return false; // no name has a colon
  }
  return true;
}

/** Reads all but the path. `raw` alternates names and values, in order of arrival. */
export function readHttp2Fields(raw: readonly string[], limits: ReaderLimits): Http2Fields | Http2Refusal {
  const pseudo: Record<string, string | undefined> = {
    ":method": undefined,
    ":scheme": undefined,
    ":path": undefined,
    ":authority": undefined,
  };
  let host: string | undefined;
  let contentLength: string | undefined;
  let expectation: string | undefined;
  let cookieAt: number | undefined;
  let fault: RefusalReason | undefined;
  let bytes = LINE_BYTES;
  const fields: Field[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const value = raw[at + 1] ?? "";
    if (name.charCodeAt(0) === 58) {
      // Each once, in front of all fields, and no others: `:protocol` among these, since extended CONNECT is not offered.
      if (fields.length > 0 || !(name in pseudo) || pseudo[name] !== undefined) fault ??= "bad-pseudo-field";
      pseudo[name] = value;
      continue;
    }
    bytes += name.length + value.length + FIELD_BYTES;
    fault ??= faultOf(name, value);
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
        if (host !== undefined) fault ??= "duplicate-host";
        host = value;
        break;
      case "content-length":
        if (contentLength !== undefined) fault ??= "duplicate-content-length";
        contentLength = value;
        break;
      case "expect":
        expectation = value;
        break;
    }
    fields.push([name, value]);
  }

  const { ":method": method = "", ":path": target = "", ":scheme": scheme, ":authority": authority } = pseudo;
  const malformed = (reason: RefusalReason): Http2Refusal => ({ kind: "malformed", reason, method, target });
  if (host === undefined && authority !== undefined) {
    fields.unshift(["host", authority]);
    bytes += 4 + authority.length + FIELD_BYTES;
  }
  bytes += method.length;
  if (fault !== undefined) return malformed(fault);
  if (!isToken(method)) return malformed("bad-method");
  // CONNECT alone has neither scheme nor path. [RFC 9113 §8.3.1] [RFC 9113 §8.5]
  const isConnect = method === "CONNECT";
  if ((scheme !== undefined) === isConnect || (pseudo[":path"] !== undefined) === isConnect) {
    return malformed("bad-pseudo-field");
  }
  if (scheme !== undefined && !SCHEME.test(scheme)) return malformed("bad-pseudo-field");
  if (host !== undefined && authority !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
    return malformed("host-mismatch");
  }
  const named = authority ?? host;
  if (named === undefined) return malformed("missing-host");
  if (!AUTHORITY.test(named)) return malformed("bad-host");
  let bodyLength: number | undefined;
  if (contentLength !== undefined) {
    bodyLength = /^[0-9]{1,16}$/.test(contentLength) ? Number(contentLength) : Number.NaN;
    if (!Number.isSafeInteger(bodyLength)) return malformed("bad-content-length");
  }
  const lowerNames = fields.map(([name]) => name);
  return {
    kind: "fields",
    target,
    method,
    host: named,
    fields,
    field: (lowerName) => {
      const index = lowerNames.indexOf(lowerName);
      return index < 0 ? undefined : fields[index]?.[1];
    },
    memo: newRequestMemo(),
    bodyLength,
    expectsContinue: expectation !== undefined,
    bytes,
    refusal: isConnect
      ? "connect-not-supported" // it asks for a tunnel, which an edge never is [RFC 9110 §9.3.6]
      : fields.length > limits.viewerFieldsMax
        ? "too-many-fields"
        : scheme?.toLowerCase() !== "https"
          ? "scheme-mismatch"
          : expectation !== undefined && expectation.toLowerCase() !== "100-continue"
            ? "unknown-expectation"
            : undefined,
  };
}

/** The rest: what the path has to do with. */
export function readHttp2Head(
  shared: Http2Fields,
  target: string,
  limits: ReaderLimits,
): Http2RequestHead | Http2Refusal {
  const { method, refusal } = shared;
  const headBytes = shared.bytes + target.length;
  const no = (kind: Http2Refusal["kind"], reason: RefusalReason): Http2Refusal => ({ kind, reason, method, target });
  if (refusal !== "connect-not-supported" && !ORIGIN_FORM.test(target) && !(target === "*" && method === "OPTIONS")) {
    return no("malformed", "bad-target");
  }
  if (headBytes > limits.viewerHeaderBytesMax) return no("refused", "head-too-large");
  // The URL that CloudFront counts has scheme and host [CFDG cloudfront-limits].
  if ("https://".length + shared.host.length + target.length > limits.viewerUrlBytesMax)
    return no("refused", "url-too-long");
  if (refusal !== undefined) return no("refused", refusal);
  const question = target.indexOf("?");
  return {
    kind: "head",
    shared,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? undefined : target.slice(question + 1),
    headBytes,
  };
}
