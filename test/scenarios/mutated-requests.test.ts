// Generated and mutated requests through a whole edge to an origin: none hangs, none is a fault of ours, and the origin gets
// as many plain requests as the viewer got answers from it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cutAtRandom, makeInput, mulberry32 } from "../support/generated-requests.ts";
import { ALL_METHODS, list } from "./harness.ts";
import { openRecordingOrigin, type RecordingOrigin } from "./recording-origin.ts";
import { openWired, type WiredWorld } from "./wired.ts";

const COUNT = process.env["WARMFRONT_NIGHTLY"] === "1" ? 50_000 : 3000;
const SEED = Number(process.env["WARMFRONT_SEED"] ?? 20_261_121);
/** At a time. */
const BATCH = 20;

/** Statuses that the viewer got. */
async function play(wired: WiredWorld, number: number): Promise<readonly string[]> {
  const random = mulberry32(SEED + number);
  const bytes = makeInput(random);
  const viewer = wired.viewer();
  try {
    for (const piece of cutAtRandom(random, bytes)) {
      viewer.send(piece);
      if (random() < 0.1) await new Promise((resolve) => setImmediate(resolve));
    }
    viewer.socket.end();
    const statuses = [...(await viewer.toEnd()).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? "");
    for (const status of statuses) assert.doesNotMatch(status, /^50[0234]$/);
    return statuses;
  } catch (error) {
    throw new Error(`seed ${SEED}, input ${number}: ${JSON.stringify(bytes.toString("latin1"))}`, { cause: error });
  } finally {
    viewer.socket.destroy();
  }
}

function check(from: number, statuses: readonly string[], origin: RecordingOrigin): number {
  const asked = origin.take();
  const answered = statuses.filter((status) => status === "200").length;
  const where = `seed ${SEED}, inputs from ${from}`;
  assert.deepEqual(origin.findings, [], where);
  assert.equal(asked.length, answered, `${where}: ${asked.join(" | ")}`);
  return answered;
}

test(`${COUNT} mutated inputs through to the origin`, { timeout: 600_000 }, async () => {
  await using wired = await openWired({
    // The hosts that the generator writes.
    config: { Aliases: list("a.example", "a", "[::1]", "h.example") },
    behavior: {
      AllowedMethods: ALL_METHODS,
      ForwardedValues: { Headers: { Quantity: 1, Items: ["*"] }, QueryString: true, Cookies: { Forward: "all" } },
      MinTTL: 0,
    },
  });
  await using origin = await openRecordingOrigin();
  wired.pointAt(origin.port);
  let answered = 0;
  for (let from = 0; from < COUNT; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, COUNT - from) }, (_, index) => from + index);
    const statuses = (await Promise.all(numbers.map((number) => play(wired, number)))).flat();
    answered += check(from, statuses, origin);
  }
  assert.equal(wired.world.edge.counters().faults, 0);
  // They would prove nothing if hardly any reached the origin.
  assert.ok(answered > COUNT / 3, `${answered} answered by the origin`);
});
