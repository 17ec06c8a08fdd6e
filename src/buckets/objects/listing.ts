// What the lists of a bucket have in common: prefix, delimiter, how many, and how keys are written that XML cannot hold.

import type { ListedKeys, ListedObject } from "../../store/buckets.ts";
import { invalid, type AtBucket, type S3Failure } from "../operation.ts";
import { element, textElement } from "../xml.ts";

export interface Listing {
  readonly kind: "listing";
  readonly prefix: string;
  /** "" for none. */
  readonly delimiter: string;
  /** 0 to 1000. */
  readonly limit: number;
  readonly encodingType: "url" | undefined;
  /** Of a key, a prefix or a delimiter, before it is escaped for XML. */
  readonly encode: (text: string) => string;
}

/** No list has more, whatever is asked. [S3API ListObjectsV2] */
const LIMIT_MAX = 1000;

/** `limitName`: the parameter that says how many. */
export function readListing({ query }: AtBucket, limitName: string): Listing | S3Failure {
  const encodingType = query.get("encoding-type");
  if (encodingType !== undefined && encodingType !== "" && encodingType !== "url") {
    return invalid("encoding-type", encodingType, "Invalid Encoding Method specified in Request");
  }
  const limit = readLimit(query.get(limitName), limitName);
  if (typeof limit !== "number") return limit;
  const isUrl = encodingType === "url";
  return {
    kind: "listing",
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    limit,
    encodingType: isUrl ? "url" : undefined,
    encode: isUrl ? encodeKey : (text) => text,
  };
}

export function readLimit(text: string | undefined, name: string, max = LIMIT_MAX): number | S3Failure {
  if (text === undefined || text === "") return max;
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647) {
    return invalid(name, text, `Argument ${name} must be an integer between 0 and 2147483647`);
  }
  return Math.min(Number(text), max);
}

/** As S3 writes keys with `encoding-type=url`: slashes stay. */
export function encodeKey(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+");
}

export function prefixElements(prefixes: readonly string[], encode: (text: string) => string): string {
  return prefixes.map((prefix) => element("CommonPrefixes", textElement("Prefix", encode(prefix)))).join("");
}

/** One page of the latest objects. */
export async function listPage(
  { service, bucket }: AtBucket,
  { prefix, delimiter, limit }: Listing,
  after: string,
): Promise<ListedKeys<ListedObject>> {
  return service.store.buckets.listObjects(bucket.name, { prefix, delimiter, after, limit });
}
