// Which files are ours, and how they come to the schema that this version knows.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { FeedNumber, ResourceId } from "../../vocabulary/ids.ts";
import {
  ALICE,
  NOW,
  created,
  distributionConfig,
  distributionDraft,
  identityConfig,
  keyPairDraft,
} from "../contract/samples.ts";
import { MIGRATIONS, migrate } from "./migrate.ts";
import { openSqliteStore } from "./open-sqlite-store.ts";
import { temporaryFiles } from "./temporary-file.ts";

const newPath = temporaryFiles();

test("the migrations are the files of the folder, numbered without a gap", () => {
  assert.deepEqual(readdirSync(new URL("migrations/", import.meta.url)).sort(), MIGRATIONS);
  for (const [index, name] of MIGRATIONS.entries()) {
    assert.match(name, new RegExp(`^${String(index + 1).padStart(4, "0")}-[a-z-]+\\.sql$`));
  }
});

test("a file of a newer schema is refused, and stays as it was", async () => {
  const path = newPath();
  {
    await using store = await openSqliteStore({ path });
    await created(store, distributionDraft(1));
  }
  {
    using db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  }
  const before = readFileSync(path);
  await assert.rejects(openSqliteStore({ path }), (error: Error) => {
    assert(error.message.includes(path));
    assert.match(
      error.message,
      /written by a newer version of Warmfront \(its schema is 4, this version knows up to 3\)/,
    );
    return true;
  });
  assert.deepEqual(readFileSync(path), before);
});

test("another program's database is refused, and stays as it was", async () => {
  for (const theirs of [
    "CREATE TABLE history (url TEXT)",
    "PRAGMA application_id = 42",
    "PRAGMA user_version = 1", // no table, but somebody counts versions in it
  ]) {
    const path = newPath();
    {
      using db = new DatabaseSync(path);
      db.exec(theirs);
    }
    const before = readFileSync(path);
    await assert.rejects(openSqliteStore({ path }), /another program/, theirs);
    assert.deepEqual(readFileSync(path), before);
  }
});

test("a file of the first release keeps everything, and takes what is new", async () => {
  const path = newPath();
  {
    using db = new DatabaseSync(path, { enableForeignKeyConstraints: true });
    db.exec(readFileSync(new URL("migrations/0001-first-tables.sql", import.meta.url), "utf8"));
    db.exec("PRAGMA application_id = 0x5761726d; PRAGMA user_version = 1");
    const insert = db.prepare(`
      INSERT INTO resource VALUES (?, '${ALICE}', ?, ?, 1, 1, 1, ?, 'handle', 'digest', '', '[]', ?)`);
    insert.run("E1", "origin-access-identity", "one", 0, JSON.stringify(identityConfig("one")));
    insert.run("E2", "distribution", "two", 1, JSON.stringify(distributionConfig("two")));
    db.exec(`
      INSERT INTO tally VALUES ('${ALICE}', 'distribution', 1), ('${ALICE}', 'origin-access-identity', 1);
      INSERT INTO feed VALUES (1, 'distribution', 'E2'), (2, 'invalidation', 'I1');
      INSERT INTO alias VALUES ('www.example.com', 'E2');
      INSERT INTO identity_claim VALUES ('E1', 'E2');
      INSERT INTO invalidation VALUES ('I1', 'E2', 'batch', 1, 2, 1, 0, '["/a"]');`);
  }
  await using store = await openSqliteStore({ path });
  const identity = await store.resources.get("origin-access-identity", ALICE, "E1" as ResourceId);
  const distribution = await store.resources.get("distribution", ALICE, "E2" as ResourceId);
  assert(identity !== undefined && distribution !== undefined);
  assert.deepEqual(distribution.config, distributionConfig("two"));
  const changes = await store.feed.changesAfter(0 as FeedNumber, 9);
  assert.deepEqual(
    changes.map(({ kind, number }) => `${number} ${kind}`),
    ["1 distribution", "2 invalidation"],
  );
  assert.equal((await store.resources.create(distributionDraft(3), 1, NOW)).kind, "over-quota");
  assert.equal(
    (await store.resources.create(distributionDraft(3, { callerReference: "two" }), 9, NOW)).kind,
    "reference-taken",
  );
  const claims = { aliases: ["www.example.com"] };
  assert.equal((await store.resources.create(distributionDraft(3, { claims }), 9, NOW)).kind, "alias-taken");
  assert.equal((await store.resources.delete(identity, NOW)).kind, "in-use");
  await created(store, keyPairDraft(4));
  // Foreign keys are in force again: what hangs on a resource goes with it.
  assert.equal((await store.resources.delete(distribution, NOW)).kind, "deleted");
  assert.equal((await store.resources.delete(identity, NOW)).kind, "deleted");
  assert.equal((await store.resources.create(distributionDraft(3, { claims }), 9, NOW)).kind, "created");
});

test("a migration that fails leaves the file empty, to be tried again", async () => {
  const path = newPath();
  {
    using db = new DatabaseSync(path);
    db.exec("PRAGMA max_page_count = 4"); // too small for the tables: the disk is full half way
    assert.throws(() => migrate(db), /full/);
    assert.equal(db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.["count"], 0);
  }
  await using store = await openSqliteStore({ path });
  await created(store, distributionDraft(1));
});
