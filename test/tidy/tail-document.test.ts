import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { tailDocument } from "../../src/cli/tail-document.ts";

test("docs/tail.md is what the table of fields says", () => {
  const file = new URL("../../docs/tail.md", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, tailDocument());
  assert.equal(readFileSync(file, "utf8"), tailDocument());
});
