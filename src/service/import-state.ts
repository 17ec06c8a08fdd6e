// An exported file becomes the state of a data directory: all of it is unpacked aside and held against its sum and the database against its
// files, before anything that is there is touched. What was there is moved aside, not removed (finish-import.ts). No server may run meanwhile. [D-0030]

import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOfSnapshot } from "../store/sqlite/snapshot.ts";
import type { EpochMs } from "../vocabulary/time.ts";
import { holdDataDirectory, openDataDirectory } from "./data-directory.ts";
import { EXPORTED_NAMES, FORMAT, MANIFEST_NAME, objectPath, type Manifest } from "./export-state.ts";
import { finishImport, HELD_BY_IMPORT, putInPlace, syncFolder } from "./finish-import.ts";
import { ArchiveFault, readArchive, type EntrySink } from "./state-archive.ts";

export type ImportOutcome =
  | {
      readonly kind: "done";
      readonly files: number;
      readonly bytes: number;
      readonly exportedAt: string;
      readonly directory: string;
      /** Where what was there is now. */
      readonly kept: string | undefined;
    }
  | { readonly kind: "failure"; readonly message: string };

export function importState(
  dataDir: string,
  file: string,
  { overwrite, now }: { readonly overwrite: boolean; readonly now: EpochMs },
): ImportOutcome {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    return { kind: "failure", message: `cannot read ${file}: ${(error as Error).message}` };
  }
  using stack = new DisposableStack();
  stack.defer(() => closeSync(descriptor));
  const data = openDataDirectory(dataDir);
  if (data.kind === "failure") return data;
  const { path, storeFile } = data.directory;
  for (const lock of HELD_BY_IMPORT) {
    const hold = holdDataDirectory(path, lock);
    if (hold.kind === "failure") return hold;
    stack.defer(hold.release);
  }
  const finished = finishImport(path, HELD_BY_IMPORT);
  if (finished.kind === "failure") return finished;
  if (existsSync(storeFile) && !overwrite) {
    const why = finished.kind === "finished" ? " (of an import that was cut off, and is now finished)" : "";
    const message = `there is a state in ${path} already${why}: choose another place with --data-dir, or replace it with --overwrite`;
    return { kind: "failure", message };
  }
  const staging = join(path, `import-${randomBytes(6).toString("hex")}`);
  try {
    mkdirSync(staging, { mode: 0o700 });
    const unpacked = unpack(descriptor, staging);
    checkWhole(staging);
    const kept = putInPlace(path, staging, now);
    return { kind: "done", ...unpacked, directory: path, kept };
  } catch (error) {
    const why = (error as Error).message;
    const message = error instanceof ArchiveFault ? `${file} was not imported: ${why}` : `nothing was imported: ${why}`;
    return { kind: "failure", message };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function unpack(
  descriptor: number,
  staging: string,
): { readonly files: number; readonly bytes: number; readonly exportedAt: string } {
  let files = 0;
  let bytes = 0;
  let manifest: Manifest | undefined;
  const folders = new Set<string>();
  readArchive(descriptor, ({ name, bytes: size }): EntrySink => {
    // The name counts at every entry: one that a link or two dots could lead elsewhere is none of ours.
    if (!EXPORTED_NAMES.test(name))
      throw new ArchiveFault(`it has an entry ${JSON.stringify(name)}, which no export has`);
    if (manifest === undefined && files === 0 && name !== MANIFEST_NAME) {
      throw new ArchiveFault("it is no export of Warmfront");
    }
    if (manifest === undefined && files > 0) manifest = readManifest(join(staging, MANIFEST_NAME));
    const path = join(staging, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    folders.add(dirname(path));
    const out = openSync(path, "wx", 0o600);
    files++;
    bytes += size;
    return {
      write(piece) {
        for (let at = 0; at < piece.length;) at += writeSync(out, piece, at);
      },
      end() {
        fsyncSync(out);
        closeSync(out);
      },
    };
  });
  manifest ??= readManifest(join(staging, MANIFEST_NAME));
  rmSync(join(staging, MANIFEST_NAME));
  for (const folder of folders) syncFolder(folder);
  syncFolder(staging);
  return { files: files - 1, bytes, exportedAt: manifest.exportedAt };
}

function readManifest(path: string): Manifest {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(readFileSync(path, "utf8")) as Partial<Manifest>;
  } catch {
    throw new ArchiveFault(`its ${MANIFEST_NAME} is not JSON`);
  }
  const { format, exportedAt } = manifest;
  if (format !== FORMAT) {
    throw new ArchiveFault(`it has format ${JSON.stringify(format)}, and this version reads ${FORMAT}`);
  }
  return { format, exportedAt: String(exportedAt) };
}

/** A store without one of its files would answer with faults later. */
function checkWhole(staging: string): void {
  const store = join(staging, "store.sqlite");
  if (!existsSync(store)) throw new ArchiveFault("it has no store");
  let named: readonly string[];
  try {
    named = filesOfSnapshot(store);
  } catch (error) {
    throw new ArchiveFault((error as Error).message.replace(`store ${store}`, "its store"), { cause: error });
  }
  const missing = named.find((name) => !existsSync(join(staging, objectPath(name))));
  if (missing !== undefined) throw new ArchiveFault(`it lacks ${objectPath(missing)}, which its store names`);
}
