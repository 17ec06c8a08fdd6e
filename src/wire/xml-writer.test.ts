import assert from "node:assert/strict";
import { test } from "node:test";

import { writeError } from "./error-document.ts";
import type { Shape, WireDocument } from "./shape.ts";
import { escapeText, writeDocument } from "./xml-writer.ts";

const SHAPES: Readonly<Record<string, Shape>> = {
  string: { type: "string" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  timestamp: { type: "timestamp" },
  float: { type: "float" },
  Names: { type: "list", item: "Name", of: "string" },
  Node: {
    type: "structure",
    members: [
      { name: "Name", shape: "string" },
      { name: "Quantity", shape: "integer" },
      { name: "Items", shape: "Names" },
      { name: "Enabled", shape: "boolean" },
      { name: "At", shape: "timestamp" },
      { name: "Rate", shape: "float" },
      { name: "Renamed", shape: "string", xmlName: "Other" },
      { name: "Inner", shape: "Node" },
    ],
  },
};
function shapes(name: string): Shape {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no shape ${name}`);
  return shape;
}

function write(value: WireDocument): string {
  const xml = writeDocument("Node", value, { shape: "Node", shapes, namespace: "urn:n" });
  const [, content] = /^<\?xml version="1\.0"\?>\n<Node xmlns="urn:n">(.*)<\/Node>$/s.exec(xml) ?? [];
  assert.ok(content !== undefined, xml);
  return content;
}

const WRITTEN: readonly (readonly [claim: string, value: WireDocument, xml: string])[] = [
  ["nothing of an absent member", {}, ""],
  ["nothing of an undefined member", { Name: undefined }, ""],
  ["an empty text as an empty element", { Name: "" }, "<Name></Name>"],
  ["members in the shape's order", { Quantity: 1, Name: "n" }, "<Name>n</Name><Quantity>1</Quantity>"],
  ["nothing of members that the shape does not know", { Name: "n", CachePolicyId: "p" }, "<Name>n</Name>"],
  ["lists", { Items: ["a", "b"] }, "<Items><Name>a</Name><Name>b</Name></Items>"],
  ["nothing of an empty list", { Quantity: 0, Items: [] }, "<Quantity>0</Quantity>"],
  ["false", { Enabled: false }, "<Enabled>false</Enabled>"],
  ["instants with milliseconds", { At: 1_594_600_325_367 }, "<At>2020-07-13T00:32:05.367Z</At>"],
  ["whole seconds with milliseconds", { At: 0 }, "<At>1970-01-01T00:00:00.000Z</At>"],
  ["decimals", { Rate: 0.15 }, "<Rate>0.15</Rate>"],
  ["the name on the wire", { Renamed: "x" }, "<Other>x</Other>"],
  [
    "structures within their own kind",
    { Inner: { Inner: { Name: "n" } } },
    "<Inner><Inner><Name>n</Name></Inner></Inner>",
  ],
  ["an empty structure", { Inner: {} }, "<Inner></Inner>"],
];

for (const [claim, value, xml] of WRITTEN) {
  test(`the writer writes ${claim}`, () => {
    assert.equal(write(value), xml);
  });
}

const ESCAPED: readonly (readonly [text: string, xml: string])[] = [
  ["plain", "plain"],
  ['<a href="x">&\'', '&lt;a href="x"&gt;&amp;\''],
  ["]]>", "]]&gt;"],
  ["&lt;", "&amp;lt;"],
  ["a\tb\nc", "a\tb\nc"],
  ["a\r\nb\r", "a&#xD;\nb&#xD;"],
  ["\0\x01\x08\x0b\x0c\x1f", "\ufffd".repeat(6)],
  ["\ufffe\uffff", "\ufffd\ufffd"],
  ["\x7f\x85\u2028é漢😀", "\x7f\x85\u2028é漢😀"],
  ["\ud83d", "\ufffd"],
  ["\ude00\ud83d!", "\ufffd\ufffd!"],
];

for (const [text, xml] of ESCAPED) {
  test(`${JSON.stringify(text)} is escaped`, () => {
    assert.equal(escapeText(text), xml);
  });
}

const WRONG: readonly WireDocument[] = [
  { Name: 1 },
  { Quantity: "1" },
  { Quantity: Number.NaN },
  { Enabled: "true" },
  { At: "2020-07-13" },
  { Items: "a" },
  { Inner: "a" },
];

for (const value of WRONG) {
  test(`${JSON.stringify(value)} is a fault of our own, not a document`, () => {
    assert.throws(() => write(value));
  });
}

test("what is frozen is written once, whatever it stands in, and anything else each time", () => {
  const open = { Name: "a" };
  assert.equal(write({ Inner: open }), "<Inner><Name>a</Name></Inner>");
  open.Name = "b";
  assert.equal(write({ Inner: open }), "<Inner><Name>b</Name></Inner>");

  let reads = 0;
  const counted = Object.freeze({
    get Name() {
      reads++;
      return "c";
    },
  });
  assert.equal(write({ Inner: counted }), "<Inner><Name>c</Name></Inner>");
  assert.equal(
    write({ Name: "d", Inner: { Inner: counted } }),
    "<Name>d</Name><Inner><Inner><Name>c</Name></Inner></Inner>",
  );
  assert.equal(reads, 1);
});

test("an error has the envelope that clients look for", () => {
  assert.equal(
    writeError({
      namespace: "http://cloudfront.amazonaws.com/doc/2020-05-31/",
      type: "Sender",
      code: "NoSuchDistribution",
      message: "The specified distribution does not exist.",
      requestId: "7f3f42df-e5ff-11e8-8c4f-0242ac110002",
    }),
    `<?xml version="1.0"?>
<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>NoSuchDistribution</Code><Message>The specified distribution does not exist.</Message></Error><RequestId>7f3f42df-e5ff-11e8-8c4f-0242ac110002</RequestId></ErrorResponse>`,
  );
});

test("an error's message may repeat what a caller sent", () => {
  const xml = writeError({ namespace: "", type: "Receiver", code: "C", message: "</Message>&\0", requestId: "r" });
  assert.match(xml, /<Type>Receiver<\/Type><Code>C<\/Code><Message>&lt;\/Message&gt;&amp;\ufffd<\/Message>/);
});
