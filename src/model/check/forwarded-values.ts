// What a behavior forwards and caches by: headers, cookies and query string keys. [CFMODEL ForwardedValues],
// [CFDG header-caching], [CFDG Cookies], [CFDG QueryStringParameters]

import type { Limits } from "../../vocabulary/limits.ts";
import type { CacheBehaviorSettings, ForwardedValues, Origin } from "../distribution.ts";
import { fail, type ApiFailure } from "../errors.ts";
import { quoted } from "../sent-value.ts";
import { isToken } from "./text.ts";

/** Headers that never select a response, whatever the origin: the edge owns them, or they say nothing about it. */
const NEVER_LISTED: ReadonlySet<string> = new Set([
  "cache-control",
  "connection",
  "content-length",
  "cookie",
  "max-forwards",
  "pragma",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "request-range",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-amz-cf-id",
  "x-forwarded-proto",
  "x-real-ip",
]);
const NEVER_LISTED_PREFIX = "x-edge-";

/** All names of the whitelist together; each takes one byte more. */
const COOKIE_NAMES_BYTES_MAX = 512;
const QUERY_KEY_MAX = 128;
const QUERY_KEYS_TOTAL_MAX = 512;

interface Place {
  /** `the default cache behavior`, or a path pattern. */
  readonly place: string;
  readonly origin: Origin | undefined;
  readonly limits: Limits;
}

export function checkForwardedValues(behavior: CacheBehaviorSettings, place: Place): ApiFailure | undefined {
  const values = behavior.ForwardedValues;
  return (
    checkCookies(values.Cookies, place) ??
    checkHeaders(values.Headers.Items ?? [], behavior.MinTTL, place) ??
    checkQueryStringKeys(values, place)
  );
}

function checkHeaders(names: readonly string[], minTTL: number, at: Place): ApiFailure | undefined {
  const { place, limits } = at;
  if (names.length > limits.whitelistedHeadersPerBehaviorMax) {
    return fail(
      "TooManyHeadersInForwardedValues",
      `The parameter Headers of ${place} lists ${names.length} names; at most ${limits.whitelistedHeadersPerBehaviorMax} are allowed.`,
    );
  }
  const isS3 = at.origin?.S3OriginConfig !== undefined;
  if (names.includes("*")) return checkAllHeaders(names, minTTL, isS3, place);
  for (const name of names) {
    const lower = name.toLowerCase();
    const isListable = isToken(name) && !NEVER_LISTED.has(lower) && !lower.startsWith(NEVER_LISTED_PREFIX);
    // S3 finds the bucket by Host.
    if (isS3 && (!isListable || lower === "host")) {
      return fail(
        "InvalidHeadersForS3Origin",
        `The parameter Headers of ${place} lists ${quoted(name)}, which cannot be forwarded to an S3 origin.`,
      );
    }
    if (!isListable) {
      return fail(
        "InvalidArgument",
        `The parameter Headers of ${place} lists ${quoted(name)}, which cannot be forwarded by name.`,
      );
    }
  }
  return undefined;
}

function checkAllHeaders(
  names: readonly string[],
  minTTL: number,
  isS3: boolean,
  place: string,
): ApiFailure | undefined {
  if (names.length > 1) {
    return fail(
      "InvalidArgument",
      `The parameter Headers of ${place} lists * beside other names: * means all and stands alone.`,
    );
  }
  if (isS3) {
    return fail(
      "InvalidHeadersForS3Origin",
      `The parameter Headers of ${place} is *, which includes Host: it cannot be forwarded to an S3 origin.`,
    );
  }
  return minTTL === 0
    ? undefined
    : fail(
        "InvalidArgument",
        `The parameter MinTTL of ${place} is ${minTTL}, and must be 0 when all headers are forwarded.`,
      );
}

function checkCookies({ Forward, WhitelistedNames }: ForwardedValues["Cookies"], at: Place): ApiFailure | undefined {
  const names = WhitelistedNames?.Items ?? [];
  const { place, limits } = at;
  if (Forward === "whitelist" && names.length === 0) {
    return fail(
      "InvalidForwardCookies",
      `The parameter Forward of ${place} is whitelist: WhitelistedNames must have at least one cookie name.`,
    );
  }
  if (Forward !== "whitelist" && names.length > 0) {
    return fail(
      "InvalidForwardCookies",
      `The parameter Forward of ${place} is ${Forward}: WhitelistedNames goes with whitelist only.`,
    );
  }
  if (names.length > limits.whitelistedCookiesPerBehaviorMax) {
    return fail(
      "TooManyCookieNamesInWhiteList",
      `The parameter WhitelistedNames of ${place} has ${names.length} cookie names; at most ${limits.whitelistedCookiesPerBehaviorMax} are allowed.`,
    );
  }
  for (const name of names) {
    // A name is a token [RFC 6265 §4.1.1]; `*` is one of its characters, and `?` stands for one character.
    if (!isToken(name.replaceAll("?", "*"))) {
      return fail(
        "InvalidForwardCookies",
        `The parameter WhitelistedNames of ${place} has ${quoted(name)}, which is no cookie name, with * and ? or without.`,
      );
    }
  }
  const bytes = names.reduce((sum, name) => sum + name.length, 0);
  return bytes + names.length <= COOKIE_NAMES_BYTES_MAX
    ? undefined
    : fail(
        "InvalidForwardCookies",
        `The cookie names of ${place} have ${bytes} bytes; all together may have ${COOKIE_NAMES_BYTES_MAX} less the number of names.`,
      );
}

function checkQueryStringKeys(values: ForwardedValues, { place, limits }: Place): ApiFailure | undefined {
  const keys = values.QueryStringCacheKeys.Items ?? [];
  if (keys.length === 0) return undefined;
  if (!values.QueryString) {
    return fail(
      "InvalidQueryStringParameters",
      `The parameter QueryStringCacheKeys of ${place} goes with QueryString true only.`,
    );
  }
  if (keys.length > limits.queryStringKeysPerBehaviorMax) {
    return fail(
      "TooManyQueryStringParameters",
      `The parameter QueryStringCacheKeys of ${place} has ${keys.length} keys; at most ${limits.queryStringKeysPerBehaviorMax} are allowed.`,
    );
  }
  const unfit = keys.find((key) => key.length > QUERY_KEY_MAX || !/^[\x21-\x7e]+$/.test(key) || /[#&=]/.test(key));
  if (unfit !== undefined) {
    return fail(
      "InvalidQueryStringParameters",
      `The parameter QueryStringCacheKeys of ${place} has ${quoted(unfit)}: a key has 1 to ${QUERY_KEY_MAX} visible ASCII characters, without #, & and =.`,
    );
  }
  const total = keys.reduce((sum, key) => sum + key.length, 0);
  return total <= QUERY_KEYS_TOTAL_MAX
    ? undefined
    : fail(
        "InvalidQueryStringParameters",
        `The query string keys of ${place} have ${total} characters; all together may have ${QUERY_KEYS_TOTAL_MAX}.`,
      );
}
