// The disk cache with a million responses on it: what an entry takes of memory, what a hit costs that is read from the disk,
// how long a start takes and how it disturbs, and what an invalidation of everything does to hits meanwhile.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { crc32 } from "node:zlib";
import type { TieredStorage } from "../src/edge/storage/tiered-storage.ts";
import type { FeedNumber } from "../src/vocabulary/ids.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { cpuSeconds } from "./support/machine.ts";
import { fillMillion, keyOf, OBJECTS, openMillion, store, takeMillionOver, turn } from "./support/million-on-disk.ts";

const FINDS = 100_000;
/** From one key to the next, all over the disk. Of no common part with the number of objects, so that each comes once. */
const STRIDE = 618_033;
/** So many at once, of which keys, which are asked for the second time in the last. */
const SPREADS = [
  [1, 0, ""],
  [16, 1, ""],
  [64, 2, ""],
  [16, 0, ", the second time, and into memory with it"],
] as const;
const HOT = 1000;
/** What takes about as long as the rest of a hit does, 7 µs. */
const REST_OF_A_HIT = Buffer.alloc(40_000);

/**
 * Microseconds of CPU and of time per look-up of keys that are spread over all. From `from` on: what was asked for before comes
 * into memory with it, which is another work.
 */
async function findSpread(
  storage: TieredStorage,
  atOnce: number,
  from: number,
): Promise<{ cpu: number; wall: number; found: number }> {
  let next = from;
  let found = 0;
  const cpu = cpuSeconds(process.pid);
  const wall = performance.now();
  const look = async (): Promise<void> => {
    for (let times = 0; times < FINDS / atOnce; times++) {
      if ((await storage.find(keyOf((next++ * STRIDE) % OBJECTS))) !== undefined) found++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, look));
  const usedCpu = ((cpuSeconds(process.pid) - cpu) / FINDS) * 1e6;
  return { cpu: usedCpu, wall: ((performance.now() - wall) / FINDS) * 1e3, found };
}

/**
 * Look-ups in memory for so long, with a turn of the event loop after each few, as viewers' requests come. Per millisecond of
 * this thread's CPU time: what others do on the machine is not in it.
 */
async function hitsInMemory(storage: TieredStorage, milliseconds: number): Promise<{ rate: number; hits: number }> {
  const keys = Array.from({ length: HOT }, (_, index) => keyOf(index, "E2BBBBBBBBBBBB"));
  const begun = performance.now();
  const cpu = process.threadCpuUsage();
  let hits = 0;
  let looks = 0;
  while (performance.now() - begun < milliseconds) {
    for (let times = 0; times < 64; times++) {
      const key = keys[looks++ % HOT];
      if (key !== undefined && typeof storage.peek(key) === "object") hits++;
      crc32(REST_OF_A_HIT);
    }
    await turn();
  }
  const { user, system } = process.threadCpuUsage(cpu);
  return { rate: looks / ((user + system) / 1000), hits: hits / looks };
}

export const cacheDisk: Bench = {
  name: "cache-disk",
  about: "The disk cache with a million responses: memory, look-ups, start, an invalidation of all.",
  async run() {
    const directory = mkdtempSync(join(tmpdir(), "warmfront-bench-disk-"));
    try {
      return await measure(directory);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(directory: string): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const many = OBJECTS.toLocaleString("en");
  figures.push({
    what: "one more response of 1 KB stored",
    value: fillMillion(directory),
    unit: "µs of CPU",
    how: "all threads",
  });
  const { grown, outsideOfHeap, inHeap, known } = takeMillionOver(directory);

  const storage = openMillion(directory, 64_000_000);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const begun = performance.now();
  await storage.openDisk(1 as FeedNumber);
  const opened = performance.now() - begun;
  await storage.diskLoaded();
  const loaded = performance.now() - begun;
  delay.disable();
  figures.push(
    {
      what: `start with ${many} responses on the disk, until all are known`,
      value: (loaded / 1000).toFixed(2),
      unit: "s",
      wanted: "< 10",
      how: `stores after ${opened.toFixed(0)} ms; event loop held up ${(delay.percentile(99) / 1e6).toFixed(1)} ms at p99, ${(delay.max / 1e6).toFixed(1)} ms at most`,
    },
    {
      what: "memory per response on the disk",
      value: (grown / OBJECTS).toFixed(1),
      unit: "bytes",
      wanted: "≤ 64",
      how: `by which the whole process grows at a start, nobody collecting; after a collection ${(outsideOfHeap / OBJECTS).toFixed(1)} outside of the heap and ${(inHeap / OBJECTS).toFixed(1)} in it; ${known.toLocaleString("en")} known. What is evicted later adds up to 8`,
    },
  );
  await findSpread(storage, 16, SPREADS.length * FINDS); // so that the first is not the slowest
  for (const [atOnce, round, what] of SPREADS) {
    const { cpu, wall, found } = await findSpread(storage, atOnce, round * FINDS);
    figures.push({
      what: `hit below memory, spread over ${many}, ${atOnce} at once${what}`,
      value: cpu.toFixed(1),
      unit: "µs of CPU",
      how: `all threads; one every ${wall.toFixed(1)} µs; ${((found / FINDS) * 100).toFixed(1)} % found`,
    });
  }

  for (let index = 0; index < HOT; index++) await store(storage, keyOf(index, "E2BBBBBBBBBBBB"));
  await hitsInMemory(storage, 300);
  const rates: number[] = [];
  for (let round = 0; round < 5; round++) rates.push((await hitsInMemory(storage, 300)).rate);
  const { distribution } = keyOf(0);
  const invalidating = performance.now();
  storage.invalidate({ distribution, path: "/*" }, 2 as FeedNumber);
  const isGone = storage.peek(keyOf(77)) === "absent" && (await storage.find(keyOf(78))) === undefined;
  const took = performance.now() - invalidating;
  const during: number[] = [];
  while (storage.counters().storedResponses > HOT + 1000 && during.length < 400) {
    during.push((await hitsInMemory(storage, 300)).rate);
  }
  const middle = (of: readonly number[]): number =>
    of.toSorted((one, other) => one - other)[Math.floor(of.length / 2)] ?? 0;
  figures.push(
    {
      what: `/* on ${many}, until nothing of it is found`,
      value: took.toFixed(2),
      unit: "ms",
      wanted: "< 50",
      how: isGone ? "a look-up in each way included" : "IT IS STILL FOUND",
    },
    {
      what: "rate of look-ups in memory while room is swept",
      value: (middle(during) / middle(rates)).toFixed(2),
      unit: "× before",
      wanted: "≥ 0.90",
      how: `${(during.length * 0.3).toFixed(1)} s until the room was free; ${middle(rates).toFixed(0)} look-ups per ms of CPU before, each with 7 µs of other work, as a hit has`,
    },
  );
  await storage.close();
  return figures;
}
