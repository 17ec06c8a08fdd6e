// A cache on a disk that is fuller than its settings say: what finds no room is not stored and nobody is hindered, what is in
// memory goes on, and when there is room it is stored again.

import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bodyText, feedNumber, keyOf, put } from "../../src/edge/storage/cache-storage-contract.ts";
import { openTieredStorage } from "../../src/edge/storage/tiered-storage.ts";
import { addSeconds, epochMs, seconds } from "../../src/vocabulary/time.ts";
import { mountSmallDisk } from "../support/small-disk.ts";

test("a disk that is full loses what finds no room, and takes more when there is some", async (t) => {
  const folder = mountSmallDisk(t, "8m");
  if (folder === undefined) return t.skip("a small disk cannot be mounted here");
  let now = epochMs(1_800_000_000_000);
  const said: string[] = [];
  const storage = openTieredStorage({
    directory: join(folder, "cache"),
    limits: {
      cacheCapacityBytes: 100_000,
      cacheResponseBytesMax: 10_000_000,
      cacheDiskBytes: 100_000_000,
      cacheObjectsMax: 10_000,
    },
    clock: { now: () => now },
    log: (_level, event, why) => said.push(`${event} ${why}`),
  });
  await storage.openDisk(feedNumber(0));
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  for (let index = 0; index < 400; index++) {
    const body = `${index} `.repeat(10_000);
    const stored = await put(storage, keyOf(`/${index}`), body);
    if (stored !== undefined) assert.equal(await bodyText(stored), body);
    await turn();
  }
  assert.ok(
    said.some((line) => line.includes("ENOSPC")),
    said.join("\n"),
  );
  // What is found is right, wherever it was when the disk was full.
  let found = 0;
  for (let index = 0; index < 400; index++) {
    const text = await bodyText(await storage.find(keyOf(`/${index}`))).catch(() => undefined);
    if (text === undefined) continue;
    assert.equal(text, `${index} `.repeat(10_000));
    found++;
  }
  assert.ok(found > 20, `${found} are found`);
  await storage.closeDisk();
  rmSync(join(folder, "cache"), { recursive: true });
  writeFileSync(join(folder, "room"), "");
  now = addSeconds(now, seconds(60));
  await storage.openDisk(feedNumber(0));
  const long = "x".repeat(1_000_000);
  assert.ok((await put(storage, keyOf("/after"), long)) !== undefined);
  assert.equal(await bodyText(await storage.find(keyOf("/after"))), long);
  await storage.close();
});
