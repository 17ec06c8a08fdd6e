// Custom error responses: what viewers get instead of an error. The decision is about the finished answer, so it holds for
// what the origin sent, what is stored and what the edge made because there was no origin; replace-error-page.ts acts
// on it, as the last step. [CFDG GeneratingCustomErrorResponses]

import type { ErrorPage } from "../config/effective-config.ts";
import type { Authorized, Routed } from "../exchange.ts";
import { withoutFields } from "../without-fields.ts";
import { answerFields, type Answer, type Field, type ViewerRequest } from "../transport/message.ts";
import { isReplaceable } from "../reasons.ts";

export type ErrorPageChoice =
  | { readonly kind: "replace"; readonly page: ErrorPage; readonly why: string; readonly source: string }
  | { readonly kind: "keep"; readonly why: string; readonly source: string };

const SOURCE = "[CFDG GeneratingCustomErrorResponses]";

/**
 * Errors of the origin and those that stand for one are replaced. What refuses the request itself, or says that the edge
 * is overloaded, is not: a page would hide it, and asking for one would add to the load.
 */
export function chooseErrorPage(
  pages: ReadonlyMap<number, ErrorPage> | undefined,
  { status, madeHere }: Pick<Answer, "status" | "madeHere">,
): ErrorPageChoice {
  if (status < 400) return { kind: "keep", why: `${status} is no error`, source: SOURCE };
  const page = pages?.get(status);
  if (page === undefined) return { kind: "keep", why: `no page is set for ${status}`, source: SOURCE };
  if (madeHere !== undefined && !isReplaceable(madeHere)) {
    return { kind: "keep", why: `${madeHere} is answered by the edge itself`, source: SOURCE };
  }
  return { kind: "replace", page, why: `${page.path} with status ${page.status} is set for ${status}`, source: SOURCE };
}

/** Of the viewer's request these are about what it asked for, not about the page. */
const ABOUT_THE_OBJECT: ReadonlySet<string> = new Set([
  "expect",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
  "transfer-encoding",
  "upgrade",
]);

/** The page is asked for as this viewer would with a plain GET: its cookies and headers select what the page's behavior says they select. */
export function pageRequest({ request }: Routed, { path }: ErrorPage): ViewerRequest {
  return {
    ...withoutFields(request, (lowerName) => ABOUT_THE_OBJECT.has(lowerName) || lowerName.startsWith("content-")),
    method: request.method === "HEAD" ? "HEAD" : "GET",
    target: path,
    path,
    query: undefined,
    httpVersion: request.httpVersion,
    scheme: request.scheme,
    host: request.host,
    body: undefined,
    onGone: request.onGone,
    viewerAddress: request.viewerAddress,
    tls: request.tls,
    headBytes: request.headBytes,
  };
}

/**
 * The edge asks for itself, so neither methods nor protocol policy nor signers of the page's behavior are asked. What it
 * could not even ask its origin for stays refused. [D-0006]
 */
export function authorizeEdge(exchange: Routed): Authorized | undefined {
  const { protections } = exchange.behavior;
  return protections.length === 0 ? (exchange as Authorized) : undefined;
}

/**
 * The answer to send: the page's body and fields under the status that is set for it. A page that could not be had is
 * answered as its origin answered, whatever the first error was; it is not replaced in turn.
 */
export function dressPage(got: Answer, page: ErrorPage, failed: Answer): Answer {
  const close = failed.close === true ? { close: true } : {};
  const isPage = got.status >= 200 && got.status < 300;
  const fields = answerFields(got).map((field): Field => {
    const name = field[0].toLowerCase();
    if (name === "x-cache") return [field[0], "Error from cloudfront"];
    // One request of a viewer's has one id; a page made here shows its own in the body.
    return isPage && name === "x-amz-cf-id" ? [field[0], fieldOf(failed, name) ?? field[1]] : field;
  });
  const { requestId, idDraw, idPlace } = isPage ? failed : got;
  return {
    ...got,
    ...close,
    status: isPage ? page.status : got.status,
    prepared: undefined,
    fields,
    served: got.served && { ...got.served, result: "Error", record: undefined },
    requestId,
    idDraw,
    idPlace,
  };
}

function fieldOf(answer: Answer, lowerName: string): string | undefined {
  return answerFields(answer).find(([name]) => name.toLowerCase() === lowerName)?.[1];
}
