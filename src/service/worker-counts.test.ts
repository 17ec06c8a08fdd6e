import assert from "node:assert/strict";
import { test } from "node:test";
import { openTraffic, readTraffic, totalTraffic, type Traffic } from "../edge/record/traffic.ts";
import {
  openCountsNews,
  openWorkerCounts,
  type CountsNews,
  type WorkerCounters,
  type WorkerCounts,
} from "./worker-counts.ts";

/** A worker of which only its counters are looked at. */
interface Worker {
  readonly life: number;
  readonly traffic: Traffic;
  readonly counters: Record<string, number>;
  through: number;
  tell(): void;
}

function openWorker(life: number, counts: WorkerCounts): Worker {
  const traffic = openTraffic();
  const worker: Worker = {
    life,
    traffic,
    counters: { requests: 0, distributions: 0, storedResponses: 0, tunnelsOpen: 0 },
    through: 0,
    tell() {
      const told = news();
      if (told !== undefined) counts.hear(life, structuredClone(told)); // as it crosses from process to process
    },
  };
  const news = openCountsNews({
    counters: () => worker.counters as unknown as WorkerCounters,
    takeTrafficNews: () => traffic.takeNews(),
  });
  counts.up(life);
  return worker;
}

function serve({ traffic, counters }: Worker, distribution: string | undefined, bytes = 100): void {
  counters["requests"] = (counters["requests"] ?? 0) + 1;
  traffic.count(traffic.placeOf(distribution), 200, "Hit", 10, bytes, 1, false);
}

const requestsOf = (counts: WorkerCounts): Record<string, number> =>
  Object.fromEntries(counts.sum().traffic.distributions.map(([id, row]) => [id, readTraffic(row).requests]));

test("what was counted stays when its worker is gone, what it was doing does not", () => {
  const counts = openWorkerCounts();
  const [one, other] = [openWorker(1, counts), openWorker(2, counts)];
  Object.assign(one.counters, { requests: 3, distributions: 7, storedResponses: 5, tunnelsOpen: 1 });
  Object.assign(other.counters, { requests: 4, distributions: 6, storedResponses: 2, tunnelsOpen: 2 });
  one.tell();
  other.tell();
  const seen = (): Partial<WorkerCounters> => {
    const { requests, distributions, storedResponses, tunnelsOpen } = counts.sum().counters;
    return { requests, distributions, storedResponses, tunnelsOpen };
  };
  assert.deepEqual(seen(), { requests: 7, distributions: 7, storedResponses: 7, tunnelsOpen: 3 });
  counts.down(1);
  assert.deepEqual(seen(), { requests: 7, distributions: 6, storedResponses: 2, tunnelsOpen: 2 });
  const third = openWorker(3, counts);
  Object.assign(third.counters, { requests: 1 });
  third.tell();
  assert.equal(seen().requests, 8);
  counts.down(2);
  counts.down(3);
  assert.deepEqual(seen(), { requests: 8, distributions: 0, storedResponses: 0, tunnelsOpen: 0 });
});

test("what a worker had said before it died counts, also when it is read after that", () => {
  const counts = openWorkerCounts();
  const worker = openWorker(1, counts);
  serve(worker, "E1");
  worker.counters["tunnelsOpen"] = 1;
  counts.down(1);
  worker.tell();
  assert.equal(counts.sum().counters.requests, 1);
  assert.equal(counts.sum().counters.tunnelsOpen, 0);
  assert.deepEqual(requestsOf(counts), { E1: 1 });
});

test("who has nothing new says nothing", () => {
  const counts = openWorkerCounts();
  const heard: CountsNews[] = [];
  const worker = openWorker(1, { ...counts, hear: (_life, news) => void heard.push(news) });
  serve(worker, "E1");
  worker.tell();
  worker.tell();
  assert.equal(heard.length, 1);
  serve(worker, "E1", 7);
  worker.tell();
  assert.deepEqual(
    heard.map(({ grown, traffic }) => [
      grown["requests"],
      traffic?.distributions.map(([, row]) => readTraffic(row))[0]?.bytesOut,
    ]),
    [
      [1, 100],
      [1, 7],
    ],
  );
});

test("a removed distribution leaves its counts to the others, whoever tells late of it or died before", () => {
  const counts = openWorkerCounts();
  const [one, other] = [openWorker(1, counts), openWorker(2, counts)];
  for (const worker of [one, other]) {
    serve(worker, "E1");
    worker.tell();
  }
  one.traffic.remove("E1");
  one.tell();
  assert.deepEqual(requestsOf(counts), {});
  serve(other, "E1"); // it is behind in the feed
  other.tell();
  counts.down(2);
  const successor = openWorker(3, counts);
  successor.traffic.remove("E1"); // which is in the feed that it follows
  successor.tell();
  assert.deepEqual(requestsOf(counts), {});
  assert.equal(readTraffic(counts.sum().traffic.others).requests, 3);
});

/** Deterministic, so that a failure can be run again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`no sum ever falls, and nothing that was told is lost, whatever becomes of workers and distributions (seed ${seed})`, () => {
    const draw = seeded(seed);
    const counts = openWorkerCounts();
    let lives = 0;
    let workers = Array.from({ length: 3 }, () => openWorker(++lives, counts));
    let live = ["E0"];
    /** The feed: what was removed at which number. */
    const removed: string[] = [];
    let made = 0;
    let lost = 0;
    let served = 0;
    let before = 0;
    const follow = (worker: Worker): void => {
      for (; worker.through < removed.length; worker.through++) worker.traffic.remove(removed[worker.through] ?? "");
    };
    for (let step = 0; step < 3000; step++) {
      const worker = workers[draw(workers.length)] ?? assert.fail();
      switch (draw(12)) {
        case 0:
          worker.tell();
          break;
        case 1:
          follow(worker);
          break;
        case 2: {
          if (draw(4) > 0) break;
          const last = totalTraffic(worker.traffic.takeNews() ?? { others: [], distributions: [] });
          lost += last.requests;
          workers = workers.filter((each) => each !== worker);
          counts.down(worker.life);
          workers.push(openWorker(++lives, counts));
          break;
        }
        case 3:
          live.push(`E${++made}`);
          break;
        case 4: {
          const gone = live[draw(live.length)] ?? "E0";
          if (live.length < 2) break;
          live = live.filter((id) => id !== gone);
          removed.push(gone);
          break;
        }
        default: {
          // Who is behind still has what was removed.
          const known = [...live, ...removed.slice(worker.through)];
          serve(worker, draw(5) === 0 ? undefined : known[draw(known.length)]);
          served++;
        }
      }
      const { requests } = totalTraffic(counts.sum().traffic);
      assert.ok(requests >= before, `step ${step}: ${before} fell to ${requests}`);
      before = requests;
    }
    for (const worker of workers) {
      follow(worker);
      worker.tell();
    }
    assert.equal(totalTraffic(counts.sum().traffic).requests, served - lost);
    const known = new Set(live);
    assert.deepEqual(
      Object.keys(requestsOf(counts)).filter((id) => !known.has(id)),
      [],
    );
  });
}
