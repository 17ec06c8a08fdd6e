// GET of a bucket with `uploads` [S3API ListMultipartUploads]: what was begun and neither completed nor aborted.

import { canonicalUserIdOf } from "../access/principal.ts";
import { prefixElements, readListing } from "../objects/listing.ts";
import { initiatorElement, ownerElement } from "../objects/listed-object.ts";
import { okXml, type AtBucket, type BucketOutcome } from "../operation.ts";
import type { Bucket, ListedKeys, Upload } from "../../store/buckets.ts";
import { parseUploadChecksum } from "../objects/upload-checksum.ts";
import { element, isoDate, textElement, xmlDocument } from "../xml.ts";

export async function listMultipartUploads(at: AtBucket): Promise<BucketOutcome> {
  const { service, bucket, query } = at;
  const listing = readListing(at, "max-uploads");
  if (listing.kind === "failure") return listing;
  const { encode, prefix, delimiter, limit } = listing;
  const after = query.get("key-marker") ?? "";
  // Without a key it is ignored. [S3API ListMultipartUploads]
  const afterUpload = after === "" ? "" : (query.get("upload-id-marker") ?? "");
  const range = { prefix, delimiter, after, afterUpload, limit };
  const page: ListedKeys<Upload> = await service.store.buckets.listUploads(bucket.name, range);
  return okXml(
    xmlDocument(
      "ListMultipartUploadsResult",
      textElement("Bucket", bucket.name) +
        textElement("KeyMarker", encode(after)) +
        textElement("UploadIdMarker", afterUpload) +
        (page.isTruncated ? nextElements(page, encode) : "") +
        textElement("Prefix", encode(prefix)) +
        (delimiter === "" ? "" : textElement("Delimiter", encode(delimiter))) +
        textElement("EncodingType", listing.encodingType) +
        textElement("MaxUploads", limit) +
        textElement("IsTruncated", page.isTruncated) +
        page.items.map((upload) => uploadElement(upload, bucket, encode)).join("") +
        prefixElements(page.prefixes, encode),
    ),
  );
}

function nextElements(page: ListedKeys<Upload>, encode: (text: string) => string): string {
  const key = page.last;
  const last = page.items.at(-1);
  return (
    textElement("NextKeyMarker", encode(key)) + (last?.key === key ? textElement("NextUploadIdMarker", last.id) : "")
  );
}

function uploadElement(upload: Upload, { account }: Bucket, encode: (text: string) => string): string {
  const checksum = parseUploadChecksum(upload.checksum);
  return element(
    "Upload",
    textElement("Key", encode(upload.key)) +
      textElement("UploadId", upload.id) +
      initiatorElement(upload.initiator ?? account) +
      ownerElement(canonicalUserIdOf(account)) +
      textElement("StorageClass", "STANDARD") +
      textElement("Initiated", isoDate(upload.startedAtMs)) +
      textElement("ChecksumAlgorithm", checksum?.algorithm) +
      textElement("ChecksumType", checksum?.type),
  );
}
