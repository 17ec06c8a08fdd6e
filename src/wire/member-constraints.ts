// Members of a request that is no XML, held against a table: the forms of the query protocol, the documents of JSON 1.1.
// What is wrong is told in the words that the real services have for it, all violations at once, since people search for
// them. A member that is not in the table is refused by its name rather than passed over.

import { Buffer } from "node:buffer";
import type { WireDocument, WireValue } from "./shape.ts";

export interface MemberSpec {
  /** `blob` is base64, and read as the text that it holds. */
  readonly type: "text" | "integer" | "flag" | "blob" | "texts" | "document" | "documents";
  readonly required?: true;
  /** Of a text's length, a number's value, a list's count. */
  readonly min?: number;
  readonly max?: number;
  /** Of the whole text, or of each text of a list. */
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
  /** Of a document, or of each document of a list. */
  readonly members?: MemberSpecs;
}
export type MemberSpecs = Readonly<Record<string, MemberSpec>>;

export type ReadMembers =
  | { readonly kind: "ok"; readonly input: WireDocument }
  /** `invalid`: a value that the table does not allow. `unreadable`: one of another type, or a member that there is not. */
  | { readonly kind: "invalid" | "unreadable"; readonly message: string };

/** Violations that a message lists, and characters of a caller's value that it repeats. */
const SHOWN_MAX = 10;
const QUOTED_MAX = 256;

/** `sent` is what a JSON text held, or a form: then numbers and flags are texts. */
export function readMembers(sent: object, specs: MemberSpecs, isForm: boolean): ReadMembers {
  const violations: string[] = [];
  try {
    const input = readDocument(sent, specs, { path: "", violations, isForm });
    if (violations.length === 0) return { kind: "ok", input };
    const count = violations.length;
    const message = `${count} validation error${count === 1 ? "" : "s"} detected: ${violations.slice(0, SHOWN_MAX).join("; ")}`;
    return { kind: "invalid", message };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: "unreadable", message: error.message };
    throw error;
  }
}

class Unreadable extends Error {}

interface Reading {
  /** With a dot at its end, or empty. */
  readonly path: string;
  readonly violations: string[];
  readonly isForm: boolean;
}

function readDocument(sent: object, specs: MemberSpecs, reading: Reading): WireDocument {
  const { path, violations } = reading;
  const input: Record<string, WireValue> = {};
  for (const name of Object.keys(sent)) {
    if (!Object.hasOwn(specs, name)) {
      throw new Unreadable(
        `This operation has no member ${quote(path + name)} here: it has ${Object.keys(specs).join(", ") || "none"}.`,
      );
    }
  }
  for (const [name, spec] of Object.entries(specs)) {
    const value: unknown = (sent as Record<string, unknown>)[name];
    const at = path + name.charAt(0).toLowerCase() + name.slice(1);
    if (value === undefined || value === null) {
      if (spec.required === true)
        violations.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
      continue;
    }
    input[name] = readValue(value, spec, { ...reading, path: at });
  }
  return input;
}

function readValue(value: unknown, spec: MemberSpec, reading: Reading): WireValue {
  const { path, isForm } = reading;
  switch (spec.type) {
    case "text":
      return checkText(textFrom(value, path), spec, reading);
    case "blob":
      return checkText(blobFrom(textFrom(value, path), path), spec, reading);
    case "integer": {
      const number = isForm && typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (typeof number !== "number" || !Number.isInteger(number))
        throw new Unreadable(`${path} is not a whole number.`);
      checkBounds(number, "value", spec, reading);
      return number;
    }
    case "flag": {
      const flag = isForm && (value === "true" || value === "false") ? value === "true" : value;
      if (typeof flag !== "boolean") throw new Unreadable(`${path} is neither true nor false.`);
      return flag;
    }
    case "document":
      return readDocument(documentFrom(value, path), spec.members ?? {}, { ...reading, path: `${path}.` });
    case "texts":
      return listFrom(value, spec, reading).map((item, index) => {
        const at = { ...reading, path: `${path}.${index + 1}.member` };
        return checkText(textFrom(item, at.path), { ...spec, min: 0, max: Number.MAX_SAFE_INTEGER }, at);
      });
    case "documents":
      return listFrom(value, spec, reading).map((item, index) => {
        const at = `${path}.${index + 1}.member.`;
        return readDocument(documentFrom(item, at), spec.members ?? {}, { ...reading, path: at });
      });
  }
}

function textFrom(value: unknown, path: string): string {
  if (typeof value !== "string") throw new Unreadable(`${path} is not a text.`);
  return value;
}

function blobFrom(base64: string, path: string): string {
  if (!/^[A-Za-z\d+/\s]*={0,2}\s*$/.test(base64)) throw new Unreadable(`${path} is not base64.`);
  return Buffer.from(base64, "base64").toString("utf8");
}

function documentFrom(value: unknown, path: string): object {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unreadable(`${path} is not a structure.`);
  return value;
}

function listFrom(value: unknown, spec: MemberSpec, reading: Reading): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unreadable(`${reading.path} is not a list.`);
  checkBounds(value.length, "length", spec, reading);
  // What is over its bound is refused by that alone.
  return spec.max !== undefined && value.length > spec.max ? [] : value;
}

function checkText(text: string, spec: MemberSpec, reading: Reading): string {
  const { violations, path } = reading;
  checkBounds(text.length, "length", spec, reading);
  const fails = (constraint: string): number =>
    violations.push(
      `Value ${quote(text)} at '${path}' failed to satisfy constraint: Member must satisfy ${constraint}`,
    );
  if (spec.values !== undefined && !spec.values.includes(text)) fails(`enum value set: [${spec.values.join(", ")}]`);
  if (spec.pattern !== undefined && !isWhole(spec.pattern, text))
    fails(`regular expression pattern: ${spec.pattern.source}`);
  return text;
}

function isWhole(pattern: RegExp, text: string): boolean {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags).test(text);
}

function checkBounds(found: number, what: "length" | "value", { min = 0, max }: MemberSpec, reading: Reading): void {
  const { violations, path } = reading;
  const fails = (bound: string): number =>
    violations.push(
      `Value ${what === "value" ? `'${found}' ` : ""}at '${path}' failed to satisfy constraint: Member must have ${what} ${bound}`,
    );
  if (found < min) fails(`greater than or equal to ${min}`);
  if (max !== undefined && found > max) fails(`less than or equal to ${max}`);
}

function quote(text: string): string {
  return `'${text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text}'`;
}
