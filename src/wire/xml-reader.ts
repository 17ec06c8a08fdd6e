// XML of a request: bytes → elements → a document by its shape. Everything that comes in is either read, or refused
// with a reason that says what and where: an element that the version does not know is not dropped silently.
// No document type is ever accepted, so there are no entities to expand; size, depth and count of elements are bounded.
// Order, namespaces and attributes do not matter, because clients differ in all three [CFMODEL].

import { SaxesParser } from "saxes";

import { DEFAULT_LIMITS } from "../vocabulary/limits.ts";
import { unreachable } from "../vocabulary/unreachable.ts";
import type {
  ListShape,
  MemberShape,
  ScalarShape,
  Shape,
  ShapeSet,
  StructureShape,
  WireDocument,
  WireValue,
} from "./shape.ts";

/** An element without its attributes; `name` has no prefix. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** All character data of the element itself, with white space as it came. */
  readonly text: string;
  /** Where its start tag ends; both count from 1. */
  readonly line: number;
  readonly column: number;
}

/** MalformedXML: not XML, or a value that the shape forbids. MalformedInput: XML that does not say what it should. */
export interface XmlFailure {
  readonly kind: "failure";
  readonly code: "MalformedXML" | "MalformedInput";
  readonly message: string;
}

/** Bounds of one document; its size in bytes is for whoever received it to bound. */
export interface XmlLimits {
  readonly depthMax: number;
  /** Elements of the whole document; by default the limit of this name. */
  readonly elementsMax?: number;
}

/** What is expected, and the bounds. */
export interface ReadOptions extends XmlLimits {
  /** Name of the root element. */
  readonly root: string;
  /** Of the root's content: a shape, or its name in `shapes`. */
  readonly shape: string | Shape;
  readonly shapes: ShapeSet;
  /** What messages put before the members' names: the root's own name unless given, nothing when empty. */
  readonly path?: string;
}

/** Violations that a message lists; the count before them is that of all. */
const VIOLATIONS_SHOWN = 10;
/** Characters of a caller's text that a message repeats. */
const QUOTED_MAX = 256;

// Bytes → elements

interface OpenElement extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/** Reads any XML 1.0 document in UTF-8. */
export function readElements(
  bytes: Uint8Array,
  { depthMax, elementsMax = DEFAULT_LIMITS.apiXmlElementsMax }: XmlLimits,
): { readonly kind: "ok"; readonly root: XmlElement } | XmlFailure {
  const text = decodeUtf8(bytes);
  if (text === undefined) return malformed("The document is not UTF-8.");

  const parser = new SaxesParser({ xmlns: false, position: true });
  const open: OpenElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  let failure: XmlFailure | undefined;
  /** Ends the parse: saxes goes on after an error unless its handler throws. */
  const stop = (reason: string): never => {
    failure = malformed(`${reason} (line ${parser.line}, column ${parser.column}).`);
    throw new Error("stopped reading");
  };

  parser.on("error", (error) => stop(`The document is not well-formed: ${withoutPosition(error.message)}`));
  parser.on("doctype", () => stop("A document type declaration is not allowed"));
  parser.on("processinginstruction", () => stop("Processing instructions are not allowed"));
  parser.on("xmldecl", ({ version, encoding }) => {
    if (version !== undefined && version !== "1.0") stop(`XML version ${quote(version)} is not supported`);
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
      stop(`The encoding ${quote(encoding)} is not supported: send UTF-8`);
    }
  });
  parser.on("opentag", ({ name }) => {
    if (open.length >= depthMax) stop(`Elements are nested more than ${depthMax} deep`);
    if (++count > elementsMax) stop(`There are more than ${elementsMax} elements`);
    const { line, column } = parser;
    const element = { name: localName(name), children: [], text: "", line, column };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on("closetag", () => void open.pop());
  const append = (characters: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += characters;
  };
  parser.on("text", append);
  parser.on("cdata", append);

  try {
    parser.write(text).close();
  } catch (error) {
    if (failure === undefined) throw error;
    return failure;
  }
  return root === undefined ? malformed("The document is empty.") : { kind: "ok", root };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    // Takes a byte order mark off.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function malformed(message: string): XmlFailure {
  return { kind: "failure", code: "MalformedXML", message };
}

/** saxes says `1:23: what`; the position is told in words here. */
function withoutPosition(message: string): string {
  return quoteless(message.replace(/^(?:undefined:)?\d+:\d+: /, "").replace(/\.$/, ""));
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function quoteless(text: string): string {
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
}

function quote(text: string): string {
  return `"${quoteless(text)}"`;
}

// Elements → document

interface Reading {
  readonly shapes: ShapeSet;
  /** The first violations; `count` is that of all. */
  readonly violations: string[];
  count: number;
  /** The first thing that could not be understood at all; it comes before any violation. */
  refusal: XmlFailure | undefined;
}

/**
 * Reads a request's document. Members come out in the shape's order, an empty list as `[]`, an optional enum that is
 * empty as absent (Terraform sends such). Counts are not compared with lists: that is the model's to check.
 */
export function readDocument(
  bytes: Uint8Array,
  options: ReadOptions,
): { readonly kind: "ok"; readonly value: WireDocument } | XmlFailure {
  const elements = readElements(bytes, options);
  return elements.kind === "failure" ? elements : readElement(elements.root, options);
}

function readElement(
  root: XmlElement,
  { root: rootName, shape: shapeOrName, shapes, path = lowerCamel(rootName) }: ReadOptions,
): { readonly kind: "ok"; readonly value: WireDocument } | XmlFailure {
  const reading: Reading = { shapes, violations: [], count: 0, refusal: undefined };
  const shape = typeof shapeOrName === "string" ? shapes(shapeOrName) : shapeOrName;
  if (shape.type !== "structure") throw new Error(`the document ${rootName} is not a structure`);
  let value: WireDocument = {};
  // Observed: another root is a payload that is not there.
  if (root.name !== rootName) violate(reading, null, path || lowerCamel(rootName), "Member must not be null");
  else value = readStructure(reading, root, shape, path);
  if (reading.refusal !== undefined) return reading.refusal;
  if (reading.count === 0) return { kind: "ok", value };
  return malformed(formatViolations(reading.violations, reading.count));
}

/** The message that callers know: a count, then each violation (observed). */
export function formatViolations(violations: readonly string[], count: number = violations.length): string {
  return `${count} validation error${count === 1 ? "" : "s"} detected: ${violations.join("; ")}`;
}

/** One violation, as those messages put it. `value` null is a member that is not there. */
export function formatViolation(value: string | null, path: string, constraint: string): string {
  const shown = value === null ? "null" : `'${quoteless(value)}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: ${constraint}`;
}

/** The part of a message that lists what an enum allows. */
export function formatEnumConstraint(values: readonly string[]): string {
  return `Member must satisfy enum value set: [${values.join(", ")}]`;
}

/** As messages name members: only the first letter changes, `WebACLId` is `webACLId`. */
export function lowerCamel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function violate(reading: Reading, value: string | null, path: string, constraint: string): void {
  reading.count += 1;
  if (reading.violations.length < VIOLATIONS_SHOWN) reading.violations.push(formatViolation(value, path, constraint));
}

function refuse(reading: Reading, element: XmlElement, reason: string): void {
  const message = `${reason} (line ${element.line}, column ${element.column}).`;
  reading.refusal ??= { kind: "failure", code: "MalformedInput", message };
}

function readValue(reading: Reading, element: XmlElement, shape: Shape, path: string): WireValue | undefined {
  switch (shape.type) {
    case "structure":
      return readStructure(reading, element, shape, path);
    case "list":
      return readList(reading, element, shape, path);
    case "string":
    case "integer":
    case "long":
    case "boolean":
    case "timestamp":
    case "float":
    case "blob":
      return readScalar(reading, element, shape, path);
    default:
      return unreachable(shape);
  }
}

function readStructure(reading: Reading, element: XmlElement, shape: StructureShape, path: string): WireDocument {
  refuseText(reading, element);
  const members = membersByElement(shape);
  const found = new Map<string, XmlElement>();
  for (const child of element.children) {
    const member = members.get(child.name);
    if (member === undefined) {
      const known = shape.members.map(({ xmlName, name }) => xmlName ?? name).join(", ");
      refuse(reading, child, `Unknown element ${quote(child.name)} in "${element.name}"; known there: ${known}`);
    } else if (found.has(member.name)) {
      refuse(reading, child, `"${child.name}" occurs more than once in "${element.name}"`);
    } else found.set(member.name, child);
  }

  const value: Record<string, WireValue> = {};
  for (const member of shape.members) {
    const child = found.get(member.name);
    const memberPath = `${path}${path && "."}${lowerCamel(member.name)}`;
    const memberShape = reading.shapes(member.shape);
    const isAbsent = child === undefined || (isEmptyEnum(child, memberShape) && member.required !== true);
    if (isAbsent) {
      if (member.required === true) violate(reading, null, memberPath, "Member must not be null");
      continue;
    }
    const read = readValue(reading, child, memberShape, memberPath);
    if (read !== undefined) value[member.name] = read;
  }
  return value;
}

function isEmptyEnum(element: XmlElement, shape: Shape): boolean {
  return shape.type === "string" && shape.enum !== undefined && element.text === "" && element.children.length === 0;
}

const memberMaps = new WeakMap<StructureShape, ReadonlyMap<string, MemberShape>>();

function membersByElement(shape: StructureShape): ReadonlyMap<string, MemberShape> {
  let members = memberMaps.get(shape);
  if (members === undefined) {
    members = new Map(shape.members.map((member) => [member.xmlName ?? member.name, member]));
    memberMaps.set(shape, members);
  }
  return members;
}

function readList(reading: Reading, element: XmlElement, shape: ListShape, path: string): WireValue[] {
  refuseText(reading, element);
  const items = element.children.filter((child) => {
    const isItem = child.name === shape.item;
    if (!isItem) {
      refuse(reading, child, `Unknown element ${quote(child.name)} in "${element.name}"; known there: ${shape.item}`);
    }
    return isItem;
  });
  const of = reading.shapes(shape.of);
  if (of.type === "string" && of.enum !== undefined) return readEnumList(reading, items, of.enum, path);
  return items.flatMap((item, index) => readValue(reading, item, of, `${path}.${index + 1}.member`) ?? []);
}

/** A list with wrong items is one violation, of the whole list. */
function readEnumList(reading: Reading, items: readonly XmlElement[], allowed: readonly string[], path: string) {
  const values = items.map((item) => readText(reading, item));
  if (!values.every((value) => allowed.includes(value))) {
    const constraint = `Member must satisfy constraint: [${formatEnumConstraint(allowed)}]`;
    violate(reading, `[${values.join(", ")}]`, path, constraint);
  }
  return values;
}

function refuseText(reading: Reading, element: XmlElement): void {
  if (trimXml(element.text) !== "") refuse(reading, element, `"${element.name}" holds text where only elements may be`);
}

/** Not by a regular expression: one that looks for white space at the end is quadratic in white space within. */
function trimXml(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isXmlSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isXmlSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isXmlSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function readText(reading: Reading, element: XmlElement): string {
  const [child] = element.children;
  if (child !== undefined) refuse(reading, child, `Unknown element ${quote(child.name)} in "${element.name}", a text`);
  return element.text;
}

function readScalar(reading: Reading, element: XmlElement, shape: ScalarShape, path: string): WireValue | undefined {
  const text = readText(reading, element);
  if (shape.type === "string") {
    if (shape.enum !== undefined && !shape.enum.includes(text)) {
      violate(reading, text, path, formatEnumConstraint(shape.enum));
    }
    return text;
  }
  const value = parseScalar(trimXml(text), shape.type);
  if (value === undefined) refuse(reading, element, `${quote(text)} at '${path}' is not ${SCALAR_NAMES[shape.type]}`);
  return value;
}

const SCALAR_NAMES = {
  integer: "an integer of 32 bits",
  long: "an integer",
  boolean: "true or false",
  timestamp: "a time such as 2016-01-13T00:00:00Z",
  float: "a decimal number",
  blob: "base64",
} as const;

/** Text without surrounding white space → value; `undefined` when it is not of that type. */
export function parseScalar(text: string, type: Exclude<ScalarShape["type"], "string">): WireValue | undefined {
  switch (type) {
    case "integer":
      return parseInteger(text, -0x8000_0000, 0x7fff_ffff);
    case "long":
      // Of the 64 bits those that a number holds exactly: no member needs more.
      return parseInteger(text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "boolean":
      return parseBoolean(text);
    case "timestamp":
      return parseTimestamp(text);
    case "float":
      return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) ? finite(Number(text)) : undefined;
    case "blob":
      return parseBase64(text);
    default:
      return unreachable(type);
  }
}

function parseInteger(text: string, min: number, max: number): number | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  // Adding 0 makes -0 a 0.
  const value = Number(text) + 0;
  return value >= min && value <= max ? value : undefined;
}

/** In any case, since hand-written requests say `True`; other words are not guessed at. */
function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
}

/** ISO 8601 with seconds and zone → EpochMs. */
function parseTimestamp(text: string): number | undefined {
  const match = /^\d{4}-\d\d-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/.exec(text);
  if (match === null) return undefined;
  // Date would take February 31 for March 3: the day alone is looked up without its zone.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== Number(match[1])) return undefined;
  return finite(Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")));
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Line breaks within are allowed and dropped; padding is required. */
function parseBase64(text: string): string | undefined {
  const compact = text.replace(/[ \t\r\n]+/g, "");
  return compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact) ? compact : undefined;
}
