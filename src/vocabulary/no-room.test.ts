import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { isNoRoom } from "./no-room.ts";

function sqliteFull(): unknown {
  const db = new DatabaseSync(":memory:");
  db.exec("PRAGMA max_page_count = 1");
  try {
    db.exec("CREATE TABLE one (text); CREATE TABLE other (text)");
  } catch (error) {
    return error;
  } finally {
    db.close();
  }
  return undefined;
}

const full = Object.assign(new Error("write"), { code: "ENOSPC" });

for (const [what, fault, expected] of [
  ["a full disk, as files say it", full, true],
  ["a quota that is used up", Object.assign(new Error("write"), { code: "EDQUOT" }), true],
  ["a full disk, as SQLite says it", sqliteFull(), true],
  ["one that was wrapped twice", new Error("a", { cause: new Error("b", { cause: full }) }), true],
  ["another fault of the disk", Object.assign(new Error("read"), { code: "EIO" }), false],
  ["a busy database", Object.assign(new Error("busy"), { errcode: 5 }), false],
  ["what is no error", { code: "ENOSPC" }, false],
] as const) {
  test(`no room: ${what} ${expected ? "is" : "is not"}`, () => assert.equal(isNoRoom(fault), expected));
}
