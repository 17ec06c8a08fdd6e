// Does the edge compress this response, and how? One decision over what the viewer takes, what the behavior is set to and
// what the origin has sent; the why goes to `explain`. [CFDG ServingCompressedFiles] has the conditions.

import { parseCacheControl } from "../../http/cache-control.ts";
import { combineField } from "../../http/field-list.ts";
import type { Limits } from "../../vocabulary/limits.ts";
import { acceptedCodings } from "../accepted-codings.ts";
import type { ContentCoding } from "../config/effective-config.ts";
import type { Authorized } from "../exchange.ts";
import type { Field } from "../transport/message.ts";

export type CodingChoice = { readonly kind: "encode"; readonly coding: ContentCoding } | AsItIs;

export interface AsItIs {
  readonly kind: "as-it-is";
  readonly why: string;
  readonly source: string;
}

export type CompressionBounds = Pick<Limits, "compressionBytesMin" | "compressionBytesMax">;

export interface Compressible {
  readonly status: number;
  readonly fields: readonly Field[];
  /** Of the body. `undefined`: not told beforehand. */
  readonly length: number | undefined;
}

const COMPRESSING = "[CFDG ServingCompressedFiles]";

/** What can be said before the origin has answered: the coding, should the response turn out to be fit for it. */
export function codingForViewer({ behavior, request }: Authorized): CodingChoice {
  const { codings, whyNone } = behavior.compression;
  if (whyNone !== undefined) return { kind: "as-it-is", ...whyNone };
  const accepted = acceptedCodings(behavior, request);
  // The best one comes first in both.
  const coding = codings.find((each) => accepted === each || accepted === "br,gzip");
  if (coding !== undefined) return { kind: "encode", coding };
  const why =
    request.httpVersion === "1.0"
      ? "the viewer speaks HTTP/1.0"
      : `the viewer's Accept-Encoding does not take ${codings.join(" or ")}`;
  return asItIs(why);
}

export function chooseCoding(exchange: Authorized, response: Compressible, bounds: CompressionBounds): CodingChoice {
  const choice = codingForViewer(exchange);
  if (choice.kind === "as-it-is") return choice;
  return whyUnfit(response, bounds) ?? choice;
}

function whyUnfit({ status, fields, length }: Compressible, bounds: CompressionBounds): AsItIs | undefined {
  if (!COMPRESSED_STATUSES.has(status)) return asItIs(`status ${status} is none of 200, 403 and 404`);
  const coded = combineField(fields, "content-encoding");
  if (coded !== undefined) return asItIs(`the response has Content-Encoding: ${coded}`);
  const contentType = combineField(fields, "content-type");
  if (contentType === undefined) return asItIs("the response has no Content-Type");
  const type = mediaType(contentType);
  if (!COMPRESSED_TYPES.has(type)) return asItIs(`Content-Type ${type} is not in the list`);
  if (length === undefined) return asItIs("the response has no Content-Length");
  const { compressionBytesMin, compressionBytesMax } = bounds;
  if (length < compressionBytesMin) return asItIs(`${length} bytes are less than ${compressionBytesMin}`);
  if (length > compressionBytesMax) return asItIs(`${length} bytes are more than ${compressionBytesMax}`);
  // Not documented for the service; a proxy must not transform such a response.
  if (parseCacheControl(combineField(fields, "cache-control")).noTransform) {
    return { kind: "as-it-is", why: "Cache-Control: no-transform", source: "[RFC 9110 §7.7]" };
  }
  return undefined;
}

function asItIs(why: string): AsItIs {
  return { kind: "as-it-is", why, source: COMPRESSING };
}

/** Type and subtype; the list is about these, whatever their parameters. */
export function mediaType(contentType: string): string {
  const semicolon = contentType.indexOf(";");
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
}

const COMPRESSED_STATUSES: ReadonlySet<number> = new Set([200, 403, 404]);

/** Today's list. [CFDG ServingCompressedFiles] */
export const COMPRESSED_TYPES: ReadonlySet<string> = new Set([
  "application/dash+xml",
  "application/eot",
  "application/font",
  "application/font-sfnt",
  "application/javascript",
  "application/json",
  "application/opentype",
  "application/otf",
  "application/pkcs7-mime",
  "application/protobuf",
  "application/rss+xml",
  "application/truetype",
  "application/ttf",
  "application/vnd.apple.mpegurl",
  "application/vnd.mapbox-vector-tile",
  "application/vnd.ms-fontobject",
  "application/x-font-opentype",
  "application/x-font-truetype",
  "application/x-font-ttf",
  "application/x-httpd-cgi",
  "application/x-javascript",
  "application/x-mpegurl",
  "application/x-opentype",
  "application/x-otf",
  "application/x-perl",
  "application/x-ttf",
  "application/xhtml+xml",
  "application/xml",
  "font/eot",
  "font/opentype",
  "font/otf",
  "font/ttf",
  "image/svg+xml",
  "text/css",
  "text/csv",
  "text/html",
  "text/javascript",
  "text/js",
  "text/plain",
  "text/richtext",
  "text/tab-separated-values",
  "text/x-component",
  "text/x-java-source",
  "text/x-script",
  "text/xml",
  "vnd.apple.mpegurl",
]);
