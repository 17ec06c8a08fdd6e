// The documents of a bucket's settings, described once for reading and writing. Unlike CloudFront's, their lists are mostly
// flattened: an element that is there several times. What a shape does not know is refused by its name.

import type { XmlElement } from "../../wire/xml-reader.ts";
import { fail, type S3Failure } from "../operation.ts";
import { S3_ERRORS } from "../errors.ts";
import { element, textElement } from "../xml.ts";

/** `group`: elements within, by name, in the order in which they are written. */
export type SettingShape =
  | { readonly kind: "text"; readonly oneOf?: readonly string[] }
  | { readonly kind: "integer" | "flag" }
  | { readonly kind: "group"; readonly members: Readonly<Record<string, Member>> };

export interface Member {
  readonly shape: SettingShape;
  /** `many`: any number of such elements, `some`: at least one. */
  readonly occurs: "once" | "maybe" | "many" | "some";
}

/** As JSON keeps it: a member that occurs many times is a list, one that is absent is not there. */
export type SettingValue = string | number | boolean | SettingDocument | readonly SettingValue[];
export interface SettingDocument {
  readonly [member: string]: SettingValue | undefined;
}

export const TEXT: SettingShape = { kind: "text" };
export const INTEGER: SettingShape = { kind: "integer" };
export const FLAG: SettingShape = { kind: "flag" };
export function oneOf(...values: readonly string[]): SettingShape {
  return { kind: "text", oneOf: values };
}
export function group(members: Readonly<Record<string, Member>>): SettingShape {
  return { kind: "group", members };
}
export function once(shape: SettingShape): Member {
  return { shape, occurs: "once" };
}
export function maybe(shape: SettingShape): Member {
  return { shape, occurs: "maybe" };
}
export function many(shape: SettingShape): Member {
  return { shape, occurs: "many" };
}
export function some(shape: SettingShape): Member {
  return { shape, occurs: "some" };
}

/** Characters of a caller's own name that a message repeats. */
const NAME_SHOWN = 100;

/** The content of a root that was read already. */
export function readSetting(root: XmlElement, shape: SettingShape): SettingDocument | S3Failure {
  const faults: string[] = [];
  const value = readValue(root, shape, faults);
  const [fault] = faults;
  return fault === undefined ? (value as SettingDocument) : malformedSetting(fault);
}

/** S3's words, and then what is wrong, for whoever wrote it. */
export function malformedSetting(fault: string): S3Failure {
  return fail("MalformedXML", { message: `${S3_ERRORS.MalformedXML.message} ${fault}.`, why: fault });
}

function readValue(found: XmlElement, shape: SettingShape, faults: string[]): SettingValue {
  if (shape.kind === "group") return readGroup(found, shape.members, faults);
  const text = found.text.trim();
  const [child] = found.children;
  if (child !== undefined) faults.push(`${found.name} holds text only, not ${child.name.slice(0, NAME_SHOWN)}`);
  switch (shape.kind) {
    case "text":
      if (shape.oneOf !== undefined && !shape.oneOf.includes(text)) {
        faults.push(`${found.name} may be ${shape.oneOf.join(" or ")}, not ${JSON.stringify(text.slice(0, 100))}`);
      }
      // White space may be a value's own, but never one of a closed set's.
      return shape.oneOf === undefined ? found.text : text;
    case "integer":
      if (!/^-?\d{1,9}$/.test(text)) faults.push(`${found.name} must be a whole number`);
      return Number(text);
    case "flag":
      if (!/^(?:true|false)$/i.test(text)) faults.push(`${found.name} may be true or false`);
      return text.toLowerCase() === "true";
  }
}

function readGroup(found: XmlElement, members: Readonly<Record<string, Member>>, faults: string[]): SettingDocument {
  const value: Record<string, SettingValue> = {};
  if (found.text.trim() !== "") faults.push(`${found.name} holds elements only, not text`);
  for (const { name } of found.children) {
    if (!Object.hasOwn(members, name)) {
      faults.push(
        `${found.name} has no element ${name.slice(0, NAME_SHOWN)}; there are ${Object.keys(members).join(", ")}`,
      );
    }
  }
  for (const [name, { shape, occurs }] of Object.entries(members)) {
    const children = found.children.filter((child) => child.name === name);
    const isList = occurs === "many" || occurs === "some";
    if (children.length === 0 && (occurs === "once" || occurs === "some")) faults.push(`${found.name} lacks ${name}`);
    if (children.length > 1 && !isList) faults.push(`${found.name} has ${name} more than once`);
    const values = children.map((child) => readValue(child, shape, faults));
    if (isList) value[name] = values;
    else if (values[0] !== undefined) value[name] = values[0];
  }
  return value;
}

/** The content of the root, as markup. */
export function writeSetting(value: SettingDocument, shape: SettingShape): string {
  if (shape.kind !== "group") return "";
  let text = "";
  for (const [name, { shape: of }] of Object.entries(shape.members)) {
    const member = value[name];
    if (member === undefined) continue;
    for (const item of Array.isArray(member) ? (member as readonly SettingValue[]) : [member]) {
      text +=
        of.kind === "group"
          ? element(name, writeSetting(item as SettingDocument, of))
          : textElement(name, item as string | number | boolean);
    }
  }
  return text;
}
