// The order of keys in a bucket: that of their UTF-8 bytes, which is that of their code points and not JavaScript's own,
// where letters beyond U+FFFF come before some of those below it. SQLite's BINARY collation is the same order.

/** Negative, 0 or positive, as for `sort`. */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const difference = rank(one.charCodeAt(at)) - rank(other.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Surrogates stand for letters beyond U+FFFF, so they go behind all other units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The least text after all that begin with `prefix`; `undefined` where everything after it begins with it. */
export function beyondPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (letter) => letter.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10_ffff) continue;
    const next = last === 0xd7ff ? 0xe000 : last + 1; // surrogates are no letters
    return String.fromCodePoint(...points, next);
  }
  return undefined;
}

/** What a delimiter folds `key` into: everything up to and with the first delimiter after the prefix. `undefined`: it stands for itself. */
export function commonPrefixOf(
  key: string,
  { prefix, delimiter }: { readonly prefix: string; readonly delimiter: string },
): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}
