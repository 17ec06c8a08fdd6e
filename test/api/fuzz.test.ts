// A hundred thousand changed requests to the management API, a million in nightly runs: whatever arrives is answered,
// soon, with a document and never with a fault of ours, and memory does not grow. WARMFRONT_FUZZ_SEED repeats a run.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { anyRequest, openFuzzWorld, type FuzzWorld } from "./corpus.ts";
import { assertSoundAnswer, mutateRequest } from "./fuzz.ts";
import { diceOf } from "./mutate.ts";

const SEED = Number(process.env["WARMFRONT_FUZZ_SEED"] ?? 20_261_120);
const isNightly = process.env["WARMFRONT_NIGHTLY"] === "1";
const COUNT = Number(process.env["WARMFRONT_FUZZ_COUNT"] ?? (isNightly ? 1_000_000 : 100_000));

/** Requests that one world lives through; its number, with the seed, is all that a repetition needs. */
const PER_WORLD = 500;
/** Of processor time, so that a busy machine fails no test. */
const SECONDS_MAX = 1;
const HEAP_GROWTH_MAX = 32 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function fuzzWorld(number: number, outcomes: Map<string, number>): Promise<void> {
  const world: FuzzWorld = await openFuzzWorld();
  const { harness } = world;
  const dice = diceOf(SEED + number * 7919);
  for (let step = 0; step < PER_WORLD; step++) {
    const asked = await anyRequest(world, dice);
    const request = mutateRequest(asked, dice, harness.clock.now());
    try {
      const begun = process.cpuUsage();
      const answer = await harness.askRaw(request);
      const { user, system } = process.cpuUsage(begun);
      assert.ok(user + system < SECONDS_MAX * 1_000_000, `took ${user + system} microseconds`);
      assert.deepEqual(harness.faults, []);
      assert(typeof answer.body === "string");
      const outcome = assertSoundAnswer(
        answer.status,
        answer.body,
        new Map(answer.fields).get("x-amzn-RequestId") ?? "",
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      const { body, ...rest } = request;
      const shown = JSON.stringify({ ...rest, body: Buffer.from(body).toString("latin1") });
      throw new Error(`seed ${SEED}, world ${number}, step ${step}: ${shown.slice(0, 20_000)}`, { cause: error });
    }
    if (step % 100 === 0) {
      await harness.deploy();
      harness.clock.advance(1);
    }
  }
}

test(
  `${COUNT} changed requests are all answered, and none with a fault of ours`,
  { timeout: 3_600_000 },
  async (context) => {
    const outcomes = new Map<string, number>();
    const worlds = Math.ceil(COUNT / PER_WORLD);
    const warm = Math.min(20, worlds - 1);
    let before = 0;
    for (let number = 0; number < worlds; number++) {
      await fuzzWorld(number, outcomes);
      if (number === warm) before = heapUsed();
    }
    const growth = heapUsed() - before;
    assert.ok(growth < HEAP_GROWTH_MAX, `the heap grew by ${growth} bytes`);

    const sorted = [...outcomes].sort(([, one], [, other]) => other - one);
    context.diagnostic(sorted.map(([outcome, count]) => `${outcome} ${count}`).join(", "));
    context.diagnostic(`the heap grew by ${Math.round(growth / 1024)} KiB`);
    // The changes have to get past the door, or they would prove nothing.
    const succeeded = ["200", "201", "204"].reduce((sum, status) => sum + (outcomes.get(status) ?? 0), 0);
    assert.ok(succeeded > COUNT * 0.1, `only ${succeeded} succeeded`);
    assert.ok(outcomes.size > 35, `only ${outcomes.size} different outcomes`);
  },
);
