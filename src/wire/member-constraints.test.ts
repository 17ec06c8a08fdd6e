import assert from "node:assert/strict";
import test from "node:test";
import { readMembers, type MemberSpecs } from "./member-constraints.ts";

const SPECS: MemberSpecs = {
  Name: { type: "text", required: true, min: 2, max: 4, pattern: /[a-z]+|x/ },
  Kind: { type: "text", values: ["ONE", "TWO"] },
  Count: { type: "integer", min: 1, max: 9 },
  IsOn: { type: "flag" },
  Body: { type: "blob", max: 3 },
  Words: { type: "texts", min: 1, max: 2, pattern: /\w+/ },
  Options: { type: "document", members: { Mode: { type: "text", required: true } } },
  Tags: { type: "documents", max: 1, members: { Key: { type: "text", required: true, min: 1 } } },
};

const WHOLE = {
  Name: "abc",
  Kind: "ONE",
  Count: 9,
  IsOn: false,
  Body: "YWJj",
  Words: ["a", "b"],
  Options: { Mode: "m" },
  Tags: [{ Key: "k" }],
};

test("a document that keeps every constraint is read, blobs as the text that they hold", () => {
  assert.deepEqual(readMembers(WHOLE, SPECS, false), { kind: "ok", input: { ...WHOLE, Body: "abc" } });
  assert.deepEqual(readMembers({ Name: "abc", Kind: null }, SPECS, false), { kind: "ok", input: { Name: "abc" } });
});

test("in a form numbers and flags are texts", () => {
  const form = { Name: "abc", Count: "9", IsOn: "true" };
  assert.deepEqual(readMembers(form, SPECS, true), { kind: "ok", input: { Name: "abc", Count: 9, IsOn: true } });
  assert.equal(readMembers(form, SPECS, false).kind, "unreadable");
});

test("what is violated is told as the real services tell it", () => {
  const rows: readonly [object, string][] = [
    [{ Name: undefined }, "Value null at 'name' failed to satisfy constraint: Member must not be null"],
    [{ Name: "a" }, "Value at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2"],
    [
      { Name: "abcde" },
      "Value at 'name' failed to satisfy constraint: Member must have length less than or equal to 4",
    ],
    // The pattern is of the whole text, alternatives included.
    [
      { Name: "xA" },
      "Value 'xA' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+|x",
    ],
    [
      { Kind: "SIX" },
      "Value 'SIX' at 'kind' failed to satisfy constraint: Member must satisfy enum value set: [ONE, TWO]",
    ],
    [
      { Count: 0 },
      "Value '0' at 'count' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { Count: 10 },
      "Value '10' at 'count' failed to satisfy constraint: Member must have value less than or equal to 9",
    ],
    [
      { Body: "YWJjZA==" },
      "Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 3",
    ],
    [
      { Words: [] },
      "Value at 'words' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { Words: ["-"] },
      "Value '-' at 'words.1.member' failed to satisfy constraint: Member must satisfy regular expression pattern: \\w+",
    ],
    [{ Options: {} }, "Value null at 'options.mode' failed to satisfy constraint: Member must not be null"],
    [{ Tags: [{}] }, "Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null"],
  ];
  for (const [change, violation] of rows) {
    assert.deepEqual(readMembers({ ...WHOLE, ...change }, SPECS, false), {
      kind: "invalid",
      message: `1 validation error detected: ${violation}`,
    });
  }
  const two = readMembers({ ...WHOLE, Name: undefined, Count: 0 }, SPECS, false);
  assert(two.kind === "invalid" && two.message.startsWith("2 validation errors detected: "));
});

test("another type, and a member that there is not, cannot be read", () => {
  for (const change of [
    { Name: 1 },
    { Count: 1.5 },
    { Count: "1" },
    { IsOn: "true" },
    { Body: "%" },
    { Words: "a" },
    { Words: [1] },
    { Options: [] },
    { Tags: {} },
    { Tags: ["k"] },
    { Options: { Mode: "m", Colour: "red" } },
    { Colour: "red" },
    JSON.parse('{"__proto__": 1}') as object,
  ]) {
    const sent = Object.defineProperties({ ...WHOLE }, Object.getOwnPropertyDescriptors(change));
    assert.equal(readMembers(sent, SPECS, false).kind, "unreadable", JSON.stringify(change));
  }
});

test("a message never gives a caller's text back at length", () => {
  const read = readMembers({ ...WHOLE, Kind: "x".repeat(100_000) }, SPECS, false);
  assert(read.kind === "invalid" && read.message.length < 600);
});
