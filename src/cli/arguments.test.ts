import assert from "node:assert/strict";
import test from "node:test";
import { parseArguments } from "./arguments.ts";

test("flags of the verb, settings and operands are told apart, in any order", () => {
  const given = parseArguments(["create", "--account", "1", "--api-port=9", "x", "--account=2"], ["--account"]);
  assert(given.kind === "arguments");
  assert.deepEqual(given.operands, ["create", "x"]);
  assert.deepEqual([...given.flags], [["--account", ["1", "2"]]]);
  assert.deepEqual([...given.settingFlags], [["--api-port", "9"]]);
});

test("a flag that stands alone takes no value", () => {
  const given = parseArguments(["--json", "http://a/"], ["--json"]);
  assert(given.kind === "arguments");
  assert.deepEqual(given.operands, ["http://a/"]);
  assert(given.flags.has("--json"));
});

const refused = [
  [["--api-prot", "1"], "unknown flag --api-prot; did you mean --api-port?"],
  [["--frobnicate"], "unknown flag --frobnicate"],
  [["--api-port"], "--api-port needs a value"],
] as const;

for (const [words, message] of refused) {
  test(`refused in one line: ${message}`, () => {
    assert.deepEqual(parseArguments(words, []), { kind: "failure", message });
  });
}
