import assert from "node:assert/strict";
import { test } from "node:test";
import type { Field } from "../transport/message.ts";
import { encodedFields, encodedFieldsOf304, encodedHere, isHeldEncoded } from "./encoded-fields.ts";

// The origin's ETag → the viewer's, and the one by which the origin is asked
const TAGS: readonly (readonly [sent: string, shown: string | undefined, asked: string | undefined])[] = [
  ['"x"', 'W/"x"', '"x"'],
  ['W/"x"', 'W/"x"', 'W/"x"'],
  ['""', 'W/""', '""'],
  ["x", undefined, undefined],
  ["W/x", undefined, undefined],
  ['w/"x"', undefined, undefined],
  ['"x', undefined, undefined],
];

for (const [sent, shown, asked] of TAGS) {
  test(`ETag ${sent} of what is compressed is ${shown} [CFDG ServingCompressedFiles]`, () => {
    const fields: Field[] = [["ETag", sent]];
    assert.equal(encodedFields(fields, "gzip").find(([name]) => name === "ETag")?.[1], shown);
    assert.deepEqual(encodedHere(fields, "gzip"), {
      coding: "gzip",
      ...(asked === undefined ? {} : { entityTag: asked }),
    });
  });
}

test("what was said of the origin's bytes goes, the rest stays in its order", () => {
  const fields: Field[] = [
    ["Content-Type", "text/css"],
    ["Content-MD5", "x"],
    ["Digest", "x"],
    ["Content-Digest", "x"],
    ["Repr-Digest", "x"],
    ["Accept-Ranges", "bytes"],
    ["Last-Modified", "Fri, 20 Nov 2026 12:00:00 GMT"],
    ["X-Any", "1"],
    ["X-Any", "2"],
  ];
  assert.deepEqual(encodedFields(fields, "br"), [
    ["Content-Type", "text/css"],
    ["Last-Modified", "Fri, 20 Nov 2026 12:00:00 GMT"],
    ["X-Any", "1"],
    ["X-Any", "2"],
    ["Vary", "Accept-Encoding"],
    ["Content-Encoding", "br"],
  ]);
});

// The origin's Vary lines → all of them
const VARY: readonly (readonly [sent: readonly string[], all: readonly string[]])[] = [
  [[], ["Accept-Encoding"]],
  [["Origin"], ["Origin", "Accept-Encoding"]],
  [["origin, accept-encoding"], ["origin, accept-encoding"]],
  [
    ["Origin", "Accept-Encoding"],
    ["Origin", "Accept-Encoding"],
  ],
  [["*"], ["*"]],
];

for (const [sent, all] of VARY) {
  test(`Vary [${sent.join("] [")}] becomes [${all.join("] [")}]`, () => {
    const fields = encodedFieldsOf304(sent.map((value) => ["Vary", value] as const));
    assert.deepEqual(
      fields.map(([, value]) => value),
      all,
    );
  });
}

// If-None-Match of the viewer, ETag of the 304 → the viewer holds a compressed one of ours
const HELD: readonly (readonly [ifNoneMatch: string | undefined, entityTag: string, isHeld: boolean])[] = [
  ['W/"x"', '"x"', true],
  ['"a", W/"x"', '"x"', true],
  ['"x"', '"x"', false],
  ['"x", W/"x"', '"x"', false],
  ['W/"y"', '"x"', false],
  ['W/"x"', 'W/"x"', false],
  ['W/"x"', "x", false],
  ["*", '"x"', false],
  ["W/x", '"x"', false],
  [undefined, '"x"', false],
];

for (const [ifNoneMatch, entityTag, isHeld] of HELD) {
  test(`who asks by ${ifNoneMatch} and is told ${entityTag} holds ${isHeld ? "a" : "no"} compressed form`, () => {
    assert.equal(isHeldEncoded(ifNoneMatch, [["ETag", entityTag]]), isHeld);
  });
}
