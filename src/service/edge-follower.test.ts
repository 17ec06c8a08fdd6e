// What control takes for a sign of life of an edge.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openMemoryStore } from "../store/memory/open-memory-store.ts";
import type { Feed } from "../store/store.ts";
import type { EdgeId, FeedNumber } from "../vocabulary/ids.ts";
import { epochMs, type EpochMs } from "../vocabulary/time.ts";
import { openEdgeFollower, type EdgeFollower } from "./edge-follower.ts";

interface Followed extends AsyncDisposable {
  readonly follower: EdgeFollower;
  /** Ends of the leases that were noted, in order. */
  readonly leases: readonly EpochMs[];
  /** The edge was asked for the `count`th time where it stands. */
  asked(count: number): Promise<void>;
}

/** An edge of which only what it is told is looked at; it answers when the test does. */
async function follow(): Promise<Followed> {
  const store = await openMemoryStore();
  const leases: EpochMs[] = [];
  const feed: Feed = {
    ...store.feed,
    acknowledge(edge, through, leaseUntilMs, now) {
      leases.push(leaseUntilMs);
      return store.feed.acknowledge(edge, through, leaseUntilMs, now);
    },
  };
  let asks = 0;
  let waiting: { readonly count: number; readonly resolve: () => void } | undefined;
  const follower = openEdgeFollower({
    edge: "edge-1" as EdgeId,
    feed,
    clock: { now: () => epochMs(1_000_000) },
    log: (_level, part, message) => assert.fail(`${part}: ${message}`),
    tell(message) {
      if (message.kind === "report" && ++asks === waiting?.count) waiting.resolve();
    },
    onUnreadable: (fault) => assert.fail(String(fault)),
    renewEveryMs: 1,
  });
  return {
    follower,
    leases,
    asked: (count) =>
      new Promise((resolve) => {
        if (asks >= count) resolve();
        else waiting = { count, resolve };
      }),
    async [Symbol.asyncDispose]() {
      await follower.close();
      await store[Symbol.asyncDispose]();
    },
  };
}

test("an edge that says nothing any more loses its lease", { timeout: 5000 }, async () => {
  await using followed = await follow();
  followed.follower.hear({ kind: "in-force", through: 0 as FeedNumber });
  await followed.asked(5);
  assert.deepEqual(followed.leases, [1_015_000]);
});

test("an edge that answers keeps its lease", { timeout: 5000 }, async () => {
  await using followed = await follow();
  for (const count of [1, 2, 3]) {
    await followed.asked(count);
    followed.follower.hear({ kind: "in-force", through: 0 as FeedNumber });
  }
  assert.equal(followed.leases.length, 3);
});
