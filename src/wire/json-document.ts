// Documents of the model as JSON, by the same shapes that describe them as XML. Reading holds names and types against the shape and
// leaves all else (what is required, enums, bounds) to the XML reader, through which every such document goes afterwards; so JSON is
// only another spelling. What a shape does not name is refused by its name, and not dropped.

import type { MemberShape, ScalarShape, Shape, ShapeSet, WireDocument, WireValue } from "./shape.ts";

export type ReadJson =
  | { readonly kind: "ok"; readonly value: WireDocument }
  /** In words, with the place. */
  | { readonly kind: "failure"; readonly message: string };

/** `sent` is what a JSON text held; `path` is what messages put before its members' names. */
export function readJsonDocument(sent: unknown, shape: Shape, shapes: ShapeSet, path: string): ReadJson {
  try {
    return { kind: "ok", value: readValue(sent, shape, shapes, path) as WireDocument };
  } catch (error) {
    if (error instanceof Misfit) return { kind: "failure", message: error.message };
    throw error;
  }
}

class Misfit extends Error {}

const QUOTED_MAX = 100;
/** What XML 1.0 has no way to say, and half of a character. */
const NO_TEXT = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

function readValue(sent: unknown, shape: Shape, shapes: ShapeSet, path: string): WireValue {
  switch (shape.type) {
    case "structure": {
      if (typeof sent !== "object" || sent === null || Array.isArray(sent)) throw misfit(path, "an object", sent);
      return readStructure(sent, shape.members, shapes, path);
    }
    case "list":
      if (!Array.isArray(sent)) throw misfit(path, "a list", sent);
      return sent.map((item: unknown, index) => readValue(item, shapes(shape.of), shapes, `${path}[${index}]`));
    default:
      return readScalar(sent, shape, path);
  }
}

function readStructure(
  sent: object,
  members: readonly MemberShape[],
  shapes: ShapeSet,
  path: string,
): Record<string, WireValue> {
  const value: Record<string, WireValue> = {};
  for (const [name, held] of Object.entries(sent) as [string, unknown][]) {
    const member = members.find((each) => each.name === name);
    if (member === undefined) {
      const known = members.map((each) => each.name).join(", ");
      throw new Misfit(`Unknown member ${quote(name)} in ${path}; known there: ${known}.`);
    }
    if (held === null) continue; // as good as left out
    value[name] = readValue(held, shapes(member.shape), shapes, `${path}.${name}`);
  }
  return value;
}

function readScalar(sent: unknown, { type }: ScalarShape, path: string): WireValue {
  switch (type) {
    case "string":
    case "blob":
      if (typeof sent !== "string") throw misfit(path, "a text", sent);
      if (NO_TEXT.test(sent) || !sent.isWellFormed()) {
        throw new Misfit(`${path} holds a character that no text of this API can hold.`);
      }
      return sent;
    case "boolean":
      if (typeof sent !== "boolean") throw misfit(path, "true or false", sent);
      return sent;
    case "integer":
    case "long":
      if (typeof sent !== "number" || !Number.isSafeInteger(sent)) throw misfit(path, "a whole number", sent);
      return sent;
    case "float":
      if (typeof sent !== "number") throw misfit(path, "a number", sent);
      return sent;
    case "timestamp": {
      const instant = typeof sent === "string" ? Date.parse(sent) : Number.NaN;
      if (Number.isNaN(instant)) throw misfit(path, "an instant like 2026-11-21T12:00:00Z", sent);
      return instant;
    }
  }
}

function misfit(path: string, wanted: string, sent: unknown): Misfit {
  return new Misfit(`${path} must be ${wanted}, found ${quote(sent)}.`);
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
}

/** A document for JSON: what its shape names, in the shape's order; instants as texts, lists also when they are empty. */
export function toJsonDocument(value: WireValue, shape: Shape, shapes: ShapeSet): unknown {
  switch (shape.type) {
    case "structure": {
      const written: Record<string, unknown> = {};
      for (const member of shape.members) {
        const held = (value as WireDocument)[member.name];
        if (held !== undefined) written[member.name] = toJsonDocument(held, shapes(member.shape), shapes);
      }
      return written;
    }
    case "list":
      return (value as readonly WireValue[]).map((item) => toJsonDocument(item, shapes(shape.of), shapes));
    case "timestamp":
      return new Date(value as number).toISOString();
    default:
      return value;
  }
}
