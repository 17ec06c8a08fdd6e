// How values stand in an access log: percent-encoded where they hold anything that could break a line or a field, `-` where there
// is none. Every line is plain ASCII for it, so its length in characters is its length in bytes.

/** What is encoded: everything but these. Space, control characters and all beyond ASCII are among it. [CFDG AccessLogs] */
const ENCODED = /[^!$&()*+,\-./0-9:;=?@A-Z_a-z]/;
const ALL_ENCODED = new RegExp(ENCODED.source, "gu");

/** Of values that are not there, and of empty ones. */
export const ABSENT = "-";

/** A field value, a path or a query of a viewer's: a character per byte. What is encoded already is encoded again, `%20` to `%2520`. */
export function encodeLogValue(value: string | undefined): string {
  if (value === undefined || value === "") return ABSENT;
  return ENCODED.test(value) ? value.replaceAll(ALL_ENCODED, encodeCharacter) : value;
}

function encodeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // Nothing that viewers send has such characters; names from configuration might.
  if (code > 0xff) return encodeURIComponent(character.isWellFormed() ? character : "\ufffd");
  return ENCODED_BYTES[code] ?? "";
}

const ENCODED_BYTES: readonly string[] = Array.from(
  { length: 256 },
  (_, code) => `%${code.toString(16).toUpperCase().padStart(2, "0")}`,
);

/** Seconds with three decimals, of whole milliseconds; what a clock that was set back makes negative is none. */
export function formatLogSeconds(milliseconds: number): string {
  const known = SHORT_TIMES[milliseconds];
  if (known !== undefined) return known;
  return milliseconds > 0 ? (milliseconds / 1000).toFixed(3) : "0.000";
}

/** Nearly every request takes one of these. */
const SHORT_TIMES: readonly string[] = Array.from({ length: 1000 }, (_, ms) => (ms / 1000).toFixed(3));
