// A read `--where` as a predicate over answers that have ended: closures, so that each request costs a few calls. What does not fit the
// fields is told with its column: an unknown name, an order of texts, a value that a field never has.

import type { Ended } from "../ended.ts";
import { findField, LINE_FIELDS, type LineField } from "./line-fields.ts";
import { compilePattern } from "./linear-pattern.ts";
import { parseWhere, type Order, type Where, type WhereFault } from "./where.ts";

export type Predicate = (ended: Ended) => boolean;

/** `holds` is `undefined` for "", which holds for all. */
export type PredicateOutcome = { readonly kind: "predicate"; readonly holds: Predicate | undefined } | WhereFault;

export function readPredicate(text: string): PredicateOutcome {
  if (text.trim() === "") return { kind: "predicate", holds: undefined };
  const read = parseWhere(text);
  if (read.kind === "failure") return read;
  const holds = predicateOf(read.where);
  return typeof holds === "function" ? { kind: "predicate", holds } : holds;
}

/** For people: the text, a mark below the column, and what was wrong. */
export function describeWhereFault(text: string, { message, column }: WhereFault): string {
  const from = Math.max(0, column - 40);
  const line = text.slice(from, from + 76).replaceAll(/\s/g, " ");
  return `--where, column ${column}: ${message}\n  ${line}\n  ${" ".repeat(column - 1 - from)}^`;
}

function predicateOf(where: Where): Predicate | WhereFault {
  switch (where.kind) {
    case "either":
    case "both":
      return listOf(where);
    case "not": {
      const inner = predicateOf(where.of);
      return typeof inner === "function" ? (ended) => !inner(ended) : inner;
    }
    case "compare":
      return comparisonOf(where);
    case "match":
      return matchOf(where);
  }
}

function listOf({ kind, of }: Extract<Where, { kind: "either" | "both" }>): Predicate | WhereFault {
  const parts: Predicate[] = [];
  for (const each of of) {
    const part = predicateOf(each);
    if (typeof part !== "function") return part;
    parts.push(part);
  }
  return kind === "both"
    ? (ended) => parts.every((holds) => holds(ended))
    : (ended) => parts.some((holds) => holds(ended));
}

function comparisonOf(where: Extract<Where, { kind: "compare" }>): Predicate | WhereFault {
  const { order, value, column, valueColumn } = where;
  const field = findField(where.field);
  if (field === undefined) return unknownField(where.field, column);
  if (field.kind === "number") {
    if (typeof value !== "number")
      return fault(`${where.field} is a number, found ${JSON.stringify(value)}`, valueColumn);
    return numberPredicate(field, order, value);
  }
  if (typeof value !== "string") {
    return fault(`${where.field} is a text, found ${value}: write "${value}"`, valueColumn);
  }
  if (order !== "==" && order !== "!=") {
    return fault(`${where.field} is a text: it is compared with ==, !=, =~ and !~`, column);
  }
  if (field.values !== undefined && !field.values.includes(value)) {
    return fault(`${where.field} is one of ${field.values.join(", ")}, found ${JSON.stringify(value)}`, valueColumn);
  }
  const { read } = field;
  return order === "==" ? (ended) => read(ended) === value : (ended) => read(ended) !== value;
}

function numberPredicate({ read }: Extract<LineField, { kind: "number" }>, order: Order, value: number): Predicate {
  switch (order) {
    case "==":
      return (ended) => read(ended) === value;
    case "!=":
      return (ended) => read(ended) !== value;
    case "<":
      return (ended) => read(ended) < value;
    case "<=":
      return (ended) => read(ended) <= value;
    case ">":
      return (ended) => read(ended) > value;
    case ">=":
      return (ended) => read(ended) >= value;
  }
}

function matchOf(where: Extract<Where, { kind: "match" }>): Predicate | WhereFault {
  const { isNegated, source, ignoresCase, column, valueColumn } = where;
  const field = findField(where.field);
  if (field === undefined) return unknownField(where.field, column);
  const compiled = compilePattern(source, ignoresCase);
  if (compiled.kind === "failure") return fault(`in the pattern: ${compiled.message}`, valueColumn + 1 + compiled.at);
  const { pattern } = compiled;
  const { read } = field;
  return (ended) => pattern.test(String(read(ended))) !== isNegated;
}

function unknownField(name: string, column: number): WhereFault {
  return fault(`there is no field ${name}; the fields are ${Object.keys(LINE_FIELDS).join(", ")}`, column);
}

function fault(message: string, column: number): WhereFault {
  return { kind: "failure", message, column };
}
