// What an edge worker leaves on the disk of its distributions' logs: in time, within bounds, and never in the way of anybody.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import {
  likeAnswers,
  LOG_TARGET,
  recordedAnswer,
  recordIn,
  type Recorded,
} from "../../test/support/recorded-answers.ts";
import type { EffectiveDistribution } from "../edge/config/effective-config.ts";
import { readRecordBlocks } from "../edge/record/read-record-blocks.ts";
import { epochMs, seconds } from "../vocabulary/time.ts";
import { openLogSpool, type LogSpool, type LogSpoolSettings } from "./log-spool.ts";

const LOGGED = { logTarget: LOG_TARGET } as unknown as EffectiveDistribution;
const SILENT = { logTarget: undefined } as unknown as EffectiveDistribution;

interface Place extends Disposable {
  readonly home: string;
  readonly said: string[];
  /** Paths and queries that were asked for, by name of the segment, of all folders. */
  segments(): Readonly<Record<string, readonly string[]>>;
  bytes(): number;
  advance(milliseconds: number): void;
  open(given?: Partial<LogSpoolSettings>): LogSpool;
}

function newPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-spool-"));
  const home = join(directory, "spool");
  const said: string[] = [];
  let now = 1_800_000_000_000;
  const paths = (): readonly string[] =>
    (existsSync(home) ? readdirSync(home, { recursive: true, encoding: "utf8" }) : [])
      .filter((name) => /\.(open|records)$/.test(name))
      .toSorted()
      .map((name) => join(home, name));
  return {
    home,
    said,
    segments: () => Object.fromEntries(paths().map((path) => [basename(path), askedIn(readFileSync(path))])),
    bytes: () => paths().reduce((sum, path) => sum + statSync(path).size, 0),
    advance: (milliseconds) => void (now += milliseconds),
    open: (given = {}) =>
      openLogSpool({
        home,
        popName: "LCL50-P1",
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

function askedIn(segment: Uint8Array): readonly string[] {
  const asked: string[] = [];
  const unreadable = readRecordBlocks(segment, ({ line }) => void asked.push(line.split("\t")[7] ?? ""));
  assert.equal(unreadable, 0);
  return asked;
}

const record = (path: string, query?: string): Recorded =>
  recordedAnswer({ path, ...(query !== undefined && { query }) });

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
  spool.append(...record("/one"));
  spool.tick();
  await until(() => place.segments()["00000001.open"]?.join() === "/one");
  place.advance(59_999);
  spool.append(...record("/two"));
  spool.tick();
  await until(() => place.segments()["00000001.open"]?.join() === "/one,/two");
  place.advance(1);
  spool.tick();
  await until(() => place.segments()["00000001.records"] !== undefined);
  spool.append(...record("/three"));
  await spool.close();
  assert.deepEqual(place.segments(), {
    "00000001.records": ["/one", "/two"],
    "00000002.records": ["/three"],
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
    for (let line = 0; line < 60; line++) spool.append(...record(`/${count}`, `${count++}${text}`));
    spool.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await spool.close();
  const bytes = place.bytes();
  assert.ok(bytes <= bytesMax && bytes > bytesMax / 2, `${bytes} bytes`);
  const numbers = Object.values(place.segments()).flatMap((asked) => asked.map((path) => Number(path.slice(1))));
  assert.equal(numbers.length + spool.lost(), count);
  // Those that are left are the last, without a gap.
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => count - numbers.length + index),
  );
  assert.match(place.said.at(-1) ?? "", /lines of distributions' access logs were lost: nobody has fetched them/);
});

test("a segment is done when it has as many lines as the delivery is to read at once", async () => {
  using place = newPlace();
  const spool = place.open({ pendingBytesMax: 16_777_216 });
  const COUNT = 50_000;
  for (const each of likeAnswers(Array.from({ length: COUNT }, () => ({})))) recordIn(spool, each);
  assert.equal(spool.taken(), COUNT);
  await spool.close();
  const lines = Object.values(place.segments()).map((asked) => asked.length);
  assert.deepEqual([lines.length, lines.reduce((sum, count) => sum + count, 0)], [2, COUNT]);
  assert.ok((lines[0] ?? 0) >= 32_768 && (lines[0] ?? 0) < 42_000, `${lines[0]} lines`);
  assert.ok(place.bytes() < COUNT * 40, `${place.bytes()} bytes`);
});

test("a folder that goes under its worker takes along what was in it, which is told, and the next lines are in another", async () => {
  using place = newPlace();
  const spool = place.open();
  spool.append(...record("/one"));
  spool.tick();
  await until(() => place.segments()["00000001.open"]?.join() === "/one");
  rmSync(place.home, { recursive: true });
  place.advance(60_000);
  spool.tick();
  await until(() => spool.lost() === 1);
  spool.append(...record("/two"));
  await spool.close();
  assert.deepEqual(Object.values(place.segments()), [["/two"]]);
  assert.match(place.said.join(), /^warn 1 lines of distributions' access logs were lost: ENOENT/);
});

test("where nothing can be written lines are lost, counted and told, and nobody waits", async () => {
  using place = newPlace();
  writeFileSync(place.home, "a file where the folder should be");
  const spool = place.open();
  for (let count = 0; count < 5; count++) spool.append(...record(`/${count}`));
  await spool.close();
  assert.equal(spool.lost(), 5);
  assert.match(place.said.join(), /^warn 5 lines of distributions' access logs were lost: .*(EEXIST|ENOTDIR)/);
});
