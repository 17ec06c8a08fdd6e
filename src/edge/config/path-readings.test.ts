import assert from "node:assert/strict";
import { test } from "node:test";
import { normalizePath } from "./path-pattern.ts";
import { otherReadings, readingsElsewhere } from "./path-readings.ts";

const PRIVATE: readonly string[] = [
  "/private%2Fa",
  "/private%2fa",
  "/private%252Fa",
  "/private%25252Fa",
  "/private%5Ca",
  "/private\\a",
  "/private%c0%afa",
  "/private%e0%80%afa",
  "/%2Fprivate/a",
  "/private%2F%2Fa",
  "/open%2F..%2Fprivate%2Fa",
  "/open/..%2Fprivate/a",
  "/open/%2e%2e%2Fprivate/a",
  "/open/%252e%252e/private/a",
  "/open\\..\\private\\a",
  "/open/.%2Fx/%2e./../private/a",
  "/private/a%00.jpg",
  "/private%2Fa%2500.jpg",
];

for (const path of PRIVATE) {
  test(`${path} may be read as /private/a`, () => {
    const readings = [normalizePath(path), ...otherReadings(path)];
    assert.ok(readings.includes("/private/a"), readings.join(" "));
  });
}

test("a bucket reads dot segments and slashes as they are written", () => {
  assert.ok(otherReadings("/private/../open/a").includes("/private/../open/a"));
  assert.ok(otherReadings("/private%2F..%2Fopen/a").includes("/private/../open/a"));
});

test("a plain path is read in one way", () => {
  for (const path of ["/", "/a", "/a/b.html", "/a-b_c~d;e=f/$&'()*+,:@"]) assert.deepEqual(otherReadings(path), []);
});

test("only dot segments lead elsewhere", () => {
  for (const path of ["/a%20b", "/a%2Fb", "/a//b", "/caf%C3%A9", "/a%", "/a%zz", "/.hidden", "/a..b%2F..c"]) {
    assert.deepEqual(readingsElsewhere(path), [], path);
  }
  for (const path of ["/a/..%2Fb", "/a%2F..%2Fb", "/a\\..\\b", "/a/%252e%252e/b", "/x/../a%2F../b"]) {
    assert.ok(readingsElsewhere(path).includes("/b"), path);
  }
});

test("what is nested deep is read at once", () => {
  const started = performance.now();
  otherReadings(`/${"%252525252e%2F".repeat(500)}`);
  otherReadings(`/${"../".repeat(2500)}`);
  assert.ok(performance.now() - started < 500);
});
