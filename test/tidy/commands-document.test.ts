import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { commandsDocument } from "../../src/cli/help.ts";
import { VERBS } from "../../src/cli/verbs.ts";

test("docs/commands.md is what the table says", () => {
  const file = new URL("../../docs/commands.md", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, commandsDocument(VERBS));
  assert.equal(readFileSync(file, "utf8"), commandsDocument(VERBS));
});
