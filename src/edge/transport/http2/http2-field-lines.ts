// A field line on its way to viewers: checked, its name in lower case, and how HPACK is to send it. Lines that many answers have in
// common are made once, with the bytes that put them into a viewer's table.

import assert from "node:assert/strict";

import { isFieldValue, isToken } from "../../../http/field-syntax.ts";
import type { Field } from "../message.ts";
import { huffmanLength, writeHuffman } from "./hpack-huffman.ts";
import { STATIC_TABLE } from "./hpack-static-table.ts";

/**
 * "table": it is put into the viewer's table, and named from then on. "literal": it is another one with each answer, so it is
 * spelled out. "secret": likewise, and whoever passes it on must not put it into a table either. [RFC 7541 §7.1.3]
 */
export type Keeping = "table" | "literal" | "secret";

export interface LineName {
  readonly lower: string;
  /** In the static table; 0 where it is not. */
  readonly index: number;
  readonly keeping: Keeping;
}

export interface FieldLine {
  readonly name: LineName;
  readonly value: string;
  /** A literal with incremental indexing [RFC 7541 §6.2.1], of a line that is kept in the table. */
  readonly literal: Buffer | undefined;
}

/**
 * Fields that mean something to one connection of HTTP/1.1 [RFC 9113 §8.2.2], and those that frame the message, which are told by
 * the transport.
 */
const NOT_THE_ANSWERS =
  /^(?:content-length|transfer-encoding|connection|keep-alive|proxy-connection|upgrade|http2-settings|te|:.*)$/;

/** What differs from one answer to the next, so that it would only push out what does not. */
const DIFFERING: ReadonlySet<string> = new Set([
  "age",
  "content-length",
  "content-range",
  "date",
  "etag",
  "expires",
  "last-modified",
  "link",
  "location",
  "x-amz-cf-id",
  "x-amz-id-2",
  "x-amz-request-id",
  "x-amz-version-id",
  "x-request-id",
  "x-trace-id",
]);
const SECRET: ReadonlySet<string> = new Set(["set-cookie", "authorization", "proxy-authenticate"]);

/** A line beyond this would push out half a table. */
const KEPT_BYTES_MAX = 2048;

const staticNames = new Map<string, number>();
for (const [at, [name]] of STATIC_TABLE.entries()) if (!staticNames.has(name)) staticNames.set(name, at + 1);

/** Names that were found good, as they were given; they come from configuration and origins, so their number is bounded here. */
const goodNames = new Map<string, LineName>();
const GOOD_NAMES_MAX = 2048;

/** The transport's own. */
export const CONTENT_LENGTH: LineName = {
  lower: "content-length",
  index: staticNames.get("content-length") ?? 0,
  keeping: "literal",
};

/** Lines of names and values that are kept in tables, by both. All are forgotten when there are too many of them. */
let commonLines = new Map<LineName, Map<string, FieldLine>>();
let commonLinesHeld = 0;
const COMMON_LINES_MAX = 4096;

/** Throws when a name or value is none, or is the transport's to send. */
export function lineOf(field: Field): FieldLine {
  const [given, value] = field;
  const name = goodNames.get(given) ?? checkName(given);
  if (name.keeping !== "table" || value.length > KEPT_BYTES_MAX) return uncommonLine(name, given, value);
  return commonLines.get(name)?.get(value) ?? addCommon(name, given, value);
}

function uncommonLine(name: LineName, given: string, value: string): FieldLine {
  checkValue(given, value);
  return { name, value, literal: undefined };
}

function addCommon(name: LineName, given: string, value: string): FieldLine {
  checkValue(given, value);
  if (++commonLinesHeld > COMMON_LINES_MAX) {
    commonLines = new Map();
    commonLinesHeld = 1;
  }
  const line = { name, value, literal: literalOf(name, value) };
  const ofName = commonLines.get(name);
  if (ofName === undefined) commonLines.set(name, new Map([[value, line]]));
  else ofName.set(value, line);
  return line;
}

function checkValue(given: string, value: string): void {
  if (!isFieldValue(value)) assert.fail(`field ${given} has a value that would break its line`);
}

function checkName(given: string): LineName {
  const lower = given.toLowerCase();
  assert.ok(isToken(given), `${JSON.stringify(given)} is not a field name`);
  assert.ok(!NOT_THE_ANSWERS.test(lower), `${given} is the transport's to send`);
  const keeping = SECRET.has(lower) ? "secret" : DIFFERING.has(lower) ? "literal" : "table";
  // The same name in another spelling is the same to viewers.
  const name = goodNames.get(lower) ?? { lower, index: staticNames.get(lower) ?? 0, keeping };
  if (goodNames.size < GOOD_NAMES_MAX) goodNames.set(given, name);
  return name;
}

function literalOf(name: LineName, value: string): Buffer {
  const bytes = Buffer.allocUnsafe(1 + stringBytesMax(name.lower) + stringBytesMax(value) + 5);
  let at = writeInteger(bytes, 0, 0x40, 0x3f, name.index);
  if (name.index === 0) at = writeShortest(bytes, at, name.lower);
  return Buffer.from(bytes.subarray(0, writeShortest(bytes, at, value)));
}

/** What a string takes at most, its length included. */
export function stringBytesMax(text: string): number {
  return text.length + 5;
}

/** [RFC 7541 §5.1]; `pattern` are the bits before the integer's own, `mask` has a one for each of these. */
export function writeInteger(target: Buffer, from: number, pattern: number, mask: number, value: number): number {
  let at = from;
  if (value < mask) {
    target[at] = pattern | value;
    return at + 1;
  }
  target[at++] = pattern | mask;
  let left = value - mask;
  for (; left >= 128; left >>>= 7) target[at++] = (left & 0x7f) | 0x80;
  target[at++] = left;
  return at;
}

/** As it is: what is sent once is not worth the work of coding it. [RFC 7541 §5.2] */
export function writePlain(target: Buffer, from: number, text: string): number {
  const at = writeInteger(target, from, 0, 0x7f, text.length);
  return at + target.write(text, at, "latin1");
}

function writeShortest(target: Buffer, from: number, text: string): number {
  const coded = huffmanLength(text);
  if (coded >= text.length) return writePlain(target, from, text);
  return writeHuffman(target, writeInteger(target, from, 0x80, 0x7f, coded), text);
}
