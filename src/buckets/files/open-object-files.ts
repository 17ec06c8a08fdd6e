// Object files in a folder on disk: `ab/c/<name>`, written as `incoming/<name>` and renamed when all of it is on the disk.
// A name ends in the tag of the run that made it, so clean-up tells what crashed runs left from what is being written now
// without trusting a clock.

import { constants } from "node:fs";
import { copyFile, mkdir, open, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Piece } from "../../store/buckets.ts";
import type { RandomBytes } from "../../vocabulary/ids.ts";
import { cleanFolder, INCOMING } from "./clean-folder.ts";
import type { ObjectFiles } from "./object-files.ts";
import { pourInto } from "./pour-into.ts";
import { readPieces } from "./read-pieces.ts";
import { openRemovals } from "./removals.ts";

/** How long after its removal a file stays for those that have just read of it in the index. */
const REMOVE_AFTER_MS = 5000;

export interface ObjectFolder extends ObjectFiles, AsyncDisposable {
  /**
   * Removes what earlier runs wrote and `filesInUse` does not answer, in batches; the store serves meanwhile. How many
   * files that were.
   */
  cleanUp(filesInUse: (files: readonly string[]) => Promise<ReadonlySet<string>>): Promise<number>;
}

/**
 * Makes the folder, for its owner only, when it is missing. One process at a time has it. `reportFault` hears of files
 * that could not be removed: they are no harm but for their room, and clean-up tries again.
 */
export async function openObjectFiles(where: {
  readonly folder: string;
  readonly random: RandomBytes;
  readonly reportFault: (fault: unknown) => void;
  readonly removeAfterMs?: number;
}): Promise<ObjectFolder> {
  const folder = resolve(where.folder);
  const run = hex(where.random(4));
  const madeFolders = new Map<string, Promise<void>>();
  await ours(folder, async () => {
    await mkdir(join(folder, INCOMING), { recursive: true, mode: 0o700 });
    await syncFolder(folder);
  });
  const removals = openRemovals({
    unlink: (file) => rm(pathOf(file), { force: true }),
    reportFault: where.reportFault,
    removeAfterMs: where.removeAfterMs ?? REMOVE_AFTER_MS,
  });
  const closing = new AbortController();

  function leafOf(file: string): string {
    return join(folder, file.slice(0, 2), file.slice(2, 3));
  }

  function pathOf(file: string): string {
    if (!isFileName(file)) throw new Error(`${JSON.stringify(file)} is no name of an object file`);
    return join(leafOf(file), file);
  }

  /** Once for each of the 4096 leaves in a run; a folder that is there is no fault. */
  async function makeLeaf(file: string): Promise<void> {
    const leaf = leafOf(file);
    let making = madeFolders.get(leaf);
    if (making === undefined) {
      making = (async () => {
        await mkdir(leaf, { recursive: true, mode: 0o700 });
        await syncFolder(join(leaf, ".."));
        await syncFolder(folder);
      })();
      madeFolders.set(leaf, making);
      making.catch(() => madeFolders.delete(leaf));
    }
    await making;
  }

  /** Lets `fill` write a new file and puts it in its place, or leaves nothing. */
  async function make(fill: (incoming: string) => Promise<number>): Promise<Piece> {
    const file = hex(where.random(12)) + run;
    const incoming = join(folder, INCOMING, file);
    try {
      const bytes = await fill(incoming);
      await ours(folder, async () => {
        await makeLeaf(file);
        await rename(incoming, pathOf(file));
      });
      try {
        await ours(folder, () => syncFolder(leafOf(file)));
      } catch (fault) {
        await rm(pathOf(file), { force: true });
        throw fault;
      }
      return { file, bytes };
    } catch (fault) {
      await rm(incoming, { force: true }).catch(where.reportFault);
      throw fault;
    }
  }

  return {
    write: (chunks, onChunk) =>
      make(async (incoming) => {
        const handle = await ours(folder, () => open(incoming, "wx", 0o600));
        try {
          const bytes = await pourInto(
            { write: (block) => ours(folder, () => writeAll(handle, block)) },
            chunks,
            onChunk,
          );
          await ours(folder, () => handle.sync());
          return bytes;
        } finally {
          await handle.close();
        }
      }),

    read: (pieces, first, last) =>
      readPieces(
        { pieces, first, last },
        { open: (file) => ours(folder, () => open(pathOf(file), "r")), hold: (files) => removals.hold(files) },
      ),

    copy: (piece) =>
      make(async (incoming) => {
        using _held = removals.hold([piece.file]);
        return ours(folder, async () => {
          await copyFile(pathOf(piece.file), incoming, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
          await syncFile(incoming);
          const { size } = await stat(incoming);
          if (size !== piece.bytes) throw new Error(`${piece.file} has ${size} bytes, not ${piece.bytes}`);
          return size;
        });
      }),

    remove: (pieces) => removals.remove(pieces.map(({ file }) => file)),

    cleanUp: (filesInUse) =>
      cleanFolder(folder, {
        isLeftBehind: (name) => isFileName(name) && !name.endsWith(run),
        filesInUse,
        remove: (files) => removals.remove(files),
        signal: closing.signal,
      }),

    async [Symbol.asyncDispose]() {
      closing.abort();
      await removals[Symbol.asyncDispose]();
    },
  };
}

function isFileName(name: string): boolean {
  return /^[0-9a-f]{32}$/.test(name);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

async function writeAll(handle: FileHandle, block: Uint8Array): Promise<void> {
  for (let written = 0; written < block.length;) {
    written += (await handle.write(block, written, block.length - written)).bytesWritten;
  }
}

async function syncFile(path: string): Promise<void> {
  await using handle = await open(path, "r+");
  await handle.sync();
}

/** A file's name is on the disk once its folder is. Windows knows no such thing, and keeps names by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await open(path, "r");
  await handle.sync();
}

const FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "there is no room left",
  EDQUOT: "there is no room left",
  EIO: "the disk failed",
  EROFS: "it cannot be written to",
  EMFILE: "this process has too many files open",
  ENFILE: "the system has too many files open",
};

/** A fault of the disk names the folder; what a source threw passes through elsewhere. */
async function ours<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const fault = error instanceof Error && "code" in error ? FAULTS[String(error.code)] : undefined;
    throw new Error(`object folder ${folder}: ${fault === undefined ? detail : `${fault} (${detail})`}`, {
      cause: error,
    });
  }
}
