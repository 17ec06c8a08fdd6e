import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { compilePathPattern, normalizePath } from "./path-pattern.ts";

const CASES: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
  ["images/*.jpg", "/images/a.jpg", true],
  ["/images/*.jpg", "/images/a.jpg", true],
  ["images/*.jpg", "/images/a/b.jpg", true], // a star crosses slashes
  ["images/*.jpg", "/images/.jpg", true], // and may stand for nothing
  ["images/*.jpg", "/images/a.JPG", false], // case counts
  ["images/*.jpg", "/other/images/a.jpg", false], // anchored at both ends
  ["images/*.jpg", "/images/a.jpg.png", false],
  ["*.gif", "/a.gif", true],
  ["*.gif", "/deep/er/a.gif", true],
  ["a??.jpg", "/a12.jpg", true],
  ["a??.jpg", "/a1.jpg", false],
  ["a??.jpg", "/a123.jpg", false],
  ["*.doc?", "/x.docx", true],
  ["*.doc?", "/x.doc", false],
  ["*", "/", true],
  ["/", "/", true],
  ["/", "/a", false],
  ["/a*b*c", "/aXbYc", true],
  ["/a*b*c", "/ac", false],
  ["/ab*ba", "/aba", false], // first and last piece may not overlap
  ["/*?", "/", false],
  ["/*a?c*", "/xxabcx", true],
  ["/x+(y)|[z]", "/x+(y)|[z]", true], // no regular expression in sight
];

for (const [pattern, path, matches] of CASES) {
  test(`${pattern} ${matches ? "matches" : "does not match"} ${path}`, () => {
    assert.equal(compilePathPattern(pattern).matches(path), matches);
  });
}

function oracle(pattern: string): RegExp {
  const body = pattern
    .replace(/[\\^$.+()[\]{}|/]/g, "\\$&")
    .replace(/\*/g, "[^]*")
    .replace(/\?/g, "[^]");
  return new RegExp(`^\\/${body.startsWith("\\/") ? body.slice(2) : body}$`);
}

test("a path pattern agrees with the regular expression that it means", () => {
  const letters = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet.split("")), maxLength: 9 });
  fc.assert(
    fc.property(letters("ab/.*?*"), letters("ab/."), (pattern, rest) => {
      assert.equal(compilePathPattern(pattern).matches(`/${rest}`), oracle(pattern).test(`/${rest}`));
    }),
    { seed: 20_161_113, numRuns: 5000 },
  );
});

test("a pattern full of stars is decided at once on a long path", () => {
  const pattern = compilePathPattern(`/${"*a?".repeat(80)}b`);
  const path = `/${"a".repeat(8000)}`;
  const started = performance.now();
  for (let round = 0; round < 20; round++) assert.equal(pattern.matches(path), false);
  assert.ok(performance.now() - started < 1000);
});

const NORMALIZED: readonly (readonly [raw: string, normalized: string])[] = [
  ["/a/b", "/a/b"],
  ["/a//b", "/a/b"],
  ["//", "/"],
  ["/a/./b", "/a/b"],
  ["/a/../b", "/b"],
  ["/../../b", "/b"],
  ["/a/..", "/"],
  ["/a/b/.", "/a/b/"],
  ["/a/b/", "/a/b/"],
  ["/%70rivate/%2E%2e/x", "/x"],
  ["/%70rivate", "/private"],
  ["/a%2Fb", "/a%2Fb"], // reserved: stays
  ["/a%zz", "/a%zz"],
  ["/.hidden", "/.hidden"],
  ["/...", "/..."],
];

for (const [raw, normalized] of NORMALIZED) {
  test(`${raw} is matched as ${normalized}`, () => assert.equal(normalizePath(raw), normalized));
}

test("normalizing twice changes nothing more", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", ".", "..", "", "%2e", "b%2F"), { maxLength: 8 }), (segments) => {
      const once = normalizePath(`/${segments.join("/")}`);
      assert.equal(normalizePath(once), once);
    }),
    { seed: 20_161_113 },
  );
});
