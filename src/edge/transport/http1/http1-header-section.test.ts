import assert from "node:assert/strict";
import { test } from "node:test";

import { readFieldLine, readSection } from "./http1-header-section.ts";

function section(lines: readonly string[], version: "1.0" | "1.1" = "1.1", fieldsMax = 10) {
  return readSection(["", ...lines, "", ""].join("\r\n"), version, fieldsMax);
}

test("a header section says what follows it, and whether another request may", () => {
  const rows: readonly [lines: string[], version: "1.0" | "1.1", says: object][] = [
    [[], "1.0", { host: "", framing: "none", keepsAlive: false }],
    [["Connection: keep-alive"], "1.0", { keepsAlive: true }],
    [["Host: a"], "1.1", { host: "a", framing: "none", keepsAlive: true, upgrade: undefined }],
    [["Host: a", "Connection: x, Close"], "1.1", { keepsAlive: false }],
    [["Host: a", "Content-Length: 0", "Expect: 100-continue"], "1.1", { framing: "none", expectsContinue: false }],
    [["Host: a", "Content-Length: 7"], "1.1", { framing: "length", bodyLength: 7, expectsContinue: false }],
    [["Host: a", "Content-Length: 7", "Expect: 100-Continue"], "1.1", { expectsContinue: true }],
    [["Content-Length: 7", "Expect: 100-continue"], "1.0", { framing: "length", expectsContinue: false }],
    [["Host: a", "transfer-encoding: Chunked"], "1.1", { framing: "chunked", bodyLength: 0 }],
  ];
  for (const [lines, version, says] of rows) {
    const read = section(lines, version);
    assert.ok(typeof read !== "string", lines.join());
    assert.partialDeepStrictEqual(read, says, lines.join());
  }
});

test("fields keep their order and their repeats; the first of a name is found without regard to case", () => {
  const read = section(["Host: a", "X-One:  1\t", "x-one: 2"]);
  assert.ok(typeof read !== "string");
  assert.deepEqual(read.fields, [
    ["Host", "a"],
    ["X-One", "1"],
    ["x-one", "2"],
  ]);
  assert.equal(read.field("x-one"), "1");
  assert.equal(read.field("x-two"), undefined);
});

test("as many fields as there may be are read, and not one more", () => {
  assert.equal(typeof section(["Host: a", "X: 1"], "1.1", 2), "object");
  assert.equal(section(["Host: a", "X: 1", "Y: 2"], "1.1", 2), "too-many-fields");
});

test("a field line that could be read in two ways is none", () => {
  const rows: readonly [line: string, read: ReturnType<typeof readFieldLine>][] = [
    ["X-Y: z", ["X-Y", "z"]],
    ["X:", ["X", ""]],
    [" X: y", "obs-fold"],
    ["\tX: y", "obs-fold"],
    ["X y", "field-without-colon"],
    ["X : y", "space-before-colon"],
    [": y", "bad-field-name"],
    ["X(: y", "bad-field-name"],
    ["X: \0", "bad-field-value"],
  ];
  for (const [line, read] of rows) assert.deepEqual(readFieldLine(line, 0, line.length), read, line);
});
