import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyText, cacheStorageContract, feedNumber, headOf, keyOf, put } from "./cache-storage-contract.ts";
import { openMemoryStorage } from "./memory-storage.ts";

cacheStorageContract("memory", openMemoryStorage);

test("the least recently used go first", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 40_000, cacheResponseBytesMax: 40_000 });
  for (const url of ["/1", "/2", "/3"]) await put(storage, keyOf(url), "x".repeat(10_000));
  storage.peek(keyOf("/1"));
  storage.glance(keyOf("/2")); // leaves no trace
  await put(storage, keyOf("/4"), "x".repeat(10_000));
  assert.notEqual(storage.peek(keyOf("/1")), "absent");
  assert.equal(storage.peek(keyOf("/2")), "absent");
  assert.notEqual(storage.peek(keyOf("/3")), "absent");
});

test("a small body is one piece, a large one comes in pieces, and either keeps no more memory than it has bytes", async () => {
  const storage = openMemoryStorage({ cacheCapacityBytes: 10_000_000, cacheResponseBytesMax: 10_000_000 });
  const shared = Buffer.alloc(4_000_000, "x");
  for (const length of [10, 600_000, 1_500_000]) {
    const key = keyOf(`/${length}`);
    const admission = storage.admit(key, headOf(1), length);
    for (let at = 0; at < length; at += 300_000) admission?.append(shared.subarray(at, Math.min(length, at + 300_000)));
    const stored = await admission?.commit();
    assert.equal(stored?.body.bytes !== undefined, length < 1_048_576);
    assert.equal((await bodyText(stored))?.length, length);
    for await (const piece of stored?.body.read() ?? []) assert.ok(piece.buffer.byteLength <= piece.length * 1.25);
  }
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
