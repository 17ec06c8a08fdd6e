// The value that finds a stored response: distribution, method class, raw path, and what the behavior adds of query,
// cookies and headers. Every part is written with its length, so that no two lists of parts make the same text,
// whatever the parts contain.

import { createHash } from "node:crypto";
import { acceptedCodings, type AcceptedCodings } from "../accepted-codings.ts";
import type { Authorized } from "../exchange.ts";
import type { CacheKey } from "../storage/cache-storage.ts";
import { forwardedCookies, forwardedHeader, keyedQuery } from "../forwarded-values.ts";

export interface KeyPart {
  readonly name: string;
  /** `undefined`: the request has none, which is a value of its own. */
  readonly value: string | undefined;
}

/** The key of a request: see `keyParts` for the same in words. [CFDG understanding-the-cache-key] */
export function computeCacheKey(exchange: Authorized): CacheKey {
  const { request, behavior, known } = exchange;
  const query = keyedQuery(behavior.key.query, exchange.query);
  const rest = keyRest(exchange);
  if (query !== undefined || request.method === "OPTIONS") return makeKey(exchange, query, rest);
  if (known.key === undefined || known.keyRest !== rest) {
    known.key = makeKey(exchange, query, rest);
    known.keyRest = rest;
  }
  return known.key;
}

function makeKey({ request, distribution, path }: Authorized, query: string | undefined, rest: string): CacheKey {
  const url = query === undefined ? path : `${path}?${query}`;
  const start = `${distribution.id}${methodClass(request.method)}${path.length}:${path}`;
  const text = query === undefined ? start + rest : `${start}?${measured(query)}${rest}`;
  return { text, distribution: distribution.id, url };
}

/** What fields add to the key: the same for as long as they repeat and come to the same behavior. */
function keyRest(exchange: Authorized): string {
  const { behavior } = exchange;
  const { memo } = exchange.request;
  if (memo.keyRest === undefined || memo.keyRestOf !== behavior) {
    memo.keyRest = makeKeyRest(exchange);
    memo.keyRestOf = behavior;
  }
  return memo.keyRest;
}

function makeKeyRest(exchange: Authorized): string {
  const { request, behavior } = exchange;
  const recipe = behavior.key;
  let text = "";
  if (recipe.separatesCodings) {
    const codings = acceptedCodings(behavior, request);
    if (codings !== undefined) text += CODING_LETTERS[codings];
  }
  if (recipe.cookies !== "none")
    for (const cookie of forwardedCookies(recipe.cookies, request)) text += `;${measured(cookie)}`;
  // Names are the behavior's, and so are not enough to tell two configurations apart: they are part of the text.
  for (const name of recipe.keyedHeaders) text += `&${measured(name)}${measured(forwardedHeader(name, exchange))}`;
  return text;
}

const CODING_LETTERS = { gzip: "z", br: "b", "br,gzip": "bz" } as const satisfies Record<
  NonNullable<AcceptedCodings>,
  string
>;

/** GET and HEAD share stored responses, OPTIONS has its own. */
function methodClass(method: string): "|" | "o" {
  return method === "OPTIONS" ? "o" : "|";
}

function measured(value: string | undefined): string {
  return value === undefined ? "-" : `${value.length}:${value}`;
}

/** The parts of the key by name, in the order in which they stand in it. */
export function keyParts(exchange: Authorized): readonly KeyPart[] {
  const { request, distribution, behavior, path } = exchange;
  const recipe = behavior.key;
  const parts: KeyPart[] = [
    { name: "distribution", value: distribution.id },
    { name: "method", value: request.method === "OPTIONS" ? "OPTIONS" : "GET or HEAD" },
    { name: "path", value: path },
  ];
  if (recipe.query !== "none") parts.push({ name: "query", value: keyedQuery(recipe.query, exchange.query) });
  if (recipe.separatesCodings) parts.push({ name: "content coding", value: acceptedCodings(behavior, request) });
  for (const cookie of forwardedCookies(recipe.cookies, request)) parts.push({ name: "cookie", value: cookie });
  for (const name of recipe.keyedHeaders)
    parts.push({ name: `header ${name}`, value: forwardedHeader(name, exchange) });
  return parts;
}

/** 22 characters of base64url that stand for the key in logs and file names. */
export function digestCacheKey(key: CacheKey): string {
  return createHash("sha256").update(key.text).digest("base64url").slice(0, 22);
}
