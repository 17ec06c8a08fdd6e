// A storage over a disk for tests that need one: the real one, opened at once, with as much memory above it as they say.

import type { FeedNumber } from "../../src/vocabulary/ids.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import type { CacheStorage } from "../../src/edge/storage/cache-storage.ts";
import { openTieredStorage } from "../../src/edge/storage/tiered-storage.ts";
import type { StorageLimits } from "../../src/edge/storage/cache-storage-contract.ts";

export async function openDiskStorage(
  directory: string,
  limits: StorageLimits,
  memoryBytes: number,
): Promise<CacheStorage> {
  const storage = openTieredStorage({
    directory,
    limits: {
      cacheCapacityBytes: memoryBytes,
      cacheResponseBytesMax: limits.cacheResponseBytesMax,
      cacheDiskBytes: limits.cacheCapacityBytes,
      cacheObjectsMax: 10_000,
    },
    clock: systemClock,
    log: (level, event, why) => process.stderr.write(`${level} ${event}: ${why}\n`),
  });
  await storage.openDisk(0 as FeedNumber);
  return storage;
}
