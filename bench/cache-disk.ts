// The disk cache with a million responses on it: what an entry takes of memory, what a hit costs that is read from the disk,
// how long a start takes and how it disturbs, and what an invalidation of everything does to hits meanwhile.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { openTieredStorage, type TieredStorage } from "../src/edge/storage/tiered-storage.ts";
import type { CacheKey, StoredHead } from "../src/edge/storage/cache-storage.ts";
import type { DistributionId, FeedNumber } from "../src/vocabulary/ids.ts";
import { epochMs, seconds, systemClock } from "../src/vocabulary/time.ts";
import type { Bench, Figure } from "./support/bench.ts";
import { cpuSeconds, residentMegabytes } from "./support/machine.ts";

const OBJECTS = Number(process.env["WARMFRONT_BENCH_OBJECTS"] ?? "1000000");
const BODY = Buffer.alloc(1024, "x");
const FINDS = 100_000;
const HOT = 1000;
/** What takes about as long as the rest of a hit does, 7 µs. */
const REST_OF_A_HIT = Buffer.alloc(40_000);

const keyOf = (index: number, distribution = "E1AAAAAAAAAAAA"): CacheKey => {
  const url = `/assets/images/of/usual/length/${index}.jpg`;
  return { text: `${distribution}|${url.length}:${url}`, distribution: distribution as DistributionId, url };
};

const HEAD: StoredHead = {
  status: 200,
  fields: [
    ["Content-Type", "image/jpeg"],
    ["Content-Length", "1024"],
    ["Cache-Control", "max-age=86400"],
    ["ETag", '"5f3e-1a2b3c4d5e6f"'],
    ["Last-Modified", "Fri, 20 Nov 2026 10:00:00 GMT"],
    ["Date", "Fri, 20 Nov 2026 12:00:00 GMT"],
    ["Server", "origin"],
  ],
  began: 1 as FeedNumber,
  respondedAtMs: epochMs(1_795_000_000_000),
  ageThen: seconds(0),
  lifetime: { seconds: seconds(86_400), rule: "max-age", stated: seconds(86_400) },
};

function open(directory: string, cacheCapacityBytes: number): TieredStorage {
  return openTieredStorage({
    directory,
    limits: {
      cacheCapacityBytes,
      cacheResponseBytesMax: 67_108_864,
      cacheDiskBytes: 21_474_836_480,
      cacheObjectsMax: OBJECTS + 10_000,
    },
    clock: systemClock,
    log: (level, event, why) => process.stderr.write(`${level} ${event}: ${why}\n`),
  });
}

async function store(storage: TieredStorage, key: CacheKey, body: Uint8Array): Promise<void> {
  const admission = storage.admit(key, HEAD, body.length);
  admission?.append(body);
  await admission?.commit();
}

/** The collector takes room in advance, which is nobody's. */
function outsideOfHeap(): number {
  return residentMegabytes(process.pid) * 1_048_576 - process.memoryUsage().heapTotal;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** In a process of its own, whose memory does not count. Microseconds of CPU for each. */
async function fill(directory: string): Promise<number> {
  const storage = open(directory, 0);
  await storage.openDisk(1 as FeedNumber);
  const before = cpuSeconds(process.pid);
  for (let index = 0; index < OBJECTS; index++) {
    await store(storage, keyOf(index), Buffer.from(BODY));
    if (index % 100 === 0) await turn();
  }
  await storage.close();
  return ((cpuSeconds(process.pid) - before) / OBJECTS) * 1e6;
}

/** Microseconds of CPU and of time per look-up of keys that are spread over all. */
async function findSpread(
  storage: TieredStorage,
  atOnce: number,
): Promise<{ cpu: number; wall: number; found: number }> {
  let at = 12_345;
  let found = 0;
  const cpu = cpuSeconds(process.pid);
  const wall = performance.now();
  const look = async (): Promise<void> => {
    for (let times = 0; times < FINDS / atOnce; times++) {
      at = (at + 618_033) % OBJECTS;
      if ((await storage.find(keyOf(at))) !== undefined) found++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, look));
  const usedCpu = ((cpuSeconds(process.pid) - cpu) / FINDS) * 1e6;
  return { cpu: usedCpu, wall: ((performance.now() - wall) / FINDS) * 1e3, found };
}

/** Look-ups in memory for so long, with a turn of the event loop after each few, as viewers' requests come. Per millisecond. */
async function hitsInMemory(storage: TieredStorage, milliseconds: number): Promise<{ rate: number; hits: number }> {
  const keys = Array.from({ length: HOT }, (_, index) => keyOf(index, "E2BBBBBBBBBBBB"));
  const begun = performance.now();
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
  return { rate: looks / (performance.now() - begun), hits: hits / looks };
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

const FILL = "fill";
if (process.argv[2] === FILL) process.stdout.write((await fill(process.argv[3] ?? "")).toFixed(1));

async function measure(directory: string): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const many = OBJECTS.toLocaleString("en");
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
  const filled = spawnSync(process.execPath, [fileURLToPath(import.meta.url), FILL, directory], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  figures.push({
    what: "one more response of 1 KB stored",
    value: filled.stdout.trim(),
    unit: "µs of CPU",
    how: "all threads",
  });

  const storage = open(directory, 64_000_000);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  collect();
  const settled = outsideOfHeap();
  const heapBefore = process.memoryUsage().heapUsed;
  const begun = performance.now();
  await storage.openDisk(1 as FeedNumber);
  const opened = performance.now() - begun;
  await storage.diskLoaded();
  const loaded = performance.now() - begun;
  delay.disable();
  collect();
  collect();
  const perEntry = (outsideOfHeap() - settled) / OBJECTS;
  const inHeap = (process.memoryUsage().heapUsed - heapBefore) / OBJECTS;
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
      value: perEntry.toFixed(0),
      unit: "bytes",
      wanted: "≤ 64",
      how: `resident memory outside of the heap, after the start less that before it; in the heap ${inHeap.toFixed(1)} bytes each; ${storage.counters().storedResponses.toLocaleString("en")} known`,
    },
  );
  for (const atOnce of [1, 16, 64]) {
    const { cpu, wall, found } = await findSpread(storage, atOnce);
    figures.push({
      what: `hit below memory, spread over ${many}, ${atOnce} at once`,
      value: cpu.toFixed(1),
      unit: "µs of CPU",
      how: `all threads; one every ${wall.toFixed(1)} µs; ${((found / FINDS) * 100).toFixed(1)} % found`,
    });
  }

  for (let index = 0; index < HOT; index++) await store(storage, keyOf(index, "E2BBBBBBBBBBBB"), Buffer.from(BODY));
  await hitsInMemory(storage, 300);
  const rates: number[] = [];
  for (let round = 0; round < 5; round++) rates.push((await hitsInMemory(storage, 300)).rate);
  const { distribution } = keyOf(0);
  const invalidating = performance.now();
  storage.invalidate({ distribution, path: "/*" }, 2 as FeedNumber);
  const isGone = storage.peek(keyOf(77)) === "absent" && (await storage.find(keyOf(78))) === undefined;
  const took = performance.now() - invalidating;
  const during: number[] = [];
  while (storage.counters().storedResponses > HOT + 1000 && during.length < 200) {
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
      how: `${(during.length * 0.3).toFixed(1)} s until the room was free; ${middle(rates).toFixed(0)} look-ups per ms before, each with 7 µs of other work, as a hit has`,
    },
  );
  await storage.close();
  return figures;
}
