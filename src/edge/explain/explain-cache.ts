// The cache's part of an explanation: the key and what was left out of it, what is stored under it, how long that is fresh and
// when it is served stale, and which part of it a viewer gets.

import { formatHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { digestCacheKey, keyParts } from "../cache/cache-key.ts";
import type { InspectedResponse, StoredHead } from "../storage/cache-storage.ts";
import { whyNotCollapsed } from "../cache/lookup.ts";
import { currentAge, freshUntil, isFresh } from "../storage/stored-age.ts";
import { servedStale } from "../cache/stale-rules.ts";
import type { EdgeParts } from "../edge-parts.ts";
import type { Keyed } from "../exchange.ts";
import { forwardedCookies } from "../forwarded-values.ts";
import { errorCachingMinTtl, lifetimeInWords, roundSeconds } from "../origin-response/freshness-lifetime.ts";
import { chooseStoredPart, type StoredPart } from "../viewer-response/stored-part.ts";
import type { Add } from "./explanation.ts";
import { whereFrom } from "./key-difference.ts";

export function explainKey(keyed: Keyed, add: Add): void {
  const { request, behavior, query } = keyed;
  const recipe = behavior.key;
  const source = "[CFDG understanding-the-cache-key]";
  for (const { name, value } of keyParts(keyed)) {
    add("cache-key", `${name}: ${value ?? "(none)"}`, whereFrom(name, behavior), source);
  }
  if (recipe.query === "none" && query !== undefined) {
    add(
      "cache-key",
      `query stripped: ${query}`,
      "ForwardedValues.QueryString is false",
      "[CFDG QueryStringParameters]",
    );
  } else if (typeof recipe.query === "object" && query !== undefined) {
    const listed = recipe.query;
    const others = query.split("&").filter((parameter) => !listed.has(parameter.replace(/=.*$/s, "")));
    const what = others.length === 0 ? "nothing" : others.join("&");
    add(
      "cache-key",
      "query reduced",
      `QueryStringCacheKeys lists ${[...listed].join(", ")}; left out is ${what}; the origin gets all of it`,
      "[CFDG QueryStringParameters]",
    );
  }
  const sent = forwardedCookies("all", request);
  const kept = new Set(forwardedCookies(recipe.cookies, request));
  const stripped = sent.filter((cookie) => !kept.has(cookie)).map((cookie) => cookie.replace(/=.*$/s, ""));
  if (stripped.length > 0) {
    const setting = recipe.cookies === "none" ? "Cookies.Forward is none" : "WhitelistedNames does not name them";
    const decision = `${stripped.length} of ${sent.length} cookies stripped`;
    add("cache-key", decision, `${setting}: ${stripped.join(", ")}`, "[CFDG Cookies]");
  }
  const unkeyed = new Set(request.fields.map(([name]) => name.toLowerCase()).filter((name) => isLeftOut(name, keyed)));
  if (unkeyed.size > 0) {
    const names = [...unkeyed].join(", ");
    const why =
      behavior.fidelity === "rfc9111"
        ? "they count only where the origin's Vary names them"
        : "ForwardedValues.Headers does not list them: they tell no responses apart";
    add("cache-key", `${unkeyed.size} headers not in it`, `${why}: ${names}`, "[CFDG header-caching]");
  }
  add("cache-key", `digest ${digestCacheKey(keyed.cacheKey)}`, "stands for all parts in logs", source);
}

/** Told in other steps, or never part of a key. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["accept-encoding", "connection", "cookie", "host"]);

function isLeftOut(lowerName: string, { behavior }: Keyed): boolean {
  return !TOLD_ELSEWHERE.has(lowerName) && !behavior.key.keyedHeaders.includes(lowerName);
}

/** Which worker decides about the key: its slot, or `undefined` where it is this one. */
export function explainOwner({ cacheKey }: Keyed, { peers }: EdgeParts, add: Add): number | undefined {
  if (peers === undefined || peers.place.count === 1) return undefined;
  const owner = peers.ownerOf(cacheKey);
  const { slot, count } = peers.place;
  const isHere = owner === slot;
  const why = isHere
    ? "this worker, by a hash of the key: the others ask it"
    : `by a hash of the key; worker ${slot + 1}, which says this, asks it for what it has no fresh copy of`;
  add("owner", `worker ${owner + 1} of ${count}`, why, "[D-0027]");
  return isHere ? undefined : owner;
}

/** Answers which part of it a viewer with Range gets, where it is fresh. */
export function explainStored(
  keyed: Keyed,
  stored: InspectedResponse | undefined,
  add: Add,
  rangesMax: number,
): StoredPart | undefined {
  if (stored === undefined) {
    add("cache", "miss", "nothing is stored under this key", "[RFC 9111 §4]");
    const alone = whyNotCollapsed(keyed);
    if (alone !== undefined) add("collapse", "not collapsed", alone.why, alone.source);
    return undefined;
  }
  const { head, bodyLength, isBelow } = stored;
  const { lifetime } = head;
  const { now, behavior } = keyed;
  const { min, max } = behavior.ttl;
  add(
    "cache",
    `stored: status ${head.status}, ${bodyLength} bytes`,
    `${isBelow ? "on the disk, not in memory; " : ""}fetched or validated ${formatHttpDate(head.respondedAtMs)}`,
    "[RFC 9111 §3]",
  );
  const stated =
    lifetime.rule === "refused"
      ? "the origin forbids to reuse it"
      : lifetime.stated === undefined
        ? "the origin states none that counts"
        : `the origin states ${lifetime.stated} s`;
  const bounds =
    lifetime.rule === "error"
      ? `ErrorCachingMinTTL ${errorCachingMinTtl(head.status, behavior.ttl)}, MaxTTL ${behavior.ttl.errors?.get(head.status)?.max ?? max}`
      : `MinTTL ${min}, DefaultTTL ${behavior.ttl.default}, MaxTTL ${max}`;
  add(
    "freshness",
    `lifetime ${lifetimeInWords(lifetime)}`,
    `${stated}, of which ${roundSeconds(head.ageThen)} s had passed; ${bounds}${clampInWords(head, keyed)}`,
    lifetime.rule === "error" ? "[CFDG HTTPStatusCodes]" : "[CFDG Expiration]",
  );
  const seconds = roundSeconds((freshUntil(head) - now) / 1000);
  const age = `age ${Math.floor(currentAge(head, now))} s`;
  if (isFresh(head, now)) {
    add("freshness", "fresh: hit", `${age}, fresh for another ${seconds} s`, "[RFC 9111 §4.2]");
    return explainPart(keyed, stored, add, rangesMax);
  }
  add("freshness", "stale", `${age}, fresh until ${-seconds} s ago`, "[RFC 9111 §4.2]");
  explainStale(head, now, add);
  return undefined;
}

/** Which bound made it another lifetime than was stated; "" for none. The bounds may have changed since it was stored. */
function clampInWords({ lifetime, ageThen, status }: StoredHead, { behavior: { ttl } }: Keyed): string {
  const { seconds, stated, rule } = lifetime;
  const isError = rule === "error";
  const least = isError ? errorCachingMinTtl(status, ttl) : ttl.min;
  const most = isError ? (ttl.errors?.get(status)?.max ?? ttl.max) : ttl.max;
  if (stated === undefined) {
    return !isError && rule === "default" && seconds === ttl.min && ttl.min > ttl.default
      ? "; MinTTL, which is more than DefaultTTL, decides"
      : "";
  }
  const left = Math.max(0, stated - ageThen);
  if (left < seconds && seconds === least) return `; ${isError ? "ErrorCachingMinTTL" : "MinTTL"} lengthens it`;
  if (left > seconds && seconds === most) return "; MaxTTL shortens it";
  return "";
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

function explainPart(
  { request, now }: Keyed,
  { head, bodyLength }: InspectedResponse,
  add: Add,
  rangesMax: number,
): StoredPart | undefined {
  if (request.field("range") === undefined) return undefined;
  const part = chooseStoredPart(request, head, bodyLength, rangesMax, now);
  switch (part.kind) {
    case "whole":
      add("range", "the whole is sent", part.why, "[RFC 9110 §14.2]");
      break;
    case "unsatisfiable":
      add("range", "416", whyUnsatisfiable(bodyLength), "[RFC 9110 §14.1.2]");
      break;
    case "part":
      add(
        "range",
        `206: bytes ${part.range.first} to ${part.range.last}`,
        "cut from what is stored",
        "[CFDG RangeGETs]",
      );
      break;
    case "parts": {
      const words = part.ranges.map(({ first, last }) => `${first} to ${last}`).join(", ");
      add("range", `206: bytes ${words}`, "the ranges ascend and lie apart: multipart", "[CFDG RangeGETs]");
    }
  }
  return part;
}

/** "I have invalidated it, and it is still a hit": one that came since and comes close. */
export function explainNearInvalidation(
  { head }: InspectedResponse,
  { cacheKey }: Keyed,
  { past }: EdgeParts,
  add: Add,
): void {
  const near = past.nearInvalidationOf(cacheKey, head.began);
  if (near?.id === undefined) return;
  const { path } = near.invalidated;
  const why =
    cacheKey.url.toLowerCase() === path.toLowerCase() || !cacheKey.url.includes("?")
      ? "capital letters count in a path"
      : "the query is part of the key: name it in the path, or end the path with *";
  add(
    "invalidation",
    `${near.id} of ${path} did not remove it`,
    `stored is ${cacheKey.url}: ${why}`,
    "[CFDG Invalidation]",
  );
}

export function whyUnsatisfiable(length: number): string {
  return `nothing of ${length} bytes lies in the range`;
}

/** Of a stored error that a viewer would be given without the origin being asked. */
export function whyKeptError({ head }: InspectedResponse, { cacheKey, now }: Keyed, { past }: EdgeParts): string {
  const { status, madeHere, respondedAtMs, lifetime } = head;
  const at = formatHttpDate(respondedAtMs);
  const what =
    madeHere === undefined
      ? `the origin answered ${status} at ${at}`
      : `at ${at} the origin gave no answer (${past.find(cacheKey)?.why || madeHere})`;
  const left = roundSeconds((freshUntil(head) - now) / 1000);
  const isStated = lifetime.stated !== undefined && lifetime.stated >= lifetime.seconds;
  const by = isStated ? "as it says itself" : "by ErrorCachingMinTTL";
  return `${what}, and that is kept for ${roundSeconds(lifetime.seconds)} s ${by}, of which ${left} s are left`;
}
