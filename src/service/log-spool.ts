// The records of distributions' access logs on their way to buckets, as an edge worker leaves them on the disk: segments in a folder of
// its own, of blocks that say of each record where it is to go (record-blocks.ts). Each second what there is goes out in one write, so a
// worker that is killed takes a second along. A segment that is done is renamed, and never changes again: then it is the delivery's (deliver-logs.ts).
// Nobody waits for the disk, and nothing is made before the first line.

import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LineSink } from "../edge/record/outgoing-buffers.ts";
import { openRecordBlocks } from "../edge/record/record-blocks.ts";
import type { RecordLog } from "../edge/record/recorder.ts";
import type { LogLevel } from "../edge/quiet-log.ts";
import { secondsBetween, type Clock, type EpochMs, type Seconds } from "../vocabulary/time.ts";
import { holdDataDirectory, makeFolder } from "./data-directory.ts";

export interface LogSpool extends Required<RecordLog> {
  /** To be called once a second: hands on what there is, ends a segment that is old enough, and tells what was lost. */
  tick(): void;
  /** The time was moved: what was gathered before is handed on if it is old enough by now, or in any case. Resolves when the delivery can have it. */
  timeMoved(isAll?: boolean): Promise<void>;
  /** Lines that it was given so far. */
  taken(): number;
  /** Lines that were lost so far: dropped because the disk was behind, not written, or given up because too many waited. */
  lost(): number;
  /** Writes what is left, and lets the delivery have all of it. Never rejects. */
  close(): Promise<void>;
}

export interface LogSpoolSettings {
  /** x-edge-location. */
  readonly popName: string;
  /** The folder that the folders of all workers are in. */
  readonly home: string;
  readonly pendingBytesMax: number;
  /** Of the segments that nobody has fetched yet. */
  readonly bytesMax: number;
  readonly deliverySeconds: Seconds;
  readonly clock: Clock;
  readonly log: (level: LogLevel, message: string) => void;
}

/** What the delivery reads at once, and makes lines of at once; a busy site's go sooner than their time. */
const SEGMENT_BYTES = 4_194_304;
const SEGMENT_LINES = 32_768;
/** Of the room there are so many segments at least, so that the oldest is a part of it. */
const SEGMENTS_LEAST = 8;
/** Between two lines of our own log about lines that were lost. */
const QUIET_TICKS = 10;

/** The segment that is being written, and one that is done. */
export const OPEN_SEGMENT = ".open";
export const DONE_SEGMENT = ".records";

interface Segment {
  readonly file: FileHandle;
  readonly path: string;
  readonly since: EpochMs;
  bytes: number;
  lines: number;
}

export function openLogSpool(settings: LogSpoolSettings): LogSpool {
  const { home, popName, bytesMax, deliverySeconds, clock, log } = settings;
  const segmentBytes = Math.min(SEGMENT_BYTES, Math.floor(bytesMax / SEGMENTS_LEAST));
  /** `undefined`: none was made yet, or it cannot be used any more. */
  let folder: { readonly path: string; readonly release: () => void } | undefined;
  let segment: Segment | undefined;
  let segments = 0;
  /** Of those that are done and may still be there, by name. */
  const linesOf = new Map<string, number>();
  let failed = 0;
  let givenUp = 0;
  let why = "";
  let said = 0;
  let ticksSince = QUIET_TICKS;
  let lastTickAt = clock.now();
  /** Writes and changes of the folder, one after the other. */
  let last: Promise<void> = Promise.resolve();
  const inTurn = (step: () => Promise<void>): Promise<void> => (last = last.then(step));

  /** Held for as long as this process lives: who can hold it knows that nobody writes there any more. */
  function takeFolder(): string {
    if (folder !== undefined) return folder.path;
    const path = join(home, randomUUID());
    makeFolder(path);
    const hold = holdDataDirectory(path, "writer.lock");
    if (hold.kind === "failure") throw new Error(hold.message);
    folder = { path, release: hold.release };
    return path;
  }

  function leaveFolder(): void {
    folder?.release();
    folder = undefined;
    linesOf.clear();
  }

  async function openSegment(): Promise<Segment> {
    try {
      return await makeSegment();
    } catch {
      // Somebody has removed the folder, or the delivery came between its making and its lock.
      leaveFolder();
      return makeSegment();
    }
  }

  async function makeSegment(): Promise<Segment> {
    const path = join(takeFolder(), String(++segments).padStart(8, "0") + OPEN_SEGMENT);
    const file = await open(path, "ax", 0o600);
    return { file, path, since: clock.now(), bytes: 0, lines: 0 };
  }

  async function append(bytes: Uint8Array, lines: number): Promise<void> {
    try {
      segment ??= await openSegment();
      await segment.file.appendFile(bytes);
      segment.bytes += bytes.length;
      segment.lines += lines;
      if (segment.bytes >= segmentBytes || segment.lines >= SEGMENT_LINES) await endSegment();
    } catch (fault) {
      failed += lines;
      why = describe(fault);
      // What of it was written may end in mid-block, which is only where a segment may end.
      if (segment === undefined) leaveFolder();
      else await endSegment();
    }
  }

  async function endSegment(): Promise<void> {
    if (segment === undefined) return;
    const { file, path, lines } = segment;
    segment = undefined;
    const done = path.slice(0, -OPEN_SEGMENT.length) + DONE_SEGMENT;
    try {
      await file.close();
      await rename(path, done);
      linesOf.set(done, lines);
      await keepWithinRoom();
    } catch (fault) {
      // The folder is of no use any more; what is in it is found by the delivery once nobody holds it.
      leaveFolder();
      if (!isGone(fault)) return;
      failed += lines;
      why = describe(fault);
    }
  }

  /** The oldest go: a bucket that is away is nobody's reason to lose what is asked now. */
  async function keepWithinRoom(): Promise<void> {
    if (folder === undefined) return;
    const { path } = folder;
    const names = (await readdir(path)).filter((name) => name.endsWith(DONE_SEGMENT)).toSorted();
    const found = await Promise.all(
      names.map(async (name) => ({ at: join(path, name), bytes: await sizeOf(join(path, name)) })),
    );
    const there = new Set(found.map(({ at }) => at));
    for (const at of linesOf.keys()) if (!there.has(at)) linesOf.delete(at);
    let room = bytesMax - segmentBytes - found.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { at, bytes } of found) {
      if (room >= 0) return;
      await rm(at, { force: true });
      room += bytes;
      givenUp += linesOf.get(at) ?? 0;
      linesOf.delete(at);
      why = "nobody has fetched them, and --access-log-spool-bytes-max allows no more";
    }
  }

  const sink: LineSink = {
    write(bytes, lines, done) {
      void inTurn(async () => {
        await append(bytes, lines);
        done();
      });
    },
  };
  const blocks = openRecordBlocks(popName, sink, settings.pendingBytesMax);
  const lost = (): number => blocks.dropped() + failed + givenUp;

  function tellLost(): void {
    ticksSince++;
    const now = lost();
    if (now === said || ticksSince < QUIET_TICKS) return;
    const because = why === "" ? "the disk does not keep up" : why;
    log("warn", `${now - said} lines of distributions' access logs were lost: ${because}`);
    said = now;
    why = "";
    ticksSince = 0;
  }

  /** Also one that began in a time that has not come any more. */
  function isOld(since: EpochMs): boolean {
    const age = secondsBetween(since, clock.now());
    return age >= deliverySeconds || age < 0;
  }

  return {
    wants: (distribution) => distribution?.logTarget !== undefined,
    append: blocks.append,
    appendLike: blocks.appendLike,
    tick() {
      blocks.flush();
      tellLost();
      if (segment !== undefined && isOld(segment.since)) void inTurn(endSegment);
      lastTickAt = clock.now();
    },
    async timeMoved(isAll = false) {
      // Lines that no segment has yet are as old as the last tick at most.
      const isJump = isOld(lastTickAt);
      lastTickAt = clock.now();
      await blocks.drained();
      await inTurn(async () => {
        if (segment !== undefined && (isAll || isJump || isOld(segment.since))) await endSegment();
      });
    },
    taken: blocks.taken,
    lost,
    async close() {
      await blocks.drained();
      await inTurn(endSegment);
      ticksSince = QUIET_TICKS;
      tellLost();
      leaveFolder();
    },
  };
}

/** 0: it is gone. */
async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function isGone(fault: unknown): boolean {
  return fault instanceof Error && "code" in fault && fault.code === "ENOENT";
}

function describe(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
