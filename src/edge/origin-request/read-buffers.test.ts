import assert from "node:assert/strict";
import { test } from "node:test";
import { ReadBuffers } from "./read-buffers.ts";

test("a wide buffer is lent while a long body comes, and to the next one that asks afterwards", () => {
  const one = new ReadBuffers();
  const own = one.next("own");
  assert.equal(one.next("as-before"), own, "nobody has a wide one before it is wanted");
  const wide = one.next("wide");
  assert.ok(wide.length > own.length);
  assert.equal(one.next("as-before"), wide);
  const two = new ReadBuffers();
  const others = two.next("wide");
  assert.notEqual(others, wide, "it is lent to one at a time");
  assert.equal(one.next("own"), own);
  assert.equal(one.next("wide"), wide);
  two.next("own");
  const three = new ReadBuffers();
  assert.equal(three.next("wide"), others);
  for (const each of [one, two, three]) each.next("own");
});

test("what was given away, and what was being read into when a connection ended, is never lent again", () => {
  const one = new ReadBuffers();
  const given = one.next("wide");
  one.giveAway();
  const left = one.next("wide");
  assert.notEqual(left, given);
  one.close();
  const own = one.next("own");
  one.giveAway();
  assert.notEqual(one.next("own"), own);
  const two = new ReadBuffers();
  const lent = two.next("wide");
  assert.ok(lent !== given && lent !== left);
  two.next("own");
});

test("only so many are lent, and all of them once they have come back", () => {
  const all = Array.from({ length: 1000 }, () => new ReadBuffers());
  const own = all[0]?.next("own").length ?? 0;
  const countWide = (): number => all.filter((each) => each.next("wide").length > own).length;
  const most = countWide();
  assert.ok(most > 0 && most < all.length, `${most} are wide`);
  for (const [index, each] of all.entries()) {
    if (index % 3 === 0) each.giveAway();
    else if (index % 3 === 1) each.close();
    else each.next("own");
  }
  assert.equal(countWide(), most);
  for (const each of all) each.next("own");
});
