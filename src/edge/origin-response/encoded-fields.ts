// The fields of a response that the edge has compressed: what said something of the origin's bytes is changed or goes,
// because the bytes are others now. [RFC 9110 §8.8.1, §8.8.3.3], [CFDG ServingCompressedFiles]

import { matchesWeakly, parseEntityTag, parseEntityTagList } from "../../http/entity-tag.ts";
import { combineField, listNames } from "../../http/field-list.ts";
import type { ContentCoding } from "../config/effective-config.ts";
import type { Field } from "../transport/message.ts";

/** What is to be known of a response that was compressed here. Plain data, as the head that it is stored with. */
export interface EncodedHere {
  readonly coding: ContentCoding;
  /** As the origin sent it, for asking it again: it need not know that ours is weak. Absent: none, or none that is one. */
  readonly entityTag?: string;
}

/**
 * Digests are of other bytes, and Accept-Ranges would invite to go on with a body that may be compressed anew, or not at
 * all, the next time.
 */
const ABOUT_OTHER_BYTES: ReadonlySet<string> = new Set([
  "accept-ranges",
  "content-digest",
  "content-length",
  "content-md5",
  "digest",
  "repr-digest",
]);

export function encodedHere(fields: readonly Field[], coding: ContentCoding): EncodedHere {
  const entityTag = combineField(fields, "etag");
  return entityTag === undefined || weakened(entityTag) === undefined ? { coding } : { coding, entityTag };
}

export function encodedFields(fields: readonly Field[], coding: ContentCoding): readonly Field[] {
  return [...encodedFieldsOf304(fields), ["Content-Encoding", coding]];
}

/** Likewise of a 304 that confirms it: the origin speaks of its own bytes there. */
export function encodedFieldsOf304(fields: readonly Field[]): readonly Field[] {
  const kept: Field[] = [];
  for (const field of fields) {
    const name = field[0].toLowerCase();
    if (ABOUT_OTHER_BYTES.has(name)) continue;
    if (name !== "etag") {
      kept.push(field);
      continue;
    }
    const entityTag = weakened(field[1]);
    if (entityTag !== undefined) kept.push([field[0], entityTag]);
  }
  // Not documented for the service, but seen on it; a cache behind us must know.
  const vary = combineField(fields, "vary");
  if (vary === undefined || !(listNames(vary, "accept-encoding") || listNames(vary, "*"))) {
    kept.push(["Vary", "Accept-Encoding"]);
  }
  return kept;
}

/** The same bytes cannot be promised any more. `undefined`: it is no entity tag. */
function weakened(entityTag: string): string | undefined {
  const parsed = parseEntityTag(entityTag);
  if (parsed === undefined) return undefined;
  return parsed.isWeak ? entityTag : `W/${entityTag}`;
}

/**
 * A 304 to a viewer that asked by a weak tag of ours must name that one: by the origin's strong tag the viewer would find
 * nothing of its own to confirm [RFC 9111 §4.3.4].
 */
export function isHeldEncoded(ifNoneMatch: string | undefined, of304: readonly Field[]): boolean {
  const entityTag = parseEntityTag(combineField(of304, "etag") ?? "");
  if (ifNoneMatch === undefined || entityTag === undefined || entityTag.isWeak) return false;
  const held = parseEntityTagList(ifNoneMatch);
  if (held === undefined || held === "*") return false;
  const same = held.filter((tag) => matchesWeakly(tag, entityTag));
  return same.length > 0 && same.every((tag) => tag.isWeak);
}
