// POST of a bucket with `delete` [S3API DeleteObjects]: up to a thousand keys, each decided and answered by itself.

import { keyTooLong } from "../locate.ts";
import { unquoteTag } from "../object-head.ts";
import { fail, okXml, type AtBucket, type BucketOutcome, type S3Failure } from "../operation.ts";
import type { XmlElement } from "../../wire/xml-reader.ts";
import { errorContent } from "../write-outcome.ts";
import {
  childrenOf,
  childText,
  element,
  isXml,
  malformed,
  readXml,
  textElement,
  unknownChild,
  xmlDocument,
} from "../xml.ts";
import { deleteOne, type DeletedOne } from "./delete-object.ts";

const OBJECTS_MAX = 1000;

interface Asked {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
}

export async function deleteObjects(at: AtBucket): Promise<BucketOutcome> {
  const root = await readXml(at, "Delete");
  if (!isXml(root)) return root;
  const asked = readAsked(root);
  if ("kind" in asked) return asked;
  const isQuiet = childText(root, "Quiet")?.trim() === "true";

  let content = "";
  for (const one of asked) {
    const outcome = await deleteAsked(at, one);
    if (outcome.kind === "failure") content += errorElement(one, outcome);
    else if (!isQuiet) content += deletedElement(one, outcome);
  }
  return okXml(xmlDocument("DeleteResult", content));
}

function readAsked(root: XmlElement): readonly Asked[] | S3Failure {
  const unknown = unknownChild(root, ["Object", "Quiet"]);
  if (unknown !== undefined) return malformed(`Delete has no ${unknown}`);
  const objects = childrenOf(root, "Object");
  if (objects.length === 0 || objects.length > OBJECTS_MAX)
    return malformed(`${objects.length} keys, not 1 to ${OBJECTS_MAX}`);
  const asked: Asked[] = [];
  for (const object of objects) {
    const key = childText(object, "Key") ?? "";
    if (key === "") return malformed("an Object without Key");
    const other = unknownChild(object, ["Key", "VersionId", "ETag"]);
    // Conditions on size and time are of directory buckets only.
    if (other !== undefined) return fail("NotImplemented", { details: [["Element", other.slice(0, 100)]] });
    const versionId = childText(object, "VersionId")?.trim();
    asked.push({ key, versionId: versionId === "" ? undefined : versionId, etag: childText(object, "ETag")?.trim() });
  }
  return asked;
}

async function deleteAsked(at: AtBucket, { key, versionId, etag }: Asked): Promise<DeletedOne | S3Failure> {
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  const refused = keyTooLong(key) ?? at.authorize({ action, bucket: at.bucket, key });
  if (refused !== undefined) return refused;
  const ifMatch = etag === undefined ? undefined : unquoteTag(etag);
  return deleteOne(at, { bucket: at.bucket.name, key, versionId, ifMatch });
}

function deletedElement({ key, versionId }: Asked, outcome: DeletedOne): string {
  // A version that was named is told as such; one that came of the deletion as that of the marker.
  const marker = outcome.isDeleteMarker
    ? textElement("DeleteMarker", true) + textElement("DeleteMarkerVersionId", outcome.versionId)
    : "";
  return element("Deleted", textElement("Key", key) + textElement("VersionId", versionId) + marker);
}

function errorElement({ key, versionId }: Asked, { code, message }: S3Failure): string {
  const plain =
    message === undefined ? ({ kind: "failure", code } as const) : ({ kind: "failure", code, message } as const);
  return element("Error", textElement("Key", key) + textElement("VersionId", versionId) + errorContent(plain));
}
