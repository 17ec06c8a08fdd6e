// What cache-killed.test.ts kills: stores, validates, drops and forgets without pause in the directory that it is given, and says
// after each invalidation of its own that is safe what it was.

import { bodyText, feedNumber, headOf, keyOf, put } from "../../src/edge/storage/cache-storage-contract.ts";
import { openTieredStorage } from "../../src/edge/storage/tiered-storage.ts";
import { epochMs } from "../../src/vocabulary/time.ts";

const [, , directory = "", seed = "1"] = process.argv;
const KEYS = 60;

export function bodyOf(index: number, version: number): string {
  return `${index}:${version};`.repeat(index % 7 === 0 ? 40_000 : 200);
}

async function run(): Promise<void> {
  const storage = openTieredStorage({
    directory,
    limits: {
      cacheCapacityBytes: 100_000,
      cacheResponseBytesMax: 10_000_000,
      cacheDiskBytes: 6_000_000,
      cacheObjectsMax: 50,
    },
    clock: { now: () => epochMs(1_800_000_000_000) },
    log: () => undefined,
  });
  let position = (await storage.openDisk(feedNumber(1))) ?? feedNumber(1);
  process.stdout.write("open\n");
  let state = Number(seed);
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  for (let step = Number(seed) * 1_000_000; ; step++) {
    const index = draw(KEYS);
    const key = keyOf(`/${index}`);
    const what = draw(10);
    if (what < 6) await put(storage, key, bodyOf(index, step), headOf(position, `${step}`));
    else if (what < 8) {
      const found = await storage.find(key);
      if (found !== undefined) await bodyText(found).catch(() => undefined);
      if (found !== undefined) await storage.refresh(key, found, headOf(position, found.head.fields[0]?.[1] ?? ""));
    } else if (what < 9) storage.drop(key);
    else {
      position = feedNumber(position + 2 ** -24);
      storage.invalidate({ distribution: key.distribution, path: key.url, isLiteral: true }, position);
      await storage.invalidationsWritten();
      process.stdout.write(`forgot ${index} ${step}\n`);
    }
    if (step % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

if (directory !== "") await run();
