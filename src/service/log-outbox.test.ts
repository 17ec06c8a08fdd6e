// Files that wait for their buckets: as they were after a restart, without what was not finished, and within their bound.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ACCESS_LOG_PREAMBLE } from "../edge/record/access-log-fields.ts";
import { openLogOutbox, type LogOutbox } from "./log-outbox.ts";

const ONE = "123456789012 E1 logs ";
const TWO = "123456789012 E2 logs cdn";

function newHome(): { readonly path: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "warmfront-outbox-"));
  return {
    path: join(directory, "outbox"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function filesIn(outbox: LogOutbox): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries([...outbox.targets()].map(({ target, files }) => [target.distribution, [...files.keys()]]));
}

test("what was added is there after a restart, in the order in which it was made", async () => {
  using home = newHome();
  const outbox = await openLogOutbox(home.path);
  for (const name of ["b.gz", "a.gz"]) await outbox.add(ONE, name, Buffer.from(name), 1);
  await outbox.add(TWO, "c.gz", Buffer.from("c"), 1);
  await outbox.add(TWO, "c.gz", Buffer.from("c"), 1);
  const made = { E1: ["b.gz", "a.gz"], E2: ["c.gz"] };
  assert.deepEqual(filesIn(outbox), made);
  for (const [index, name] of ["b.gz", "a.gz"].entries()) {
    const [at] = outbox.targets();
    utimesSync(join(at?.folder ?? "", name), 1000 + index, 1000 + index);
  }
  assert.deepEqual(filesIn(await openLogOutbox(home.path)), made);
});

test("nothing of a target stays when its last file has gone", async () => {
  using home = newHome();
  const outbox = await openLogOutbox(home.path);
  await outbox.add(ONE, "a.gz", Buffer.from("a"), 1);
  for (const at of outbox.targets()) for (const file of at.files.values()) await outbox.remove(at, file);
  assert.deepEqual([filesIn(outbox), readdirSync(home.path)], [{}, []]);
  await outbox.add(ONE, "b.gz", Buffer.from("b"), 1);
  assert.deepEqual(filesIn(await openLogOutbox(home.path)), { E1: ["b.gz"] });
});

test("what a crash left unfinished goes at the next start", async () => {
  using home = newHome();
  const outbox = await openLogOutbox(home.path);
  await outbox.add(ONE, "a.gz", Buffer.from("a"), 1);
  const [at] = outbox.targets();
  writeFileSync(join(at?.folder ?? "", "b.gz.new"), "half of");
  mkdirSync(join(home.path, "without-a-target"));
  writeFileSync(join(home.path, "without-a-target", "c.gz"), "whose?");
  assert.deepEqual(filesIn(await openLogOutbox(home.path)), { E1: ["a.gz"] });
  assert.equal(readdirSync(home.path, { recursive: true }).length, 3);
});

test("beyond its bound the oldest are given up, whosever they are", async () => {
  using home = newHome();
  const before = await openLogOutbox(home.path);
  for (const [index, target] of [ONE, TWO, ONE, TWO].entries()) {
    await before.add(target, `${index}.gz`, Buffer.alloc(100), 7);
  }
  for (const { folder, files } of before.targets()) {
    for (const name of files.keys()) utimesSync(join(folder, name), 1000 + parseInt(name), 1000 + parseInt(name));
  }
  const outbox = await openLogOutbox(home.path);
  assert.deepEqual(await outbox.keepWithin(400), { files: 0, lines: 0 });
  assert.deepEqual(await outbox.keepWithin(399), { files: 1, lines: 0 });
  assert.deepEqual(filesIn(outbox), { E1: ["2.gz"], E2: ["1.gz", "3.gz"] });
  assert.deepEqual(await outbox.keepWithin(100), { files: 2, lines: 0 });
  assert.deepEqual(filesIn(await openLogOutbox(home.path)), { E2: ["3.gz"] });
});

test("lines are counted of files that were there before, too; what cannot be read has none", async () => {
  using home = newHome();
  const before = await openLogOutbox(home.path);
  await before.add(ONE, "a.gz", gzipSync(`${ACCESS_LOG_PREAMBLE}one\ntwo\nthree\n`), 3);
  await before.add(ONE, "b.gz", Buffer.from("no gzip"), 5);
  const after = await openLogOutbox(home.path);
  for (const [outbox, lines] of [
    [before, [3, 5]],
    [after, [3, 0]],
  ] as const) {
    const [at] = outbox.targets();
    const found = [...(at?.files.values() ?? [])].toSorted((one, other) => (one.name < other.name ? -1 : 1));
    assert.deepEqual(await Promise.all(found.map((file) => outbox.linesOf(file))), lines);
  }
  assert.deepEqual(await after.keepWithin(0), { files: 2, lines: 3 });
});
