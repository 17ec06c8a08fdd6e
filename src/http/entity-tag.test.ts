import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import {
  formatEntityTag,
  matchesStrongly,
  matchesWeakly,
  parseEntityTag,
  parseEntityTagList,
  type EntityTag,
} from "./entity-tag.ts";

const strong = (opaque: string): EntityTag => ({ isWeak: false, opaque });
const weak = (opaque: string): EntityTag => ({ isWeak: true, opaque });

test("an entity tag has its quotes, and a capital W if it is weak [RFC 9110 §8.8.3]", () => {
  const rows: [string, EntityTag | undefined][] = [
    ['"a"', strong("a")],
    ['W/"a"', weak("a")],
    ['""', strong("")],
    ['"a,b\\c"', strong("a,b\\c")],
    ['"\xe9"', strong("\xe9")],
    ['w/"a"', undefined],
    ["a", undefined],
    ['"a', undefined],
    ['a"', undefined],
    ['"a"b"', undefined],
    ['"a b"', undefined],
    ['W/ "a"', undefined],
    ["", undefined],
  ];
  for (const [text, expected] of rows) assert.deepEqual(parseEntityTag(text), expected, text);
});

test("a list of entity tags is read whole or not at all [RFC 9110 §13.1.2]", () => {
  const rows: [string, "*" | EntityTag[] | undefined][] = [
    ["*", "*"],
    ['"a"', [strong("a")]],
    ['"a", W/"b"', [strong("a"), weak("b")]],
    ['"a,b","c"', [strong("a,b"), strong("c")]],
    [', "a" ,,\t"b",', [strong("a"), strong("b")]],
    ["", []],
    ['*, "a"', undefined],
    ['"a", b', undefined],
    ['"a" "b"', undefined],
    ["a", undefined],
    ['"a', undefined],
  ];
  for (const [value, expected] of rows) assert.deepEqual(parseEntityTagList(value), expected, value);
});

test("comparison follows the table of RFC 9110 §8.8.3.2", () => {
  const rows: [EntityTag, EntityTag, boolean, boolean][] = [
    // one, other, strongly, weakly
    [weak("1"), weak("1"), false, true],
    [weak("1"), weak("2"), false, false],
    [weak("1"), strong("1"), false, true],
    [strong("1"), strong("1"), true, true],
  ];
  for (const [one, other, strongly, weakly] of rows) {
    assert.equal(matchesStrongly(one, other), strongly);
    assert.equal(matchesWeakly(one, other), weakly);
  }
});

test("what is written is read back, alone and in a list", () => {
  const opaque = fc.string({ unit: fc.constantFrom("!", "#", "a", ",", "\\", "/", "W", "~", "\x80", "\xff") });
  fc.assert(
    fc.property(
      fc.array(fc.record({ isWeak: fc.boolean(), opaque }, { noNullPrototype: true }), { minLength: 1 }),
      (tags) => {
        for (const tag of tags) assert.deepEqual(parseEntityTag(formatEntityTag(tag)), tag);
        assert.deepEqual(parseEntityTagList(tags.map(formatEntityTag).join(",")), tags);
      },
    ),
    { seed: 883, numRuns: 500 },
  );
});
