// What a request is about: the service, a bucket, an object or a page of a website, from host and path. The bucket is in
// the host name or the first segment of the path; all the rest of the path is the key, decoded once and never tidied up:
// `..`, `//`, `+` and `%2F` are bytes of a key like others. [S3UG VirtualHosting]

import { readS3HostName } from "../model/s3-host-name.ts";
import type { BucketName } from "../store/buckets.ts";
import type { Limits } from "../vocabulary/limits.ts";
import { fail, type S3Failure } from "./operation.ts";

export type Location =
  | { readonly kind: "service" }
  /** `key` is `undefined` where the bucket itself is meant. */
  | { readonly kind: "object"; readonly bucket: BucketName; readonly key: string | undefined }
  /** `path` with its first slash, decoded. */
  | { readonly kind: "website"; readonly bucket: BucketName; readonly path: string };

/** `host` as in the Host field, `rawPath` as received. */
export function locate(host: string, rawPath: string, limits: Limits): Location | S3Failure {
  const path = decodePath(rawPath);
  if (path === undefined || !path.startsWith("/")) return fail("InvalidURI", { details: [["URI", rawPath]] });
  const named = readS3HostName(host);
  if (named?.kind === "website") return { kind: "website", bucket: named.bucket, path };
  if (named !== undefined) return locateObject(named.bucket, path.slice(1), limits);
  if (path === "/") return { kind: "service" };
  // The cut is made before decoding, so that an encoded slash stays in its segment.
  const cut = rawPath.indexOf("/", 1);
  const bucket = decodePath(cut < 0 ? rawPath.slice(1) : rawPath.slice(1, cut)) ?? "";
  const key = cut < 0 ? "" : (decodePath(rawPath.slice(cut + 1)) ?? "");
  return locateObject(bucket, key, limits);
}

function locateObject(bucket: BucketName, key: string, limits: Limits): Location | S3Failure {
  if (key === "") return { kind: "object", bucket, key: undefined };
  const tooLong = keyTooLong(key, limits);
  return tooLong ?? { kind: "object", bucket, key };
}

/** Why it cannot be a key; `undefined`: it can. */
export function keyTooLong(key: string, { bucketKeyBytesMax }: Limits): S3Failure | undefined {
  const bytes = Buffer.byteLength(key);
  if (bytes <= bucketKeyBytesMax) return undefined;
  return fail("KeyTooLongError", {
    details: [
      ["Size", String(bytes)],
      ["MaxSizeAllowed", String(bucketKeyBytesMax)],
    ],
  });
}

/** `undefined`: not an encoding of UTF-8. A byte that came without a percent sign stands for itself. */
export function decodePath(text: string): string | undefined {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(text)) return text;
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes = Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    "latin1",
  );
  try {
    // A byte order mark is part of a key.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
