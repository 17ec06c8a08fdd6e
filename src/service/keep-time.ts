// The supervisor's part of time that tests move: it alone knows what the time is, changes it one request after the other, and answers when
// every process has the change. A process that starts meanwhile begins with it. Nothing of it outlives the service. [D-0034]

import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatDuration } from "../vocabulary/duration.ts";
import { changeTime, REAL_TIME, servedAt, type ServedTime, type TimeChange } from "../vocabulary/served-time.ts";
import { seconds, type Clock, type EpochMs, type Seconds } from "../vocabulary/time.ts";
import { holdWhenFree, type HeldFile } from "./data-directory.ts";
import type { Log } from "./log.ts";

/** What the time is. */
export interface TimeReading {
  readonly now: EpochMs;
  readonly machineNow: EpochMs;
  readonly isFrozen: boolean;
}

export type TimeOutcome =
  | { readonly kind: "time"; readonly reading: TimeReading }
  | { readonly kind: "failure"; readonly message: string };

export interface TimeKeeper {
  /** What a process begins with. */
  time(): ServedTime;
  read(): TimeReading;
  /** Resolves when every process has it. */
  change(change: TimeChange): Promise<TimeOutcome>;
}

export interface TimeKeeperOptions {
  readonly machineClock: Clock;
  readonly aheadSecondsMax: number;
  readonly dataDirectory: string;
  /** Every edge worker has it, and has done what was due by it; with `forgets`, they have forgotten what they have stored. */
  readonly tellEdges: (time: ServedTime, forgets: boolean) => Promise<void>;
  /** The same of control. */
  readonly tellControl: (time: ServedTime) => Promise<void>;
  readonly log: Log;
}

/** Says that what the cache has on the disk may be from a time that has not come. */
const MOVED_FILE = "time-was-moved";

/**
 * To be called before any worker is started: what a service left that ended while its time was moved must not live on. Its workers may
 * still be finishing what they have; they are waited for. `undefined`: there was nothing of the kind. Rejects when they do not end.
 */
export async function dropMovedCache(dataDirectory: string, withinSeconds: number): Promise<"dropped" | undefined> {
  const note = join(dataDirectory, MOVED_FILE);
  if (!existsSync(note)) return undefined;
  const cache = join(dataDirectory, "cache");
  const locks = existsSync(cache) ? readdirSync(cache).filter((name) => name.endsWith(".lock")) : [];
  const held: (() => void)[] = [];
  try {
    for (const name of locks) {
      const hold = await holdWhenFree(cache, name as HeldFile, withinSeconds);
      if (hold.kind === "failure") throw new Error(hold.message);
      held.push(hold.release);
    }
    rmSync(cache, { recursive: true, force: true });
    rmSync(note);
    return "dropped";
  } finally {
    for (const release of held) release();
  }
}

export function openTimeKeeper(options: TimeKeeperOptions): TimeKeeper {
  const { machineClock, aheadSecondsMax, log } = options;
  const note = join(options.dataDirectory, MOVED_FILE);
  let time: ServedTime = REAL_TIME;
  let last: Promise<unknown> = Promise.resolve();

  const read = (): TimeReading => {
    const machineNow = machineClock.now();
    return { now: servedAt(time, machineNow), machineNow, isFrozen: time.kind === "frozen" };
  };

  async function changeNow(change: TimeChange): Promise<TimeOutcome> {
    const next = changeTime(time, change, { machineNow: machineClock.now(), aheadSecondsMax });
    if (next === undefined) {
      const most = formatDuration(seconds(aheadSecondsMax));
      const message = `the time would be more than ${most} ahead of the machine's, which is the most there is: reset it first, or advance it by less`;
      return { kind: "failure", message };
    }
    if (change.kind !== "reset") writeFileSync(note, "");
    time = next;
    await options.tellEdges(next, false);
    // What was stored in a time that has not come would be fresh for as long. By now no worker stores any more of it.
    if (change.kind === "reset") await options.tellEdges(next, true);
    await options.tellControl(next);
    if (change.kind === "reset") rmSync(note, { force: true });
    const reading = read();
    log("info", "service", `clock: ${describeReading(reading)}`);
    return { kind: "time", reading };
  }

  return {
    time: () => time,
    read,
    change(change) {
      const changed = last.then(() => changeNow(change));
      last = changed.catch(() => undefined);
      return changed.catch((fault: unknown) => ({ kind: "failure", message: String(fault) }));
    },
  };
}

/** Closer than that, two readings are of the same time. */
const SAME_SECONDS = 0.5;

/** In one line, for people. */
export function describeReading({ now, machineNow, isFrozen }: TimeReading): string {
  const ahead: Seconds = seconds((now - machineNow) / 1000);
  const how =
    Math.abs(ahead) < SAME_SECONDS
      ? "the machine's time"
      : `${formatDuration(seconds(Math.round(ahead)))} ${ahead > 0 ? "ahead of" : "behind"} the machine's time`;
  return `${new Date(now).toISOString()}, ${how}${isFrozen ? ", and it stands still" : ""}`;
}
