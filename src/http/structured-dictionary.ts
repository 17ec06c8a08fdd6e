// Structured fields that are dictionaries [RFC 9651 §3.2, §4.2.2], as far as caching reads one: CDN-Cache-Control
// [RFC 9213]. The parsing is that of the RFC: one fault anywhere, and the whole field is as good as absent.

import { trimBlanks } from "./field-list.ts";

/** A bare item; a token, byte sequence, date or inner list keeps its kind, because a directive of the wrong kind is ignored. */
export type DictionaryValue =
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer" | "decimal"; readonly value: number }
  | { readonly kind: "string" | "token"; readonly value: string }
  | { readonly kind: "other" };

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;
const BOOLEAN = /\?([01])/y;
const DATE = /@-?\d{1,15}(?![\d.])/y;
const DISPLAY_STRING = /%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/y;

/** Members in order of their last mention, parameters left out. `undefined`: not a dictionary. */
export function parseDictionary(value: string): ReadonlyMap<string, DictionaryValue> | undefined {
  const text = trimBlanks(value);
  const members = new Map<string, DictionaryValue>();
  let at = 0;

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  }

  function skip(blanks: string): void {
    while (at < text.length && blanks.includes(text.charAt(at))) at++;
  }

  function takeItem(): DictionaryValue | undefined {
    const number = take(NUMBER)?.[0];
    if (number !== undefined) return { kind: number.includes(".") ? "decimal" : "integer", value: Number(number) };
    const string = take(STRING)?.[1];
    if (string !== undefined) return { kind: "string", value: string.replace(/\\(.)/g, "$1") };
    const token = take(TOKEN)?.[0];
    if (token !== undefined) return { kind: "token", value: token };
    const boolean = take(BOOLEAN)?.[1];
    if (boolean !== undefined) return { kind: "boolean", value: boolean === "1" };
    return (take(BYTES) ?? take(DATE) ?? take(DISPLAY_STRING)) ? { kind: "other" } : undefined;
  }

  function takeParameters(): boolean {
    while (text.charAt(at) === ";") {
      at++;
      skip(" ");
      if (take(KEY) === undefined) return false;
      if (text.charAt(at) !== "=") continue;
      at++;
      if (takeItem() === undefined) return false;
    }
    return true;
  }

  function takeInnerList(): boolean {
    for (;;) {
      skip(" ");
      if (text.charAt(at) === ")") {
        at++;
        return true;
      }
      if (takeItem() === undefined || !takeParameters() || !" )".includes(text.charAt(at) || "x")) return false;
    }
  }

  while (at < text.length) {
    const key = take(KEY)?.[0];
    if (key === undefined) return undefined;
    let member: DictionaryValue | undefined = { kind: "boolean", value: true };
    if (text.charAt(at) === "=") {
      at++;
      if (text.charAt(at) === "(") {
        at++;
        member = takeInnerList() ? { kind: "other" } : undefined;
      } else member = takeItem();
    }
    if (member === undefined || !takeParameters()) return undefined;
    members.delete(key);
    members.set(key, member);
    skip(" \t");
    if (at === text.length) return members;
    if (text.charAt(at) !== ",") return undefined;
    at++;
    skip(" \t");
    if (at === text.length) return undefined; // a comma with nothing behind it
  }
  return members;
}
