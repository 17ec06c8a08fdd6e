import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { FeedNumber } from "../../../vocabulary/ids.ts";
import { epochMs } from "../../../vocabulary/time.ts";
import { bodyText, feedNumber, headOf, keyOf, put } from "../cache-storage-contract.ts";
import { openDiskStorage, type DiskLimits, type DiskStorage } from "./disk-storage.ts";

// What earlier runs have left: all of it that is whole, nothing that was removed, whatever happened to the files.

const home = mkdtempSync(join(tmpdir(), "warmfront-restart-"));
after(() => rmSync(home, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(home, "cache-"));
const ROOMY: DiskLimits = { cacheDiskBytes: 100_000_000, cacheObjectsMax: 10_000, cacheResponseBytesMax: 10_000_000 };
const { distribution } = keyOf("/");

async function open(
  directory: string,
  more: { readonly limits?: Partial<DiskLimits>; readonly position?: FeedNumber } = {},
): Promise<DiskStorage> {
  const storage = await openDiskStorage({
    directory,
    limits: { ...ROOMY, ...more.limits },
    clock: { now: () => epochMs(1_800_000_000_000) },
    log: () => undefined,
    ...(more.position !== undefined && { position: more.position }),
  });
  await storage.loaded;
  return storage;
}

const textOf = async (storage: DiskStorage, url: string): Promise<string | undefined> =>
  bodyText(await storage.find(keyOf(url)));

const LONG = "0123456789".repeat(50_000);

test("what was stored is there after a restart: short and long bodies, heads, the newest of each key", async () => {
  const directory = newDirectory();
  const first = await open(directory);
  await put(first, keyOf("/short"), "old");
  await put(first, keyOf("/short"), "short", headOf(2, "näme"));
  await put(first, keyOf("/long"), LONG);
  await put(first, keyOf("/empty"), "");
  const stored = await first.find(keyOf("/long"));
  assert.ok(stored !== undefined);
  await first.refresh(keyOf("/long"), stored, headOf(3, "validated"));
  await first.close();
  const second = await open(directory);
  assert.equal(second.counters().storedResponses, 3);
  assert.equal(await textOf(second, "/short"), "short");
  assert.deepEqual((await second.find(keyOf("/short")))?.head.fields, [["X-Name", "näme"]]);
  assert.equal(await textOf(second, "/long"), LONG);
  assert.equal((await second.find(keyOf("/long")))?.head.began, 3);
  assert.equal(await textOf(second, "/empty"), "");
  assert.equal(readdirSync(directory).filter((name) => name.startsWith("b")).length, 1);
  await second.close();
});

test("what was dropped, replaced or invalidated by the edge itself does not come back", async () => {
  const directory = newDirectory();
  const first = await open(directory);
  for (const url of ["/dropped", "/kept", "/own", "/later"]) await put(first, keyOf(url), LONG, headOf(7));
  first.drop(keyOf("/dropped"));
  first.invalidate({ distribution, path: "/own", isLiteral: true }, feedNumber(7 + 2 ** -24));
  await put(first, keyOf("/later"), "later", headOf(8));
  await first.close();
  const second = await open(directory);
  for (const [url, expected] of [
    ["/dropped", undefined],
    ["/own", undefined],
    ["/kept", LONG],
    ["/later", "later"],
  ] as const) {
    assert.equal(await textOf(second, url), expected, url);
  }
  assert.ok(second.reserved >= 7 + 2 ** -24 && second.reserved < 8, `positions up to ${second.reserved} are taken`);
  await second.close();
});

test("invalidations of the feed that come again after a restart find all that is older, swept or not", async () => {
  const directory = newDirectory();
  const first = await open(directory);
  for (let index = 0; index < 50; index++) await put(first, keyOf(`/${index}`), "x", headOf(index));
  first.invalidate({ distribution, path: "/1*" }, feedNumber(30));
  await first.close();
  const second = await open(directory);
  second.invalidate({ distribution, path: "/1*" }, feedNumber(30));
  second.invalidate({ distribution, path: "/2" }, feedNumber(30));
  for (const [url, isThere] of [
    ["/1", false],
    ["/19", false],
    ["/2", false],
    ["/3", true],
    ["/29", true],
    ["/31", true],
  ] as const) {
    assert.equal((await second.find(keyOf(url))) !== undefined, isThere, url);
  }
  await second.close();
});

test("what began later than the feed has come is of another feed, and is not taken in", async () => {
  const directory = newDirectory();
  const first = await open(directory);
  await put(first, keyOf("/a"), "x", headOf(5));
  await put(first, keyOf("/b"), "x", headOf(6));
  await first.close();
  const second = await open(directory, { position: feedNumber(5) });
  assert.equal(await textOf(second, "/a"), "x");
  assert.equal(await textOf(second, "/b"), undefined);
  await second.close();
  const third = await open(directory, { position: feedNumber(9) });
  assert.equal(await textOf(third, "/b"), undefined, "nor does it come back when the feed has gone on");
  await third.close();
});

test("a smaller disk after a restart is held to at once", async () => {
  const directory = newDirectory();
  const first = await open(directory);
  for (let index = 0; index < 200; index++) await put(first, keyOf(`/${index}`), "x".repeat(5000));
  await first.settle();
  await first.close();
  const limits = { cacheDiskBytes: 400_000 };
  const second = await open(directory, { limits });
  await second.settle();
  assert.ok(second.counters().storedBytes <= limits.cacheDiskBytes, `${second.counters().storedBytes} bytes`);
  await second.close();
});

test("files that nothing leads to are removed, and others' are none of a cache directory's business to keep", async () => {
  const directory = newDirectory();
  for (const name of ["b77", "s5.main", "s6.small.rows", "rules.new", "stray"])
    writeFileSync(join(directory, name), "x");
  const storage = await open(directory);
  assert.deepEqual(readdirSync(directory), ["rules"]);
  await put(storage, keyOf("/a"), LONG);
  assert.equal(await textOf(storage, "/a"), LONG);
  await storage.close();
});

/** One short and one long response, on a disk. */
async function fill(directory: string): Promise<void> {
  const storage = await open(directory);
  await put(storage, keyOf("/short"), "short body".repeat(10));
  await put(storage, keyOf("/long"), LONG);
  await storage.close();
}

/** All that may be said of the two: the right bytes, nothing, or of a long one a beginning that breaks off visibly. */
async function judge(directory: string, what: string): Promise<number> {
  const storage = await open(directory);
  let whole = 0;
  for (const [url, expected] of [
    ["/short", "short body".repeat(10)],
    ["/long", LONG],
  ] as const) {
    try {
      const found = await storage.find(keyOf(url));
      if (found === undefined) continue;
      assert.deepEqual(found.head, headOfStored(), `${what}: head of ${url}`);
      assert.equal(await bodyText(found), expected, `${what}: body of ${url}`);
      whole++;
    } catch (error) {
      assert.match(String(error), /damaged/, `${what}: ${url}`);
      assert.equal(await storage.find(keyOf(url)), undefined, `${what}: what is damaged is not found again`);
    }
  }
  await storage.close();
  return whole;
}

/** As JSON keeps it. */
function headOfStored(): unknown {
  return JSON.parse(JSON.stringify(headOf(1)));
}

test("a bit that is flipped anywhere makes a miss or breaks off, never another head or body", async () => {
  const filled = newDirectory();
  await fill(filled);
  let damaged = 0;
  for (const name of readdirSync(filled)) {
    const bytes = readFileSync(join(filled, name));
    // Every byte of what is small, some of every region of what is long.
    const step = Math.max(1, Math.floor(bytes.length / (name.startsWith("b") ? 12 : 160)));
    for (let at = 0; at < bytes.length; at += step) {
      const directory = newDirectory();
      cpSync(filled, directory, { recursive: true });
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(join(directory, name), flipped);
      if ((await judge(directory, `${name}, byte ${at}`)) < 2) damaged++;
      rmSync(directory, { recursive: true });
    }
  }
  assert.ok(damaged > 100, `${damaged} flips were found`);
});

test("files that are cut off anywhere, or gone, make misses", async () => {
  const filled = newDirectory();
  await fill(filled);
  for (const name of readdirSync(filled)) {
    const { length } = readFileSync(join(filled, name));
    for (const left of [undefined, 0, 1, Math.floor(length / 3), length - 9, length - 1]) {
      if (left !== undefined && left < 0) continue;
      const directory = newDirectory();
      cpSync(filled, directory, { recursive: true });
      if (left === undefined) rmSync(join(directory, name));
      else truncateSync(join(directory, name), left);
      await judge(directory, `${name} cut to ${left ?? "nothing"}`);
      assert.ok(existsSync(directory));
      rmSync(directory, { recursive: true });
    }
  }
});

test("a range of a long body is checked like the whole", async () => {
  const directory = newDirectory();
  await fill(directory);
  const name = readdirSync(directory).find((file) => file.startsWith("b")) ?? "";
  const bytes = readFileSync(join(directory, name));
  bytes[300_000] = 0;
  writeFileSync(join(directory, name), bytes);
  const storage = await open(directory);
  const found = await storage.find(keyOf("/long"));
  assert.equal(await bodyText(found, { from: 5, to: 200_000 }), LONG.slice(5, 200_000));
  await assert.rejects(bodyText(found, { from: 299_990, to: 299_999 }), /damaged/);
  await storage.close();
});
