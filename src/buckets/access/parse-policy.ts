// A bucket policy from the JSON that was put: everything in it is understood and will be carried out, or the whole is refused
// with S3's words for the fault, and then where it is and what is allowed. [IAMUG reference_policies_grammar],
// [S3UG bucket-policies]. The bucket of the resources must be the one that it is put on.

import { parseStrictJson, type StrictObject, type StrictValue, type WrittenNumber } from "../../wire/strict-json.ts";
import { compileCondition, findOperator, hasUnknownVariable, OPERATOR_NAMES } from "./condition-operators.ts";
import type { ConditionTest, WrittenOperator } from "./condition-operators.ts";
import { CONDITION_KEY_NAMES, findConditionKey, type ConditionKey } from "./condition-keys.ts";
import { canMatchBeyond, matchesPattern, parsePattern, type Pattern } from "./policy-pattern.ts";
import {
  parseAwsPrincipal,
  parseCanonicalUser,
  parseServicePrincipal,
  SERVICE_PRINCIPALS,
} from "./policy-principals.ts";
import type { Listed, Policy, PrincipalName, Statement } from "./policy.ts";
import { bucketArn } from "./request-facts.ts";
import { S3_ACTIONS, type ActionLevel } from "./s3-actions.ts";

/** A condition's value stands on the sixth level; no more is ever needed. */
const JSON_DEPTH_MAX = 10;
const VERSIONS = ["2012-10-17", "2008-10-17"];

export interface PolicyFault {
  readonly kind: "malformed";
  /** For the caller: S3's words, then where, and what is allowed. */
  readonly message: string;
}

/** Never throws. Whether the principals exist is another question: unknown-principals.ts. */
export function parsePolicy(
  text: string,
  bucket: string,
): { readonly kind: "policy"; readonly policy: Policy } | PolicyFault {
  try {
    return { kind: "policy", policy: readPolicy(text, bucket) };
  } catch (thrown) {
    if (thrown instanceof Malformed) return { kind: "malformed", message: thrown.message };
    throw thrown;
  }
}

/** Ends the reading from any depth; never leaves this file. */
class Malformed extends Error {}

function refuse(message: string): never {
  throw new Malformed(message);
}

function readPolicy(text: string, bucket: string): Policy {
  if (!text.startsWith("{")) refuse("Policies must be valid JSON and the first byte must be '{'");
  const json = parseStrictJson(text, { depthMax: JSON_DEPTH_MAX });
  if (json.kind === "fault") {
    const before = text.slice(0, json.at);
    const column = json.at - before.lastIndexOf("\n");
    refuse(`This policy contains invalid Json: line ${before.split("\n").length}, column ${column}: ${json.message}`);
  }
  const policy = json.value as StrictObject;
  onlyKnown(policy, ["Version", "Id", "Statement"], "the policy");
  const version = policy.get("Version") ?? "2008-10-17";
  if (typeof version !== "string" || !VERSIONS.includes(version)) {
    refuse(
      `The policy must contain a valid version string: Version is ${show(version)}, and may be ${either(VERSIONS)}`,
    );
  }
  const id = policy.get("Id");
  if (id !== undefined && typeof id !== "string") refuse(`Invalid policy syntax: Id must be text, not ${show(id)}`);

  const written = policy.get("Statement") ?? refuse("Missing required field Statement");
  const items = Array.isArray(written) ? (written as readonly StrictValue[]) : [written];
  if (items.length === 0) refuse("Could not parse the policy: Statement is empty!");
  const scope = { bucket, hasVariables: version === "2012-10-17" };
  const statements = items.map((item, at) => readStatement(item, at + 1, scope));
  const sids = new Set<string>();
  for (const { name, sid } of statements) {
    if (sid === undefined || sid === "") continue;
    if (sids.has(sid)) refuse(`Statement IDs (SID) in a single policy must be unique: ${name} repeats one`);
    sids.add(sid);
  }
  return { statements: statements.map(({ statement }) => statement) };
}

interface Scope {
  readonly bucket: string;
  readonly hasVariables: boolean;
}

const STATEMENT_ELEMENTS = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

function readStatement(
  written: StrictValue,
  number: number,
  scope: Scope,
): { readonly statement: Statement; readonly name: string; readonly sid: string | undefined } {
  if (!isObject(written)) refuse(`Invalid policy syntax: statement ${number} must be an object, not ${show(written)}`);
  const sid = written.get("Sid");
  if (sid !== undefined && typeof sid !== "string") {
    refuse(`Invalid policy syntax: Sid of statement ${number} must be text, not ${show(sid)}`);
  }
  const name = sid === undefined || sid === "" ? `statement ${number}` : `statement ${number} (${JSON.stringify(sid)})`;
  onlyKnown(written, STATEMENT_ELEMENTS, name);
  const effect = written.get("Effect") ?? refuse(`Missing required field Effect in ${name}`);
  if (effect !== "Allow" && effect !== "Deny") {
    refuse(`Invalid effect: ${show(effect)} in ${name}; it may be "Allow" or "Deny"`);
  }
  const principals = readPrincipals(written, name);
  if (principals.isNot && effect === "Allow") {
    refuse(`Allow with NotPrincipal is not supported: ${name} would grant to everyone else; name those who may`);
  }
  const named = readListed(written, "Action", name, (text) => ({ text, pattern: readAction(text, name) }));
  const actions = { isNot: named.isNot, items: named.items.map(({ pattern }) => pattern) };
  const resources = readListed(written, "Resource", name, (text) => readResource(text, name, scope));
  checkLevels(named, resources, name, scope);
  const conditions = readConditions(written.get("Condition"), { name, scope, actions });
  return { statement: { name, effect, principals, actions, resources, conditions }, name, sid };
}

/** `Action` or `NotAction` and the like: exactly one of both, with one text or several. */
function readListed<T>(
  statement: StrictObject,
  element: "Action" | "Resource",
  name: string,
  read: (text: string) => T,
): Listed<T> {
  const { isNot, written } = eitherOf(statement, element, name);
  const where = `${isNot ? "Not" : ""}${element} of ${name}`;
  return { isNot, items: readTexts(written, where).map(read) };
}

function eitherOf(
  statement: StrictObject,
  element: string,
  name: string,
): { readonly isNot: boolean; readonly written: StrictValue } {
  const [plain, negated] = [statement.get(element), statement.get(`Not${element}`)];
  if (plain !== undefined && negated !== undefined) {
    refuse(`Invalid policy syntax: ${name} has both ${element} and Not${element}`);
  }
  if (plain !== undefined) return { isNot: false, written: plain };
  return { isNot: true, written: negated ?? refuse(`Missing required field ${element} in ${name}`) };
}

function readTexts(written: StrictValue, where: string): readonly string[] {
  const items = Array.isArray(written) ? (written as readonly StrictValue[]) : [written];
  if (items.length === 0) refuse(`Invalid policy syntax: ${where} is an empty list`);
  return items.map((item) =>
    typeof item === "string" ? item : refuse(`Invalid policy syntax: ${where} must be text, not ${show(item)}`),
  );
}

// Principals

const PRINCIPAL_KINDS: Readonly<
  Record<string, { readonly parse: (text: string) => PrincipalName | undefined; readonly takes: string }>
> = {
  AWS: {
    parse: parseAwsPrincipal,
    takes:
      "*, an account (123456789012 or arn:aws:iam::123456789012:root), a user (arn:aws:iam::123456789012:user/name), " +
      "or an origin access identity (arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E…)",
  },
  CanonicalUser: { parse: parseCanonicalUser, takes: "64 or 96 hexadecimal digits" },
  Service: { parse: parseServicePrincipal, takes: `one of ${SERVICE_PRINCIPALS.join(", ")}` },
};

function readPrincipals(statement: StrictObject, name: string): Listed<PrincipalName> {
  const { isNot, written } = eitherOf(statement, "Principal", name);
  const element = isNot ? "NotPrincipal" : "Principal";
  if (written === "*") return { isNot, items: [{ kind: "everyone" }] };
  if (!isObject(written) || written.size === 0) {
    refuse(
      `Invalid principal in policy: ${element} of ${name} is ${show(written)}; it may be "*" or an object with ${either(Object.keys(PRINCIPAL_KINDS))}`,
    );
  }
  const items: PrincipalName[] = [];
  for (const [kind, texts] of written) {
    const known = Object.hasOwn(PRINCIPAL_KINDS, kind) ? PRINCIPAL_KINDS[kind] : undefined;
    const where = `${element}.${kind} of ${name}`;
    if (known === undefined) {
      refuse(`Invalid principal in policy: ${where}; there are ${either(Object.keys(PRINCIPAL_KINDS))}`);
    }
    for (const text of readTexts(texts, where)) {
      items.push(
        known.parse(text) ?? refuse(`Invalid principal in policy: ${where} is ${show(text)}; it may be ${known.takes}`),
      );
    }
  }
  return { isNot, items };
}

// Actions and resources

function readAction(text: string, name: string): Pattern {
  const pattern = parsePattern(text.toLowerCase(), { hasVariables: false, hasWildcards: true }) ?? [];
  if (text === "*" || [...S3_ACTIONS.keys()].some((action) => matchesPattern(pattern, action))) return pattern;
  return refuse(`Policy has invalid action: ${show(text)} in ${name} is no action of s3`);
}

function readResource(text: string, name: string, { bucket, hasVariables }: Scope): Pattern {
  const arn = bucketArn(bucket);
  const pattern = parsePattern(text, { hasVariables, hasWildcards: true });
  if (pattern === undefined || hasUnknownVariable(pattern)) {
    return refuse(
      `Policy has invalid resource: ${show(text)} in ${name} has a variable that is not carried out; there are ${CONDITION_KEY_NAMES.join(", ")}`,
    );
  }
  // A wildcard in the bucket's name would speak of other buckets too.
  if (text.startsWith(arn) && (matchesPattern(pattern, arn) || canMatchBeyond(pattern, `${arn}/`))) return pattern;
  return refuse(
    `Policy has invalid resource: ${show(text)} in ${name} is not of this bucket; it may be "${arn}" or begin with "${arn}/"`,
  );
}

/** Every action must find a resource of its level: an object's action on the bucket's own ARN would grant nothing. */
function checkLevels(
  actions: Listed<{ readonly text: string; readonly pattern: Pattern }>,
  resources: Listed<Pattern>,
  name: string,
  { bucket }: Scope,
): void {
  if (actions.isNot || resources.isNot) return;
  const arn = bucketArn(bucket);
  const levels = new Set<ActionLevel>();
  for (const resource of resources.items) {
    if (matchesPattern(resource, arn)) levels.add("bucket");
    if (canMatchBeyond(resource, `${arn}/`)) levels.add("object");
  }
  for (const { text, pattern } of actions.items) {
    const applies = [...S3_ACTIONS].some(([known, level]) => levels.has(level) && matchesPattern(pattern, known));
    if (!applies) {
      const isObjects = levels.has("bucket");
      refuse(
        `Action does not apply to any resource(s) in statement: ${text} in ${name} is about ` +
          (isObjects ? `objects: it needs a resource like "${arn}/*"` : `the bucket: it needs the resource "${arn}"`),
      );
    }
  }
}

// Conditions

interface ConditionScope {
  readonly name: string;
  readonly scope: Scope;
  readonly actions: Listed<Pattern>;
}

function readConditions(written: StrictValue | undefined, within: ConditionScope): readonly ConditionTest[] {
  if (written === undefined) return [];
  const { name } = within;
  if (!isObject(written)) refuse(`Invalid policy syntax: Condition of ${name} must be an object, not ${show(written)}`);
  const tests: ConditionTest[] = [];
  for (const [text, keys] of written) {
    const operator =
      findOperator(text) ??
      refuse(`Invalid Condition type : ${text} in ${name}; there are ${OPERATOR_NAMES.join(", ")}`);
    if (!isObject(keys)) refuse(`Invalid policy syntax: ${text} of ${name} must be an object, not ${show(keys)}`);
    for (const [key, values] of keys) tests.push(readCondition(operator, key, values, within));
  }
  return tests;
}

function readCondition(
  operator: WrittenOperator,
  keyName: string,
  written: StrictValue,
  { name, scope, actions }: ConditionScope,
): ConditionTest {
  const key =
    findConditionKey(keyName) ??
    refuse(
      `Policy has an invalid condition key: ${keyName} in ${name} is not carried out; there are ${CONDITION_KEY_NAMES.join(", ")}`,
    );
  checkApplies(key.key, keyName, name, actions);
  const items = Array.isArray(written) ? (written as readonly StrictValue[]) : [written];
  if (items.length === 0) refuse(`Invalid policy syntax: ${operator.written} ${keyName} of ${name} is an empty list`);
  const values = items.map((item) => {
    if (typeof item === "string") return item;
    if (typeof item === "boolean") return String(item);
    if (isNumber(item)) return String(Number(item.digits));
    return refuse(`Invalid policy syntax: ${operator.written} ${keyName} of ${name} must be text, not ${show(item)}`);
  });
  const test = compileCondition(operator, key, { values, hasVariables: scope.hasVariables });
  if ("unreadable" in test) {
    refuse(
      `Invalid policy syntax: ${operator.written} ${keyName} of ${name} is ${show(test.unreadable)}; it takes ${test.takes}`,
    );
  }
  return test;
}

function checkApplies(
  { actions: applies }: ConditionKey,
  keyName: string,
  name: string,
  actions: Listed<Pattern>,
): void {
  if (applies === undefined || actions.isNot) return;
  const patterns = applies.map(
    (text) => parsePattern(text.toLowerCase(), { hasVariables: false, hasWildcards: true }) ?? [],
  );
  const isPossible = [...S3_ACTIONS.keys()].some(
    (action) =>
      patterns.some((pattern) => matchesPattern(pattern, action)) &&
      actions.items.some((pattern) => matchesPattern(pattern, action)),
  );
  if (!isPossible) {
    refuse(
      `Conditions do not apply to combination of actions and resources in statement: ${keyName} in ${name} is there for ${applies.join(", ")} only`,
    );
  }
}

// Small parts

function isObject(value: StrictValue): value is StrictObject {
  return value instanceof Map;
}

function isNumber(value: StrictValue): value is WrittenNumber {
  return typeof value === "object" && value !== null && "digits" in value;
}

function onlyKnown(written: StrictObject, known: readonly string[], where: string): void {
  for (const name of written.keys()) {
    if (!known.includes(name)) refuse(`Unknown field ${name} in ${where}; there are ${known.join(", ")}`);
  }
}

const SHOWN_MAX = 200;

/** A caller's value in a message. */
function show(value: StrictValue): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value);
  if (isNumber(value)) return value.digits;
  if (typeof value !== "object" || value === null) return String(value);
  return value instanceof Map ? "an object" : "a list";
}

function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
}
