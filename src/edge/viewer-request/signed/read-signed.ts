// What of a viewer's request is a signed URL or signed cookies: the parameters as they are written, none of them decoded.
// Nothing is judged here but which of the two counts. [CFDG private-content-choosing-signed-urls-cookies]

import { SIGNED_COOKIES, SIGNED_PARAMETERS, type SignedParameter } from "../../../model/viewer-signature.ts";
import type { ViewerRequest } from "../../transport/message.ts";

export interface SignedValues {
  readonly by: "URL" | "cookies";
  readonly values: ReadonlyMap<SignedParameter, string>;
  /** Parameters that the URL has more than once: nobody can tell which of them was meant. */
  readonly repeated: readonly SignedParameter[];
  /** The query without the parameters of a signed URL; `undefined` when nothing is left of it. */
  readonly ownQuery: string | undefined;
}

const NAMES: ReadonlySet<string> = new Set(SIGNED_PARAMETERS);

/** One of these makes a URL a signed one, whatever else it lacks. Hash-Algorithm alone does not. */
const TELLING: ReadonlySet<string> = new Set(["Expires", "Policy", "Signature", "Key-Pair-Id"]);
const TELLING_PIECE = /(?:^|&)(?:Expires|Policy|Signature|Key-Pair-Id)(?:[=&]|$)/;

/** Whether the URL is a signed one, and cookies do not count. [CFDG private-content-choosing-signed-urls-cookies] */
export function isSignedQuery(query: string | undefined): query is string {
  return query !== undefined && TELLING_PIECE.test(query);
}

/** Of a signed query. The order of what is left is kept, and its separators. */
function readSignedQuery(query: string): SignedValues {
  const values = new Map<SignedParameter, string>();
  const repeated: SignedParameter[] = [];
  const own: string[] = [];
  for (const piece of query.split("&")) {
    const equals = piece.indexOf("=");
    const name = equals < 0 ? piece : piece.slice(0, equals);
    if (!isSignedParameter(name)) {
      own.push(piece);
      continue;
    }
    if (values.has(name)) repeated.push(name);
    values.set(name, equals < 0 ? "" : piece.slice(equals + 1));
  }
  return { by: "URL", values, repeated, ownQuery: own.length === 0 ? undefined : own.join("&") };
}

function isSignedParameter(name: string): name is SignedParameter {
  return NAMES.has(name);
}

/** What the request has of either. */
export function readSigned(request: ViewerRequest): SignedValues | undefined {
  return isSignedQuery(request.query) ? readSignedQuery(request.query) : readSignedCookies(request);
}

/**
 * The signed cookies. A browser that has one of a name for several paths sends that of the longest path first
 * [RFC 6265 §5.4], so the first counts; a query is no part of them.
 */
export function readSignedCookies(request: ViewerRequest): SignedValues | undefined {
  if (request.field("cookie") === undefined) return undefined;
  const values = new Map<SignedParameter, string>();
  for (const [fieldName, line] of request.fields) {
    if (fieldName.toLowerCase() !== "cookie") continue;
    for (const piece of line.split(";")) {
      const pair = piece.trim();
      const equals = pair.indexOf("=");
      const name = pair.slice(0, Math.max(equals, 0));
      if (!SIGNED_COOKIES.has(name)) continue;
      const parameter = name.slice("CloudFront-".length) as SignedParameter;
      if (!values.has(parameter)) values.set(parameter, pair.slice(equals + 1));
    }
  }
  const isSigned = [...values.keys()].some((name) => TELLING.has(name));
  return isSigned ? { by: "cookies", values, repeated: [], ownQuery: request.query } : undefined;
}
