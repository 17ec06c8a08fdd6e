import assert from "node:assert/strict";
import { test } from "node:test";
import type { DistributionId, FeedNumber } from "../../vocabulary/ids.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { CacheKey } from "../storage/cache-storage.ts";
import { openPast, type Past } from "./past.ts";

const BYTES = 131_072; // the least that may be set: 1024 keys
const distribution = "E1" as DistributionId;
const at = (number: number): FeedNumber => number as FeedNumber;

function keyOf(path: string, rest = ""): CacheKey {
  return { text: `E1|${path.length}:${path}${rest}`, distribution, url: path };
}

function openAt(): { readonly past: Past; readonly advance: (by: number) => void } {
  let now = 1_000_000;
  return { past: openPast(BYTES, () => epochMs(now)), advance: (by) => void (now += by) };
}

const stored = { kind: "stored", began: at(3), status: 200, why: "" } as const;

test("the last fetch of a key is remembered, and nothing of a key that was never fetched", () => {
  const { past, advance } = openAt();
  past.note(keyOf("/a"), { kind: "not-stored", began: at(3), status: 200, why: "no-store" });
  assert.deepEqual(past.find(keyOf("/a")), {
    kind: "not-stored",
    at: 1_000_000,
    began: 3,
    status: 200,
    why: "no-store",
  });
  advance(5);
  past.note(keyOf("/a"), stored);
  assert.equal(past.find(keyOf("/a"))?.kind, "stored");
  advance(5);
  past.noteDropped(keyOf("/a"));
  past.noteDropped(keyOf("/b"));
  assert.deepEqual(past.find(keyOf("/a")), { kind: "dropped", at: 1_000_010, began: 3, status: 200, why: "" });
  assert.equal(past.find(keyOf("/b")), undefined);
});

test("neighbors are stored under the same path, the latest first, and only while their text is there", () => {
  const { past } = openAt();
  for (const rest of ["z", ";3:a=1", ";3:a=2"]) past.note(keyOf("/a", rest), stored);
  past.note(keyOf("/a", ";3:a=3"), { ...stored, kind: "lost" });
  past.note(keyOf("/a", `;3000:${"x".repeat(3000)}`), stored); // too long to be kept
  past.note(keyOf("/b", "z"), stored);
  const text = (rest: string): string => keyOf("/a", rest).text;
  assert.deepEqual(past.neighbors(keyOf("/a"), 9), [text(";3:a=2"), text(";3:a=1"), text("z")]);
  assert.deepEqual(past.neighbors(keyOf("/a"), 1), [text(";3:a=2")]);
  assert.deepEqual(past.neighbors(keyOf("/a", "z"), 9), [text(";3:a=2"), text(";3:a=1")]);
});

test("however much is fetched, what is remembered is bounded, is the newest, and is never mixed up", () => {
  const { past } = openAt();
  const long = "y".repeat(700);
  const keys = Array.from({ length: 5000 }, (_, number) => keyOf(`/page/${number}`, `;705:a=${number}${long}`));
  for (const [number, key] of keys.entries()) past.note(key, { ...stored, began: at(number) });
  let known = 0;
  for (const [number, key] of keys.entries()) {
    const found = past.find(key);
    if (found === undefined) continue;
    known++;
    assert.equal(found.began, number);
    // Its text may be written over; then it is nobody's neighbor, and never another's.
    for (const text of past.neighbors({ ...key, text: "" }, 9)) assert.equal(text, key.text);
  }
  assert.ok(known > 300 && known <= 1024, `${known} are known`);
  const last = keys.at(-1);
  assert.deepEqual(last && past.neighbors({ ...last, text: "" }, 9), [last?.text]);
});

test("the first invalidation behind a fetch is what removed it, and unsafe requests do not have others forgotten", () => {
  const { past } = openAt();
  const note = (id: string | undefined, path: string, number: number): void =>
    past.noteInvalidation({ id, invalidated: { distribution, path, isLiteral: id === undefined }, number: at(number) });
  note("I1", "/a*", 2);
  note("I2", "/a", 4);
  note("I3", "/*", 5);
  for (let own = 0; own < 10_000; own++) note(undefined, "/a", 6 + own / 20_000);
  const told = (began: number, path = "/a"): string | undefined => {
    const found = past.invalidationOf(keyOf(path), at(began));
    return found && (found.id ?? "own");
  };
  assert.deepEqual([told(0), told(2), told(4), told(5), told(7)], ["I1", "I2", "I3", "own", undefined]);
  assert.deepEqual([told(3, "/b"), told(5, "/b")], ["I3", undefined]);
  const elsewhere = { ...keyOf("/a"), distribution: "E2" as DistributionId };
  assert.equal(past.invalidationOf(elsewhere, at(0)), undefined);
  for (let more = 0; more < 5000; more++) note(`J${more}`, `/${"p".repeat(300)}${more}`, 10 + more);
  assert.equal(told(0), "own", "the oldest of the feed's are forgotten at last");
});
