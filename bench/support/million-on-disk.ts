// A cache with a million responses of 1 KB on the disk, or as many as the bench is told, and the programs that fill one and
// that take one over, in processes of their own: what a cache takes of memory can be told only where nobody else takes any.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CacheKey, StoredHead } from "../../src/edge/storage/cache-storage.ts";
import { openTieredStorage, type TieredStorage } from "../../src/edge/storage/tiered-storage.ts";
import type { DistributionId, FeedNumber } from "../../src/vocabulary/ids.ts";
import { epochMs, seconds, systemClock } from "../../src/vocabulary/time.ts";
import { anonymousMegabytes, cpuSeconds, residentMegabytes } from "./machine.ts";

export const OBJECTS = Number(process.env["WARMFRONT_BENCH_OBJECTS"] ?? "1000000");
const BODY = Buffer.alloc(1024, "x");
/** What the collector and the allocator do after a start, they have done by then. */
const SETTLED_MS = 1000;

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

export function keyOf(index: number, distribution = "E1AAAAAAAAAAAA"): CacheKey {
  const url = `/assets/images/of/usual/length/${index}.jpg`;
  return { text: `${distribution}|${url.length}:${url}`, distribution: distribution as DistributionId, url };
}

export function openMillion(directory: string, cacheCapacityBytes: number, objects = OBJECTS): TieredStorage {
  return openTieredStorage({
    directory,
    limits: {
      cacheCapacityBytes,
      cacheResponseBytesMax: 67_108_864,
      cacheDiskBytes: 21_474_836_480,
      cacheObjectsMax: objects + 10_000,
    },
    clock: systemClock,
    log: (level, event, why) => process.stderr.write(`${level} ${event}: ${why}\n`),
  });
}

export async function store(storage: TieredStorage, key: CacheKey): Promise<void> {
  const admission = storage.admit(key, HEAD, BODY.length);
  admission?.append(Buffer.from(BODY));
  await admission?.commit();
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Microseconds of CPU, of all threads, for each that is stored. */
export function fillMillion(directory: string): string {
  return run("fill", directory);
}

export interface Taken {
  /** Bytes by which the whole process grew while it took the directory in, whatever they are; nobody collected. */
  readonly grown: number;
  /** Of them what is not the heap's, when all that can be collected was, without the program's own pages. */
  readonly outsideOfHeap: number;
  readonly inHeap: number;
  readonly known: number;
}

/** What a process grows by that takes the directory over. */
export function takeMillionOver(directory: string): Taken {
  return JSON.parse(run("take", directory)) as Taken;
}

function run(verb: keyof typeof VERBS, directory: string): string {
  const program = fileURLToPath(import.meta.url);
  const { stdout } = spawnSync(process.execPath, ["--expose-gc", program, verb, directory], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return stdout;
}

async function fill(directory: string): Promise<string> {
  const storage = openMillion(directory, 0);
  await storage.openDisk(1 as FeedNumber);
  const before = cpuSeconds(process.pid);
  for (let index = 0; index < OBJECTS; index++) {
    await store(storage, keyOf(index));
    if (index % 100 === 0) await turn();
  }
  await storage.close();
  return (((cpuSeconds(process.pid) - before) / OBJECTS) * 1e6).toFixed(1);
}

async function take(directory: string): Promise<string> {
  await warmUp(directory);
  collectAll();
  const before = memoryNow();
  const storage = openMillion(directory, 0);
  await storage.openDisk(1 as FeedNumber);
  await storage.diskLoaded();
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const { resident } = memoryNow();
  collectAll();
  const after = memoryNow();
  const taken: Taken = {
    grown: resident - before.resident,
    outsideOfHeap: after.outsideOfHeap - before.outsideOfHeap,
    inHeap: after.inHeap - before.inHeap,
    known: storage.counters().storedResponses,
  };
  await storage.close();
  return JSON.stringify(taken);
}

/** With a directory of its own, so that the program's code counts in neither. */
async function warmUp(beside: string): Promise<void> {
  const directory = mkdtempSync(join(beside, "../warmfront-bench-warm-"));
  for (let times = 0; times < 2; times++) {
    const storage = openMillion(directory, 0, 1000);
    await storage.openDisk(1 as FeedNumber);
    await storage.diskLoaded();
    for (let index = 0; index < 1000; index++) await store(storage, keyOf(index));
    await storage.close();
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Young and old, and what the collector has kept for itself. */
function collectAll(): void {
  const collect = (globalThis as { gc?: (how: Readonly<Record<string, string>>) => void }).gc;
  collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

function memoryNow(): { readonly resident: number; readonly outsideOfHeap: number; readonly inHeap: number } {
  const { heapTotal, heapUsed } = process.memoryUsage();
  const anonymous = anonymousMegabytes(process.pid) * 1_048_576;
  return {
    resident: residentMegabytes(process.pid) * 1_048_576,
    outsideOfHeap: anonymous - heapTotal,
    inHeap: heapUsed,
  };
}

const VERBS = { fill, take } as const;
const [, program, verb, directory] = process.argv;
if (program === fileURLToPath(import.meta.url) && (verb === "fill" || verb === "take") && directory !== undefined) {
  process.stdout.write(await VERBS[verb](directory));
}
