import assert from "node:assert/strict";
import { test } from "node:test";
import { openTraffic, DURATION_BOUNDS_MS } from "../edge/record/traffic.ts";
import { mulberry32 } from "../../test/support/generated-requests.ts";
import { epochMs } from "../vocabulary/time.ts";
import { openLiveTraffic, quantilesOf } from "./live-traffic.ts";

test("whatever the moments at which workers tell, each request is in one second, and all of them are there", () => {
  const SEED = 9;
  const random = mulberry32(SEED);
  let now = 1_000_000_000_000;
  const live = openLiveTraffic({ now: () => epochMs(now), distributionsMax: 10 });
  const workers = [openTraffic(), openTraffic(), openTraffic()];
  let asked = 0;
  for (let round = 0; round < 100; round++) {
    for (const [life, worker] of workers.entries()) {
      now += Math.floor(random() * 600);
      const count = Math.floor(random() * 50);
      for (let index = 0; index < count; index++) {
        worker.count(worker.placeOf("E1"), 200, index % 2 === 0 ? "Hit" : "Miss", 10, 1000, 5, false);
      }
      asked += count;
      const news = worker.takeNews();
      if (news !== undefined) live.hear(life, news);
    }
  }
  now += 5000;
  const all = live.sum(live.lastKnown(), 300, ["E1"]);
  assert.deepEqual([all.requests, all.bytesOut, all.statuses["2xx"]], [asked, asked * 1000, asked], `seed ${SEED}`);
  assert.equal(all.results.Hit + all.results.Miss, asked);
});

test("workers that tell once a second, each at its own moment, make no waves", () => {
  let now = 1_000_000_000_000;
  const live = openLiveTraffic({ now: () => epochMs(now), distributionsMax: 10 });
  const worker = openTraffic();
  for (let second = 0; second < 30; second++) {
    for (let index = 0; index < 1000; index++) worker.count(worker.placeOf("E1"), 200, "Hit", 10, 100, 1, false);
    now += second % 2 === 0 ? 990 : 1010;
    const news = worker.takeNews();
    assert.ok(news !== undefined);
    live.hear(1, news);
  }
  now += 3000;
  for (let back = 5; back < 25; back++) {
    const { requests } = live.step(live.lastKnown() - back, ["E1"]);
    assert.ok(requests > 970 && requests < 1030, `${requests}`);
  }
});

test("what is removed, what is older than some minutes and what there are too many of goes", () => {
  let now = 1_000_000_000_000;
  const live = openLiveTraffic({ now: () => epochMs(now), distributionsMax: 2 });
  const worker = openTraffic();
  const tell = (id: string): void => {
    worker.count(worker.placeOf(id), 200, "Hit", 10, 100, 1, false);
    const news = worker.takeNews();
    assert.ok(news !== undefined);
    live.hear(1, news);
  };
  for (const id of ["E1", "E2", "E3"]) tell(id);
  assert.deepEqual(live.ids(), ["E2", "E3"]);
  worker.remove("E2");
  tell("E3");
  assert.deepEqual(live.ids(), ["E3"]);
  now += 400_000;
  tell("E3");
  now += 3000;
  assert.equal(live.sum(live.lastKnown(), 1000, ["E3"]).requests, 1);
  assert.equal(live.sum(live.lastKnown(), 1000, ["E9"]).requests, 0);
});

test("quantiles lie in the class that has them", () => {
  assert.deepEqual(quantilesOf([]), { p50: null, p90: null, p99: null });
  const counts = DURATION_BOUNDS_MS.map((bound) => (bound === 4 ? 90 : bound === 64 ? 10 : 0));
  const { p50, p90, p99 } = quantilesOf([...counts, 0]);
  assert.ok(p50 !== null && p50 > 3 && p50 <= 4, String(p50));
  assert.equal(p90, 4);
  assert.ok(p99 !== null && p99 > 48 && p99 <= 64, String(p99));
  const beyond = quantilesOf([...DURATION_BOUNDS_MS.map(() => 0), 5]);
  assert.equal(beyond.p50, DURATION_BOUNDS_MS.at(-1));
});
