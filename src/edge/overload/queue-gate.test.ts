// Who is refused a place in the queue for an origin's connections, in simulated time: an origin that answers after the same time always, on
// so many connections, and viewers who come at a rate.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openQueueGate, type QueueBounds } from "./queue-gate.ts";

const BOUNDS: QueueBounds = { connectionsMax: 64, waitMsMax: 100, patienceMs: 150 };

interface Second {
  served: number;
  refused: number;
  waitedMsMax: number;
  waitingMax: number;
}

/** `offered`: requests per millisecond at an instant. */
function simulate(durationMs: number, answerMs: number, offered: (at: number) => number): Second[] {
  const gate = openQueueGate(BOUNDS);
  const seconds: Second[] = [];
  const waiting: number[] = [];
  /** When each connection is free again. */
  const busyUntil = Array.from({ length: BOUNDS.connectionsMax }, () => 0);
  let owed = 0;
  for (let now = 0; now < durationMs; now++) {
    const second = (seconds[Math.floor(now / 1000)] ??= { served: 0, refused: 0, waitedMsMax: 0, waitingMax: 0 });
    const take = (index: number, cameAt: number): void => {
      // Not all at the same instant, as they would stay together for good.
      busyUntil[index] = now + answerMs * (0.9 + (0.2 * index) / BOUNDS.connectionsMax);
      second.served++;
      second.waitedMsMax = Math.max(second.waitedMsMax, now - cameAt);
    };
    for (const [index, until] of busyUntil.entries()) {
      const first = until > now ? undefined : waiting.shift();
      if (first === undefined) continue;
      gate.note(now, waiting.length, true);
      take(index, first);
    }
    for (owed += offered(now); owed >= 1; owed--) {
      const free = busyUntil.findIndex((until) => until <= now);
      if (free >= 0) take(free, now);
      else if (gate.isCrowded(now)) second.refused++;
      else {
        waiting.push(now);
        gate.note(now, waiting.length, false);
      }
    }
    second.waitingMax = Math.max(second.waitingMax, waiting.length);
  }
  return seconds;
}

for (const answerMs of [20, 200, 2000]) {
  const capacity = BOUNDS.connectionsMax / answerMs;
  for (const times of [0.5, 0.9]) {
    test(`answers after ${answerMs} ms, ${times} of what they allow: nobody is refused`, () => {
      for (const { refused } of simulate(8000, answerMs, () => times * capacity)) assert.equal(refused, 0);
    });
  }
  for (const times of [1.5, 2, 4, 20]) {
    test(`answers after ${answerMs} ms, ${times} times what they allow: the origin stays busy, and who is let in waits for a bounded time`, () => {
      const seconds = simulate(24_000, answerMs, () => times * capacity).slice(12);
      const served = seconds.reduce((sum, second) => sum + second.served, 0) / seconds.length;
      assert.ok(served >= 0.95 * capacity * 1000, `${served} of ${capacity * 1000}`);
      for (const { refused, waitedMsMax } of seconds) {
        assert.ok(refused > 0);
        assert.ok(waitedMsMax <= 1.3 * Math.max(BOUNDS.waitMsMax, answerMs) + 20, `${waitedMsMax} ms`);
      }
    });
  }
}

test("a burst is worked off: nobody of it is refused, however many they are", () => {
  const seconds = simulate(6000, 20, (at) => (at === 1000 ? 10_000 : at < 1000 ? 1 : 0));
  assert.equal(
    seconds.reduce((sum, { refused }) => sum + refused, 0),
    0,
  );
  assert.equal(
    seconds.reduce((sum, { served }) => sum + served, 0),
    11_000,
  );
});

test("as soon as less is asked again, nobody is refused: within half a second", () => {
  const seconds = simulate(6000, 20, (at) => (at < 2500 ? 8 : 2));
  assert.ok((seconds[2]?.refused ?? 0) > 0);
  for (const { refused } of seconds.slice(3)) assert.equal(refused, 0);
});

test("for an origin that does not answer as many wait as it has connections, beside those who came before it was known", () => {
  const seconds = simulate(4000, 60_000, () => 0.4);
  for (const { waitingMax } of seconds) assert.ok(waitingMax <= 64 + 0.4 * 150, `${waitingMax}`);
  assert.ok((seconds.at(-1)?.refused ?? 0) > 390);
});

test("a bound of 0 refuses nobody", () => {
  const gate = openQueueGate({ ...BOUNDS, waitMsMax: 0 });
  for (let at = 0; at < 10_000; at++) gate.note(at, at, false);
  assert.equal(gate.isCrowded(10_000), false);
});
