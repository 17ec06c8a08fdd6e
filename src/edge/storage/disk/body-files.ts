// Long bodies: each is a file of its own that never changes, written while it arrives and read in blocks, each of which is
// checked before it is handed out. Whoever reads one may go on although it is removed meanwhile: its file stays open.

import { join } from "node:path";
import { crc32 } from "node:zlib";
import { noteSpent } from "../../../vocabulary/spent-buffers.ts";
import type { BodyPart } from "../cache-storage.ts";
import type { Files } from "./files.ts";
import { oneAfterAnother } from "./one-after-another.ts";
import { blockBytesFor, type BodyFile } from "./record.ts";
import { isBehind, type Backlog } from "./segments.ts";

export interface BodyWriter {
  /** Never waits. `false`: the disk has failed or fallen behind, and nothing of it stays. */
  append(chunk: Uint8Array): boolean;
  /** What was appended so far, from that byte on. Ends early when the file is whole, or given up. */
  read(from: number): AsyncGenerator<Uint8Array>;
  /** Once it has resolved all is written. `undefined`: the disk has failed, and nothing stays. */
  end(): Promise<BodyFile | undefined>;
  abort(): void;
}

export interface BodyFiles {
  /** `length` where it is told beforehand. */
  create(length: number | undefined): BodyWriter;
  /** Opens it, so that it can be read even if it is removed soon. `false`: it is not there, or not of that length. */
  hold(body: BodyFile, length: number): Promise<boolean>;
  /** Throws when a block does not check, or the disk fails. */
  read(body: BodyFile, length: number, part: BodyPart): AsyncGenerator<Uint8Array>;
  remove(id: number): void;
  close(): Promise<void>;
}

interface Opened {
  readonly file: Promise<number>;
  readers: number;
}

/** Read at once. */
const READ_BYTES = 262_144;
/** Small chunks are written together. */
const WRITTEN_BYTES = 262_144;
/** Files that stay open although nobody reads them just now. */
const IDLE_MAX = 64;

export function bodyFileName(id: number): string {
  return `b${id}`;
}

export function openBodyFiles(options: {
  readonly directory: string;
  readonly files: Files;
  readonly firstId: number;
  readonly backlog: Backlog;
  readonly onFault: (fault: unknown) => void;
  /** A block of the file did not check. */
  readonly onCorrupt: (id: number) => void;
}): BodyFiles {
  const { directory, files, backlog, onFault } = options;
  const open = new Map<number, Opened>();
  const work = new Set<Promise<unknown>>();
  let nextId = options.firstId;

  const pathOf = (id: number): string => join(directory, bodyFileName(id));

  /** A file that cannot be closed or removed is left to the next start. */
  function track(job: Promise<unknown>): void {
    const tracked = job.catch(() => undefined).finally(() => work.delete(tracked));
    work.add(tracked);
  }

  function take(id: number): Opened {
    const known = open.get(id);
    open.delete(id);
    const opened = known ?? { file: files.open(pathOf(id)), readers: 0 };
    opened.readers++;
    open.set(id, opened);
    opened.file.catch(() => open.delete(id));
    return opened;
  }

  function leave(opened: Opened): void {
    opened.readers--;
    closeIdle(IDLE_MAX);
  }

  function closeIdle(keep: number): void {
    let over = open.size - keep;
    for (const [id, { file, readers }] of open) {
      if (over-- <= 0) return;
      if (readers > 0) continue;
      open.delete(id);
      track(file.then((number) => files.close(number)));
    }
  }

  function create(told: number | undefined): BodyWriter {
    const id = nextId++;
    const blockBytes = blockBytesFor(told ?? 0);
    const file = files.create(pathOf(id));
    const checks: number[] = [];
    let check = 0;
    let inBlock = 0;
    let gathered: Uint8Array[] = [];
    let gatheredBytes = 0;
    let position = 0;
    let isOver = false;
    const inOrder = oneAfterAnother();
    let written: Promise<unknown> = file;

    function writeGathered(): void {
      const [first] = gathered;
      if (first === undefined) return;
      const bytes = gathered.length === 1 ? first : Buffer.concat(gathered);
      const at = position;
      position += bytes.length;
      gathered = [];
      gatheredBytes = 0;
      written = inOrder(async () => {
        try {
          if (!isOver) await files.write(await file, bytes, at);
        } finally {
          backlog.bytes -= bytes.length;
        }
      });
      written.catch((fault: unknown) => {
        if (!isOver) onFault(fault);
        giveUp();
      });
    }

    function giveUp(): void {
      if (isOver) return;
      isOver = true;
      backlog.bytes -= gatheredBytes;
      gathered = [];
      gatheredBytes = 0;
      const closing = written.catch(() => undefined).then(async () => files.close(await file));
      track(closing.catch(() => undefined).then(() => files.remove(pathOf(id))));
    }

    written.catch((fault: unknown) => {
      if (!isOver) onFault(fault);
      giveUp();
    });
    return {
      append(chunk) {
        if (isOver) return false;
        if (isBehind(backlog, chunk.length)) {
          giveUp();
          return false;
        }
        for (let at = 0; at < chunk.length;) {
          const piece = chunk.subarray(at, at + blockBytes - inBlock);
          check = crc32(piece, check);
          inBlock += piece.length;
          at += piece.length;
          if (inBlock === blockBytes) {
            checks.push(check);
            check = inBlock = 0;
          }
        }
        backlog.bytes += chunk.length;
        gathered.push(chunk);
        gatheredBytes += chunk.length;
        if (gatheredBytes >= WRITTEN_BYTES) writeGathered();
        return true;
      },
      async *read(from) {
        writeGathered();
        const to = position;
        for (let at = from; at < to;) {
          const bytes = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, to - at));
          let count = 0;
          // In turn with what is written: the file is not closed before that is through.
          const reading = inOrder(async () => {
            if (!isOver) count = await files.read(await file, bytes, at);
          });
          written = reading;
          try {
            await reading;
          } catch (fault) {
            if (!isOver) onFault(fault);
            giveUp();
          }
          if (count !== bytes.length || isOver) return;
          noteSpent(bytes.length);
          at += bytes.length;
          yield bytes;
        }
      },
      async end() {
        writeGathered();
        if (inBlock > 0) checks.push(check);
        try {
          await written;
          const number = await file;
          if (isOver) return undefined;
          isOver = true;
          // It is going to be read at once, or never.
          open.set(id, { file: Promise.resolve(number), readers: 0 });
          closeIdle(IDLE_MAX);
          return { id, blockBytes, checks: Uint32Array.from(checks) };
        } catch {
          return undefined;
        }
      },
      abort: giveUp,
    };
  }

  /** Begins and ends with a block, or with the body. */
  async function readBlocks(
    file: number,
    { blockBytes, checks, id }: BodyFile,
    from: number,
    to: number,
  ): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(to - from);
    const count = await files.read(file, bytes, from);
    noteSpent(bytes.length);
    for (let at = 0; at < bytes.length; at += blockBytes) {
      if (count === bytes.length && crc32(bytes.subarray(at, at + blockBytes)) === checks[(from + at) / blockBytes])
        continue;
      options.onCorrupt(id);
      throw new Error(`the stored body ${bodyFileName(id)} is damaged at byte ${from + at}`);
    }
    return bytes;
  }

  return {
    create,
    async hold({ id }, length) {
      const opened = take(id);
      try {
        return (await files.size(await opened.file)) === length;
      } finally {
        leave(opened);
      }
    },
    async *read(body, length, { from, to }) {
      if (from >= to) return;
      const opened = take(body.id);
      const step = Math.max(READ_BYTES, body.blockBytes);
      const readAt = (start: number): Promise<Buffer> => {
        const end = Math.ceil(Math.min(start + step, to) / body.blockBytes) * body.blockBytes;
        const reading = opened.file.then((file) => readBlocks(file, body, start, Math.min(end, length)));
        reading.catch(() => undefined); // whoever takes it hears of it
        return reading;
      };
      let start = Math.floor(from / body.blockBytes) * body.blockBytes;
      let ahead: Promise<Buffer> | undefined = readAt(start);
      try {
        while (ahead !== undefined) {
          const bytes: Buffer = await ahead;
          const end = start + bytes.length;
          ahead = end < to ? readAt(end) : undefined;
          yield bytes.subarray(Math.max(0, from - start), to - start);
          start = end;
        }
      } finally {
        await ahead?.catch(() => undefined);
        leave(opened);
      }
    },
    remove(id) {
      const opened = open.get(id);
      if (opened !== undefined && opened.readers === 0) {
        open.delete(id);
        track(opened.file.then((file) => files.close(file)));
      }
      track(files.remove(pathOf(id)));
    },
    async close() {
      closeIdle(0);
      while (work.size > 0) await Promise.all(work);
    },
  };
}
