import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { settingsDocument } from "../../src/cli/help.ts";

test("docs/settings.md is what the tables say", () => {
  const file = new URL("../../docs/settings.md", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, settingsDocument());
  assert.equal(readFileSync(file, "utf8"), settingsDocument());
});
