// One page of a list, made by seeking: a key that is folded into a common prefix costs one step, and the next step begins
// behind everything of that prefix, however much there is.

import type { KeyRange, ListedKeys } from "../buckets.ts";
import { beyondPrefix, commonPrefixOf, compareKeys } from "../key-order.ts";

/** After every text, for SQLite. */
const END = new Uint8Array();

/** Where to read: keys from `from` on, up to (without) `until`. */
export interface Stretch {
  readonly from: string;
  readonly until: string | Uint8Array;
}

/** The least text after `key`. */
function justAfter(key: string): string {
  return `${key}\u0000`;
}

/** All that begins with `prefix` and comes after `after`. */
export function stretchOf(prefix: string, after: string): Stretch {
  const next = after === "" ? "" : justAfter(after);
  return { from: compareKeys(next, prefix) > 0 ? next : prefix, until: beyondPrefix(prefix) ?? END };
}

/**
 * `seek` gives rows of a stretch in order, lazily: it is left early. `goOn` gives what is left of the key `after`, where the
 * last page ended within it.
 */
export function listKeys<Row extends { readonly key: string }, Item>(
  range: KeyRange,
  by: {
    readonly seek: (stretch: Stretch) => Iterable<Row>;
    readonly goOn?: () => Iterable<Row>;
    readonly toItem: (row: Row) => Item;
  },
): ListedKeys<Item> {
  const { prefix, after, limit } = range;
  const items: Item[] = [];
  const prefixes: string[] = [];
  let last = "";
  const page = (isTruncated: boolean): ListedKeys<Item> => ({ items, prefixes, isTruncated, last });
  const isFull = (): boolean => items.length + prefixes.length >= limit;
  if (limit === 0) return page(false);

  const folded = after.startsWith(prefix) ? commonPrefixOf(after, range) : undefined;
  if (by.goOn !== undefined && folded === undefined && after.startsWith(prefix)) {
    for (const row of by.goOn()) {
      if (isFull()) return page(true);
      items.push(by.toItem(row));
      last = row.key;
    }
  }
  let stretch: Stretch | undefined = stretchOf(prefix, after);
  if (folded !== undefined) stretch = behind(folded, stretch);
  while (stretch !== undefined) {
    const { until }: Stretch = stretch;
    let common: string | undefined;
    for (const row of by.seek(stretch)) {
      if (isFull()) return page(true);
      common = commonPrefixOf(row.key, range);
      last = common ?? row.key;
      if (common !== undefined) break;
      items.push(by.toItem(row));
    }
    if (common === undefined) return page(false);
    prefixes.push(common);
    stretch = behind(common, { from: "", until });
  }
  return page(false);
}

/** The rest of the stretch after all that begins with `common`; `undefined`: nothing comes after it. */
function behind(common: string, { until }: Stretch): Stretch | undefined {
  const from = beyondPrefix(common);
  return from === undefined ? undefined : { from, until };
}
