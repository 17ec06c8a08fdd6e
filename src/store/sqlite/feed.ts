// The feed in SQLite: reading its steps, and what the edges have acknowledged of it. Steps are written where resources
// and invalidations are, in their transactions.

import assert from "node:assert/strict";
import type { AccountId, DistributionId, FeedNumber, InvalidationId, ResourceId } from "../../vocabulary/ids.ts";
import type { EpochMs } from "../../vocabulary/time.ts";
import { computeDeployedThrough, type EdgeProgress } from "../deployed-through.ts";
import { publish } from "../publish.ts";
import type { Change, ConfigOf, Feed, ResourceKind } from "../store.ts";
import type { Database, Step } from "./database.ts";

/** The columns after the third are null where the step's kind has no use for them. */
interface StepRow {
  readonly number: FeedNumber;
  readonly kind: Step["kind"];
  readonly subject: string;
  readonly account: AccountId;
  readonly handle: string;
  readonly config: string;
  readonly distribution: DistributionId;
  readonly paths: string;
}

export function sqliteFeed(database: Database): Feed {
  const { statements } = database;
  // What was answered last, so that a clock that is set back cannot make a lease that ran out count again.
  let answered = 0 as FeedNumber;

  return {
    async changesAfter(after, limit) {
      return database.read(() => (statements.listSteps.all(after, limit) as unknown as StepRow[]).map(toChange));
    },

    async latest() {
      return database.read(() => database.latest());
    },

    async acknowledge(edge, through, leaseUntilMs, now) {
      database.write(() => {
        moveEdges(database, answered, now, () => {
          // A number that the feed has not reached would declare changes deployed that nobody has seen.
          statements.putEdge.run(edge, Math.min(through, database.latest()), leaseUntilMs);
        });
      });
    },

    async retire(edge, now) {
      database.write(() => {
        moveEdges(database, answered, now, () => statements.deleteEdge.run(edge));
      });
    },

    async deployedThrough(now) {
      const progress = database.remembered("progress", () => readProgress(database));
      answered = Math.max(answered, computeDeployedThrough(progress.floor, progress.edges, now)) as FeedNumber;
      return answered;
    },

    subscribe: (listener) => database.subscribe(listener),
  };
}

interface Progress {
  readonly floor: FeedNumber;
  readonly edges: readonly EdgeProgress[];
}

function readProgress({ statements }: Database): Progress {
  const floor = (statements.getDeployment.get() as { through: FeedNumber }).through;
  const edges = statements.listEdges.all() as { through: FeedNumber; lease_until_ms: EpochMs }[];
  return { floor, edges: edges.map((edge) => ({ through: edge.through, leaseUntilMs: edge.lease_until_ms })) };
}

/** As `Feed.deployedThrough`, within a transaction or without. */
export function readDeployedThrough(database: Database, now: EpochMs): FeedNumber {
  const { floor, edges } = readProgress(database);
  return computeDeployedThrough(floor, edges, now);
}

/** Keeps what is deployed before `move`, which may take away the edges that say so. */
function moveEdges(database: Database, answered: FeedNumber, now: EpochMs, move: () => void): void {
  const { statements } = database;
  statements.setDeployment.run(Math.max(answered, readDeployedThrough(database, now)));
  statements.deleteEdgesUntil.run(now);
  move();
}

function toChange(row: StepRow): Change {
  const { number, kind, subject, account, handle } = row;
  if (kind === "removed") return { kind, number, id: subject as ResourceId };
  if (kind === "invalidation") {
    const paths = JSON.parse(row.paths) as string[];
    return { kind, number, invalidation: { id: subject as InvalidationId, distribution: row.distribution, paths } };
  }
  const config = JSON.parse(row.config) as ConfigOf[ResourceKind];
  const change = publish(number, { kind, id: subject as ResourceId, account, handle, config });
  assert(change !== undefined, `change ${number} is of a kind that has no steps: ${kind}`);
  return change;
}
