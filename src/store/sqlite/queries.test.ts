// Every statement reads through an index, so that an answer from a store of 10,000 costs what it costs from one of 100.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { migrate } from "./migrate.ts";
import { QUERIES } from "./queries.ts";

/** Tables that are small by nature, and the one list that is of everything. */
const MAY_SCAN: Readonly<Record<string, RegExp>> = {
  listEdges: /^SCAN edge$/, // one row per live edge
  deleteEdgesUntil: /^SCAN edge$/,
  findAliasBelow: /^SCAN alias USING COVERING INDEX/, // for a wildcard that is written, which is seldom
  listKeys: /^SCAN access_key USING INDEX access_key_in_order$/, // every key, in the index's order
};

function planOf(db: DatabaseSync, sql: string): string[] {
  return db
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map((row) => String(row["detail"]));
}

/** The steps of a plan whose cost grows with the table. */
function slowSteps(plan: readonly string[], allowed?: RegExp): string[] {
  return plan.filter(
    (step) => /SCAN (?!CONSTANT ROW|\d)|TEMP B-TREE|AUTOMATIC/.test(step) && !(allowed?.test(step) ?? false),
  );
}

test("no statement scans a table or sorts", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db);
  for (const [name, sql] of Object.entries(QUERIES)) {
    if (/^(BEGIN|COMMIT|ROLLBACK)/.test(sql)) continue;
    assert.deepEqual(slowSteps(planOf(db, sql), MAY_SCAN[name]), [], name);
  }
});

test("a scan and a sort would be noticed", () => {
  using db = new DatabaseSync(":memory:");
  migrate(db);
  assert.equal(slowSteps(planOf(db, "SELECT id FROM resource WHERE handle = ?")).length, 1);
  assert.equal(slowSteps(planOf(db, "SELECT id FROM resource WHERE id > ? ORDER BY handle")).length, 1);
});
