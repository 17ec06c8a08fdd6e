// The storage of an edge: a hot tier in memory above a disk. What is short goes to the disk alone, and into memory when it is asked for
// again, because most of what is stored never is and would only keep the collector busy; what is long goes to both, as far as it fits. What
// the hot tier has lost comes back in the same way. The disk may be opened late and let go early, so that at a restart one
// process takes it over from another; without it this is the memory alone. Copies of what other workers own are kept in
// memory only. [D-0025], [D-0027]

import type { FeedNumber } from "../../vocabulary/ids.ts";
import type { Clock } from "../../vocabulary/time.ts";
import type {
  Admission,
  CacheKey,
  CacheStorage,
  InvalidatedPath,
  StorageCounters,
  StoredHead,
  StoredResponse,
} from "./cache-storage.ts";
import { mark } from "./disk/entry-index.ts";
import { openDiskRules } from "./disk/disk-rules.ts";
import { openDiskStorage, type DiskLog, type DiskStorage } from "./disk/disk-storage.ts";
import type { Files } from "./disk/files.ts";
import { isOwn } from "./disk/own-rules.ts";
import { openMemoryStorage } from "./memory-storage.ts";
import { openUnderWay } from "./under-way.ts";
import { openSupersededKeys } from "./superseded-keys.ts";

export interface TieredLimits {
  readonly cacheCapacityBytes: number;
  readonly cacheResponseBytesMax: number;
  readonly cacheUntoldResponseBytesMax?: number;
  /** Of this directory. 0: there is no disk. */
  readonly cacheDiskBytes: number;
  readonly cacheObjectsMax: number;
}

export interface TieredStorage extends CacheStorage {
  /**
   * Takes the directory, which nobody else may have, once the feed has been followed up to `position`. Resolves with the
   * highest position that was ever given out over what lies there: no lower one may be given out from now on. Then the
   * disk is in use, although what lies there is found only as it is read in. `undefined`: it cannot be used.
   */
  openDisk(position: FeedNumber): Promise<FeedNumber | undefined>;
  /** Lets the directory go; memory goes on. */
  closeDisk(): Promise<void>;
  /** All that the directory had is known. */
  diskLoaded(): Promise<void>;
  invalidationsWritten(): Promise<boolean>;
}

/** Look-ups of one key, and whether what they find is still the newest. */
interface Look {
  readonly at: number;
  isNewest: boolean;
  lookers: number;
}

/** Between two positions; a feed has less than 2^29 steps. */
const LEAST_STEP = 2 ** -24;
/** One response must not flush the rest out of memory. */
const HOT_SHARE_MAX = 1 / 8;
/** Up to this length a body is held until it is on the disk, in case it cannot be; a longer one is counted as it comes. */
const DISK_FIRST_BYTES_MAX = 65_536;
/** Asked for so often below, it goes up. */
const PROMOTED_AT_USES = 2;
/** Long bodies that are read into memory at a time. */
const PROMOTED_AT_ONCE_MAX = 2;

export function openTieredStorage(options: {
  readonly directory: string;
  readonly limits: TieredLimits;
  readonly clock: Clock;
  readonly log: DiskLog;
  readonly files?: Files;
}): TieredStorage {
  const { directory, limits, clock, log, files } = options;
  const hotBytesMax = Math.min(limits.cacheResponseBytesMax, Math.floor(limits.cacheCapacityBytes * HOT_SHARE_MAX));
  const hot = openMemoryStorage({ ...limits, cacheResponseBytesMax: hotBytesMax }, (key, wasAsked) =>
    disk?.noteCopy(key, false, wasAsked),
  );
  const rules = openDiskRules();
  /** Invalidations of the edge's own that came before the disk was there. */
  let early: InvalidatedPath[] | undefined = limits.cacheDiskBytes > 0 ? [] : undefined;
  /** Until the disk is there: what is older on it. */
  let superseded = limits.cacheDiskBytes > 0 ? openSupersededKeys() : undefined;
  let disk: DiskStorage | undefined;
  /** There is a disk that another process has, or is going to have. */
  let isAnothers = limits.cacheDiskBytes > 0;
  /** Below, by key. */
  const looking = openUnderWay<Look>();
  let promoting = 0;
  /** What was evicted and invalidated is counted where the responses are; this is what the one that counts now has missed. */
  let missed = { evicted: 0, invalidated: 0 };

  function noteChange(key: CacheKey): void {
    superseded?.note(key);
    const at = mark(key.text);
    const look = looking.get(key.text, at);
    if (look === undefined) return;
    look.isNewest = false;
    looking.remove(key.text, at); // who looks from now on finds what is newer
  }

  function joinLook({ text }: CacheKey): Look {
    const at = mark(text);
    let look = looking.get(text, at);
    if (look === undefined) looking.add(text, at, (look = { at, isNewest: true, lookers: 0 }));
    look.lookers++;
    return look;
  }

  function leaveLook({ text }: CacheKey, look: Look): void {
    look.lookers--;
    if (look.lookers === 0 && looking.get(text, look.at) === look) looking.remove(text, look.at);
  }

  async function promote(key: CacheKey, found: StoredResponse, look: Look): Promise<StoredResponse> {
    const { head, body } = found;
    const admission = body.length <= hotBytesMax ? hot.admit(key, head, body.length) : undefined;
    if (admission === undefined) return found;
    try {
      if (body.bytes !== undefined) admission.append(body.bytes);
      else for await (const chunk of body.read()) if (!admission.append(chunk)) return found;
    } catch {
      admission.abort(); // who reads it for a viewer finds out the same
      return found;
    }
    if (!look.isNewest) {
      admission.abort();
      return found;
    }
    const above = await admission.commit();
    if (above === undefined) return found;
    disk?.noteCopy(key, true, false);
    disk?.noteSameBody(above.body, body);
    return above;
  }

  async function promoteLong(key: CacheKey, found: StoredResponse): Promise<void> {
    if (promoting >= PROMOTED_AT_ONCE_MAX || looking.get(key.text, mark(key.text)) !== undefined) return;
    const look = joinLook(key);
    promoting++;
    await promote(key, found, look);
    promoting--;
    leaveLook(key, look);
  }

  async function findBelow(key: CacheKey, below: DiskStorage): Promise<StoredResponse | undefined> {
    const look = joinLook(key);
    const found = await below.find(key);
    leaveLook(key, look);
    if (found === undefined || !look.isNewest || below.usesOf(key) < PROMOTED_AT_USES) return found;
    const above = hot.glance(key);
    if (above !== undefined) return above;
    if (found.body.bytes !== undefined) return promote(key, found, look);
    void promoteLong(key, found);
    return found;
  }

  function admit(key: CacheKey, head: StoredHead, bodyLength: number | undefined): Admission | undefined {
    // A copy of what another worker owns is on the disk of that one.
    if (head.lease !== undefined) return hot.admit(key, head, bodyLength);
    // Whether it is going to be stored or not: it is shown to viewers from now on.
    superseded?.note(key);
    const below = disk?.admit(key, head, bodyLength);
    return below !== undefined && bodyLength !== undefined && bodyLength <= DISK_FIRST_BYTES_MAX
      ? admitBelow(key, head, below)
      : admitToBoth(hot.admit(key, head, bodyLength), below, key);
  }

  /** `below` has taken it in. In memory it comes only where the disk then has no room for it after all. */
  function admitBelow(key: CacheKey, head: StoredHead, below: Admission): Admission {
    const pieces: Uint8Array[] = [];
    return {
      append(chunk) {
        pieces.push(chunk);
        below.append(chunk);
        return true;
      },
      async commit() {
        const onDisk = await below.commit();
        noteChange(key);
        if (onDisk !== undefined) {
          hot.drop(key); // the older one above must not hide the new one
          return onDisk;
        }
        const length = pieces.reduce((sum, { length: bytes }) => sum + bytes, 0);
        const above = hot.admit(key, head, length);
        if (above === undefined || !pieces.every((piece) => above.append(piece))) return undefined;
        disk?.drop(key);
        return above.commit();
      },
      abort: () => below.abort(),
    };
  }

  function admitToBoth(
    above: Admission | undefined,
    below: Admission | undefined,
    key: CacheKey,
  ): Admission | undefined {
    if (above === undefined && below === undefined) return undefined;
    return {
      append(chunk) {
        if (above?.append(chunk) === false) above = undefined;
        if (below?.append(chunk) === false) below = undefined;
        return above !== undefined || below !== undefined;
      },
      readBack: (from) => below?.readBack?.(from),
      async commit() {
        const onDisk = await below?.commit();
        noteChange(key);
        const inMemory = await above?.commit();
        if (inMemory === undefined) {
          // The older one above must not hide the new one.
          if (onDisk !== undefined) hot.drop(key);
          return onDisk;
        }
        if (onDisk === undefined) disk?.drop(key);
        else {
          disk?.noteCopy(key, true, false);
          disk?.noteSameBody(inMemory.body, onDisk.body);
        }
        return inMemory;
      },
      abort() {
        above?.abort();
        below?.abort();
      },
    };
  }

  function counters(): StorageCounters {
    const counted = (disk ?? hot).counters();
    return {
      ...counted,
      evicted: counted.evicted + missed.evicted,
      invalidated: counted.invalidated + missed.invalidated,
    };
  }

  /** Counted goes on, whoever counts. */
  function useDisk(used: DiskStorage | undefined): void {
    const before = counters();
    disk = used;
    const now = (disk ?? hot).counters();
    missed = { evicted: before.evicted - now.evicted, invalidated: before.invalidated - now.invalidated };
  }

  async function openDisk(position: FeedNumber): Promise<FeedNumber | undefined> {
    try {
      const opened = await openDiskStorage({
        directory,
        limits,
        clock,
        log,
        position,
        rules,
        ...(files !== undefined && { files }),
      });
      // All that lies there is older than what came before it was opened, whatever number that was given.
      const after = (Math.max(position, opened.reserved) + LEAST_STEP) as FeedNumber;
      for (const invalidated of early ?? []) opened.invalidate(invalidated, after);
      for (const distribution of superseded?.distributions ?? [])
        opened.invalidate({ distribution, path: "/*" }, after);
      for (const key of superseded?.keys ?? []) opened.drop(key);
      early = superseded = undefined;
      isAnothers = false;
      useDisk(opened);
      return after;
    } catch (error) {
      early = superseded = undefined;
      log("error", "cache-disk-fault", `the cache is in memory only: ${directory} cannot be used: ${String(error)}`);
      return undefined;
    }
  }

  async function closeDisk(): Promise<void> {
    const closing = disk;
    if (closing !== undefined) {
      useDisk(undefined);
      isAnothers = true;
    }
    await closing?.close();
  }

  return {
    peek(key) {
      const found = hot.peek(key);
      return found === "absent" && disk !== undefined ? disk.peek(key) : found;
    },
    glance: (key) => hot.glance(key),
    async find(key) {
      const found = hot.peek(key);
      if (typeof found === "object") return found;
      return disk === undefined ? undefined : findBelow(key, disk);
    },
    inspect: async (key) => (await hot.inspect(key)) ?? disk?.inspect(key),
    admit,
    async refresh(key, stored, head) {
      noteChange(key);
      if (head.lease !== undefined) return hot.refresh(key, stored, head);
      const isBelowOnly = stored.body.bytes === undefined && disk?.isOwnBody(stored.body) === true;
      if (isBelowOnly) hot.drop(key);
      const [above, below] = await Promise.all([
        isBelowOnly ? undefined : hot.refresh(key, stored, head),
        disk?.refresh(key, stored, head),
      ]);
      if (above !== undefined && below !== undefined) {
        disk?.noteCopy(key, true, false);
        disk?.noteSameBody(above.body, below.body);
      }
      return above ?? below;
    },
    drop(key) {
      noteChange(key);
      hot.drop(key);
      disk?.drop(key);
    },
    invalidate(invalidated, number) {
      hot.invalidate(invalidated, number);
      if (disk !== undefined) return disk.invalidate(invalidated, number);
      if (early === undefined) return;
      if (isOwn(number)) early.push(invalidated);
      else rules.add(invalidated, number);
    },
    countMatching: (asked) => (disk ?? hot).countMatching(asked),
    wasEvicted: (key) => (disk ?? hot).wasEvicted?.(key) === true,
    counters,
    openDisk,
    closeDisk,
    diskLoaded: async () => disk?.loaded,
    async invalidationsWritten() {
      await disk?.written();
      return disk !== undefined || !isAnothers;
    },
    async close() {
      await closeDisk();
      await hot.close();
    },
  };
}
