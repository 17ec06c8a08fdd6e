// A store in one SQLite file, on `node:sqlite`: nothing to install, nothing to run beside it. Surprising: calls block
// the thread while the disk syncs, so edges do not share an event loop with it. Nothing is remembered outside the file:
// what another process writes (the command line does) is seen by the next read.

import type { Store } from "../store.ts";
import { sqliteBuckets } from "./buckets.ts";
import { clearDatabase } from "./clear.ts";
import { sqliteCredentials } from "./credentials.ts";
import { DEFAULT_SQLITE_LIMITS, openDatabase, type SqliteLimits } from "./database.ts";
import { sqliteFeed } from "./feed.ts";
import { sqliteInvalidations } from "./invalidations.ts";
import { sqliteResources } from "./resources.ts";

/**
 * Opens the store at `path`; the file is created (private to its owner) when it is absent, its folder is not. Rejects
 * with a message that names the path when it cannot be read and written, is not ours, or is of a newer version. A later
 * fault of the disk rejects the call that met it, leaves everything as it was, and the store goes on.
 */
export async function openSqliteStore(where: {
  readonly path: string;
  readonly limits?: Partial<SqliteLimits>;
}): Promise<Store> {
  const database = await openDatabase(where.path, { ...DEFAULT_SQLITE_LIMITS, ...where.limits });
  return {
    resources: sqliteResources(database),
    invalidations: sqliteInvalidations(database),
    credentials: sqliteCredentials(database),
    feed: sqliteFeed(database),
    buckets: sqliteBuckets(database),
    clear: async () => clearDatabase(database),
    [Symbol.asyncDispose]: async () => database[Symbol.dispose](),
  };
}
