// A bucket policy as the store decides by it: read once from the JSON that was put (parse-policy.ts), asked for every
// request (evaluate-policy.ts). Statements keep their place and Sid, so that a decision can name the one it stands on.

import type { AccountId } from "../../vocabulary/ids.ts";
import type { ConditionTest } from "./condition-operators.ts";
import type { Pattern } from "./policy-pattern.ts";

export interface Policy {
  readonly statements: readonly Statement[];
}

export interface Statement {
  /** `statement 2 ("AllowTheCdn")`, counting from 1. */
  readonly name: string;
  readonly effect: "Allow" | "Deny";
  readonly principals: Listed<PrincipalName>;
  /** In lower case. */
  readonly actions: Listed<Pattern>;
  /** Of whole ARNs. */
  readonly resources: Listed<Pattern>;
  /** All must hold. */
  readonly conditions: readonly ConditionTest[];
}

/** `isNot`: it was NotAction and the like, and applies to what is not in the list. */
export interface Listed<T> {
  readonly isNot: boolean;
  readonly items: readonly T[];
}

/** Whom a policy can name. */
export type PrincipalName =
  | { readonly kind: "everyone" }
  | { readonly kind: "account"; readonly account: AccountId }
  | { readonly kind: "user"; readonly account: AccountId; readonly user: string }
  | { readonly kind: "identity"; readonly id: string }
  /** An identity or an account, by the id that ACLs use. */
  | { readonly kind: "canonical-user"; readonly canonicalUserId: string }
  | { readonly kind: "service"; readonly service: string };
