// Entity tags, the validators of HTTP responses [RFC 9110 §8.8.3]. Not the API's ETag, which is a revision.

/** `opaque` is what stands between the quotes; nothing in it is escaped. */
export interface EntityTag {
  readonly isWeak: boolean;
  readonly opaque: string;
}

const ETAGC = "[!#-~\\x80-\\xff]*";
const ENTITY_TAG = new RegExp(`^(W/)?"(${ETAGC})"$`);
const LIST_ELEMENT = new RegExp(`[\\t ]*(?:(W/)?"(${ETAGC})"[\\t ]*)?(?:,|$)`, "y");

/** Reads one tag. `undefined` when the quotes are missing, or the `W` is small: it is no entity tag then. */
export function parseEntityTag(text: string): EntityTag | undefined {
  const match = ENTITY_TAG.exec(text);
  return match === null ? undefined : { isWeak: match[1] !== undefined, opaque: match[2] ?? "" };
}

/**
 * Reads If-None-Match or If-Match: `*`, or a list in which tags may hold commas. `undefined` when it is neither; then it
 * cannot be relied on for anything.
 */
export function parseEntityTagList(value: string): "*" | readonly EntityTag[] | undefined {
  if (value === "*") return "*";
  const tags: EntityTag[] = [];
  LIST_ELEMENT.lastIndex = 0;
  while (LIST_ELEMENT.lastIndex < value.length) {
    const match = LIST_ELEMENT.exec(value);
    if (match === null) return undefined;
    if (match[2] !== undefined) tags.push({ isWeak: match[1] !== undefined, opaque: match[2] });
  }
  return tags;
}

export function formatEntityTag({ isWeak, opaque }: EntityTag): string {
  return `${isWeak ? "W/" : ""}"${opaque}"`;
}

/** Equal byte for byte, as far as the origin promises anything: neither is weak [RFC 9110 §8.8.3.2]. */
export function matchesStrongly(one: EntityTag, other: EntityTag): boolean {
  return !one.isWeak && !other.isWeak && one.opaque === other.opaque;
}

/** Equal in meaning [RFC 9110 §8.8.3.2]. */
export function matchesWeakly(one: EntityTag, other: EntityTag): boolean {
  return one.opaque === other.opaque;
}
