// What the disk cache knows of each stored response without reading: 49 bytes in columns of numbers, found by a digest of
// its key. No object per entry, so a million of them are nothing to the garbage collector. The columns are reserved for
// the most entries there may be, in one piece: so large a one the system gives by itself, and memory only to what of it
// is touched, where pieces of some megabytes come out of the allocator's heap and leave holes in it. A digest is no proof:
// who reads the record compares the whole key.

import { hash } from "node:crypto";

/** 64 bits of a cache key's SHA-256: nobody can choose keys that meet in one place. */
export interface Digest {
  readonly low: number;
  readonly high: number;
}

export function digestOf(keyText: string): Digest {
  const bytes = hash("sha256", keyText, "latin1");
  return { low: wordAt(bytes, 0), high: wordAt(bytes, 4) };
}

function wordAt(bytes: string, at: number): number {
  const upper = (bytes.charCodeAt(at + 3) << 24) | (bytes.charCodeAt(at + 2) << 16);
  return (upper | (bytes.charCodeAt(at + 1) << 8) | bytes.charCodeAt(at)) >>> 0;
}

/** 32 bits that stand for a URL or a distribution where being wrong once in four billion only costs a miss. */
export function mark(text: string): number {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return (bits ^ (bits >>> 15)) >>> 0;
}

/** How often an entry was asked for, up to this many times, is what eviction asks. */
export const USES_MAX = 3;
const USES = 0b0011;
const IN_MEMORY = 0b0100;
const TAKEN = 0b1000;

export interface EntryIndex {
  /** Entries are numbers; -1 is none. */
  find(digest: Digest): number;
  /** A new entry, whose columns the caller fills in; its digest must not be there yet. -1: there are as many as may be. */
  add(digest: Digest): number;
  remove(entry: number): void;
  isTaken(entry: number): boolean;
  digestAt(entry: number): Digest;
  count(): number;
  isFull(): boolean;
  /** No entry is as high as this. */
  end(): number;
  /** Where its record is: the segment's number, the place in it in units of 8 bytes, and the record's length. */
  readonly segment: Uint32Array;
  readonly place: Uint32Array;
  readonly length: Uint32Array;
  /** Position in the feed when its fetch began. */
  readonly began: Float64Array;
  /** Marks of its distribution and of its URL. */
  readonly owner: Uint32Array;
  readonly url: Uint32Array;
  /** Number of the file with its body, 0 where that is in the record. */
  readonly bodyFile: Uint32Array;
  uses(entry: number): number;
  setUses(entry: number, uses: number): void;
  noteUse(entry: number): void;
  /** Whether the memory tier has a copy: it hears of uses that the disk does not. */
  isInMemory(entry: number): boolean;
  setInMemory(entry: number, isInMemory: boolean): void;
}

export function openEntryIndex(entriesMax: number): EntryIndex {
  const bucketCount = 2 ** Math.ceil(Math.log2(Math.max(2, entriesMax)));
  const memory = new ArrayBuffer(entriesMax * 45 + bucketCount * 4);
  let at = 0;
  const words = (count = entriesMax): Uint32Array<ArrayBuffer> => {
    at += count * 4;
    return new Uint32Array(memory, at - count * 4, count);
  };
  const began = new Float64Array(memory, 0, entriesMax);
  at += began.byteLength;
  const low = words();
  const high = words();
  const segment = words();
  const place = words();
  const length = words();
  const owner = words();
  const url = words();
  const bodyFile = words();
  /** The next entry of the same bucket, or of those that are free, plus one. */
  const next = words();
  const buckets = words(bucketCount);
  const flags = new Uint8Array(memory, at, entriesMax);
  const mask = buckets.length - 1;
  let free = 0;
  let end = 0;
  let count = 0;

  return {
    segment,
    place,
    length,
    began,
    owner,
    url,
    bodyFile,
    find(digest) {
      let at = buckets[digest.low & mask] ?? 0;
      while (at !== 0) {
        if (low[at - 1] === digest.low && high[at - 1] === digest.high) return at - 1;
        at = next[at - 1] ?? 0;
      }
      return -1;
    },
    add(digest) {
      let entry = free - 1;
      if (entry >= 0) free = next[entry] ?? 0;
      else if (end < entriesMax) entry = end++;
      else return -1;
      low[entry] = digest.low;
      high[entry] = digest.high;
      flags[entry] = TAKEN;
      next[entry] = buckets[digest.low & mask] ?? 0;
      buckets[digest.low & mask] = entry + 1;
      count++;
      return entry;
    },
    remove(entry) {
      const bucket = (low[entry] ?? 0) & mask;
      let at = buckets[bucket] ?? 0;
      if (at === entry + 1) buckets[bucket] = next[entry] ?? 0;
      else {
        while (next[at - 1] !== entry + 1) at = next[at - 1] ?? 0;
        next[at - 1] = next[entry] ?? 0;
      }
      flags[entry] = 0;
      next[entry] = free;
      free = entry + 1;
      count--;
    },
    isTaken: (entry) => flags[entry] !== 0,
    digestAt: (entry) => ({ low: low[entry] ?? 0, high: high[entry] ?? 0 }),
    count: () => count,
    isFull: () => count === entriesMax,
    end: () => end,
    uses: (entry) => (flags[entry] ?? 0) & USES,
    setUses(entry, uses) {
      flags[entry] = ((flags[entry] ?? 0) & ~USES) | uses;
    },
    noteUse(entry) {
      const now = flags[entry] ?? 0;
      if ((now & USES) < USES_MAX) flags[entry] = now + 1;
    },
    isInMemory: (entry) => ((flags[entry] ?? 0) & IN_MEMORY) !== 0,
    setInMemory(entry, isInMemory) {
      flags[entry] = isInMemory ? (flags[entry] ?? 0) | IN_MEMORY : (flags[entry] ?? 0) & ~IN_MEMORY;
    },
  };
}
