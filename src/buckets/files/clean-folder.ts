// Goes through the folder of object files after a start and removes what a crash left: files half written, and files that
// no object or part names. It reads names only, a batch at a time, and lets everything else run in between.

import { opendir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Where files are while they are written. No fan-out is called so: those are of two and one hexadecimal digits. */
export const INCOMING = "incoming";

const BATCH = 256;

/** Ends early, without a fault, when `signal` is aborted. How many files it removed. */
export async function cleanFolder(
  folder: string,
  by: {
    /** Written by an earlier run; everything else is let be. */
    readonly isLeftBehind: (name: string) => boolean;
    readonly filesInUse: (files: readonly string[]) => Promise<ReadonlySet<string>>;
    readonly remove: (files: readonly string[]) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  let removed = 0;
  for await (const name of namesIn(join(folder, INCOMING), by.signal)) {
    if (!by.isLeftBehind(name)) continue;
    await rm(join(folder, INCOMING, name), { force: true });
    removed++;
  }
  let batch: string[] = [];
  const sift = async (): Promise<void> => {
    const inUse = await by.filesInUse(batch);
    const unnamed = batch.filter((name) => !inUse.has(name));
    batch = [];
    removed += unnamed.length;
    await by.remove(unnamed);
  };
  for await (const first of namesIn(folder, by.signal)) {
    if (!/^[0-9a-f]{2}$/.test(first)) continue;
    for await (const second of namesIn(join(folder, first), by.signal)) {
      for await (const name of namesIn(join(folder, first, second), by.signal)) {
        if (!by.isLeftBehind(name)) continue;
        batch.push(name);
        if (batch.length >= BATCH) await sift();
      }
    }
  }
  if (!by.signal.aborted) await sift();
  return removed;
}

async function* namesIn(path: string, signal: AbortSignal): AsyncGenerator<string, void, void> {
  if (signal.aborted) return;
  for await (const { name } of await opendir(path)) {
    if (signal.aborted) return;
    yield name;
  }
}
