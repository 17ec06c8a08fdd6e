// Which bytes of an object a GET wants: all, a range, or one of the parts in which it was put. One range at a time; a request
// for several is answered whole, as a server may [RFC 9110 §14.2] and S3 does. [S3API GetObject]

import { parseByteRanges, resolveByteRange } from "../../http/byte-range.ts";
import { formatUnsatisfied } from "../../http/content-range.ts";
import { matchesStrongly, parseEntityTag } from "../../http/entity-tag.ts";
import { parseHttpDate } from "../../http/http-date.ts";
import type { StoredObject } from "../../store/buckets.ts";
import { floorToSecond, quoted } from "./conditions.ts";
import { fail, type AtObject, type S3Failure } from "../operation.ts";

export interface SelectedBytes {
  readonly kind: "selected";
  /** Both included; `last` is before `first` where there are none. */
  readonly first: number;
  readonly last: number;
  readonly isPartial: boolean;
  /** Of an object that was put in parts, where one of them is asked for. */
  readonly partsCount?: number;
}

export function selectBytes(at: AtObject, object: StoredObject): SelectedBytes | S3Failure {
  const whole = { kind: "selected", first: 0, last: object.bytes - 1, isPartial: false } as const;
  const range = at.field("range");
  const part = at.query.get("partNumber");
  if (part !== undefined) {
    if (range !== undefined) {
      return fail("InvalidRequest", { message: "Cannot specify both Range header and partNumber query parameter" });
    }
    return selectPart(part, object, at.service.limits.uploadPartsMax);
  }
  if (range === undefined || !isRangeWanted(at, object)) return whole;
  const specs = parseByteRanges(range);
  const [spec] = specs ?? [];
  if (spec === undefined || specs?.length !== 1) return whole;
  const resolved = resolveByteRange(spec, object.bytes);
  if (resolved === undefined) {
    return fail("InvalidRange", {
      details: [
        ["RangeRequested", range],
        ["ActualObjectSize", String(object.bytes)],
      ],
      fields: [["Content-Range", formatUnsatisfied(object.bytes)]],
    });
  }
  return { kind: "selected", ...resolved, isPartial: true };
}

/** If-Range: the range only of the object that the client has a piece of. [RFC 9110 §13.1.5] */
function isRangeWanted({ field, now }: AtObject, object: StoredObject): boolean {
  const ifRange = field("if-range");
  if (ifRange === undefined) return true;
  const date = parseHttpDate(ifRange, now);
  if (date !== undefined) return floorToSecond(object.modifiedAtMs) === date;
  const tag = parseEntityTag(quoted(ifRange) ?? "");
  return tag !== undefined && matchesStrongly(tag, { isWeak: false, opaque: object.etag });
}

function selectPart(text: string, object: StoredObject, partsMax: number): SelectedBytes | S3Failure {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > partsMax) {
    return fail("InvalidArgument", {
      message: `Part number must be an integer between 1 and ${partsMax}, inclusive`,
      details: [
        ["ArgumentName", "partNumber"],
        ["ArgumentValue", text.slice(0, 100)],
      ],
    });
  }
  const sizes = object.partBytes ?? [object.bytes];
  const size = sizes[number - 1];
  if (size === undefined) {
    return fail("InvalidPartNumber", {
      details: [
        ["PartNumberRequested", text],
        ["ActualPartCount", String(sizes.length)],
      ],
      fields: [["Content-Range", formatUnsatisfied(object.bytes)]],
    });
  }
  const first = sizes.slice(0, number - 1).reduce((sum, bytes) => sum + bytes, 0);
  const partsCount = object.partBytes === undefined ? {} : { partsCount: sizes.length };
  // An object without bytes has no range that could be told.
  return { kind: "selected", first, last: first + size - 1, isPartial: size > 0, ...partsCount };
}
