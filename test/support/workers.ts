// Several workers in one process that look like one edge: they share a cache over real sockets, and what is asked goes to one after
// the other. With WARMFRONT_TEST_WORKERS=4 all that is shown of an edge is shown of four.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PeerPlace } from "../../src/edge/peers/open-peers.ts";
import type { Change } from "../../src/store/store.ts";
import { addTraffic } from "../../src/edge/record/traffic.ts";
import { withOthers } from "../../src/edge/explain/of-several-workers.ts";
import { openEdge, type Edge, type EdgeSurroundings } from "../../src/edge/edge.ts";
import type { EdgeCounters } from "../../src/edge/edge-counters.ts";

export const WORKERS = Number(process.env["WARMFRONT_TEST_WORKERS"] ?? 1);

/** What is said to each of them beside what all have. */
export type WorkerSurroundings = Pick<EdgeSurroundings, "place">;

export interface Workers extends Edge {
  readonly workers: readonly Edge[];
  readonly places: ReadonlyMap<Edge, PeerPlace>;
  /** A process that takes the worker's slot over; the worker itself stays as it is. */
  succeed(worker: Edge, change?: (surroundings: EdgeSurroundings) => EdgeSurroundings): Promise<Edge>;
}

export function placesOf(edge: Workers): Workers["places"] {
  return edge.places;
}

/** With a count of 1 it is an edge like any other, that knows of no workers. */
export async function openWorkers(
  surroundings: (worker: WorkerSurroundings) => EdgeSurroundings,
  count = WORKERS,
): Promise<Edge> {
  return count === 1 ? openEdge(surroundings({})) : openSeveral(surroundings, count);
}

export async function openSeveral(
  surroundings: (worker: WorkerSurroundings) => EdgeSurroundings,
  count: number,
): Promise<Workers> {
  const socketDirectory = mkdtempSync(join(tmpdir(), "warmfront-workers-"));
  const edgeName = "0123456789abcdef".repeat(2);
  const places = new Map<Edge, PeerPlace>();
  let lives = 0;
  const applied: Change[] = [];
  const openOne = (slot: number, change = (own: EdgeSurroundings) => own): Edge => {
    const place = { slot, count, life: lives++, socketDirectory };
    const own = surroundings({ place });
    const worker = openEdge(change({ ...own, settings: { ...own.settings, edgeName } }));
    places.set(worker, place);
    return worker;
  };
  const workers = Array.from({ length: count }, (_, slot) => openOne(slot));
  await Promise.all(workers.map(async (worker) => worker.peers?.listen()));
  await Promise.all(workers.map(async (worker) => worker.peers?.joined()));
  const [first] = workers;
  if (first === undefined) throw new Error("no workers");
  let turn = 0;
  const next = (): Edge => workers[turn++ % count] ?? first;
  const edge: Workers = {
    ...first,
    workers,
    places,
    async succeed(worker, change) {
      const successor = openOne(places.get(worker)?.slot ?? 0, change);
      successor.apply(applied);
      await successor.peers?.listen();
      return successor;
    },
    apply(changes) {
      applied.push(...changes);
      for (const worker of workers) worker.apply(changes);
    },
    bucketsAt(address) {
      for (const worker of workers) worker.bucketsAt(address);
    },
    respond: (request) => next().respond(request),
    refuse: (refused) => next().refuse(refused),
    chooseTls: (about) => next().chooseTls(about),
    async explain(request, account) {
      const explained = await Promise.all(workers.map((worker) => worker.explain(request, account)));
      const own = explained.find(({ owner }) => owner === undefined) ?? (await next().explain(request, account));
      return withOthers(own, explained);
    },
    traffic: () => addTraffic(workers.map((worker) => worker.traffic())),
    takeTrafficNews: () => assert.fail("to be asked of each worker"),
    counters: () => sumOf(workers.map((worker) => worker.counters())),
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
      rmSync(socketDirectory, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => edge.close(),
  };
  return edge;
}

/** Of what all of them have alike, the distributions, there are no more than one has. */
function sumOf(all: readonly EdgeCounters[]): EdgeCounters {
  const sum: Record<string, number> = {};
  for (const each of all) for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + count;
  return { ...(sum as unknown as EdgeCounters), distributions: all[0]?.distributions ?? 0 };
}

/** Each worker of an edge that has several. */
export function workersOf(edge: Edge): readonly Edge[] {
  return "workers" in edge ? (edge as Workers).workers : [edge];
}
