// What an operator reads when SQLite fails: the file, what is wrong in plain words, and SQLite's own words.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { storeFault } from "./store-fault.ts";
import { temporaryFiles } from "./temporary-file.ts";

const newPath = temporaryFiles();

test("a read-only database is told as one that cannot be written to", () => {
  const path = newPath();
  new DatabaseSync(path).close();
  using db = new DatabaseSync(path, { readOnly: true });
  assert.throws(
    () => {
      try {
        db.exec("CREATE TABLE t (c)");
      } catch (error) {
        throw storeFault(path, error);
      }
    },
    (error: Error) => {
      assert.equal(error.message, `store ${path}: it cannot be written to (attempt to write a readonly database)`);
      assert(error.cause instanceof Error);
      return true;
    },
  );
});

test("the primary result code decides, whatever system call it came from", () => {
  const shortRead = Object.assign(new Error("disk I/O error"), { errcode: 10 | (2 << 8) });
  assert.equal(storeFault("/s", shortRead).message, "store /s: the disk failed (disk I/O error)");
});

test("a fault that SQLite has no words for keeps its own", () => {
  assert.equal(storeFault("/s", new Error("broken promise")).message, "store /s: broken promise");
  assert.equal(storeFault("/s", "text").message, "store /s: text");
});
