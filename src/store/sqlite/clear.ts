// Takes everything out of the SQLite store that somebody has put in. What edges have acknowledged stays, and the feed goes on: they are told
// that each resource is gone, as with a deletion.

import type { FeedNumber, ResourceId } from "../../vocabulary/ids.ts";
import { isPublished } from "../publish.ts";
import type { ResourceKind } from "../store.ts";
import type { Database } from "./database.ts";

/** What names rows of another table comes before it. */
const TABLES = [
  "reference_claim",
  "name_claim",
  "share_claim",
  "alias",
  "invalidation",
  "resource",
  "tally",
  "session",
  "access_key",
  "part",
  "upload",
  "object",
  "object_file",
  "bucket",
] as const;

interface Row {
  readonly id: ResourceId;
  readonly kind: ResourceKind;
  readonly change: FeedNumber;
}

/** The names of the files that objects had. */
export function clearDatabase(database: Database): readonly string[] {
  return database.write(() => {
    const files = database.prepare("SELECT name FROM object_file").all();
    for (const row of database.prepare("SELECT id, kind, change FROM resource").all()) {
      const { id, kind, change } = row as unknown as Row;
      if (isPublished(kind)) database.appendStep({ kind: "removed", subject: id }, change);
    }
    database.prepare("DELETE FROM feed WHERE kind = 'invalidation'").run();
    for (const table of TABLES) database.prepare(`DELETE FROM ${table}`).run();
    return files.map(({ name }) => String(name));
  });
}
