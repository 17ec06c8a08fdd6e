// What an origin's response says about being stored and reused, read once from its fields. [RFC 9111 §5], with the
// readings of [CFDG Expiration] where the two differ.

import { parseCacheControl, type CacheControl } from "../../http/cache-control.ts";
import { computeInitialAge, parseAge } from "../../http/current-age.ts";
import { combineField, splitList } from "../../http/field-list.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import { parseDictionary } from "../../http/structured-dictionary.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import { seconds, secondsBetween, type EpochMs, type Seconds } from "../../vocabulary/time.ts";
import type { Field } from "../transport/message.ts";

export interface StatedFreshness {
  /** The strongest of what forbids reuse. */
  readonly refusal: "no-store" | "private" | "no-cache" | undefined;
  readonly sMaxAge: Seconds | undefined;
  readonly maxAge: Seconds | undefined;
  /** From Date to Expires; 0 when Expires is past or not a date [RFC 9111 §5.3]. */
  readonly expiresIn: Seconds | undefined;
  /** A tenth of the time since the last change, where both dates are told [RFC 9111 §4.2.2]. Only where the RFC rules: CloudFront has DefaultTTL. */
  readonly heuristic: Seconds | undefined;
  /** When the response arrived. [RFC 9111 §4.2.3] */
  readonly age: Seconds;
  readonly staleWhileRevalidate: Seconds | undefined;
  readonly staleIfError: Seconds | undefined;
  /** must-revalidate or proxy-revalidate: stale, it must not be served unasked. */
  readonly forbidsStale: boolean;
  readonly isPublic: boolean;
  readonly mustUnderstand: boolean;
  /** no-store was said as well, and does not count where the status is understood [RFC 9111 §5.2.2.3]. */
  readonly mustUnderstandOverNoStore: boolean;
  /** It may answer others although the request had credentials [RFC 9111 §3.5]. */
  readonly allowsAuthorized: boolean;
  readonly hasCacheControl: boolean;
  readonly hasValidator: boolean;
  readonly variesOnEverything: boolean;
  /** Lower-case names of request fields that select this response, each once, in order of name. */
  readonly varyNames: readonly string[];
  /** Lower-case names of fields that go to the viewer who caused the fetch, and are not kept. */
  readonly fieldsNotKept: readonly string[];
}

/** By the machine's clock, as origins' dates are: these are compared with one another only. */
export interface Times {
  readonly requestedAt: EpochMs;
  readonly receivedAt: EpochMs;
}

export function readStatedFreshness(
  fields: readonly Field[],
  { requestedAt, receivedAt }: Times,
  fidelity: Fidelity,
): StatedFreshness {
  const isByRfc = fidelity === "rfc9111";
  const targeted = isByRfc ? readTargeted(combineField(fields, "cdn-cache-control")) : undefined;
  const text = targeted ?? combineField(fields, "cache-control");
  const control = readControl(text);
  const readDate = (name: string): EpochMs | undefined => {
    const value = combineField(fields, name);
    return value === undefined ? undefined : parseHttpDate(value, receivedAt);
  };
  const expires = targeted === undefined ? combineField(fields, "expires") : undefined;
  // Dates are read for those that compare with them: reading one costs as much as all the rest.
  const date = isByRfc || expires !== undefined ? readDate("date") : undefined;
  const lastModified = isByRfc ? readDate("last-modified") : undefined;
  const varied = combineField(fields, "vary");
  const vary = varied === undefined ? NO_NAMES : splitList(varied).map((name) => name.toLowerCase());
  const understands = control.mustUnderstand && isByRfc;
  return {
    refusal: control.noStore ? "no-store" : control.private ? "private" : control.noCache ? "no-cache" : undefined,
    sMaxAge: control.sMaxAge,
    maxAge: control.maxAge,
    // A targeted field stands for Expires too [RFC 9213 §2.1].
    expiresIn: expires === undefined ? undefined : readExpires(expires, date, receivedAt),
    heuristic:
      lastModified === undefined
        ? undefined
        : seconds(Math.max(0, secondsBetween(lastModified, date ?? receivedAt)) / 10),
    age: computeInitialAge({
      ageValue: parseAge(combineField(fields, "age")),
      // In `cloudfront` only Age is believed: an origin whose clock is wrong would otherwise have nothing cached.
      dateValue: isByRfc ? date : undefined,
      requestedAt,
      receivedAt,
    }),
    staleWhileRevalidate: control.staleWhileRevalidate,
    staleIfError: control.staleIfError,
    forbidsStale: control.mustRevalidate || control.proxyRevalidate,
    isPublic: control.public,
    mustUnderstand: understands,
    mustUnderstandOverNoStore: understands && control.noStore && !control.private,
    allowsAuthorized: control.public || control.mustRevalidate || control.sMaxAge !== undefined,
    hasCacheControl: text !== undefined,
    hasValidator: combineField(fields, "etag") !== undefined || combineField(fields, "last-modified") !== undefined,
    variesOnEverything: vary.includes("*"),
    varyNames: vary.length === 0 ? NO_NAMES : [...new Set(vary)].toSorted(),
    fieldsNotKept: notKept(control),
  };
}

const NO_NAMES: readonly string[] = [];

/** Of the response before: nearly all of an origin's say the same. */
let lastText: string | undefined;
let lastControl = parseCacheControl(undefined);

function readControl(text: string | undefined): CacheControl {
  if (text !== lastText) {
    lastText = text;
    lastControl = parseCacheControl(text);
  }
  return lastControl;
}

function readExpires(expires: string, date: EpochMs | undefined, receivedAt: EpochMs): Seconds {
  const at = parseHttpDate(expires, receivedAt);
  return seconds(at === undefined ? 0 : Math.max(0, secondsBetween(date ?? receivedAt, at)));
}

function notKept(control: CacheControl): readonly string[] {
  if (control.noCacheFields.length + control.privateFields.length === 0) return NO_NAMES;
  return [...control.noCacheFields, ...control.privateFields];
}

/** Directives whose argument is a number of seconds. */
const WITH_SECONDS: ReadonlySet<string> = new Set(["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"]);

/**
 * CDN-Cache-Control as a Cache-Control value. Only a valid dictionary that is not empty takes the place of Cache-Control,
 * and of its members those whose value has the wrong type are ignored. `undefined`: it does not count. [RFC 9213 §2.1, §2.2]
 */
function readTargeted(value: string | undefined): string | undefined {
  const members = value === undefined ? undefined : parseDictionary(value);
  if (members === undefined || members.size === 0) return undefined;
  const directives: string[] = [];
  for (const [name, item] of members) {
    if (WITH_SECONDS.has(name)) {
      if (item.kind === "integer" && item.value >= 0) directives.push(`${name}=${item.value}`);
    } else if (item.kind === "boolean") {
      if (item.value) directives.push(name);
    } else if (item.kind === "string") directives.push(`${name}="${item.value}"`);
  }
  return directives.join(", ");
}
