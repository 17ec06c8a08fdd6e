// A process that is killed at any instant leaves a cache whose every response is one that was stored, and none that it had been
// told to forget.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bodyText, feedNumber, keyOf } from "../../src/edge/storage/cache-storage-contract.ts";
import { openDiskStorage } from "../../src/edge/storage/disk/disk-storage.ts";
import { epochMs } from "../../src/vocabulary/time.ts";
import { bodyOf } from "./cache-writer.ts";

const WRITER = fileURLToPath(new URL("cache-writer.ts", import.meta.url));
const KILLS = 8;

test(`after each of ${KILLS} kills all that is found is what was stored, and nothing of what was forgotten`, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-killed-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  let found = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = spawn(process.execPath, [WRITER, directory, String(kill + 1)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(writer, "exit");
    let said = "";
    writer.stdout.setEncoding("utf8");
    const enough = Promise.withResolvers<void>();
    writer.stdout.on("data", (text: string) => {
      said += text;
      if (said.split("\n").length > 3 + kill * 9) enough.resolve();
    });
    await Promise.race([enough.promise, exited]);
    writer.kill("SIGKILL");
    await exited;
    /** Steps count on from one life to the next. */
    const forgotten = new Map<number, number>();
    for (const [, index, step] of said.matchAll(/^forgot (\d+) (\d+)$/gm)) forgotten.set(Number(index), Number(step));
    const storage = await openDiskStorage({
      directory,
      limits: { cacheDiskBytes: 6_000_000, cacheObjectsMax: 50, cacheResponseBytesMax: 10_000_000 },
      clock: { now: () => epochMs(1_800_000_000_000) },
      log: () => undefined,
      position: feedNumber(1),
    });
    await storage.loaded;
    for (let index = 0; index < 60; index++) {
      const stored = await storage.find(keyOf(`/${index}`));
      if (stored === undefined) continue;
      const step = Number(stored.head.fields[0]?.[1]);
      assert.equal(await bodyText(stored), bodyOf(index, step), `kill ${kill}, /${index}`);
      const last = forgotten.get(index);
      if (last !== undefined)
        assert.ok(step > last, `kill ${kill}: /${index} of step ${step} was forgotten at ${last}`);
      found++;
    }
    await storage.close();
  }
  assert.ok(found > 20, `${found} were found`);
});
