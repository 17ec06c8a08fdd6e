// Access control lists: who is granted what on a bucket or an object beside its policy. [S3UG acl-overview] The owner is
// always the bucket's: an object that another account put belongs to it too.

import type { AccountId } from "../../vocabulary/ids.ts";
import { canonicalUserIdOf, type Principal } from "./principal.ts";
import { canonicalUserIdOfPrincipal } from "./policy-principals.ts";

export const PERMISSIONS = ["FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP"] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const GROUPS = {
  AllUsers: "http://acs.amazonaws.com/groups/global/AllUsers",
  AuthenticatedUsers: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
  LogDelivery: "http://acs.amazonaws.com/groups/s3/LogDelivery",
} as const;
export type GroupUri = (typeof GROUPS)[keyof typeof GROUPS];

export type Grantee =
  | { readonly kind: "canonical-user"; readonly id: string }
  | { readonly kind: "group"; readonly uri: GroupUri };

export interface Grant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

export type Acl = readonly Grant[];

/** What each name of a ready-made list grants, beside everything to the owner. [S3UG acl-overview] */
const CANNED_ACLS: Readonly<Record<string, readonly Grant[]>> = {
  private: [],
  "public-read": [toGroup("AllUsers", "READ")],
  "public-read-write": [toGroup("AllUsers", "READ"), toGroup("AllUsers", "WRITE")],
  "authenticated-read": [toGroup("AuthenticatedUsers", "READ")],
  // The bucket's owner owns all objects, so these say what is so anyway.
  "bucket-owner-read": [],
  "bucket-owner-full-control": [],
  "log-delivery-write": [toGroup("LogDelivery", "WRITE"), toGroup("LogDelivery", "READ_ACP")],
};

export const CANNED_ACL_NAMES: readonly string[] = Object.keys(CANNED_ACLS);

function toGroup(group: keyof typeof GROUPS, permission: Permission): Grant {
  return { grantee: { kind: "group", uri: GROUPS[group] }, permission };
}

function ownersGrant(owner: AccountId): Grant {
  return { grantee: { kind: "canonical-user", id: canonicalUserIdOf(owner) }, permission: "FULL_CONTROL" };
}

/** `undefined`: there is no such name. */
export function cannedAcl(name: string, owner: AccountId): Acl | undefined {
  const grants = Object.hasOwn(CANNED_ACLS, name) ? CANNED_ACLS[name] : undefined;
  return grants === undefined ? undefined : [ownersGrant(owner), ...grants];
}

/** As it is kept; "" for private. */
export function formatAcl(acl: Acl, owner: AccountId): string {
  const text = JSON.stringify(acl);
  return text === JSON.stringify([ownersGrant(owner)]) ? "" : text;
}

export function readAcl(kept: string | undefined, owner: AccountId): Acl {
  return kept === undefined || kept === "" ? [ownersGrant(owner)] : (JSON.parse(kept) as Acl);
}

/** To everybody, or to everybody who signs. [S3UG access-control-block-public-access] */
export function isPublicGrant({ grantee }: Grant): boolean {
  return grantee.kind === "group" && grantee.uri !== GROUPS.LogDelivery;
}

/** What a permission lets its grantee do; FULL_CONTROL is all of the column. [S3UG acl-overview] */
const ACTIONS_BY_PERMISSION: Readonly<
  Record<"bucket" | "object", Readonly<Record<Exclude<Permission, "FULL_CONTROL">, readonly string[]>>>
> = {
  bucket: {
    READ: ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
    WRITE: ["s3:PutObject", "s3:DeleteObject"],
    READ_ACP: ["s3:GetBucketAcl"],
    WRITE_ACP: ["s3:PutBucketAcl"],
  },
  object: {
    READ: ["s3:GetObject", "s3:GetObjectVersion"],
    WRITE: [],
    READ_ACP: ["s3:GetObjectAcl", "s3:GetObjectVersionAcl"],
    WRITE_ACP: ["s3:PutObjectAcl", "s3:PutObjectVersionAcl"],
  },
};

/** The grant by which `principal` may do `action`, if the list of a bucket or object has one. */
export function findGrant(
  acl: Acl,
  of: "bucket" | "object",
  { principal, action }: { readonly principal: Principal; readonly action: string },
): Grant | undefined {
  const table = ACTIONS_BY_PERMISSION[of];
  return acl.find(({ grantee, permission }) => {
    const actions = permission === "FULL_CONTROL" ? Object.values(table).flat() : table[permission];
    return actions.includes(action) && isGrantedTo(grantee, principal);
  });
}

function isGrantedTo(grantee: Grantee, principal: Principal): boolean {
  if (grantee.kind === "canonical-user") return canonicalUserIdOfPrincipal(principal) === grantee.id;
  if (grantee.uri === GROUPS.AllUsers) return true;
  return grantee.uri === GROUPS.AuthenticatedUsers && (principal.kind === "caller" || principal.kind === "identity");
}

export function describeGrantee(grantee: Grantee): string {
  return grantee.kind === "group"
    ? grantee.uri.slice(grantee.uri.lastIndexOf("/") + 1)
    : `canonical user ${grantee.id}`;
}

/** Whether anybody but the owner is granted something. */
export function isGrantedBeyondOwner(acl: Acl, owner: AccountId): boolean {
  return acl.some(({ grantee }) => grantee.kind === "group" || grantee.id !== canonicalUserIdOf(owner));
}
