// Finds at a start what earlier runs have left: first the segments, so that room is counted right, then their journals row
// by row, a little in every turn of the event loop, while viewers are served. What nothing leads to is removed.

import { join } from "node:path";
import { bodyFileName } from "./body-files.ts";
import type { DiskEntries } from "./disk-entries.ts";
import type { Files } from "./files.ts";
import { emptyRow, isDeadRow, readRow, ROW_BYTES } from "./index-row.ts";
import type { FoundSegment, Queue, SegmentLog } from "./segments.ts";

export interface FoundFiles {
  readonly segments: readonly FoundSegment[];
  readonly bodies: readonly number[];
  /** The next free numbers. */
  readonly nextSegment: number;
  readonly nextBody: number;
}

/** Rows taken in at a stretch, less than a millisecond; each stretch is a read, and others have their turn. */
const ROWS_AT_ONCE = 500;

/** Opens the segments that are whole; what else lies there is removed, but for what `keeps` names. */
export async function findFiles(directory: string, files: Files, keeps: readonly string[]): Promise<FoundFiles> {
  const names = new Set(await files.list(directory));
  const segments: FoundSegment[] = [];
  const bodies: number[] = [];
  let nextSegment = 1;
  let nextBody = 1;
  for (const name of names) {
    const segment = /^s(\d{1,9})\.(small|main)$/.exec(name);
    const body = /^b(\d{1,9})$/.exec(name);
    const id = Number((segment ?? body)?.[1]);
    if (segment !== null) nextSegment = Math.max(nextSegment, id + 1);
    if (body !== null) {
      nextBody = Math.max(nextBody, id + 1);
      bodies.push(id);
    } else if (segment !== null && names.has(`${name}.rows`)) {
      const found = await openFound(directory, id, segment[2] as Queue, files);
      if (found !== undefined) segments.push(found);
    } else if (!keeps.includes(name) && !(name.endsWith(".rows") && names.has(name.slice(0, -5)))) {
      await files.remove(join(directory, name));
    }
  }
  segments.sort((one, other) => one.id - other.id);
  return { segments, bodies, nextSegment, nextBody };
}

async function openFound(directory: string, id: number, queue: Queue, files: Files): Promise<FoundSegment | undefined> {
  const path = join(directory, `s${id}.${queue}`);
  let data: number | undefined;
  try {
    data = await files.open(path);
    const rows = await files.open(`${path}.rows`);
    // A torn row at the end is written over.
    const rowBytes = Math.floor((await files.size(rows)) / ROW_BYTES) * ROW_BYTES;
    const bytes = Math.ceil((await files.size(data)) / 8) * 8;
    return { id, queue, data, rows, bytes, rowBytes };
  } catch {
    if (data !== undefined) await files.close(data).catch(() => undefined);
    await files.remove(path).catch(() => undefined);
    await files.remove(`${path}.rows`).catch(() => undefined);
    return undefined;
  }
}

/** Takes in what the journals say was written and is not dead. `isOver` ends it early. */
export async function loadIndex(options: {
  readonly directory: string;
  readonly files: Files;
  readonly found: FoundFiles;
  readonly log: SegmentLog;
  readonly entries: DiskEntries;
  /** A row of a response that must not come back. */
  readonly isRefused: (digest: { readonly low: number; readonly high: number }, began: number) => boolean;
  readonly isOver: () => boolean;
}): Promise<void> {
  const { directory, files, found, log, entries, isRefused, isOver } = options;
  const there = new Set(found.bodies);
  // A million rows are 48 MB, so they are never in memory all at once: each journal is read twice instead.
  const rowsRead = Buffer.allocUnsafeSlow(ROWS_AT_ONCE * ROW_BYTES);
  const row = emptyRow();
  const readRows = async (file: number, at: number): Promise<number> => {
    const bytes = await files.read(file, rowsRead, at * ROW_BYTES).catch(() => 0);
    return Math.floor(bytes / ROW_BYTES);
  };
  for (const { id, rows, bytes, rowBytes } of found.segments) {
    if (isOver()) return;
    if (log.find(id) === undefined) continue; // evicted meanwhile
    const isGone = (): boolean => isOver() || log.find(id) === undefined;
    const dead = new Set<number>();
    for (let at = 0; at * ROW_BYTES < rowBytes && !isGone(); at += ROWS_AT_ONCE) {
      const count = await readRows(rows, at);
      for (let index = 0; index < count; index++) {
        if (isDeadRow(rowsRead, index) && readRow(rowsRead, index, row)) dead.add(row.place);
      }
    }
    for (let at = 0; at * ROW_BYTES < rowBytes && !isGone(); at += ROWS_AT_ONCE) {
      const count = Math.min(await readRows(rows, at), Math.floor(rowBytes / ROW_BYTES) - at);
      for (let index = 0; index < count && !isGone(); index++) {
        if (!readRow(rowsRead, index, row)) continue;
        const isWhole = row.kind === "written" && row.length > 0 && row.place * 8 + row.length <= bytes;
        if (!isWhole || dead.has(row.place) || (row.bodyFile !== 0 && !there.has(row.bodyFile))) continue;
        if (isRefused(row.digest, row.began)) log.kill({ segment: id, place: row.place });
        else entries.load(id, row);
      }
    }
    log.retireIfSealed(id); // when nothing in it is alive
    await nextTurn();
  }
  if (isOver()) return;
  const led = entries.bodyFiles();
  for (const id of found.bodies) {
    if (!led.has(id)) await files.remove(join(directory, bodyFileName(id))).catch(() => undefined);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
