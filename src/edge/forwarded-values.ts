// The parts of a viewer's request that a behavior selects: query parameters, cookies, headers. Both the cache key and the
// origin request are made from here, because what separates stored responses must be what the origin saw.

import { combineField } from "../http/field-list.ts";
import { isEdgeHeader } from "../model/edge-headers.ts";
import type { KeyRecipe } from "./config/effective-config.ts";
import { connectionNames } from "./end-to-end.ts";
import { EDGE_HEADER_ROWS, type Viewed } from "./edge-headers.ts";
import type { ViewerRequest } from "./transport/message.ts";

/** The query as far as it is in the cache key, order and repeats kept; `undefined` when there is none of it. [CFDG QueryStringParameters] */
export function keyedQuery(recipe: KeyRecipe["query"], query: string | undefined): string | undefined {
  if (query === undefined || recipe === "none") return undefined;
  if (recipe === "all") return query;
  const kept = query.split("&").filter((parameter) => recipe.has(parameterName(parameter)));
  return kept.length === 0 ? undefined : kept.join("&");
}

/** `&` alone separates; names are compared as written. */
function parameterName(parameter: string): string {
  const equals = parameter.indexOf("=");
  return equals < 0 ? parameter : parameter.slice(0, equals);
}

/** What the origin gets of the query: all or nothing, also where the key has some parameters only. */
export function forwardedQuery(recipe: KeyRecipe["query"], query: string | undefined): string | undefined {
  return recipe === "none" ? undefined : query;
}

/**
 * The cookies that the behavior forwards, as `name=value`, in order of name: so two orders of the same cookies are one
 * key. Pieces that are not `name=value` are left out. [CFDG Cookies]
 */
export function forwardedCookies(recipe: KeyRecipe["cookies"], request: ViewerRequest): readonly string[] {
  if (recipe === "none" || request.field("cookie") === undefined) return [];
  const found: { readonly name: string; readonly pair: string }[] = [];
  for (const [fieldName, value] of request.fields) {
    if (fieldName.toLowerCase() !== "cookie") continue;
    for (const piece of value.split(";")) {
      const pair = piece.trim();
      const equals = pair.indexOf("=");
      if (equals <= 0) continue;
      const name = pair.slice(0, equals);
      if (recipe === "all" || recipe.some((pattern) => pattern.matches(name))) found.push({ name, pair });
    }
  }
  // Sorting is stable, so repeats of a name keep their order.
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(({ pair }) => pair);
}

/** Value of a listed header: made by the edge, or the viewer's. `undefined`: not there. */
export function forwardedHeader(lowerName: string, viewed: Viewed): string | undefined {
  const { request } = viewed;
  if (lowerName === "host") return request.host;
  // The edge alone says what these are; a viewer's own are never believed. [CFDG adding-cloudfront-headers]
  if (isEdgeHeader(lowerName)) return EDGE_HEADER_ROWS[lowerName].value(viewed);
  if (request.field(lowerName) === undefined || isNamedByConnection(lowerName, request)) return undefined;
  return combineField(request.fields, lowerName);
}

/** What the viewer's Connection names ends here: were it in the key all the same, one viewer could have others served what the origin never saw it in. */
function isNamedByConnection(lowerName: string, request: ViewerRequest): boolean {
  if (request.field("connection") === undefined) return false;
  return connectionNames(combineField(request.fields, "connection")).includes(lowerName);
}
