// A document by its shape → XML text of a response. Each shape is compiled once into a function that concatenates
// strings, because reading a distribution is the most frequent thing that callers do. What the shape does not know is
// not written: that is how an older version shows a newer resource.

import { Buffer } from "node:buffer";
import { unreachable } from "../vocabulary/unreachable.ts";
import type { Shape, ShapeSet, StructureShape, WireDocument, WireValue } from "./shape.ts";

/** What to write, and in whose words. */
export interface WriteOptions {
  /** Of the root's content: a shape, or its name in `shapes`. */
  readonly shape: string | Shape;
  /** Compiled writers are kept per set: pass the same function each time. */
  readonly shapes: ShapeSet;
  readonly namespace: string;
}

type Write = (value: WireValue) => string;

const writersOfSet = new WeakMap<ShapeSet, WeakMap<Shape, Write>>();

/**
 * The document with its declaration. A part of it that is frozen promises that nothing within it ever changes: its text
 * is kept as long as the part itself, since callers who wait for a distribution read the same config over and over.
 * Members in the shape's order; empty lists are left out, as the real service does.
 */
export function writeDocument(root: string, value: WireDocument, options: WriteOptions): string {
  const { shape, shapes, namespace } = options;
  const write = writerOf(typeof shape === "string" ? shapes(shape) : shape, shapes);
  return `${XML_DECLARATION}<${root} xmlns="${namespace}">${write(value)}</${root}>`;
}

/** The first line of every response (observed). */
export const XML_DECLARATION = '<?xml version="1.0"?>\n';

/** Text for between two tags. What XML cannot hold becomes U+FFFD, so that the document stays readable. */
export function escapeText(text: string): string {
  return UNSAFE.test(text) ? text.toWellFormed().replace(UNSAFE_EACH, escapeCharacter) : text;
}

/** Markup, the carriage return (a reader would make it a line feed), and what XML 1.0 §2.2 excludes. */
const UNSAFE = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/;
const UNSAFE_EACH = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;" };

function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? "\ufffd";
}

function writerOf(shape: Shape, shapes: ShapeSet): Write {
  let writers = writersOfSet.get(shapes);
  if (writers === undefined) writersOfSet.set(shapes, (writers = new WeakMap()));
  let write = writers.get(shape);
  if (write === undefined) writers.set(shape, (write = compile(shape, shapes)));
  return write;
}

function compile(shape: Shape, shapes: ShapeSet): Write {
  switch (shape.type) {
    case "structure":
      return structureWriter(shape, shapes);
    case "list": {
      const [open, close] = [`<${shape.item}>`, `</${shape.item}>`];
      const write = writerOf(shapes(shape.of), shapes);
      return (value) => {
        if (!Array.isArray(value)) throw new Error(`not a list: ${typeof value}`);
        let text = "";
        for (const item of value as readonly WireValue[]) text += open + write(item) + close;
        return text;
      };
    }
    case "string":
    case "blob":
      return writeString;
    case "integer":
    case "long":
    case "float":
      return writeNumber;
    case "boolean":
      return writeBoolean;
    case "timestamp":
      return writeTimestamp;
    default:
      return unreachable(shape);
  }
}

interface Part {
  readonly name: string;
  readonly open: string;
  readonly close: string;
  readonly write: Write;
}

function structureWriter({ members }: StructureShape, shapes: ShapeSet): Write {
  // Made at the first use, so that a shape may contain itself.
  let parts: readonly Part[] | undefined;
  const written = new WeakMap<WireDocument, string>();

  function write(document: WireDocument): string {
    parts ??= members.map(({ name, xmlName = name, shape }) => ({
      name,
      open: `<${xmlName}>`,
      close: `</${xmlName}>`,
      write: writerOf(shapes(shape), shapes),
    }));
    let text = "";
    for (const { name, open, close, write: writeMember } of parts) {
      const member = document[name];
      if (member === undefined || (Array.isArray(member) && member.length === 0)) continue;
      text += open + writeMember(member) + close;
    }
    return text;
  }

  return (value) => {
    if (!isDocument(value)) throw new Error(`not a structure: ${typeof value}`);
    if (!Object.isFrozen(value)) return write(value);
    let text = written.get(value);
    // Through bytes, which makes one string of the many that V8 would walk through anew at each use.
    if (text === undefined) written.set(value, (text = Buffer.from(write(value)).toString()));
    return text;
  };
}

function isDocument(value: WireValue): value is WireDocument {
  return typeof value === "object" && !Array.isArray(value);
}

function writeString(value: WireValue): string {
  if (typeof value !== "string") throw new Error(`not a text: ${typeof value}`);
  return escapeText(value);
}

function writeNumber(value: WireValue): string {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Error(`not a number: ${typeof value}`);
  return String(value);
}

function writeBoolean(value: WireValue): string {
  if (typeof value !== "boolean") throw new Error(`not a boolean: ${typeof value}`);
  return value ? "true" : "false";
}

/** With milliseconds, as seen on the real service: 2020-07-13T00:32:05.367Z. */
function writeTimestamp(value: WireValue): string {
  if (typeof value !== "number") throw new Error(`not an instant: ${typeof value}`);
  return new Date(value).toISOString();
}
