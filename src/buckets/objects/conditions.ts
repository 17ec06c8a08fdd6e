// If-Match and its like, of a GET and of the source of a copy (`x-amz-copy-source-if-…`), in HTTP's order. [RFC 9110 §13.2.2]

import { matchesStrongly, parseEntityTagList } from "../../http/entity-tag.ts";
import { formatHttpDate, parseHttpDate } from "../../http/http-date.ts";
import { evaluatePrecondition } from "../../http/precondition.ts";
import type { StoredObject } from "../../store/buckets.ts";
import { entityTagOf } from "./object-fields.ts";
import type { BucketContext } from "../operation.ts";

export type ConditionOutcome =
  | { readonly kind: "proceed" }
  | { readonly kind: "not-modified" }
  /** `name` as S3 tells it. */
  | { readonly kind: "failed"; readonly name: string };

/** `prefix` stands before the fields' names. */
export function evaluateConditions(
  { field, now }: Pick<BucketContext, "field" | "now">,
  object: Pick<StoredObject, "etag" | "modifiedAtMs">,
  prefix: "" | "x-amz-copy-source-",
): ConditionOutcome {
  const entityTag = entityTagOf(object);
  const ifMatch = quoted(field(`${prefix}if-match`));
  const ifUnmodifiedSince = field(`${prefix}if-unmodified-since`);
  if (ifMatch !== undefined) {
    if (!matchesAny(ifMatch, object.etag)) return { kind: "failed", name: `${prefix}If-Match` };
  } else if (ifUnmodifiedSince !== undefined) {
    const since = parseHttpDate(ifUnmodifiedSince, now);
    if (since !== undefined && floorToSecond(object.modifiedAtMs) > since) {
      return { kind: "failed", name: `${prefix}If-Unmodified-Since` };
    }
  }
  const outcome = evaluatePrecondition(
    {
      method: "GET",
      ifNoneMatch: quoted(field(`${prefix}if-none-match`)),
      ifModifiedSince: field(`${prefix}if-modified-since`),
    },
    { status: 200, entityTag, lastModified: formatHttpDate(object.modifiedAtMs), date: object.modifiedAtMs },
    now,
  );
  return outcome.kind === "not-modified" ? { kind: "not-modified" } : { kind: "proceed" };
}

function matchesAny(ifMatch: string, etag: string): boolean {
  const asked = parseEntityTagList(ifMatch);
  return asked === "*" || (asked?.some((tag) => matchesStrongly(tag, { isWeak: false, opaque: etag })) ?? false);
}

/** Clients of S3 leave the quotes of a single tag out now and then, and are understood. */
export function quoted(tag: string | undefined): string | undefined {
  return tag === undefined || tag === "*" || tag.includes('"') ? tag : `"${tag}"`;
}

/** HTTP's dates have whole seconds. */
export function floorToSecond(instant: number): number {
  return Math.floor(instant / 1000) * 1000;
}
