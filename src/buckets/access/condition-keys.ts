// The condition keys that are carried out, and what each is in a request. A key that is not here is refused when the policy
// is put: a condition that is stored and never holds would be a trap. Names and meanings:
// [IAMUG reference_policies_condition-keys], [S3UG amazon-s3-policy-keys].

import { formatCallerArn } from "../../callers/caller.ts";
import { isLoopbackAddress } from "../../vocabulary/network-address.ts";
import { distributionArn, identityArn } from "./principal.ts";
import type { AccessAsked } from "./request-facts.ts";

export interface ConditionKey {
  /** As documented; policies may write it in any case. Ends in `/` where a tag's key follows. */
  readonly name: string;
  /** Actions that it can be there for, as patterns; absent: all. Others in one statement with it are a mistake. */
  readonly actions?: readonly string[];
  /** There may be several values at once. */
  readonly isList?: true;
  /** `undefined`: the request has no such key. `tag`: what follows the `/`. */
  readonly read: (asked: AccessAsked, tag: string) => string | readonly string[] | undefined;
}

const LISTS = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"];
const ACL_WRITES = ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:PutBucketAcl", "s3:CreateBucket"];

const CONDITION_KEYS: readonly ConditionKey[] = [
  { name: "aws:CurrentTime", read: ({ facts }) => new Date(facts.now).toISOString() },
  { name: "aws:EpochTime", read: ({ facts }) => String(Math.floor(facts.now / 1000)) },
  { name: "aws:PrincipalAccount", read: ({ principal }) => callerOf(principal)?.account },
  { name: "aws:PrincipalArn", read: ({ principal }) => principalArn(principal) },
  { name: "aws:PrincipalIsAWSService", read: ({ principal }) => String(principal.kind === "service") },
  {
    name: "aws:PrincipalServiceName",
    read: ({ principal }) => (principal.kind === "service" ? "cloudfront.amazonaws.com" : undefined),
  },
  { name: "aws:PrincipalType", read: ({ principal }) => principalType(principal) },
  { name: "aws:Referer", read: ({ facts }) => facts.field("referer") },
  { name: "aws:RequestedRegion", read: ({ bucket }) => bucket.region },
  { name: "aws:ResourceAccount", read: ({ bucket }) => bucket.account },
  { name: "aws:SecureTransport", read: (asked) => String(isSecure(asked)) },
  {
    name: "aws:SourceAccount",
    read: ({ principal }) => (principal.kind === "service" ? principal.account : undefined),
  },
  {
    name: "aws:SourceArn",
    read: ({ principal }) =>
      principal.kind === "service" ? distributionArn(principal.account, principal.distribution) : undefined,
  },
  { name: "aws:SourceIp", read: (asked) => findAddress(asked) },
  { name: "aws:UserAgent", read: ({ facts }) => facts.field("user-agent") },
  { name: "aws:username", read: ({ principal }) => callerOf(principal)?.userName },
  { name: "s3:delimiter", actions: LISTS, read: ({ facts }) => facts.query.get("delimiter") },
  {
    name: "s3:ExistingObjectTag/",
    actions: ["s3:GetObject*", "s3:PutObjectAcl", "s3:Put*Tagging", "s3:PutObjectVersionAcl", "s3:Delete*Tagging"],
    read: ({ object }, tag) => object?.tags.find(({ Key }) => Key === tag)?.Value,
  },
  { name: "s3:if-match", actions: ["s3:PutObject", "s3:DeleteObject"], read: fieldNamed("if-match") },
  { name: "s3:if-none-match", actions: ["s3:PutObject"], read: fieldNamed("if-none-match") },
  {
    name: "s3:max-keys",
    actions: LISTS,
    read: ({ facts }) => facts.query.get("max-keys") ?? facts.query.get("max-uploads"),
  },
  { name: "s3:prefix", actions: LISTS, read: ({ facts }) => facts.query.get("prefix") },
  {
    name: "s3:RequestObjectTag/",
    actions: ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"],
    read: ({ facts }, tag) => requestTags(facts.field("x-amz-tagging")).find(([key]) => key === tag)?.[1],
  },
  {
    name: "s3:RequestObjectTagKeys",
    actions: ["s3:PutObject"],
    isList: true,
    read: ({ facts }) => requestTags(facts.field("x-amz-tagging")).map(([key]) => key),
  },
  { name: "s3:ResourceAccount", read: ({ bucket }) => bucket.account },
  { name: "s3:VersionId", actions: ["s3:*Version*"], read: ({ facts }) => facts.query.get("versionId") },
  { name: "s3:x-amz-acl", actions: ACL_WRITES, read: fieldNamed("x-amz-acl") },
  { name: "s3:x-amz-content-sha256", read: fieldNamed("x-amz-content-sha256") },
  { name: "s3:x-amz-copy-source", actions: ["s3:PutObject"], read: fieldNamed("x-amz-copy-source") },
  { name: "s3:x-amz-grant-full-control", actions: ACL_WRITES, read: fieldNamed("x-amz-grant-full-control") },
  { name: "s3:x-amz-grant-read", actions: ACL_WRITES, read: fieldNamed("x-amz-grant-read") },
  { name: "s3:x-amz-grant-read-acp", actions: ACL_WRITES, read: fieldNamed("x-amz-grant-read-acp") },
  { name: "s3:x-amz-grant-write", actions: ACL_WRITES, read: fieldNamed("x-amz-grant-write") },
  { name: "s3:x-amz-grant-write-acp", actions: ACL_WRITES, read: fieldNamed("x-amz-grant-write-acp") },
  { name: "s3:x-amz-metadata-directive", actions: ["s3:PutObject"], read: fieldNamed("x-amz-metadata-directive") },
  {
    name: "s3:x-amz-server-side-encryption",
    actions: ["s3:PutObject"],
    read: fieldNamed("x-amz-server-side-encryption"),
  },
  { name: "s3:x-amz-storage-class", actions: ["s3:PutObject"], read: fieldNamed("x-amz-storage-class") },
  {
    name: "s3:x-amz-website-redirect-location",
    actions: ["s3:PutObject"],
    read: fieldNamed("x-amz-website-redirect-location"),
  },
];

const BY_NAME = new Map(CONDITION_KEYS.map((key) => [key.name.toLowerCase(), key]));

/** A key that a policy names, with what stands behind its `/`. */
export interface NamedKey {
  readonly name: string;
  readonly key: ConditionKey;
  readonly tag: string;
}

/** `undefined`: there is no such key, or it is not carried out. */
export function findConditionKey(name: string): NamedKey | undefined {
  const slash = name.indexOf("/") + 1;
  const key = BY_NAME.get((slash === 0 ? name : name.slice(0, slash)).toLowerCase());
  if (key === undefined || (slash !== 0 && slash === name.length)) return undefined;
  return { name, key, tag: slash === 0 ? "" : name.slice(slash) };
}

/** Values of a key in the request; `undefined` where it has none. */
export function readConditionKey({ key, tag }: NamedKey, asked: AccessAsked): readonly string[] | undefined {
  const value = key.read(asked, tag);
  return typeof value === "string" ? [value] : value?.length === 0 ? undefined : value;
}

export const CONDITION_KEY_NAMES: readonly string[] = CONDITION_KEYS.map(({ name }) =>
  name.endsWith("/") ? `${name}<key>` : name,
);

function fieldNamed(lowerName: string) {
  return ({ facts }: AccessAsked): string | undefined => facts.field(lowerName);
}

function callerOf(principal: AccessAsked["principal"]) {
  return principal.kind === "caller" ? principal.caller : undefined;
}

function principalArn(principal: AccessAsked["principal"]): string | undefined {
  if (principal.kind === "caller") return formatCallerArn(principal.caller);
  return principal.kind === "identity" ? identityArn(principal.id) : undefined;
}

function principalType(principal: AccessAsked["principal"]): string | undefined {
  if (principal.kind === "anonymous") return "Anonymous";
  return principal.kind === "service" ? undefined : "User";
}

/**
 * A service that calls by itself has no address that a policy could mean. Neither has what an edge on this machine asks
 * for viewers from everywhere: a bucket that is open to this machine's own address is not open to them.
 */
function findAddress({ principal, facts }: AccessAsked): string | undefined {
  const isThroughEdge = isLoopbackAddress(facts.remoteAddress) && facts.field("x-amz-cf-id") !== undefined;
  return principal.kind === "service" || isThroughEdge ? undefined : facts.remoteAddress;
}

/**
 * What never left this machine counts as secure, as loopback does in browsers [W3C secure-contexts]: else a policy that
 * insists on TLS would shut everybody out of a store on a laptop. Edges ask over such a link.
 */
function isSecure({ principal, facts }: AccessAsked): boolean {
  if (facts.endpoint.startsWith("https:") || principal.kind === "identity" || principal.kind === "service") return true;
  return isLoopbackAddress(facts.remoteAddress);
}

function requestTags(field: string | undefined): readonly (readonly [string, string])[] {
  return field === undefined ? [] : [...new URLSearchParams(field)];
}
