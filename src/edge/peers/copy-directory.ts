// Who has copies of what this worker owns: to be told when a copy counts no more. Bounded: when there are too many, the
// oldest are taken back. A copy is given when it is asked for as a stored response, so that what is asked for once moves nowhere,
// and what is long has to be asked for the more often. [D-0027]

import type { DistributionId } from "../../vocabulary/ids.ts";
import type { CacheKey, StoredBody, StoredHead, StoredResponse } from "../storage/cache-storage.ts";
import { EVERYTHING, type FromOwner } from "./channel-messages.ts";

/** A worker that takes copies, for as long as its connection lasts. */
export interface Holder {
  /** `false`: it has more to read already than is good; a copy is not sent then, anything else is. */
  tell(message: FromOwner, body?: Uint8Array): boolean;
}

export interface CopyDirectory {
  /** `holder` has just asked for it. `tick` counts time, roughly. */
  give(holder: Holder, key: CacheKey, stored: StoredResponse, tick: number): void;
  /** Something else stands under the key from now on, or nothing. */
  replaced(key: CacheKey, head: StoredHead | undefined): void;
  /** Nothing counts any more that stands under these URLs. */
  forget(distribution: DistributionId, urls: readonly string[]): void;
  count(): number;
}

interface Entry {
  readonly key: CacheKey;
  readonly head: StoredHead;
  readonly holders: Holder[];
  /** When each of them was given it; before that it is NaN. */
  readonly since: number[];
  /** How often each of them has asked for it before. */
  readonly asked: number[];
}

/** For each of these a response has to be asked for once more before it is copied. */
const BYTES_PER_ASK = 262_144;

/** Who asks for what it has been given so long ago has lost it since. */
const GIVEN_AGAIN_TICKS = 4;

export function openCopyDirectory(copiesMax: number): CopyDirectory {
  const entries = new Map<string, Entry>();
  const byUrl = new Map<string, Set<Entry>>();

  function takeBack(entry: Entry): void {
    const { key, holders } = entry;
    entries.delete(key.text);
    const url = urlOf(key.distribution, key.url);
    const same = byUrl.get(url);
    same?.delete(entry);
    if (same?.size === 0) byUrl.delete(url);
    for (const holder of holders) holder.tell({ kind: "drop", key });
  }

  function enter(key: CacheKey, head: StoredHead): Entry {
    for (const oldest of entries.values()) {
      if (entries.size < copiesMax) break;
      takeBack(oldest);
    }
    const entry: Entry = { key, head, holders: [], since: [], asked: [] };
    entries.set(key.text, entry);
    const url = urlOf(key.distribution, key.url);
    const same = byUrl.get(url);
    if (same === undefined) byUrl.set(url, new Set([entry]));
    else same.add(entry);
    return entry;
  }

  /** Its place among the holders. */
  function note(entry: Entry, holder: Holder, tick: number): number {
    const known = entry.holders.indexOf(holder);
    if (known >= 0) {
      entry.since[known] = tick;
      return known;
    }
    entry.holders.push(holder);
    entry.since.push(tick);
    entry.asked.push(0);
    return entry.holders.length - 1;
  }

  /** Put together first, and given only if it still counts then. */
  async function giveLong(entry: Entry, holder: Holder, body: StoredBody): Promise<void> {
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of body.read()) pieces.push(piece);
    } catch {
      return; // the storage cannot go on: whoever reads it for a viewer finds out the same
    }
    const { key, head } = entry;
    if (entries.get(key.text) === entry) holder.tell({ kind: "copy", key, head }, Buffer.concat(pieces));
  }

  return {
    give(holder, key, { head, body }, tick) {
      let entry = entries.get(key.text);
      if (entry !== undefined && entry.head !== head) {
        takeBack(entry);
        entry = undefined;
      }
      const known = entry?.holders.indexOf(holder) ?? -1;
      const since = entry?.since[known] ?? Number.NaN;
      if (tick - since < GIVEN_AGAIN_TICKS) return;
      if (body.bytes !== undefined || body.length === 0) {
        if (!holder.tell({ kind: "copy", key, head }, body.bytes)) return;
        entry ??= enter(key, head);
        note(entry, holder, tick);
        return;
      }
      entry ??= enter(key, head);
      const at = note(entry, holder, Number.NaN);
      const asked = (entry.asked[at] = (entry.asked[at] ?? 0) + 1);
      if (asked * BYTES_PER_ASK < body.length) return;
      entry.asked[at] = 0;
      entry.since[at] = tick;
      void giveLong(entry, holder, body);
    },
    replaced(key, head) {
      const entry = entries.get(key.text);
      if (entry !== undefined && entry.head !== head) takeBack(entry);
    },
    forget(distribution, urls) {
      for (const url of urls) {
        if (url === EVERYTHING) {
          for (const entry of entries.values()) if (entry.key.distribution === distribution) takeBack(entry);
        } else for (const entry of byUrl.get(urlOf(distribution, url)) ?? []) takeBack(entry);
      }
    },
    count: () => entries.size,
  };
}

/** An id has no blank in it. */
function urlOf(distribution: DistributionId, url: string): string {
  return `${distribution} ${url}`;
}
