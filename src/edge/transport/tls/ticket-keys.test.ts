import assert from "node:assert/strict";
import { test } from "node:test";

import type { EpochMs } from "../../../vocabulary/time.ts";
import { advanceTicketSeed, newTicketSeed, openTicketKeys, TICKET_NAME_BYTES } from "./ticket-keys.ts";

const HOUR = 3_600_000;
const random = (count: number): Uint8Array => new Uint8Array(count).fill(1);
const at = (hours: number): EpochMs => (hours * HOUR) as EpochMs;

function nameOf(keys: Buffer): Buffer {
  return keys.subarray(0, TICKET_NAME_BYTES);
}

test("all who have the seed, or what it has become, have the same keys at the same time", () => {
  const seed = newTicketSeed(random, at(1));
  for (const hours of [1, 11.9, 12, 13, 15, 24, 1000]) {
    const clock = { now: () => at(hours) };
    const keys = openTicketKeys(seed, clock).current();
    assert.equal(keys.length, 48);
    assert.deepEqual(openTicketKeys(advanceTicketSeed(seed, at(hours)), clock).current(), keys, `${hours} h`);
    for (const passed of [2, 14, 500]) {
      if (passed > hours) continue;
      const inSteps = advanceTicketSeed(advanceTicketSeed(seed, at(passed)), at(hours));
      assert.deepEqual(openTicketKeys(inSteps, clock).current(), keys, `${hours} h, by way of ${passed} h`);
    }
  }
});

test("keys change every twelve hours and are known for two more, and a seed that has advanced cannot make them", () => {
  let hours = 11;
  const clock = { now: () => at(hours) };
  const seed = newTicketSeed(random, at(hours));
  const keys = openTicketKeys(seed, clock);
  const first = keys.current();
  assert.equal(keys.current(), first, "the same object while they are the same");
  assert.equal(keys.named(nameOf(first)), first);
  hours = 12;
  const second = keys.current();
  assert.notDeepEqual(second, first);
  assert.notDeepEqual(nameOf(second), nameOf(first));
  hours = 13.99;
  assert.deepEqual(keys.named(nameOf(first)), first);
  assert.equal(keys.named(nameOf(second)), second);
  hours = 14;
  assert.equal(keys.named(nameOf(first)), undefined);
  assert.equal(keys.current(), second);
  const advanced = advanceTicketSeed(seed, at(14));
  assert.equal(advanced.period, 1);
  const atTheStart = openTicketKeys(advanced, { now: () => at(11) });
  assert.deepEqual(atTheStart.current(), second, "there is no way back");
  for (const name of [new Uint8Array(16), new Uint8Array(0), randomName()]) assert.equal(keys.named(name), undefined);
});

test("keys that were not wanted for a while are those of the present when they are", () => {
  let hours = 1;
  const seed = newTicketSeed(random, at(hours));
  const slept = openTicketKeys(seed, { now: () => at(hours) });
  slept.current();
  hours = 100;
  assert.deepEqual(slept.current(), openTicketKeys(seed, { now: () => at(hours) }).current());
});

function randomName(): Uint8Array {
  return Uint8Array.from({ length: TICKET_NAME_BYTES }, (_, index) => (index * 37) % 256);
}
