import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { openSocketDirectory, removeLeftSocketDirectory, socketPath } from "./socket-directory.ts";

test("the folder is the owner's alone, short enough for sockets, and goes when it is removed", (t) => {
  const home = mkdtempSync(join(tmpdir(), "w-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const long = join(home, "x".repeat(80));
  mkdirSync(long);
  // One that is too long for the path of a socket is passed over, and so is one that is not there.
  const directory = openSocketDirectory([undefined, "", long, join(home, "absent"), home]);
  assert.equal(join(directory.path, ".."), home);
  assert.equal(statSync(directory.path).mode & 0o777, 0o700);
  assert(Buffer.byteLength(socketPath(directory.path, "x".repeat(32))) < 100);
  directory.remove();
  assert(!existsSync(directory.path));
  assert.throws(() => openSocketDirectory([long]), /folder for the sockets between workers.*too long a path/);
});

test("only such a folder is removed for a server that was killed", (t) => {
  const home = mkdtempSync(join(tmpdir(), "w-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const { path } = openSocketDirectory([home]);
  removeLeftSocketDirectory(home);
  assert(existsSync(home));
  removeLeftSocketDirectory(path);
  assert(!existsSync(path));
});
