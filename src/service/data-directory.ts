// The folder that outlives a restart: made when it is missing, held by one server at a time. The hold is a lock that the
// system releases when the process ends, however it ends, so a kill leaves nothing behind to clean up.

import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

export interface DataDirectory {
  readonly path: string;
  readonly storeFile: string;
}

export type DataDirectoryOutcome =
  | { readonly kind: "ok"; readonly directory: DataDirectory }
  | { readonly kind: "failure"; readonly message: string };

/** Not by `recursive`: in a folder like /proc, which lets nobody make anything and says ENOENT, Node tries that for ever. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(path)) throw error; // another process may have made it meanwhile
  }
}

/** Makes the folder, readable by its owner only, and sees that it can be written. */
export function openDataDirectory(setting: string): DataDirectoryOutcome {
  const path = resolve(setting);
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: "failure",
      message: `the data directory ${path} cannot be written: ${why}; choose another with --data-dir`,
    };
  }
  return { kind: "ok", directory: { path, storeFile: join(path, "store.sqlite") } };
}

export type HoldOutcome =
  | { readonly kind: "held"; readonly release: () => void }
  | { readonly kind: "failure"; readonly message: string };

/**
 * What is held: by the supervisor that there is one server, by the control process that nobody else has object files under way,
 * by whoever makes the local authority (in a folder of its own) that nobody else does, by an export what it has
 * linked and copied aside, by an edge worker the cache of its slot, and the folder in which it gathers lines of access logs.
 * The two may differ for a while: a control process that lost its supervisor still finishes what it was asked.
 */
export type HeldFile =
  | "server.lock"
  | "control.lock"
  | "authority.lock"
  | "export.lock"
  | "writer.lock"
  | `${number}-of-${number}.lock`;

/** Holds the folder for this server. Command-line verbs read and write the store beside a server without it. */
export function holdDataDirectory(path: string, file: HeldFile = "server.lock"): HoldOutcome {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, file));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (error) {
    lock?.close();
    const message = error instanceof Error ? error.message : String(error);
    return {
      kind: "failure",
      message: /locked|busy/i.test(message)
        ? file === "export.lock"
          ? `an export of the data directory ${path} is under way: wait until it is done`
          : `another server is running on the data directory ${path}: stop it, or choose another with --data-dir`
        : `the data directory ${path} cannot be used: ${message}; choose another with --data-dir`,
    };
  }
  const held = lock;
  return { kind: "held", release: () => held.close() };
}

const TRY_AGAIN_MS = 50;

/** The same, when whoever holds it lets go of it within so many seconds. */
export async function holdWhenFree(path: string, file: HeldFile, seconds: number): Promise<HoldOutcome> {
  for (let tries = Math.ceil((seconds * 1000) / TRY_AGAIN_MS); ; tries--) {
    const outcome = holdDataDirectory(path, file);
    if (outcome.kind === "held" || tries <= 0) return outcome;
    await wait(TRY_AGAIN_MS);
  }
}
