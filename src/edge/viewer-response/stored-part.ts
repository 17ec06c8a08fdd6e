// Which part of a stored response a viewer asked for with Range: one, or several that ascend. What is not asked for in
// the way that the real service supports gets the whole response, which is always allowed. [RFC 9110 §14.2], [CFDG RangeGETs]

import { parseByteRanges, resolveByteRange, type ByteRange, type ByteRangeSpec } from "../../http/byte-range.ts";
import { matchesStrongly, parseEntityTag, parseEntityTagList } from "../../http/entity-tag.ts";
import { combineField } from "../../http/field-list.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { StoredHead } from "../storage/cache-storage.ts";
import type { ViewerRequest } from "../transport/message.ts";

export type StoredPart =
  | { readonly kind: "whole"; readonly why: string }
  | { readonly kind: "part"; readonly range: ByteRange }
  /** Two or more, ascending and apart. */
  | { readonly kind: "parts"; readonly ranges: readonly ByteRange[] }
  /** Nothing of what is stored lies in the range. */
  | { readonly kind: "unsatisfiable" };

/**
 * `length` is that of the stored body, `rangesMax` bounds how many parts one answer may have. Asked once nothing else
 * decides: conditions come first [RFC 9110 §13.2.2].
 */
export function chooseStoredPart(
  request: ViewerRequest,
  head: StoredHead,
  length: number,
  rangesMax: number,
  now: EpochMs,
): StoredPart {
  const range = request.field("range");
  if (range === undefined) return NO_RANGE;
  if (request.method !== "GET") return whole(`Range means nothing to ${request.method}`);
  if (head.status !== 200) return whole(`status ${head.status} is sent whole`);
  const other = whyAnother(request, head, now);
  if (other !== undefined) return whole(other);
  const specs = request.memo.ranges ?? parseByteRanges(range) ?? [];
  const [only] = specs;
  // A list may be long, and a connection stays: it is read again each time.
  if (specs.length <= 1) request.memo.ranges = specs;
  if (only === undefined) return whole("Range is not one of bytes");
  if (specs.length > 1) return chooseSeveral(specs, head, length, rangesMax);
  const resolved = resolveByteRange(only, length);
  return resolved === undefined ? { kind: "unsatisfiable" } : { kind: "part", range: resolved };
}

/**
 * Several ranges are answered as such only where all of them are valid, ascend and lie apart: then the answer is never
 * longer than what is stored, but for its frame. [CFDG RangeGETs]
 */
function chooseSeveral(
  specs: readonly ByteRangeSpec[],
  head: StoredHead,
  length: number,
  rangesMax: number,
): StoredPart {
  const refused = whySentWhole(specs, rangesMax);
  const resolved = specs.map((spec) => resolveByteRange(spec, length));
  if (resolved.every((range) => range === undefined)) return { kind: "unsatisfiable" };
  if (refused !== undefined) return whole(refused);
  // The coding of the whole would be read as that of the message with the parts in it.
  if (combineField(head.fields, "content-encoding") !== undefined) return whole("several parts of coded content");
  const ranges = resolved.filter((range) => range !== undefined);
  if (ranges.length < resolved.length) return whole("one of several ranges is beyond the end");
  return { kind: "parts", ranges };
}

/** Why these ranges, two or more, are not answered as such, whatever the length. `undefined`: they may be. */
export function whySentWhole(specs: readonly ByteRangeSpec[], rangesMax: number): string | undefined {
  if (specs.length > rangesMax) return `more than ${rangesMax} ranges`;
  let end = -1;
  for (const spec of specs) {
    if (spec.kind === "suffix") return "a range from the end among several";
    if (spec.first <= end) return "the ranges overlap or do not ascend";
    end = spec.last ?? Infinity;
  }
  return undefined;
}

/** Nearly every hit is one, so it is made once. */
const NO_RANGE: StoredPart = { kind: "whole", why: "no Range" };

function whole(why: string): StoredPart {
  return { kind: "whole", why };
}

/**
 * Why a part of this response is not what the viewer wants: it has parts of another. If-Match and If-Unmodified-Since
 * are the origin's to judge [RFC 9111 §4.3.2], and are not judged here; but with Range they say of what the viewer has
 * the beginning, and it must not be sent the end of something else.
 */
export function whyAnother(request: ViewerRequest, head: StoredHead, now: EpochMs): string | undefined {
  const namesResponse = (request.memo.namesResponse ??= NAMING.some((name) => request.field(name) !== undefined));
  return namesResponse ? whyUnnamed(request, head, now) : undefined;
}

const NAMING: readonly string[] = ["if-range", "if-match", "if-unmodified-since"];

function whyUnnamed(request: ViewerRequest, head: StoredHead, now: EpochMs): string | undefined {
  const ifRange = request.field("if-range");
  if (ifRange !== undefined && !isSame(ifRange, head, now)) return "If-Range names another response";
  const ifMatch = request.field("if-match");
  if (ifMatch !== undefined && !isMatched(ifMatch, head)) return "If-Match names another response";
  const ifUnmodifiedSince = request.field("if-unmodified-since");
  if (ifUnmodifiedSince === undefined) return undefined;
  const unmodifiedSince = parseHttpDate(ifUnmodifiedSince, now);
  // Nor does a date tell the compressed form from the origin's own.
  const modified =
    head.encoded === undefined ? parseHttpDate(combineField(head.fields, "last-modified") ?? "", now) : undefined;
  if (unmodifiedSince !== undefined && (modified === undefined || modified > unmodifiedSince)) {
    return "If-Unmodified-Since is older than the response";
  }
  return undefined;
}

function isMatched(ifMatch: string, head: StoredHead): boolean {
  const asked = parseEntityTagList(ifMatch);
  if (asked === "*") return true;
  const stored = parseEntityTag(combineField(head.fields, "etag") ?? "");
  return stored !== undefined && asked !== undefined && asked.some((tag) => matchesStrongly(tag, stored));
}

/**
 * The validator must be strong: parts of two responses that only mean the same do not make one. A date is strong when the
 * response was made at least a second after it. [RFC 9110 §13.1.5, §8.8.2.2]
 */
function isSame(ifRange: string, head: StoredHead, now: EpochMs): boolean {
  const asked = parseEntityTag(ifRange);
  if (asked !== undefined) {
    const stored = parseEntityTag(combineField(head.fields, "etag") ?? "");
    return stored !== undefined && matchesStrongly(asked, stored);
  }
  // Nor does a date tell the compressed form from the origin's own.
  if (head.encoded !== undefined) return false;
  const modified = combineField(head.fields, "last-modified");
  const made = parseHttpDate(combineField(head.fields, "date") ?? "", now);
  const modifiedAt = parseHttpDate(modified ?? "", now);
  if (made === undefined || modifiedAt === undefined || made < modifiedAt + 1000) return false;
  return parseHttpDate(ifRange, now) === modifiedAt;
}
