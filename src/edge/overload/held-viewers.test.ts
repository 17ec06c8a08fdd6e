// When viewers who were refused are released, in simulated time.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openHeldViewers } from "./held-viewers.ts";

const TICK_MS = 20;

/** So many are held at once; how many are released in each 20 ms from then on. `isOverAt`: nothing is refused any more. */
function releasesOf(viewers: number, isOverAt = Infinity, tickMs = TICK_MS): readonly number[] {
  const held = openHeldViewers();
  const released: number[] = [];
  const begun = 12_345;
  for (let viewer = 0; viewer < viewers; viewer++) held.hold(begun, () => released.push(now));
  let now = begun;
  for (let ticks = 0; held.count > 0; ticks++) {
    assert.ok(ticks < 1000, "somebody is held for ever");
    now += tickMs;
    held.advance(now, now - begun >= isOverAt);
  }
  assert.equal(released.length, viewers);
  return released.map((at) => at - begun);
}

test("who was refused together is released one by one, after between one second and two", () => {
  const released = releasesOf(1000);
  assert.deepEqual([Math.min(...released), Math.max(...released)], [1000, 1980]);
  const each = new Map<number, number>();
  for (const at of released) each.set(at, (each.get(at) ?? 0) + 1);
  assert.deepEqual([each.size, new Set(each.values())], [50, new Set([20])]);
});

for (const [viewers, perSecondMax] of [
  [500, 340],
  [1000, 680],
  [2000, 680],
  [4000, 680],
  [8000, 1350],
] as const) {
  test(`of ${viewers} who ask again as soon as they may, at most ${perSecondMax} do in a second`, () => {
    const held = openHeldViewers();
    const SECONDS = 60;
    const released = Array.from({ length: SECONDS }, () => 0);
    let now = 0;
    const again = (): void => {
      const second = Math.floor(now / 1000);
      released[second] = (released[second] ?? 0) + 1;
      held.hold(now, again);
    };
    for (let viewer = 0; viewer < viewers; viewer++) held.hold(0, again);
    for (now = TICK_MS; now < SECONDS * 1000; now += TICK_MS) held.advance(now, false);
    // Those who were refused together have come apart by then.
    const settled = released.slice(20);
    const each = settled.reduce((sum, count) => sum + count, 0) / settled.length;
    assert.ok(each <= perSecondMax && each > perSecondMax * 0.9, `${each}`);
    assert.ok(Math.max(...settled) <= perSecondMax * 1.3, `${Math.max(...settled)}`);
  });
}

test("when nothing is refused any more, all are free within two thirds of a second, however many they are", () => {
  for (const viewers of [1000, 3000, 20_000]) {
    for (const isOverAt of [20, 500, 1500]) {
      const released = releasesOf(viewers, isOverAt);
      assert.ok(Math.max(...released) <= isOverAt + 680, `${Math.max(...released)}`);
    }
  }
});

test("when it is over right after they were refused, they come back spread over a third of a second", () => {
  for (const viewers of [500, 1000, 4000]) {
    const released = releasesOf(viewers, 20);
    const perTick = new Map<number, number>();
    for (const at of released) perTick.set(at, (perTick.get(at) ?? 0) + 1);
    assert.ok(Math.max(...perTick.values()) <= Math.max(60, viewers / 10), `${Math.max(...perTick.values())}`);
  }
});

test("a wheel that is looked at late releases all who are due", () => {
  const released = releasesOf(100, Infinity, 700);
  assert.deepEqual(new Set(released), new Set([1400, 2100]));
});

test("who comes while others are held waits as long as they did", () => {
  const held = openHeldViewers();
  const released: string[] = [];
  held.hold(0, () => released.push("first"));
  for (let now = TICK_MS; now <= 980; now += TICK_MS) held.advance(now, false);
  held.hold(980, () => released.push("second"));
  held.advance(1960, false);
  assert.deepEqual(released, ["first"]);
  held.advance(2980, false);
  assert.deepEqual(released, ["first", "second"]);
  assert.equal(held.count, 0);
});

test("a release may hold again", () => {
  const held = openHeldViewers();
  let released = 0;
  const again = (): void => {
    released++;
    held.hold(0, again);
  };
  held.hold(0, again);
  held.advance(10_000, true);
  assert.equal(held.count, 1);
  assert.ok(released > 1);
});
