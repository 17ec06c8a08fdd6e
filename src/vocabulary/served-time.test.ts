import assert from "node:assert/strict";
import test from "node:test";
import { changeTime, openMovableClock, REAL_TIME, servedAt, type ServedTime, type TimeChange } from "./served-time.ts";
import { epochMs, seconds } from "./time.ts";

const HOUR = seconds(3600);
const BOUNDS = { machineNow: epochMs(1_000_000), aheadSecondsMax: 10 * 3600 };

function changed(time: ServedTime, ...changes: readonly TimeChange[]): ServedTime {
  return changes.reduce((now, change) => {
    const next = changeTime(now, change, BOUNDS);
    assert.ok(next !== undefined);
    return next;
  }, time);
}

test("time that was advanced runs on with the machine's", () => {
  const time = changed(REAL_TIME, { kind: "advance", by: HOUR }, { kind: "advance", by: HOUR });
  assert.equal(servedAt(time, epochMs(1_000_000)), 8_200_000);
  assert.equal(servedAt(time, epochMs(1_000_001)), 8_200_001);
});

test("frozen time stands still, and is advanced from where it stands", () => {
  const time = changed(REAL_TIME, { kind: "advance", by: HOUR }, { kind: "freeze" });
  assert.equal(servedAt(time, epochMs(9_000_000)), 4_600_000);
  assert.equal(servedAt(changed(time, { kind: "freeze" }), epochMs(9_500_000)), 4_600_000);
  assert.equal(servedAt(changed(time, { kind: "advance", by: HOUR }), epochMs(9_500_000)), 8_200_000);
});

test("a reset is the machine's time again", () => {
  assert.deepEqual(changed(REAL_TIME, { kind: "advance", by: HOUR }, { kind: "freeze" }, { kind: "reset" }), REAL_TIME);
});

test("how far it may be ahead is bounded, however it came there", () => {
  const time = changed(REAL_TIME, { kind: "advance", by: seconds(10 * 3600) });
  assert.equal(changeTime(time, { kind: "advance", by: seconds(0.001) }, BOUNDS), undefined);
  assert.equal(changeTime(changed(time, { kind: "freeze" }), { kind: "advance", by: HOUR }, BOUNDS), undefined);
});

test("a clock that is set tells the new time at once", () => {
  let machineMs = 500;
  const clock = openMovableClock({ now: () => epochMs(machineMs) });
  assert.equal(clock.now(), 500);
  clock.set({ kind: "running", aheadSeconds: seconds(2) });
  machineMs = 600;
  assert.equal(clock.now(), 2600);
});
