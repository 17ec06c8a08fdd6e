// The index and the log together: puts a record in the place of an older one, takes entries out, and keeps what belongs to
// them (body files, the count of what lives in a segment) in step. Everything is in force at once; the disk follows.

import type { BodyFiles } from "./body-files.ts";
import type { Digest, EntryIndex } from "./entry-index.ts";
import type { IndexRow } from "./index-row.ts";
import type { Place, Queue, RowFacts, SegmentLog } from "./segments.ts";

export interface DiskEntries {
  placeOf(entry: number): Place;
  /** Is the entry with this digest still the one at that place? Its number, or -1. */
  stillAt(digest: Digest, place: Place): number;
  /** Queue of an entry. */
  queueOf(entry: number): Queue;
  /** A record for a new entry, or in the place of the older one. `false`: the disk is behind, or there are too many. */
  put(queue: Queue, record: Buffer, facts: RowFacts): boolean;
  /** The same record at a new place. `false`: the disk is behind. */
  move(entry: number, queue: Queue, record: Buffer): boolean;
  /** `keepsRow`: nobody needs to know at the next start, because the whole segment goes, or a rule says so again. */
  remove(entry: number, keepsRow?: boolean): void;
  removeAt(places: readonly Place[]): void;
  /** What a journal says was written, of which nothing is kept. `false`: it is not taken in. */
  load(segment: number, row: IndexRow): boolean;
  /** The segment's live entries. */
  listOf(segment: number): number[];
  removeByBodyFile(id: number): void;
  bodyFiles(): ReadonlySet<number>;
}

export function openDiskEntries(options: {
  readonly index: EntryIndex;
  readonly log: SegmentLog;
  readonly bodies: BodyFiles;
  /** Segments from this number on are of this run. */
  readonly firstSegment: number;
}): DiskEntries {
  const { index, log, bodies, firstSegment } = options;
  /** Bytes of body files by their number: few, since they are long. */
  const bodyBytes = new Map<number, number>();

  const placeOf = (entry: number): Place => ({
    segment: index.segment[entry] ?? 0,
    place: index.place[entry] ?? 0,
  });

  function factsOf(entry: number): RowFacts {
    const bodyFile = index.bodyFile[entry] ?? 0;
    return {
      digest: index.digestAt(entry),
      length: index.length[entry] ?? 0,
      began: index.began[entry] ?? 0,
      owner: index.owner[entry] ?? 0,
      url: index.url[entry] ?? 0,
      bodyFile,
      bodyFileBytes: bodyBytes.get(bodyFile) ?? 0,
    };
  }

  function fill(entry: number, segment: number, place: number, facts: RowFacts): void {
    index.segment[entry] = segment;
    index.place[entry] = place;
    index.length[entry] = facts.length;
    index.began[entry] = facts.began;
    index.owner[entry] = facts.owner;
    index.url[entry] = facts.url;
    index.bodyFile[entry] = facts.bodyFile;
    if (facts.bodyFile !== 0) bodyBytes.set(facts.bodyFile, facts.bodyFileBytes);
  }

  /** What is left of the entry's place in its segment; the body file goes too unless `keptFile` says who has it now. */
  function detach(entry: number, keptFile: number): void {
    const segment = log.find(index.segment[entry] ?? 0);
    const bodyFile = index.bodyFile[entry] ?? 0;
    if (bodyFile !== 0) {
      log.charge(index.segment[entry] ?? 0, -(bodyBytes.get(bodyFile) ?? 0));
      if (bodyFile !== keptFile) {
        bodyBytes.delete(bodyFile);
        bodies.remove(bodyFile);
      }
    }
    if (segment === undefined) return;
    segment.live--;
    if (segment.live === 0) log.retireIfSealed(segment.id);
  }

  function remove(entry: number, keepsRow = false): void {
    const place = placeOf(entry);
    if (!keepsRow) log.kill(place);
    index.remove(entry);
    detach(entry, 0);
  }

  const stillAt = (digest: Digest, { segment, place }: Place): number => {
    const entry = index.find(digest);
    return entry >= 0 && index.segment[entry] === segment && index.place[entry] === place ? entry : -1;
  };

  return {
    placeOf,
    stillAt,
    queueOf: (entry) => log.find(index.segment[entry] ?? 0)?.queue ?? "small",
    put(queue, record, facts) {
      const older = index.find(facts.digest);
      if (older < 0 && index.isFull()) return false;
      const place = log.append(queue, record, facts, older < 0 ? undefined : placeOf(older));
      if (place === undefined) return false;
      if (older >= 0) detach(older, facts.bodyFile);
      fill(older >= 0 ? older : index.add(facts.digest), place.segment, place.place, facts);
      return true;
    },
    move(entry, queue, record) {
      const facts = factsOf(entry);
      const place = log.append(queue, record, facts, undefined);
      if (place === undefined) return false;
      detach(entry, facts.bodyFile);
      fill(entry, place.segment, place.place, facts);
      return true;
    },
    remove,
    removeAt(places) {
      const lost = new Map<number, Set<number>>();
      for (const { segment, place } of places) {
        const of = lost.get(segment) ?? new Set<number>();
        lost.set(segment, of.add(place));
      }
      if (lost.size === 0) return;
      for (let entry = 0; entry < index.end(); entry++) {
        if (index.isTaken(entry) && lost.get(index.segment[entry] ?? 0)?.has(index.place[entry] ?? 0) === true) {
          remove(entry, true);
        }
      }
    },
    load(segment, row) {
      const known = index.find(row.digest);
      if (known >= 0) {
        // What was stored since the start wins, and of two of earlier runs the one that began later.
        const at = index.segment[known] ?? 0;
        const began = index.began[known] ?? 0;
        if (at >= firstSegment || began > row.began || (began === row.began && at > segment)) {
          log.kill({ segment, place: row.place });
          return false;
        }
      }
      const of = log.find(segment);
      if (of === undefined || (known < 0 && index.isFull())) return false;
      of.live++; // first, because a segment in which nothing lives is removed
      if (known >= 0) {
        log.kill(placeOf(known));
        detach(known, row.bodyFile); // both may lead to the same body
      }
      fill(known >= 0 ? known : index.add(row.digest), segment, row.place, row);
      log.charge(segment, row.bodyFileBytes);
      return true;
    },
    listOf(segment) {
      const found: number[] = [];
      const { segment: column } = index;
      for (let entry = 0, end = index.end(); entry < end; entry++) {
        if (column[entry] === segment && index.isTaken(entry)) found.push(entry);
      }
      return found;
    },
    removeByBodyFile(id) {
      for (let entry = 0; entry < index.end(); entry++) {
        if (index.bodyFile[entry] === id && index.isTaken(entry)) return remove(entry);
      }
    },
    bodyFiles: () => new Set(bodyBytes.keys()),
  };
}
