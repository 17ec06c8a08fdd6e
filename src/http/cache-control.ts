// Cache-Control as a structure [RFC 9111 §5.2]. Only reads: what a directive leads to is decided elsewhere. Where a value
// is broken, the reading is the careful one: the response counts as stale sooner, never later.

import { seconds, type Seconds } from "../vocabulary/time.ts";
import { splitList, trimBlanks, unquote } from "./field-list.ts";

/** Directives of requests and responses. Unknown ones are ignored [RFC 9111 §5.2.3]. */
export interface CacheControl {
  /** 0 where the argument is missing or no number [RFC 9111 §4.2.1]. */
  readonly maxAge: Seconds | undefined;
  readonly sMaxAge: Seconds | undefined;
  readonly staleWhileRevalidate: Seconds | undefined;
  readonly staleIfError: Seconds | undefined;
  readonly noStore: boolean;
  /** Without field names. */
  readonly noCache: boolean;
  /** Lower-case names of `no-cache="…"`: the response may be reused without them [RFC 9111 §5.2.2.4]. */
  readonly noCacheFields: readonly string[];
  /** Without field names. */
  readonly private: boolean;
  /** Lower-case names of `private="…"` [RFC 9111 §5.2.2.7]. */
  readonly privateFields: readonly string[];
  readonly public: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly noTransform: boolean;
  readonly immutable: boolean;
  readonly onlyIfCached: boolean;
}

/** A hundred years, beyond which CloudFront counts no further [CFDG Expiration]; larger numbers are no error [RFC 9111 §1.2.2]. */
const DELTA_SECONDS_MAX = seconds(3_153_600_000);

const NO_DIRECTIVES: CacheControl = Object.freeze({
  maxAge: undefined,
  sMaxAge: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  noStore: false,
  noCache: false,
  noCacheFields: [],
  private: false,
  privateFields: [],
  public: false,
  mustRevalidate: false,
  proxyRevalidate: false,
  mustUnderstand: false,
  noTransform: false,
  immutable: false,
  onlyIfCached: false,
});

/** A number of seconds, bounded above. `undefined` when it is not one: a sign, a fraction, nothing at all. */
export function parseDeltaSeconds(text: string): Seconds | undefined {
  return /^[0-9]+$/.test(text) ? seconds(Math.min(Number(text), DELTA_SECONDS_MAX)) : undefined;
}

/**
 * Reads the combined value of all Cache-Control lines; `undefined` is a message without any. Of a directive that is
 * repeated with different arguments the first one counts [RFC 9111 §4.2.1].
 */
export function parseCacheControl(value: string | undefined): CacheControl {
  if (value === undefined || value === "") return NO_DIRECTIVES;
  const read: { -readonly [Name in keyof CacheControl]: CacheControl[Name] } = { ...NO_DIRECTIVES };
  for (const element of splitList(value)) {
    const equals = element.indexOf("=");
    const name = (equals < 0 ? element : trimBlanks(element.slice(0, equals))).toLowerCase();
    const rawArgument = equals < 0 ? undefined : trimBlanks(element.slice(equals + 1));
    // Both forms of an argument are read for every directive [RFC 9111 §5.2].
    const argument = rawArgument === undefined ? undefined : unquote(rawArgument);
    switch (name) {
      case "max-age":
        read.maxAge ??= lifetime(argument);
        break;
      case "s-maxage":
        read.sMaxAge ??= lifetime(argument);
        break;
      case "stale-while-revalidate":
        read.staleWhileRevalidate ??= lifetime(argument);
        break;
      case "stale-if-error":
        read.staleIfError ??= lifetime(argument);
        break;
      case "no-store":
        read.noStore = true;
        break;
      case "no-cache":
        // An argument that names no field is taken for none at all, the stricter reading.
        if (fieldNames(argument).length === 0) read.noCache = true;
        else read.noCacheFields = [...read.noCacheFields, ...fieldNames(argument)];
        break;
      case "private":
        if (fieldNames(argument).length === 0) read.private = true;
        else read.privateFields = [...read.privateFields, ...fieldNames(argument)];
        break;
      case "public":
        read.public = true;
        break;
      case "must-revalidate":
        read.mustRevalidate = true;
        break;
      case "proxy-revalidate":
        read.proxyRevalidate = true;
        break;
      case "must-understand":
        read.mustUnderstand = true;
        break;
      case "no-transform":
        read.noTransform = true;
        break;
      case "immutable":
        read.immutable = true;
        break;
      case "only-if-cached":
        read.onlyIfCached = true;
        break;
    }
  }
  return read;
}

/** Broken freshness information makes a response stale [RFC 9111 §4.2.1]. */
function lifetime(argument: string | undefined): Seconds {
  return parseDeltaSeconds(argument ?? "") ?? seconds(0);
}

function fieldNames(argument: string | undefined): string[] {
  return splitList(argument ?? "").map((name) => name.toLowerCase());
}
