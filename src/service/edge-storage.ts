// The cache of an edge worker as the service sets it up: memory over a directory of the worker's slot. Only one process may
// have the directory, so it is held by a lock that ends with the process; whoever comes while another has it begins
// with memory alone, and takes it as soon as the other lets go. [D-0025]

import { readdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Edge } from "../edge/edge.ts";
import { openTieredStorage, type TieredStorage } from "../edge/storage/tiered-storage.ts";
import { openQuietLog } from "../edge/quiet-log.ts";
import { systemClock } from "../vocabulary/time.ts";
import { holdDataDirectory, makeFolder, type HeldFile } from "./data-directory.ts";
import type { Log } from "./log.ts";
import type { WorkerPlace } from "./process-messages.ts";
import type { Settings } from "./settings.ts";

export interface EdgeStorage {
  readonly storage: TieredStorage;
  /** Where is left what others are to forget: beside what they have stored, which outlives the service. */
  readonly leftDirectory: string;
  /**
   * The edge has caught up with the feed: the disk is opened for it, now or when its last holder has let it go. Resolves when
   * viewers may come: what a small cache has left is known by then, of a large one the rest follows while it serves.
   */
  takeDisk(edge: Edge): Promise<void>;
  /** Another process may have the disk; memory goes on. */
  letDiskGo(): Promise<void>;
}

/** So long the first viewers wait for what was left on the disk to be known. */
const LOADED_WITHIN_MS = 250;
const TRY_AGAIN_MS = 100;
/** Room for less than this part of what the cache may take is worth a line. */
const SCARCE = 10;
const REMEDY = "Make room and reload, or ask for less with --cache-disk-bytes";

export function openEdgeStorage(settings: Settings, place: WorkerPlace, log: Log): EdgeStorage {
  const { slot, count, socketDirectory } = place;
  const home = join(settings.dataDir, "cache");
  const name = `${slot}-of-${count}` as const;
  const lock: HeldFile = `${name}.lock`;
  const directory = join(home, name);
  const quiet = openQuietLog(systemClock, 1, (level, event, why) => log(level, "edge", `${event}: ${why}`));
  const cacheDiskBytes = prepare();
  const storage = openTieredStorage({
    directory,
    limits: {
      ...settings.limits,
      cacheDiskBytes,
      cacheObjectsMax: Math.max(1, Math.floor(settings.limits.cacheObjectsMax / count)),
    },
    clock: systemClock,
    log: quiet,
  });
  let release: (() => void) | undefined;
  let isOver = cacheDiskBytes === 0;
  let taking: Promise<void> = Promise.resolve();

  /** Makes the folder and says what this slot may take of the disk. */
  function prepare(): number {
    if (settings.limits.cacheDiskBytes === 0) return 0;
    try {
      makeFolder(directory);
      const asked = settings.limits.cacheDiskBytes;
      const half = halfOfTheFree(home, directory, count);
      // It stays so until the next start, also when there is room again.
      if (half * SCARCE < asked) {
        const [may, wanted] = [half, asked].map((bytes) => `${Math.round(bytes / 1_000_000)} MB`);
        log(
          "warn",
          "edge",
          `the cache takes ${may} of the disk at most, not ${wanted}: half of what is free in ${home} is left to others. ${REMEDY}`,
        );
      }
      return Math.floor(Math.min(asked, half) / count);
    } catch (error) {
      log("error", "edge", `the cache is in memory only: ${directory} cannot be used: ${String(error)}`);
      return 0;
    }
  }

  function tryHold(): boolean {
    const hold = holdDataDirectory(home, lock);
    if (hold.kind === "held") release = hold.release;
    return hold.kind === "held";
  }

  async function open(edge: Edge): Promise<void> {
    if (isOver) return letGo();
    if (slot === 0) removeOtherCounts(home, count);
    const position = await storage.openDisk(edge.appliedThrough());
    if (position !== undefined) edge.continueFrom(position);
  }

  async function openWhenFree(edge: Edge): Promise<void> {
    const over = (): boolean => isOver;
    while (!over() && !tryHold()) await wait(TRY_AGAIN_MS);
    await open(edge);
  }

  function letGo(): void {
    release?.();
    release = undefined;
  }

  return {
    storage,
    leftDirectory: settings.limits.cacheDiskBytes === 0 ? socketDirectory : home,
    async takeDisk(edge) {
      if (isOver) return;
      if (!tryHold()) {
        taking = openWhenFree(edge);
        return;
      }
      taking = open(edge);
      await taking;
      await Promise.race([storage.diskLoaded(), wait(LOADED_WITHIN_MS)]);
    },
    async letDiskGo() {
      isOver = true;
      await taking;
      await storage.closeDisk();
      letGo();
    },
  };
}

/** Of what is free on that disk, the slots' caches counted as free: else each restart would find less. */
function halfOfTheFree(home: string, directory: string, count: number): number {
  const { bavail, bsize } = statfsSync(home);
  let own = 0;
  for (const name of readdirSync(directory))
    own += statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
  return (bavail * bsize + own * count) / 2;
}

/** What workers of another number have left is divided in another way, and of no use. */
function removeOtherCounts(home: string, count: number): void {
  for (const name of readdirSync(home)) {
    if (Number(/^\d+-of-(\d+)(?:\.|$)/.exec(name)?.[1]) !== count)
      rmSync(join(home, name), { recursive: true, force: true });
  }
}
