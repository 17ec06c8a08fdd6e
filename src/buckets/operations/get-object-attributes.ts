// GET of an object with `attributes` [S3API GetObjectAttributes]: what is known of it without its bytes.

import { formatHttpDate } from "../../http/http-date.ts";
import { splitList } from "../../http/field-list.ts";
import type { StoredObject } from "../../store/buckets.ts";
import { findShown } from "../find-shown.ts";
import { readLimit } from "../objects/listing.ts";
import { checksumValueElements } from "../objects/listed-object.ts";
import { versionField } from "../objects/object-fields.ts";
import { fail, invalid, okXml, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { element, textElement, xmlDocument } from "../xml.ts";

const ATTRIBUTES = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

export function getObjectAttributes(at: AtObject): Promise<BucketOutcome> {
  return Promise.resolve(attributesOf(at));
}

function attributesOf(at: AtObject): BucketOutcome {
  const asked = splitList(at.field("x-amz-object-attributes") ?? "");
  const unknown = asked.find((name) => !ATTRIBUTES.includes(name));
  if (asked.length === 0 || unknown !== undefined) {
    return invalid("x-amz-object-attributes", unknown ?? "", `Specify one or more of ${ATTRIBUTES.join(", ")}.`);
  }
  const object = findShown(at);
  if ("code" in object) return object;
  const parts = asked.includes("ObjectParts") ? partsElement(at, object) : "";
  if (typeof parts !== "string") return parts;
  const checksums = checksumValueElements(object.checksums);
  return okXml(
    xmlDocument(
      "GetObjectAttributesResponse",
      (asked.includes("ETag") ? textElement("ETag", object.etag) : "") +
        (asked.includes("Checksum") && checksums !== "" ? element("Checksum", checksums) : "") +
        parts +
        (asked.includes("StorageClass") ? textElement("StorageClass", "STANDARD") : "") +
        (asked.includes("ObjectSize") ? textElement("ObjectSize", object.bytes) : ""),
    ),
    [["Last-Modified", formatHttpDate(object.modifiedAtMs)], ...versionField(object, at.bucket)],
  );
}

/** Nothing for an object that was put at once. */
function partsElement({ field }: AtObject, { partBytes }: StoredObject): string | S3Failure {
  if (partBytes === undefined) return "";
  const limit = readLimit(field("x-amz-max-parts"), "x-amz-max-parts");
  if (typeof limit !== "number") return limit;
  const marker = Number(field("x-amz-part-number-marker") ?? "0");
  if (!Number.isSafeInteger(marker) || marker < 0) return fail("InvalidArgument");
  const shown = partBytes.slice(marker, marker + limit);
  const last = marker + shown.length;
  return element(
    "ObjectParts",
    textElement("IsTruncated", last < partBytes.length && limit > 0) +
      textElement("MaxParts", limit) +
      textElement("NextPartNumberMarker", last) +
      textElement("PartNumberMarker", marker) +
      shown
        .map((bytes, at) => element("Part", textElement("PartNumber", marker + at + 1) + textElement("Size", bytes)))
        .join("") +
      textElement("PartsCount", partBytes.length),
  );
}
