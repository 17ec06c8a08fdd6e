// Whether a bucket policy is public, as the public access block means it: taken for public until every Allow is bound to
// somebody or somewhere by a value without wildcards. Denies do not count. [S3UG access-control-block-public-access]

import type { ConditionTest } from "./condition-operators.ts";
import type { Policy, Statement } from "./policy.ts";

/** Keys that say who asks or from where, so that one fixed value of them binds a statement. */
const BINDING_KEYS: ReadonlySet<string> = new Set([
  "aws:principalaccount",
  "aws:principalarn",
  "aws:sourceaccount",
  "aws:sourcearn",
]);

/** Larger ranges than these are everybody. */
const RANGE_BITS_MIN = { ipv4: 8, ipv6: 32 } as const;
export function isPublicPolicy(policy: Policy): boolean {
  return policy.statements.some(isPublicStatement);
}

function isPublicStatement({ effect, principals, conditions }: Statement): boolean {
  if (effect === "Deny") return false;
  const isToEveryone = principals.isNot || principals.items.some(({ kind }) => kind === "everyone");
  return isToEveryone && !conditions.some(isBinding);
}

function isBinding({ family, isNegated, mayBeAbsent, quantifier, key, values }: ConditionTest): boolean {
  if (isNegated || mayBeAbsent || quantifier === "ForAllValues") return false;
  if (family === "IpAddress") return key.key.name === "aws:SourceIp" && values.every(isNarrowRange);
  if (family !== "String" && family !== "Arn") return false;
  return BINDING_KEYS.has(key.key.name.toLowerCase()) && values.every((value) => !/[*?]|\$\{/.test(value));
}

function isNarrowRange(range: string): boolean {
  const [address = "", bits] = range.split("/");
  const least = address.includes(":") ? RANGE_BITS_MIN.ipv6 : RANGE_BITS_MIN.ipv4;
  return bits === undefined || Number(bits) >= least;
}
