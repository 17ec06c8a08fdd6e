// The way from segments to buckets when things go wrong on it, in time that the test moves: buckets that are away for a day, refuse, break
// off and are slow, segments that a disk gave back wrong, a disk that takes nothing. No line is lost that has room, none is there twice.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { onLinux, threadsOf } from "../../test/support/threads.ts";
import { recordBlock, recordedAnswer } from "../../test/support/recorded-answers.ts";
import type { FileToPut } from "../buckets/put-file.ts";
import { epochMs } from "../vocabulary/time.ts";
import { holdDataDirectory } from "./data-directory.ts";
import { openLogDelivery, type LogDelivery } from "./deliver-logs.ts";

const HOUR_MS = 3_600_000;
const BEGUN = Date.UTC(2026, 10, 21);
const AWAY = "NoSuchBucket, there is no bucket away";

interface Place extends AsyncDisposable {
  readonly said: string[];
  /** Lines by key, in the order in which they were put; each put of a key is one more. */
  readonly taken: { readonly key: string; readonly lines: readonly string[] }[];
  readonly outbox: string;
  /** What a bucket answers; takes all where it is left alone. */
  answer: (file: FileToPut, signal: AbortSignal) => Promise<string | undefined> | string | undefined;
  advance(milliseconds: number): void;
  /** A segment that is done, of lines at the present hour. */
  leave(bucket: string, ...names: readonly string[]): void;
  leaveBytes(bytes: Uint8Array): void;
  segments(): readonly string[];
  open(outboxBytesMax?: number): Promise<LogDelivery>;
}

function newPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-delivery-"));
  const [spoolFolder, outbox] = [join(directory, "spool"), join(directory, "outbox")];
  const worker = join(spoolFolder, "worker");
  mkdirSync(worker, { recursive: true });
  // As a worker that lives does.
  const hold = holdDataDirectory(worker, "writer.lock");
  assert(hold.kind === "held");
  let now = BEGUN;
  let segments = 0;
  const leaveBytes = (bytes: Uint8Array): void => {
    const path = join(worker, `${String(++segments).padStart(8, "0")}.records`);
    writeFileSync(path, bytes);
    utimesSync(path, now / 1000, now / 1000);
  };
  const opened: LogDelivery[] = [];
  const place: Place = {
    said: [],
    taken: [],
    outbox,
    answer: () => undefined,
    advance: (milliseconds) => void (now += milliseconds),
    leaveBytes,
    leave: (bucket, ...names) => leaveBytes(blockOf(bucket, now, ...names)),
    segments: () => readdirSync(worker).filter((name) => name.endsWith(".records")),
    async open(outboxBytesMax = 1_000_000) {
      const delivery = await openLogDelivery({
        spoolFolder,
        outboxFolder: outbox,
        outboxBytesMax,
        clock: { now: () => epochMs(now) },
        log: (level, _part, what) => place.said.push(`${level} ${what}`),
        buckets: {
          laneOf: (bucket) => (bucket.startsWith("other-") ? bucket : ""),
          async put(file, signal) {
            const why = await place.answer(file, signal);
            if (why === undefined) place.taken.push({ key: file.key, lines: await readLines(file.content) });
            return why;
          },
        },
      });
      opened.push(delivery);
      return delivery;
    },
    async [Symbol.asyncDispose]() {
      for (const delivery of opened) await delivery.close();
      hold.release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return place;
}

function blockOf(bucket: string, now: number, ...names: readonly string[]): Buffer {
  const target = `123456789012 E1 ${bucket} `;
  return recordBlock(
    "LCL50-P1",
    names.map((name) => recordedAnswer({ path: `/${name}`, target, endedAtMs: now })),
  );
}

async function readLines(content: AsyncIterable<Uint8Array>): Promise<readonly string[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  const [, , ...lines] = gunzipSync(Buffer.concat(pieces)).toString("latin1").trimEnd().split("\n");
  return lines.map((line) => (line.split("\t")[7] ?? "").slice(1));
}

const namesTaken = ({ taken }: Place): readonly string[] => taken.flatMap(({ lines }) => lines).toSorted();

test("a bucket that is away for a day gets all of it, and others do not wait for it", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  place.answer = ({ bucket }) => (bucket === "away" ? AWAY : undefined);
  const away: string[] = [];
  for (let hour = 0; hour < 24; hour++) {
    const names = [`a${hour}`, `b${hour}`];
    away.push(...names);
    place.leave("away", ...names);
    place.leave("there", `c${hour}`);
    await delivery.look();
    assert.equal(place.taken.length, hour + 1);
    place.advance(HOUR_MS);
  }
  const { refused, waiting, lost, refusals } = delivery.state();
  assert.deepEqual(
    refused.map(({ bytes, ...one }) => ({ ...one, hasBytes: bytes > 0 })),
    [
      {
        distribution: "E1",
        bucket: "away",
        files: 24,
        hasBytes: true,
        since: BEGUN,
        why: "NoSuchBucket, there is no bucket away",
      },
    ],
  );
  assert.deepEqual({ files: waiting.files, lost, refusals }, { files: 24, lost: { files: 0, lines: 0 }, refusals: 24 });
  assert.equal(place.said.length, 1, "told once");
  place.answer = () => undefined;
  await delivery.look();
  assert.deepEqual(namesTaken(place), [...away, ...Array.from({ length: 24 }, (_, hour) => `c${hour}`)].toSorted());
  const after = delivery.state();
  assert.deepEqual([after.refused, after.waiting, after.oldestAt], [[], { files: 0, bytes: 0 }, undefined]);
  assert.deepEqual({ files: after.delivered.files, lines: after.delivered.lines }, { files: 48, lines: 72 });
  assert.match(place.said.at(-1) ?? "", /^info the access log of E1 is put into the bucket away again$/);
});

test("beyond the room the oldest are given up: what was delivered and what is counted as lost is all there was", async () => {
  await using place = newPlace();
  const delivery = await place.open(1000);
  place.answer = () => AWAY;
  for (let hour = 0; hour < 20; hour++) {
    place.leave("away", `a${hour}`, `b${hour}`, `c${hour}`);
    await delivery.look();
    place.advance(HOUR_MS);
  }
  const { lost, waiting } = delivery.state();
  assert.ok(lost.files > 0 && waiting.bytes <= 1000, JSON.stringify({ lost, waiting }));
  assert.equal(lost.lines, lost.files * 3);
  assert.ok(place.said.some((line) => /files of access logs with 3 lines were given up/.test(line)));
  place.answer = () => undefined;
  await delivery.look();
  assert.equal(namesTaken(place).length + lost.lines, 60);
  assert.ok(namesTaken(place).includes("c19"), "the newest is there");
});

test("a file whose put breaks off in its middle is put again as a whole", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  place.leave("logs", "a", "b");
  place.answer = async ({ content }) => {
    for await (const piece of content)
      if (piece.length > 0) throw new Error("the bucket went away in the middle of it");
    return undefined;
  };
  await delivery.look();
  assert.deepEqual(place.taken, []);
  assert.equal(delivery.state().refused[0]?.why, "the bucket went away in the middle of it");
  place.answer = () => undefined;
  place.advance(1000);
  await delivery.look();
  assert.deepEqual(namesTaken(place), ["a", "b"]);
});

test("pauses between tries grow to a minute, however long it takes", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  place.leave("logs", "a");
  let tries = 0;
  place.answer = () => {
    tries++;
    return "SlowDown";
  };
  // A look each second for an hour: after 1, 2, 4 … 32 seconds, then each minute.
  for (let second = 0; second < 3600; second++) {
    await delivery.look();
    place.advance(1000);
  }
  assert.equal(tries, 7 + Math.floor((3600 - 64) / 60));
});

test("rounds do not overlap while a bucket takes its time, and the end waits for the one under way", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  place.leave("slow", "a");
  const release = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  place.answer = async () => {
    asked.resolve();
    await release.promise;
    return undefined;
  };
  const rounds = [delivery.look(), delivery.look()];
  await asked.promise;
  assert.equal(rounds[0], rounds[1]);
  const closed = delivery.close();
  release.resolve();
  await closed;
  assert.deepEqual(namesTaken(place), ["a"]);
});

test("another store that takes its time holds up neither our own nor other ones, and is broken off at the end", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  let slow = 0;
  place.answer = async ({ bucket }, signal) => {
    if (bucket !== "other-slow") return undefined;
    slow++;
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    return "it was broken off";
  };
  for (let hour = 0; hour < 3; hour++) {
    for (const bucket of ["other-slow", "other-fast", "own"]) place.leave(bucket, `${bucket}-${hour}`);
    await delivery.look();
    while (!namesTaken(place).includes(`other-fast-${hour}`)) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(namesTaken(place).includes(`own-${hour}`));
    place.advance(HOUR_MS);
  }
  assert.equal(slow, 1, "one put at a time");
  await delivery.close();
  const again = await place.open();
  place.answer = () => undefined;
  await again.look();
  while (namesTaken(place).length < 9) await new Promise((resolve) => setImmediate(resolve));
  await again.close();
  const all = [0, 1, 2].flatMap((hour) => ["other-slow", "other-fast", "own"].map((bucket) => `${bucket}-${hour}`));
  assert.deepEqual(namesTaken(place), all.toSorted());
});

test("what a disk gave back wrong is left out and counted, and every line beside it is delivered", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  const good = (name: string): Buffer => blockOf("logs", BEGUN, name);
  const noise = Buffer.from("\xff\xfe\t\t\t\n123456789012 E1 logs\t2026-11-21\t00\n\tno block\t\t", "latin1");
  const cut = good("d").subarray(0, -10);
  place.leaveBytes(Buffer.concat([good("a"), Buffer.alloc(4096), good("b"), noise, good("c"), cut]));
  place.leaveBytes(Buffer.alloc(0));
  place.leaveBytes(Buffer.alloc(100_000));
  await delivery.look();
  assert.deepEqual(namesTaken(place), ["a", "b", "c"]);
  assert.equal(delivery.state().lost.lines, 3);
  assert.deepEqual(place.segments(), []);
});

test("while the disk takes no file, lines stay where they are, and are delivered once it does", async () => {
  await using place = newPlace();
  const delivery = await place.open();
  rmSync(place.outbox, { recursive: true });
  writeFileSync(place.outbox, "in the way");
  place.leave("logs", "a");
  await delivery.look();
  await delivery.look();
  assert.equal(place.segments().length, 1);
  assert.equal(place.said.filter((line) => line.startsWith("error access logs wait on the disk: ENOTDIR")).length, 1);
  rmSync(place.outbox);
  await delivery.look();
  assert.deepEqual(namesTaken(place), ["a"]);
  assert.deepEqual(place.segments(), []);
});

test("packing yields to viewers until a segment has waited for ten seconds", onLinux, async () => {
  await using place = newPlace();
  const delivery = await place.open();
  place.leave("logs", "late");
  place.advance(10_001);
  await delivery.look();
  assert.equal(threadsOf(19), 0);
  place.leave("logs", "soon");
  place.advance(10_000);
  await delivery.look();
  assert.equal(threadsOf(19), 1);
  assert.deepEqual(
    place.taken.map(({ lines }) => lines.length),
    [1, 1],
  );
  await delivery.close();
  assert.equal(threadsOf(19), 0);
});
