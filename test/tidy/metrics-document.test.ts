import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { METRICS } from "../../src/service/metrics/families.ts";

/** As far as to the table, which is made. */
const HEAD = /^[^]*\n\| Name \| Type \| \|\n\| --- \| --- \| --- \|\n/;

const table = METRICS.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |\n`).join("");

test("docs/metrics.md lists each metric", () => {
  const file = new URL("../../docs/metrics.md", import.meta.url);
  const [head = ""] = HEAD.exec(readFileSync(file, "utf8")) ?? [];
  assert.notEqual(head, "");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, head + table);
  assert.equal(readFileSync(file, "utf8"), head + table);
});
