// Objects are whole after kill -9 at any moment: a child writes and prints, the parent kills it at a line drawn from the
// seed, opens what is left, cleans up and compares. No sleeps: lines are the clock.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openObjectFiles, type ObjectFolder } from "../../src/buckets/files/open-object-files.ts";
import type { Piece } from "../../src/store/buckets.ts";
import { BUCKET, range } from "../../src/store/contract/bucket-samples.ts";
import { PLENTY } from "../../src/store/contract/samples.ts";
import { openSqliteStore } from "../../src/store/sqlite/open-sqlite-store.ts";
import type { Store } from "../../src/store/store.ts";

const WRITER = fileURLToPath(new URL("crash-writer.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "warmfront-crash-"));
after(() => rmSync(folder, { recursive: true }));

/** Lines after which the writer is killed. Rounds write on in one folder, so that each also recovers what kills before it left. */
const ROUNDS = [1, 2, 9, 40, 5, 90, 23] as const;

async function writeAndKill(seed: number, lines: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, folder, String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const told: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(line);
    if (told.length === lines) child.kill("SIGKILL");
  }
  const [, signal] = (await closed) as [number | null, string | null];
  assert.equal(signal, "SIGKILL", "the writer ended by itself");
  return told;
}

async function md5(files: ObjectFolder, pieces: readonly Piece[]): Promise<Buffer> {
  const digest = createHash("md5");
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  for await (const chunk of files.read(pieces, 0, bytes - 1)) digest.update(chunk);
  return digest.digest();
}

/** Reads everything that the index names, and answers the names of the files. */
async function readEverything(store: Store, files: ObjectFolder): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  const { items } = await store.buckets.listObjects(BUCKET, range());
  for (const { key, etag } of items) {
    const object = await store.buckets.getObject(BUCKET, key);
    assert(object !== undefined);
    for (const { file } of object.pieces) named.add(file);
    const [first = { file: "", bytes: 0 }] = object.pieces;
    if (!etag.includes("-")) {
      assert.equal((await md5(files, [first])).toString("hex"), etag, key);
      continue;
    }
    const sums = await Promise.all(object.pieces.map((piece) => md5(files, [piece])));
    assert.equal(`${createHash("md5").update(Buffer.concat(sums)).digest("hex")}-${sums.length}`, etag, key);
  }
  const uploads = await store.buckets.listUploads(BUCKET, { ...range(), afterUpload: "" });
  for (const upload of uploads.items) {
    for (const { piece, etag } of (await store.buckets.listParts(upload, { after: 0, limit: PLENTY })) ?? []) {
      named.add(piece.file);
      assert.equal((await md5(files, [piece])).toString("hex"), etag, `a part of ${upload.id}`);
    }
  }
  return named;
}

test("after kill -9 every object is whole, what was acknowledged is there, and clean-up leaves no other file", async () => {
  /** ETag of each key as last acknowledged. */
  const expected = new Map<string, string>();
  let cleaned = 0;
  for (const [seed, lines] of ROUNDS.entries()) {
    const told = await writeAndKill(seed, lines);
    for (const line of told) {
      const [what, key = "", etag = ""] = line.split(" ");
      if (what === "has") expected.set(key, etag);
    }

    await using store = await openSqliteStore({ path: join(folder, "store.sqlite") });
    await using files = await openObjectFiles({
      folder: join(folder, "objects"),
      random: randomBytes,
      reportFault: (fault) => assert.fail(String(fault)),
      removeAfterMs: 0,
    });
    cleaned += await files.cleanUp((names) => store.buckets.filesInUse(names));
    const named = await readEverything(store, files);
    const found = readdirSync(join(folder, "objects"), { recursive: true, withFileTypes: true });
    const left = new Set(found.filter((entry) => entry.isFile()).map(({ name }) => name));
    assert.deepEqual(left, named, `seed ${seed}`);

    // Each of the three writers may have been between its last write and the line that tells of it.
    const differing = new Set<string>();
    for (const [key, etag] of expected) {
      const now = (await store.buckets.getObject(BUCKET, key))?.etag ?? "nothing";
      if (now === etag) continue;
      assert(!differing.has(key.charAt(0)), `seed ${seed}: more than the last write of a writer is missing: ${key}`);
      differing.add(key.charAt(0));
      expected.set(key, now);
    }
  }
  assert(expected.size > 10);
  assert(cleaned > 0, "no kill left anything behind");
});
