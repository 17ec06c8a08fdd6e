// What was served, counted: classes of durations, rows of distributions, snapshots that add up.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  addTraffic,
  DURATION_BOUNDS_MS,
  durationClass,
  openTraffic,
  readTraffic,
  RESULT_TYPES,
  totalTraffic,
  type Traffic,
} from "./traffic.ts";

test("every duration is in the class of the first bound that is not below it", () => {
  const wanted = (ms: number): number => {
    const index = DURATION_BOUNDS_MS.findIndex((bound) => ms <= bound);
    return index < 0 ? DURATION_BOUNDS_MS.length : index;
  };
  for (let ms = -3; ms < 70_000; ms++) assert.equal(durationClass(ms), wanted(ms), `${ms} ms`);
  for (const ms of [1e6, 2 ** 31, 2 ** 32, 2 ** 40]) assert.equal(durationClass(ms), wanted(ms), `${ms} ms`);
});

test("the bounds ascend, two for each doubling", () => {
  assert.deepEqual(DURATION_BOUNDS_MS.slice(0, 8), [1, 2, 3, 4, 6, 8, 12, 16]);
  assert.equal(DURATION_BOUNDS_MS.at(-1), 65_536);
});

function counted(traffic: Traffic, id: string): ReturnType<typeof readTraffic> {
  const row = traffic.snapshot().distributions.find(([known]) => known === id)?.[1];
  assert.ok(row !== undefined);
  return readTraffic(row);
}

test("a request is counted once in each of its groups", () => {
  const traffic = openTraffic();
  const place = traffic.placeOf("E1");
  traffic.count(place, 200, "Hit", 100, 1500, 0, false);
  traffic.count(place, 404, "Error", 120, 300, 7, false);
  traffic.count(place, 200, "Error", 90, 4000, 1500, true);
  traffic.count(place, 0, "Error", 90, 0, 20, true);
  const { durations, origin, results, statuses, ...sums } = counted(traffic, "E1");
  assert.deepEqual(sums, { requests: 4, bytesIn: 400, bytesOut: 5800, brokenOff: 2 });
  assert.deepEqual(results, {
    Hit: 1,
    RefreshHit: 0,
    Miss: 0,
    LimitExceeded: 0,
    CapacityExceeded: 0,
    Error: 3,
    Redirect: 0,
  });
  assert.deepEqual(statuses, { "0xx": 1, "1xx": 0, "2xx": 2, "3xx": 0, "4xx": 1, "5xx": 0 });
  assert.equal(durations.sumMs, 1527);
  assert.equal(
    durations.counts.reduce((all, count) => all + count, 0),
    4,
  );
  assert.equal(origin.requests, 0);
});

for (const result of RESULT_TYPES) {
  test(`a ${result} is counted as one`, () => {
    const traffic = openTraffic();
    traffic.count(traffic.placeOf("E1"), 200, result, 1, 1, 1, false);
    const { results } = counted(traffic, "E1");
    for (const each of RESULT_TYPES) assert.equal(results[each], each === result ? 1 : 0);
  });
}

test("a status that an origin made up counts as an error of a server", () => {
  const traffic = openTraffic();
  traffic.count(traffic.placeOf("E1"), 999, "Miss", 1, 1, 1, false);
  assert.equal(counted(traffic, "E1").statuses["5xx"], 1);
});

test("time and failures of origins are counted beside requests", () => {
  const traffic = openTraffic();
  traffic.countOrigin(traffic.placeOf("E1"), 30, false);
  traffic.countOrigin(traffic.placeOf("E1"), 5000, true);
  const { origin, requests } = counted(traffic, "E1");
  assert.equal(requests, 0);
  assert.deepEqual([origin.requests, origin.failures, origin.sumMs], [2, 1, 5030]);
  assert.equal(origin.counts[durationClass(30)], 1);
});

test("rows of many distributions are kept apart as the table grows", () => {
  const traffic = openTraffic();
  for (let index = 0; index < 1000; index++) {
    for (let times = 0; times <= index % 7; times++) {
      traffic.count(traffic.placeOf(`E${index}`), 200, "Hit", index, 1, 0, false);
    }
  }
  for (let index = 0; index < 1000; index++) {
    const { requests, bytesIn } = counted(traffic, `E${index}`);
    assert.deepEqual([requests, bytesIn], [(index % 7) + 1, ((index % 7) + 1) * index]);
  }
});

test("what was counted of a removed distribution stays in the sum, and later answers of it are nobody's", () => {
  const traffic = openTraffic();
  const gone = traffic.placeOf("E1");
  traffic.count(gone, 200, "Hit", 10, 20, 0, false);
  traffic.remove("E1");
  traffic.remove("E1");
  traffic.count(traffic.placeOf("E2"), 200, "Hit", 1, 2, 0, false);
  traffic.count(gone, 200, "Hit", 100, 200, 0, false); // it was on its way
  assert.equal(counted(traffic, "E2").bytesIn, 1);
  const snapshot = traffic.snapshot();
  assert.deepEqual(
    snapshot.distributions.map(([id]) => id),
    ["E2"],
  );
  assert.equal(readTraffic(snapshot.others).bytesIn, 110);
  assert.equal(totalTraffic(snapshot).requests, 3);
});

test("snapshots of several edges add up, whichever has seen which distribution", () => {
  const [one, other] = [openTraffic(), openTraffic()];
  one.count(one.placeOf("E1"), 200, "Hit", 1, 10, 3, false);
  one.count(one.placeOf("E2"), 200, "Miss", 2, 20, 3, false);
  other.count(other.placeOf("E2"), 503, "CapacityExceeded", 4, 40, 3, false);
  other.count(other.placeOf(undefined), 403, "Error", 8, 80, 3, false);
  // As it crosses from process to process.
  const sum = addTraffic([one.snapshot(), structuredClone(other.snapshot())]);
  assert.deepEqual(
    sum.distributions.map(([id, row]) => [id, readTraffic(row).bytesIn]),
    [
      ["E1", 1],
      ["E2", 6],
    ],
  );
  const total = totalTraffic(sum);
  assert.deepEqual([total.requests, total.bytesIn, total.bytesOut], [4, 15, 150]);
  assert.equal(total.durations.counts[durationClass(3)], 4);
  assert.deepEqual(totalTraffic(addTraffic([])).requests, 0);
});
