// What the store does when the disk fails it: it says so with the path, changes nothing, and goes on when it can.

import assert from "node:assert/strict";
import { closeSync, openSync, statSync, writeFileSync, writeSync, mkdirSync, chmodSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { ResourceDraft, Store } from "../store.ts";
import {
  ALICE,
  NOW,
  PLENTY,
  created,
  distributionConfig,
  distributionDraft,
  feedNumber,
  invalidationDraft,
  NO_LIMITS,
  resourceId,
} from "../contract/samples.ts";
import { NO_CLAIMS } from "../store.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { temporaryFiles } from "./temporary-file.ts";

const newPath = temporaryFiles();
const UNPRIVILEGED = 65_534;

/** Asserts that the error is for an operator: it names the file and says what is wrong. */
function names(path: string, words: RegExp): (error: unknown) => true {
  return (error) => {
    assert(error instanceof Error);
    assert(error.message.includes(path), error.message);
    assert.match(error.message, words);
    return true;
  };
}

/** Everything that a caller or an edge could see of distributions. */
async function contents(store: Store): Promise<unknown> {
  const page = await store.resources.list("distribution", ALICE, { after: "", limit: PLENTY });
  const invalidations = page.items.map(({ id }) =>
    store.invalidations.list(invalidationDraft(0, id).distribution, { after: undefined, limit: PLENTY }),
  );
  return {
    page,
    tags: await Promise.all(page.items.map(({ id }) => store.resources.tags("distribution", ALICE, id))),
    invalidations: await Promise.all(invalidations),
    changes: await store.feed.changesAfter(feedNumber(0), PLENTY),
  };
}

function draftOfSize(number: number, bytes: number): ResourceDraft<"distribution"> {
  const draft = distributionDraft(number, { claims: { aliases: [`${number}.example`] } });
  return { ...draft, config: distributionConfig(`reference ${number}`, { Comment: "x".repeat(bytes) }) };
}

test("a write that finds the disk full changes nothing, and the store goes on", async () => {
  const path = newPath();
  await using store = await openSqliteStore({ path, limits: { fileBytesMax: 600_000 } });
  const full = names(path, /no room left for it; the write was undone/);
  let count = 0;
  for (;;) {
    const before = await contents(store);
    try {
      await store.resources.create(draftOfSize(count, 20_000), PLENTY, NOW);
      count++;
      assert(count < 100, "the limit is never met");
    } catch (error) {
      full(error);
      assert.deepEqual(await contents(store), before);
      break;
    }
  }
  assert(count > 5);

  // Every other kind of write meets the same end.
  const id = resourceId(0);
  const before = await contents(store);
  const huge = "x".repeat(100_000);
  const current = await store.resources.get("distribution", ALICE, id);
  assert(current !== undefined);
  const config = distributionConfig("reference 0", { Comment: huge });
  await assert.rejects(store.resources.update(current, { config, claims: NO_CLAIMS }, NOW), full);
  const tags = { put: [{ Key: "k", Value: huge }], remove: [], tagsMax: 50 };
  await assert.rejects(store.resources.changeTags("distribution", ALICE, id, tags), full);
  const invalidation = invalidationDraft(1, id, { paths: [`/${huge}`] });
  await assert.rejects(store.invalidations.create(invalidation, NO_LIMITS, NOW), full);
  assert.deepEqual(await contents(store), before);

  // Neither the quota nor the alias of what was refused is held, and a delete makes room.
  const refused = draftOfSize(count, 20_000);
  assert.deepEqual(await store.resources.create(refused, count, NOW), { kind: "over-quota" });
  assert.deepEqual(await store.resources.delete(current, NOW), { kind: "deleted" });
  assert.equal((await store.resources.create(refused, count, NOW)).kind, "created");
  assert.equal((await store.resources.get("distribution", ALICE, refused.id))?.revision, 1);
});

test("a write that waits too long for another process changes nothing, and the next one is made", async () => {
  const path = newPath();
  await using store = await openSqliteStore({ path, limits: { lockWaitMs: 0 } });
  const first = await created(store, distributionDraft(1));
  using other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  await assert.rejects(
    store.resources.create(distributionDraft(2), PLENTY, NOW),
    names(path, /another process keeps it locked/),
  );
  assert.deepEqual(await store.resources.get("distribution", ALICE, first.id), first, "reading goes on meanwhile");
  other.exec("ROLLBACK");
  await created(store, distributionDraft(2));
});

test("opening a new file waits while another process is in it, but not for ever", async () => {
  const path = newPath();
  using other = new DatabaseSync(path);
  other.exec("BEGIN; SELECT count(*) FROM sqlite_schema"); // in the way of the switch to a write-ahead log
  await assert.rejects(openSqliteStore({ path, limits: { lockWaitMs: 0 } }), names(path, /another process keeps it/));
  const opening = openSqliteStore({ path });
  other.exec("COMMIT");
  await using store = await opening;
  await created(store, distributionDraft(1));
});

test("a path that cannot be used is refused when the store is opened", async () => {
  const folder = newPath();
  mkdirSync(folder);
  const text = newPath();
  writeFileSync(text, "This is not a database, and longer than a hundred bytes. ".repeat(4));
  for (const [path, words] of [
    [folder, /EISDIR|directory/],
    [`${folder}/absent/store.sqlite`, /ENOENT/],
    [text, /not a database/],
  ] as const) {
    await assert.rejects(openSqliteStore({ path }), names(path, words));
  }
  assert.equal(statSync(text).size, 57 * 4, "it was left alone");
});

test("a read-only file is refused when the store is opened", { skip: process.platform === "win32" }, async () => {
  const path = newPath();
  {
    await using store = await openSqliteStore({ path });
    await created(store, distributionDraft(1));
  }
  chmodSync(dirname(path), 0o755);
  chmodSync(path, 0o444);
  // Modes do not hold the superuser back, and containers run tests as one.
  const privileged = process.geteuid?.() === 0;
  if (privileged) process.seteuid?.(UNPRIVILEGED);
  try {
    await assert.rejects(openSqliteStore({ path }), names(path, /EACCES/));
  } finally {
    if (privileged) process.seteuid?.(0);
  }
});

test("a damaged file is refused or fails the read, with its path", async () => {
  const path = newPath();
  {
    await using store = await openSqliteStore({ path });
    for (let number = 0; number < 100; number++) await created(store, distributionDraft(number));
  }
  const { size } = statSync(path);
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, Buffer.alloc(size / 2, 0xa5), 0, size / 2, size / 2);
  closeSync(descriptor);
  const damaged = names(path, /damaged/);
  const readAll = async () => {
    await using store = await openSqliteStore({ path });
    await contents(store);
  };
  await assert.rejects(readAll, damaged);
});
