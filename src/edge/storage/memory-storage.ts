// Stored responses in this process's memory, bounded in bytes: bodies, heads, keys and bookkeeping together, and what is
// just being taken in. Room is made as S3-FIFO makes it: what is new has to be asked for again before it has aged through a
// small queue, so that a scan flushes nothing out [D-0025]. An invalidation is in force at once, but where it concerns very
// many responses they are swept a few at a time, so that no viewer waits for it. A long body that is being read counts
// until its last reader has left, although it may be gone from the table: slow viewers must not add to the bound.

import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import type {
  Admission,
  CacheKey,
  CacheStorage,
  InvalidatedPath,
  StoredBody,
  StoredHead,
  StoredResponse,
} from "./cache-storage.ts";
import { matchesAny } from "./count-matching.ts";
import { mark, type Digest } from "./disk/entry-index.ts";
import { openGhosts } from "./disk/ghosts.ts";
import { isOwn } from "./disk/own-rules.ts";
import { flowPieces } from "./flow-pieces.ts";
import { inStretches } from "./in-stretches.ts";
import { invalidationMatches, isPrefix, openRecentInvalidations } from "./invalidate.ts";
import { joinPieces } from "./join-pieces.ts";

/** An entry is a link in the ring of its queue. `head` of a ring itself is never read. */
interface Entry extends StoredResponse {
  readonly key: CacheKey;
  readonly bytesTaken: number;
  ring: Ring;
  newer: Entry;
  older: Entry;
  /** Since it came or was last spared, up to three. */
  uses: number;
  wasAsked: boolean;
}

/** A queue: `first.newer` goes next, `first.older` came last. */
interface Ring {
  readonly first: Entry;
  bytes: number;
}

/** Of what is in use, the first that was met in a ring, and whether anything else was spared since. */
interface Round {
  firstInUse: Entry | undefined;
  hasSpared: boolean;
}

/** An invalidation with a star that has not come to its end; until then look-ups ask it. */
interface Sweep {
  readonly invalidated: InvalidatedPath;
  readonly number: FeedNumber;
  readonly urls: Iterator<[string, Set<Entry>], undefined>;
}

/** Who reads a body that is in pieces. */
interface Use {
  readers: number;
  /** Of entries that were removed meanwhile. */
  heldBytes: number;
}

interface Admitting {
  readonly key: CacheKey;
  readonly head: StoredHead;
  isRefused: boolean;
  bytesTaken: number;
  pieces: Uint8Array[];
}

/** Objects, map slots and links of one entry and of one field of it: resident memory as measured, not only the heap's live part. */
const ENTRY_BYTES = 2048;
const FIELD_BYTES = 128;
/** URLs that a sweep looks at when it begins: a fraction of a millisecond, one or two where it removes them all. Mostly that is all. */
const SWEPT_AT_FIRST = 250;
/** Of a step of what is left; who needs room takes so many steps before anything is evicted. */
const SWEPT_AT_ONCE = 32;
const SWEPT_FOR_ROOM = 4;
/** URLs that a count looks at. */
const COUNTED_MAX = 100_000;
/** Share of the capacity in which new responses have to be asked for again. */
const SMALL_SHARE = 0.1;
const USES_MAX = 3;
/** Places for keys of what has left the small queue unasked. */
const GHOSTS_MAX = 65_536;
/** Bodies up to this size are one piece, which goes out in one write; so much of it each connection may hold, uncounted. */
const ONE_PIECE_BYTES = 262_144;

export interface MemoryStorageLimits {
  readonly cacheCapacityBytes: number;
  readonly cacheResponseBytesMax: number;
  /** For bodies whose length is not told beforehand; left out: as for the others. */
  readonly cacheUntoldResponseBytesMax?: number;
}

/** `onEvicted` hears of each that had to go for room, and whether anybody had asked for it. */
export function openMemoryStorage(
  limits: MemoryStorageLimits,
  onEvicted: (key: CacheKey, wasAsked: boolean) => void = () => undefined,
): CacheStorage {
  const { cacheResponseBytesMax } = limits;
  const untoldBytesMax = Math.min(cacheResponseBytesMax, limits.cacheUntoldResponseBytesMax ?? cacheResponseBytesMax);
  const entries = new Map<string, Entry>();
  const byUrl = new Map<DistributionId, Map<string, Set<Entry>>>();
  const admitting = new Set<Admitting>();
  const invalidations = openRecentInvalidations();
  const sweeps: Sweep[] = [];
  const sweeping = inStretches(() => sweepOn(SWEPT_AT_ONCE));
  const uses = new WeakMap<StoredBody, Use>();
  const small = newRing();
  const main = newRing();
  const ghosts = openGhosts(GHOSTS_MAX, () => entries.size);
  let bytesTaken = 0;
  let evicted = 0;
  let invalidated = 0;
  /** Of what other workers have. */
  let copies = 0;

  function unlink(entry: Entry): void {
    entry.newer.older = entry.older;
    entry.older.newer = entry.newer;
    // Whoever still holds it would keep all that came after it alive.
    entry.newer = entry.older = entry;
    entry.ring.bytes -= entry.bytesTaken;
  }

  function link(entry: Entry, ring: Ring): void {
    const { first } = ring;
    entry.ring = ring;
    entry.older = first.older;
    entry.newer = first;
    first.older.newer = entry;
    first.older = entry;
    ring.bytes += entry.bytesTaken;
  }

  function remove(entry: Entry): void {
    entries.delete(entry.key.text);
    if (entry.head.lease !== undefined) copies--;
    unlink(entry);
    const use = uses.get(entry.body);
    if (use !== undefined && use.readers > 0) use.heldBytes += entry.bytesTaken;
    else bytesTaken -= entry.bytesTaken;
    const urls = byUrl.get(entry.key.distribution);
    const same = urls?.get(entry.key.url);
    same?.delete(entry);
    if (same?.size === 0) urls?.delete(entry.key.url);
    if (urls?.size === 0) byUrl.delete(entry.key.distribution);
  }

  /** A body that goes into the table again is counted there, and not for its readers. Returns what they held. */
  function hold(body: StoredBody, bytes: number): number {
    const use = uses.get(body);
    if (use === undefined) return 0;
    const before = use.heldBytes;
    bytesTaken += bytes - before;
    use.heldBytes = bytes;
    return before;
  }

  /** It has the place in its queue that the `former` had under its key. */
  function put(
    key: CacheKey,
    head: StoredHead,
    body: StoredBody,
    taken: number,
    former = entries.get(key.text),
  ): Entry {
    const older = entries.get(key.text);
    if (older !== undefined) remove(older);
    const ring = former?.ring ?? (ghosts.has(ghostOf(key)) ? main : small);
    const { first } = ring;
    const entry: Entry = {
      head,
      body,
      key,
      bytesTaken: taken,
      ring,
      newer: first,
      older: first,
      uses: former?.uses ?? 0,
      wasAsked: former?.wasAsked ?? false,
    };
    entries.set(key.text, entry);
    if (head.lease !== undefined) copies++;
    bytesTaken += taken;
    link(entry, ring);
    let urls = byUrl.get(key.distribution);
    if (urls === undefined) byUrl.set(key.distribution, (urls = new Map<string, Set<Entry>>()));
    const same = urls.get(key.url);
    if (same === undefined) urls.set(key.url, new Set([entry]));
    else same.add(entry);
    return entry;
  }

  /** A sweep will come to it. */
  function isRemoved(entry: Entry): boolean {
    for (const { invalidated: by, number } of sweeps) {
      const isOfIt = entry.key.distribution === by.distribution && isOlder(entry.head, number);
      if (isOfIt && invalidationMatches(by, entry.key.url)) return true;
    }
    return false;
  }

  function lookUp(key: CacheKey): Entry | undefined {
    const entry = entries.get(key.text);
    return entry === undefined || sweeps.length === 0 || !isRemoved(entry) ? entry : undefined;
  }

  function removeInvalidated(entry: Entry): void {
    remove(entry);
    if (entry.head.lease === undefined) invalidated++;
  }

  function removeOlder(same: Iterable<Entry>, number: FeedNumber): void {
    for (const entry of same) if (isOlder(entry.head, number)) removeInvalidated(entry);
  }

  /** Goes on with the oldest sweep. `false`: there is none any more. */
  function sweepOn(atOnce: number): boolean {
    const sweep = sweeps[0];
    if (sweep === undefined) return false;
    for (let count = 0; count < atOnce; count++) {
      const step = sweep.urls.next();
      if (step.done === true) {
        sweeps.shift();
        break;
      }
      const [url, same] = step.value;
      if (invalidationMatches(sweep.invalidated, url)) removeOlder(same, sweep.number);
    }
    return sweeps.length > 0;
  }

  /** Makes room for `count` more bytes, if evicting can. */
  function reserve(count: number): boolean {
    const bytesMax = limits.cacheCapacityBytes - count;
    if (bytesTaken > bytesMax && !makeRoom(bytesMax)) return false;
    bytesTaken += count;
    return true;
  }

  /** First by what was invalidated and not swept yet, as far as that is found without a wait. */
  function makeRoom(bytesMax: number): boolean {
    const isShort = (): boolean => bytesTaken > bytesMax;
    for (let steps = 0; isShort() && steps < SWEPT_FOR_ROOM; steps++) sweepOn(SWEPT_AT_ONCE);
    const rounds = new Map<Ring, Round>();
    while (isShort()) {
      const isSmallFirst = small.bytes > limits.cacheCapacityBytes * SMALL_SHARE || main.bytes === 0;
      const order = isSmallFirst ? [small, main] : [main, small];
      if (!order.some((ring) => evictFrom(ring, rounds))) return false;
    }
    return true;
  }

  /**
   * What was asked for is spared. What is being read is in use, and to evict it would free nothing: a few slow viewers would
   * cost everybody else the cache. `false`: all of the ring is in use.
   */
  function evictFrom(ring: Ring, rounds: Map<Ring, Round>): boolean {
    const round = rounds.get(ring) ?? { firstInUse: undefined, hasSpared: false };
    rounds.set(ring, round);
    for (let oldest = ring.first.newer; oldest !== ring.first; oldest = ring.first.newer) {
      const isInUse = (uses.get(oldest.body)?.readers ?? 0) > 0;
      if (isInUse && oldest === round.firstInUse && !round.hasSpared) return false;
      if (isInUse) {
        if (round.firstInUse === undefined || oldest === round.firstInUse) round.hasSpared = false;
        round.firstInUse ??= oldest;
        unlink(oldest);
        link(oldest, ring);
      } else if (sweeps.length > 0 && isRemoved(oldest)) {
        removeInvalidated(oldest);
        return true;
      } else if (oldest.uses > 0) {
        oldest.uses = ring === small ? 0 : oldest.uses - 1;
        round.hasSpared = true;
        unlink(oldest);
        link(oldest, main);
      } else {
        if (ring === small) ghosts.add(ghostOf(oldest.key));
        remove(oldest);
        evicted++;
        onEvicted(oldest.key, oldest.wasAsked);
        return true;
      }
    }
    return false;
  }

  /**
   * Small bodies become one piece, which goes out in one write. A piece that is a small part of a larger buffer is copied,
   * because it would keep all of that alive, uncounted.
   */
  function bodyOf(given: readonly Uint8Array[], length: number): StoredBody {
    const isOne = given.length === 1 || length <= ONE_PIECE_BYTES;
    const pieces = (isOne ? [joinPieces(given, length)] : given).map((piece) =>
      piece.buffer.byteLength > piece.length + piece.length / 4 ? joinPieces([piece], piece.length) : piece,
    );
    const use: Use = { readers: 0, heldBytes: 0 };
    const onBegun = (): void => void use.readers++;
    const onOver = (): void => {
      if (--use.readers > 0) return;
      bytesTaken -= use.heldBytes;
      use.heldBytes = 0;
    };
    const body: StoredBody = {
      length,
      bytes: isOne ? pieces[0] : undefined,
      read: (part = { from: 0, to: length }) => flowPieces(pieces, part, onBegun, onOver),
    };
    uses.set(body, use);
    return body;
  }

  function give(admission: Admitting): void {
    bytesTaken -= admission.bytesTaken;
    admission.bytesTaken = 0;
    admission.pieces = [];
    admitting.delete(admission);
  }

  function beginAdmission(key: CacheKey, head: StoredHead, overhead: number, lengthMax: number): Admission {
    const admission: Admitting = { key, head, isRefused: false, bytesTaken: overhead, pieces: [] };
    admitting.add(admission);
    let length = 0;
    return {
      append(chunk) {
        if (admission.isRefused) return false;
        length += chunk.length;
        if (length > lengthMax || !reserve(chunk.length)) {
          admission.isRefused = true;
          give(admission);
          return false;
        }
        admission.bytesTaken += chunk.length;
        admission.pieces.push(chunk);
        return true;
      },
      async commit() {
        if (admission.isRefused || !admitting.has(admission)) return undefined;
        const { pieces, bytesTaken: taken } = admission;
        give(admission);
        if (invalidations.refuses(key, head.began)) return undefined;
        return put(key, head, bodyOf(pieces, length), taken);
      },
      abort() {
        admission.isRefused = true;
        give(admission);
      },
    };
  }

  return {
    peek(key) {
      const entry = lookUp(key);
      if (entry === undefined) return "absent";
      if (entry.uses < USES_MAX) entry.uses++;
      entry.wasAsked = true;
      return entry;
    },
    glance: lookUp,
    async find(key) {
      return lookUp(key);
    },
    async inspect(key) {
      const found = lookUp(key);
      return found && { head: found.head, bodyLength: found.body.length, isBelow: false };
    },
    admit(key, head, bodyLength) {
      if (bodyLength !== undefined && bodyLength > cacheResponseBytesMax) return undefined;
      if (invalidations.refuses(key, head.began)) return undefined;
      const overhead = overheadBytes(key, head);
      if (overhead + (bodyLength ?? 0) > limits.cacheCapacityBytes || !reserve(overhead)) return undefined;
      return beginAdmission(key, head, overhead, bodyLength === undefined ? untoldBytesMax : cacheResponseBytesMax);
    },
    async refresh(key, stored, head) {
      if (invalidations.refuses(key, head.began)) return undefined;
      const taken = overheadBytes(key, head) + stored.body.length;
      const older = entries.get(key.text);
      if (older !== undefined) remove(older);
      // The body may have been evicted while it was validated, or another fetch may have replaced it: this one is newer.
      const held = hold(stored.body, 0);
      if (!reserve(taken)) return void hold(stored.body, held);
      bytesTaken -= taken;
      return put(key, head, stored.body, taken, older);
    },
    drop(key) {
      const entry = entries.get(key.text);
      if (entry !== undefined) remove(entry);
    },
    invalidate(given, number) {
      const { distribution, path } = given;
      invalidations.add(given, number);
      for (const admission of admitting) {
        if (
          admission.key.distribution === distribution &&
          admission.head.began < number &&
          invalidationMatches(given, admission.key.url)
        ) {
          admission.isRefused = true;
          give(admission);
        }
      }
      const urls = byUrl.get(distribution);
      if (urls === undefined) return;
      if (isPrefix(given)) {
        sweeps.push({ invalidated: given, number, urls: urls.entries() });
        if (sweeps.length > 1 || sweepOn(SWEPT_AT_FIRST)) sweeping.wake();
      } else removeOlder(urls.get(path) ?? [], number);
    },
    wasEvicted: (key) => ghosts.has(ghostOf(key)),
    async countMatching(asked) {
      let matching = 0;
      let looked = 0;
      const urls = byUrl.get(asked.distribution) ?? new Map<string, Set<Entry>>();
      for (const [url, same] of urls) {
        if (++looked > COUNTED_MAX) break;
        if (!matchesAny(asked, url)) continue;
        for (const entry of same) if (entry.head.lease === undefined && !isRemoved(entry)) matching++;
      }
      return { matching, unlooked: Math.max(0, urls.size - COUNTED_MAX) };
    },
    counters: () => ({ storedResponses: entries.size - copies, storedBytes: bytesTaken, evicted, invalidated }),
    async close() {
      for (const admission of admitting) admission.isRefused = true;
      admitting.clear();
      sweeps.length = 0;
      sweeping.close();
      entries.clear();
      byUrl.clear();
      copies = 0;
      for (const ring of [small, main]) {
        ring.first.newer = ring.first.older = ring.first;
        ring.bytes = 0;
      }
      bytesTaken = 0;
    },
  };
}

function newRing(): Ring {
  const first = { bytesTaken: 0 } as Entry;
  first.newer = first.older = first;
  return { first, bytes: 0 };
}

function ghostOf({ text, url }: CacheKey): Digest {
  return { low: mark(text), high: mark(url) };
}

/**
 * A copy of what another worker has counts as later than all that this one does by itself, because the other says when it ends. But
 * that one may be gone, and a copy too few costs nothing: what this worker is told to forget takes them along.
 */
function isOlder({ began, lease }: StoredHead, number: FeedNumber): boolean {
  return began < number || (lease !== undefined && isOwn(number));
}

function overheadBytes(key: CacheKey, head: StoredHead): number {
  let bytes = ENTRY_BYTES + 2 * (key.text.length + key.url.length);
  for (const [name, value] of head.fields) bytes += FIELD_BYTES + name.length + value.length;
  return bytes;
}
