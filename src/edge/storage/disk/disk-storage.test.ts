import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { epochMs } from "../../../vocabulary/time.ts";
import { cacheStorageContract, keyOf, put } from "../cache-storage-contract.ts";
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
