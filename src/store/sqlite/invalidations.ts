// Invalidations in SQLite. Whether one is in progress is not stored: it is a comparison of its place in the feed with
// what the edges have acknowledged.

import type { DistributionId, FeedNumber, InvalidationId } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { countPaths } from "../count-paths.ts";
import type { Invalidation, Invalidations } from "../store.ts";
import type { Database } from "./database.ts";
import { readDeployedThrough } from "./feed.ts";

interface InvalidationRow {
  readonly id: InvalidationId;
  readonly distribution: DistributionId;
  readonly caller_reference: string;
  readonly created_at_ms: EpochMs;
  readonly change: FeedNumber;
  readonly paths: string;
}

export function sqliteInvalidations(database: Database): Invalidations {
  const { statements } = database;

  return {
    async create(draft, limits, now) {
      const { id, distribution, callerReference, paths, account } = draft;
      return database.write(() => {
        if (statements.getTags.get(distribution, account, "distribution") === undefined) {
          return { kind: "no-distribution" };
        }
        const taken = statements.getInvalidationByReference.get(distribution, callerReference);
        if (taken !== undefined) {
          return { kind: "caller-reference-taken", existing: toInvalidation(taken as unknown as InvalidationRow) };
        }

        const through = readDeployedThrough(database, now);
        const inProgress = statements.sumInvalidationsAfter.get(distribution, through) as {
          plain: number;
          wildcards: number;
        };
        const { plain, wildcards } = countPaths(paths);
        if (inProgress.plain + plain > limits.pathsInProgressMax) return { kind: "too-many-paths" };
        if (inProgress.wildcards + wildcards > limits.wildcardsInProgressMax) return { kind: "too-many-wildcards" };

        const change = database.appendStep({ kind: "invalidation", subject: id });
        statements.insertInvalidation.run({
          id,
          distribution,
          callerReference,
          now,
          change,
          plain,
          wildcards,
          paths: JSON.stringify(paths),
        });
        const invalidation = { id, distribution, callerReference, paths, createdAtMs: now, change };
        return { kind: "created", invalidation };
      });
    },

    async get(distribution, id) {
      return database.read(() => {
        const row = statements.getInvalidation.get(id, distribution) as InvalidationRow | undefined;
        return row === undefined ? undefined : toInvalidation(row);
      });
    },

    async list(distribution, { after, limit }) {
      return database.read(() => {
        let before = Number.MAX_SAFE_INTEGER;
        if (after !== undefined) {
          const last = statements.getInvalidation.get(after, distribution) as InvalidationRow | undefined;
          if (last === undefined) return undefined;
          before = last.change;
        }
        const rows = statements.listInvalidations.all(distribution, before, limit + 1) as unknown as InvalidationRow[];
        return { items: rows.slice(0, limit).map(toInvalidation), isTruncated: rows.length > limit };
      });
    },

    async countAfter(distribution, through) {
      return database.remembered(`invalidations ${distribution} ${through}`, () =>
        Number(statements.countInvalidationsAfter.get(distribution, through)?.["count"]),
      );
    },
  };
}

function toInvalidation(row: InvalidationRow): Invalidation {
  return {
    id: row.id,
    distribution: row.distribution,
    callerReference: row.caller_reference,
    paths: JSON.parse(row.paths) as string[],
    createdAtMs: row.created_at_ms,
    change: row.change,
  };
}
