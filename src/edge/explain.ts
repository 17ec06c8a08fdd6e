// "Why is this a miss, why is this refused": runs the pure stages on the live configuration and the cache as it is, and
// writes down each decision. It asks no origin and changes nothing, not even how recently a stored response was used.

import { formatHttpDate } from "../http/http-date.ts";
import { isEdgeHeader } from "../model/edge-headers.ts";
import type { AccountId } from "../vocabulary/ids.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import { validatorsOf } from "./cache/admit.ts";
import { computeCacheKey, digestCacheKey, keyParts } from "./cache/cache-key.ts";
import type { StoredHead, StoredResponse } from "./cache/cache-storage.ts";
import { currentAge, freshUntil, isFresh, whyBypassed, whyNotCollapsed } from "./cache/lookup.ts";
import { servedStale } from "./cache/stale-rules.ts";
import { keyedAsVariant } from "./cache/variants.ts";
import type { EdgeParts } from "./edge-parts.ts";
import { explainHandshake, serverNameOf } from "./explain-handshake.ts";
import { isRefusal, type Authorized, type Keyed, type Received, type Refusal, type Routed } from "./exchange.ts";
import { explainParts } from "./explain-parts.ts";
import { forwardedCookies } from "./forwarded-values.ts";
import { buildOriginRequest } from "./origin-request/build-origin-request.ts";
import { chooseOrigin } from "./origin-request/choose-origin.ts";
import { describeFailover, whyNoFailover } from "./origin-request/fetch-from-origins.ts";
import { errorCachingMinTtl } from "./origin-response/freshness-lifetime.ts";
import { chooseErrorPage } from "./origin-response/custom-error-response.ts";
import { chooseCoding, codingForViewer } from "./origin-response/choose-coding.ts";
import type { Field, ViewerRequest } from "./transport/message.ts";
import { asksForWebSocket } from "./transport/websocket-handshake.ts";
import { authorizeViewer } from "./viewer-request/authorize-viewer.ts";
import { checkCertificate } from "./viewer-request/check-certificate.ts";
import { enforceViewerProtocol } from "./viewer-request/enforce-viewer-protocol.ts";
import { findDistribution } from "./viewer-request/find-distribution.ts";
import { explainMatch, matchBehavior } from "./viewer-request/match-behavior.ts";
import { receive } from "./viewer-request/receive.ts";
import { restrictCountries } from "./viewer-request/restrict-countries.ts";
import { chooseStoredPart } from "./viewer-response/stored-part.ts";

/** What is asked about. `headers` are the viewer's, Host aside: that is the URL's; `viewerAddress` is 127.0.0.1 unless given. */
export interface ExplainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly viewerAddress?: string;
  /** Of an https URL: the name in the viewer's handshake, where that is not the URL's host; "" for none. */
  readonly serverName?: string;
}

/** One decision. `source` is a citation tag, or the setting that decides. */
export interface ExplanationStep {
  readonly stage: string;
  readonly decision: string;
  readonly why: string;
  readonly source: string;
}

/** Plain data, to be sent as JSON. */
export interface Explanation {
  /** What the viewer would get: `hit`, `miss`, `expired`, `pass`, or a status with its reason. */
  readonly verdict: string;
  readonly steps: readonly ExplanationStep[];
}

/** With `account`, distributions of others are as good as absent. */
export function explain(asked: ExplainRequest, account: AccountId | undefined, edge: EdgeParts): Explanation {
  const steps: ExplanationStep[] = [];
  const add = (stage: string, decision: string, why: string, source: string): void => {
    steps.push({ stage, decision, why, source });
  };
  const refuse = (stage: string, refused: Refusal): Explanation => {
    const decision = refused.location === undefined ? `${refused.status}` : `${refused.status} to ${refused.location}`;
    add(stage, decision, refused.why, refused.source);
    return { verdict: `${refused.status} ${refused.reason}`, steps };
  };

  const read = readAsked(asked);
  if (read === undefined) {
    add("receive", "unreadable", `${asked.url} is not an http or https URL`, "[RFC 9110 §4.2]");
    return { verdict: "unreadable", steps };
  }
  const serverName = asked.serverName === undefined ? serverNameOf(read.host) : asked.serverName || undefined;
  const request: ViewerRequest =
    read.scheme === "https" ? { ...read, tls: explainHandshake(serverName, account, edge, add) } : read;
  const now = edge.clock.now();
  const received = receive(request, now);
  if (isRefusal(received)) return refuse("receive", received);
  add(
    "receive",
    "accepted",
    `${request.method} ${request.target} at host ${request.host} over ${request.scheme}`,
    "[RFC 9112 §3]",
  );

  const distribution = findForAccount(received, account, edge);
  if (isRefusal(distribution)) return refuse("find-distribution", distribution);
  const found = edge.config.find(request.host);
  add("find-distribution", distribution.id, `${request.host} is its ${found?.by} ${found?.name}`, "[CFDG CNAMEs]");

  const misdirected = checkCertificate(received, distribution);
  if (misdirected !== undefined) return refuse("check-certificate", misdirected);

  const routed = matchBehavior(received, distribution, edge.countryOf);
  if (routed.path !== request.path) {
    add(
      "default-root-object",
      routed.path,
      `the path is / and DefaultRootObject is ${distribution.defaultRootObject}`,
      "[CFDG DefaultRootObject]",
    );
  }
  for (const { pattern, matched, why } of explainMatch(distribution.behaviors, routed.path)) {
    add(
      "match-behavior",
      matched ? `behavior ${pattern}` : `not ${pattern}`,
      why,
      "[CFDG distribution-web-values-specify]",
    );
  }

  explainErrorPages(routed, add);
  if (distribution.geo !== undefined) {
    const restricted = restrictCountries(routed, distribution.geo);
    if (restricted !== undefined) return refuse("restrict-countries", restricted);
    const { country } = routed;
    const why =
      country === undefined
        ? `the country of ${request.viewerAddress} is not known: such viewers are served`
        : `${request.viewerAddress} is in ${country}, which the ${distribution.geo.kind} allows`;
    add("restrict-countries", "allowed", why, "[CFDG georestrictions]");
  }

  const detour = enforceViewerProtocol(routed, edge.publicHttpsPort);
  if (detour !== undefined) return refuse("enforce-viewer-protocol", detour);
  add(
    "enforce-viewer-protocol",
    "allowed",
    `ViewerProtocolPolicy is ${routed.behavior.viewerProtocolPolicy}`,
    "[CFDG using-https-viewers-to-cloudfront]",
  );

  const authorized = authorizeViewer(routed);
  if (isRefusal(authorized)) return refuse("authorize-viewer", authorized);
  add(
    "authorize-viewer",
    "allowed",
    `AllowedMethods lists ${request.method}, and nothing protects the behavior`,
    "[CFDG distribution-web-values-specify]",
  );

  const bypassed = whyBypassed(authorized);
  if (bypassed !== undefined) {
    add("cache", "pass", bypassed.why, bypassed.source);
    explainOriginRequest(authorized, undefined, add, edge);
    return { verdict: "pass", steps };
  }
  let keyed: Keyed = { ...authorized, cacheKey: computeCacheKey(authorized) };
  explainKey(keyed, add);
  let stored = edge.storage.glance(keyed.cacheKey);
  if (stored?.head.isVaryMarker === true) {
    const names = stored.head.variesOn ?? [];
    keyed = keyedAsVariant(keyed, names);
    stored = edge.storage.glance(keyed.cacheKey);
    add("cache-key", `variant by ${names.join(", ")}`, "what is stored names them in its Vary", "[RFC 9111 §4.1]");
  }
  const isServed = stored !== undefined && (isFresh(stored.head, now) || servedStale(stored.head, now) !== undefined);
  const verdict = stored === undefined ? "miss" : isServed ? "hit" : "expired";
  explainStored(keyed, stored, add, edge.limits.viewerRangesMax);
  explainCompression(keyed, verdict === "miss" ? undefined : stored, add, edge);
  if (verdict === "hit") return { verdict, steps };
  if (explainParts(keyed, stored, add, edge)) return { verdict: "hit", steps };
  explainOriginRequest(keyed, stored, add, edge);
  return { verdict, steps };
}

type Add = (stage: string, decision: string, why: string, source: string) => void;

function findForAccount(
  received: Received,
  account: AccountId | undefined,
  edge: EdgeParts,
): ReturnType<typeof findDistribution> {
  const owner = edge.config.find(received.request.host)?.owner;
  const isOthers = account !== undefined && owner !== undefined && owner.distribution.account !== account;
  if (!isOthers) return findDistribution(received, edge.config);
  // Worded and decided as for a host that nobody has.
  return findDistribution(received, { ...edge.config, find: () => undefined });
}

/** What the origin will say is not known here, so all that may come is told. */
function explainErrorPages({ distribution }: Routed, add: Add): void {
  for (const status of distribution.errorPages?.keys() ?? []) {
    const { why, source } = chooseErrorPage(distribution.errorPages, { status });
    add("error-page", `instead of a ${status} of the origin`, why, source);
  }
}

function explainKey(keyed: Keyed, add: Add): void {
  const { request, behavior } = keyed;
  const recipe = behavior.key;
  for (const { name, value } of keyParts(keyed)) {
    add("cache-key", `${name}: ${value ?? "(none)"}`, "part of the cache key", "[CFDG understanding-the-cache-key]");
  }
  if (recipe.query === "none" && request.query !== undefined) {
    add(
      "cache-key",
      `query stripped: ${request.query}`,
      "ForwardedValues.QueryString is false",
      "[CFDG QueryStringParameters]",
    );
  } else if (typeof recipe.query === "object" && request.query !== undefined) {
    const listed = [...recipe.query].join(", ");
    add(
      "cache-key",
      "query reduced",
      `QueryStringCacheKeys lists ${listed}; the origin gets all of it`,
      "[CFDG QueryStringParameters]",
    );
  }
  const sent = forwardedCookies("all", request).length;
  const kept = forwardedCookies(recipe.cookies, request).length;
  if (sent > kept) {
    const setting = recipe.cookies === "none" ? "Cookies.Forward is none" : "WhitelistedNames does not name them";
    add("cache-key", `${sent - kept} of ${sent} cookies stripped`, setting, "[CFDG Cookies]");
  }
  add(
    "cache-key",
    `digest ${digestCacheKey(keyed.cacheKey)}`,
    "stands for all parts in logs",
    "[CFDG understanding-the-cache-key]",
  );
}

function explainStored(keyed: Keyed, stored: StoredResponse | undefined, add: Add, rangesMax: number): void {
  if (stored === undefined) {
    add(
      "cache",
      "miss",
      "nothing is stored under this key: it was not asked for yet, could not be stored, was invalidated or evicted",
      "[RFC 9111 §4]",
    );
    const alone = whyNotCollapsed(keyed);
    if (alone !== undefined) add("collapse", "not collapsed", alone.why, alone.source);
    return;
  }
  const { head, body } = stored;
  const { lifetime } = head;
  const { now, behavior } = keyed;
  const { min, max } = behavior.ttl;
  add(
    "cache",
    `stored: status ${head.status}, ${body.length} bytes`,
    `fetched or validated ${formatHttpDate(head.respondedAtMs)}`,
    "[RFC 9111 §3]",
  );
  const stated =
    lifetime.stated === undefined ? "the origin states none that counts" : `the origin states ${lifetime.stated} s`;
  const bounds =
    lifetime.rule === "error"
      ? `ErrorCachingMinTTL ${errorCachingMinTtl(head.status, behavior.ttl)}, MaxTTL ${behavior.ttl.errors?.get(head.status)?.max ?? max}`
      : `MinTTL ${min}, DefaultTTL ${behavior.ttl.default}, MaxTTL ${max}`;
  add(
    "freshness",
    `lifetime ${lifetime.seconds} s by ${lifetime.rule}`,
    `${stated}, of which ${round(head.ageThen)} s had passed; ${bounds}`,
    lifetime.rule === "error" ? "[CFDG HTTPStatusCodes]" : "[CFDG Expiration]",
  );
  const seconds = round((freshUntil(head) - now) / 1000);
  const age = `age ${Math.floor(currentAge(head, now))} s`;
  if (isFresh(head, now)) {
    add("freshness", "fresh: hit", `${age}, fresh for another ${seconds} s`, "[RFC 9111 §4.2]");
    explainPart(keyed, stored, add, rangesMax);
    return;
  }
  add("freshness", "stale", `${age}, fresh until ${-seconds} s ago`, "[RFC 9111 §4.2]");
  explainStale(head, now, add);
}

function explainStale(head: StoredHead, now: EpochMs, add: Add): void {
  switch (servedStale(head, now)) {
    case "held":
      add(
        "stale",
        "served: hit",
        "the origin has just failed, and is left alone for a while",
        "[CFDG HTTPStatusCodes]",
      );
      break;
    case "while-revalidate":
      add("stale", "served: hit", "within stale-while-revalidate, and refreshed behind the answer", "[RFC 5861 §3]");
      break;
    case undefined:
      add("stale", "not served unasked", "the origin is asked before it is served", "[RFC 9111 §4.2.4]");
  }
  const { onFailure = 0, onError = 0 } = head.stale ?? {};
  const inWords = (window: number | "unbounded"): string =>
    window === "unbounded" ? "served" : window > 0 ? `served for ${window} s after it expired` : "not served";
  const what = `when it cannot be reached: ${inWords(onFailure)}; when it answers 500, 502, 503 or 504: ${inWords(onError)}`;
  add("stale", "if the origin fails", what, "[CFDG HTTPStatusCodes]");
}

/** Of what is stored, what was decided when it came; of what is not, as much as can be said before the origin answers. */
function explainCompression(keyed: Keyed, stored: StoredResponse | undefined, add: Add, edge: EdgeParts): void {
  const compressing = "[CFDG ServingCompressedFiles]";
  if (stored === undefined) {
    const choice = codingForViewer(keyed);
    if (choice.kind === "as-it-is") return add("compress", "not compressed", choice.why, choice.source);
    const { compressionBytesMin, compressionBytesMax } = edge.encoders.bounds;
    return add(
      "compress",
      `${choice.coding}, if the response is fit for it`,
      "that is: status 200, 403 or 404, no Content-Encoding, a Content-Type of the list, a Content-Length of " +
        `${compressionBytesMin} to ${compressionBytesMax} bytes, no no-transform`,
      compressing,
    );
  }
  const { head, body } = stored;
  if (head.encoded !== undefined) {
    return add(
      "compress",
      `stored as ${head.encoded.coding}`,
      "the edge compressed it when it was fetched",
      compressing,
    );
  }
  if (head.madeHere !== undefined) {
    return add("compress", "not compressed", "the edge made the page itself", compressing);
  }
  const choice = chooseCoding(
    keyed,
    { status: head.status, fields: head.fields, length: body.length },
    edge.encoders.bounds,
  );
  if (choice.kind === "as-it-is") return add("compress", "not compressed", choice.why, choice.source);
  add(
    "compress",
    "not compressed",
    "when it was fetched the origin told no length, Compress was false or the edge was busy; what is stored stays as it is",
    compressing,
  );
}

function explainPart({ request, now }: Keyed, { head, body }: StoredResponse, add: Add, rangesMax: number): void {
  if (request.field("range") === undefined) return;
  const part = chooseStoredPart(request, head, body.length, rangesMax, now);
  switch (part.kind) {
    case "whole":
      return add("range", "the whole is sent", part.why, "[RFC 9110 §14.2]");
    case "unsatisfiable":
      return add("range", "416", `nothing of ${body.length} bytes lies in it`, "[RFC 9110 §14.1.2]");
    case "part":
      return add(
        "range",
        `206: bytes ${part.range.first} to ${part.range.last}`,
        "cut from what is stored",
        "[CFDG RangeGETs]",
      );
    case "parts": {
      const words = part.ranges.map(({ first, last }) => `${first} to ${last}`).join(", ");
      return add("range", `206: bytes ${words}`, "the ranges ascend and lie apart: multipart", "[CFDG RangeGETs]");
    }
  }
}

function explainOriginRequest(
  exchange: Authorized,
  stored: StoredResponse | undefined,
  add: Add,
  edge: EdgeParts,
): void {
  const target = chooseOrigin(exchange, exchange.behavior.origin);
  const validators = stored === undefined ? [] : validatorsOf(stored.head);
  const request = buildOriginRequest(exchange, target, {
    requestId: "(new)",
    viaName: edge.identity.viaName,
    forCache: whyBypassed(exchange) === undefined,
    ...(validators.length > 0 ? { validators } : {}),
  });
  const { origin, scheme, port } = target;
  add(
    "choose-origin",
    `${origin.id}: ${scheme}://${origin.domain}:${port}`,
    `OriginProtocolPolicy is ${origin.protocolPolicy}`,
    "[CFDG distribution-web-values-specify]",
  );
  const failover = describeFailover(exchange.behavior);
  if (failover !== undefined) {
    const alone = whyNoFailover(exchange);
    const decision = alone === undefined ? "secondary stands by" : "primary alone";
    add("failover", decision, alone ?? failover, "[CFDG high_availability_origin_failover]");
  }
  add(
    "origin-request",
    `${request.method} ${request.target}`,
    fieldsInWords(request.fields),
    "[CFDG RequestAndResponseBehaviorCustomOrigin]",
  );
  if (validators.length > 0)
    add("origin-request", "validated", "the stored response has a validator", "[RFC 9111 §4.3]");
}

/** Values of the origin's own headers are often secrets: who may ask for an explanation need not know them. */
function fieldsInWords(fields: readonly Field[]): string {
  return fields.map(([name, value]) => (isTold(name.toLowerCase()) ? `${name}: ${value}` : name)).join("; ");
}

function isTold(lowerName: string): boolean {
  return TOLD.has(lowerName) || isEdgeHeader(lowerName);
}

const TOLD: ReadonlySet<string> = new Set([
  "host",
  "user-agent",
  "accept-encoding",
  "if-none-match",
  "if-modified-since",
  "range",
  "if-range",
  "via",
]);

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** The request as a viewer would send it. `undefined`: not a URL of ours, or not a request line. */
function readAsked({
  method,
  url,
  headers = [],
  viewerAddress = "127.0.0.1",
}: ExplainRequest): ViewerRequest | undefined {
  // Taken apart by hand: the URL parser would normalize the path, which the edge does not.
  const parts = /^(https?):\/\/([^/?#\s@]+)(\/[^?#\s]*)?(?:\?([^#\s]*))?(?:#\S*)?$/i.exec(url);
  if (parts === null || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return undefined;
  const [, scheme = "", host = "", path = "/", query] = parts;
  const fields: readonly Field[] = [["Host", host], ...headers.filter(([name]) => name.toLowerCase() !== "host")];
  return {
    method,
    target: query === undefined ? path : `${path}?${query}`,
    path,
    query,
    httpVersion: "1.1",
    scheme: scheme.toLowerCase() === "https" ? "https" : "http",
    host,
    fields,
    field: (lowerName) => fields.find(([name]) => name.toLowerCase() === lowerName)?.[1],
    body: undefined,
    upgrade: method === "GET" && asksForWebSocket(fields) ? "websocket" : undefined,
    viewerAddress,
    headBytes: 0,
  };
}
