// The canonical request of Signature Version 4: the text that both sides hash. Pure functions over what came off the
// wire; sigv4.ts checks with them, sigv4-sign.ts signs with them. Surprises: paths are encoded a second time, and all
// texts here hold one character per byte (as node:http gives them), so nothing is ever decoded as UTF-8.

import { Buffer } from "node:buffer";
import { hash } from "node:crypto";

/** A field line: name and value as received; lists keep order and repeats. */
export type SignedField = readonly [name: string, value: string];

/** The part of a request that a signature covers, its body aside. */
export interface SignableRequest {
  readonly method: string;
  /** The target up to the first `?`, untouched. */
  readonly rawPath: string;
  /** The target after the first `?`, untouched; "" when there is none. */
  readonly rawQuery: string;
  readonly fields: readonly SignedField[];
}

/** SHA-256 of nothing. */
export const EMPTY_BODY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** Stands where the body's hash would, when the signature does not cover the body. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

const ESCAPES = Array.from({ length: 256 }, (_, byte) => "%" + byte.toString(16).toUpperCase().padStart(2, "0"));

/** What stands for a byte in canonical text: itself when unreserved [RFC 3986 §2.3], else its upper-case escape. */
const CANONICAL_BYTES = ESCAPES.map((escape, byte) => {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(char) ? char : escape;
});

function escapeChar(char: string): string {
  const code = char.charCodeAt(0);
  // Not a byte, so not from a wire: something no client signs, and that cannot be taken for another character.
  return ESCAPES[code] ?? `%u${code.toString(16)}`;
}

/** Percent-encodes all but the unreserved characters, once more where there are escapes already. */
export function encodeComponent(text: string): string {
  return text.replace(/[^A-Za-z0-9\-._~]/g, escapeChar);
}

/** Undoes `encodeComponent` for one piece of a query, `+` being a space; a stray `%` stands for itself. */
export function decodeComponent(text: string): string {
  if (!/[+%]/.test(text)) return text;
  return text.replace(/\+|%[0-9A-Fa-f]{2}/g, (found) =>
    found === "+" ? " " : String.fromCharCode(parseInt(found.slice(1), 16)),
  );
}

/** The same as decoding and encoding, in one pass. */
function recodeComponent(text: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(text)) return text;
  return text.replace(/\+|%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/g, (found) => {
    if (found === "+") return "%20";
    if (found.length === 3) return CANONICAL_BYTES[parseInt(found.slice(1), 16)] ?? found;
    return escapeChar(found);
  });
}

/**
 * Dot segments and empty segments removed, the rest encoded again: `%2F` becomes `%252F`. So do botocore and the
 * third JavaScript SDK; the second one leaves segments alone, which differs only for paths that no operation has.
 */
export function canonicalPath(rawPath: string): string {
  // What nearly every request has: nothing to remove, nothing to encode.
  if (/^(?:\/[A-Za-z0-9\-_~][A-Za-z0-9\-._~]*)+\/?$/.test(rawPath)) return rawPath;
  if (rawPath === "") return "/";
  const kept: string[] = [];
  for (const segment of rawPath.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") kept.pop();
    else kept.push(encodeComponent(segment));
  }
  const first = rawPath.startsWith("/") ? "/" : "";
  const last = rawPath.endsWith("/") && kept.length > 0 ? "/" : "";
  return first + kept.join("/") + last;
}

/**
 * As S3 has it, each byte of the key in its one spelling: what was escaped without need is not, what should have been is, but
 * for a slash, which stays as it was sent. Nothing is removed, nothing escaped twice. [S3API sig-v4-header-based-auth]
 */
export function canonicalObjectPath(rawPath: string): string {
  if (/^[A-Za-z0-9\-._~/]+$/.test(rawPath)) return rawPath;
  if (rawPath === "") return "/";
  return rawPath.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~/]/g, (found) =>
    found.length < 3 ? escapeChar(found) : (CANONICAL_BYTES[parseInt(found.slice(1), 16)] ?? found),
  );
}

const SIGNATURE_PARAMETER = "X-Amz-Signature";

function sortedPairs(pairs: (readonly [key: string, value: string])[]): string {
  // By key, then by value. Joined text would sort otherwise: `a-b=` comes before `a=`, the key `a-b` after `a`.
  if (pairs.length > 1) {
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  }
  return pairs.map(([key, value]) => `${key}=${value}`).join("&");
}

function splitPair(piece: string): readonly [key: string, value: string] {
  const equals = piece.indexOf("=");
  return equals === -1 ? [piece, ""] : [piece.slice(0, equals), piece.slice(equals + 1)];
}

/** Each name and value in canonical encoding, sorted; a flag such as `WithTags` becomes `WithTags=`. Leaves X-Amz-Signature out. */
export function canonicalQuery(rawQuery: string): string {
  if (rawQuery === "") return "";
  const pairs: (readonly [string, string])[] = [];
  for (const piece of rawQuery.split("&")) {
    if (piece === "") continue;
    const [key, value] = splitPair(piece);
    if (key !== SIGNATURE_PARAMETER) pairs.push([recodeComponent(key), recodeComponent(value)]);
  }
  return sortedPairs(pairs);
}

/** As `canonicalQuery`, but with every piece as it was sent: botocore signs so what is in an address already. */
export function queryAsSent(rawQuery: string): string {
  if (rawQuery === "") return "";
  return sortedPairs(
    rawQuery
      .split("&")
      .map(splitPair)
      .filter(([key]) => key !== SIGNATURE_PARAMETER),
  );
}

/** Parameters of a query by decoded name, the values of a repeated one in order. */
export function queryParameters(rawQuery: string): ReadonlyMap<string, readonly string[]> {
  const parameters = new Map<string, string[]>();
  for (const piece of rawQuery.split("&")) {
    if (piece === "") continue;
    const [key, value] = splitPair(piece);
    const name = decodeComponent(key);
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [decodeComponent(value)]);
    else values.push(decodeComponent(value));
  }
  return parameters;
}

/** Trimmed, inner runs of white space as one space. `\s` would not do: it takes bytes of UTF-8 text for spaces. */
function canonicalFieldValue(value: string): string {
  if (!/^[ \t]|[ \t]$|[\t\n\v\f\r]| {2}/.test(value)) return value;
  return value.replace(/[ \t\n\v\f\r]+/g, " ").replace(/^ | $/g, "");
}

/** Canonical values by lower-case name, those of a repeated field joined with commas. */
export function canonicalFields(fields: readonly SignedField[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = values.get(key);
    const canonical = canonicalFieldValue(value);
    values.set(key, before === undefined ? canonical : `${before},${canonical}`);
  }
  return values;
}

/** The canonical request. `signedHeaders` are sorted, lower-case and all in `values`. */
export function canonicalRequest(parts: {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly values: ReadonlyMap<string, string>;
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}): string {
  let lines = "";
  for (const name of parts.signedHeaders) lines += `${name}:${parts.values.get(name) ?? ""}\n`;
  return `${parts.method}\n${parts.path}\n${parts.query}\n${lines}\n${parts.signedHeaders.join(";")}\n${parts.payloadHash}`;
}

/** The text whose HMAC is the signature. */
export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `AWS4-HMAC-SHA256\n${amzDate}\n${scope}\n${hashText(canonical)}`;
}

/** SHA-256 in lower-case hexadecimal. */
export function hashBody(body: Uint8Array): string {
  return body.byteLength === 0 ? EMPTY_BODY_HASH : hash("sha256", body, "hex");
}

/** SHA-256 of a text of bytes. */
export function hashText(text: string): string {
  return hash("sha256", bytesOf(text), "hex");
}

/** The bytes of a text, as a hash function takes them. Text that no wire gives (above U+00FF) is taken as UTF-8. */
export function bytesOf(text: string): string | Uint8Array {
  // A string is hashed as UTF-8, which for ASCII are the same bytes and costs no copy.
  return /[\x80-\xff]/.test(text) && !/[^\x00-\xff]/.test(text) ? Buffer.from(text, "latin1") : text;
}
