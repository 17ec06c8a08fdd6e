// The folder of object files on a disk of the machine: what is written is read, what fails leaves nothing, and what a
// crash left goes.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Piece } from "../../store/buckets.ts";
import { openObjectFiles, type ObjectFolder } from "./open-object-files.ts";

const top = mkdtempSync(join(tmpdir(), "warmfront-objects-"));
after(() => rmSync(top, { recursive: true }));
let folders = 0;

function newFolder(): string {
  return join(top, `${folders++}`, "objects");
}

function reportFault(fault: unknown): void {
  throw fault;
}

function openFolder(folder: string, removeAfterMs = 0): Promise<ObjectFolder> {
  return openObjectFiles({ folder, random: randomBytes, reportFault, removeAfterMs });
}

/** Paths of all files below the folder. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Bytes that tell where they stand. */
function sampleBytes(count: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, (_, at) => at ^ (at >> 8) ^ (at >> 16)));
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(size); // the same memory each time, as a source may
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    chunk.set(part);
    yield chunk.subarray(0, part.length);
  }
}

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read);
}

function store(files: ObjectFolder, bytes: Uint8Array): Promise<Piece> {
  return files.write(inChunks(bytes, 10_000), () => undefined);
}

test("what is written in chunks of any size is read back, whole and in ranges over its pieces", async () => {
  await using files = await openFolder(newFolder());
  const whole = sampleBytes(700_001);
  const pieces: Piece[] = [];
  const cuts = [0, 1, 131_072, 131_072, 400_000, 700_001];
  for (const [index, size] of [1, 7, 65_536, 131_072, 500_000].entries()) {
    const seen: Buffer[] = [];
    const bytes = whole.subarray(cuts[index], cuts[index + 1]);
    const piece = await files.write(inChunks(bytes, size), (chunk) => seen.push(Buffer.from(chunk)));
    assert.deepEqual(Buffer.concat(seen), bytes);
    assert.equal(piece.bytes, bytes.length);
    pieces.push(piece);
  }
  for (const [first, last] of [
    [0, 700_000],
    [0, 0],
    [700_000, 700_000],
    [1, 131_071],
    [131_071, 131_072],
    [131_072, 131_072],
    [130_000, 400_001],
    [0, 9_999_999],
    [5, 4],
  ] as const) {
    const read = await readAll(files.read(pieces, first, last));
    assert(read.equals(whole.subarray(first, last + 1)), `${first} to ${last}`);
  }
  assert.deepEqual(await readAll(files.read([], 0, 10)), Buffer.alloc(0));
});

test("files and folders are their owner's alone, two levels below the folder", async () => {
  const folder = newFolder();
  await using files = await openFolder(folder);
  const { file } = await store(files, sampleBytes(10));
  const path = join(folder, file.slice(0, 2), file.slice(2, 3), file);
  assert.deepEqual(filesIn(folder), [path]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  for (const parent of [folder, join(folder, "incoming"), join(folder, file.slice(0, 2))]) {
    assert.equal(statSync(parent).mode & 0o777, 0o700);
  }
});

test("a copy has the same bytes in a file of its own", async () => {
  const folder = newFolder();
  await using files = await openFolder(folder);
  const bytes = sampleBytes(300_000);
  const piece = await store(files, bytes);
  const copy = await files.copy(piece);
  assert.equal(copy.bytes, piece.bytes);
  await files.remove([piece]);
  assert((await readAll(files.read([copy], 0, bytes.length))).equals(bytes));
  await assert.rejects(files.copy(piece), /object folder .*ENOENT/);
  assert.equal(filesIn(folder).length, 1);
});

test("a source that throws leaves no file, and its own error is thrown", async () => {
  const folder = newFolder();
  await using files = await openFolder(folder);
  for (const before of [0, 10, 131_072, 500_000]) {
    const broken = new Error("the caller left");
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield* inChunks(sampleBytes(before), 65_536);
      throw broken;
    };
    await assert.rejects(
      files.write(source(), () => undefined),
      (error) => error === broken,
    );
    const bad = (): never => {
      throw broken;
    };
    await assert.rejects(files.write(inChunks(sampleBytes(before + 1), 65_536), bad), (error) => error === broken);
  }
  assert.deepEqual(filesIn(folder), []);
});

test("a disk that is full leaves no file, says so, and takes the next that fits", async (t) => {
  const folder = newFolder();
  mkdirSync(folder, { recursive: true });
  // Of one megabyte; only the superuser may mount one. What is thrown in the middle of a block: pour-into.test.ts.
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
  if (mounted.status !== 0) return t.skip("no small disk can be mounted here");
  try {
    await using files = await openFolder(folder);
    const kept = await store(files, sampleBytes(300_000));
    let left = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield sampleBytes(50_000);
      } finally {
        left++;
      }
    };
    for (let round = 1; round <= 3; round++) {
      await assert.rejects(
        files.write(endless(), () => undefined),
        new RegExp(`object folder ${folder}: there is no room left \\(ENOSPC`),
      );
      assert.equal(left, round, "the source is told");
    }
    await store(files, sampleBytes(500_000));
    await assert.rejects(files.copy(kept), /there is no room left/);
    assert.equal(filesIn(folder).length, 2);
    assert((await readAll(files.read([kept], 0, 299_999))).equals(sampleBytes(300_000)));
  } finally {
    spawnSync("umount", [folder]);
  }
});

test("a source is asked for more only when there is room for it", async () => {
  await using files = await openFolder(newFolder());
  let asked = 0;
  let returned = false;
  const chunk = new Uint8Array(131_072);
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: asked++ === 20, value: chunk }),
      return: async () => ((returned = true), { done: true, value: undefined }),
    }),
  };
  const stop = new Error("enough");
  let seen = 0;
  await assert.rejects(
    files.write(source, () => {
      assert(asked <= seen + 1, "it reads ahead of the disk");
      if (++seen === 10) throw stop;
    }),
    (error) => error === stop,
  );
  assert.equal(asked, 10);
  assert(returned, "the source is told");
});

test("a reader that leaves early closes its file; one that never begins opens none", async (t) => {
  if (process.platform !== "linux") return t.skip("open files are counted in /proc");
  const folder = newFolder();
  await using files = await openFolder(folder);
  const pieces = [await store(files, sampleBytes(500_000)), await store(files, sampleBytes(500_000))];
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  files.read(pieces, 0, 999_999);
  for (let round = 0; round < 50; round++) {
    for await (const chunk of files.read(pieces, 400_000, 999_999)) {
      assert(chunk.length <= 262_144);
      if (round % 2 === 0) break;
    }
  }
  assert.equal(open(), before);
});

test("a file that is being read stays readable to its reader, and goes when the last one ends", async () => {
  const folder = newFolder();
  await using files = await openFolder(folder);
  const bytes = sampleBytes(600_000);
  const pieces = [await store(files, bytes.subarray(0, 300_000)), await store(files, bytes.subarray(300_000))];
  const readers = [files.read(pieces, 0, 599_999), files.read(pieces, 0, 599_999)].map((read) => ({
    read: read[Symbol.asyncIterator](),
    got: [] as Uint8Array[],
  }));
  for (const { read, got } of readers) got.push((await read.next()).value as Uint8Array);
  await readAll(files.read(pieces, 0, 599_999)); // one that came and went is not to end it for the others
  await files.remove(pieces);
  assert.equal(filesIn(folder).length, 2);
  for (const { read, got } of readers) {
    for (let next = await read.next(); next.done !== true; next = await read.next()) got.push(next.value);
    assert(Buffer.concat(got).equals(bytes));
  }
  await files[Symbol.asyncDispose]();
  assert.deepEqual(filesIn(folder), []);
});

test("a removed file stays a moment for those that have just read of it, and goes at the end at the latest", async () => {
  const folder = newFolder();
  const bytes = sampleBytes(1000);
  {
    await using files = await openFolder(folder, 3_600_000);
    const piece = await store(files, bytes);
    await files.remove([piece]);
    assert((await readAll(files.read([piece], 0, 999))).equals(bytes));
  }
  assert.deepEqual(filesIn(folder), []);
});

test("removing what is gone already is no fault", async () => {
  await using files = await openFolder(newFolder());
  const piece = await store(files, sampleBytes(10));
  await files.remove([piece, piece]);
  await files.remove([piece]);
  await assert.rejects(readAll(files.read([piece], 0, 9)), /object folder .*ENOENT/);
});

test("a file that is shorter than its piece fails the read rather than end it", async () => {
  const folder = newFolder();
  await using files = await openFolder(folder);
  const piece = await store(files, sampleBytes(200_000));
  const [path = ""] = filesIn(folder);
  truncateSync(path, 150_000);
  await assert.rejects(readAll(files.read([piece], 0, 199_999)), /ends at 150000, before 200000/);
  assert.equal((await readAll(files.read([piece], 0, 149_999))).length, 150_000);
});

test("no name leads out of the folder", async () => {
  await using files = await openFolder(newFolder());
  for (const file of ["../../secret", "incoming", "", "AB".repeat(16), `${"ab".repeat(16)}/..`]) {
    await assert.rejects(readAll(files.read([{ file, bytes: 1 }], 0, 0)), /is no name of an object file/);
  }
});

test("clean-up removes what an earlier run left and nothing names, in batches, and nothing else", async () => {
  const folder = newFolder();
  const named: string[] = [];
  // As a crash would leave them: half written, and written whole but not named.
  const names = Array.from({ length: 600 }, () => randomBytes(16).toString("hex"));
  for (const [number, name] of names.entries()) {
    const leaf = number < 5 ? join(folder, "incoming") : join(folder, name.slice(0, 2), name.slice(2, 3));
    mkdirSync(leaf, { recursive: true });
    writeFileSync(join(leaf, name), "x");
    if (number % 3 === 2 && number >= 5) named.push(name);
  }
  writeFileSync(join(folder, "README"), "an operator's own");

  await using files = await openFolder(folder);
  const mine = await store(files, sampleBytes(10));
  const writing = Promise.withResolvers<void>();
  const slow = files.write(
    (async function* () {
      yield sampleBytes(5);
      await writing.promise;
      yield sampleBytes(5);
    })(),
    () => undefined,
  );
  let largest = 0;
  const inUse = new Set(named);
  const removed = await files.cleanUp(async (names) => {
    largest = Math.max(largest, names.length);
    return new Set(names.filter((name) => inUse.has(name)));
  });
  assert.equal(removed, 600 - named.length);
  assert(largest > 0 && largest <= 256);
  writing.resolve();
  const late = await slow;
  assert.deepEqual(
    new Set(filesIn(folder).map((path) => path.split("/").at(-1))),
    new Set([...inUse, mine.file, late.file, "README"]),
  );
});

test("clean-up ends when the folder is closed", async () => {
  const folder = newFolder();
  {
    await using files = await openFolder(folder);
    for (let number = 0; number < 10; number++) await store(files, sampleBytes(number));
  }
  const files = await openFolder(folder);
  const cleaning = files.cleanUp(async () => new Set());
  await files[Symbol.asyncDispose]();
  await cleaning;
});
