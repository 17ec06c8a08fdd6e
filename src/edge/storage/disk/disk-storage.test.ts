import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { epochMs } from "../../../vocabulary/time.ts";
import { cacheStorageContract } from "../cache-storage-contract.ts";
import { openDiskStorage } from "./disk-storage.ts";

const home = mkdtempSync(join(tmpdir(), "warmfront-disk-"));
after(() => rmSync(home, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(home, "cache-"));
const clock = { now: () => epochMs(1_800_000_000_000) };

cacheStorageContract("disk", ({ cacheCapacityBytes, cacheResponseBytesMax }) =>
  openDiskStorage({
    directory: newDirectory(),
    limits: { cacheDiskBytes: cacheCapacityBytes, cacheObjectsMax: 10_000, cacheResponseBytesMax },
    clock,
    log: (level, event, why) => assert.fail(`${level} ${event}: ${why}`),
  }),
);
