// Sizes as the command line tells them.

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** For people: `812 bytes`, `4.2 MB`; a kB is a thousand bytes. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  // What would be rounded up to a thousand is one of the next.
  while (unit < UNITS.length - 1 && value >= (unit === 0 ? 1000 : 999.95)) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}
