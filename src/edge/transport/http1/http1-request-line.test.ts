import assert from "node:assert/strict";
import { test } from "node:test";

import { readableLine, readBadLine, reduceTarget } from "./http1-request-line.ts";

test("a target in absolute form is reduced to its path, and its authority stands in for Host", () => {
  const rows: readonly [method: string, target: string, reduced: ReturnType<typeof reduceTarget>][] = [
    ["GET", "http://a.example:81/x?y", { target: "/x?y", authority: "a.example:81" }],
    ["GET", "HTTP://a.example", { target: "/", authority: "a.example" }],
    ["GET", "http://a.example?y", { target: "/?y", authority: "a.example" }],
    ["OPTIONS", "http://a.example", { target: "*", authority: "a.example" }],
    ["OPTIONS", "*", { target: "*", authority: undefined }],
    ["GET", "*", "bad-target"],
    ["GET", "http://user@a.example/", "bad-target"],
    ["GET", "https://a.example/", "scheme-mismatch"],
    ["GET", "x", "bad-target"],
  ];
  for (const [method, target, reduced] of rows) {
    assert.deepEqual(reduceTarget(method, target, "http"), reduced, `${method} ${target}`);
  }
});

test("of a request line that is none it is said what is wrong with it", () => {
  const rows: readonly [line: string, reason: ReturnType<typeof readBadLine>][] = [
    ["GET /", "bad-request-line"],
    ["GET  / HTTP/1.1", "bad-request-line"],
    ["G@T / HTTP/1.1", "bad-method"],
    ["GET / HTTP/2.0", "version-not-supported"],
    ["GET / HTTP/1.10", "bad-version"],
  ];
  for (const [line, reason] of rows) assert.equal(readBadLine(line), reason, line);
});

test("method and target are named as far as they can be read", () => {
  assert.deepEqual(readableLine("GET /x HTTP/9"), { method: "GET", target: "/x" });
  assert.deepEqual(readableLine("\x16\x03\x01"), {});
});
