// The ACL that a request asks for: one of the ready-made ones, grants in fields, or a document. What ownership and the
// public access block forbid is refused here. [S3API PutBucketAcl], [S3UG acl-overview]

import { hasAcls, publicAccessBlockOf } from "../access/access-settings.ts";
import { cannedAcl, formatAcl, GROUPS, isGrantedBeyondOwner, isPublicGrant, PERMISSIONS } from "../access/acl.ts";
import { CANNED_ACL_NAMES, type Acl, type Grant, type Grantee, type GroupUri, type Permission } from "../access/acl.ts";
import { canonicalUserIdOf } from "../access/principal.ts";
import type { Bucket } from "../../store/buckets.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import type { XmlElement } from "../../wire/xml-reader.ts";
import { fail, type BucketContext, type S3Failure } from "../operation.ts";
import { childrenOf, childText } from "../xml.ts";
import { directoryOf } from "./bucket-policy.ts";
import { malformedSetting } from "./setting-shape.ts";

type Asking = Pick<BucketContext, "field" | "service">;
type Owned = Pick<Bucket, "account" | "settings">;

/** [S3UG acl-overview] */
const GRANTS_MAX = 100;
/** Whose grant the CDN's log delivery has always needed [CFDG AccessLogs]; it belongs to no account here. */
const LOG_DELIVERY_ID = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0";

const GRANT_FIELDS: readonly (readonly [field: string, permission: Permission])[] = [
  ["x-amz-grant-full-control", "FULL_CONTROL"],
  ["x-amz-grant-read", "READ"],
  ["x-amz-grant-read-acp", "READ_ACP"],
  ["x-amz-grant-write", "WRITE"],
  ["x-amz-grant-write-acp", "WRITE_ACP"],
];

/** What the fields ask for; `undefined`: they ask for none. */
async function readAclFields({ field, service }: Asking, owner: AccountId): Promise<Acl | S3Failure | undefined> {
  const canned = field("x-amz-acl");
  const grants: Grant[] = [];
  let hasGrants = false;
  for (const [name, permission] of GRANT_FIELDS) {
    const value = field(name);
    if (value === undefined) continue;
    hasGrants = true;
    for (const grantee of readGrantees(value) ?? [undefined]) {
      if (grantee === undefined) return invalid(name, value, `Argument format not recognized in ${name}`);
      if ("code" in grantee) return grantee;
      grants.push({ grantee, permission });
    }
  }
  if (canned !== undefined && hasGrants) {
    return fail("InvalidRequest", { message: "Specifying both Canned ACLs and Header Grants is not allowed" });
  }
  if (canned === undefined) return hasGrants ? checkGrants(grants, service, owner) : undefined;
  const acl = cannedAcl(canned, owner);
  return acl ?? invalid("x-amz-acl", canned, `x-amz-acl may be ${CANNED_ACL_NAMES.join(", ")}`);
}

function invalid(name: string, value: string, message: string): S3Failure {
  const details = [
    ["ArgumentName", name],
    ["ArgumentValue", value.slice(0, 200)],
  ] as const;
  return fail("InvalidArgument", { message, details });
}

/** `id="…", uri="…"`, with quotes or without. */
function readGrantees(value: string): readonly (Grantee | S3Failure | undefined)[] {
  return value.split(",").map((part) => {
    const [, kind = "", text = ""] = /^\s*(id|uri|emailAddress)\s*=\s*"?([^"]*?)"?\s*$/i.exec(part) ?? [];
    if (kind.toLowerCase() === "id") return { kind: "canonical-user", id: text.toLowerCase() };
    if (kind.toLowerCase() === "uri") return toGroup(text);
    return kind === "" ? undefined : byMail();
  });
}

function toGroup(uri: string): Grantee | S3Failure {
  const isKnown = (Object.values(GROUPS) as string[]).includes(uri);
  return isKnown ? { kind: "group", uri: uri as GroupUri } : invalid("group", uri, "Invalid group uri");
}

function byMail(): S3Failure {
  return fail("NotImplemented", { message: "Grants by e-mail address are not implemented by this server; id is." });
}

/** Everybody who is named must exist. */
async function checkGrants(grants: Acl, service: Asking["service"], owner: AccountId): Promise<Acl | S3Failure> {
  if (grants.length > GRANTS_MAX) {
    return fail("InvalidRequest", {
      message: `An ACL may have at most ${GRANTS_MAX} grants; this has ${grants.length}.`,
    });
  }
  const directory = directoryOf(service, owner);
  const ids = new Set(grants.flatMap(({ grantee }) => (grantee.kind === "canonical-user" ? [grantee.id] : [])));
  for (const id of ids) {
    if (id === LOG_DELIVERY_ID || id === canonicalUserIdOf(owner)) continue;
    if (!(await directory.canonicalUserExists(id))) return invalid("CanonicalUser/ID", id, "Invalid id");
  }
  return grants;
}

/** An `AccessControlPolicy` document, as clients send back what they were shown. */
async function readAclDocument(
  root: XmlElement,
  service: Asking["service"],
  owner: AccountId,
): Promise<Acl | S3Failure> {
  const ownerId = root.children.find(({ name }) => name === "Owner");
  if (ownerId !== undefined && childText(ownerId, "ID")?.trim() !== canonicalUserIdOf(owner)) {
    return fail("AccessDenied", { why: "the document names another owner, and an owner cannot be changed" });
  }
  const list = root.children.find(({ name }) => name === "AccessControlList");
  if (list === undefined) return malformedSetting("AccessControlPolicy lacks AccessControlList");
  const grants: Grant[] = [];
  for (const grant of childrenOf(list, "Grant")) {
    const permission = PERMISSIONS.find((known) => known === childText(grant, "Permission")?.trim());
    if (permission === undefined) return malformedSetting(`Permission may be ${PERMISSIONS.join(", ")}`);
    const grantee = readGranteeElement(grant.children.find(({ name }) => name === "Grantee"));
    if ("code" in grantee) return grantee;
    grants.push({ grantee, permission });
  }
  return checkGrants(grants, service, owner);
}

/** Its type is told by what is in it, which the attribute only repeats. */
function readGranteeElement(found: XmlElement | undefined): Grantee | S3Failure {
  const id = found === undefined ? undefined : childText(found, "ID");
  const uri = found === undefined ? undefined : childText(found, "URI");
  if (id !== undefined) return { kind: "canonical-user", id: id.trim().toLowerCase() };
  if (uri !== undefined) return toGroup(uri.trim());
  return found !== undefined && childText(found, "EmailAddress") !== undefined
    ? byMail()
    : malformedSetting("Grantee lacks ID or URI");
}

/** The ACL that an operation on ACLs is given, as it is kept. */
export async function readAclRequest(
  at: Asking,
  bucket: Owned,
  readBody: () => Promise<XmlElement | S3Failure | undefined>,
): Promise<{ readonly kept: string } | S3Failure> {
  const fromFields = await readAclFields(at, bucket.account);
  const body = await readBody();
  if (body !== undefined && "code" in body) return body;
  if (fromFields !== undefined && body !== undefined) {
    return fail("UnexpectedContent", { why: "the ACL is in the fields and in the body" });
  }
  const acl = fromFields ?? (body === undefined ? undefined : await readAclDocument(body, at.service, bucket.account));
  if (acl === undefined)
    return fail("MissingSecurityHeader", { message: "Your request was missing a required header: x-amz-acl" });
  if ("code" in acl) return acl;
  return refusedAcl(acl, bucket) ?? { kept: formatAcl(acl, bucket.account) };
}

/** The ACL that comes along with an object that is put, as it is kept: "" where none is asked for. */
export async function readObjectAcl(at: Asking, bucket: Owned): Promise<{ readonly kept: string } | S3Failure> {
  const acl = await readAclFields(at, bucket.account);
  if (acl === undefined) return { kept: "" };
  if ("code" in acl) return acl;
  if (at.field("x-amz-acl") === "bucket-owner-full-control") return { kept: "" };
  return refusedAcl(acl, bucket) ?? { kept: formatAcl(acl, bucket.account) };
}

function refusedAcl(acl: Acl, bucket: Owned): S3Failure | undefined {
  if (!hasAcls(bucket)) {
    // The owner's whole control is what there is anyway, so asking for it is no fault. [S3UG about-object-ownership]
    return isOwnersAlone(acl, bucket.account) ? undefined : fail("AccessControlListNotSupported");
  }
  return publicAccessBlockOf(bucket).BlockPublicAcls && acl.some(isPublicGrant)
    ? fail("AccessDenied", { why: "the ACL is public, and the public access block has BlockPublicAcls" })
    : undefined;
}

function isOwnersAlone(acl: Acl, owner: AccountId): boolean {
  return !isGrantedBeyondOwner(acl, owner) && acl.some(({ permission }) => permission === "FULL_CONTROL");
}
