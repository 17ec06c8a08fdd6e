import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId } from "../../vocabulary/ids.ts";
import { EVERYTHING } from "./channel-messages.ts";
import { openRecentForgets, type RecentForgets } from "./recent-forgets.ts";

const E1 = "E1" as DistributionId;
const E2 = "E2" as DistributionId;

/** Which of three keys were forgotten lately. */
const seen = (forgets: RecentForgets): readonly boolean[] =>
  [
    { distribution: E1, url: "/a", text: "" },
    { distribution: E1, url: "/b", text: "" },
    { distribution: E2, url: "/a", text: "" },
  ].map((key) => forgets.has(key));

test("what was forgotten is known for its time, which begins anew when it is forgotten again", () => {
  const forgets = openRecentForgets(2);
  forgets.note(E1, ["/a"]);
  assert.deepEqual(seen(forgets), [true, false, false]);
  forgets.tick();
  forgets.note(E1, ["/b"]);
  forgets.tick();
  forgets.note(E1, ["/a"]);
  forgets.tick();
  assert.deepEqual(seen(forgets), [true, true, false]);
  forgets.tick();
  assert.deepEqual(seen(forgets), [true, false, false]);
  forgets.tick();
  assert.deepEqual(seen(forgets), [false, false, false]);
});

test("a whole distribution is forgotten with all its URLs", () => {
  const forgets = openRecentForgets(1);
  forgets.note(E1, [EVERYTHING]);
  assert.deepEqual(seen(forgets), [true, true, false]);
});

test("of more URLs than there is room for it is kept that there were some, for as long", () => {
  const forgets = openRecentForgets(2, 3);
  for (const url of ["/1", "/2", "/3", "/4"]) forgets.note(E1, [url]);
  for (const isKnown of [true, true, true, false]) {
    assert.deepEqual(seen(forgets), [isKnown, isKnown, isKnown]);
    forgets.tick();
  }
});
