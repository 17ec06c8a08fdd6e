import assert from "node:assert/strict";
import { test } from "node:test";
import { epochMs } from "../../vocabulary/time.ts";
import { openPulse } from "./pulse.ts";

test("who looks first after a stop finds out, once; who has only had its clock set does not", () => {
  let now = 1_000_000;
  let uptimeMs = 0;
  const stops: number[] = [];
  const pulse = openPulse({
    stoppedSeconds: 1.75,
    clock: { now: () => epochMs(now) },
    uptimeMs: () => uptimeMs,
    onStopped: (forSeconds) => void stops.push(forSeconds),
  });
  const pass = (ms: number): void => void ((now += ms), (uptimeMs += ms));
  const ask = (): void => {
    if (now > pulse.trustedUntilMs) pulse.look();
  };
  for (let beats = 0; beats < 20; beats++) {
    pass(250);
    ask();
    pulse.beat();
  }
  assert.deepEqual(stops, []);
  pass(1749);
  ask();
  assert.deepEqual(stops, [], "nobody has given it up yet");
  pass(2);
  ask();
  ask();
  pulse.beat();
  assert.deepEqual(stops, [1.751]);
  pass(5000);
  pulse.beat();
  ask();
  assert.deepEqual(stops, [1.751, 5]);
  now += 3_600_000;
  ask();
  pass(1000);
  ask();
  pulse.beat();
  now -= 7_200_000;
  ask();
  pass(2000);
  pulse.beat();
  assert.deepEqual(stops, [1.751, 5, 2], "it was stopped when the clock was set back");
});

test("where the time may stand still every request looks, and a stop is found by the first [D-0034]", () => {
  const now = 1_000_000; // as served, and frozen
  let uptimeMs = 0;
  const stops: number[] = [];
  const pulse = openPulse({
    stoppedSeconds: 1.75,
    clock: { now: () => epochMs(0) },
    uptimeMs: () => uptimeMs,
    onStopped: (forSeconds) => void stops.push(forSeconds),
  });
  const ask = (): void => {
    if (now > pulse.trustedUntilMs) pulse.look();
  };
  uptimeMs += 1000;
  ask();
  pulse.beat();
  assert.deepEqual(stops, []);
  uptimeMs += 3000;
  ask();
  ask();
  assert.deepEqual(stops, [3]);
});
