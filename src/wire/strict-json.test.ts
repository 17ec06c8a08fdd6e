import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStrictJson, type StrictValue } from "./strict-json.ts";

/** As JSON.parse would have it. */
function plain(value: StrictValue): unknown {
  if (typeof value === "string") return value;
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
  ];
  for (const text of texts) {
    const read = parseStrictJson(text);
    assert.ok("value" in read, text);
    assert.deepEqual(plain(read.value), JSON.parse(text));
  }
});

test("a backslash before a question mark stays", () => {
  for (const text of ['"a\\?b"', '"a\\\\?b"']) assert.deepEqual(parseStrictJson(text), { value: "a\\?b" });
  assert.deepEqual(parseStrictJson('"\\\\\\?"'), { value: "\\\\?" });
});

test("what two readers could take for two things is refused, with its place", () => {
  const rows: readonly (readonly [text: string, why: RegExp])[] = [
    ["", /a value is expected at character 1/],
    ["{", /a text in double quotes/],
    ['{"a":1,"a":2}', /"a" is there twice/],
    ['{"a":1,"\\u0061":2}', /"a" is there twice/],
    ['{"a":1,}', /a text in double quotes/],
    ["[1,]", /a value is expected/],
    ['{"a" 1}', /a colon/],
    ['{"a":1 "b":2}', /a comma or }/],
    ["[1 2]", /a comma or ]/],
    ["{} {}", /more follows/],
    ["01", /more follows/],
    ["+1", /a value is expected/],
    ["true", /a value is expected/],
    ["null", /a value is expected/],
    ["'a'", /a value is expected/],
    ['"\\x"', /a text in double quotes/],
    ['"a\nb"', /a text in double quotes/],
    ['\ufeff{"a":1}', /a value is expected at character 1/],
    ["[".repeat(5000), /nested too deeply/],
  ];
  for (const [text, why] of rows) {
    const read = parseStrictJson(text);
    assert.match("why" in read ? read.why : "read", why, text.slice(0, 30));
  }
});
