// From the lines that edge workers leave on the disk (log-spool.ts) to files in log buckets, in the control process, which has the
// buckets. In order: segments that are done → files in the outbox → the segment goes → a file is put → it goes. Each step may be done
// twice and makes the same names, so a crash at any point loses nothing and brings no line twice.
// A bucket that is gone or refuses is asked again after growing pauses; the others do not wait for it.

import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { logFileKey } from "../model/log-target.ts";
import { addSeconds, epochMs, seconds, type Clock, type EpochMs } from "../vocabulary/time.ts";
import { holdDataDirectory, makeFolder } from "./data-directory.ts";
import type { LogBuckets } from "./log-buckets.ts";
import type { Log } from "./log.ts";
import { openLogOutbox, type OutboxFile, type OutboxTarget } from "./log-outbox.ts";
import { openLogPacker } from "./log-packer.ts";
import { DONE_SEGMENT, OPEN_SEGMENT } from "./log-spool.ts";

export interface LogDelivery {
  /** One round: fetches what workers have done, and puts what may be put. Rounds do not overlap. Never rejects. */
  look(): Promise<void>;
  /** What workers have handed on and what waits for buckets is nobody's any more. */
  drop(): Promise<void>;
  /** How it is since this process began. */
  state(): LogDeliveryState;
  /** After the round that is under way there is none. */
  close(): Promise<void>;
}

export interface LogDeliveryState {
  readonly delivered: { readonly files: number; readonly lines: number; readonly bytes: number };
  /** Times that a bucket did not take a file. */
  readonly refusals: number;
  /** Given up because no more may wait, or not to be read. */
  readonly lost: { readonly files: number; readonly lines: number };
  /** Files that are made; the oldest line of all that waits is at least as old as `oldestAt`. */
  readonly waiting: { readonly files: number; readonly bytes: number };
  /** Lines that no file has yet. */
  readonly spooledBytes: number;
  readonly oldestAt: EpochMs | undefined;
  readonly refused: readonly RefusedLogs[];
}

/** The log of one distribution that its bucket does not take. */
export interface RefusedLogs {
  readonly distribution: string;
  readonly bucket: string;
  readonly files: number;
  readonly bytes: number;
  readonly since: EpochMs;
  readonly why: string;
}

export interface LogDeliverySettings {
  /** The folders of the workers, and of what waits for buckets. */
  readonly spoolFolder: string;
  readonly outboxFolder: string;
  readonly outboxBytesMax: number;
  readonly buckets: Pick<LogBuckets, "laneOf" | "put">;
  /** The machine's: what waits is as old as its files. */
  readonly clock: Clock;
  readonly log: Log;
}

/** Below the data directory. */
export function logFolders(dataDir: string): { readonly spoolFolder: string; readonly outboxFolder: string } {
  const home = join(dataDir, "logs");
  return { spoolFolder: join(home, "spool"), outboxFolder: join(home, "outbox") };
}

/** Between two tries to put into a bucket that did not take the last file. */
const PAUSE_SECONDS = [1, 60] as const;
/** So often in rounds it is asked whether the worker of a folder is gone. */
const LOOK_FOR_DEAD_EVERY = 5;

/**
 * Packing takes a third of what serving takes, of small hits. It gets a sixtieth of a core that viewers keep busy, which is what this niceness
 * comes to, until segments have been waiting for so long: then what is logged is as dear as what is served. [D-0039] [D-0040]
 */
const YIELDING = 19;
const BEHIND_MS = 10_000;
/** The service's own store: what it takes is waited for, since it takes no time of anybody else's. */
const OWN_LANE = "";

interface Refused {
  readonly why: string;
  readonly since: EpochMs;
  readonly pause: number;
  readonly nextAt: EpochMs;
}

export async function openLogDelivery(settings: LogDeliverySettings): Promise<LogDelivery> {
  const { spoolFolder, outboxBytesMax, buckets, clock, log } = settings;
  makeFolder(spoolFolder);
  const outbox = await openLogOutbox(settings.outboxFolder);
  const packers = { yielding: openLogPacker(YIELDING), hurried: openLogPacker(0) };
  /** By folder of the target. */
  const refused = new Map<string, Refused>();
  let rounds = 0;
  let isClosed = false;
  let round: Promise<void> | undefined;
  let lastFault = "";
  /** Stores that are being put into; of others than our own a round does not wait for them. */
  const lanes = new Map<string, Promise<void>>();
  const closing = new AbortController();
  const delivered = { files: 0, lines: 0, bytes: 0 };
  const lost = { files: 0, lines: 0 };
  let refusals = 0;
  /** As of the last round. */
  let spooled: { readonly bytes: number; readonly oldestMs: number | undefined } = { bytes: 0, oldestMs: undefined };

  async function fetchSegments(): Promise<void> {
    const looksForDead = rounds++ % LOOK_FOR_DEAD_EVERY === 0;
    const left: SpooledFile[] = [];
    for (const name of await readdir(spoolFolder)) {
      if (isClosed) return;
      const folder = join(spoolFolder, name);
      // Who can hold it knows that its worker is gone, and with it whoever would go on with an unfinished segment.
      const hold = looksForDead ? holdDataDirectory(folder, "writer.lock") : undefined;
      try {
        left.push(...(await fetchFolder(folder, name, hold?.kind === "held")));
        if (hold?.kind === "held") await rm(folder, { recursive: true, force: true });
      } finally {
        if (hold?.kind === "held") hold.release();
      }
    }
    const bytes = left.reduce((sum, file) => sum + file.bytes, 0);
    spooled = { bytes, oldestMs: left.length === 0 ? undefined : Math.min(...left.map(({ sinceMs }) => sinceMs)) };
  }

  /** What its worker still writes stays. */
  async function fetchFolder(folder: string, folderName: string, isDead: boolean): Promise<readonly SpooledFile[]> {
    const left: SpooledFile[] = [];
    for (const file of (await readdir(folder)).toSorted()) {
      const path = join(folder, file);
      if (!file.endsWith(DONE_SEGMENT) && !(isDead && file.endsWith(OPEN_SEGMENT))) {
        const spooledFile = file.endsWith(OPEN_SEGMENT) ? await lookAtSpooled(path) : undefined;
        if (spooledFile !== undefined) left.push(spooledFile);
        continue;
      }
      await pack(path, `${folderName}/${file.slice(0, file.indexOf("."))}`);
      await rm(path, { force: true });
      const gone = await outbox.keepWithin(outboxBytesMax);
      lost.files += gone.files;
      lost.lines += gone.lines;
      if (gone.files > 0) {
        log(
          "warn",
          "logs",
          `${gone.files} files of access logs with ${gone.lines} lines were given up, the oldest that no bucket has taken: --access-log-spool-bytes-max allows no more`,
        );
      }
    }
    return left;
  }

  async function pack(path: string, name: string): Promise<void> {
    const writtenMs = (await lookAtSpooled(path))?.writtenMs ?? Number.POSITIVE_INFINITY;
    const isBehind = clock.now() - writtenMs > BEHIND_MS;
    const { files, unreadable } = await packers[isBehind ? "hurried" : "yielding"].pack({ path, name });
    for (const { targetText, fileName, content, lines } of files)
      await outbox.add(targetText, fileName, content, lines);
    lost.lines += unreadable;
    if (unreadable > 0) log("error", "logs", `${unreadable} lines of ${path} cannot be read, and were left out`);
  }

  async function deliver(): Promise<void> {
    const wanted = new Set([...outbox.targets()].map(({ target }) => buckets.laneOf(target.bucket)));
    for (const lane of wanted) {
      if (lanes.has(lane)) continue;
      const run = deliverLane(lane)
        .catch(tellFault)
        .finally(() => lanes.delete(lane));
      lanes.set(lane, run);
    }
    await lanes.get(OWN_LANE);
  }

  async function deliverLane(lane: string): Promise<void> {
    for (const at of outbox.targets()) {
      if (buckets.laneOf(at.target.bucket) !== lane) continue;
      const last = refused.get(at.folder);
      if (last !== undefined && clock.now() < last.nextAt) continue;
      for (const file of at.files.values()) {
        if (isClosed) return;
        const lines = await outbox.linesOf(file);
        const why = await put(at, file).catch(describe);
        if (why !== undefined) {
          refusals++;
          tellRefused(at, why);
          break;
        }
        delivered.files++;
        delivered.bytes += file.bytes;
        delivered.lines += lines;
        await outbox.remove(at, file);
        tellTaken(at);
      }
    }
  }

  function tellRefused(at: OutboxTarget, why: string): void {
    const last = refused.get(at.folder);
    const [first, longest] = PAUSE_SECONDS;
    const pause = last === undefined ? first : Math.min(longest, last.pause * 2);
    const now = clock.now();
    refused.set(at.folder, { why, pause, since: last?.since ?? now, nextAt: addSeconds(now, seconds(pause)) });
    if (last?.why === why) return;
    const { distribution, bucket } = at.target;
    log("warn", "logs", `the access log of ${distribution} waits for the bucket ${bucket}: ${why}`);
  }

  function tellTaken(at: OutboxTarget): void {
    if (!refused.delete(at.folder)) return;
    const { distribution, bucket } = at.target;
    log("info", "logs", `the access log of ${distribution} is put into the bucket ${bucket} again`);
  }

  function tellFault(fault: unknown): void {
    const why = describe(fault);
    if (why !== lastFault) log("error", "logs", `access logs wait on the disk: ${why}`);
    lastFault = why;
  }

  /** `undefined`: it is there. */
  function put({ target }: OutboxTarget, { name, path, bytes }: OutboxFile): Promise<string | undefined> {
    return buckets.put(
      {
        account: target.account,
        userName: `the access log of ${target.distribution}`,
        bucket: target.bucket,
        key: logFileKey(target.prefix, name),
        contentType: "application/gzip",
        bytes,
        content: readFrom(path),
      },
      closing.signal,
    );
  }

  async function look(): Promise<void> {
    for (const step of [fetchSegments, deliver]) {
      try {
        await step();
        if (step === fetchSegments) lastFault = "";
      } catch (fault) {
        tellFault(fault);
      }
    }
  }

  function nextRound(): Promise<void> {
    if (isClosed) return Promise.resolve();
    round ??= look().finally(() => (round = undefined));
    return round;
  }

  function refusedNow(): readonly RefusedLogs[] {
    return [...outbox.targets()].flatMap(({ target, folder, files }): RefusedLogs[] => {
      const found = refused.get(folder);
      if (found === undefined) return [];
      const { since, why } = found;
      const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
      return [{ distribution: target.distribution, bucket: target.bucket, files: files.size, bytes, since, why }];
    });
  }

  return {
    state() {
      const { files, bytes, oldestMs } = outbox.waiting();
      const oldest = [oldestMs, spooled.oldestMs].filter((at) => at !== undefined);
      return {
        delivered: { ...delivered },
        refusals,
        lost: { ...lost },
        waiting: { files, bytes },
        spooledBytes: spooled.bytes,
        oldestAt: oldest.length === 0 ? undefined : epochMs(Math.min(...oldest)),
        refused: refusedNow(),
      };
    },
    look: nextRound,
    async drop() {
      // A round that was under way may have passed by what has come since.
      await round;
      await nextRound();
      await Promise.all(lanes.values());
      for (const at of outbox.targets()) {
        for (const file of at.files.values()) await outbox.remove(at, file);
      }
      refused.clear();
    },
    async close() {
      isClosed = true;
      await round;
      closing.abort();
      await Promise.all([...lanes.values(), packers.yielding.close(), packers.hurried.close()]);
    },
  };
}

interface SpooledFile {
  readonly bytes: number;
  readonly sinceMs: number;
  readonly writtenMs: number;
}

/** Nothing of one that has gone meanwhile. */
async function lookAtSpooled(path: string): Promise<SpooledFile | undefined> {
  const found = await stat(path).catch(() => undefined);
  // Where a disk does not tell when a file was made, it is as old as its last write.
  if (found === undefined) return undefined;
  return { bytes: found.size, sinceMs: found.birthtimeMs || found.mtimeMs, writtenMs: found.mtimeMs };
}

/** Opens it when it is read, which a refusal does not come to. */
async function* readFrom(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path) as AsyncIterable<Buffer>;
}

function describe(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
