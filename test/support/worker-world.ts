// An edge of four workers whose viewers choose the worker that they ask.

import assert from "node:assert/strict";
import type { Edge } from "../../src/edge/edge.ts";
import {
  openWorld,
  readAnswer,
  viewerRequest,
  type Ask,
  type DistributionDraft,
  type Got,
  type World,
  type WorldSettings,
} from "../scenarios/harness.ts";
import { workersOf } from "./workers.ts";

export const HOST = "d1.cloudfront.localhost";
export const WORKER_COUNT = 4;

export interface WorkerWorld extends AsyncDisposable {
  readonly world: World;
  readonly workers: readonly Edge[];
  /** Who owns the page, and the others. */
  owner(path: string): Promise<Edge>;
  others(path: string): Promise<readonly [Edge, Edge, Edge]>;
}

export async function openWorkerWorld(draft: DistributionDraft = {}, asked: WorldSettings = {}): Promise<WorkerWorld> {
  const world = await openWorld(draft, { workers: WORKER_COUNT, ...asked });
  const workers = workersOf(world.edge);
  const owner = async (path: string): Promise<Edge> => {
    const asked = { method: "GET", url: `http://${HOST}${path}` };
    for (const worker of workers) if ((await worker.explain(asked)).owner === undefined) return worker;
    return assert.fail("nobody owns it");
  };
  return {
    world,
    workers,
    owner,
    async others(path) {
      const own = await owner(path);
      const [one, other, third] = workers.filter((worker) => worker !== own);
      assert(one !== undefined && other !== undefined && third !== undefined);
      return [one, other, third];
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

export const ask = async (worker: Edge, asked: Ask | string): Promise<Got> =>
  readAnswer(await worker.respond(viewerRequest(asked)));
/** What comes without waiting is this worker's own, or a copy. */
export const isAtHand = (worker: Edge, asked: Ask | string): boolean =>
  !(worker.respond(viewerRequest(asked)) instanceof Promise);
/** Asks until the copy that comes behind an answer is there. */
export async function untilCopied(worker: Edge, asked: Ask | string): Promise<void> {
  for (;;) {
    const answer = worker.respond(viewerRequest(asked));
    if (!(answer instanceof Promise)) return;
    await readAnswer(await answer);
  }
}
