// GET of a bucket without more [S3API ListObjects]: the first version of the list, which old clients still use.

import { canonicalUserIdOf } from "../access/principal.ts";
import { listPage, prefixElements, readListing } from "../objects/listing.ts";
import { contentElement } from "../objects/listed-object.ts";
import { okXml, type AtBucket, type BucketOutcome } from "../operation.ts";
import { textElement, xmlDocument } from "../xml.ts";

export async function listObjects(at: AtBucket): Promise<BucketOutcome> {
  const { bucket, query } = at;
  const listing = readListing(at, "max-keys");
  if (listing.kind === "failure") return listing;
  const { encode, prefix, delimiter, limit } = listing;
  const marker = query.get("marker") ?? "";
  const page = await listPage(at, listing, marker);
  const owner = canonicalUserIdOf(bucket.account);
  // Without a delimiter the last key says where to go on, and clients know that.
  const next = page.isTruncated && delimiter !== "" ? textElement("NextMarker", encode(page.last)) : "";
  return okXml(
    xmlDocument(
      "ListBucketResult",
      textElement("Name", bucket.name) +
        textElement("Prefix", encode(prefix)) +
        textElement("Marker", encode(marker)) +
        next +
        textElement("MaxKeys", limit) +
        (delimiter === "" ? "" : textElement("Delimiter", encode(delimiter))) +
        textElement("EncodingType", listing.encodingType) +
        textElement("IsTruncated", page.isTruncated) +
        page.items.map((object) => contentElement(object, encode, owner)).join("") +
        prefixElements(page.prefixes, encode),
    ),
  );
}
