// A day of an edge's cache in a few seconds or minutes: viewers ask by Zipf's law for what changes from hour to hour, time is
// moved, and a cache of memory over a disk answers. Afterwards, so that memory is the cache's alone, the eviction policy as it
// is in the paper, without segments, tiers or a disk, says how often it would have hit.

import { s3fifo } from "../experiments/eviction/policies.ts";
import { makeTrace } from "../experiments/eviction/traces.ts";
import type { CacheKey, StoredHead } from "../../src/edge/storage/cache-storage.ts";
import { openTieredStorage, type TieredStorage } from "../../src/edge/storage/tiered-storage.ts";
import type { DistributionId, FeedNumber } from "../../src/vocabulary/ids.ts";
import { addSeconds, epochMs, seconds, type EpochMs } from "../../src/vocabulary/time.ts";

export interface Day {
  readonly directory: string;
  /** Popular at any time; as many again take their places over the day. */
  readonly objects: number;
  readonly requests: number;
  /** That the cache may hold. */
  readonly storedMax: number;
  readonly memoryBytes: number;
  readonly seed: number;
}

export interface Hour {
  readonly storedResponses: number;
  readonly storedBytes: number;
}

export interface DayOutcome {
  /** Of the second half, when the cache was full. */
  readonly hitRatio: number;
  readonly idealRatio: number;
}

const BODY_BYTES = 1024;
/** What one of them takes of the disk, with head, key and row. */
const STORED_BYTES = 1750;
const LIFETIME = seconds(6 * 3600);
const HOURS = 24;

const DISTRIBUTION = "E1AAAAAAAAAAAA" as DistributionId;

function keyOf(index: number): CacheKey {
  const url = `/assets/pictures/of/usual/length/${index}.jpg`;
  return { text: `${DISTRIBUTION}|${url.length}:${url}`, distribution: DISTRIBUTION, url };
}

function headAt(now: EpochMs): StoredHead {
  return {
    status: 200,
    fields: [
      ["Content-Type", "image/jpeg"],
      ["Content-Length", String(BODY_BYTES)],
      ["ETag", '"5f3e-1a2b3c4d5e6f"'],
    ],
    began: 1 as FeedNumber,
    respondedAtMs: now,
    ageThen: seconds(0),
    lifetime: { seconds: LIFETIME, rule: "max-age", stated: LIFETIME },
  };
}

/** `true`: it was there. What was stale is validated, what was not there is stored. */
async function ask(storage: TieredStorage, index: number, now: EpochMs): Promise<boolean> {
  const key = keyOf(index);
  const peeked = storage.peek(key);
  const found = peeked === "below" ? await storage.find(key) : peeked;
  if (found !== undefined && found !== "absent") {
    if (Buffer.from(found.body.bytes ?? []).readUInt32LE(0) !== index)
      throw new Error(`another body than that of ${key.url}`);
    if (now >= addSeconds(found.head.respondedAtMs, LIFETIME)) await storage.refresh(key, found, headAt(now));
    return true;
  }
  const body = Buffer.allocUnsafeSlow(BODY_BYTES).fill(index % 256);
  body.writeUInt32LE(index);
  const admission = storage.admit(key, headAt(now), body.length);
  admission?.append(body);
  await admission?.commit();
  return false;
}

/** `onHour` is told at the end of each. */
export async function liveThroughDay(day: Day, onHour: (hour: Hour) => Promise<void> | void): Promise<DayOutcome> {
  let now = epochMs(1_795_000_000_000);
  const storage = openTieredStorage({
    directory: day.directory,
    limits: {
      cacheCapacityBytes: day.memoryBytes,
      cacheResponseBytesMax: 1_000_000,
      cacheDiskBytes: day.storedMax * STORED_BYTES,
      cacheObjectsMax: day.storedMax,
    },
    clock: { now: () => now },
    log: (level, event, why) => {
      throw new Error(`${level} ${event}: ${why}`);
    },
  });
  await storage.openDisk(1 as FeedNumber);
  const recipe = { name: "a day", exponent: 0.9, churn: 1, once: 0.1, scan: 0.05 };
  const { requests } = makeTrace(recipe, day.objects, day.requests, day.seed);
  const perHour = Math.floor(day.requests / HOURS);
  const half = day.requests / 2;
  let hits = 0;
  for (const [at, index] of requests.entries()) {
    const isHit = await ask(storage, index, now);
    if (at >= half) hits += Number(isHit);
    // Requests come in bursts; between them the disk has its turn.
    if (at % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (at % perHour !== perHour - 1) continue;
    now = addSeconds(now, seconds(3600));
    const { storedResponses, storedBytes } = storage.counters();
    await onHour({ storedResponses, storedBytes });
  }
  await storage.close();
  const ideal = s3fifo(1)(day.storedMax);
  let idealHits = 0;
  for (const [at, index] of requests.entries()) {
    const isHit = ideal.access(index, 1);
    if (at >= half) idealHits += Number(isHit);
  }
  return { hitRatio: hits / (day.requests - half), idealRatio: idealHits / (day.requests - half) };
}
