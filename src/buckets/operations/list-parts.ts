// GET of an upload [S3API ListParts].

import { canonicalUserIdOf } from "../access/principal.ts";
import { noSuchUpload, uploadOf } from "../objects/find-upload.ts";
import { encodeKey, readLimit } from "../objects/listing.ts";
import { checksumValueElements, initiatorElement, ownerElement } from "../objects/listed-object.ts";
import { isFailure } from "../objects/object-head.ts";
import { invalid, okXml, type AtObject, type BucketOutcome } from "../operation.ts";
import type { UploadPart } from "../../store/buckets.ts";
import { parseUploadChecksum } from "../objects/upload-checksum.ts";
import { element, isoDate, textElement, xmlDocument } from "../xml.ts";

export async function listParts(at: AtObject): Promise<BucketOutcome> {
  const { service, bucket, query } = at;
  const limit = readLimit(query.get("max-parts"), "max-parts");
  if (typeof limit !== "number") return limit;
  const marker = query.get("part-number-marker") ?? "0";
  if (!/^\d{1,9}$/.test(marker))
    return invalid("part-number-marker", marker, "Argument part-number-marker must be an integer");
  const upload = await uploadOf(at);
  if (isFailure(upload)) return upload;
  // One more than is shown tells whether there are more.
  const found = await service.store.buckets.listParts(upload, { after: Number(marker), limit: limit + 1 });
  if (found === undefined) return noSuchUpload(upload.id);
  const parts = found.slice(0, limit);
  const isTruncated = found.length > limit && limit > 0;
  const checksum = parseUploadChecksum(upload.checksum);
  const encode = query.get("encoding-type") === "url" ? encodeKey : (text: string) => text;
  return okXml(
    xmlDocument(
      "ListPartsResult",
      textElement("Bucket", bucket.name) +
        textElement("Key", encode(upload.key)) +
        textElement("UploadId", upload.id) +
        initiatorElement(upload.initiator ?? bucket.account) +
        ownerElement(canonicalUserIdOf(bucket.account)) +
        textElement("StorageClass", "STANDARD") +
        textElement("PartNumberMarker", Number(marker)) +
        textElement("NextPartNumberMarker", parts.at(-1)?.number ?? 0) +
        textElement("MaxParts", limit) +
        textElement("IsTruncated", isTruncated) +
        textElement("ChecksumAlgorithm", checksum?.algorithm) +
        textElement("ChecksumType", checksum?.type) +
        parts.map(partElement).join(""),
    ),
  );
}

function partElement({ number, modifiedAtMs, etag, piece, checksums }: UploadPart): string {
  return element(
    "Part",
    textElement("PartNumber", number) +
      textElement("LastModified", isoDate(modifiedAtMs)) +
      textElement("ETag", `"${etag}"`) +
      textElement("Size", piece.bytes) +
      checksumValueElements(checksums, "of-part"),
  );
}
