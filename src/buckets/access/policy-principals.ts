// Principals in a bucket policy: whom a name means, and whether the one who asks is meant. Who an access key belongs to has
// two answers, its user and its account; both count.

import { parseAccountId, parseResourceId, type AccountId } from "../../vocabulary/ids.ts";
import { identityArn, canonicalUserIdOf, type Principal } from "./principal.ts";
import type { Listed, PrincipalName } from "./policy.ts";

/** Whom the CDN calls as when an origin has an access control. */
const CDN_SERVICE = "cloudfront.amazonaws.com";

/** Services that policies name. Only the first ever asks here: a grant to another is one to nobody. */
export const SERVICE_PRINCIPALS: readonly string[] = [
  CDN_SERVICE,
  "cloudtrail.amazonaws.com",
  "config.amazonaws.com",
  "delivery.logs.amazonaws.com",
  "logdelivery.elasticloadbalancing.amazonaws.com",
  "logging.s3.amazonaws.com",
  "s3.amazonaws.com",
  "vpc-flow-logs.amazonaws.com",
];

const IDENTITY_ARN = /^arn:aws:iam::cloudfront:user\/CloudFront Origin Access Identity (\S+)$/;
const USER_ARN = /^arn:aws:iam::(\d{12}):(?:root|user\/((?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,128}))$/;

/** What stands under `AWS`. `undefined`: no such form. Roles and federated users are none, since there are none here. */
export function parseAwsPrincipal(text: string): PrincipalName | undefined {
  if (text === "*") return { kind: "everyone" };
  const bare = parseAccountId(text);
  if (bare !== undefined) return { kind: "account", account: bare };
  const identity = IDENTITY_ARN.exec(text)?.[1];
  if (identity !== undefined) {
    return parseResourceId(identity) === undefined ? undefined : { kind: "identity", id: identity };
  }
  const [, account, user] = USER_ARN.exec(text) ?? [];
  if (account === undefined) return undefined;
  return user === undefined
    ? { kind: "account", account: account as AccountId }
    : { kind: "user", account: account as AccountId, user };
}

/** What stands under `CanonicalUser`; identities have had ids of 64 and of 96 digits. */
export function parseCanonicalUser(text: string): PrincipalName | undefined {
  const isId = /^(?:[0-9a-f]{64}|[0-9a-f]{96})$/i.test(text);
  return isId ? { kind: "canonical-user", canonicalUserId: text.toLowerCase() } : undefined;
}

/** What stands under `Service`. */
export function parseServicePrincipal(text: string): PrincipalName | undefined {
  return SERVICE_PRINCIPALS.includes(text) ? { kind: "service", service: text } : undefined;
}

/**
 * Whether a statement is about who asks. Under NotPrincipal a user is left out only if both the user and its account are
 * listed [IAMUG reference_policies_elements_notprincipal]: the account alone does not stand for its users there.
 */
export function isAbout({ isNot, items }: Listed<PrincipalName>, principal: Principal): boolean {
  if (!isNot) return items.some((name) => names(name, principal));
  if (principal.kind !== "caller") return !items.some((name) => names(name, principal));
  const isListed = (kinds: readonly PrincipalName["kind"][]): boolean =>
    items.some((name) => kinds.includes(name.kind) && names(name, principal));
  return !(isListed(["everyone"]) || (isListed(["user"]) && isListed(["account", "canonical-user"])));
}

function names(name: PrincipalName, principal: Principal): boolean {
  switch (name.kind) {
    case "everyone":
      return true;
    case "account":
      return principal.kind === "caller" && principal.caller.account === name.account;
    case "user":
      return (
        principal.kind === "caller" &&
        principal.caller.account === name.account &&
        principal.caller.userName === name.user
      );
    case "identity":
      return principal.kind === "identity" && principal.id === name.id;
    case "canonical-user":
      return canonicalUserIdOfPrincipal(principal) === name.canonicalUserId;
    case "service":
      return principal.kind === "service" && name.service === CDN_SERVICE;
  }
}

/** As ACLs name it; `undefined` for whom they cannot name. */
export function canonicalUserIdOfPrincipal(principal: Principal): string | undefined {
  if (principal.kind === "identity") return principal.canonicalUserId;
  return principal.kind === "caller" ? canonicalUserIdOf(principal.caller.account) : undefined;
}

/** Who asks, for a log line. */
export function describePrincipal(principal: Principal): string {
  switch (principal.kind) {
    case "anonymous":
      return "an unsigned request";
    case "caller":
      return `user ${principal.caller.userName} of account ${principal.caller.account}`;
    case "identity":
      return `origin access identity ${principal.id} (${identityArn(principal.id)})`;
    case "service":
      return `${CDN_SERVICE} for distribution ${principal.distribution} of account ${principal.account}`;
  }
}

export function describePrincipalName(name: PrincipalName): string {
  switch (name.kind) {
    case "everyone":
      return "everyone";
    case "account":
      return `account ${name.account}`;
    case "user":
      return `user ${name.user} of account ${name.account}`;
    case "identity":
      return `origin access identity ${name.id}`;
    case "canonical-user":
      return `canonical user ${name.canonicalUserId}`;
    case "service":
      return name.service;
  }
}
