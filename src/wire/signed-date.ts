// The dates that signatures state: ISO 8601 in its short form, and what HTTP's own `Date` says where that is signed instead.

import { epochMs } from "../vocabulary/time.ts";
import type { EpochMs } from "../vocabulary/time.ts";

/** `YYYYMMDDThhmmssZ`, fractions of a second cut off. */
export function formatAmzDate(instant: EpochMs): string {
  return new Date(instant).toISOString().slice(0, 19).replace(/[-:]/g, "") + "Z";
}

/** An instant from its parts; `undefined` when there is none such, as on the 30th of February. */
function instantOf(parts: readonly (string | undefined)[], month: number): EpochMs | undefined {
  const [year = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN] = parts.map(Number);
  // Before 1000 Date.UTC means the 20th century by two digits, and nobody signed anything.
  if (year < 1000) return undefined;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  const same =
    date.getUTCMonth() === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return same ? epochMs(date.getTime()) : undefined;
}

// Callers sign within the same second or two, over and over.
let lastStamp: { readonly text: string; readonly instant: EpochMs | undefined } | undefined;

/** Reads `YYYYMMDDThhmmssZ`. */
export function parseAmzDate(text: string): EpochMs | undefined {
  if (lastStamp?.text !== text) lastStamp = { text, instant: readAmzDate(text) };
  return lastStamp.instant;
}

function readAmzDate(text: string): EpochMs | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  return instantOf([year, day, hour, minute, second], Number(month) - 1);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Reads a `Date` such as `Sun, 29 Sep 2019 17:13:51 GMT`; Python writes the zone as `-0000`. [RFC 5322 §3.3] */
export function parseSignedDate(text: string): EpochMs | undefined {
  const match = /^(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC|[+-]0000)$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, day, month = "", year, hour, minute, second] = match;
  const index = MONTHS.indexOf(month);
  return index === -1 ? undefined : instantOf([year, day, hour, minute, second], index);
}
