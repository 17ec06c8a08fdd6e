// Where the RFC rules, a request that may have changed something takes what is stored of its URL out of the cache, and of
// the URLs that the answer names. [RFC 9111 §4.4]

import { combineField } from "../../http/field-list.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Authorized } from "../exchange.ts";
import { keyedQuery } from "../forwarded-values.ts";
import type { OriginResponse } from "../origin-request/origin-answer.ts";
import { findBehavior } from "../viewer-request/match-behavior.ts";

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** `undefined`: there is nothing to be taken out. Otherwise resolves when it is, in every worker. */
export function invalidateUnsafe(
  exchange: Authorized,
  response: OriginResponse,
  edge: EdgeParts,
): Promise<void> | undefined {
  const { request, behavior, distribution } = exchange;
  if (behavior.fidelity !== "rfc9111" || SAFE.has(request.method)) return undefined;
  if (response.status < 200 || response.status > 399) return undefined;
  const urls = [keyUrl(exchange, exchange.path, exchange.query)];
  for (const name of ["location", "content-location"]) {
    const target = sameOrigin(exchange, combineField(response.fields, name));
    if (target !== undefined) urls.push(keyUrl(exchange, target.pathname, target.search.slice(1) || undefined));
  }
  return edge.forget(distribution.id, urls);
}

/** Path and query as they stand in keys: the behavior of that path says what of the query does. */
function keyUrl(exchange: Authorized, path: string, query: string | undefined): string {
  const behavior = findBehavior(exchange.distribution.behaviors, path);
  const kept = keyedQuery(behavior.key.query, query);
  return kept === undefined ? path : `${path}?${kept}`;
}

/** Another origin's URLs are none of its business. */
function sameOrigin({ request, query }: Authorized, reference: string | undefined): URL | undefined {
  if (reference === undefined) return undefined;
  const base = `${request.scheme}://${request.host}`;
  const target = URL.parse(reference, `${base}${request.path}${query === undefined ? "" : `?${query}`}`);
  return target !== null && target.origin === URL.parse(base)?.origin ? target : undefined;
}
