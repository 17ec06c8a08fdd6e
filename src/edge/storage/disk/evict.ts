// Room on the disk, as S3-FIFO makes it, by segments: what is new goes through a small queue, and what was asked for
// there moves on to the main one; what left the small queue unasked is remembered by its digest, and goes to the main queue
// at once when it comes again. In the main queue what was asked for goes round once more. A scan passes through the
// small queue and leaves the rest alone. [D-0025]

import type { DiskEntries } from "./disk-entries.ts";
import type { Digest, EntryIndex } from "./entry-index.ts";
import { openGhosts } from "./ghosts.ts";
import type { Queue, Segment, SegmentLog } from "./segments.ts";

export interface Evictor {
  /** Which queue a new response belongs to. */
  queueFor(digest: Digest): Queue;
  /** It left the small queue unasked, as far as that is remembered. */
  wasEvicted(digest: Digest): boolean;
  /** Makes room for so many bytes and for one more entry: at once where nothing has to be moved, else behind the caller's back. */
  makeRoom(bytes: number): void;
  /** Waits until nothing is being moved. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Share of the bytes that new responses have to prove themselves in. */
const SMALL_SHARE = 0.1;
/** Records that are read at once when they move. */
const MOVED_AT_ONCE = 16;

export function openEvictor(options: {
  readonly index: EntryIndex;
  readonly log: SegmentLog;
  readonly entries: DiskEntries;
  readonly capacityBytes: number;
  /** So much stays free for what arrives while records are moved. */
  readonly headroomBytes: number;
  readonly entriesMax: number;
  /** On the disk, on the way to it, and promised. */
  readonly usedBytes: () => number;
  /** It is gone for everybody, and only its room is left. */
  readonly isRemoved: (entry: number) => boolean;
  readonly onEvicted: (count: number) => void;
  readonly onRemoved: () => void;
  /** Room has to be made. */
  readonly onShort: () => void;
}): Evictor {
  const { index, log, entries, capacityBytes, headroomBytes, entriesMax, usedBytes } = options;
  const { isRemoved, onEvicted, onRemoved, onShort } = options;
  const ghosts = openGhosts(entriesMax, () => index.count());
  const entriesKept = entriesMax - Math.min(1000, Math.ceil(entriesMax / 50));
  let moving: Promise<void> | undefined;
  /** Since something was last evicted: when all of the main queue is in use, some of it goes all the same. */
  let movedBytes = 0;
  let movedCount = 0;
  let isClosed = false;
  const isMoving = (): boolean => moving !== undefined;
  const isOver = (): boolean => isClosed;

  const isShort = (bytes: number): boolean =>
    usedBytes() + bytes > capacityBytes - headroomBytes || index.count() >= entriesKept;

  function next(): Segment | undefined {
    // Of what is stored, because it may be the number of entries that is short.
    const smallMax = (log.bytes("small") + log.bytes("main")) * SMALL_SHARE;
    const [first, second]: readonly [Queue, Queue] =
      log.bytes("small") > smallMax || log.bytes("main") === 0 ? ["small", "main"] : ["main", "small"];
    return log.oldest(first) ?? log.oldest(second);
  }

  function stays(entry: number): boolean {
    const isInUse = index.uses(entry) > 0 || index.isInMemory(entry);
    return isInUse && movedBytes <= capacityBytes / 2 && movedCount <= entriesMax / 2;
  }

  function evict(entry: number, queue: Queue): void {
    if (queue === "small") ghosts.add(index.digestAt(entry));
    entries.remove(entry, true);
    movedBytes = movedCount = 0;
    onEvicted(1);
  }

  /** `undefined`: it is gone; else what has to be moved first. */
  function emptySegment(segment: Segment): readonly number[] | undefined {
    log.seal(segment.id); // what moves must not come to lie in it
    const staying: number[] = [];
    for (const entry of entries.listOf(segment.id)) {
      if (isRemoved(entry)) {
        entries.remove(entry, true);
        onRemoved();
      } else if (stays(entry)) staying.push(entry);
      else evict(entry, segment.queue);
    }
    if (staying.length > 0) return staying;
    log.retire(segment.id);
    return undefined;
  }

  async function move(entry: number, segment: Segment): Promise<void> {
    const place = entries.placeOf(entry);
    const digest = index.digestAt(entry);
    if (place.segment !== segment.id) return;
    const length = index.length[entry] ?? 0;
    const record = await log.read(place, length).catch(() => undefined);
    // It may have been replaced or removed while it was read.
    const still = entries.stillAt(digest, place);
    if (still < 0) return;
    if (record === undefined) return entries.remove(still, true);
    const uses = index.uses(still);
    while (!entries.move(still, "main", record)) {
      await log.settle();
      if (isClosed || entries.stillAt(digest, place) !== still) return;
    }
    movedBytes += length;
    movedCount++;
    index.setUses(still, segment.queue === "small" ? 0 : Math.max(0, uses - 1));
  }

  async function moveAll(staying: readonly number[], segment: Segment): Promise<void> {
    for (let at = 0; at < staying.length && !isOver(); at += MOVED_AT_ONCE) {
      await Promise.all(staying.slice(at, at + MOVED_AT_ONCE).map((entry) => move(entry, segment)));
    }
    if (isClosed) return;
    for (const entry of entries.listOf(segment.id)) evict(entry, segment.queue);
    log.retire(segment.id);
  }

  /** At once as far as it goes; what has to be read first goes on behind. */
  function goOn(bytes: number): void {
    while (!isMoving() && !isOver() && isShort(bytes)) {
      onShort();
      const segment = next();
      if (segment === undefined) return;
      const staying = emptySegment(segment);
      if (staying === undefined) continue;
      moving = moveAll(staying, segment).finally(() => {
        moving = undefined;
        goOn(0);
      });
    }
  }

  async function settle(): Promise<void> {
    while (isMoving()) await moving;
  }

  return {
    wasEvicted: (digest) => ghosts.has(digest),
    queueFor: (digest) => (ghosts.has(digest) ? "main" : "small"),
    makeRoom: goOn,
    settle,
    async close() {
      isClosed = true;
      await settle();
    },
  };
}
