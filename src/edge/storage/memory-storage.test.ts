import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { bodyText, cacheStorageContract, feedNumber, headOf, keyOf, put } from "./cache-storage-contract.ts";
import type { Admission, StoredBody } from "./cache-storage.ts";
import { openMemoryStorage } from "./memory-storage.ts";

cacheStorageContract("memory", openMemoryStorage);

test("what was not asked for goes first", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 40_000, cacheResponseBytesMax: 40_000 });
  for (const url of ["/1", "/2", "/3"]) await put(storage, keyOf(url), "x".repeat(10_000));
  storage.peek(keyOf("/1"));
  storage.glance(keyOf("/2")); // leaves no trace
  await put(storage, keyOf("/4"), "x".repeat(10_000));
  assert.notEqual(storage.peek(keyOf("/1")), "absent");
  assert.equal(storage.peek(keyOf("/2")), "absent");
  assert.notEqual(storage.peek(keyOf("/3")), "absent");
});

test("a scan through many flushes nothing out that was asked for again", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 1_000_000, cacheResponseBytesMax: 100_000 });
  const hot = Array.from({ length: 50 }, (_, index) => keyOf(`/hot/${index}`));
  for (const key of hot) await put(storage, key, "x".repeat(5000));
  for (let index = 0; index < 5000; index++) {
    await put(storage, keyOf(`/scan/${index}`), "x".repeat(5000));
    // Each of them now and then, far more seldom than what fits into memory goes by.
    const key = hot[index % 1000];
    if (key !== undefined) storage.peek(key);
  }
  assert.equal(hot.filter((key) => storage.glance(key) !== undefined).length, hot.length);
});

test("what is validated keeps the place that it has earned", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 200_000, cacheResponseBytesMax: 100_000 });
  const key = keyOf("/hot");
  const stored = await put(storage, key, "x".repeat(1000));
  assert.ok(stored !== undefined);
  storage.peek(key);
  await storage.refresh(key, stored, headOf(1, "validated"));
  for (let index = 0; index < 35; index++) await put(storage, keyOf(`/${index}`), "x".repeat(5000));
  assert.notEqual(storage.glance(key), undefined);
});

test("a small body is one piece, a large one comes in pieces, and either keeps no more memory than it has bytes", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 10_000_000 });
  const shared = Buffer.alloc(4_000_000, "x");
  for (const length of [10, 600_000, 1_500_000]) {
    const key = keyOf(`/${length}`);
    const admission = storage.admit(key, headOf(1), length);
    for (let at = 0; at < length; at += 300_000) admission?.append(shared.subarray(at, Math.min(length, at + 300_000)));
    const stored = await admission?.commit();
    assert.equal(stored?.body.bytes !== undefined, length < 262_144);
    assert.equal((await bodyText(stored))?.length, length);
    for await (const piece of stored?.body.read() ?? []) assert.ok(piece.buffer.byteLength <= piece.length * 1.25);
  }
});

test("a long body that is gone but still being read counts until it was read, or given up", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 1_000_000, cacheResponseBytesMax: 1_000_000 });
  const long = "x".repeat(600_000);
  const stored = await put(storage, keyOf("/long"), long);
  const readers = [1, 2].map(() => stored?.body.read()[Symbol.asyncIterator]());
  for (const reader of readers) await reader?.next();
  storage.invalidate({ distribution: keyOf("/").distribution, path: "/*" }, feedNumber(2));
  assert.equal(storage.counters().storedResponses, 0);
  assert.equal(await put(storage, keyOf("/other"), long, headOf(2)), undefined, "there is no room for both");
  await readers[0]?.return?.();
  assert.ok(storage.counters().storedBytes > 600_000);
  while ((await readers[1]?.next())?.done === false);
  assert.equal(storage.counters().storedBytes, 0);
  assert.ok((await put(storage, keyOf("/other"), long, headOf(2))) !== undefined);
});

test("a few slow readers of long bodies neither empty the cache nor keep what they read out of it", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 4_000_000, cacheResponseBytesMax: 1_000_000 });
  const readers: (AsyncIterator<Uint8Array> | undefined)[] = [];
  for (const url of ["/1", "/2", "/3"]) {
    const stored = await put(storage, keyOf(url), "x".repeat(990_000));
    const reader = stored?.body.read()[Symbol.asyncIterator]();
    await reader?.next();
    readers.push(reader);
  }
  for (let index = 0; index < 100; index++) await put(storage, keyOf(`/small/${index}`), "y".repeat(50_000));
  for (const url of ["/1", "/2", "/3", "/small/99", "/small/90"]) assert.notEqual(storage.peek(keyOf(url)), "absent");
  const larger = (): ReturnType<typeof put> => put(storage, keyOf("/larger"), "z".repeat(999_000));
  assert.ok((await larger()) !== undefined);
  const another = await put(storage, keyOf("/4"), "x".repeat(999_000));
  const last = another?.body.read()[Symbol.asyncIterator]();
  await last?.next();
  assert.equal(await larger(), undefined, "everything is in use");
  for (const reader of readers) await reader?.return?.();
  assert.ok((await larger()) !== undefined);
  await last?.return?.();
});

test("a long body that is validated while it is read counts once", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 1_000_000, cacheResponseBytesMax: 1_000_000 });
  const key = keyOf("/long");
  const stored = await put(storage, key, "x".repeat(600_000));
  const reader = stored?.body.read()[Symbol.asyncIterator]();
  await reader?.next();
  const { storedBytes } = storage.counters();
  for (let times = 0; times < 5; times++) {
    const found = storage.peek(key);
    assert(typeof found === "object");
    await storage.refresh(key, found, headOf(1));
    assert.equal(storage.counters().storedBytes, storedBytes);
  }
  storage.drop(key);
  await reader?.return?.();
  assert.equal(storage.counters().storedBytes, 0);
});

test("bookkeeping goes when its responses go", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 1_000_000, cacheResponseBytesMax: 1000 });
  for (let index = 0; index < 100; index++) await put(storage, keyOf(`/${index}`, "", `E${index % 7}`), "x");
  assert.ok(storage.counters().storedBytes > 100 * 1024);
  for (let index = 0; index < 7; index++) {
    storage.invalidate({ distribution: keyOf("/", "", `E${index}`).distribution, path: "/*" }, feedNumber(9));
  }
  assert.deepEqual(storage.counters(), { storedResponses: 0, storedBytes: 0, evicted: 0, invalidated: 100 });
});

test("an invalidation of very many is in force at once and swept bit by bit, and what is stored meanwhile stays", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 100_000_000, cacheResponseBytesMax: 1000 });
  for (let index = 0; index < 6000; index++) await put(storage, keyOf(`/${index}`), "old");
  const { distribution } = keyOf("/");
  storage.invalidate({ distribution, path: "/*" }, feedNumber(2));
  storage.invalidate({ distribution, path: "/59*" }, feedNumber(3));
  const left = storage.counters().storedResponses;
  assert.ok(left > 0 && left < 6000, `${left} are left after the first slice`);
  await put(storage, keyOf("/5998"), "newer", headOf(2));
  await put(storage, keyOf("/5999"), "newest", headOf(3));
  for (const url of ["/0", "/5000", "/5997", "/5998"]) {
    assert.equal(storage.peek(keyOf(url)), "absent", url);
    assert.equal(storage.glance(keyOf(url)), undefined, url);
    assert.equal(await storage.find(keyOf(url)), undefined, url);
  }
  assert.equal(await bodyText(await storage.find(keyOf("/5999"))), "newest");
  while (storage.counters().storedResponses > 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(storage.counters().invalidated, 5999);
  assert.equal(await bodyText(await storage.find(keyOf("/5999"))), "newest");
});

test("what was invalidated makes room first, however often it was asked for", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 4_000_000, cacheResponseBytesMax: 4000 });
  let count = -1; // that fit in
  while (storage.counters().evicted === 0) {
    await put(storage, keyOf(`/old/${++count}`), "old");
    for (let times = 0; times < 3; times++) storage.peek(keyOf(`/old/${count}`));
  }
  storage.invalidate({ distribution: keyOf("/").distribution, path: "/*" }, feedNumber(2));
  const { storedResponses } = storage.counters();
  assert.ok(storedResponses > 0, "not all are swept");
  for (let index = 0; index < count; index++) await put(storage, keyOf(`/new/${index}`), "new", headOf(2));
  assert.equal(storage.counters().evicted, 1);
  for (let index = 0; index < count; index++) assert.notEqual(storage.peek(keyOf(`/new/${index}`)), "absent");
});

test("a key keeps nothing alive of the request that it was cut from", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const storage = openMemoryStorage({ cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 1000 });
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 100; index++) {
    const request = `GET /a/path/of/usual/length/${index} ${"x".repeat(500_000)}`;
    const url = Buffer.from(request, "latin1").toString("latin1").slice(4, 40);
    await put(storage, { ...keyOf("/"), text: `E1${url}`, url }, "x");
  }
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  assert.ok(kept < 10_000_000, `${kept} bytes are kept of 50,000,000`);
  assert.equal(storage.counters().storedResponses, 100);
});

test("of a body without a length no more is taken than may be stored of such", async () => {
  const limits = { cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 1000, cacheUntoldResponseBytesMax: 100 };
  const storage = openMemoryStorage(limits);
  const before = storage.counters();
  for (const [told, length, isTaken] of [
    [undefined, 100, true],
    [undefined, 101, false],
    [101, 101, true],
    [1000, 1000, true],
  ] as const) {
    const admission = storage.admit(keyOf(`/${told}/${length}`), headOf(1), told);
    assert.ok(admission !== undefined);
    assert.equal(admission.append(Buffer.alloc(length)), isTaken, `${told} told, ${length} given`);
    admission.abort();
  }
  assert.deepEqual(storage.counters(), before);
});

/** What is done to a storage; `what` picks among what is there. */
const STEPS = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "admit",
      "append",
      "append",
      "commit",
      "abort",
      "find",
      "read",
      "leave",
      "refresh",
      "drop",
      "invalidate",
    ),
    what: fc.nat(30),
    bytes: fc.constantFrom(0, 1, 5000, 200_000, 300_000, 700_000),
  }),
  { minLength: 20, maxLength: 120, size: "max" },
);

test("whatever is admitted, read, validated, evicted and invalidated in any order, the count of bytes comes back to nothing", async () => {
  const property = fc.asyncProperty(STEPS, async (steps) => {
    const storage = openMemoryStorage({ cacheCapacityBytes: 2_000_000, cacheResponseBytesMax: 1_500_000 });
    const admissions: Admission[] = [];
    const bodies: StoredBody[] = [];
    const readers: AsyncIterator<Uint8Array>[] = [];
    let number = 1;
    const pick = <T>(from: readonly T[], index: number): T | undefined => from[index % Math.max(1, from.length)];
    for (const { kind, what, bytes } of steps) {
      const key = keyOf(`/${what % 5}`);
      const found = storage.peek(key);
      switch (kind) {
        case "admit": {
          const admission = storage.admit(key, headOf(number), bytes === 0 ? undefined : bytes);
          if (admission !== undefined) admissions.push(admission);
          break;
        }
        case "append":
          pick(admissions, what)?.append(Buffer.alloc(bytes));
          break;
        case "commit": {
          const stored = await pick(admissions, what)?.commit();
          if (stored !== undefined) bodies.push(stored.body);
          break;
        }
        case "abort":
          pick(admissions, what)?.abort();
          break;
        case "find":
          if (typeof found === "object") bodies.push(found.body);
          break;
        case "read": {
          const reader = pick(readers, what) ?? pick(bodies, what)?.read()[Symbol.asyncIterator]();
          const another = what % 3 === 0 ? pick(bodies, what)?.read()[Symbol.asyncIterator]() : undefined;
          for (const each of [reader, another]) if (each !== undefined) readers.push(each);
          await reader?.next();
          await another?.next();
          break;
        }
        case "leave":
          await pick(readers, what)?.return?.();
          break;
        case "refresh":
          if (typeof found === "object") await storage.refresh(key, found, headOf(number));
          break;
        case "drop":
          storage.drop(key);
          break;
        case "invalidate":
          storage.invalidate(
            { distribution: key.distribution, path: what % 4 === 0 ? "/*" : key.url },
            feedNumber(++number),
          );
      }
      const { storedBytes } = storage.counters();
      assert.ok(storedBytes >= 0 && storedBytes <= 2_000_000, `${storedBytes} bytes`);
    }
    for (const admission of admissions) admission.abort();
    for (const reader of readers) await reader.return?.();
    storage.invalidate({ distribution: keyOf("/").distribution, path: "/*" }, feedNumber(++number));
    const { storedBytes, storedResponses } = storage.counters();
    assert.deepEqual({ storedBytes, storedResponses }, { storedBytes: 0, storedResponses: 0 });
  });
  await fc.assert(property, { seed: 20_261_120, numRuns: 1500 });
});
