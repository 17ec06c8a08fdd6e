// POST of a bucket with `delete` [S3API DeleteObjects]: up to a thousand keys, each decided and answered by itself.

import assert from "node:assert/strict";
import { keyTooLong } from "../locate.ts";
import { isFailure, unquoteTag } from "../objects/object-head.ts";
import { fail, okXml, type AtBucket, type BucketOutcome, type S3Failure } from "../operation.ts";
import type { XmlElement } from "../../wire/xml-reader.ts";
import { newVersionId } from "../objects/version-id.ts";
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
import { notDeleted, type DeletedOne } from "./delete-object.ts";

interface Asked {
  readonly key: string;
  readonly versionId: string | undefined;
  readonly etag: string | undefined;
}

export async function deleteObjects(at: AtBucket): Promise<BucketOutcome> {
  const root = await readXml(at, "Delete");
  if (!isXml(root)) return root;
  const asked = readAsked(root, at.service.limits.bucketDeletesAtOnceMax);
  if ("kind" in asked) return asked;
  const isQuiet = childText(root, "Quiet")?.trim() === "true";

  const refused = asked.map((one) => refuse(at, one));
  const wanted = asked.filter((_, index) => refused[index] === undefined);
  const deleted = await deleteAll(at, wanted);
  if (isFailure(deleted)) return deleted;
  const outcomes = deleted.values();
  let content = "";
  for (const [index, one] of asked.entries()) {
    const outcome = refused[index] ?? outcomes.next().value;
    assert(outcome !== undefined, "as many outcomes as keys that were not refused");
    if (outcome.kind === "failure") content += errorElement(one, outcome);
    else if (!isQuiet) content += deletedElement(one, outcome);
  }
  return okXml(xmlDocument("DeleteResult", content));
}

function readAsked(root: XmlElement, keysMax: number): readonly Asked[] | S3Failure {
  const unknown = unknownChild(root, ["Object", "Quiet"]);
  if (unknown !== undefined) return malformed(`Delete has no ${unknown}`);
  const objects = childrenOf(root, "Object");
  if (objects.length === 0 || objects.length > keysMax) return malformed(`${objects.length} keys, not 1 to ${keysMax}`);
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

function refuse(at: AtBucket, { key, versionId }: Asked): S3Failure | undefined {
  const action = versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
  return keyTooLong(key, at.service.limits) ?? at.authorize({ action, bucket: at.bucket, key });
}

async function deleteAll(
  { service, bucket, now }: AtBucket,
  wanted: readonly Asked[],
): Promise<readonly (DeletedOne | S3Failure)[] | S3Failure> {
  const objects = wanted.map(({ key, versionId, etag }) => ({
    key,
    ...(versionId === undefined ? {} : { versionId }),
    ...(etag === undefined ? {} : { condition: { kind: "etag", etag: unquoteTag(etag) } as const }),
    newVersionId: newVersionId(service.random),
  }));
  const outcomes = await service.store.buckets.deleteObjects(bucket.name, objects, now);
  if (outcomes === undefined) return fail("NoSuchBucket", { details: [["BucketName", bucket.name]] });
  await service.files.remove(outcomes.flatMap((outcome) => (outcome.kind === "deleted" ? outcome.freed : [])));
  return outcomes.map((outcome, index) =>
    outcome.kind === "deleted" ? outcome : notDeleted(outcome.kind, wanted[index]?.key ?? ""),
  );
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
