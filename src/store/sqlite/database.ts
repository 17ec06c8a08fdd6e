// The open database file: how it is opened, its transactions, the statements kept prepared, and the end of the feed.
// Everything is synchronous within, so a transaction is never interleaved with another one of this process.

import { closeSync, fchmodSync, fstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { FeedNumber, InvalidationId, ResourceId } from "../../vocabulary/ids.ts";
import type { Change } from "../store.ts";
import { checkOwner, migrate } from "./migrate.ts";
import { QUERIES, type QueryName } from "./queries.ts";
import { isLocked, storeFault } from "./store-fault.ts";

export interface SqliteLimits {
  /** How long a write waits for one of another process, the command line's for example. */
  readonly lockWaitMs: number;
  /** Largest size of the database file; a write beyond it fails and is undone. `undefined`: as large as the disk allows. */
  readonly fileBytesMax: number | undefined;
}

export const DEFAULT_SQLITE_LIMITS: SqliteLimits = { lockWaitMs: 5000, fileBytesMax: undefined };

/** The private mode of the file and of those beside it, which SQLite gives the same: secrets are in them. */
const MODE = 0o600;

/** What a step of the feed is about; `removed` tells that the resource is gone. */
export type Step =
  | { readonly kind: Exclude<Change["kind"], "invalidation">; readonly subject: ResourceId }
  | { readonly kind: "invalidation"; readonly subject: InvalidationId };

/** Answers that are remembered at most; then all are forgotten. With a config each, they take some ten megabytes. */
const KNOWN_MAX = 1000;

/** How often a new file's lock is tried again. */
const RETRY_MS = 10;

/** Set on each connection, and read back: SQLite passes over a setting that it cannot carry out without a word. */
const SETTINGS = {
  journal_mode: "wal",
  /** FULL: each commit waits until the disk has it. */
  synchronous: 2,
  /** On macOS a plain fsync does not wait for the drive. */
  fullfsync: 1,
  checkpoint_fullfsync: 1,
  foreign_keys: 1,
  /** Bytes that the write-ahead log keeps once it was larger. */
  journal_size_limit: 16_777_216,
  /** Negative: KiB, of pages. */
  cache_size: -16_384,
} as const;

/** Opens the file, creating and migrating it as needed. Rejects, with the path in the message, when it cannot be used. */
export async function openDatabase(path: string, limits: SqliteLimits): Promise<Database> {
  const file = resolve(path); // absolute, so that no name means a memory database or a URI to SQLite
  let db: DatabaseSync | undefined;
  try {
    createPrivately(file);
    db = new DatabaseSync(file, { timeout: limits.lockWaitMs, enableForeignKeyConstraints: true });
    checkOwner(db);
    await keepWriteAheadLog(db, limits.lockWaitMs);
    applySettings(db);
    migrate(db);
    if (limits.fileBytesMax !== undefined) limitSize(db, limits.fileBytesMax);
    return new Database(file, db);
  } catch (error) {
    db?.close();
    throw storeFault(file, error);
  }
}

/** SQLite would create it readable to all that the umask lets in. */
function createPrivately(file: string): void {
  const descriptor = openSync(file, "a+", MODE);
  try {
    if ((fstatSync(descriptor).mode & 0o077) !== 0) fchmodSync(descriptor, MODE);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Nobody but us waits here: alone among statements, a switch of the journal fails at once when another process is in the
 * file, and one that opens the same new file at the same moment is.
 */
async function keepWriteAheadLog(db: DatabaseSync, lockWaitMs: number): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    try {
      db.exec("PRAGMA journal_mode = wal");
      return;
    } catch (error) {
      if (!isLocked(error) || waitedMs >= lockWaitMs) throw error;
    }
    await sleep(RETRY_MS);
  }
}

function applySettings(db: DatabaseSync): void {
  for (const [name, value] of Object.entries(SETTINGS)) {
    db.exec(`PRAGMA ${name} = ${value}`);
    const actual = db.prepare(`PRAGMA ${name}`).get()?.[name];
    if (actual !== value) throw new Error(`SQLite cannot set ${name} to ${value} here; it stays ${String(actual)}`);
  }
}

function limitSize(db: DatabaseSync, bytes: number): void {
  const pageBytes = Number(db.prepare("PRAGMA page_size").get()?.["page_size"]);
  db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytes / pageBytes))}`);
}

/** Transactions that this process began, on whatever file. */
let commits = 0;

/** Owns the connection. */
export class Database implements Disposable {
  readonly statements: Readonly<Record<QueryName, StatementSync>>;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #listeners = new Set<() => void>();
  readonly #known = new Map<string, unknown>();
  #knownVersion: unknown;
  #commitsSeen: number | undefined;
  #stepped = false;
  #announcement: NodeJS.Immediate | undefined;

  constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.statements = Object.fromEntries(
      Object.entries(QUERIES).map(([name, sql]) => [name, db.prepare(sql)]),
    ) as Record<QueryName, StatementSync>;
  }

  /** For what is done so seldom that its statement is not kept. */
  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  /** What `work` answers; its failure names the file. */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeFault(this.#path, error);
    }
  }

  /**
   * What `look` answered when it was last asked under this name, unless anyone has written to the file since, this process
   * or another. It is shared by all who ask, so none may change it. Never to be used within `write`.
   */
  remembered<T>(name: string, look: () => T): T {
    return this.read(() => {
      this.#forgetIfWritten();
      if (this.#known.has(name)) return this.#known.get(name) as T;
      const found = look();
      this.#known.set(name, found);
      return found;
    });
  }

  /**
   * Asks SQLite, which counts the commits of other connections, once in a turn of the event loop: what another process
   * wrote before a request was sent is seen by the turn that reads the request. Of what this process writes all its
   * connections know at once.
   */
  #forgetIfWritten(): void {
    if (this.#commitsSeen === commits) return;
    this.#commitsSeen = commits;
    setImmediate(() => {
      this.#commitsSeen = undefined;
    });
    const version = this.statements.getDataVersion.get()?.["data_version"];
    if (version !== this.#knownVersion || this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#knownVersion = version;
  }

  /** All of `work` or, when it or the commit fails, nothing of it. What it wrote is on the disk when this returns. */
  write<T>(work: () => T): T {
    this.#stepped = false;
    this.#known.clear();
    commits++;
    try {
      this.statements.begin.run();
      const outcome = work();
      this.statements.commit.run();
      if (this.#stepped) this.#announce();
      return outcome;
    } catch (error) {
      // After some faults SQLite has rolled back already, and would refuse to do it twice.
      if (this.#db.isTransaction) this.statements.rollback.run();
      throw storeFault(this.#path, error);
    }
  }

  /** Number of the newest step, 0 when there is none. */
  latest(): FeedNumber {
    return (this.statements.getLatest.get() as { number: FeedNumber }).number;
  }

  /**
   * Puts a step at the end of the feed, in the place of `replaced` if that is given. The new one goes in first, so that
   * the number of the newest is never given out twice.
   */
  appendStep(step: Step, replaced?: FeedNumber): FeedNumber {
    const number = (this.latest() + 1) as FeedNumber;
    this.statements.insertStep.run(number, step.kind, step.subject);
    if (replaced !== undefined) this.statements.deleteStep.run(replaced);
    this.#stepped = true;
    return number;
  }

  subscribe(listener: () => void): Disposable {
    const own = (): void => listener(); // the same function may be subscribed twice
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Once per turn of the event loop, however many steps were made in it. */
  #announce(): void {
    this.#announcement ??= setImmediate(() => {
      this.#announcement = undefined;
      for (const listener of this.#listeners) listener();
    });
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#announcement);
    this.#listeners.clear();
    this.#db.close();
  }
}
