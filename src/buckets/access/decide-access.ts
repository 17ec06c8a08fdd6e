// May this caller do this to this bucket or object? The one place that knows the order: an explicit Deny, what the access
// key itself may, the owner, the policy, the ACLs. Pure; its why is for the operator's log and for `warmfront explain`,
// never for the caller. [S3UG how-s3-evaluates-access-control]

import type { Bucket } from "../../store/buckets.ts";
import { describeGrantee, findGrant, isPublicGrant, readAcl, type Acl } from "./acl.ts";
import { hasAcls, publicAccessBlockOf } from "./access-settings.ts";
import { evaluatePolicy, type PolicyVerdict } from "./evaluate-policy.ts";
import { parsePolicy, type PolicyFault } from "./parse-policy.ts";
import { describePrincipal } from "./policy-principals.ts";
import type { Policy } from "./policy.ts";
import type { Principal } from "./principal.ts";
import { isPublicPolicy } from "./public-policy.ts";
import { resourceArn, type AccessAsked } from "./request-facts.ts";
import { isReadAction } from "./s3-actions.ts";

export interface AccessDecision {
  readonly kind: "allowed" | "denied";
  /** What decided, in a sentence without a full stop. */
  readonly why: string;
}

/** A policy can shut its own owner out; these let the owner back in, as they let an account's root user. [S3API PutBucketPolicy] */
const NEVER_DENIED_TO_OWNER: ReadonlySet<string> = new Set([
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:DeleteBucketPolicy",
]);

export function decideAccess(asked: AccessAsked): AccessDecision {
  const decision = decide(asked);
  if (decision.kind === "allowed") return decision;
  const { principal, action } = asked;
  return {
    kind: "denied",
    why: `${describePrincipal(principal)} may not ${action} on ${resourceArn(asked)}: ${decision.why}`,
  };
}

function decide(asked: AccessAsked): AccessDecision {
  const { principal, action, bucket } = asked;
  const isOwner = principal.kind === "caller" && principal.caller.account === bucket.account;
  const isWholeOwner = isOwner && principal.caller.access === "full";
  if (isWholeOwner && NEVER_DENIED_TO_OWNER.has(action)) return allowed("an owner always gets at the policy");

  const policy = policyOf(bucket);
  if (policy?.kind === "malformed") {
    if (isWholeOwner) return allowed("it is the owner, and the bucket policy cannot be read");
    return denied(`the bucket policy cannot be read: ${policy.message}`);
  }
  const verdict = policy === undefined ? NO_POLICY : evaluatePolicy(policy.policy, asked);
  if (verdict.kind === "denied") return denied(verdict.why);
  if (principal.kind === "caller" && principal.caller.access === "read-only" && !isReadAction(action)) {
    return denied("its access key may only read");
  }
  if (isOwner) return allowed("it is the owner");
  if (isBeyondEdges(asked)) return denied("an edge asks for objects and their lists only, whatever is granted");
  return decideByGrants(asked, policy?.policy, verdict);
}

/** Viewers decide what an edge asks for: a grant of `s3:*` to its identity must not let them change the bucket itself. */
function isBeyondEdges({ principal, action, key }: AccessAsked): boolean {
  const isEdge = principal.kind === "identity" || principal.kind === "service";
  return isEdge && key === undefined && !EDGE_MAY_ASK_OF_BUCKETS.has(action);
}

const EDGE_MAY_ASK_OF_BUCKETS: ReadonlySet<string> = new Set([
  "s3:GetBucketLocation",
  "s3:ListBucket",
  "s3:ListBucketMultipartUploads",
  "s3:ListBucketVersions",
]);

const NO_POLICY: PolicyVerdict = { kind: "silent", why: "the bucket has no policy" };

function decideByGrants(asked: AccessAsked, policy: Policy | undefined, verdict: PolicyVerdict): AccessDecision {
  const block = publicAccessBlockOf(asked.bucket);
  if (verdict.kind === "allowed" && policy !== undefined) {
    const isRestricted = block.RestrictPublicBuckets && isPublicPolicy(policy);
    if (!isRestricted || isOfTheHouse(asked.principal, asked.bucket)) return allowed(verdict.why);
    return denied(`${verdict.why}, but the policy is public, and the public access block restricts public buckets`);
  }
  const acl = decideByAcl(asked, block.IgnorePublicAcls);
  return acl.kind === "allowed" ? acl : denied(`${verdict.why}, and ${acl.why}`);
}

/**
 * Whom RestrictPublicBuckets lets pass: what belongs to the owner's account, its identities and distributions. S3 lets services
 * pass whomever they call for; a distribution of anybody's would open the bucket to everybody.
 */
function isOfTheHouse(principal: Principal, bucket: Bucket): boolean {
  const isEdge = principal.kind === "service" || principal.kind === "identity";
  return isEdge && principal.account === bucket.account;
}

function decideByAcl(asked: AccessAsked, ignoresPublic: boolean): AccessDecision {
  const { bucket, key, object } = asked;
  if (!hasAcls(bucket)) return denied("ACLs are off for it (BucketOwnerEnforced)");
  const lists: readonly (readonly ["bucket" | "object", Acl])[] = [
    ["bucket", readAcl(bucket.settings.acl, bucket.account)],
    ...(key === undefined || object === undefined ? [] : [["object", readAcl(object.acl, bucket.account)] as const]),
  ];
  let ignored = "";
  for (const [of, acl] of lists) {
    const grant = findGrant(ignoresPublic ? acl.filter((one) => !isPublicGrant(one)) : acl, of, asked);
    if (grant !== undefined) {
      return allowed(`the ${of}'s ACL grants ${grant.permission} to ${describeGrantee(grant.grantee)}`);
    }
    if (findGrant(acl, of, asked) !== undefined) {
      ignored = `the public access block ignores what the ${of}'s ACL grants to everyone`;
    }
  }
  return denied(ignored === "" ? "no ACL grants it" : ignored);
}

// Policies are read from JSON, and asked at every request: kept read, for as many buckets as are busy at a time.
const POLICIES_KEPT = 200;
const policies = new Map<string, ReturnType<typeof parsePolicy>>();

/** The bucket's policy, read; `undefined` where it has none. */
export function policyOf(
  bucket: Bucket,
): { readonly kind: "policy"; readonly policy: Policy } | PolicyFault | undefined {
  const text = bucket.settings.policy;
  if (text === undefined) return undefined;
  const name = `${bucket.name}/${text}`;
  const kept = policies.get(name);
  if (kept !== undefined) return kept;
  const read = parsePolicy(text, bucket.name);
  if (policies.size >= POLICIES_KEPT) policies.delete(policies.keys().next().value ?? "");
  policies.set(name, read);
  return read;
}

function allowed(why: string): AccessDecision {
  return { kind: "allowed", why };
}

function denied(why: string): AccessDecision {
  return { kind: "denied", why };
}
