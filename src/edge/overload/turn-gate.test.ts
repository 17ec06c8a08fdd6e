// What is refused when an event loop has too much to do, in simulated time: a loop that serves requests one after the other, in turns,
// and is measured as the real one is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openTurnGate, type GateBounds } from "./turn-gate.ts";

const BOUNDS: GateBounds = { turnMsMax: 50, patienceMs: 100 };
const SAMPLE_MS = 20;

interface Second {
  served: number;
  refused: number;
  waitedMsMax: number;
}

interface Costs {
  /** What serving one costs, in milliseconds. */
  readonly serveMs: number;
  readonly refuseMs: number;
  readonly isFetch: boolean;
}

/**
 * A loop in turns: what has arrived since the last one is served or refused, then the timer is looked at. `offered`: requests per
 * millisecond at an instant. `pauses`: from when on the loop does something else, and for how long.
 */
function simulate(
  durationMs: number,
  offered: (at: number) => number,
  { serveMs, refuseMs, isFetch }: Costs,
  pauses: readonly (readonly [at: number, ms: number])[] = [],
): Second[] {
  const gate = openTurnGate(BOUNDS);
  const seconds = Array.from({ length: Math.ceil(durationMs / 1000) }, () => ({
    served: 0,
    refused: 0,
    waitedMsMax: 0,
  }));
  const waitingPauses = [...pauses];
  let now = 0;
  let arrivedUntil = 0;
  let due = SAMPLE_MS;
  let owed = 0;
  while (now < durationMs) {
    const turnFrom = now;
    if (gate.isPressed) gate.beginTurn(now);
    const from = arrivedUntil;
    owed += offered(from) * (turnFrom - from);
    arrivedUntil = turnFrom;
    for (; owed >= 1; owed--) {
      const isRefused = isFetch ? gate.refusesFetch(now) : gate.refusesAll(now);
      now += isRefused ? refuseMs : serveMs;
      const second = seconds[Math.floor(now / 1000)];
      if (second === undefined) break;
      if (isRefused) second.refused++;
      else {
        second.served++;
        second.waitedMsMax = Math.max(second.waitedMsMax, now - from);
      }
    }
    const [pause] = waitingPauses;
    if (pause !== undefined && now >= pause[0]) {
      waitingPauses.shift();
      now += pause[1];
    }
    if (now >= due) {
      gate.noteLate(now, now - due);
      due = now + SAMPLE_MS;
    } else if (now === turnFrom) now += 0.5; // nothing to do: it sleeps for a little
  }
  return seconds;
}

const MISS: Costs = { serveMs: 0.1, refuseMs: 0.008, isFetch: true };
const HIT: Costs = { serveMs: 0.01, refuseMs: 0.001, isFetch: false };

for (const [name, costs] of [
  ["fetches", MISS],
  ["hits", HIT],
] as const) {
  const capacity = 1000 / costs.serveMs;
  for (const times of [0.5, 0.9, 0.98]) {
    test(`${name} at ${times} of the capacity: nothing is refused`, () => {
      for (const { refused } of simulate(5000, () => times / costs.serveMs, costs)) assert.equal(refused, 0);
    });
  }

  for (const times of [1.1, 1.5, 2, 4]) {
    test(`${name} at ${times} times the capacity: all that refusing leaves is served, in time`, () => {
      const ratio = costs.refuseMs / costs.serveMs;
      const possible = ((1 - times * ratio) / (1 - ratio)) * capacity;
      const seconds = simulate(12_000, () => times / costs.serveMs, costs).slice(4);
      const served = seconds.reduce((sum, second) => sum + second.served, 0) / seconds.length;
      assert.ok(served >= (times > 2 ? 0.9 : 0.96) * possible, `${served} of ${possible}`);
      assert.ok(seconds.some(({ refused }) => refused > 0));
      for (const { refused, waitedMsMax } of seconds) {
        // A turn of hits may take most of a second, and then the next refuses.
        if (costs.isFetch) assert.ok(refused > 0);
        const turns = (times > 2 ? 20 : 2.7) * (costs.isFetch ? 1 : 10);
        assert.ok(waitedMsMax <= turns * BOUNDS.turnMsMax, `${waitedMsMax} ms`);
      }
    });
  }

  test(`${name}: within a second after an overload nothing is refused any more`, () => {
    const seconds = simulate(8000, (at) => (at < 4000 ? 2 : 0.7) / costs.serveMs, costs);
    assert.ok((seconds[3]?.refused ?? 0) > 0);
    for (const { refused, served } of seconds.slice(5)) {
      assert.equal(refused, 0);
      assert.ok(served > 0.69 * capacity);
    }
  });
}

// One long turn, and what has gathered meanwhile
for (const [what, pauses] of [
  ["a second of compiling at the start", [[0, 1000]]],
  ["a collection of garbage of 80 ms, every second", [1, 2, 3, 4].map((at) => [at * 1000, 80] as const)],
  ["a configuration of 300 ms", [[2000, 300]]],
  ["an hour of a suspended machine", [[2000, 3_600_000]]],
] as const) {
  test(`${what} refuses nobody at 0.7 of the capacity`, () => {
    const awake = pauses.find(([, ms]) => ms > 100_000);
    // Nobody is asked while it is suspended: what was offered at its beginning counts for all of it.
    const offered = (at: number): number =>
      awake !== undefined && at >= awake[0] - 50 && at < awake[0] + awake[1] ? 0 : 0.7;
    const bound = 6000 + pauses.reduce((sum, [, ms]) => sum + ms, 0);
    const seconds = simulate(bound, (at) => offered(at) / MISS.serveMs, MISS, pauses);
    assert.equal(
      seconds.reduce((sum, { refused }) => sum + refused, 0),
      0,
    );
    assert.ok((seconds.at(-1)?.served ?? 0) > 0);
  });
}

test("a bound of 0 never refuses", () => {
  const gate = openTurnGate({ turnMsMax: 0, patienceMs: 100 });
  for (let at = 0; at < 10_000; at += 1000) gate.noteLate(at, 900);
  assert.equal(gate.isPressed, false);
});

test("what the cache has is served for longer than what it has not", () => {
  const gate = openTurnGate(BOUNDS);
  for (let at = 0; at <= 300; at += 100) gate.noteLate(at, 100);
  assert.equal(gate.isPressed, true);
  gate.beginTurn(400);
  const rows: readonly (readonly [number, boolean, boolean])[] = [
    [400, false, false],
    [450, false, false],
    [451, true, false],
    [900, true, false],
    [901, true, true],
  ];
  for (const [at, fetch, all] of rows)
    assert.deepEqual([gate.refusesFetch(at), gate.refusesAll(at)], [fetch, all], `${at}`);
});

test("what is late once is no overload, however late", () => {
  const gate = openTurnGate(BOUNDS);
  for (let at = 0; at < 20_000; at += 1000) {
    gate.noteLate(at, 5000);
    gate.noteLate(at + 10, 5000);
    gate.noteLate(at + 20, 0);
  }
  assert.equal(gate.isPressed, false);
});

/** One turn in which a request is looked at every millisecond; when it is found too long, in ms since the timer was due. */
function servedWithin(turnMs: number, pauses: readonly (readonly [at: number, ms: number])[]): number | undefined {
  const gate = openTurnGate({ turnMsMax: 50, patienceMs: 150 });
  const waiting = [...pauses];
  for (let at = 1; at < turnMs; at++) {
    const pause = waiting[0];
    if (pause !== undefined && at >= pause[0]) {
      at += pause[1];
      waiting.shift();
    }
    gate.noteServing(1000 + at, 1000);
    if (gate.isPressed) return at;
  }
  return undefined;
}

test("a turn that does not end is seen from within, and what has gathered in a pause is not taken for one", () => {
  const rows: readonly (readonly [string, number, readonly (readonly [number, number])[], number | undefined])[] = [
    ["short", 50, [], undefined],
    ["long, but over before the patience is", 149, [], undefined],
    ["endless", 10_000, [], 150],
    ["a second of something else, then as long of what has gathered", 2000, [[0, 1000]], undefined],
    ["and then more", 4000, [[0, 1000]], 2154],
    ["an hour of a suspended machine in the midst of it", 3_600_200, [[100, 3_600_000]], undefined],
  ];
  for (const [what, turnMs, pauses, expected] of rows) {
    const found = servedWithin(turnMs, pauses);
    if (expected === undefined) assert.equal(found, undefined, what);
    else assert.ok(found !== undefined && Math.abs(found - expected) <= 5, `${what}: ${found}`);
  }
});
