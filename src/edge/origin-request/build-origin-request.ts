// What the origin is asked: the viewer's request after the table of header rules, the behavior's lists and the origin's
// own headers have been applied. [CFDG RequestAndResponseBehaviorCustomOrigin] has the table.

import { acceptEncodingForOrigin } from "../accepted-codings.ts";
import type { EffectiveOrigin } from "../config/effective-config.ts";
import { isEdgeHeader } from "../../model/edge-headers.ts";
import { EDGE_HEADER_ROWS } from "../edge-headers.ts";
import { connectionNames, isHopByHop } from "../end-to-end.ts";
import type { Authorized } from "../exchange.ts";
import { combineField } from "../../http/field-list.ts";
import { supportsConditions, UNSUPPORTED_WITH_COOKIES } from "../conditions.ts";
import { forwardedCookies, forwardedQuery } from "../forwarded-values.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { Field, RequestBody } from "../transport/message.ts";
import type { OriginTarget } from "./choose-origin.ts";

export interface OriginRequest {
  readonly origin: EffectiveOrigin;
  readonly scheme: "http" | "https";
  /** Name or address that is connected to: the origin's own, or that of the store that has its bucket. */
  readonly host: string;
  readonly port: number;
  /** The operator said where: it may be on any address. */
  readonly isOperators: boolean;
  readonly method: string;
  /** OriginPath, raw path and the forwarded query. */
  readonly target: string;
  /** Name for SNI and the certificate: the forwarded Host, or the origin's domain. */
  readonly serverName: string;
  /** Host first; complete but for what frames the body. */
  readonly fields: readonly Field[];
  readonly body: RequestBody | undefined;
  /** The fields with those that sign them, made anew for each attempt: a signature is good for minutes. */
  readonly sign?: (at: EpochMs) => readonly Field[];
  /** Asks the origin to switch. */
  readonly upgrade?: "websocket" | undefined;
  /** What comes may be stored, so it must not be larger than what may be cached at all. */
  readonly isCaching: boolean;
  /** A body that ends with its connection is whole however that ends: nobody can tell, and CloudFront does not ask. */
  readonly takesTruncated: boolean;
  /** Hears interim responses, 102 to 199 without 101. */
  readonly onInterim?: (status: number, fields: readonly Field[]) => void;
}

/** What about the request is not the viewer's: our element of Via, the request id, and validators of a stored response. */
export interface OriginRequestFacts {
  readonly requestId: string;
  /** `<32 hex>.cloudfront.net (CloudFront)` */
  readonly viaName: string;
  /** The fetch is for the cache: one answer for many viewers, so what is this viewer's alone does not go along. */
  readonly forCache: boolean;
  /** Replace the viewer's own conditions when a stored response is validated. */
  readonly validators?: readonly Field[];
}

type Rule = "remove" | "authorization" | "made-here";

/** Header rules for what the behavior does not list; any other name is forwarded. `made-here` are written below. */
const RULES: Readonly<Record<string, Rule>> = {
  accept: "remove",
  "accept-charset": "remove",
  "accept-encoding": "remove", // or normalized, below
  "accept-language": "remove",
  authorization: "authorization",
  "content-length": "made-here", // framing of the body
  cookie: "made-here",
  expect: "remove",
  host: "made-here",
  referer: "remove",
  "user-agent": "made-here",
  via: "made-here",
  "x-amz-cf-id": "made-here",
  "x-forwarded-for": "made-here",
  "x-forwarded-proto": "remove",
  "x-http-method-override": "remove",
  "x-real-ip": "remove",
};

/** Conditions of the viewer on its own copy, and the part that it wants. */
const CONDITIONS: ReadonlySet<string> = new Set([
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
]);

/** What the other methods get is never stored. */
const CACHED_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function buildOriginRequest(
  exchange: Authorized,
  target: OriginTarget,
  facts: OriginRequestFacts,
): OriginRequest {
  const { request, behavior, path } = exchange;
  const { origin, scheme, port } = target;
  const recipe = behavior.key;
  const all = recipe.headers === "all";
  const listed: ReadonlySet<string> = new Set(recipe.headers === "all" ? [] : recipe.headers);
  const overwritten = new Set(origin.customHeaders.map(([name]) => name.toLowerCase()));
  const method = facts.forCache && request.method === "HEAD" ? "GET" : request.method;
  // The name is the bucket's: forwarded, a viewer's Host would choose another.
  const forwardsHost = origin.bucket === undefined && (all || listed.has("host"));
  const hostValue = forwardsHost ? request.host : defaultHost(target);
  const fields: Field[] = [["Host", hostValue]];

  const dropsConditions = facts.forCache && !supportsConditions(behavior);

  const connection = connectionNames(combineField(request.fields, "connection"));
  const sent = (name: string): string | undefined =>
    connection.includes(name) ? undefined : combineField(request.fields, name);
  for (const field of request.fields) {
    const name = field[0].toLowerCase();
    if (isHopByHop(name, connection) || overwritten.has(name)) continue;
    if (name.startsWith("x-edge-") || name.startsWith("cloudfront-") || name === "expect") continue;
    if (facts.validators !== undefined && (CONDITIONS.has(name) || name === "range")) continue;
    if (dropsConditions && UNSUPPORTED_WITH_COOKIES.includes(name)) continue;
    const rule = RULES[name];
    if (rule === "made-here") continue;
    if (listed.has(name)) {
      // In one line, as it is in the key: an origin might read the first of several, or the last.
      if (!fields.some(([each]) => each.toLowerCase() === name)) fields.push([field[0], sent(name) ?? field[1]]);
    } else if (rule === undefined || all) fields.push(field);
    else if (rule === "authorization" && forwardsAuthorization(exchange)) fields.push(field);
  }

  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && !overwritten.has(name.toLowerCase())) fields.push([name, value]);
  };
  const cookies = forwardedCookies(recipe.cookies, request);
  if (cookies.length > 0) fields.push(["Cookie", cookies.join("; ")]);
  add("Accept-Encoding", acceptEncodingForOrigin(behavior, request));
  const userAgent = all || listed.has("user-agent") ? sent("user-agent") : "Amazon CloudFront";
  add("User-Agent", userAgent);
  for (const name of listed) {
    if (isEdgeHeader(name)) add(EDGE_HEADER_ROWS[name].name, EDGE_HEADER_ROWS[name].value(exchange));
  }
  const forwardedFor = sent("x-forwarded-for");
  add(
    "X-Forwarded-For",
    forwardedFor === undefined ? request.viewerAddress : `${forwardedFor},${request.viewerAddress}`,
  );
  const via = sent("via");
  add("Via", `${via === undefined ? "" : `${via}, `}${request.httpVersion} ${facts.viaName}`);
  add("X-Amz-Cf-Id", facts.requestId);
  fields.push(...(facts.validators ?? []), ...origin.customHeaders);
  // Both are this hop's, so they are made anew. [CFDG distribution-working-with.websockets]
  const upgrade = facts.forCache ? undefined : request.upgrade;
  if (upgrade === undefined) fields.push(["Connection", "Keep-Alive"]);
  else fields.push(["Connection", "Upgrade"], ["Upgrade", upgrade]);

  // [RFC 9110 §15.2] has a proxy forward them; the real service does not.
  const interim = behavior.fidelity === "rfc9111" ? request.interim : undefined;
  const query = forwardedQuery(recipe.query, exchange.query);
  return {
    origin,
    scheme,
    host: origin.domain,
    port,
    isOperators: false,
    method,
    target: `${origin.path}${path}${query === undefined ? "" : `?${query}`}`,
    serverName: forwardsHost ? request.host.replace(/:\d*$/, "") : origin.domain,
    fields,
    body: request.body,
    upgrade,
    isCaching: behavior.neverStored === undefined && CACHED_METHODS.has(method),
    takesTruncated: behavior.fidelity === "cloudfront",
    ...(interim !== undefined && { onInterim: (status, fields) => interim(request, status, fields) }),
  };
}

/** A port is named where it is not the scheme's own, as clients do [RFC 9110 §7.2]. */
function defaultHost({ origin, scheme, port }: OriginTarget): string {
  return port === (scheme === "https" ? 443 : 80) ? origin.domain : `${origin.domain}:${port}`;
}

/** What may be answered from the cache must not depend on who asks. */
function forwardsAuthorization({ request, behavior }: Authorized): boolean {
  if (request.method === "GET" || request.method === "HEAD") return false;
  return request.method !== "OPTIONS" || !behavior.cachedMethods.has("OPTIONS");
}
