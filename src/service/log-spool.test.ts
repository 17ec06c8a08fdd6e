// What an edge worker leaves on the disk of its distributions' logs: in time, within bounds, and never in the way of anybody.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EffectiveDistribution } from "../edge/config/effective-config.ts";
import { epochMs, seconds } from "../vocabulary/time.ts";
import { openLogSpool, type LogSpool, type LogSpoolSettings } from "./log-spool.ts";

const LOGGED = { logTarget: "123456789012 E1 logs " } as unknown as EffectiveDistribution;
const SILENT = { logTarget: undefined } as unknown as EffectiveDistribution;

interface Place extends Disposable {
  readonly home: string;
  readonly said: string[];
  /** By name of the segment, of all folders. */
  segments(): Readonly<Record<string, string>>;
  advance(milliseconds: number): void;
  open(given?: Partial<LogSpoolSettings>): LogSpool;
}

function newPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-spool-"));
  const home = join(directory, "spool");
  const said: string[] = [];
  let now = 1_800_000_000_000;
  return {
    home,
    said,
    segments() {
      const names = existsSync(home) ? readdirSync(home, { recursive: true, encoding: "utf8" }) : [];
      const found = names.filter((name) => /\.(open|lines)$/.test(name)).toSorted();
      return Object.fromEntries(
        found.map((name) => [name.replace(/^.*\//, ""), readFileSync(join(home, name), "latin1")]),
      );
    },
    advance: (milliseconds) => void (now += milliseconds),
    open: (given = {}) =>
      openLogSpool({
        home,
        pendingBytesMax: 1_048_576,
        bytesMax: 16_777_216,
        deliverySeconds: seconds(60),
        clock: { now: () => epochMs(now) },
        log: (level, what) => said.push(`${level} ${what}`),
        ...given,
      }),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test("of a distribution without a log nothing is wanted, and nothing is made on the disk", async () => {
  using place = newPlace();
  const spool = place.open();
  assert.deepEqual([spool.wants(SILENT), spool.wants(undefined), spool.wants(LOGGED)], [false, false, true]);
  for (let tick = 0; tick < 3; tick++) spool.tick();
  await spool.close();
  assert.equal(existsSync(place.home), false);
});

test("lines are there with the next tick, and done when their time has come", async () => {
  using place = newPlace();
  const spool = place.open();
  spool.append("one", LOGGED);
  spool.tick();
  await until(() => place.segments()["00000001.open"] === "123456789012 E1 logs \tone\n");
  place.advance(59_999);
  spool.append("two", LOGGED);
  spool.tick();
  await until(() => place.segments()["00000001.open"]?.endsWith("\ttwo\n") === true);
  place.advance(1);
  spool.tick();
  await until(() => place.segments()["00000001.lines"] !== undefined);
  spool.append("three", LOGGED);
  await spool.close();
  assert.deepEqual(place.segments(), {
    "00000001.lines": "123456789012 E1 logs \tone\n123456789012 E1 logs \ttwo\n",
    "00000002.lines": "123456789012 E1 logs \tthree\n",
  });
  assert.deepEqual([spool.lost(), place.said], [0, []]);
});

test("when nobody fetches them the oldest segments go, and their lines are counted and told", async () => {
  using place = newPlace();
  const bytesMax = 800_000;
  const spool = place.open({ bytesMax, pendingBytesMax: 16_777_216 });
  const text = "x".repeat(1000);
  let count = 0;
  for (let round = 0; round < 30; round++) {
    for (let line = 0; line < 60; line++) spool.append(`${count++} ${text}`, LOGGED);
    spool.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await spool.close();
  const kept = Object.values(place.segments());
  const bytes = kept.reduce((sum, each) => sum + each.length, 0);
  assert.ok(bytes <= bytesMax && bytes > bytesMax / 2, `${bytes} bytes`);
  const numbers = kept.flatMap((each) => [...each.matchAll(/\t(\d+) x/g)].map(([, number]) => Number(number)));
  assert.equal(numbers.length + spool.lost(), count);
  // Those that are left are the last, without a gap.
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => count - numbers.length + index),
  );
  assert.match(place.said.at(-1) ?? "", /lines of distributions' access logs were lost: nobody has fetched them/);
});

test("a folder that goes under its worker takes along what was in it, which is told, and the next lines are in another", async () => {
  using place = newPlace();
  const spool = place.open();
  spool.append("one", LOGGED);
  spool.tick();
  await until(() => place.segments()["00000001.open"]?.endsWith("\tone\n") === true);
  rmSync(place.home, { recursive: true });
  place.advance(60_000);
  spool.tick();
  await until(() => spool.lost() === 1);
  spool.append("two", LOGGED);
  await spool.close();
  assert.deepEqual(Object.values(place.segments()), ["123456789012 E1 logs \ttwo\n"]);
  assert.match(place.said.join(), /^warn 1 lines of distributions' access logs were lost: ENOENT/);
});

test("where nothing can be written lines are lost, counted and told, and nobody waits", async () => {
  using place = newPlace();
  writeFileSync(place.home, "a file where the folder should be");
  const spool = place.open();
  for (let count = 0; count < 5; count++) spool.append(String(count), LOGGED);
  await spool.close();
  assert.equal(spool.lost(), 5);
  assert.match(place.said.join(), /^warn 5 lines of distributions' access logs were lost: .*(EEXIST|ENOTDIR)/);
});
