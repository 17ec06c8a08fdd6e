// The table of rules against the pages: every rule is shown by something, everything that is named is there, and the
// document says the same. UPDATE_GOLDEN=1 rewrites the document's table.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readAllClaims } from "../behavior/all-claims.ts";
import { ALL_SECTIONS, claimsOf, formatRuleTable, means } from "../behavior/rule-table.ts";

const DOCUMENT = new URL("../../docs/behavior-suite.md", import.meta.url);
const BEGIN = "<!-- rules: made by test/tidy/behavior-rules.test.ts -->\n\n";
const END = "\n<!-- end of rules -->";

const REWRITE = "UPDATE_GOLDEN=1 node --test test/tidy/behavior-rules.test.ts";

const claims = await readAllClaims();
const rules = ALL_SECTIONS.flatMap((section) => section.rules);

test("every rule is shown by a scenario, or by a test where no scenario can show it", () => {
  const bare = rules.filter((rule) => claimsOf(rule, claims).length === 0 && (rule.tests ?? []).length === 0);
  assert.deepEqual(bare, []);
});

test("every claim that a rule names is made by a scenario", () => {
  const named = rules.flatMap(({ shown }) => shown);
  assert.deepEqual(
    named.filter((text) => !claims.some(({ claim }) => means(text, claim))),
    [],
    `no scenario claims this any more: correct test/behavior/rules.ts, then ${REWRITE}`,
  );
});

test("every test that a rule names is there", () => {
  for (const named of rules.flatMap(({ tests = [] }) => tests)) {
    const [, page = "", title = ""] = /^([\w-]+): (.*)$/.exec(named) ?? [];
    const text = readFileSync(new URL(`../scenarios/${page}.test.ts`, import.meta.url), "utf8");
    const isThere = ['test("', "test(`"].some((begin) => text.includes(`${begin}${title}`));
    assert(isThere, `${page}.test.ts has no test that begins with "${title}"`);
  }
});

test("every scenario shows a rule of test/behavior/rules.ts", () => {
  const lost = claims.filter((each) => !rules.some(({ shown }) => shown.some((text) => means(text, each.claim))));
  assert.deepEqual(
    lost.map(({ claim }) => claim),
    [],
    `name them in test/behavior/rules.ts, under the rule that they show, then ${REWRITE}`,
  );
});

test("no two scenarios claim the same under one source", () => {
  const names = claims.map(({ claim, source }) => `${claim} [${source}]`);
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

test("a text that nobody claims is found out, and … stands for any text", () => {
  assert.equal(means("a … of it", "a part of it"), true);
  assert.equal(means("a … of it", "a part of it all"), false);
  assert.equal(means("a*.b", "aXXb"), false);
});

test("the document has the table", () => {
  const text = readFileSync(DOCUMENT, "utf8");
  const [before, rest = ""] = text.split(BEGIN);
  const after = rest.slice(rest.indexOf(END));
  const expected = `${before}${BEGIN}${formatRuleTable(claims)}${after}`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(DOCUMENT, expected);
  else assert.equal(text, expected, `the table is not what test/behavior/rules.ts says: ${REWRITE}`);
});
