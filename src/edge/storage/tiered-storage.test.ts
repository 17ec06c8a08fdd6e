import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { epochMs } from "../../vocabulary/time.ts";
import { bodyText, cacheStorageContract, feedNumber, headOf, keyOf, put } from "./cache-storage-contract.ts";
import { openTieredStorage, type TieredLimits, type TieredStorage } from "./tiered-storage.ts";

const home = mkdtempSync(join(tmpdir(), "warmfront-tiers-"));
after(() => rmSync(home, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(home, "cache-"));

const ROOMY: TieredLimits = {
  cacheCapacityBytes: 10_000_000,
  cacheResponseBytesMax: 10_000_000,
  cacheDiskBytes: 100_000_000,
  cacheObjectsMax: 10_000,
};
const { distribution } = keyOf("/");

function tiers(limits: Partial<TieredLimits> = {}, directory = newDirectory()): TieredStorage {
  return openTieredStorage({
    directory,
    limits: { ...ROOMY, ...limits },
    clock: { now: () => epochMs(1_800_000_000_000) },
    log: (level, event, why) => assert.fail(`${level} ${event}: ${why}`),
  });
}

async function opened(limits: Partial<TieredLimits> = {}, directory?: string): Promise<TieredStorage> {
  const storage = tiers(limits, directory);
  await storage.openDisk(feedNumber(0));
  await storage.diskLoaded();
  return storage;
}

for (const [name, memory] of [
  ["memory over a disk", Infinity],
  ["next to no memory over a disk", 5000],
  ["a disk alone", 0],
] as const) {
  cacheStorageContract(name, ({ cacheCapacityBytes: bytes, cacheResponseBytesMax }) =>
    opened({ cacheCapacityBytes: Math.min(bytes, memory), cacheResponseBytesMax, cacheDiskBytes: bytes }),
  );
}

// One response has an eighth of it at most.
cacheStorageContract("memory whose disk has not come yet", ({ cacheCapacityBytes, cacheResponseBytesMax }) =>
  tiers({
    cacheCapacityBytes: cacheCapacityBytes * (cacheCapacityBytes > 1_000_000 ? 8 : 1),
    cacheResponseBytesMax,
  }),
);

const LONG = "0123456789".repeat(100_000);

test("what memory has lost is on the disk, and comes back into memory when it is asked for again", async () => {
  const storage = await opened({ cacheCapacityBytes: 200_000 });
  await put(storage, keyOf("/a"), "body of a");
  for (let index = 0; index < 100; index++) await put(storage, keyOf(`/${index}`), "x".repeat(10_000));
  assert.equal(storage.glance(keyOf("/a")), undefined);
  assert.equal(storage.peek(keyOf("/a")), "below");
  assert.equal(storage.peek(keyOf("/nothing")), "absent");
  assert.equal(await bodyText(await storage.find(keyOf("/a"))), "body of a");
  assert.equal(storage.glance(keyOf("/a")), undefined, "asked for once");
  assert.equal(await bodyText(await storage.find(keyOf("/a"))), "body of a");
  assert.notEqual(storage.glance(keyOf("/a")), undefined, "asked for twice");
  await storage.close();
});

test("what is inspected on the disk is not used, and does not come into memory", async () => {
  const directory = newDirectory();
  const first = await opened({}, directory);
  await put(first, keyOf("/a"), "body of a", headOf(0));
  await first.close();
  const storage = await opened({}, directory);
  for (let time = 0; time < 5; time++) assert.equal((await storage.inspect(keyOf("/a")))?.isBelow, true);
  await storage.find(keyOf("/a"));
  assert.equal(storage.glance(keyOf("/a")), undefined, "asked for once");
  await storage.find(keyOf("/a"));
  assert.equal((await storage.inspect(keyOf("/a")))?.isBelow, false);
  await storage.close();
});

test("a response larger than memory is stored, found, and read in parts", async () => {
  const storage = await opened({ cacheCapacityBytes: 100_000 });
  const stored = await put(storage, keyOf("/long"), LONG);
  assert.equal(await bodyText(stored), LONG);
  assert.equal(storage.peek(keyOf("/long")), "below");
  const found = await storage.find(keyOf("/long"));
  assert.equal(await bodyText(found, { from: 65_530, to: 700_001 }), LONG.slice(65_530, 700_001));
  assert.ok(found !== undefined);
  await storage.refresh(keyOf("/long"), found, headOf(2, "validated"));
  assert.deepEqual((await storage.find(keyOf("/long")))?.head.fields, [["X-Name", "validated"]]);
  assert.equal(await bodyText(await storage.find(keyOf("/long"))), LONG);
  await storage.close();
});

test("what is replaced while it comes back into memory does not come back, whoever looks for it meanwhile", async () => {
  const directory = newDirectory();
  const long = { cacheCapacityBytes: 20_000_000 };
  const first = await opened(long, directory);
  await put(first, keyOf("/long"), LONG, headOf(0));
  await first.close();
  const storage = await opened(long, directory);
  await storage.find(keyOf("/long"));
  const again = await storage.find(keyOf("/long")); // from now on it comes back
  assert.equal(storage.glance(keyOf("/long")), undefined, "not at once");
  const meanwhile = storage.find(keyOf("/long"));
  assert.equal(storage.glance(keyOf("/long")), undefined, "not yet");
  await meanwhile; // in nearly all runs what comes back is still on its way
  await put(storage, keyOf("/long"), "newer", headOf(0));
  for await (const _ of again?.body.read() ?? []);
  for (let turns = 0; turns < 100; turns++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await bodyText(await storage.find(keyOf("/long"))), "newer");
  await storage.close();
});

test("all who look for the same at once are given the same", async () => {
  const directory = newDirectory();
  const first = await opened({}, directory);
  await put(first, keyOf("/a"), "body");
  await first.close();
  const storage = await opened({}, directory);
  const found = await Promise.all(Array.from({ length: 50 }, () => storage.find(keyOf("/a"))));
  assert.equal(new Set(found.map((each) => each?.body.bytes?.buffer)).size, 1);
  await storage.close();
});

test("one process takes the directory over from another that serves on without it", async () => {
  const directory = newDirectory();
  const old = await opened({}, directory);
  await put(old, keyOf("/a"), "of the old one");
  await put(old, keyOf("/b"), "of the old one");
  const next = tiers({}, directory);
  await put(next, keyOf("/b"), "of the next one", headOf(2));
  next.invalidate({ distribution, path: "/c", isLiteral: true }, feedNumber(2 + 2 ** -24));
  await old.closeDisk();
  assert.equal(await bodyText(await old.find(keyOf("/a"))), "of the old one", "in memory");
  assert.ok(await put(old, keyOf("/d"), "stored in memory"));
  await next.openDisk(feedNumber(2));
  await next.diskLoaded();
  assert.equal(await bodyText(await next.find(keyOf("/a"))), "of the old one", "from the disk");
  assert.equal(await bodyText(await next.find(keyOf("/b"))), "of the next one");
  await old.close();
  await next.close();
});

for (const [how, change] of [
  ["stored", (storage) => put(storage, keyOf("/a"), "newer", headOf(2))],
  [
    "validated",
    async (storage) => {
      const stored = await put(storage, keyOf("/a"), "newer", headOf(2));
      assert.ok(stored !== undefined);
      await storage.refresh(keyOf("/a"), stored, headOf(3));
    },
  ],
  ["dropped", async (storage) => storage.drop(keyOf("/a"))],
  // It went to the viewer, who must not see what was there before it.
  ["too long to be stored", async (storage) => storage.admit(keyOf("/a"), headOf(2), 1_000_000)],
] as const satisfies [string, (storage: TieredStorage) => Promise<unknown>][]) {
  test(`what was ${how} before the disk was there is not found there in an older form`, async () => {
    const directory = newDirectory();
    const old = await opened({}, directory);
    await put(old, keyOf("/a"), "older");
    await put(old, keyOf("/b"), "unchanged");
    const next = tiers({ cacheCapacityBytes: 200_000 }, directory);
    await change(next);
    for (let index = 0; index < 100; index++) await put(next, keyOf(`/${index}`), "x".repeat(10_000), headOf(2));
    assert.equal(next.glance(keyOf("/a")), undefined, "evicted");
    await old.close();
    await next.openDisk(feedNumber(2));
    await next.diskLoaded();
    assert.equal(await next.find(keyOf("/a")), undefined);
    assert.equal(await bodyText(await next.find(keyOf("/b"))), "unchanged");
    await next.close();
    const last = await opened({}, directory);
    assert.equal(await last.find(keyOf("/a")), undefined, "after a restart");
    await last.close();
  });
}

test("positions do not repeat after a restart, whatever was invalidated before the disk was there", async () => {
  const directory = newDirectory();
  const first = await opened({}, directory);
  const began = feedNumber(3 + 5 * 2 ** -24);
  for (const url of ["/a", "/b", "/c"]) await put(first, keyOf(url), LONG, headOf(began));
  first.invalidate({ distribution, path: "/a", isLiteral: true }, feedNumber(3 + 6 * 2 ** -24));
  await first.invalidationsWritten();
  await first.close();
  const second = tiers({}, directory);
  second.invalidate({ distribution, path: "/b", isLiteral: true }, feedNumber(3 + 1 * 2 ** -24)); // it cannot know better yet
  const from = await second.openDisk(feedNumber(3));
  assert.ok(from !== undefined && from > began && from < 4, `goes on from ${from}`);
  await second.diskLoaded();
  for (const [url, isThere] of [
    ["/a", false],
    ["/b", false],
    ["/c", true],
  ] as const) {
    assert.equal((await second.find(keyOf(url))) !== undefined, isThere, url);
  }
  await second.close();
});

test("what was asked for in memory alone stays on the disk when others go", async () => {
  const storage = await opened({ cacheCapacityBytes: 300_000, cacheDiskBytes: 1_000_000 });
  await put(storage, keyOf("/hot"), "hot");
  for (let index = 0; index < 600; index++) {
    await put(storage, keyOf(`/${index}`), "x".repeat(5000));
    assert.notEqual(storage.peek(keyOf("/hot")), "absent", `after ${index} others`);
    if (index % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.equal(storage.peek(keyOf("/0")), "absent");
  await storage.close();
});

test("copies of what another worker owns are in memory only", async () => {
  const directory = newDirectory();
  const storage = await opened({}, directory);
  const lease = { isHeld: true };
  const stored = await put(storage, keyOf("/a"), "copy", { ...headOf(1), lease });
  assert.ok(stored !== undefined);
  await storage.refresh(keyOf("/a"), stored, { ...headOf(2), lease });
  assert.equal(await bodyText(await storage.find(keyOf("/a"))), "copy");
  assert.equal(storage.counters().storedResponses, 0, "on the disk");
  await storage.close();
});
