import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIpv4, parseIpv4, parseIpv4Range } from "./ipv4-range.ts";

test("a range goes from its first to its last address", () => {
  const rows = [
    ["192.0.2.7", "192.0.2.7", "192.0.2.7"],
    ["192.0.2.7/32", "192.0.2.7", "192.0.2.7"],
    ["192.0.2.7/31", "192.0.2.6", "192.0.2.7"],
    ["192.0.2.0/24", "192.0.2.0", "192.0.2.255"],
    ["192.0.2.77/24", "192.0.2.0", "192.0.2.255"],
    ["10.0.0.0/8", "10.0.0.0", "10.255.255.255"],
    ["128.0.0.0/1", "128.0.0.0", "255.255.255.255"],
    ["1.2.3.4/0", "0.0.0.0", "255.255.255.255"],
  ] as const;
  for (const [text, first, last] of rows) {
    const range = parseIpv4Range(text);
    assert.deepEqual(range && [formatIpv4(range.first), formatIpv4(range.last)], [first, last], text);
  }
});

test("what is no IPv4 address or range is none", () => {
  const wrong = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4/33",
    "1.2.3.4/",
    "1.2.3.4/-1",
    "1.2.3.4/08",
    "1.2.3.4/24/24",
    " 1.2.3.4",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1.2.3.4e0",
    "::1",
    "2001:db8::/32",
    "::ffff:1.2.3.4",
    "*",
    "1.2.3.*",
  ];
  for (const text of wrong) assert.equal(parseIpv4Range(text), undefined, JSON.stringify(text));
  assert.equal(parseIpv4("255.255.255.255"), 2 ** 32 - 1);
});
