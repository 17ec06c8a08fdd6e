// The operator's access log on a real disk: appended to by several, renamed under its writer, full, and closed.

import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { openAccessLogFile, type AccessLogFile } from "./access-log-file.ts";

const PREAMBLE = "#Version: 1.0\n#Fields: a b\n";

interface Place extends Disposable {
  readonly directory: string;
  readonly path: string;
  readonly said: string[];
  open(pendingBytesMax?: number): Promise<AccessLogFile>;
}

function newPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-access-log-"));
  const path = join(directory, "access.log");
  const said: string[] = [];
  return {
    directory,
    path,
    said,
    open: (pendingBytesMax = 1_048_576) =>
      openAccessLogFile({
        path,
        preamble: PREAMBLE,
        pendingBytesMax,
        log: (level, what) => said.push(`${level} ${what}`),
      }),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

test("a new file begins with its preamble, and the lines follow", async () => {
  using place = newPlace();
  const log = await place.open();
  log.append("one");
  log.append("two");
  await log.close();
  assert.equal(readFileSync(place.path, "latin1"), `${PREAMBLE}one\ntwo\n`);
  assert.deepEqual(readdirSync(place.directory), ["access.log"]);
  assert.equal(statSync(place.path).mode & 0o007, 0);
});

test("a file that has lines goes on, without another preamble", async () => {
  using place = newPlace();
  writeFileSync(place.path, "before\n");
  const log = await place.open();
  log.append("after");
  await log.close();
  assert.equal(readFileSync(place.path, "latin1"), "before\nafter\n");
});

test("an empty file gets its preamble", async () => {
  using place = newPlace();
  writeFileSync(place.path, "");
  const log = await place.open();
  log.append("one");
  await log.close();
  assert.equal(readFileSync(place.path, "latin1"), `${PREAMBLE}one\n`);
});

test("several that open a new file at once write one preamble, and their lines do not mix", async () => {
  using place = newPlace();
  const logs = await Promise.all(Array.from({ length: 4 }, () => place.open()));
  const wanted = new Set<string>();
  for (let count = 0; count < 4000; count++) {
    const line = `${count} ${"x".repeat(count % 997)}`;
    wanted.add(line);
    logs[count % logs.length]?.append(line);
  }
  await Promise.all(logs.map((log) => log.close()));
  const text = readFileSync(place.path, "latin1");
  assert.ok(text.startsWith(PREAMBLE));
  const lines = text.slice(PREAMBLE.length).split("\n");
  assert.equal(lines.pop(), "");
  assert.equal(lines.length, wanted.size);
  for (const line of lines) assert.ok(wanted.delete(line), line.slice(0, 80));
});

test("after the file was renamed, reopening goes on in a new one, and no line is lost", async () => {
  using place = newPlace();
  const log = await place.open();
  for (let count = 0; count < 1000; count++) log.append(`line ${count}`);
  log.flush();
  renameSync(place.path, `${place.path}.1`);
  for (let count = 1000; count < 2000; count++) log.append(`line ${count}`);
  await log.reopen();
  for (let count = 2000; count < 3000; count++) log.append(`line ${count}`);
  await log.close();
  const [old, current] = [`${place.path}.1`, place.path].map((path) => readFileSync(path, "latin1"));
  assert.ok(old?.startsWith(PREAMBLE) === true && current?.startsWith(PREAMBLE) === true);
  const lines = (old + current).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert.deepEqual(
    lines,
    Array.from({ length: 3000 }, (_, count) => `line ${count}`),
  );
  assert.ok(current.includes("line 2999\n") && !old.includes("line 2999\n"));
});

test("a file that cannot be opened is told at the start", async () => {
  using place = newPlace();
  const nowhere = join(place.directory, "nowhere", "access.log");
  await assert.rejects(
    openAccessLogFile({ path: nowhere, preamble: PREAMBLE, pendingBytesMax: 131_072, log: () => undefined }),
    /ENOENT.*nowhere/,
  );
});

test("where others must not wait for it, it is opened when it can be, and says what was lost until then", async () => {
  using place = newPlace();
  const folder = join(place.directory, "later");
  const log = await openAccessLogFile({
    path: join(folder, "access.log"),
    preamble: PREAMBLE,
    pendingBytesMax: 131_072,
    canWait: true,
    log: (level, what) => place.said.push(`${level} ${what}`),
  });
  assert.match(place.said.join(), /^error the access log .*access\.log cannot be opened: ENOENT.*--access-log/);
  for (let count = 0; count < 3; count++) log.append(`lost ${count}`);
  log.flush();
  await log.reopen();
  assert.equal(log.lost(), 3);
  mkdirSync(folder);
  log.flush(); // opens it
  log.append("kept");
  await log.close();
  assert.equal(readFileSync(join(folder, "access.log"), "latin1"), `${PREAMBLE}kept\n`);
  assert.match(place.said.join("\n"), /^info the access log .*access\.log is written from now on$/m);
  assert.match(place.said.join("\n"), /^warn 3 lines of the access log .* were lost: .*ENOENT/m);
});

test("one that was never opened is closed all the same", async () => {
  using place = newPlace();
  const path = join(place.directory, "nowhere", "access.log");
  const said: string[] = [];
  const log = await openAccessLogFile({
    path,
    preamble: PREAMBLE,
    pendingBytesMax: 131_072,
    canWait: true,
    log: (level, what) => said.push(`${level} ${what}`),
  });
  log.append("one");
  await log.close();
  assert.equal(log.lost(), 1);
  assert.match(said.at(-1) ?? "", /^warn 1 lines? of the access log .* lost: .*ENOENT/);
});

test("when the file cannot be opened again, it goes on in the one that it had, and says so", async () => {
  using place = newPlace();
  const log = await place.open();
  log.append("one");
  renameSync(place.directory, `${place.directory}-moved`);
  try {
    await log.reopen();
    log.append("two");
    await log.close();
    assert.equal(readFileSync(join(`${place.directory}-moved`, "access.log"), "latin1"), `${PREAMBLE}one\ntwo\n`);
    assert.match(place.said.join(), /^error the access log could not be opened again, it goes on.*ENOENT/);
  } finally {
    rmSync(`${place.directory}-moved`, { recursive: true, force: true });
  }
});

test("lines that no disk takes are counted, told once, and the next whole ones are tried again", async (t) => {
  const said: string[] = [];
  let log: AccessLogFile;
  try {
    log = await openAccessLogFile({
      path: "/dev/full", // every write fails: no space left
      preamble: "",
      pendingBytesMax: 131_072,
      log: (level, what) => said.push(`${level} ${what}`),
    });
  } catch {
    return t.skip("there is no /dev/full");
  }
  for (let count = 0; count < 100; count++) log.append("x".repeat(100));
  log.flush();
  await log.close();
  assert.equal(log.lost(), 100);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /^warn 100 lines of the access log \/dev\/full were lost: .*ENOSPC/);
});

test("what the disk is too slow for is dropped and counted, and the rest is whole", async () => {
  using place = newPlace();
  const log = await place.open(524_288);
  // Nothing is written before this turn ends, so no more than the buffers are kept.
  for (let count = 0; count < 10_000; count++) log.append(`${count} ${"y".repeat(200)}`);
  await log.close();
  const lines = readFileSync(place.path, "latin1").slice(PREAMBLE.length).split("\n");
  assert.equal(lines.pop(), "");
  assert.ok(log.lost() > 3000);
  assert.equal(lines.length + log.lost(), 10_000);
  for (const line of lines) assert.match(line, /^\d+ y{200}$/);
  assert.match(place.said.join(), /lost: the disk does not keep up/);
});
