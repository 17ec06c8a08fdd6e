// The database of one moment as a file of its own, for an export. The server may write meanwhile: it is one read transaction,
// which the write-ahead log keeps from being in anybody's way.

import { DatabaseSync } from "node:sqlite";
import { checkOwner } from "./migrate.ts";
import { storeFault } from "./store-fault.ts";

/** Writes what `path` holds now to `to`, which must not be there. Throws, with the path in the message, where it cannot. */
export function writeSnapshot(path: string, to: string): void {
  let db: DatabaseSync | undefined;
  try {
    // It is written by no statement of ours, but a log that a crash left is worked off by whoever opens it.
    db = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
    checkOwner(db);
    db.prepare("VACUUM INTO ?").run(to);
  } catch (error) {
    throw storeFault(path, error);
  } finally {
    db?.close();
  }
}

/** Names of the object files that a snapshot refers to. Throws where it is none of ours, or damaged. */
export function filesOfSnapshot(path: string): readonly string[] {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    checkOwner(db);
    const found = db.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (found !== "ok") throw new Error(`it is damaged: ${String(found)}`);
    const has = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'object_file'").get();
    if (has === undefined) return []; // older than buckets
    return db
      .prepare("SELECT name FROM object_file ORDER BY name")
      .all()
      .map((row) => String(row["name"]));
  } catch (error) {
    throw storeFault(path, error);
  } finally {
    db?.close();
  }
}

/** The server commits in milliseconds. */
const LOCK_WAIT_MS = 5000;
