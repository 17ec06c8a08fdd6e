// Brings a database file to the schema that this version knows, in one transaction, whoever else opens it at the same
// moment. The number of the last migration is in the file's `user_version`; `application_id` says that it is ours.

import { readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** In order; the nth brings a file from version n-1 to n. A test compares the list with the folder. */
export const MIGRATIONS: readonly string[] = ["0001-first-tables.sql", "0002-more-kinds.sql", "0003-buckets.sql"];

/** "Warm" in ASCII. */
const APPLICATION_ID = 0x5761_726d;

/** Throws, having changed nothing, when the file is another program's or was written by a newer version. */
export function checkOwner(db: DatabaseSync): void {
  const version = readPragma(db, "user_version");
  const application = readPragma(db, "application_id");
  const tables = Number(db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.["count"]);
  if (application !== APPLICATION_ID && (application !== 0 || version !== 0 || tables > 0)) {
    throw new Error("it is a database of another program");
  }
  if (version > MIGRATIONS.length) {
    throw new Error(
      `it was written by a newer version of Warmfront (its schema is ${version}, this version knows up to ${MIGRATIONS.length})`,
    );
  }
}

/**
 * Applies what is missing; nothing on a file that is up to date. A table that others refer to is changed by making it anew
 * [SQLITE lang_altertable], and foreign keys would empty those others when the old one goes: they are off meanwhile, and
 * checked before the end. It leaves them on.
 */
export function migrate(db: DatabaseSync): void {
  if (readPragma(db, "user_version") === MIGRATIONS.length) return;
  db.exec("PRAGMA foreign_keys = 0; BEGIN IMMEDIATE"); // within a transaction the setting cannot be changed
  try {
    checkOwner(db); // again: another process may have migrated while this one waited for the lock
    for (const name of MIGRATIONS.slice(readPragma(db, "user_version"))) {
      db.exec(readFileSync(new URL(`migrations/${name}`, import.meta.url), "utf8"));
    }
    const broken = db.prepare("PRAGMA foreign_key_check").get();
    if (broken !== undefined)
      throw new Error(`a row of its table ${String(broken["table"])} refers to none of ${String(broken["parent"])}`);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  } finally {
    db.exec("PRAGMA foreign_keys = 1");
  }
}

function readPragma(db: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
