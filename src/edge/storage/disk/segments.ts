// The log that small and middle responses are written to: files of a fixed size at most, filled one after the other and
// removed as a whole. Records are gathered and written many at a time; until then they are read from memory. Nothing here
// waits: when more is unwritten than may be, a record is not taken. Beside each segment lies its journal of rows.

import { join } from "node:path";
import type { Files } from "./files.ts";
import { deadRow, encodeRows, ROW_BYTES, type IndexRow } from "./index-row.ts";
import { oneAfterAnother, type Sequence } from "./one-after-another.ts";
import { ALIGNMENT } from "./record.ts";

/** New responses go to `small`, those that were asked for again to `main`; each is filled and emptied in its own order. */
export type Queue = "small" | "main";
export const QUEUES: readonly Queue[] = ["small", "main"];

export interface Place {
  readonly segment: number;
  /** In units of the alignment. */
  readonly place: number;
}

export interface Segment {
  readonly id: number;
  readonly queue: Queue;
  /** Of records, written or not. */
  readonly bytes: number;
  /** Of body files that its live records lead to. */
  charged: number;
  /** Live records. */
  live: number;
}

/** What a record's row says beside its place. */
export type RowFacts = Omit<IndexRow, "kind" | "place">;

export interface SegmentLog {
  /** `undefined`: the disk has fallen behind or is failing. `replaces` is dead once the record is on the disk. */
  append(queue: Queue, record: Buffer, facts: RowFacts, replaces: Place | undefined): Place | undefined;
  /** The record is not found again at the next start. */
  kill(place: Place): void;
  /** `undefined`: the segment is gone, or shorter than that. Fails when the disk does. */
  read(place: Place, length: number): Promise<Buffer | undefined>;
  find(id: number): Segment | undefined;
  /** The one that goes next; one that is being filled only when there is no other. */
  oldest(queue: Queue): Segment | undefined;
  /** Nothing more is written to it. */
  seal(id: number): void;
  /** Removes its files; what is being read of it is read to its end. */
  retire(id: number): void;
  /** The same when nothing is written to it any more. */
  retireIfSealed(id: number): void;
  /** On the disk or on the way to it: records, rows and the body files that belong to them. */
  bytes(queue: Queue): number;
  charge(id: number, bytes: number): void;
  /** Takes in a segment of an earlier run. */
  adopt(found: FoundSegment): Segment;
  /** Writes what is gathered, and waits for all writes. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface FoundSegment {
  readonly id: number;
  readonly queue: Queue;
  readonly data: number;
  readonly rows: number;
  readonly bytes: number;
  readonly rowBytes: number;
}

interface OpenSegment extends Segment {
  bytes: number;
  rowBytes: number;
  /** Numbers of its open files, once they are open. */
  data: number;
  rows: number;
  isSealed: boolean;
  isRetired: boolean;
  /** Reads and writes under way. */
  busy: number;
  /** Records by place, gathered or being written. */
  readonly unwritten: Map<number, Unwritten>;
  gathered: Unwritten[];
  gatheredBytes: number;
  dead: number[];
  opened: Promise<void>;
  readonly inOrder: Sequence;
  readonly rowsInOrder: Sequence;
}

interface Unwritten {
  readonly place: number;
  readonly record: Buffer;
  readonly facts: RowFacts;
  readonly replaces: Place | undefined;
}

/** As much is gathered, or for as long as this, before it is written. */
const GATHERED_BYTES = 524_288;
const GATHERED_MS = 25;
/** More that is not written yet says that the disk has fallen behind. */
const BEHIND_BYTES_MAX = 16_777_216;

/** What all who write to the disk have in memory, not written yet. */
export interface Backlog {
  bytes: number;
}

export function isBehind(backlog: Backlog, bytes: number): boolean {
  return backlog.bytes + bytes > BEHIND_BYTES_MAX;
}

export function openSegmentLog(options: {
  readonly directory: string;
  readonly files: Files;
  readonly segmentBytes: number;
  readonly firstId: number;
  readonly backlog: Backlog;
  /** These never came to the disk. */
  readonly onLost: (places: readonly Place[], fault: unknown) => void;
}): SegmentLog {
  const { directory, files, segmentBytes, backlog, onLost } = options;
  const segments = new Map<number, OpenSegment>();
  const filling: Partial<Record<Queue, OpenSegment>> = {};
  const queueBytes: Record<Queue, number> = { small: 0, main: 0 };
  const gathering = new Set<OpenSegment>();
  const work = new Set<Promise<unknown>>();
  let timer: NodeJS.Timeout | undefined;
  let nextId = options.firstId;
  let isClosed = false;

  const dataPath = ({ id, queue }: Segment): string => join(directory, `s${id}.${queue}`);
  const rowsPath = (segment: Segment): string => `${dataPath(segment)}.rows`;

  function track(job: Promise<unknown>): void {
    const tracked = job.finally(() => work.delete(tracked));
    work.add(tracked);
  }

  function newSegment(queue: Queue): OpenSegment {
    const segment = emptySegment(nextId++, queue);
    segment.opened = (async () => {
      segment.data = await files.create(dataPath(segment));
      segment.rows = await files.create(rowsPath(segment));
    })();
    segment.opened.catch(() => undefined); // whoever writes hears of it
    segments.set(segment.id, segment);
    return segment;
  }

  function segmentFor(queue: Queue, bytes: number): OpenSegment {
    const now = filling[queue];
    const isRoomy =
      now !== undefined && !now.isSealed && now.bytes + bytes <= segmentBytes && now.charged < segmentBytes;
    if (isRoomy) return now;
    if (now !== undefined) now.isSealed = true;
    const segment = newSegment(queue);
    filling[queue] = segment;
    return segment;
  }

  function gatherLater(segment: OpenSegment): void {
    gathering.add(segment);
    if (segment.gatheredBytes >= GATHERED_BYTES) writeGathered(segment);
    else if (timer === undefined) timer = setTimeout(writeAllGathered, GATHERED_MS).unref();
  }

  function writeAllGathered(): void {
    clearTimeout(timer);
    timer = undefined;
    for (const segment of gathering) writeGathered(segment);
  }

  function writeGathered(segment: OpenSegment): void {
    gathering.delete(segment);
    const { gathered, dead } = segment;
    segment.gathered = [];
    segment.gatheredBytes = 0;
    segment.dead = [];
    if (segment.isRetired) return forget(segment, gathered);
    if (gathered.length > 0) {
      segment.busy++;
      track(segment.inOrder(() => write(segment, gathered)).finally(() => leave(segment)));
    }
    if (dead.length > 0) writeRows(segment, dead.map(deadRow));
  }

  async function write(segment: OpenSegment, gathered: readonly Unwritten[]): Promise<void> {
    try {
      await segment.opened;
      const [first] = gathered;
      if (segment.isRetired || first === undefined) return;
      const bytes = Buffer.concat(gathered.map(({ record }) => record));
      await files.write(segment.data, bytes, first.place * ALIGNMENT);
      writeRows(
        segment,
        gathered.map(({ place, facts }) => ({ kind: "written", place, ...facts })),
      );
      for (const { replaces } of gathered) if (replaces !== undefined) kill(replaces);
    } catch (fault) {
      segment.isSealed = true;
      const lost = [...gathered, ...segment.gathered];
      segment.gathered = [];
      segment.gatheredBytes = 0;
      forget(segment, lost);
      onLost(
        lost.map(({ place }) => ({ segment: segment.id, place })),
        fault,
      );
    } finally {
      forget(segment, gathered);
    }
  }

  function forget(segment: OpenSegment, gathered: readonly Unwritten[]): void {
    for (const { place, record } of gathered) if (segment.unwritten.delete(place)) backlog.bytes -= record.length;
  }

  /** A row that cannot be written costs a miss after the next start, and nothing now. */
  function writeRows(segment: OpenSegment, rows: readonly IndexRow[]): void {
    const at = segment.rowBytes;
    segment.rowBytes += rows.length * ROW_BYTES;
    queueBytes[segment.queue] += rows.length * ROW_BYTES;
    segment.busy++;
    const writing = segment.rowsInOrder(async () => {
      await segment.opened;
      if (!segment.isRetired) await files.write(segment.rows, encodeRows(rows), at);
    });
    track(
      writing
        .catch((fault: unknown) => {
          segment.isSealed = true;
          onLost([], fault);
        })
        .finally(() => leave(segment)),
    );
  }

  function kill({ segment: id, place }: Place): void {
    const segment = segments.get(id);
    if (segment === undefined) return;
    segment.dead.push(place);
    gatherLater(segment);
  }

  function leave(segment: OpenSegment): void {
    segment.busy--;
    if (segment.isRetired) closeFiles(segment);
  }

  function closeFiles(segment: OpenSegment): void {
    if (segment.busy > 0) return;
    track(
      segment.inOrder(async () => {
        await segment.opened.catch(() => undefined);
        const open = [segment.data, segment.rows].filter((file) => file >= 0);
        segment.data = segment.rows = -1;
        for (const file of open) await files.close(file).catch(() => undefined);
      }),
    );
  }

  function retire(id: number): void {
    const segment = segments.get(id);
    if (segment === undefined) return;
    segments.delete(id);
    gathering.delete(segment);
    queueBytes[segment.queue] -= segment.bytes + segment.rowBytes + segment.charged;
    if (filling[segment.queue] === segment) delete filling[segment.queue];
    segment.isRetired = segment.isSealed = true;
    forget(segment, segment.gathered);
    segment.gathered = [];
    const removing = segment.opened
      .catch(() => undefined)
      .then(() => Promise.all([files.remove(rowsPath(segment)), files.remove(dataPath(segment))]))
      .catch(() => undefined); // what is left is removed at the next start
    track(removing);
    closeFiles(segment);
  }

  async function settle(): Promise<void> {
    do {
      writeAllGathered();
      await Promise.allSettled(work);
    } while (work.size > 0 || gathering.size > 0);
  }

  return {
    append(queue, record, facts, replaces) {
      if (isClosed || isBehind(backlog, record.length)) return undefined;
      const segment = segmentFor(queue, record.length);
      const place = segment.bytes / ALIGNMENT;
      const unwritten: Unwritten = { place, record, facts, replaces };
      segment.bytes += record.length;
      segment.charged += facts.bodyFileBytes;
      segment.live++;
      queueBytes[queue] += record.length + facts.bodyFileBytes;
      backlog.bytes += record.length;
      segment.unwritten.set(place, unwritten);
      segment.gathered.push(unwritten);
      segment.gatheredBytes += record.length;
      gatherLater(segment);
      return { segment: segment.id, place };
    },
    kill,
    async read({ segment: id, place }, length) {
      const segment = segments.get(id);
      if (segment === undefined) return undefined;
      const unwritten = segment.unwritten.get(place);
      if (unwritten !== undefined) return unwritten.record;
      segment.busy++;
      try {
        const bytes = Buffer.allocUnsafeSlow(length);
        return (await files.read(segment.data, bytes, place * ALIGNMENT)) === length ? bytes : undefined;
      } finally {
        leave(segment);
      }
    },
    find: (id) => segments.get(id),
    oldest(queue) {
      const last = filling[queue];
      for (const segment of segments.values()) if (segment.queue === queue && segment !== last) return segment;
      return last;
    },
    seal(id) {
      const segment = segments.get(id);
      if (segment === undefined) return;
      segment.isSealed = true;
      if (filling[segment.queue] === segment) delete filling[segment.queue];
    },
    retire,
    retireIfSealed(id) {
      const segment = segments.get(id);
      if (segment?.isSealed === true && segment.live === 0) retire(id);
    },
    bytes: (queue) => queueBytes[queue],
    charge(id, bytes) {
      const segment = segments.get(id);
      if (segment === undefined) return;
      segment.charged += bytes;
      queueBytes[segment.queue] += bytes;
    },
    adopt({ id, queue, ...found }) {
      const segment: OpenSegment = Object.assign(emptySegment(id, queue), found);
      segment.isSealed = true;
      segments.set(id, segment);
      queueBytes[queue] += found.bytes + found.rowBytes;
      return segment;
    },
    settle,
    async close() {
      isClosed = true;
      await settle();
      for (const segment of segments.values()) {
        segment.isRetired = true;
        closeFiles(segment);
      }
      segments.clear();
      await settle();
    },
  };
}

function emptySegment(id: number, queue: Queue): OpenSegment {
  return {
    id,
    queue,
    bytes: 0,
    rowBytes: 0,
    charged: 0,
    live: 0,
    data: -1,
    rows: -1,
    isSealed: false,
    isRetired: false,
    busy: 0,
    unwritten: new Map(),
    gathered: [],
    gatheredBytes: 0,
    dead: [],
    opened: Promise.resolve(),
    inOrder: oneAfterAnother(),
    rowsInOrder: oneAfterAnother(),
  };
}
