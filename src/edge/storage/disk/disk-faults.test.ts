import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as fc from "fast-check";
import { addSeconds, epochMs, seconds } from "../../../vocabulary/time.ts";
import { bodyText, feedNumber, headOf, keyOf, put } from "../cache-storage-contract.ts";
import type { Admission } from "../cache-storage.ts";
import { openDiskStorage, type DiskStorage } from "./disk-storage.ts";
import { SYSTEM_FILES, type Files } from "./files.ts";

// A disk that is full, fails, lies or is slow: a miss, or a response that is not stored, and never anything else.

const home = mkdtempSync(join(tmpdir(), "warmfront-faults-"));
after(() => rmSync(home, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(home, "cache-"));

interface Faulty {
  readonly files: Files;
  /** Fails from now on, with this code, whatever `fails` says so of. */
  fault: string | undefined;
  fails: (call: keyof Files, count: number) => boolean;
  calls: number;
}

function faultyFiles(): Faulty {
  const faulty: Faulty = { files: SYSTEM_FILES, fault: undefined, fails: () => false, calls: 0 };
  const files = Object.fromEntries(
    Object.entries(SYSTEM_FILES).map(([name, call]) => [
      name,
      async (...given: never[]) => {
        const count = faulty.calls++;
        if (faulty.fault !== undefined && faulty.fails(name as keyof Files, count)) {
          throw Object.assign(new Error(`${faulty.fault}: ${name}`), { code: faulty.fault });
        }
        return (call as (...args: never[]) => Promise<unknown>)(...given);
      },
    ]),
  ) as unknown as Files;
  return Object.assign(faulty, { files });
}

interface World {
  readonly storage: DiskStorage;
  readonly disk: Faulty;
  readonly said: string[];
  passSeconds(count: number): void;
}

async function open(directory = newDirectory(), cacheDiskBytes = 20_000_000, disk = faultyFiles()): Promise<World> {
  let now = epochMs(1_800_000_000_000);
  const said: string[] = [];
  const storage = await openDiskStorage({
    directory,
    limits: { cacheDiskBytes, cacheObjectsMax: 1000, cacheResponseBytesMax: 10_000_000 },
    clock: { now: () => now },
    log: (_level, event, why) => said.push(`${event}: ${why}`),
    files: disk.files,
  });
  await storage.loaded;
  return { storage, disk, said, passSeconds: (count) => (now = addSeconds(now, seconds(count))) };
}

const LONG = "0123456789".repeat(60_000);

for (const code of ["ENOSPC", "EIO", "EMFILE"]) {
  test(`writes that fail with ${code} lose what was written, are told, and work again after a while`, async () => {
    const world = await open();
    const { storage, disk, said } = world;
    await put(storage, keyOf("/before"), "before");
    await storage.settle();
    disk.fault = code;
    disk.fails = (call) => call === "write" || call === "create";
    await put(storage, keyOf("/short"), "short");
    assert.equal(await put(storage, keyOf("/long"), LONG), undefined);
    await storage.settle();
    assert.equal(storage.peek(keyOf("/short")), "absent");
    assert.equal(storage.peek(keyOf("/long")), "absent");
    assert.ok(said.some((line) => line.includes(code)));
    assert.ok(storage.faults() > 0);
    disk.fault = undefined;
    assert.equal(await put(storage, keyOf("/paused"), "x"), undefined, "it is left alone for a while");
    world.passSeconds(60);
    assert.ok((await put(storage, keyOf("/after"), LONG)) !== undefined);
    await storage.settle();
    assert.equal(await bodyText(await storage.find(keyOf("/after"))), LONG);
    if (code !== "ENOSPC") assert.equal(await bodyText(await storage.find(keyOf("/before"))), "before");
    await storage.close();
  });
}

test("a disk that cannot be read makes misses, and a long body that is being read breaks off", async () => {
  const { storage, disk } = await open();
  await put(storage, keyOf("/short"), "short");
  await put(storage, keyOf("/long"), LONG);
  await storage.settle();
  const reading = (await storage.find(keyOf("/long")))?.body.read()[Symbol.asyncIterator]();
  await reading?.next();
  disk.fault = "EIO";
  disk.fails = (call) => call === "read";
  assert.equal(await storage.find(keyOf("/short")), undefined);
  const last = async (): Promise<void> => {
    while ((await reading?.next())?.done === false);
  };
  await assert.rejects(last(), /EIO/);
  disk.fault = undefined;
  await storage.close();
});

test("a disk that is slower than what arrives loses admissions, and memory stays bounded", async () => {
  const { storage, disk } = await open(newDirectory(), 1_000_000_000);
  const gate = Promise.withResolvers<void>();
  Object.assign(disk.files, {
    async write(file: number, from: Uint8Array, position: number) {
      await gate.promise;
      return SYSTEM_FILES.write(file, from, position);
    },
  });
  let stored = 0;
  for (let index = 0; index < 400; index++) {
    if ((await put(storage, keyOf(`/${index}`), "x".repeat(100_000))) !== undefined) stored++;
  }
  assert.ok(stored > 50 && stored < 200, `${stored} of 400 were taken`);
  const admission = storage.admit(keyOf("/long"), headOf(1), 10_000_000);
  let taken = 0;
  while (admission?.append(Buffer.alloc(100_000)) === true) taken++;
  assert.ok(taken < 200, `${taken} pieces were taken`);
  gate.resolve();
  await storage.settle();
  assert.ok((await put(storage, keyOf("/later"), "x")) !== undefined);
  await storage.close();
});

test("whichever call to the disk fails, nothing but what was stored is found, now and after a restart", async () => {
  /** What is done to a storage in each run; the fault comes at a call of it. */
  async function play(storage: DiskStorage): Promise<void> {
    await put(storage, keyOf("/a"), "body a");
    await put(storage, keyOf("/long"), LONG);
    await storage.settle();
    const found = await storage.find(keyOf("/a"));
    if (found !== undefined) await storage.refresh(keyOf("/a"), found, headOf(2, "newer"));
    await put(storage, keyOf("/b"), "body b");
    storage.invalidate({ distribution: keyOf("/").distribution, path: "/b", isLiteral: true }, feedNumber(2.5));
    storage.drop(keyOf("/a"));
    await storage.settle();
    await put(storage, keyOf("/c"), "body c", headOf(3));
    await storage.settle();
  }
  async function judge(storage: DiskStorage, what: string): Promise<void> {
    for (const [url, body] of [
      ["/a", "body a"],
      ["/b", "body b"],
      ["/c", "body c"],
      ["/long", LONG],
    ] as const) {
      const found = await storage.find(keyOf(url));
      if (found === undefined) continue;
      const text = await bodyText(found).catch(() => undefined);
      assert.ok(text === undefined || text === body, `${what}: ${url}`);
    }
  }
  const counted = await open();
  await play(counted.storage);
  await counted.storage.close();
  assert.ok(counted.disk.calls > 20);
  for (let at = 0; at < counted.disk.calls; at++) {
    for (const lasts of [false, true]) {
      const directory = newDirectory();
      const disk = faultyFiles();
      disk.fault = "EIO";
      disk.fails = (_call, count) => (lasts ? count >= at : count === at);
      const opening = open(directory, 20_000_000, disk);
      const world = await opening.catch(() => undefined);
      if (world !== undefined) {
        await play(world.storage);
        assert.equal(world.storage.peek(keyOf("/a")), "absent", `call ${at}: dropped`);
        assert.equal(await world.storage.find(keyOf("/b")), undefined, `call ${at}: invalidated`);
        await judge(world.storage, `call ${at}`);
        await world.storage.close();
      }
      const again = await open(directory);
      await judge(again.storage, `after call ${at} and a restart`);
      await again.storage.close();
      rmSync(directory, { recursive: true });
    }
  }
});

/** What is done to a storage; `what` picks among what is there. */
const STEPS = fc.array(
  fc.record({
    kind: fc.constantFrom(
      "put",
      "put",
      "put",
      "admit",
      "append",
      "commit",
      "abort",
      "find",
      "find",
      "refresh",
      "drop",
      "invalidate",
      "settle",
      "restart",
    ),
    what: fc.nat(40),
    bytes: fc.constantFrom(0, 1, 300, 5000, 60_000, 300_000),
  }),
  { minLength: 20, maxLength: 80, size: "max" },
);

test("whatever is done to it in any order, bounds hold, and what is found is the newest that was stored", async () => {
  const cacheDiskBytes = 1_500_000;
  const limits = { cacheDiskBytes, cacheObjectsMax: 12, cacheResponseBytesMax: 1_000_000 };
  let hits = 0;
  const property = fc.asyncProperty(STEPS, async (steps) => {
    const directory = newDirectory();
    const openIt = async (): Promise<DiskStorage> => {
      const opened = await openDiskStorage({
        directory,
        limits,
        clock: { now: () => epochMs(1_800_000_000_000) },
        log: (level, event, why) => assert.fail(`${level} ${event}: ${why}`),
      });
      await opened.loaded;
      return opened;
    };
    let storage = await openIt();
    /** Per key the newest name that was stored, and what may not be found any more. */
    const newest = new Map<string, { name: string; bytes: number } | undefined>();
    const admissions: { admission: Admission; url: string; name: string; bytes: number }[] = [];
    let number = 1;
    for (const [step, { kind, what, bytes }] of steps.entries()) {
      const url = `/${what % 15}`;
      const key = keyOf(url);
      const name = `${step}`;
      switch (kind) {
        case "put": {
          const stored = await put(storage, key, "x".repeat(bytes), headOf(number, name));
          newest.set(url, stored === undefined ? newest.get(url) : { name, bytes });
          break;
        }
        case "admit": {
          const admission = storage.admit(key, headOf(number, name), what % 2 === 0 ? undefined : bytes);
          if (admission !== undefined) admissions.push({ admission, url, name, bytes: 0 });
          break;
        }
        case "append": {
          const one = admissions[what % Math.max(1, admissions.length)];
          if (one?.admission.append(Buffer.alloc(bytes, "x")) === true) one.bytes += bytes;
          break;
        }
        case "commit": {
          const [one] = admissions.splice(what % Math.max(1, admissions.length), 1);
          if ((await one?.admission.commit()) !== undefined && one !== undefined) newest.set(one.url, one);
          break;
        }
        case "abort":
          admissions.splice(what % Math.max(1, admissions.length), 1)[0]?.admission.abort();
          break;
        case "find": {
          const found = await storage.find(key);
          if (found === undefined) break;
          hits++;
          const expected = newest.get(url);
          assert.equal(found.head.fields[0]?.[1], expected?.name, `step ${step}: ${url}`);
          assert.equal((await bodyText(found))?.length, expected?.bytes);
          break;
        }
        case "refresh": {
          const found = await storage.find(key);
          const known = newest.get(url);
          if (found === undefined || known === undefined) break;
          const refreshed = await storage.refresh(key, found, headOf(number, name));
          newest.set(url, refreshed === undefined ? known : { ...known, name });
          break;
        }
        case "drop":
          storage.drop(key);
          newest.set(url, undefined);
          break;
        case "invalidate": {
          const isAll = what % 4 === 0;
          storage.invalidate({ distribution: key.distribution, path: isAll ? "/*" : url }, feedNumber(++number));
          for (const each of isAll ? [...newest.keys()] : [url]) newest.set(each, undefined);
          break;
        }
        case "settle":
          await storage.settle();
          break;
        case "restart":
          admissions.length = 0;
          await storage.close();
          storage = await openIt();
          // As the feed does.
          for (const [each, there] of newest) {
            const { distribution } = keyOf(each);
            if (there === undefined) storage.invalidate({ distribution, path: each }, feedNumber(number));
          }
      }
      const { storedBytes, storedResponses } = storage.counters();
      assert.ok(storedBytes >= 0 && storedBytes <= cacheDiskBytes, `step ${step}: ${storedBytes} bytes`);
      assert.ok(storedResponses <= limits.cacheObjectsMax, `step ${step}: ${storedResponses} responses`);
    }
    await storage.close();
    rmSync(directory, { recursive: true });
  });
  await fc.assert(property, { seed: 20_261_121, numRuns: 150 });
  assert.ok(hits > 150, `${hits} were found`);
});

test("what is being stored can be read back while it comes, and no longer when it is stored, given up or the disk fails", async () => {
  const { storage, disk } = await open();
  const readBack = async (admission: Admission, from: number): Promise<string | undefined> => {
    const pieces = admission.readBack?.(from);
    return pieces === undefined ? undefined : textOf(pieces);
  };
  const half = LONG.slice(0, 299_999);
  for (const ending of ["stored", "given up", "failing"] as const) {
    const admission = storage.admit(keyOf("/long"), headOf(1), LONG.length) ?? assert.fail("no room");
    assert.equal(await readBack(admission, 0), undefined, "nothing of it is on the disk");
    assert.ok(admission.append(Buffer.from(half)));
    assert.equal(await readBack(admission, 0), half);
    assert.equal(await readBack(admission, 123_456), half.slice(123_456));
    assert.ok(admission.append(Buffer.from(LONG.slice(half.length))));
    assert.equal(await readBack(admission, half.length - 1), LONG.slice(half.length - 1));

    const reading = admission.readBack?.(0) ?? assert.fail("it is still coming");
    if (ending === "stored") assert.equal(await bodyText(await admission.commit()), LONG);
    else if (ending === "given up") admission.abort();
    else {
      disk.fault = "EIO";
      disk.fails = (call) => call === "read";
    }
    assert.equal(await textOf(reading), "", ending);
    if (ending === "failing") assert.equal(admission.append(Buffer.from(half)), false, "nothing of it stays");
    assert.equal(await readBack(admission, 0), undefined, ending);
    disk.fault = undefined;
  }
  await storage.settle();
  await storage.close();
});

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const piece of pieces) read.push(piece);
  return Buffer.concat(read).toString();
}
