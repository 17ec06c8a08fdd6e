import assert from "node:assert/strict";
import { test } from "node:test";
import { mulberry32, pick, type Random } from "../../../test/support/generated-requests.ts";
import { compilePattern } from "./linear-pattern.ts";

function found(source: string, text: string, ignoresCase = false): boolean {
  const outcome = compilePattern(source, ignoresCase);
  assert.ok(outcome.kind === "pattern", `${source}: ${outcome.kind === "failure" ? outcome.message : ""}`);
  return outcome.pattern.test(text);
}

const TEXTS = ["a", "b", "c", "A", "B", "1", " ", "-", "\n"];

test("a pattern that the engine of the language knows too finds the same", () => {
  const SEED = 20261121;
  const random = mulberry32(SEED);
  for (let round = 0; round < 3000; round++) {
    const source = drawPattern(random, 3);
    const ignoresCase = random() < 0.3;
    const outcome = compilePattern(source, ignoresCase);
    if (outcome.kind === "failure" && outcome.message.startsWith("it is too long")) continue;
    const oracle = new RegExp(source, ignoresCase ? "i" : "");
    for (let times = 0; times < 6; times++) {
      const text = Array.from({ length: Math.floor(random() * 9) }, () => pick(random, TEXTS)).join("");
      const said = `seed ${SEED}, round ${round}: /${source}/${oracle.flags} in ${JSON.stringify(text)}`;
      assert.equal(found(source, text, ignoresCase), oracle.test(text), said);
    }
  }
});

function drawPattern(random: Random, depth: number): string {
  const atoms = ["a", "b", "c", "1", ".", "[ab]", "[^a]", "[a-c1]", "\\d", "\\w", "\\s", "\\S", "\\-", "[\\d-]"];
  const piece = (): string => {
    if (depth > 0 && random() < 0.3) return `${pick(random, ["(", "(?:"])}${drawPattern(random, depth - 1)})`;
    return pick(random, atoms);
  };
  const quantifiers = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,1}", "{2,}", "*?"];
  const sequence = (): string => {
    const pieces = Array.from({ length: Math.floor(random() * 4) }, () => piece() + pick(random, quantifiers));
    return `${random() < 0.15 ? "^" : ""}${pieces.join("")}${random() < 0.15 ? "$" : ""}`;
  };
  return random() < 0.25 ? `${sequence()}|${sequence()}` : sequence();
}

test("a pattern that makes other engines try for years is found out in proportion to the text", () => {
  assert.equal(found("^(a+)+$", `${"a".repeat(8000)}b`), false);
  assert.equal(found("(x+x+)+y", "x".repeat(8000)), false);
  assert.equal(found("(.*a){40}", "a".repeat(39)), false);
});

const REFUSED = [
  ["(a", 0, /not closed/],
  ["a)", 1, /closes nothing/],
  ["[a", 0, /not closed/],
  ["*a", 0, /nothing to repeat/],
  ["a**", 2, /behind another/],
  ["^*", 0, /nothing to repeat/],
  ["a{3,1}", 1, /lesser number first/],
  ["a{65}", 1, /up to 64/],
  ["a{x", 1, /as a character it is \\\{/],
  ["(?=a)", 0, /only/],
  ["(a)\\1", 3, /\\1 is not understood/],
  ["[z-a]", 1, /lesser character/],
  ["a\\", 1, /nothing stands behind/],
  ["(a{64}){64}", 0, /too long/],
  [`${"(".repeat(25)}${")".repeat(25)}`, 20, /too deep/],
] as const;
for (const [source, at, message] of REFUSED) {
  test(`/${source.slice(0, 20)}/ is refused, and where`, () => {
    const outcome = compilePattern(source, false);
    assert.ok(outcome.kind === "failure");
    assert.match(outcome.message, message);
    assert.equal(outcome.at, at);
  });
}
