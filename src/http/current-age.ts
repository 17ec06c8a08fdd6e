// How old a stored response is [RFC 9111 §4.2.3]: what the origin and caches before us said, plus how long it took to
// come, plus how long it has been here.

import { seconds, secondsBetween, type EpochMs, type Seconds } from "../vocabulary/time.ts";
import { parseDeltaSeconds } from "./cache-control.ts";
import { splitList } from "./field-list.ts";

/** What was known of a response's age when it arrived. */
export interface Arrival {
  /** Of the Age field; `undefined` without a readable one. */
  readonly ageValue: Seconds | undefined;
  /** Of the Date field; `undefined` without a readable one, and then the time of arrival stands for it [RFC 9110 §6.6.1]. */
  readonly dateValue: EpochMs | undefined;
  /** When the request that it answers was sent. */
  readonly requestedAt: EpochMs;
  /** When it was received. */
  readonly receivedAt: EpochMs;
}

/** Reads an Age field. Of a list the first element counts; what is no number is as good as absent [RFC 9111 §5.1]. */
export function parseAge(value: string | undefined): Seconds | undefined {
  return value === undefined ? undefined : parseDeltaSeconds(splitList(value)[0] ?? "");
}

/** corrected_initial_age: the age on arrival, whichever of the two ways of telling it makes it older. Never negative. */
export function computeInitialAge({ ageValue, dateValue, requestedAt, receivedAt }: Arrival): Seconds {
  const apparentAge = dateValue === undefined ? 0 : Math.max(0, secondsBetween(dateValue, receivedAt));
  const responseDelay = Math.max(0, secondsBetween(requestedAt, receivedAt)); // a clock may be set back
  return seconds(Math.max(apparentAge, (ageValue ?? 0) + responseDelay));
}

/** current_age at `now` of what had `initialAge` when it arrived, with fractions; for the Age field they are to be cut off. */
export function computeCurrentAge(initialAge: Seconds, receivedAt: EpochMs, now: EpochMs): Seconds {
  const residentTime = Math.max(0, secondsBetween(receivedAt, now));
  return seconds(initialAge + residentTime);
}
