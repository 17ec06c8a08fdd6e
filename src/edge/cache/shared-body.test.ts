import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Admission, StoredBody, StoredResponse } from "../storage/cache-storage.ts";
import type { FlowingBody } from "../transport/flowing-body.ts";
import { headOf, keyOf } from "../storage/cache-storage-contract.ts";
import { openMemoryStorage } from "../storage/memory-storage.ts";
import { openSharedBody, type BodyReader } from "./shared-body.ts";

/** Counts what it is given; refuses beyond `bytesMax`. */
function admissionOf(bytesMax: number): Admission & { readonly taken: Uint8Array[]; ending: string } {
  const taken: Uint8Array[] = [];
  let length = 0;
  return {
    taken,
    ending: "open",
    append(chunk) {
      length += chunk.length;
      if (length > bytesMax) return false;
      taken.push(chunk);
      return true;
    },
    async commit() {
      this.ending = "committed";
      const whole = Buffer.concat(taken);
      const body: StoredBody = {
        length: whole.length,
        bytes: undefined,
        async *read({ from, to } = { from: 0, to: whole.length }) {
          for (let at = from; at < to; at += 70_000) yield whole.subarray(at, Math.min(to, at + 70_000));
        },
      };
      return { head: headOf(1), body };
    },
    abort() {
      this.ending = "aborted";
    },
  };
}

/** The same, handed over as it comes: what was taken is written over at once, as a connection does. */
function flowOf(chunks: AsyncIterable<Uint8Array>): FlowingBody {
  return {
    open(sink) {
      const state: { is: "paused" | "flowing" | "stopped" } = { is: "paused" };
      let wake: (() => void) | undefined;
      const going = async (): Promise<boolean> => {
        while (state.is === "paused") await new Promise<void>((resolve) => (wake = resolve));
        return state.is === "flowing";
      };
      const pour = async (): Promise<void> => {
        try {
          for await (const chunk of chunks) {
            if (!(await going())) return;
            const lent = Buffer.from(chunk);
            if (sink.take(lent)) lent.fill(0);
          }
          if (await going()) sink.end();
        } catch (error) {
          if (await going()) sink.fail(error as Error);
        }
      };
      void pour();
      return {
        resume() {
          state.is = "flowing";
          wake?.();
        },
        pause: () => void (state.is = "paused"),
        stop() {
          state.is = "stopped";
          wake?.();
        },
      };
    },
    [Symbol.asyncIterator]: () => chunks[Symbol.asyncIterator](),
  };
}

interface Run {
  readonly isFlowing: boolean;
  readonly chunks: readonly number[];
  readonly isLengthTold: boolean;
  readonly bytesMax: number;
  readonly breaksAt: number | undefined;
  /** For each reader: after how many chunks of the source it joins, and after how many steps it leaves. */
  readonly readers: readonly { readonly joins: number; readonly leaves: number | undefined }[];
}

const runs: fc.Arbitrary<Run> = fc.record({
  isFlowing: fc.boolean(),
  chunks: fc.array(fc.nat(200_000), { maxLength: 8 }),
  isLengthTold: fc.boolean(),
  bytesMax: fc.constantFrom(0, 100_000, 10_000_000),
  breaksAt: fc.option(fc.nat(8), { nil: undefined, freq: 3 }),
  readers: fc.array(fc.record({ joins: fc.nat(4), leaves: fc.option(fc.nat(4), { nil: undefined, freq: 2 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

test("every reader gets the bytes from the first to the last, or an error, whatever the others do", async () => {
  await fc.assert(
    fc.asyncProperty(runs, async (run) => {
      const total = run.chunks.reduce((sum, length) => sum + length, 0);
      const whole = Buffer.alloc(total, "0123456789abcdefghijklmnopqrstuvwxyz_"); // 37 long: no chunk looks like another
      const admission = admissionOf(run.bytesMax);
      let given = 0;
      let aborted = false;
      const ended = Promise.withResolvers<unknown>();
      const reading: Promise<void>[] = [];

      async function read(reader: BodyReader, leaves: number | undefined): Promise<void> {
        let at = 0;
        for (let step = 0; step !== leaves; step++) {
          let next: IteratorResult<Uint8Array>;
          try {
            next = await reader.next();
          } catch {
            assert.ok(run.breaksAt !== undefined, "only an origin that breaks off breaks a reader off");
            return;
          }
          if (next.done === true) return assert.equal(at, total, "a body that ends is whole");
          assert.ok(whole.subarray(at, at + next.value.length).equals(next.value), "bytes come in order");
          at += next.value.length;
        }
        await reader.return();
      }

      function joinThose(count: number): void {
        for (const { joins, leaves } of run.readers) {
          if (joins !== count) continue;
          const reader = shared.join();
          if (reader !== undefined) reading.push(read(reader, leaves));
        }
      }

      async function* source(): AsyncGenerator<Uint8Array> {
        await Promise.resolve(); // a socket never delivers within the call that opens it
        for (const [index, length] of run.chunks.entries()) {
          if (index === run.breaksAt) throw new Error("broke off");
          joinThose(index + 1);
          if (aborted) throw new Error("aborted");
          yield whole.subarray(given, (given += length));
        }
        if (run.breaksAt !== undefined) throw new Error("broke off at the end");
      }

      const shared = openSharedBody({
        chunks: run.isFlowing ? flowOf(source()) : source(),
        length: run.isLengthTold ? total : undefined,
        admission,
        abort: () => (aborted = true),
        ended: ended.resolve,
      });
      const first = shared.join();
      assert.ok(first !== undefined);
      reading.push(read(first, run.readers[0]?.leaves));
      joinThose(0);
      await Promise.all(reading);
      await ended.promise;
      const isStored = admission.ending === "committed";
      if (isStored) assert.ok(whole.equals(Buffer.concat(admission.taken)), "what is stored is whole");
      if (run.breaksAt !== undefined) assert.ok(!isStored, "what broke off is not stored");
    }),
    { seed: 20_161_113, numRuns: 500 },
  );
});

test("a body that is drained is stored without a reader, and given up when it cannot be stored", async () => {
  for (const [bytesMax, isStored] of [
    [1_000_000, true],
    [100, false],
  ] as const) {
    const ended = Promise.withResolvers<unknown>();
    let given = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; given < 40; given++) yield Buffer.alloc(20_000);
    }
    const admission = admissionOf(bytesMax);
    openSharedBody({
      chunks: source(),
      length: undefined,
      admission,
      abort: () => {},
      ended: ended.resolve,
    }).drain();
    await ended.promise;
    assert.equal(admission.ending === "committed", isStored);
    assert.equal(given === 40, isStored);
  }
});

test("what a slow reader has left counts in the storage from the moment the body is through", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 1_000_000, cacheResponseBytesMax: 1_000_000 });
  const key = keyOf("/long");
  const admission = storage.admit(key, headOf(1), 600_000);
  assert.ok(admission !== undefined);
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let given = 0; given < 6; given++) yield Buffer.alloc(100_000);
  }
  const shared = openSharedBody({ chunks: source(), length: 600_000, admission, abort: () => {}, ended: resolve });
  const fast = shared.join();
  const slow = shared.join();
  await slow?.next();
  while ((await fast?.next())?.done === false);
  await ended;
  storage.drop(key);
  assert.ok(storage.counters().storedBytes > 600_000);
  await slow?.return();
  await turns();
  assert.equal(storage.counters().storedBytes, 0);
});

test("the fastest reader sets the pace, and no more is taken from the origin than the window allows", async () => {
  for (const bytesMax of [0, 100_000_000]) {
    const { source, given } = endless();
    const ended = Promise.withResolvers<unknown>();
    const resumedAt: number[] = [];
    const shared = openSharedBody({
      chunks: source,
      length: undefined,
      admission: admissionOf(bytesMax),
      abort: () => {},
      resume(position) {
        resumedAt.push(position);
        return { next: async () => ({ done: false, value: Buffer.from(`from ${position}`) }) };
      },
      ended: ended.resolve,
    });
    const fast = shared.join();
    const slow = shared.join();
    const had = (await slow?.next())?.value?.length ?? 0;
    let read = 0;
    for (let step = 0; step < 100; step++) read += (await Promise.race([fast?.next(), turns()]))?.value?.length ?? 0;
    await turns();
    assert.ok(given() - read <= 524_288 + 200_000, `${given()} given, ${read} read`);
    assert.ok(read > 9_000_000, `${read} read`);
    // Where nothing is stored, who is too far behind goes on alone, from where it is.
    assert.deepEqual(resumedAt, bytesMax === 0 ? [had] : []);
    const next = String((await slow?.next())?.value);
    assert.equal(next.startsWith(`from ${had}`), bytesMax === 0);
    await slow?.return();
    await fast?.return();
    await ended.promise;
  }
});

test("a reader who falls behind is broken off where the rest cannot be asked for, and keeps nobody waiting", async () => {
  const { source } = endless();
  const ended = Promise.withResolvers<unknown>();
  let isAborted = false;
  const shared = openSharedBody({
    chunks: source,
    length: undefined,
    admission: admissionOf(0),
    abort: () => (isAborted = true),
    ended: ended.resolve,
  });
  const fast = shared.join();
  const slow = shared.join();
  for (let step = 0; step < 100; step++) await Promise.race([fast?.next(), turns()]);
  // The last who reads from here leaves: what is read elsewhere does not keep the fetch.
  await fast?.return();
  await ended.promise;
  assert.ok(isAborted);
  await assert.rejects(async () => slow?.next(), /too slowly/);
  await slow?.return();
});

/** An origin that always has more. */
function endless(): { readonly source: AsyncIterable<Uint8Array>; readonly given: () => number } {
  let given = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 100_000;
      yield Buffer.alloc(100_000);
    }
  }
  return { source: source(), given: () => given };
}

/** Turns of the event loop in which whatever can go on goes on. */
async function turns(): Promise<undefined> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  return undefined;
}

test("readers are through before a slow commit is, and who comes meanwhile may still join", async () => {
  const disk = Promise.withResolvers<StoredResponse | undefined>();
  const admission = { ...admissionOf(100), commit: () => disk.promise };
  const ended = Promise.withResolvers<unknown>();
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("body");
  }
  let hasEnded = false;
  void ended.promise.then(() => (hasEnded = true));
  const shared = openSharedBody({
    chunks: source(),
    length: 4,
    admission,
    abort: () => assert.fail("it is through"),
    ended: ended.resolve,
  });
  for (let round = 0; round < 2; round++) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of shared.join() ?? assert.fail("too late to join")) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), "body");
    assert.equal(hasEnded, false);
  }
  disk.resolve(undefined);
  await ended.promise;
});

test("who is slower than the origin reads on from where the body was stored", async () => {
  const ended = Promise.withResolvers<unknown>();
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 5; index++) yield Buffer.alloc(100_000, String(index));
  }
  const admission = admissionOf(1_000_000);
  const shared = openSharedBody({
    chunks: source(),
    length: 500_000,
    admission,
    abort: () => assert.fail("it is through"),
    ended: ended.resolve,
  });
  const [slow, gone] = [shared.join(), shared.join()];
  assert.ok(slow !== undefined && gone !== undefined);
  const pieces = [(await slow.next()).value];
  await gone.next();
  await ended.promise;
  assert.equal(shared.join(), undefined, "nothing of it is kept here");
  for await (const piece of slow) pieces.push(piece);
  assert.ok(Buffer.concat(pieces).equals(Buffer.concat(admission.taken)));
  await gone.return();
  assert.equal((await gone.next()).done, true);
});

test("a body larger than memory should hold is stored to its end while little of it is kept", async () => {
  const MEGABYTE = 1_048_576;
  const total = 100 * MEGABYTE + 12_345;
  const admission = admissionOf(total);
  const ended = Promise.withResolvers<Error | undefined>();
  const resumedAt: number[] = [];
  const gates: (() => void)[] = [];
  async function* chunks(): AsyncIterable<Uint8Array> {
    for (let at = 0; at < total; at += MEGABYTE) {
      await new Promise<void>((resolve) => gates.push(resolve));
      yield Buffer.alloc(Math.min(MEGABYTE, total - at), (at / MEGABYTE) % 251);
    }
  }
  const shared = openSharedBody({
    chunks: chunks(),
    length: total,
    admission,
    abort: () => assert.fail("it is read"),
    resume: async function* (from: number) {
      resumedAt.push(from);
      yield Buffer.alloc(total - from);
    },
    ended: (error) => ended.resolve(error),
  });
  const reader = shared.join();
  const slow = shared.join();
  assert.ok(reader !== undefined && slow !== undefined);
  let received = 0;
  let joinedUntil = 0;
  const read = (async () => {
    for await (const chunk of reader) {
      received += chunk.length;
      const late = shared.join();
      if (late !== undefined) joinedUntil = shared.arrived();
      await late?.return();
    }
  })();
  // Gates that are opened without anybody behind them do no harm.
  for (let turn = 0; turn < 1000; turn++) {
    gates.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(await ended.promise, undefined);
  await read;
  assert.equal(received, total);
  assert.equal(admission.ending, "committed");
  const stored = Buffer.concat(admission.taken);
  assert.equal(stored.length, total);
  for (let at = 0; at < total; at += MEGABYTE) assert.equal(stored[at], (at / MEGABYTE) % 251);
  assert.ok(joinedUntil > 60 * MEGABYTE && joinedUntil < 70 * MEGABYTE, `joined until ${joinedUntil}`);
  let rest = 0;
  for await (const chunk of slow) rest += chunk.length;
  assert.equal(rest, total, "who was left behind gets the rest alone");
  assert.deepEqual(resumedAt, [0]);
});
