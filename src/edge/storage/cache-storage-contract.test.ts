import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openDiskStorage } from "../../../test/support/disk-storage.ts";
import { bodyText, cacheStorageContract, headOf, keyOf, put } from "./cache-storage-contract.ts";

// The port was cut for a disk: a small storage of files keeps the same promises.

const directories: string[] = [];

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-cache-"));
  directories.push(directory);
  return directory;
}

after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const ROOMY = { cacheCapacityBytes: 100_000_000, cacheResponseBytesMax: 100_000_000 };

cacheStorageContract("files", (limits) => openDiskStorage(newDirectory(), limits));

test("a disk that falls behind loses the admission, and waits for nobody", async () => {
  const storage = openDiskStorage(newDirectory(), ROOMY);
  const admission = storage.admit(keyOf("/a"), headOf(1), undefined);
  let appended = 0;
  while (appended < 50 && admission?.append(Buffer.alloc(1_000_000)) === true) appended++;
  assert.ok(appended > 0 && appended < 50, `${appended} megabytes were taken within one turn`);
  assert.equal(await admission?.commit(), undefined);
  assert.equal(await storage.find(keyOf("/a")), undefined);
  assert.equal(storage.counters().storedBytes, 0);
  await storage.close();
});

test("a disk that fails makes misses and responses that are not stored, never an error", async () => {
  const directory = newDirectory();
  const storage = openDiskStorage(directory, ROOMY);
  const stored = await put(storage, keyOf("/a"), "x");
  assert.ok(stored !== undefined);
  rmSync(directory, { recursive: true });
  assert.equal(await storage.find(keyOf("/a")), undefined);
  assert.equal(await storage.refresh(keyOf("/a"), stored, headOf(2)), undefined);
  for (const body of ["short", "long".repeat(10_000)]) assert.equal(await put(storage, keyOf("/b"), body), undefined);
  await storage.close();
});

test("what was not committed leaves nothing that is found, and in the end no file", async () => {
  const directory = newDirectory();
  const storage = openDiskStorage(directory, ROOMY);
  const admission = storage.admit(keyOf("/a"), headOf(1), undefined);
  admission?.append(Buffer.alloc(100_000));
  admission?.abort();
  await put(storage, keyOf("/b"), "b".repeat(100_000));
  assert.equal((await bodyText(await storage.find(keyOf("/b"))))?.length, 100_000);
  await storage.close();
  assert.equal(readdirSync(directory).length, 2); // head and body of /b
});
