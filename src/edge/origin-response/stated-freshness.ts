// What an origin's response says about being stored and reused, read once from its fields. [RFC 9111 §5], with the
// readings of [CFDG Expiration] where the two differ.

import { parseCacheControl } from "../../http/cache-control.ts";
import { computeInitialAge, parseAge } from "../../http/current-age.ts";
import { combineField, listNames } from "../../http/field-list.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import { seconds, secondsBetween, type EpochMs, type Seconds } from "../../vocabulary/time.ts";
import type { Field } from "../transport/message.ts";

export interface StatedFreshness {
  /** The strongest of what forbids reuse; MinTTL may override any of them. */
  readonly refusal: "no-store" | "private" | "no-cache" | undefined;
  readonly sMaxAge: Seconds | undefined;
  readonly maxAge: Seconds | undefined;
  /** From Date to Expires; 0 when Expires is past or not a date [RFC 9111 §5.3]. */
  readonly expiresIn: Seconds | undefined;
  /** When the response arrived. [RFC 9111 §4.2.3] */
  readonly age: Seconds;
  readonly hasCacheControl: boolean;
  readonly hasValidator: boolean;
  readonly variesOnEverything: boolean;
  /** Lower-case names of fields that go to the viewer who caused the fetch, and are not kept. */
  readonly fieldsNotKept: readonly string[];
}

export function readStatedFreshness(
  fields: readonly Field[],
  requestedAt: EpochMs,
  receivedAt: EpochMs,
): StatedFreshness {
  const text = combineField(fields, "cache-control");
  const control = parseCacheControl(text);
  const dateText = combineField(fields, "date");
  const date = dateText === undefined ? undefined : parseHttpDate(dateText, receivedAt);
  const expires = combineField(fields, "expires");
  const expiresAt = expires === undefined ? undefined : parseHttpDate(expires, receivedAt);
  const vary = combineField(fields, "vary");
  return {
    refusal: control.noStore ? "no-store" : control.private ? "private" : control.noCache ? "no-cache" : undefined,
    sMaxAge: control.sMaxAge,
    maxAge: control.maxAge,
    expiresIn:
      expires === undefined
        ? undefined
        : seconds(expiresAt === undefined ? 0 : Math.max(0, secondsBetween(date ?? receivedAt, expiresAt))),
    age: computeInitialAge({
      ageValue: parseAge(combineField(fields, "age")),
      // Only Age is believed: an origin whose clock is wrong would otherwise have nothing cached.
      dateValue: undefined,
      requestedAt,
      receivedAt,
    }),
    hasCacheControl: text !== undefined,
    hasValidator: combineField(fields, "etag") !== undefined || combineField(fields, "last-modified") !== undefined,
    variesOnEverything: vary !== undefined && listNames(vary, "*"),
    fieldsNotKept: [...control.noCacheFields, ...control.privateFields],
  };
}
