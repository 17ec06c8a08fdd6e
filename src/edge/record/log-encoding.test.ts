// How values stand in an access log: one row per rule.

import assert from "node:assert/strict";
import { test } from "node:test";

import { encodeLogValue, formatLogSeconds } from "./log-encoding.ts";

// value, as logged [CFDG AccessLogs]
const VALUES: readonly (readonly [value: string | undefined, logged: string])[] = [
  [undefined, "-"],
  ["", "-"],
  ["-", "-"],
  ["/a/b.html", "/a/b.html"],
  ["a b", "a%20b"],
  ["a\tb", "a%09b"],
  ["a\r\nb", "a%0D%0Ab"],
  ["\0\x1f\x7f", "%00%1F%7F"],
  ["<>\"#%{}|\\^~[]`'", "%3C%3E%22%23%25%7B%7D%7C%5C%5E%7E%5B%5D%60%27"],
  ["!$&()*+,-./:;=?@_", "!$&()*+,-./:;=?@_"],
  ["%20", "%2520"],
  ["\xc3\xa9", "%C3%A9"],
  ["\xff", "%FF"],
  ["\u20ac", "%E2%82%AC"],
  ["\u{1f600}", "%F0%9F%98%80"],
  ["\ud800", "%EF%BF%BD"],
  ["Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0%20(X11;%20Linux%20x86_64)"],
  ["a=1; b=2", "a=1;%20b=2"],
  ["192.0.2.1, 2001:db8::1", "192.0.2.1,%202001:db8::1"],
];

for (const [value, logged] of VALUES) {
  test(`${JSON.stringify(value)} is logged as ${logged}`, () => assert.equal(encodeLogValue(value), logged));
}

test("whatever the bytes, a logged value is printable ASCII without white space, and can be read back", () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const logged = encodeLogValue(bytes.toString("latin1"));
  assert.match(logged, /^[!-~]+$/);
  const read = logged.replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  assert.equal(read, bytes.toString("latin1"));
});

test("a long value is logged whole, however much of it is encoded", () => {
  const length = 1_048_576;
  assert.equal(encodeLogValue(" ".repeat(length)), "%20".repeat(length));
  assert.equal(encodeLogValue("a".repeat(length)).length, length);
});

// milliseconds, as logged
const TIMES: readonly (readonly [number, string])[] = [
  [0, "0.000"],
  [1, "0.001"],
  [999, "0.999"],
  [1000, "1.000"],
  [61_234, "61.234"],
  [86_400_000, "86400.000"],
  [-5, "0.000"],
  [0.4, "0.000"],
  [Number.NaN, "0.000"],
];

for (const [milliseconds, logged] of TIMES) {
  test(`${milliseconds} ms is logged as ${logged}`, () => assert.equal(formatLogSeconds(milliseconds), logged));
}
