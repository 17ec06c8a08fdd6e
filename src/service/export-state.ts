// The whole state as one file, of one moment, while a server may run: a snapshot of the database, and the object files that it
// names. These never change, but may be removed meanwhile, so they get second names (hard links) before any byte is copied. [D-0030]

import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { filesOfSnapshot, writeSnapshot } from "../store/sqlite/snapshot.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import { holdDataDirectory } from "./data-directory.ts";
import { finishImport, syncFolder } from "./finish-import.ts";
import { openArchiveWriter, type ArchiveWriter } from "./state-archive.ts";

export const MANIFEST_NAME = "warmfront.json";
/** Changes when an older version could not read it. */
export const FORMAT = 1;

/** The names an export has; whatever else a file tells to write, an import does not write. */
export const EXPORTED_NAMES =
  /^(?:warmfront\.json|store\.sqlite|service-secret|authority\/[0-9A-Za-z-][0-9A-Za-z.-]*\/[0-9A-Za-z-][0-9A-Za-z.-]*|objects\/[0-9a-f]{2}\/[0-9a-f]\/[0-9a-f]{32})$/;

/** The first entry: what this is. */
export interface Manifest {
  readonly format: number;
  readonly exportedAt: string;
}

export type StateOutcome =
  | { readonly kind: "done"; readonly files: number; readonly bytes: number }
  | { readonly kind: "failure"; readonly message: string };

/** Between the look for object files and the snapshot one may come and go; that it happens again and again means that one is missing. */
const TRIES = 3;

/** Writes `file`, which must not be there, and which has its name when all of it is written: a kill leaves `file.partial` at most. */
export function exportState(dataDir: string, file: string, now: EpochMs): StateOutcome {
  const directory = resolve(dataDir);
  const finished = finishImport(directory);
  if (finished.kind === "failure") return finished;
  if (!existsSync(join(directory, "store.sqlite"))) {
    return { kind: "failure", message: `there is no state in ${directory}: say where it is with --data-dir` };
  }
  const hold = holdDataDirectory(directory, "export.lock");
  if (hold.kind === "failure") return hold;
  using stack = new DisposableStack();
  stack.defer(hold.release);
  const partial = `${file}.partial`;
  let descriptor: number;
  try {
    if (existsSync(file)) return isThere(file);
    rmSync(partial, { force: true }); // an earlier one's that was cut off
    descriptor = openSync(partial, "wx", 0o600);
  } catch (error) {
    return { kind: "failure", message: `cannot write ${file}: ${(error as Error).message}` };
  }
  stack.defer(() => rmSync(partial, { force: true }));
  const staging = join(directory, `export-${randomBytes(6).toString("hex")}`);
  try {
    mkdirSync(staging, { mode: 0o700 });
    const entries = gather(directory, staging);
    const archive = openArchiveWriter(descriptor, now / 1000);
    const manifest: Manifest = { format: FORMAT, exportedAt: new Date(now).toISOString() };
    addText(archive, MANIFEST_NAME, `${JSON.stringify(manifest)}\n`);
    for (const [name, path] of entries) addFile(archive, name, path);
    archive.finish();
    fsyncSync(descriptor);
    if (!giveName(partial, file)) return isThere(file);
    return { kind: "done", files: entries.length, bytes: fstatSync(descriptor).size };
  } catch (error) {
    return { kind: "failure", message: `nothing was exported: ${(error as Error).message}` };
  } finally {
    closeSync(descriptor);
    rmSync(staging, { recursive: true, force: true });
  }
}

function isThere(file: string): StateOutcome & { readonly kind: "failure" } {
  return { kind: "failure", message: `cannot write ${file}: it is there already, and nothing is overwritten` };
}

/** A second name, which is refused where it is taken, as a rename would not be. False: it is taken. */
function giveName(partial: string, file: string): boolean {
  try {
    linkSync(partial, file);
  } catch (error) {
    if (existsSync(file)) return false;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw error;
    renameSync(partial, file); // a file system without links
  }
  syncFolder(dirname(resolve(file)));
  return true;
}

type Entry = readonly [name: string, path: string];

function gather(directory: string, staging: string): readonly Entry[] {
  const entries: Entry[] = [];
  const secret = join(directory, "service-secret");
  if (existsSync(secret)) entries.push(["service-secret", secret]);
  const authority = join(directory, "authority");
  for (const path of filesBelow(authority)) {
    const name = `authority/${relative(authority, path)}`;
    if (!name.endsWith(".lock") && EXPORTED_NAMES.test(name)) entries.push([name, path]);
  }
  const linked = new Map<string, string>();
  const link = (name: string): boolean => {
    const path = join(directory, objectPath(name));
    const second = join(staging, name);
    try {
      linkSync(path, second);
      linked.set(name, second);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return false;
      linked.set(name, code === "EEXIST" ? second : path); // a file system without links: the file itself must do
    }
    return true;
  };
  for (let tries = TRIES; ; tries--) {
    for (const path of filesBelow(join(directory, "objects"))) {
      const name = path.slice(-OBJECT_NAME_LENGTH);
      if (OBJECT_NAME.test(name) && path === join(directory, objectPath(name))) link(name);
    }
    const snapshot = join(staging, `store-${tries}.sqlite`);
    writeSnapshot(join(directory, "store.sqlite"), snapshot);
    const named = filesOfSnapshot(snapshot);
    const missing = named.find((name) => !linked.has(name) && !link(name));
    if (missing === undefined) {
      return [
        ["store.sqlite", snapshot],
        ...entries,
        ...named.map((name): Entry => [objectPath(name), linked.get(name) ?? ""]),
      ];
    }
    if (tries <= 1) throw new Error(`the object file ${objectPath(missing)}, which the store names, is missing`);
  }
}

const OBJECT_NAME_LENGTH = 32;
const OBJECT_NAME = /^[0-9a-f]{32}$/;

/** Where an object file lies below the data directory. */
export function objectPath(name: string): string {
  return `objects/${name.slice(0, 2)}/${name.slice(2, 3)}/${name}`;
}

function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function addFile(archive: ArchiveWriter, name: string, path: string): void {
  const descriptor = openSync(path, "r");
  try {
    archive.add(name, fstatSync(descriptor).size, (buffer) => readSync(descriptor, buffer));
  } finally {
    closeSync(descriptor);
  }
}

function addText(archive: ArchiveWriter, name: string, text: string): void {
  let rest: Buffer = Buffer.from(text);
  archive.add(name, rest.length, (buffer) => {
    const count = rest.copy(buffer);
    rest = rest.subarray(count);
    return count;
  });
}
