// The ACLs of buckets and objects, shown and put. [S3API GetBucketAcl], [S3API PutObjectAcl]

import { hasAcls } from "../access/access-settings.ts";
import { readAcl, type Acl, type Grant } from "../access/acl.ts";
import { canonicalUserIdOf } from "../access/principal.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import type { XmlElement } from "../../wire/xml-reader.ts";
import { escapeText } from "../../wire/xml-writer.ts";
import { fail, ok, okXml, type AtBucket, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { findShown } from "../find-shown.ts";
import { element, parseXml, readWhole, textElement, xmlDocument } from "../xml.ts";
import { keep } from "./bucket-setting.ts";
import { readAclRequest } from "./read-acl.ts";

export function getBucketAcl({ bucket }: AtBucket): Promise<BucketOutcome> {
  // Where ACLs are off, what was granted before them is without effect, and not shown.
  const kept = hasAcls(bucket) ? bucket.settings.acl : "";
  return Promise.resolve(showAcl(readAcl(kept, bucket.account), bucket.account));
}

export async function putBucketAcl(at: AtBucket): Promise<BucketOutcome> {
  if (!hasAcls(at.bucket)) return fail("AccessControlListNotSupported");
  const acl = await readAclRequest(at, at.bucket, () => readDocument(at));
  return "code" in acl ? acl : keep(at, "acl", acl.kept, 200);
}

export function getObjectAcl(at: AtObject): Promise<BucketOutcome> {
  const object = findShown(at);
  if ("code" in object) return Promise.resolve(object);
  const kept = hasAcls(at.bucket) ? object.acl : "";
  return Promise.resolve(showAcl(readAcl(kept, at.bucket.account), at.bucket.account));
}

export async function putObjectAcl(at: AtObject): Promise<BucketOutcome> {
  const { bucket, key, service } = at;
  const object = findShown(at);
  if ("code" in object) return object;
  const acl = await readAclRequest(at, bucket, () => readDocument(at));
  if ("code" in acl) return acl;
  const { versionId } = object;
  const changed = await service.store.buckets.changeObject({ bucket: bucket.name, key, versionId }, { acl: acl.kept });
  return changed === undefined ? fail("NoSuchKey", { details: [["Key", key]] }) : ok(200);
}

/** `undefined`: there is no body. */
async function readDocument(at: AtBucket): Promise<XmlElement | S3Failure | undefined> {
  const bytes = await readWhole(at);
  return bytes.length === 0 ? undefined : parseXml(bytes, "AccessControlPolicy", at);
}

function showAcl(acl: Acl, owner: AccountId): BucketOutcome {
  return okXml(
    xmlDocument(
      "AccessControlPolicy",
      element("Owner", textElement("ID", canonicalUserIdOf(owner))) +
        element("AccessControlList", acl.map(grantElement).join("")),
    ),
  );
}

const SCHEMA = "http://www.w3.org/2001/XMLSchema-instance";

function grantElement({ grantee, permission }: Grant): string {
  const [type, name, text] =
    grantee.kind === "group"
      ? (["Group", "URI", grantee.uri] as const)
      : (["CanonicalUser", "ID", grantee.id] as const);
  const inner = `<Grantee xmlns:xsi="${SCHEMA}" xsi:type="${type}"><${name}>${escapeText(text)}</${name}></Grantee>`;
  return element("Grant", inner + textElement("Permission", permission));
}
