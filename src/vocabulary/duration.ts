// Durations as people write them: `1h30m`. Read on the command line, at the server's own paths and by the test kit, so that all say the same
// of what they cannot read.

import { seconds, type Seconds } from "./time.ts";

/** From the longest on; each at most once, in this order. */
const UNITS = [
  ["w", 604_800],
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
  ["ms", 0.001],
] as const;

export const DURATION_FORM = "a duration like 45s, 30m, 1h, 1h30m or 30d (w, d, h, m, s, ms, from the longest on)";

/** More than nothing. `undefined`: it is no duration. */
export function parseDuration(text: string): Seconds | undefined {
  const pattern = UNITS.map(([unit]) => `(?:(\\d{1,12})${unit})?`).join("");
  const found = new RegExp(`^${pattern}$`).exec(text);
  if (found === null) return undefined;
  const ms = UNITS.reduce((sum, [, length], at) => sum + Number(found[at + 1] ?? 0) * length * 1000, 0);
  return ms > 0 ? seconds(Math.round(ms) / 1000) : undefined;
}

/** To the second, and below one to the millisecond; the sign is left out. */
export function formatDuration(duration: Seconds): string {
  let left = Math.abs(duration) < 1 ? Math.round(Math.abs(duration) * 1000) : Math.floor(Math.abs(duration)) * 1000;
  const parts = UNITS.flatMap(([unit, length]) => {
    const count = Math.floor(left / (length * 1000));
    left -= count * length * 1000;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return parts.join("") || "0s";
}
