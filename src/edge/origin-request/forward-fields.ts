// Which fields the origin gets of a viewer's request, after the table of header rules, the behavior's lists and the origin's own
// headers. All but the request id and validators follows from the viewer's header block, so it is made once for as long as a
// viewer repeats that. [CFDG RequestAndResponseBehaviorCustomOrigin] has the table.

import { acceptEncodingForOrigin } from "../accepted-codings.ts";
import { isEdgeHeader } from "../../model/edge-headers.ts";
import { EDGE_HEADER_ROWS } from "../edge-headers.ts";
import { connectionNames, isHopByHop } from "../end-to-end.ts";
import type { Authorized } from "../exchange.ts";
import { combineField } from "../../http/field-list.ts";
import { supportsConditions, UNSUPPORTED_WITH_COOKIES } from "../conditions.ts";
import { forwardedCookies } from "../forwarded-values.ts";
import type { Field } from "../transport/message.ts";
import type { OriginTarget } from "./choose-origin.ts";
import type { FieldGroup, OriginRequestFacts } from "./origin-request.ts";

export interface ForwardedFields {
  /** In front of the request id and validators; Host first. */
  readonly before: FieldGroup;
  /** Behind them: the origin's own and what is this hop's. */
  readonly after: FieldGroup;
  /** The origin's own headers have one, so ours is not sent. */
  readonly hasOwnRequestId: boolean;
  /** Name for SNI and the certificate. */
  readonly serverName: string;
}

/** What the fields follow from beside the header block. */
interface Known extends ForwardedFields {
  readonly exchange: Pick<Authorized, "behavior" | "country">;
  readonly target: OriginTarget;
  readonly method: string;
  readonly viaName: string;
  readonly forCache: boolean;
  readonly isValidating: boolean;
}

/** Kept on the request's memo. */
export function forwardFields(exchange: Authorized, target: OriginTarget, facts: OriginRequestFacts): ForwardedFields {
  const { memo, method } = exchange.request;
  const known = memo.forwarded as Known | undefined;
  const isValidating = facts.validators !== undefined;
  if (
    known !== undefined &&
    known.exchange.behavior === exchange.behavior &&
    known.exchange.country === exchange.country &&
    known.target.origin === target.origin &&
    known.target.scheme === target.scheme &&
    known.method === method &&
    known.viaName === facts.viaName &&
    known.forCache === facts.forCache &&
    known.isValidating === isValidating
  ) {
    return known;
  }
  const { behavior, country } = exchange;
  const { viaName, forCache } = facts;
  const about = { exchange: { behavior, country }, target, method, viaName, forCache, isValidating };
  const made: Known = { ...makeFields(exchange, target, facts), ...about };
  memo.forwarded = made;
  return made;
}

/** HEAD asks for the whole where it is going to be stored. */
export function methodFor(method: string, { forCache }: OriginRequestFacts): string {
  return forCache && method === "HEAD" ? "GET" : method;
}

type Rule = "remove" | "authorization" | "made-here";

/** Header rules for what the behavior does not list; any other name is forwarded. `made-here` are written below. */
const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries<Rule>({
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
  }),
);

/** Conditions of the viewer on its own copy, and the part that it wants. */
const CONDITIONS: ReadonlySet<string> = new Set([
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
]);

function makeFields(exchange: Authorized, target: OriginTarget, facts: OriginRequestFacts): ForwardedFields {
  const { request, behavior } = exchange;
  const { origin } = target;
  const recipe = behavior.key;
  const all = recipe.headers === "all";
  const listed: ReadonlySet<string> = new Set(recipe.headers === "all" ? [] : recipe.headers);
  const overwritten = new Set(origin.customHeaders.map(([name]) => name.toLowerCase()));
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
    if (name.startsWith("x-warmfront-")) continue; // the edge's own: who may see debug headers
    if (facts.validators !== undefined && (CONDITIONS.has(name) || name === "range")) continue;
    if (dropsConditions && UNSUPPORTED_WITH_COOKIES.includes(name)) continue;
    const rule = RULES.get(name);
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
  const after: Field[] = [...origin.customHeaders];
  // Both are this hop's, so they are made anew. [CFDG distribution-working-with.websockets]
  const upgrade = facts.forCache ? undefined : request.upgrade;
  if (upgrade === undefined) after.push(["Connection", "Keep-Alive"]);
  else after.push(["Connection", "Upgrade"], ["Upgrade", upgrade]);
  return {
    before: { fields, text: undefined },
    after: { fields: after, text: undefined },
    hasOwnRequestId: overwritten.has("x-amz-cf-id"),
    serverName: forwardsHost ? request.host.replace(/:\d*$/, "") : origin.domain,
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
