// HTTP's dates [RFC 9110 §5.6.7]: one format is written, three are read. Read strictly: what is not a date in one of
// them is no date at all, and each user of dates has its own rule for that. Only the case of letters is overlooked, as
// caches should [RFC 9111 §4.2].

import { epochMs, type EpochMs } from "../vocabulary/time.ts";

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const MONTH = `(${MONTHS.join("|")})`;
const TIME = "(\\d{2}):(\\d{2}):(\\d{2})";
const IMF_FIXDATE = new RegExp(`^(?:${DAYS.join("|")}), (\\d{2}) ${MONTH} (\\d{4}) ${TIME} GMT$`, "i");
const RFC850_DATE = new RegExp(
  `^(?:Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday), (\\d{2})-${MONTH}-(\\d{2}) ${TIME} GMT$`,
  "i",
);
const ASCTIME_DATE = new RegExp(`^(?:${DAYS.join("|")}) ${MONTH} ((?:\\d| )\\d) ${TIME} (\\d{4})$`, "i");

/**
 * Reads a date in any of the three formats. `now` decides the century of a year with two digits. A wrong day of the
 * week is overlooked; a date that the calendar does not have is `undefined`.
 */
export function parseHttpDate(text: string, now: EpochMs): EpochMs | undefined {
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) {
    const [, day, month, year, hour, minute, second] = match;
    return toInstant(Number(year), month, day, hour, minute, second);
  }
  match = RFC850_DATE.exec(text);
  if (match !== null) {
    const [, day, month, year, hour, minute, second] = match;
    // More than 50 years ahead means the most recent such year of the past [RFC 9110 §5.6.7].
    const thisYear = new Date(now).getUTCFullYear();
    let fullYear = thisYear - (thisYear % 100) + Number(year) + 100;
    while (fullYear > thisYear + 50) fullYear -= 100;
    return toInstant(fullYear, month, day, hour, minute, second);
  }
  match = ASCTIME_DATE.exec(text);
  if (match === null) return undefined;
  const [, month, day, hour, minute, second, year] = match;
  return toInstant(Number(year), month, day, hour, minute, second);
}

function toInstant(
  year: number,
  month: string | undefined,
  day: string | undefined,
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
): EpochMs | undefined {
  const monthIndex = MONTHS.findIndex((name) => name.toLowerCase() === month?.toLowerCase());
  const dayOfMonth = Number(day);
  // 60 is a leap second, which the count of milliseconds does not have: it is the next minute's first.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, monthIndex, dayOfMonth); // Date.UTC would take the years 0 to 99 for 1900 to 1999
  if (midnight.getUTCMonth() !== monthIndex || midnight.getUTCDate() !== dayOfMonth) return undefined;
  return epochMs(midnight.getTime() + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000);
}

let lastSecond = Number.NaN;
let lastText = "";

/** The date as IMF-fixdate, fractions of a second cut off. The last one is remembered: a busy edge asks for the same second over and over. */
export function formatHttpDate(instant: EpochMs): string {
  const second = Math.floor(instant / 1000);
  if (second !== lastSecond) {
    lastText = new Date(second * 1000).toUTCString(); // specified to be this very format for years of four digits
    lastSecond = second;
  }
  return lastText;
}
