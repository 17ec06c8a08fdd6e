// Counts what paths match among the entries on a disk. All of a distribution and single URLs are told by the index, by their marks; how a
// URL begins stands in the record alone, so of those only so many are read.

import {
  addCounts,
  exactUrls,
  matchesAll,
  matchesAny,
  type CountAsked,
  type MatchingCount,
} from "../count-matching.ts";
import { mark, type EntryIndex } from "./entry-index.ts";

/** Records that one question reads, a few at a time: viewers read from the same disk. */
const READ_MAX = 2000;
const READ_AT_ONCE = 8;
/** Entries looked at without letting viewers in between. */
const LOOKED_AT = 65_536;

export async function countEntries(
  asked: CountAsked,
  {
    index,
    read,
    isRefused,
    prefixesUntil,
  }: {
    readonly index: EntryIndex;
    /** URL of the entry as its record has it; `undefined`: it is gone. */
    readonly read: (entry: number) => Promise<string | undefined>;
    /** By a rule that has removed it already. */
    readonly isRefused: (url: string, began: number) => boolean;
    /** What began before has to be read to know. */
    readonly prefixesUntil: number;
  },
): Promise<MatchingCount> {
  const owner = mark(asked.distribution);
  const isAll = matchesAll(asked);
  const exact = new Map(exactUrls(asked).map((url) => [mark(url), url]));
  const isByMarks = isAll || exact.size === asked.paths.length;
  let matching = 0;
  const unread: number[] = [];
  let unlooked = 0;
  for (let at = 0; at < index.end(); at++) {
    if (at % LOOKED_AT === LOOKED_AT - 1) await new Promise((resolve) => setImmediate(resolve));
    if (!index.isTaken(at) || index.owner[at] !== owner) continue;
    const began = index.began[at] ?? 0;
    const url = isAll ? "" : exact.get(index.url[at] ?? 0);
    if (url !== undefined && !(isAll && began < prefixesUntil)) {
      if (!isRefused(url, began)) matching++;
    } else if (isByMarks && !isAll) continue;
    else if (unread.length < READ_MAX) unread.push(at);
    else unlooked++;
  }
  const counts: MatchingCount[] = [{ matching, unlooked }];
  for (let at = 0; at < unread.length; at += READ_AT_ONCE) {
    const urls = await Promise.all(unread.slice(at, at + READ_AT_ONCE).map((entry) => read(entry)));
    counts.push({ matching: urls.filter((url) => url !== undefined && matchesAny(asked, url)).length, unlooked: 0 });
  }
  return addCounts(counts);
}
