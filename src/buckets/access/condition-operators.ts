// The operators of a policy's conditions. [IAMUG reference_policies_elements_condition_operators] Values are read when the
// policy is put, so that a date that is none is refused then and does not fail at every request.

import { BlockList, isIP } from "node:net";
import { readConditionKey, findConditionKey, type NamedKey } from "./condition-keys.ts";
import { matchesPattern, parsePattern, resolvePattern, type Pattern } from "./policy-pattern.ts";
import type { AccessAsked } from "./request-facts.ts";

/** Whether a value of the request meets one value of the policy. */
type Test = (value: string, asked: AccessAsked) => boolean;

/** One key under one operator, ready to be asked. */
export interface ConditionTest {
  /** With quantifier and IfExists, as written. */
  readonly operator: string;
  /** What the values mean, without `Not`, quantifier and IfExists: `String`, `Arn`, `IpAddress`… */
  readonly family: OperatorFamily;
  readonly isNegated: boolean;
  readonly mayBeAbsent: boolean;
  readonly quantifier: "ForAllValues" | "ForAnyValue" | undefined;
  readonly key: NamedKey;
  /** As written. */
  readonly values: readonly string[];
  /** Of each value. */
  readonly tests: readonly Test[];
}

export type OperatorFamily = "String" | "Arn" | "IpAddress" | "Bool" | "Numeric" | "Date" | "Null";

interface Operator {
  readonly family: OperatorFamily;
  readonly isNegated?: true;
  /** What a value must look like, for a person. */
  readonly takes: string;
  /** `undefined`: not such a value. */
  readonly test: (value: string, options: { readonly hasVariables: boolean }) => Test | undefined;
}

const STRING_EQUALS: Operator = { family: "String", takes: "text", test: textTest((text) => text, false) };
const IGNORE_CASE: Operator = { ...STRING_EQUALS, test: textTest((text) => text.toLowerCase(), false) };
const STRING_LIKE: Operator = { ...STRING_EQUALS, test: textTest((text) => text, true) };
// Equals and Like are the same for ARNs.
const ARN: Operator = { family: "Arn", takes: "an ARN (six parts with colons; * and ? within a part)", test: arnTest };
const IP: Operator = { family: "IpAddress", takes: "an address or a range like 203.0.113.0/24", test: addressTest };

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: STRING_EQUALS,
  StringNotEquals: { ...STRING_EQUALS, isNegated: true },
  StringEqualsIgnoreCase: IGNORE_CASE,
  StringNotEqualsIgnoreCase: { ...IGNORE_CASE, isNegated: true },
  StringLike: STRING_LIKE,
  StringNotLike: { ...STRING_LIKE, isNegated: true },
  ArnEquals: ARN,
  ArnLike: ARN,
  ArnNotEquals: { ...ARN, isNegated: true },
  ArnNotLike: { ...ARN, isNegated: true },
  IpAddress: IP,
  NotIpAddress: { ...IP, isNegated: true },
  Bool: { family: "Bool", takes: "true or false", test: boolTest },
  NumericEquals: numeric((value, bound) => value === bound),
  NumericNotEquals: { ...numeric((value, bound) => value === bound), isNegated: true },
  NumericLessThan: numeric((value, bound) => value < bound),
  NumericLessThanEquals: numeric((value, bound) => value <= bound),
  NumericGreaterThan: numeric((value, bound) => value > bound),
  NumericGreaterThanEquals: numeric((value, bound) => value >= bound),
  DateEquals: dated((value, bound) => value === bound),
  DateNotEquals: { ...dated((value, bound) => value === bound), isNegated: true },
  DateLessThan: dated((value, bound) => value < bound),
  DateLessThanEquals: dated((value, bound) => value <= bound),
  DateGreaterThan: dated((value, bound) => value > bound),
  DateGreaterThanEquals: dated((value, bound) => value >= bound),
  Null: { family: "Null", takes: "true (the key is absent) or false", test: boolTest },
};

export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS);

const WRITTEN = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** What a policy writes before its keys. */
export interface WrittenOperator {
  readonly written: string;
  readonly operator: Operator;
  readonly quantifier: ConditionTest["quantifier"];
  readonly mayBeAbsent: boolean;
}

/** `undefined`: no such operator. Null has neither quantifier nor IfExists. */
export function findOperator(written: string): WrittenOperator | undefined {
  const [, quantifier, name = "", ifExists] = WRITTEN.exec(written) ?? [];
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined || (operator.family === "Null" && written !== "Null")) return undefined;
  return {
    written,
    operator,
    quantifier: quantifier as ConditionTest["quantifier"],
    mayBeAbsent: ifExists !== undefined,
  };
}

/** `unreadable`: the value that the operator cannot take. */
export function compileCondition(
  { written, operator, quantifier, mayBeAbsent }: WrittenOperator,
  key: NamedKey,
  { values, hasVariables }: { readonly values: readonly string[]; readonly hasVariables: boolean },
): ConditionTest | { readonly unreadable: string; readonly takes: string } {
  const tests: Test[] = [];
  for (const value of values) {
    const test = operator.test(value, { hasVariables });
    if (test === undefined) return { unreadable: value, takes: operator.takes };
    tests.push(test);
  }
  const { family, isNegated = false } = operator;
  return { operator: written, family, isNegated, mayBeAbsent, quantifier, key, values, tests };
}

/** Whether the condition holds for the request. */
export function holds(condition: ConditionTest, asked: AccessAsked): boolean {
  const { tests, isNegated, quantifier } = condition;
  const present = readConditionKey(condition.key, asked);
  if (condition.family === "Null") return tests.some((test) => test(String(present === undefined), asked));
  // What is not there is not equal to anything; of no values, all are anything.
  if (present === undefined) {
    return condition.mayBeAbsent || quantifier === "ForAllValues" || (isNegated && quantifier !== "ForAnyValue");
  }
  const meets = (value: string): boolean => tests.some((test) => test(value, asked)) !== isNegated;
  // Negated without quantifier: no value may be among those.
  return quantifier === "ForAllValues" || (quantifier === undefined && isNegated)
    ? present.every(meets)
    : present.some(meets);
}

function textTest(fold: (text: string) => string, hasWildcards: boolean): Operator["test"] {
  return (written, { hasVariables }) => {
    const pattern = parsePattern(written, { hasVariables, hasWildcards });
    if (pattern === undefined || hasUnknownVariable(pattern)) return undefined;
    return (value, asked) => {
      const resolved = resolveFor(pattern, asked);
      return resolved !== undefined && matchesPattern(foldPattern(resolved, fold), fold(value));
    };
  };
}

function foldPattern(pattern: Pattern, fold: (text: string) => string): Pattern {
  return pattern.map((part) => (part.kind === "literal" ? { kind: part.kind, text: fold(part.text) } : part));
}

/** A variable whose key is not carried out, or may have several values. */
export function hasUnknownVariable(pattern: Pattern): boolean {
  return pattern.some((part) => {
    if (part.kind !== "variable") return false;
    const found = findConditionKey(part.key);
    return found === undefined || found.key.isList === true;
  });
}

/** The pattern without variables, as it stands for this request. */
export function resolveFor(pattern: Pattern, asked: AccessAsked): Pattern | undefined {
  return resolvePattern(pattern, (name) => {
    const key = findConditionKey(name);
    return key === undefined ? undefined : readConditionKey(key, asked);
  });
}

function arnTest(written: string, { hasVariables }: { readonly hasVariables: boolean }): Test | undefined {
  const parts = arnParts(written);
  if (parts === undefined) return undefined;
  const patterns: Pattern[] = [];
  for (const part of parts) {
    const pattern = parsePattern(part, { hasVariables, hasWildcards: true });
    if (pattern === undefined || hasUnknownVariable(pattern)) return undefined;
    patterns.push(pattern);
  }
  return (value, asked) => {
    const actual = arnParts(value);
    return (
      actual !== undefined &&
      patterns.every((pattern, at) => {
        const resolved = resolveFor(pattern, asked);
        return resolved !== undefined && matchesPattern(resolved, actual[at] ?? "");
      })
    );
  };
}

/** The sixth part keeps its colons, and so does a variable, so that a `*` never reaches over one of the first five. */
function arnParts(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length && parts.length < 5; at++) {
    if (text.startsWith("${", at)) at = Math.max(at, text.indexOf("}", at));
    else if (text.charAt(at) === ":") {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.length === 6 && (parts[0] === "arn" || parts[0] === "*") ? parts : undefined;
}

/** IPv4 addresses written as IPv6: callers never have one, so a range of them would never hold. */
const MAPPED = new BlockList();
MAPPED.addSubnet("::ffff:0:0", 96, "ipv6");

function addressTest(written: string): Test | undefined {
  const [address = "", bits, more] = written.split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  if (family === 0 || address.includes("%") || more !== undefined) return undefined;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return undefined;
  if (family === 6 && MAPPED.check(address, "ipv6")) return undefined;
  const range = new BlockList();
  range.addSubnet(address, bits === undefined ? most : Number(bits), family === 4 ? "ipv4" : "ipv6");
  return (value) => {
    // A range of IPv6 would take IPv4 in by their mapped form.
    return isIP(value) === family && range.check(value, family === 4 ? "ipv4" : "ipv6");
  };
}

function boolTest(written: string): Test | undefined {
  const wanted = written.toLowerCase();
  return wanted === "true" || wanted === "false" ? (value) => value.toLowerCase() === wanted : undefined;
}

function numeric(compare: (value: number, bound: number) => boolean): Operator {
  return { family: "Numeric", takes: "a number", test: comparison(parseNumber, compare) };
}

function dated(compare: (value: number, bound: number) => boolean): Operator {
  const takes = "a date like 2026-11-20T10:00:00Z or seconds since 1970";
  return { family: "Date", takes, test: comparison(parseInstant, compare) };
}

function comparison(
  parse: (text: string) => number | undefined,
  compare: (value: number, bound: number) => boolean,
): Operator["test"] {
  return (written) => {
    const bound = parse(written);
    if (bound === undefined) return undefined;
    return (value) => {
      const actual = parse(value);
      return actual !== undefined && compare(actual, bound);
    };
  };
}

function parseNumber(text: string): number | undefined {
  return /^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

/** In milliseconds. */
function parseInstant(text: string): number | undefined {
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1000;
  if (!/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text))
    return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}
