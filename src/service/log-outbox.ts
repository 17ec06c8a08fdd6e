// Files of access logs that are ready for their buckets, on the disk: a folder for each target, in it the target and its files under the
// names that they are going to have. A file is there whole or not at all. What is there is known by heart, so that looking costs nothing
// while a bucket is away.

import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { readLogTarget, type LogTarget } from "../model/log-target.ts";
import { makeFolder } from "./data-directory.ts";

export interface OutboxFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was made, in milliseconds: the oldest are given up first. */
  readonly madeAtMs: number;
  /** `undefined`: it was there before this process, and has not been looked into. */
  readonly lines: number | undefined;
}

export interface OutboxTarget {
  readonly target: LogTarget;
  readonly folder: string;
  /** By name, in the order in which they were made. */
  readonly files: Map<string, OutboxFile>;
}

export interface LogOutbox {
  targets(): Iterable<OutboxTarget>;
  /** Safe on the disk when it resolves. One of the same name is replaced: it has the same content. */
  add(targetText: string, name: string, content: Uint8Array, lines: number): Promise<void>;
  remove(from: OutboxTarget, file: OutboxFile): Promise<void>;
  /** Gives up the oldest until no more than so many bytes are there; what went. */
  keepWithin(bytesMax: number): Promise<{ readonly files: number; readonly lines: number }>;
  /** Lines of one that is there; 0 of one that cannot be read. */
  linesOf(file: OutboxFile): Promise<number>;
  /** Of all that is there. */
  waiting(): { readonly files: number; readonly bytes: number; readonly oldestMs: number | undefined };
}

const TARGET_FILE = "target";
const UNFINISHED = ".new";
const LINE_BREAK = 0x0a;
const PREAMBLE_LINES = ACCESS_LOG_PREAMBLE.split("\n").length - 1;

const decompress = promisify(gunzip);

export async function openLogOutbox(home: string): Promise<LogOutbox> {
  makeFolder(home);
  const known = new Map<string, OutboxTarget>();
  /** Changes of folders, one after the other: a target goes with its last file, and may be wanted again at that moment. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const next = last.then(step);
    last = next.catch(() => undefined);
    return next;
  }
  let bytes = 0;

  function note(at: OutboxTarget, file: OutboxFile): void {
    bytes += file.bytes - (at.files.get(file.name)?.bytes ?? 0);
    at.files.set(file.name, file);
  }

  async function load(): Promise<void> {
    for (const name of await readdir(home)) {
      const folder = join(home, name);
      const text = await readFile(join(folder, TARGET_FILE), "latin1").catch(() => "");
      const target = readLogTarget(text);
      // It was being made, or emptied.
      if (target === undefined) {
        await rm(folder, { recursive: true, force: true });
        continue;
      }
      const at: OutboxTarget = { target, folder, files: new Map() };
      const files: OutboxFile[] = [];
      for (const each of await readdir(folder)) {
        const path = join(folder, each);
        if (each.endsWith(UNFINISHED)) await rm(path, { force: true });
        else if (each !== TARGET_FILE) files.push(await look(path, each, undefined));
      }
      for (const file of files.toSorted((one, other) => one.madeAtMs - other.madeAtMs)) note(at, file);
      known.set(text, at);
    }
  }

  async function targetOf(text: string): Promise<OutboxTarget> {
    const there = known.get(text);
    if (there !== undefined) return there;
    const target = readLogTarget(text);
    if (target === undefined) throw new Error(`no target of a log: ${text}`);
    const folder = join(home, createHash("sha256").update(text).digest("hex").slice(0, 32));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(folder, TARGET_FILE, Buffer.from(text, "latin1"));
    const made: OutboxTarget = { target, folder, files: new Map() };
    known.set(text, made);
    return made;
  }

  async function forget(at: OutboxTarget, file: OutboxFile): Promise<void> {
    await rm(file.path, { force: true });
    if (!at.files.delete(file.name)) return;
    bytes -= file.bytes;
    if (at.files.size > 0) return;
    for (const [text, one] of known) if (one === at) known.delete(text);
    await rm(join(at.folder, TARGET_FILE), { force: true });
    await rmdir(at.folder);
  }

  await load();
  return {
    targets: () => known.values(),
    add: (targetText, name, content, lines) =>
      inTurn(async () => {
        const at = await targetOf(targetText);
        await writeWhole(at.folder, name, content);
        note(at, await look(join(at.folder, name), name, lines));
      }),
    remove: (at, file) => inTurn(() => forget(at, file)),
    keepWithin: (bytesMax) =>
      inTurn(async () => {
        let files = 0;
        let lines = 0;
        while (bytes > bytesMax) {
          const [at, file] = oldest(known.values()) ?? [];
          if (at === undefined || file === undefined) break;
          lines += await countLines(file);
          await forget(at, file);
          files++;
        }
        return { files, lines };
      }),
    linesOf: countLines,
    waiting() {
      const [, first] = oldest(known.values()) ?? [];
      const files = [...known.values()].reduce((sum, at) => sum + at.files.size, 0);
      return { files, bytes, oldestMs: first?.madeAtMs };
    },
  };
}

function oldest(targets: Iterable<OutboxTarget>): readonly [OutboxTarget, OutboxFile] | undefined {
  let found: readonly [OutboxTarget, OutboxFile] | undefined;
  for (const at of targets) {
    const [first] = at.files.values();
    if (first !== undefined && (found === undefined || first.madeAtMs < found[1].madeAtMs)) found = [at, first];
  }
  return found;
}

async function look(path: string, name: string, lines: number | undefined): Promise<OutboxFile> {
  const { size, mtimeMs } = await stat(path);
  return { name, path, bytes: size, madeAtMs: mtimeMs, lines };
}

async function countLines({ path, lines }: OutboxFile): Promise<number> {
  if (lines !== undefined) return lines;
  const text = await readFile(path)
    .then(decompress)
    .catch(() => Buffer.alloc(0));
  let count = 0;
  for (let at = text.indexOf(LINE_BREAK); at >= 0; at = text.indexOf(LINE_BREAK, at + 1)) count++;
  return Math.max(0, count - PREAMBLE_LINES);
}

/** Under another name first; a name that is there is of a file that is there, also after a loss of power. */
async function writeWhole(folder: string, name: string, content: Uint8Array): Promise<void> {
  const path = join(folder, name);
  const unfinished = path + UNFINISHED;
  await using file = await open(unfinished, "w", 0o600);
  await file.writeFile(content);
  await file.sync();
  await rename(unfinished, path);
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  // Where a folder cannot be opened as a file (Windows), its names are the system's to keep.
  const opened = await open(folder, "r").catch(() => undefined);
  await opened?.sync().catch(() => undefined);
  await opened?.close();
}
