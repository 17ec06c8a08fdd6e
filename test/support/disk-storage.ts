// A cache storage on a disk, as small as the contract lets it be: it proves that the port can be kept by files, and is no
// more than that. A file per digest holds head and short body, is written aside and renamed; a long body is a file of
// its own that never changes, and that is removed when nobody can have just found it. No hot tier, nothing shared.

import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, writeFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { digestCacheKey } from "../../src/edge/cache/cache-key.ts";
import type {
  Admission,
  CacheKey,
  CacheStorage,
  StoredBody,
  StoredHead,
  StoredResponse,
} from "../../src/edge/storage/cache-storage.ts";
import type { StorageLimits } from "../../src/edge/storage/cache-storage-contract.ts";
import { openRecentInvalidations } from "../../src/edge/storage/invalidate.ts";

/** What the head file says before the short body that may follow it. */
interface Preamble {
  readonly key: string;
  readonly head: StoredHead;
  readonly length: number;
  /** Name of the file with the body, where it is long. */
  readonly bodyFile?: string;
}

const SHORT_BODY_BYTES_MAX = 4096;
/** Given, not yet written: more of it says that the disk has fallen behind. */
const BEHIND_BYTES_MAX = 4_194_304;
/** Of an entry's bookkeeping. */
const ENTRY_BYTES = 512;

export function openDiskStorage(directory: string, limits: StorageLimits): CacheStorage {
  const invalidations = openRecentInvalidations();
  /** Bytes by digest, in order of admission. A real one finds them again when it starts. */
  const entries = new Map<string, { readonly bytes: number; readonly bodyFile: string | undefined }>();
  /** Long bodies that nothing leads to any more. */
  const left: string[] = [];
  const writing = new Set<Promise<unknown>>();
  let bytesTaken = 0;
  let evicted = 0;
  let asides = 0;

  const path = (name: string): string => join(directory, name);
  const newAside = (): string => `aside-${asides++}`;

  function forget(digest: string): void {
    const entry = entries.get(digest);
    if (entry === undefined) return;
    entries.delete(digest);
    bytesTaken -= entry.bytes;
    if (entry.bodyFile !== undefined) left.push(entry.bodyFile);
  }

  function reserve(bytes: number): boolean {
    for (const digest of entries.keys()) {
      if (bytesTaken + bytes <= limits.cacheCapacityBytes) break;
      forget(digest);
      evicted++;
      void track(rm(path(digest), { force: true }));
    }
    if (bytesTaken + bytes > limits.cacheCapacityBytes) return false;
    bytesTaken += bytes;
    return true;
  }

  /** A fault of the disk is `undefined`. */
  function track<T>(work: Promise<T>): Promise<T | undefined> {
    const caught = work.catch(() => undefined);
    writing.add(caught);
    return caught.finally(() => writing.delete(caught));
  }

  /** Visible by `rename`; its bytes are reserved already. */
  async function show(key: CacheKey, preamble: Preamble, short: Uint8Array, bytes: number): Promise<StoredResponse> {
    const aside = newAside();
    await writeFile(path(aside), Buffer.concat([Buffer.from(`${JSON.stringify(preamble)}\n`), short]));
    if (invalidations.refuses(key, preamble.head.began)) throw new Error("invalidated meanwhile");
    const digest = digestCacheKey(key);
    await rename(path(aside), path(digest));
    forget(digest);
    entries.set(digest, { bytes, bodyFile: preamble.bodyFile });
    return { head: preamble.head, body: bodyOf(preamble, short) };
  }

  function bodyOf({ length, bodyFile }: Preamble, short: Uint8Array): StoredBody {
    return {
      length,
      bytes: bodyFile === undefined ? short : undefined,
      async *read({ from, to } = { from: 0, to: length }) {
        if (bodyFile === undefined) yield short.subarray(from, to);
        else if (from < to) yield* createReadStream(path(bodyFile), { start: from, end: to - 1 });
      },
    };
  }

  function beginAdmission(key: CacheKey, head: StoredHead): Admission {
    const bodyFile = newAside();
    let state: "open" | "lost" | "ended" = "open";
    let handle: Promise<FileHandle> | undefined;
    let written: Promise<unknown> = Promise.resolve();
    let bytes = ENTRY_BYTES;
    let length = 0;
    let behind = 0;
    let short: Uint8Array[] = [];

    function write(chunk: Uint8Array): void {
      behind += chunk.length;
      handle ??= open(path(bodyFile), "w");
      written = writeAfter(written, handle, chunk);
      written.catch(() => (state = state === "open" ? "lost" : state));
    }

    async function writeAfter(before: Promise<unknown>, file: Promise<FileHandle>, chunk: Uint8Array): Promise<void> {
      await before;
      await (await file).write(chunk);
      behind -= chunk.length;
    }

    async function end(isKept: boolean): Promise<void> {
      state = "ended";
      if (!isKept) bytesTaken -= bytes;
      await written.catch(() => undefined);
      await (await handle)?.close();
      if (!isKept) await rm(path(bodyFile), { force: true });
    }

    function lose(): boolean {
      void track(end(false));
      return false;
    }

    return {
      append(chunk) {
        if (state === "ended") return false;
        const isTooMuch = length + chunk.length > limits.cacheResponseBytesMax || behind > BEHIND_BYTES_MAX;
        if (state === "lost" || isTooMuch || invalidations.refuses(key, head.began)) return lose();
        if (!reserve(chunk.length)) return lose();
        length += chunk.length;
        bytes += chunk.length;
        if (length <= SHORT_BODY_BYTES_MAX) short.push(chunk);
        else {
          for (const piece of short) write(piece);
          short = [];
          write(chunk);
        }
        return true;
      },
      async commit() {
        if (state !== "open") {
          if (state === "lost") lose();
          return undefined;
        }
        state = "ended";
        const isLong = handle !== undefined;
        return track(
          (async () => {
            try {
              await written;
              await (await handle)?.close();
              handle = undefined;
              const preamble = { key: key.text, head, length, ...(isLong && { bodyFile }) };
              return await show(key, preamble, Buffer.concat(short), bytes);
            } catch (error) {
              await end(false);
              throw error;
            }
          })(),
        );
      },
      abort() {
        if (state !== "ended") lose();
      },
    };
  }

  async function findNow(key: CacheKey): Promise<StoredResponse | undefined> {
    const whole = await readFile(path(digestCacheKey(key)));
    const lineEnd = whole.indexOf("\n");
    const preamble = JSON.parse(whole.toString("utf8", 0, lineEnd)) as Preamble;
    if (preamble.key !== key.text || invalidations.refuses(key, preamble.head.began)) return undefined;
    return { head: preamble.head, body: bodyOf(preamble, whole.subarray(lineEnd + 1)) };
  }

  return {
    peek: () => "below",
    glance: () => undefined,
    find: (key) => findNow(key).catch(() => undefined),
    admit(key, head, bodyLength = 0) {
      if (bodyLength > limits.cacheResponseBytesMax || invalidations.refuses(key, head.began)) return undefined;
      return bodyLength + ENTRY_BYTES <= limits.cacheCapacityBytes && reserve(ENTRY_BYTES)
        ? beginAdmission(key, head)
        : undefined;
    },
    async refresh(key, stored, head) {
      const digest = digestCacheKey(key);
      const entry = entries.get(digest);
      const { length, bytes } = stored.body;
      if (entry === undefined || invalidations.refuses(key, head.began)) return undefined;
      const { bodyFile } = entry;
      const preamble = { key: key.text, head, length, ...(bodyFile !== undefined && { bodyFile }) };
      entries.set(digest, { bytes: entry.bytes, bodyFile: undefined }); // which the new head leads to
      bytesTaken += entry.bytes;
      return track(show(key, preamble, bytes ?? Buffer.alloc(0), entry.bytes));
    },
    drop(key) {
      const digest = digestCacheKey(key);
      forget(digest);
      void track(rm(path(digest), { force: true }));
    },
    invalidate: (invalidated, number) => invalidations.add(invalidated, number),
    counters: () => ({ storedResponses: entries.size, storedBytes: bytesTaken, evicted, invalidated: 0 }),
    async close() {
      while (writing.size > 0) await Promise.all(writing);
      for (const bodyFile of left) await rm(path(bodyFile), { force: true });
    },
  };
}
