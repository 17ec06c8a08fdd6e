// An import in the one order in which a kill leaves either what was there or what was imported. All is unpacked aside and synced; then one
// rename says that it counts. From there it is only moved, and whoever opens the data directory next moves the rest. [D-0036]

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { EpochMs } from "../vocabulary/time.ts";
import { holdDataDirectory, type HeldFile } from "./data-directory.ts";

/** Unpacked and whole: what was there is being moved aside. The rest of the name is when. */
const READY = "import-ready-";
/** What was there is aside: what was imported is being moved to its place. */
const MOVING = "import-moving-";
const KEPT = "before-import-";
/** Of an import or export that did not come to its end. */
const LEFTOVER = /^(?:import|export)-[0-9a-f]{12}$/;

/** What stays where it is: locks that are held, and what imports have to do with. */
const STAYS = new RegExp(String.raw`^(?:.*\.lock(?:-journal)?|(?:${KEPT}|${READY}|${MOVING}).*)$`);

/** Who moves files must be alone: no server, no object files under way, no export that reads them. */
export const HELD_BY_IMPORT: readonly HeldFile[] = ["server.lock", "control.lock", "export.lock"];

export type FinishOutcome =
  | { readonly kind: "nothing to do" }
  /** `kept`: where what was there is now, if there was anything. */
  | { readonly kind: "finished"; readonly kept: string | undefined }
  | { readonly kind: "failure"; readonly message: string };

/** Makes what lies in `staging`, whole and synced, the state of the data directory. Throws what the disk says. */
export function putInPlace(path: string, staging: string, now: EpochMs): string | undefined {
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, "-");
  renameSync(staging, join(path, `${READY}${stamp}`));
  syncFolder(path);
  return move(path);
}

/** Takes up an import that was cut off after it counted, and removes what others left. `held`: the locks that the caller has. */
export function finishImport(path: string, held: readonly HeldFile[] = []): FinishOutcome {
  let names: readonly string[];
  try {
    names = readdirSync(path);
  } catch {
    return { kind: "nothing to do" }; // it is not there yet, or cannot be read, which whoever opens it says
  }
  const isCut = names.some((name) => name.startsWith(READY) || name.startsWith(MOVING));
  if (!isCut && !names.some((name) => LEFTOVER.test(name))) return { kind: "nothing to do" };
  using stack = new DisposableStack();
  for (const lock of HELD_BY_IMPORT.filter((each) => !held.includes(each))) {
    const hold = holdDataDirectory(path, lock);
    if (hold.kind === "held") stack.defer(hold.release);
    else if (isCut) return { kind: "failure", message: `an import into ${path} is under way: wait until it is done` };
    else return { kind: "nothing to do" }; // somebody's work, not a leftover
  }
  try {
    for (const name of names.filter((each) => LEFTOVER.test(each))) {
      rmSync(join(path, name), { recursive: true, force: true });
    }
    return isCut ? { kind: "finished", kept: move(path) } : { kind: "nothing to do" };
  } catch (error) {
    return { kind: "failure", message: `the import into ${path} cannot be finished: ${(error as Error).message}` };
  }
}

/** Each step may have been done before, in part or in whole. */
function move(path: string): string | undefined {
  const findStamp = (prefix: string): string | undefined =>
    readdirSync(path)
      .find((name) => name.startsWith(prefix))
      ?.slice(prefix.length);
  const ready = findStamp(READY);
  if (ready !== undefined) {
    // The cache is another state's, and of no use to anybody.
    rmSync(join(path, "cache"), { recursive: true, force: true });
    const kept = join(path, `${KEPT}${ready}`);
    const names = readdirSync(path).filter((name) => !STAYS.test(name));
    if (names.length > 0) mkdirSync(kept, { recursive: true, mode: 0o700 });
    for (const name of names) renameSync(join(path, name), join(kept, name));
    syncFolder(path);
    renameSync(join(path, `${READY}${ready}`), join(path, `${MOVING}${ready}`));
    syncFolder(path);
  }
  const stamp = findStamp(MOVING);
  if (stamp === undefined) return undefined;
  const moving = join(path, `${MOVING}${stamp}`);
  for (const name of readdirSync(moving)) renameSync(join(moving, name), join(path, name));
  syncFolder(path);
  rmdirSync(moving);
  return readdirSync(path).includes(`${KEPT}${stamp}`) ? join(path, `${KEPT}${stamp}`) : undefined;
}

/** So that a name outlives a power cut; some systems cannot. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
