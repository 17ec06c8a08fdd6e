// Pages of what an account has few of: everything is read, sorted and cut. A marker is where the next page begins, sealed
// from callers' guesses by nothing but that it is theirs.

import { Buffer } from "node:buffer";

export interface CutPage<T> {
  readonly items: readonly T[];
  /** For the caller to send back; `undefined`: these were the last. */
  readonly marker: string | undefined;
}

/** In order of key. `undefined`: the marker is none of ours. */
export function cutPage<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  asked: { readonly marker: string; readonly maxItems: number },
): CutPage<T> | undefined {
  const after = readMarker(asked.marker);
  if (after === undefined) return undefined;
  const sorted = all
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => key > after)
    .toSorted((one, other) => (one.key < other.key ? -1 : 1));
  const cut = sorted.slice(0, asked.maxItems);
  const last = cut.at(-1);
  return {
    items: cut.map(({ item }) => item),
    marker:
      sorted.length > cut.length && last !== undefined
        ? Buffer.from(`after ${last.key}`).toString("base64url")
        : undefined,
  };
}

function readMarker(marker: string): string | undefined {
  if (marker === "") return "";
  const text = Buffer.from(marker, "base64url").toString("utf8");
  return text.startsWith("after ") ? text.slice(6) : undefined;
}
