// Reads members of a document that a caller sent and the codec has already held against its shape, so a member of
// another type is our own fault: an assertion, not an answer.

import assert from "node:assert/strict";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import type { Listed } from "./distribution.ts";

/** `undefined`, here and below: the member was not sent. */
export function textOf(document: WireDocument, member: string): string | undefined {
  const value = document[member];
  if (value === undefined) return undefined;
  assert(typeof value === "string", `${member} is not text`);
  return value;
}

export function numberOf(document: WireDocument, member: string): number | undefined {
  const value = document[member];
  if (value === undefined) return undefined;
  assert(typeof value === "number", `${member} is not a number`);
  return value;
}

export function flagOf(document: WireDocument, member: string): boolean | undefined {
  const value = document[member];
  if (value === undefined) return undefined;
  assert(typeof value === "boolean", `${member} is not a boolean`);
  return value;
}

export function documentOf(document: WireDocument, member: string): WireDocument | undefined {
  const value = document[member];
  if (value === undefined) return undefined;
  assert(isDocument(value), `${member} is not a structure`);
  return value;
}

/** What the `Items` of a member hold; empty when the member or its items were not sent. */
function itemsOf(document: WireDocument, member: string): readonly WireValue[] {
  const items = documentOf(document, member)?.["Items"];
  if (items === undefined) return [];
  assert(isList(items), `${member}.Items is not a list`);
  return items;
}

export function textsOf(document: WireDocument, member: string): readonly string[] {
  return itemsOf(document, member).map((item) => {
    assert(typeof item === "string", `an item of ${member} is not text`);
    return item;
  });
}

export function numbersOf(document: WireDocument, member: string): readonly number[] {
  return itemsOf(document, member).map((item) => {
    assert(typeof item === "number", `an item of ${member} is not a number`);
    return item;
  });
}

export function documentsOf(document: WireDocument, member: string): readonly WireDocument[] {
  return itemsOf(document, member).map((item) => {
    assert(isDocument(item), `an item of ${member} is not a structure`);
    return item;
  });
}

/** For members that the shape requires. */
export function required<T>(value: T | undefined, member: string): T {
  assert(value !== undefined, `${member} is required and was let through without`);
  return value;
}

/** A list as the API writes it: no `Items` when there are none. */
export function listed<T>(items: readonly T[]): Listed<T> {
  return items.length === 0 ? { Quantity: 0 } : { Quantity: items.length, Items: items };
}

export function isDocument(value: WireValue | undefined): value is WireDocument {
  return typeof value === "object" && !isList(value);
}

export function isList(value: WireValue | undefined): value is readonly WireValue[] {
  return Array.isArray(value);
}

/** A caller's text as a message shows it: in quotes, on one line, never long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Whether two values say the same: the order of members says nothing, that of items does. */
export function isSame(one: WireValue | undefined, other: WireValue | undefined): boolean {
  if (isList(one) && isList(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (!isDocument(one) || !isDocument(other)) return one === other;
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((name) => isSame(one[name], other[name]));
}
