import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStrictJson, type StrictJsonRules, type StrictValue } from "./strict-json.ts";

const RULES: StrictJsonRules = { depthMax: 8 };

/** As JSON.parse would have it. */
function plain(value: StrictValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly StrictValue[]).map(plain);
  if (value instanceof Map)
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, StrictValue>)].map(([name, inner]) => [name, plain(inner)]),
    );
  return Number((value as { digits: string }).digits);
}

test("objects, lists, texts and numbers are read as JSON is", () => {
  const texts = [
    '{"a":"b","c":[1,"2",{"d":-3.5e2}],"e":{}}',
    ' { "a" : [ ] , "\\u0041\\n\\"\\\\\\/" : "é" } \r\n\t',
    '"text"',
    "7",
    "[]",
    '"\\\\?"',
    '"\\\\\\\\"',
    '[true,false,null,{"__proto__":null}]',
  ];
  for (const text of texts) {
    const read = parseStrictJson(text, RULES);
    assert.ok(read.kind === "ok", text);
    assert.deepEqual(plain(read.value), JSON.parse(text));
  }
});

test("a backslash before a question mark stays where that is asked for, and is no escape elsewhere", () => {
  const read = (text: string) => parseStrictJson(text, { ...RULES, keepsEscapedQuestionMark: true });
  for (const text of ['"a\\?b"', '"a\\\\?b"']) assert.deepEqual(read(text), { kind: "ok", value: "a\\?b" });
  assert.deepEqual(read('"\\\\\\?"'), { kind: "ok", value: "\\\\?" });
  assert.equal(parseStrictJson('"a\\?b"', RULES).kind, "fault");
});

test("what two readers could take for two things is refused, with its place", () => {
  const rows: readonly (readonly [text: string, why: RegExp])[] = [
    ["", /^the document ends too early, at 0/],
    ["{", /a name in double quotes was expected, at 1/],
    ['{"a":1,"a":2}', /"a" stands twice in one object, at 7/],
    ['{"a":1,"\\u0061":2}', /"a" stands twice in one object, at 7/],
    ['{"a":1,}', /a name in double quotes/],
    ["[1,]", /a value was expected/],
    ['{"a" 1}', /a colon/],
    ['{"a":1 "b":2}', /a comma or the end/],
    ["[1 2]", /a comma or the end/],
    ["{} {}", /after the end/],
    ["01", /a value was expected/],
    ["+1", /a value was expected/],
    ["True", /a value was expected/],
    ["nul", /a value was expected/],
    ["'a'", /a value was expected/],
    ['"\\x"', /a string that is not closed/],
    ['"a\nb"', /a string that is not closed/],
    ['\ufeff{"a":1}', /a value was expected, at 0/],
    ["[".repeat(5000), /nested too deeply/],
  ];
  for (const [text, why] of rows) {
    const read = parseStrictJson(text, RULES);
    assert.match(read.kind === "fault" ? `${read.message}, at ${read.at}` : "read", why, text.slice(0, 30));
  }
});
