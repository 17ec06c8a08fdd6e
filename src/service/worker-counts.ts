// What all edge workers have counted since the service began, as one: kept by the supervisor, which outlives them. A worker tells what is
// new once a second and when it ends; what a dead one had told stays, so no sum ever falls, and what its death can cost is the last second.

import type { Edge } from "../edge/edge.ts";
import type { EdgeCounters } from "../edge/edge-counters.ts";
import { addRows, type TrafficNews, type TrafficSnapshot } from "../edge/record/traffic.ts";

/** Counters that say how things are now: `sum` of those who live, or what all of them know `alike`, give or take one that is catching up. */
const NOW = {
  distributions: "alike",
  storedResponses: "sum",
  storedBytes: "sum",
  fetchesInFlight: "sum",
  tunnelsOpen: "sum",
  compressionsInFlight: "sum",
} as const satisfies Partial<Record<keyof EdgeCounters, "sum" | "alike">>;

/** What a worker's spool of access logs counts, beside its edge. */
export interface SpoolCounters {
  /** Lines of distributions' logs that a worker took. */
  readonly logLinesSpooled: number;
  /** Of these, those that no file came of. */
  readonly logLinesLost: number;
}

export type WorkerCounters = EdgeCounters & SpoolCounters;

type NowName = keyof typeof NOW;
type Tally = Readonly<Record<string, number>>;

/** How often a worker tells. */
export const COUNTS_TOLD_EVERY_MS = 1000;

/** What a worker tells. */
export interface CountsNews {
  /** By how much each counter has grown since it last told. */
  readonly grown: Tally;
  readonly now: Readonly<Record<NowName, number>>;
  readonly traffic: TrafficNews | undefined;
}

export interface ServiceCounts {
  readonly counters: WorkerCounters;
  readonly traffic: TrafficSnapshot;
}

const NOTHING_NOW = Object.fromEntries(Object.keys(NOW).map((name) => [name, 0])) as CountsNews["now"];

function isNow(name: string): name is NowName {
  return Object.hasOwn(NOW, name);
}

/** In a worker. Each call gives what is new since the one before; `undefined`: nothing is. */
export function openCountsNews(
  edge: Pick<Edge, "takeTrafficNews"> & { readonly counters: () => WorkerCounters },
): () => CountsNews | undefined {
  let told: Tally = {};
  return () => {
    const before = told;
    const counted = Object.entries<number>({ ...edge.counters() });
    told = Object.fromEntries(counted);
    const grown = counted.filter(([name]) => !isNow(name)).map(([name, value]) => [name, value - (before[name] ?? 0)]);
    const now = Object.fromEntries(counted.filter(([name]) => isNow(name))) as CountsNews["now"];
    const traffic = edge.takeTrafficNews();
    const isSame = counted.every(([name, value]) => value === before[name]);
    if (isSame && traffic === undefined) return undefined;
    return { grown: Object.fromEntries(grown), now, traffic };
  };
}

export interface WorkerCounts {
  up(life: number): void;
  /** What it was doing is over; what it has counted stays. */
  down(life: number): void;
  /** Also of a worker that is gone by now: it may have been read late. */
  hear(life: number, news: CountsNews): void;
  sum(): ServiceCounts;
}

export function openWorkerCounts(): WorkerCounts {
  /** Those who live, and what they are doing. */
  const living = new Map<number, CountsNews["now"]>();
  const counters = new Map<string, number>();
  let others: TrafficSnapshot["others"] = [];
  const distributions = new Map<string, readonly number[]>();

  function add(id: string | undefined, row: readonly number[]): void {
    if (id === undefined) others = addRows(others, row);
    else distributions.set(id, addRows(distributions.get(id) ?? [], row));
  }

  /** Each worker comes to it in the feed, and who has died has a successor that does: what is told of it late goes too. */
  function leave(id: string): void {
    const row = distributions.get(id);
    if (row === undefined) return;
    distributions.delete(id);
    add(undefined, row);
  }

  return {
    up: (life) => void living.set(life, NOTHING_NOW),
    down: (life) => void living.delete(life),
    hear(life, { grown, now, traffic }) {
      if (living.has(life)) living.set(life, now);
      for (const [name, by] of Object.entries(grown)) counters.set(name, (counters.get(name) ?? 0) + Math.max(0, by));
      if (traffic === undefined) return;
      add(undefined, traffic.others);
      for (const [id, row] of traffic.distributions) add(id, row);
      for (const id of traffic.removed) leave(id);
    },
    sum() {
      const now = [...living.values()];
      const nows = Object.entries(NOW).map(([name, how]): [string, number] => {
        const each = now.map((one) => one[name as NowName]);
        return [name, how === "alike" ? Math.max(0, ...each) : each.reduce((sum, value) => sum + value, 0)];
      });
      return {
        counters: Object.fromEntries([...counters, ...nows]) as unknown as WorkerCounters,
        traffic: { others, distributions: [...distributions] },
      };
    },
  };
}
