import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { StoredBody } from "../storage/cache-storage.ts";
import { followStorage } from "./read-back.ts";

const WHOLE = Buffer.from("0123456789abcdefghijklmnopqrstuvwxyz_");

/** The rest of the whole from a byte on, in pieces of a size. */
async function* piecesFrom(from: number, to: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to; at += size) yield WHOLE.subarray(at, Math.min(to, at + size));
}

const BODY: StoredBody = {
  length: WHOLE.length,
  bytes: undefined,
  read: ({ from, to } = { from: 0, to: WHOLE.length }) => piecesFrom(from, to, 5),
};

/** What happens between the steps of a reader. */
type Step = number | "stored" | "lost" | "broke-off" | "unreadable";

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof({ weight: 6, arbitrary: fc.nat(8) }, fc.constantFrom<Step>("stored", "lost", "broke-off", "unreadable")),
  { maxLength: 20 },
);

test("who follows the disk gets every byte once and in order, whatever becomes of it, or is broken off with the body", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(10), fc.integer({ min: 1, max: 9 }), async (script, from, size) => {
      let given = from;
      let is: "coming" | "stored" | "lost" | "broke-off" = "coming";
      let canRead = true;
      const aloneFrom: number[] = [];
      const follower = followStorage({
        from,
        given() {
          if (is === "broke-off") throw new Error("broke off");
          return is === "lost" ? "lost" : given;
        },
        isComing: () => is === "coming",
        readBack: (at) => (canRead ? piecesFrom(at, given, size) : undefined),
        onRead: () => undefined,
        goOnAlone(position) {
          aloneFrom.push(position);
          return piecesFrom(position, WHOLE.length, 3);
        },
      });
      const got: Uint8Array[] = [];
      const reading = (async (): Promise<"whole" | "broke-off"> => {
        for (;;) {
          const step = await follower.rest.next();
          if (step.done === true) return "whole";
          got.push(step.value);
          await new Promise((resolve) => setImmediate(resolve));
        }
      })().catch(() => "broke-off" as const);
      const store = (): void => {
        given = WHOLE.length;
        is = "stored";
        follower.handOver(BODY);
      };
      for (const step of script) {
        if (is !== "coming") break;
        if (typeof step === "number") given = Math.min(WHOLE.length, given + step);
        else if (step === "unreadable") canRead = false;
        else if (step === "stored") store();
        else is = step;
        follower.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (is === "coming") store();
      const ending = await reading;
      const read = Buffer.concat(got).toString();
      const wanted = WHOLE.subarray(from).toString();
      if (ending === "broke-off") {
        assert.equal(is, "broke-off");
        assert.ok(wanted.startsWith(read));
      } else assert.equal(read, wanted);
      assert.ok(aloneFrom.length <= 1);
    }),
    { seed: 20_261_121, numRuns: 300 },
  );
});

test("who leaves while it waits for the disk is let go", async () => {
  const follower = followStorage({
    from: 0,
    given: () => 0,
    isComing: () => true,
    readBack: () => undefined,
    onRead: () => undefined,
    goOnAlone: () => assert.fail("nothing is lost"),
  });
  const waiting = follower.rest.next();
  follower.stop();
  assert.equal((await waiting).done, true);
});
