// What a bucket policy says to a request: an explicit Deny wins, then an Allow, and of silence the caller of this makes
// what it likes. [IAMUG reference_policies_evaluation-logic] Every verdict names the statement that it stands on.

import { hasUnknownVariable, holds, resolveFor, type ConditionTest } from "./condition-operators.ts";
import { readConditionKey } from "./condition-keys.ts";
import { matchesPattern, type Pattern } from "./policy-pattern.ts";
import { describePrincipal, describePrincipalName, isAbout } from "./policy-principals.ts";
import type { Listed, Policy, Statement } from "./policy.ts";
import { resourceArn, type AccessAsked } from "./request-facts.ts";

export type PolicyVerdict =
  | { readonly kind: "allowed" | "denied"; readonly statement: Statement; readonly why: string }
  /** `why` tells of the Allow that came nearest. */
  | { readonly kind: "silent"; readonly why: string };

export function evaluatePolicy(policy: Policy, asked: AccessAsked): PolicyVerdict {
  let allowing: Statement | undefined;
  let nearest: Mismatch | undefined;
  for (const statement of policy.statements) {
    const mismatch = findMismatch(statement, asked);
    if (mismatch !== undefined) {
      if (statement.effect === "Allow" && mismatch.rank > (nearest?.rank ?? -1)) nearest = mismatch;
    } else if (statement.effect === "Deny") {
      return { kind: "denied", statement, why: `${statement.name} of the bucket policy denies it` };
    } else allowing ??= statement;
  }
  if (allowing !== undefined) {
    return { kind: "allowed", statement: allowing, why: `${allowing.name} of the bucket policy allows it` };
  }
  return { kind: "silent", why: nearest?.why ?? "the bucket policy allows nothing" };
}

interface Mismatch {
  /** How many parts of the statement matched before. */
  readonly rank: number;
  readonly why: string;
}

/** `undefined`: the statement applies. In an order that makes the telling mismatch the last one. */
function findMismatch(statement: Statement, asked: AccessAsked): Mismatch | undefined {
  const { name, effect, actions, resources, principals, conditions } = statement;
  const verb = effect === "Allow" ? "allows" : "denies";
  const action = asked.action.toLowerCase();
  if (!applies(actions, (pattern) => matchesPattern(pattern, action))) {
    return { rank: 0, why: `${name} of the bucket policy ${verb} other actions` };
  }
  const arn = resourceArn(asked);
  if (!applies(resources, (pattern) => matchesResource(pattern, arn, asked))) {
    return { rank: 1, why: `${name} of the bucket policy ${verb} it on other resources than ${arn}` };
  }
  if (!isAbout(principals, asked.principal)) {
    const whom = principals.items.map(describePrincipalName).join(", ");
    const to = principals.isNot ? `everyone but ${whom}` : whom;
    return {
      rank: 2,
      why: `${name} of the bucket policy ${verb} it to ${to}, not to ${describePrincipal(asked.principal)}`,
    };
  }
  const failing = conditions.find((condition) => !holds(condition, asked));
  if (failing === undefined) return undefined;
  return {
    rank: 3,
    why: `${name} of the bucket policy ${verb} it only where ${describeCondition(failing)}, and ${describeActual(failing, asked)}`,
  };
}

function applies<T>({ isNot, items }: Listed<T>, matches: (item: T) => boolean): boolean {
  return items.some(matches) !== isNot;
}

function matchesResource(pattern: Pattern, arn: string, asked: AccessAsked): boolean {
  if (hasUnknownVariable(pattern)) return false;
  const resolved = resolveFor(pattern, asked);
  return resolved !== undefined && matchesPattern(resolved, arn);
}

function describeCondition({ operator, key, values }: ConditionTest): string {
  return `${operator} ${key.name} ${values.map((value) => JSON.stringify(value)).join(", ")}`;
}

function describeActual({ key }: ConditionTest, asked: AccessAsked): string {
  const actual = readConditionKey(key, asked);
  return actual === undefined
    ? "the request has no such key"
    : `here it is ${actual.map((value) => JSON.stringify(value)).join(", ")}`;
}
