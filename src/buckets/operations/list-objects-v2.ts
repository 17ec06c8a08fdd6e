// GET of a bucket with `list-type=2` [S3API ListObjectsV2].

import { canonicalUserIdOf } from "../access/principal.ts";
import { fail, okXml, type AtBucket, type BucketOutcome } from "../operation.ts";
import { listPage, prefixElements, readListing } from "../objects/listing.ts";
import { contentElement } from "../objects/listed-object.ts";
import { textElement, xmlDocument } from "../xml.ts";

export async function listObjectsV2(at: AtBucket): Promise<BucketOutcome> {
  const { bucket, query } = at;
  const listing = readListing(at, "max-keys");
  if (listing.kind === "failure") return listing;
  const { encode, prefix, delimiter, limit } = listing;
  const token = query.get("continuation-token");
  const startAfter = query.get("start-after");
  const from = token === undefined ? (startAfter ?? "") : readToken(token);
  if (from === undefined) {
    return fail("InvalidArgument", {
      message: "The continuation token provided is incorrect",
      details: [["ArgumentName", "continuation-token"]],
    });
  }
  const page = await listPage(at, listing, from);
  const owner = query.get("fetch-owner") === "true" ? canonicalUserIdOf(bucket.account) : undefined;
  return okXml(
    xmlDocument(
      "ListBucketResult",
      textElement("Name", bucket.name) +
        textElement("Prefix", encode(prefix)) +
        (token === undefined && startAfter !== undefined ? textElement("StartAfter", encode(startAfter)) : "") +
        textElement("ContinuationToken", token) +
        textElement("KeyCount", page.items.length + page.prefixes.length) +
        textElement("MaxKeys", limit) +
        (delimiter === "" ? "" : textElement("Delimiter", encode(delimiter))) +
        textElement("EncodingType", listing.encodingType) +
        textElement("IsTruncated", page.isTruncated) +
        (page.isTruncated ? textElement("NextContinuationToken", writeToken(page.last)) : "") +
        page.items.map((object) => contentElement(object, encode, owner)).join("") +
        prefixElements(page.prefixes, encode),
    ),
  );
}

/** Where to go on, wrapped so that nobody takes it for a key. */
function writeToken(after: string): string {
  return `1${Buffer.from(after).toString("base64url")}`;
}

function readToken(token: string): string | undefined {
  const bytes = Buffer.from(token.slice(1), "base64url");
  const after = bytes.toString();
  return writeToken(after) === token ? after : undefined;
}
