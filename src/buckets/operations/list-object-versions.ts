// GET of a bucket with `versions` [S3API ListObjectVersions]: every version and delete marker, the newest of a key first.

import { canonicalUserIdOf } from "../access/principal.ts";
import { prefixElements, readListing } from "../objects/listing.ts";
import { checksumElements, ownerElement } from "../objects/listed-object.ts";
import { entityTagOf } from "../objects/object-fields.ts";
import { invalid, okXml, type AtBucket, type BucketOutcome } from "../operation.ts";
import type { ListedKeys, ListedObject } from "../../store/buckets.ts";
import { element, isoDate, textElement, xmlDocument } from "../xml.ts";

export async function listObjectVersions(at: AtBucket): Promise<BucketOutcome> {
  const { bucket, service, query } = at;
  const listing = readListing(at, "max-keys");
  if (listing.kind === "failure") return listing;
  const { encode, prefix, delimiter, limit } = listing;
  const after = query.get("key-marker") ?? "";
  const afterVersion = query.get("version-id-marker") ?? "";
  if (afterVersion !== "" && after === "") {
    return invalid("version-id-marker", afterVersion, "A version-id marker cannot be specified without a key marker.");
  }
  const range = { prefix, delimiter, after, afterVersion, limit };
  const page = await service.store.buckets.listVersions(bucket.name, range);
  const owner = canonicalUserIdOf(bucket.account);
  return okXml(
    xmlDocument(
      "ListVersionsResult",
      textElement("Name", bucket.name) +
        textElement("Prefix", encode(prefix)) +
        textElement("KeyMarker", encode(after)) +
        textElement("VersionIdMarker", afterVersion) +
        (page.isTruncated ? nextElements(page, encode) : "") +
        textElement("MaxKeys", limit) +
        (delimiter === "" ? "" : textElement("Delimiter", encode(delimiter))) +
        textElement("EncodingType", listing.encodingType) +
        textElement("IsTruncated", page.isTruncated) +
        page.items.map((version) => versionElement(version, encode, owner)).join("") +
        prefixElements(page.prefixes, encode),
    ),
  );
}

function nextElements(page: ListedKeys<ListedObject>, encode: (text: string) => string): string {
  const key = page.last;
  const last = page.items.at(-1);
  // After a common prefix the list goes on with another key, so no version is named.
  const version = last?.key === key ? textElement("NextVersionIdMarker", last.versionId) : "";
  return textElement("NextKeyMarker", encode(key)) + version;
}

function versionElement(version: ListedObject, encode: (text: string) => string, owner: string): string {
  const { key, versionId, isLatest, modifiedAtMs, isDeleteMarker, bytes, checksums } = version;
  const head =
    textElement("Key", encode(key)) + textElement("VersionId", versionId) + textElement("IsLatest", isLatest);
  const time = textElement("LastModified", isoDate(modifiedAtMs));
  if (isDeleteMarker) return element("DeleteMarker", head + time + ownerElement(owner));
  return element(
    "Version",
    head +
      time +
      textElement("ETag", entityTagOf(version)) +
      checksumElements(checksums) +
      textElement("Size", bytes) +
      ownerElement(owner) +
      textElement("StorageClass", "STANDARD"),
  );
}
