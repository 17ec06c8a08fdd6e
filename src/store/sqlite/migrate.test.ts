// Which files are ours, and how they come to the schema that this version knows.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { created, distributionDraft } from "../contract/samples.ts";
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
      /written by a newer version of Warmfront \(its schema is 2, this version knows up to 1\)/,
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
