// An object as the lists of a bucket show it.

import type { ListedObject } from "../../store/buckets.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import { canonicalUserIdOf } from "../access/principal.ts";
import { entityTagOf } from "./object-fields.ts";
import { checksumType } from "./receive-piece.ts";
import { element, isoDate, textElement } from "../xml.ts";

/** `owner`: canonical user id, where it is shown. */
export function contentElement(
  object: ListedObject,
  encode: (text: string) => string,
  owner: string | undefined,
): string {
  return element(
    "Contents",
    textElement("Key", encode(object.key)) +
      textElement("LastModified", isoDate(object.modifiedAtMs)) +
      textElement("ETag", entityTagOf(object)) +
      checksumElements(object.checksums) +
      textElement("Size", object.bytes) +
      ownerElement(owner) +
      textElement("StorageClass", "STANDARD"),
  );
}

export function ownerElement(id: string | undefined): string {
  return id === undefined ? "" : element("Owner", textElement("ID", id));
}

/** Which algorithms there are sums of; the sums themselves are for GetObjectAttributes. */
export function checksumElements(checksums: Readonly<Record<string, string>>): string {
  const names = Object.keys(checksums);
  if (names.length === 0) return "";
  return (
    names.map((name) => textElement("ChecksumAlgorithm", name)).join("") +
    textElement("ChecksumType", checksumType(checksums))
  );
}

/** The sums themselves. That of a part says nothing of the kind, which is the upload's. */
export function checksumValueElements(checksums: Readonly<Record<string, string>>, of?: "of-part"): string {
  const values = Object.entries(checksums).map(([name, value]) => textElement(`Checksum${name}`, value));
  if (values.length === 0) return "";
  return values.join("") + (of === "of-part" ? "" : textElement("ChecksumType", checksumType(checksums)));
}

export function initiatorElement(account: AccountId): string {
  const id = canonicalUserIdOf(account);
  return element("Initiator", textElement("ID", id) + textElement("DisplayName", id));
}
