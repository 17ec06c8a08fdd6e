import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { epochMs } from "../../../vocabulary/time.ts";
import { cacheStorageContract, feedNumber, headOf, keyOf, put } from "../cache-storage-contract.ts";
import { openDiskStorage } from "./disk-storage.ts";

const home = mkdtempSync(join(tmpdir(), "warmfront-disk-"));
after(() => rmSync(home, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(home, "cache-"));
const clock = { now: () => epochMs(1_800_000_000_000) };

cacheStorageContract("disk", ({ cacheCapacityBytes, cacheResponseBytesMax }) =>
  openDiskStorage({
    directory: newDirectory(),
    limits: { cacheDiskBytes: cacheCapacityBytes, cacheObjectsMax: 10_000, cacheResponseBytesMax },
    clock,
    log: (level, event, why) => assert.fail(`${level} ${event}: ${why}`),
  }),
);

test("a scan through many flushes nothing out that was asked for again", async () => {
  const storage = await openDiskStorage({
    directory: newDirectory(),
    limits: { cacheDiskBytes: 2_000_000, cacheObjectsMax: 10_000, cacheResponseBytesMax: 1_000_000 },
    clock,
    log: (level, event, why) => assert.fail(`${level} ${event}: ${why}`),
  });
  const hot = Array.from({ length: 100 }, (_, index) => keyOf(`/hot/${index}`));
  for (const key of hot) {
    await put(storage, key, "x".repeat(5000));
    await storage.find(key);
  }
  for (let index = 0; index < 4000; index++) {
    await put(storage, keyOf(`/scan/${index}`), "x".repeat(5000));
    const key = hot[index % 500];
    if (key !== undefined) await storage.find(key);
    if (index % 50 === 0) await storage.settle();
  }
  const left = hot.filter((key) => storage.peek(key) !== "absent").length;
  assert.equal(left, hot.length);
  await storage.close();
});

test("what was invalidated makes room first, however often it was asked for", async () => {
  const storage = await openDiskStorage({
    directory: newDirectory(),
    limits: { cacheDiskBytes: 4_000_000, cacheObjectsMax: 10_000, cacheResponseBytesMax: 1_000_000 },
    clock,
    log: (level, event, why) => assert.fail(`${level} ${event}: ${why}`),
  });
  await storage.loaded;
  const old = Array.from({ length: 500 }, (_, index) => keyOf(`/old/${index}`));
  for (const key of old) {
    await put(storage, key, "x".repeat(5000));
    await storage.find(key);
  }
  await storage.settle();
  const before = storage.counters();
  storage.invalidate({ distribution: keyOf("/").distribution, path: "/*" }, feedNumber(2));
  // Without a turn of the event loop in between, in which they would be swept.
  const puts = Array.from({ length: 300 }, (_, index) => put(storage, keyOf(`/${index}`), "y".repeat(5000), headOf(2)));
  const { evicted, invalidated, storedBytes } = storage.counters();
  assert.ok(invalidated > 0, "some went for room");
  assert.equal(evicted, before.evicted);
  assert.ok(storedBytes <= 4_000_000, `${storedBytes} bytes`);
  await Promise.all(puts);
  assert.equal(storage.peek(keyOf("/299")), "below");
  await storage.close();
});
