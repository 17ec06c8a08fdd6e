// GET and HEAD of an object [S3API GetObject, HeadObject]: conditions before ranges, as HTTP orders them [RFC 9110 §13.2.2].
// HEAD answers the same head; whoever writes the answer leaves the bytes out, so they are not even opened.

import { formatContentRange } from "../../http/content-range.ts";
import { evaluateConditions } from "../objects/conditions.ts";
import { objectFields } from "../objects/object-fields.ts";
import { fail, ok, type AtObject, type BucketOutcome, type S3Failure } from "../operation.ts";
import { checksumFields } from "../objects/receive-piece.ts";
import { findShown } from "../find-shown.ts";
import { selectBytes } from "../objects/select-bytes.ts";

/** What a cache has to hear again of what it has. [RFC 9110 §15.4.5] */
const NOT_MODIFIED_FIELDS: ReadonlySet<string> = new Set([
  "cache-control",
  "etag",
  "expires",
  "last-modified",
  "x-amz-version-id",
]);

export async function getObject(at: AtObject): Promise<BucketOutcome> {
  const object = findShown(at);
  if ("code" in object) return object;
  const overrides = readOverrides(at);
  if ("kind" in overrides) return overrides;

  const condition = evaluateConditions(at, object, "");
  if (condition.kind === "failed") return fail("PreconditionFailed", { details: [["Condition", condition.name]] });
  if (condition.kind === "not-modified") {
    return ok(
      304,
      objectFields(object, at.bucket, overrides).filter(([name]) => NOT_MODIFIED_FIELDS.has(name.toLowerCase())),
    );
  }

  const selected = selectBytes(at, object);
  if (selected.kind === "failure") return selected;
  const { first, last, isPartial } = selected;
  const fields = [...objectFields(object, at.bucket, overrides)];
  if (isPartial) fields.push(["Content-Range", formatContentRange({ first, last }, object.bytes)]);
  if (selected.partsCount !== undefined) fields.push(["x-amz-mp-parts-count", String(selected.partsCount)]);
  // A checksum is of the whole; a client would hold a part against it.
  if (!isPartial && at.field("x-amz-checksum-mode")?.toUpperCase() === "ENABLED")
    fields.push(...checksumFields(object.checksums));

  const length = last - first + 1;
  const chunks = at.method === "HEAD" || length === 0 ? nothing() : at.service.files.read(object.pieces, first, last);
  return ok(isPartial ? 206 : 200, fields, { kind: "stream", length, chunks });
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A body without bytes.
}

const OVERRIDES = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];

/** `response-*`: for signed requests only, or anyone could have a page of ours say what they like. [S3API GetObject] */
function readOverrides({ query, principal }: AtObject): ReadonlyMap<string, string> | S3Failure {
  const overrides = new Map<string, string>();
  for (const name of OVERRIDES) {
    const value = query.get(`response-${name}`);
    if (value === undefined) continue;
    if (principal.kind === "anonymous") {
      return fail("InvalidRequest", {
        message: "Request specific response headers cannot be used for anonymous GET requests.",
      });
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      return fail("InvalidArgument", {
        message: "Header value cannot be represented using ISO-8859-1.",
        details: [["ArgumentName", `response-${name}`]],
      });
    }
    overrides.set(name, value);
  }
  return overrides;
}
