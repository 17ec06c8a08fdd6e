// Files for the tests of this folder: each test gets a path of its own, and the folder goes when the test file ends.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** Gives a function that names a new file (it does not create it) in a folder that is removed after all tests. */
export function temporaryFiles(): () => string {
  const folder = mkdtempSync(join(tmpdir(), "warmfront-store-"));
  after(() => rmSync(folder, { recursive: true }));
  let count = 0;
  return () => join(folder, `${count++}.sqlite`);
}
