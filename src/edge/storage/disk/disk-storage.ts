// Stored responses on a disk: small and middle ones in a log of segments, long bodies in files of their own, an index in
// memory that is made again at a start. It keeps the promises of the port by itself, without a hot tier; the tiered storage
// puts one above it. What the disk does wrong is a miss, or a response that is not stored. [D-0025]

import { isNoRoom } from "../../../vocabulary/no-room.ts";
import { addSeconds, epochMs, seconds, type Clock } from "../../../vocabulary/time.ts";
import type { FeedNumber } from "../../../vocabulary/ids.ts";
import type { CacheKey, CacheStorage, InspectedResponse, StoredBody, StoredResponse } from "../cache-storage.ts";
import { openRecentInvalidations } from "../invalidate.ts";
import { openUnderWay } from "../under-way.ts";
import { openBodyFiles } from "./body-files.ts";
import { openAdmissions } from "./disk-admission.ts";
import { openDiskEntries } from "./disk-entries.ts";
import { openDiskRules, type DiskRules } from "./disk-rules.ts";
import { countEntries } from "./count-entries.ts";
import { digestOf, mark, openEntryIndex, type Digest } from "./entry-index.ts";
import { openEvictor } from "./evict.ts";
import { SYSTEM_FILES, type Files } from "./files.ts";
import { findFiles, loadIndex } from "./load-index.ts";
import { isOwn, openOwnRules, type OwnRule } from "./own-rules.ts";
import { decodeRecord, encodeRecord, isBodyFile, type BodyFile, type DiskRecord } from "./record.ts";
import { QUEUES, openSegmentLog, type Backlog, type Place } from "./segments.ts";
import { openSweeper } from "./sweep-index.ts";

export interface DiskLimits {
  readonly cacheDiskBytes: number;
  readonly cacheObjectsMax: number;
  readonly cacheResponseBytesMax: number;
}

export type DiskLog = (level: "info" | "warn" | "error", event: string, why: string) => void;

export interface DiskStorage extends CacheStorage {
  /** All that earlier runs have left is in the index. */
  readonly loaded: Promise<void>;
  /** No position above it was given out by earlier runs. */
  readonly reserved: FeedNumber;
  /** What was asked to be forgotten stays so, also if the process dies now. */
  written(): Promise<void>;
  /** Somebody keeps a copy in memory from now on, or does not any more; then with whether it was asked for there. */
  noteCopy(key: CacheKey, isKept: boolean, wasUsed: boolean): void;
  /** `copy` is the same body as `stored`, which this storage has handed out. */
  noteSameBody(copy: StoredBody, stored: StoredBody): void;
  /** Is it read from this disk, in pieces? */
  isOwnBody(body: StoredBody): boolean;
  /** How often it was asked for here. */
  usesOf(key: CacheKey): number;
  /** Waits for all that is under way. */
  settle(): Promise<void>;
  faults(): number;
}

/** Segments per disk: few enough to keep them open, enough that one more or less does not matter. */
const SEGMENTS = 64;
const SEGMENT_BYTES_MIN = 4096;
const SEGMENT_BYTES_MAX = 1_073_741_824;
/** Bodies up to this length lie in a segment, and are read in one piece. */
const INLINE_BYTES_MAX = 262_144;
/** Left to rows that say what is dead, which nobody reserves. */
const ROWS_SHARE = 0.01;
/** After a fault nothing is written for so long; doubled by each up to the second. */
const PAUSE_SECONDS = [1, 30] as const;

/** `position`: what began later than that was stored under another feed, and is dropped. */
export async function openDiskStorage(options: {
  readonly directory: string;
  readonly limits: DiskLimits;
  readonly clock: Clock;
  readonly log: DiskLog;
  readonly position?: FeedNumber;
  /** With what has come before the disk was opened. */
  readonly rules?: DiskRules;
  readonly files?: Files;
}): Promise<DiskStorage> {
  const { directory, limits, clock, position = Infinity, files = SYSTEM_FILES } = options;
  const { cacheDiskBytes, cacheObjectsMax, cacheResponseBytesMax } = limits;
  const found = await findFiles(directory, files, ["rules"]);
  const own = await openOwnRules(directory, files, (fault) => {
    options.log("error", "cache-disk-fault", `could not note what the edge invalidates itself: ${String(fault)}`);
  });
  const segmentBytes = Math.min(SEGMENT_BYTES_MAX, Math.max(SEGMENT_BYTES_MIN, Math.floor(cacheDiskBytes / SEGMENTS)));
  const index = openEntryIndex(Math.max(1, cacheObjectsMax));
  const backlog: Backlog = { bytes: 0 };
  const rules = options.rules ?? openDiskRules();
  const recent = openRecentInvalidations();
  /** Of bodies that were handed out: where they are. */
  const origins = new WeakMap<StoredBody, BodyFile>();
  const ownBodies = new WeakSet<StoredBody>();
  const finding = openUnderWay<Promise<StoredResponse | undefined>>();
  /** Dropped while the index is being loaded. */
  let dropped: Set<string> | undefined = new Set();
  let evicted = 0;
  let invalidated = 0;
  let faults = 0;
  let pausedUntil = epochMs(0);
  let pauseSeconds: number = PAUSE_SECONDS[0];
  let isClosed = false;
  let ownRules: OwnRule[] = own.earlier.filter(({ number }) => !isOfAnotherFeed(number));

  const log = openSegmentLog({
    directory,
    files,
    segmentBytes,
    firstId: found.nextSegment,
    backlog,
    onLost(places, fault) {
      entries.removeAt(places);
      onFault(fault);
    },
  });
  const bodies = openBodyFiles({
    directory,
    files,
    firstId: found.nextBody,
    backlog,
    onFault,
    onCorrupt(id) {
      entries.removeByBodyFile(id);
      onDamage(`the body in file ${id}`);
    },
  });
  const entries = openDiskEntries({ index, log, bodies, firstSegment: found.nextSegment });
  const usedBytes = (): number => QUEUES.reduce((sum, queue) => sum + log.bytes(queue), admissions.reservedBytes());
  const admissions = openAdmissions({
    inlineBytesMax: INLINE_BYTES_MAX,
    responseBytesMax: Math.min(cacheResponseBytesMax, cacheDiskBytes),
    createBody: (length) => bodies.create(length),
    removeBody: (id) => bodies.remove(id),
    refuses: (key, began) => recent.refuses(key, began),
    hasRoom,
    put: (record) => put(record),
  });
  const evictor = openEvictor({
    index,
    log,
    entries,
    capacityBytes: cacheDiskBytes,
    headroomBytes: Math.min(segmentBytes * 2, Math.floor(cacheDiskBytes / 8)),
    entriesMax: Math.max(1, cacheObjectsMax),
    usedBytes,
    isRemoved: (entry) => sweeper.removes(entry),
    onEvicted: (count) => (evicted += count),
    onRemoved: () => invalidated++,
    onShort: () => sweeper.hurry(),
  });
  const sweeper = openSweeper({
    index,
    entries,
    rules,
    onRemoved: () => invalidated++,
    onSwept(sweep) {
      rules.forgetSwept(sweep);
      const swept = new Map(sweep.exact.map(({ distribution, url, number }) => [`${distribution} ${url}`, number]));
      // One that is older than another for the same URL went with it.
      ownRules = ownRules.filter(
        ({ invalidated: { distribution, path, isLiteral }, number }) =>
          isLiteral !== true || number > (swept.get(`${distribution} ${path}`) ?? 0),
      );
      // The rows that say so are on their way, and a process that dies takes nothing of them along but what is gathered now.
      void log.settle().then(() => own.keepOnly(ownRules));
    },
  });
  for (const { invalidated: rule, number } of ownRules) rules.add(rule, number);
  for (const segment of found.segments) log.adopt(segment);

  /** Between two steps of the feed there are fractions of the edge's own. */
  function isOfAnotherFeed(began: number): boolean {
    return began >= Math.floor(position) + 1;
  }

  function isDropped(low: number, high: number): boolean {
    return dropped !== undefined && dropped.size > 0 && dropped.has(`${low} ${high}`);
  }

  function onFault(fault: unknown): void {
    faults++;
    if (isNoRoom(fault)) evictor.makeRoom(segmentBytes + cacheDiskBytes - usedBytes());
    pausedUntil = addSeconds(clock.now(), seconds(pauseSeconds));
    pauseSeconds = Math.min(pauseSeconds * 2, PAUSE_SECONDS[1]);
    options.log("error", "cache-disk-fault", `nothing is stored on it for a while: ${String(fault)}`);
  }

  function onDamage(what: string): void {
    faults++;
    options.log("warn", "cache-damaged", `${what} in ${directory} is not what was written: it is asked for again`);
  }

  function hasRoom(bytes: number): boolean {
    if (isClosed || clock.now() < pausedUntil) return false;
    evictor.makeRoom(bytes);
    return usedBytes() + bytes <= cacheDiskBytes * (1 - ROWS_SHARE);
  }

  /** Puts it into the index and on its way to the disk. `false`: it is not stored, and nothing else is under its key. */
  function put(record: DiskRecord): boolean {
    const { key, head, bodyLength, body } = record;
    const digest = digestOf(key.text);
    const bytes = encodeRecord(record);
    const older = index.find(digest);
    const queue = older >= 0 ? entries.queueOf(older) : evictor.queueFor(digest);
    const bodyFile = isBodyFile(body) ? body.id : 0;
    const facts = {
      digest,
      length: bytes.length,
      began: head.began,
      owner: mark(key.distribution),
      url: mark(key.url),
      bodyFile,
      bodyFileBytes: bodyFile === 0 ? 0 : bodyLength,
    };
    if (hasRoom(bytes.length + facts.bodyFileBytes) && entries.put(queue, bytes, facts)) {
      pauseSeconds = PAUSE_SECONDS[0];
      return true;
    }
    const still = index.find(digest);
    if (still >= 0) entries.remove(still);
    return false;
  }

  function bodyOf(bodyLength: number, body: Uint8Array | BodyFile): StoredBody {
    if (!isBodyFile(body)) {
      return {
        length: bodyLength,
        bytes: body,
        async *read({ from, to } = { from: 0, to: bodyLength }) {
          if (from < to) yield body.subarray(from, to);
        },
      };
    }
    const stored: StoredBody = {
      length: bodyLength,
      bytes: undefined,
      read: (part = { from: 0, to: bodyLength }) => bodies.read(body, bodyLength, part),
    };
    origins.set(stored, body);
    ownBodies.add(stored);
    return stored;
  }

  /** The entry of a key, unless a rule refuses it by what the index knows. -1: none. */
  function entryOf(key: CacheKey, digest: Digest): number {
    const entry = index.find(digest);
    if (entry < 0 || !rules.refuses(key, index.began[entry] ?? 0)) return entry;
    entries.remove(entry);
    invalidated++;
    return -1;
  }

  /** `undefined`: it is not what was written, or its body is not there. */
  async function read(place: Place, length: number): Promise<DiskRecord | undefined> {
    try {
      const bytes = await log.read(place, length);
      const record = bytes === undefined ? undefined : decodeRecord(bytes);
      if (record === undefined || !isBodyFile(record.body)) return record;
      // Its file is opened now, because it may be removed before it is read.
      return (await bodies.hold(record.body, record.bodyLength)) ? record : undefined;
    } catch (fault) {
      options.log("error", "cache-disk-fault", `could not read: ${String(fault)}`);
      return undefined;
    }
  }

  async function findNow(key: CacheKey, digest: Digest): Promise<StoredResponse | undefined> {
    const entry = entryOf(key, digest);
    if (entry < 0) return undefined;
    const place = entries.placeOf(entry);
    index.noteUse(entry);
    const record = await read(place, index.length[entry] ?? 0);
    const still = entries.stillAt(digest, place);
    // It was replaced, moved or removed meanwhile: what is there now counts.
    if (still < 0) return index.find(digest) < 0 ? undefined : findNow(key, digest);
    if (record === undefined) {
      entries.remove(still);
      onDamage("a record");
      return undefined;
    }
    if (record.key.text !== key.text || rules.refuses(key, record.head.began)) return undefined;
    return { head: record.head, body: bodyOf(record.bodyLength, record.body) };
  }

  async function inspect(key: CacheKey): Promise<InspectedResponse | undefined> {
    const digest = digestOf(key.text);
    const entry = index.find(digest);
    if (entry < 0 || rules.refuses(key, index.began[entry] ?? 0)) return undefined;
    const place = entries.placeOf(entry);
    const record = await read(place, index.length[entry] ?? 0);
    if (entries.stillAt(digest, place) < 0) return inspect(key);
    if (record?.key.text !== key.text || rules.refuses(key, record.head.began)) return undefined;
    return { head: record.head, bodyLength: record.bodyLength, isBelow: true };
  }

  async function load(): Promise<void> {
    try {
      await loadIndex({
        directory,
        files,
        found,
        log,
        entries,
        isRefused: ({ low, high }, began) => isOfAnotherFeed(began) || isDropped(low, high),
        isOver: () => isClosed,
      });
    } catch (fault) {
      options.log("error", "cache-disk-fault", `could not read all that is stored: ${String(fault)}`);
    }
    dropped = undefined;
    if (isClosed) return;
    evictor.makeRoom(0);
    sweeper.start();
  }

  const storage: DiskStorage = {
    loaded: load(),
    reserved: (isOfAnotherFeed(own.reserved()) ? 0 : own.reserved()) as FeedNumber,
    peek: (key) => (entryOf(key, digestOf(key.text)) < 0 ? "absent" : "below"),
    glance: () => undefined,
    find(key) {
      const digest = digestOf(key.text);
      const underWay = finding.get(key.text, digest.low);
      if (underWay !== undefined) return underWay;
      const looking = findNow(key, digest).finally(() => finding.remove(key.text, digest.low));
      finding.add(key.text, digest.low, looking);
      return looking;
    },
    inspect,
    admit: (key, head, bodyLength) => {
      const admission = admissions.admit(key, head, bodyLength);
      if (admission === undefined) return undefined;
      return {
        append: (chunk) => admission.append(chunk),
        readBack: (from) => admission.readBack(from),
        abort: () => admission.abort(),
        async commit() {
          const record = await admission.commit();
          return record === undefined ? undefined : { head, body: bodyOf(record.bodyLength, record.body) };
        },
      };
    },
    async refresh(key, stored, head) {
      if (recent.refuses(key, head.began)) return undefined;
      const { length, bytes } = stored.body;
      const entry = index.find(digestOf(key.text));
      const bodyFile = origins.get(stored.body);
      const isSameFile = bodyFile !== undefined && entry >= 0 && index.bodyFile[entry] === bodyFile.id;
      const body = isSameFile ? bodyFile : bytes;
      if (body !== undefined) {
        return put({ key, head, bodyLength: length, body }) ? { head, body: bodyOf(length, body) } : undefined;
      }
      // It is in memory only, or its file is gone from here: it is stored once more.
      const admission = storage.admit(key, head, length);
      try {
        for await (const chunk of stored.body.read()) if (admission?.append(chunk) !== true) return undefined;
        return await admission?.commit();
      } catch {
        admission?.abort();
        return undefined;
      }
    },
    drop(key) {
      const digest = digestOf(key.text);
      dropped?.add(`${digest.low} ${digest.high}`);
      const entry = index.find(digest);
      if (entry >= 0) entries.remove(entry);
    },
    invalidate(rule, number) {
      recent.add(rule, number);
      rules.add(rule, number);
      if (isOwn(number)) {
        own.add({ invalidated: rule, number });
        // One for a whole distribution makes those before it needless.
        if (rule.path === "/*" && rule.isLiteral !== true) {
          ownRules = ownRules.filter(({ invalidated: before }) => before.distribution !== rule.distribution);
        }
        ownRules.push({ invalidated: rule, number });
      }
      admissions.invalidate();
      sweeper.wake();
    },
    wasEvicted: (key) => evictor.wasEvicted(digestOf(key.text)),
    countMatching: (asked) =>
      countEntries(asked, {
        index,
        async read(entry) {
          const record = await read(entries.placeOf(entry), index.length[entry] ?? 0);
          const isThere = record !== undefined && record.key.distribution === asked.distribution;
          return isThere && !rules.refuses(record.key, record.head.began) ? record.key.url : undefined;
        },
        prefixesUntil: rules.prefixesUntil(asked.distribution),
        isRefused: (url, began) => rules.refuses({ text: "", distribution: asked.distribution, url }, began),
      }),
    counters: () => ({ storedResponses: index.count(), storedBytes: usedBytes(), evicted, invalidated }),
    written: () => own.written(),
    noteCopy(key, isKept, wasUsed) {
      const entry = index.find(digestOf(key.text));
      if (entry < 0) return;
      index.setInMemory(entry, isKept);
      if (wasUsed) index.noteUse(entry);
    },
    noteSameBody(copy, stored) {
      const bodyFile = origins.get(stored);
      if (bodyFile !== undefined) origins.set(copy, bodyFile);
    },
    usesOf(key) {
      const entry = index.find(digestOf(key.text));
      return entry < 0 ? 0 : index.uses(entry);
    },
    isOwnBody: (body) => ownBodies.has(body),
    async settle() {
      await evictor.settle();
      await log.settle();
    },
    faults: () => faults,
    async close() {
      if (isClosed) return;
      isClosed = true;
      sweeper.close();
      admissions.close();
      await storage.loaded;
      await evictor.close();
      await log.close();
      await bodies.close();
      await own.close();
    },
  };
  return storage;
}
