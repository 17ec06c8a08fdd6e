// Which part of a stored response a viewer asked for with Range. One range is cut from what is stored; several at once
// get the whole response, which is always allowed. [RFC 9110 §14.2], [CFDG RangeGETs]

import { parseByteRanges, resolveByteRange, type ByteRange } from "../../http/byte-range.ts";
import { matchesStrongly, parseEntityTag } from "../../http/entity-tag.ts";
import { combineField } from "../../http/field-list.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import type { StoredHead } from "../cache/cache-storage.ts";
import type { ViewerRequest } from "../transport/message.ts";

export type StoredPart =
  | { readonly kind: "whole"; readonly why: string }
  | { readonly kind: "part"; readonly range: ByteRange }
  /** Nothing of what is stored lies in the range. */
  | { readonly kind: "unsatisfiable" };

/** `length` is that of the stored body. Asked once nothing else decides: conditions come first [RFC 9110 §13.2.2]. */
export function chooseStoredPart(request: ViewerRequest, head: StoredHead, length: number, now: EpochMs): StoredPart {
  const range = request.field("range");
  if (range === undefined) return NO_RANGE;
  if (request.method !== "GET") return whole(`Range means nothing to ${request.method}`);
  if (head.status !== 200) return whole(`status ${head.status} is sent whole`);
  const ifRange = request.field("if-range");
  if (ifRange !== undefined && !isSame(ifRange, head, now)) return whole("If-Range names another response");
  const specs = parseByteRanges(range);
  const [only] = specs ?? [];
  if (specs === undefined || only === undefined) return whole("Range is not one of bytes");
  if (specs.length > 1) return whole("several ranges are answered with the whole");
  const resolved = resolveByteRange(only, length);
  return resolved === undefined ? { kind: "unsatisfiable" } : { kind: "part", range: resolved };
}

/** Nearly every hit is one, so it is made once. */
const NO_RANGE: StoredPart = { kind: "whole", why: "no Range" };

function whole(why: string): StoredPart {
  return { kind: "whole", why };
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
  const modified = combineField(head.fields, "last-modified");
  const made = parseHttpDate(combineField(head.fields, "date") ?? "", now);
  const modifiedAt = parseHttpDate(modified ?? "", now);
  if (made === undefined || modifiedAt === undefined || made < modifiedAt + 1000) return false;
  return parseHttpDate(ifRange, now) === modifiedAt;
}
