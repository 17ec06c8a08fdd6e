import assert from "node:assert/strict";
import { test } from "node:test";

import type { Shape } from "./shape.ts";
import { readDocument, readElements } from "./xml-reader.ts";

const SHAPES: Readonly<Record<string, Shape>> = {
  string: { type: "string" },
  integer: { type: "integer" },
  long: { type: "long" },
  boolean: { type: "boolean" },
  timestamp: { type: "timestamp" },
  float: { type: "float" },
  blob: { type: "blob" },
  Color: { type: "string", enum: ["red", "green"] },
  Names: { type: "list", item: "Name", of: "string" },
  Colors: { type: "list", item: "Color", of: "Color" },
  Things: { type: "list", item: "Thing", of: "Thing" },
  Thing: {
    type: "structure",
    members: [
      { name: "Id", shape: "string", required: true },
      { name: "Color", shape: "Color" },
    ],
  },
  Aliases: {
    type: "structure",
    members: [
      { name: "Quantity", shape: "integer", required: true },
      { name: "Items", shape: "Names" },
    ],
  },
  Config: {
    type: "structure",
    members: [
      { name: "Reference", shape: "string", required: true },
      { name: "Comment", shape: "string" },
      { name: "Aliases", shape: "Aliases" },
      { name: "Things", shape: "Things" },
      { name: "Colors", shape: "Colors" },
      { name: "Color", shape: "Color" },
      { name: "Count", shape: "integer" },
      { name: "TTL", shape: "long" },
      { name: "Enabled", shape: "boolean" },
      { name: "At", shape: "timestamp" },
      { name: "Rate", shape: "float" },
      { name: "Code", shape: "blob" },
    ],
  },
};
function shapes(name: string): Shape {
  const shape = SHAPES[name];
  if (shape === undefined) throw new Error(`no shape ${name}`);
  return shape;
}

function read(xml: string | Uint8Array, depthMax = 10) {
  const bytes = typeof xml === "string" ? Buffer.from(xml) : xml;
  return readDocument(bytes, { root: "Config", shape: "Config", shapes, depthMax });
}

/** A config with its required member and this. */
function config(content: string): string {
  return `<Config><Reference>r</Reference>${content}</Config>`;
}

const READ: readonly (readonly [claim: string, xml: string, value: Record<string, unknown>])[] = [
  ["members in any order", "<Config><Comment>c</Comment><Reference>r</Reference></Config>", { Comment: "c" }],
  ["namespaces and attributes", '<Config xmlns="urn:x" a="1"><Reference xmlns="">r</Reference></Config>', {}],
  ["prefixes", '<n:Config xmlns:n="urn:x"><n:Reference>r</n:Reference></n:Config>', {}],
  ["unbound prefixes", "<n:Config><n:Reference>r</n:Reference></n:Config>", {}],
  ["an XML declaration", `<?xml version="1.0" encoding="UTF-8"?>\n${config("")}`, {}],
  ["a declaration in lower case", `<?xml version='1.0' encoding='utf-8' standalone='yes'?>${config("")}`, {}],
  ["a byte order mark", `\ufeff<?xml version="1.0"?>${config("")}`, {}],
  ["comments", config("<!-- a --><Comment>a<!-- b -->b</Comment>"), { Comment: "ab" }],
  ["CDATA", config("<Comment>a<![CDATA[<b>&amp;]]>c</Comment>"), { Comment: "a<b>&amp;c" }],
  ["predefined entities", config("<Comment>&lt;&amp;&gt;&quot;&apos;</Comment>"), { Comment: "<&>\"'" }],
  ["character references", config("<Comment>&#xD;&#10;&#x1F600;</Comment>"), { Comment: "\r\n😀" }],
  ["line breaks as XML has them", config("<Comment>a\r\nb\rc</Comment>"), { Comment: "a\nb\nc" }],
  ["white space between elements", config("\n\t <Comment>c</Comment> \r\n"), { Comment: "c" }],
  ["white space in a text, exactly", config("<Comment>  a \n</Comment>"), { Comment: "  a \n" }],
  ["an empty text", config("<Comment/>"), { Comment: "" }],
  ["a text without content", config("<Comment></Comment>"), { Comment: "" }],
  ["a count without items", config("<Aliases><Quantity>0</Quantity></Aliases>"), { Aliases: { Quantity: 0 } }],
  [
    "an empty list",
    config("<Aliases><Quantity>0</Quantity><Items/></Aliases>"),
    { Aliases: { Quantity: 0, Items: [] } },
  ],
  [
    "a list of white space",
    config("<Aliases><Items>\n</Items><Quantity> 0 </Quantity></Aliases>"),
    { Aliases: { Quantity: 0, Items: [] } },
  ],
  [
    "a count that its items do not have",
    config("<Aliases><Quantity>3</Quantity><Items><Name>a</Name></Items></Aliases>"),
    { Aliases: { Quantity: 3, Items: ["a"] } },
  ],
  [
    "a list of structures",
    config("<Things><Thing><Id>a</Id></Thing><Thing><Color>red</Color><Id/></Thing></Things>"),
    { Things: [{ Id: "a" }, { Id: "", Color: "red" }] },
  ],
  ["an enum", config("<Color>green</Color>"), { Color: "green" }],
  ["an empty optional enum, as absent", config("<Color/>"), {}],
  ["a list of enums", config("<Colors><Color>red</Color><Color>red</Color></Colors>"), { Colors: ["red", "red"] }],
  ["true", config("<Enabled>true</Enabled>"), { Enabled: true }],
  ["False of a sloppy caller", config("<Enabled> False\n</Enabled>"), { Enabled: false }],
  ["the least integer", config("<Count>-2147483648</Count>"), { Count: -2_147_483_648 }],
  ["an integer with zeros before it", config("<Count>007</Count>"), { Count: 7 }],
  ["minus zero as zero", config("<Count>-0</Count>"), { Count: 0 }],
  ["a long", config("<TTL>3153600000</TTL>"), { TTL: 3_153_600_000 }],
  ["a time", config("<At>2016-01-13T00:00:00Z</At>"), { At: 1_452_643_200_000 }],
  ["a time with milliseconds", config("<At>2016-01-13T00:00:00.367Z</At>"), { At: 1_452_643_200_367 }],
  ["a time with zone", config("<At>2016-01-13T01:30:00+0130</At>"), { At: 1_452_643_200_000 }],
  ["a decimal", config("<Rate>0.15</Rate>"), { Rate: 0.15 }],
  ["base64 in lines", config("<Code>aGVs\n bG8=</Code>"), { Code: "aGVsbG8=" }],
];

for (const [claim, xml, value] of READ) {
  test(`the reader accepts ${claim}`, () => {
    assert.deepEqual(read(xml), { kind: "ok", value: { Reference: "r", ...value } });
  });
}

test("members come out in the shape's order", () => {
  const outcome = read("<Config><Count>1</Count><Comment>c</Comment><Reference>r</Reference></Config>");
  assert.deepEqual(outcome.kind === "ok" && Object.keys(outcome.value), ["Reference", "Comment", "Count"]);
});

const NULL = "failed to satisfy constraint: Member must not be null";
const ENUM = "failed to satisfy constraint: Member must satisfy enum value set: [red, green]";

const REFUSED: readonly (readonly [
  claim: string,
  xml: string | Uint8Array,
  code: "MalformedXML" | "MalformedInput",
  message: string | RegExp,
])[] = [
  ["nothing", "", "MalformedXML", /not well-formed: document must contain a root element/],
  ["text", "hello", "MalformedXML", /not well-formed/],
  ["an unclosed tag", "<Config><Reference>", "MalformedXML", /unclosed tag: \w+ \(line 1, column \d+\)\.$/],
  ["a wrong end tag", "<Config>\n</Confg>", "MalformedXML", /\(line 2, column 8\)\.$/],
  ["two roots", config("") + config(""), "MalformedXML", /only one root/],
  ["text behind the root", `${config("")}x`, "MalformedXML", /outside of root/],
  ["a bare ampersand", config("<Comment>a & b</Comment>"), "MalformedXML", /not well-formed/],
  ["an entity of its own", config("<Comment>&me;</Comment>"), "MalformedXML", /undefined entity/],
  ["a character that XML excludes", config("<Comment>\x01</Comment>"), "MalformedXML", /disallowed character/],
  ["a reference to one", config("<Comment>&#0;</Comment>"), "MalformedXML", /malformed character entity/],
  ["a reference to half a character", config("<Comment>&#xD800;</Comment>"), "MalformedXML", /malformed character/],
  ["a doctype", `<!DOCTYPE Config>${config("")}`, "MalformedXML", /document type declaration is not allowed/],
  [
    "an external entity",
    `<!DOCTYPE Config [<!ENTITY f SYSTEM "file:///etc/passwd">]>${config("<Comment>&f;</Comment>")}`,
    "MalformedXML",
    /document type declaration is not allowed/,
  ],
  [
    "an entity bomb",
    `<!DOCTYPE b [<!ENTITY a "${"x".repeat(1000)}"><!ENTITY b "${"&a;".repeat(1000)}">]>${config("<Comment>&b;</Comment>")}`,
    "MalformedXML",
    /document type declaration is not allowed/,
  ],
  ["a processing instruction", `<?php x ?>${config("")}`, "MalformedXML", /[Pp]rocessing instructions are not allowed/],
  ["one within", config("<?x y?>"), "MalformedXML", /Processing instructions are not allowed/],
  ["XML 1.1", `<?xml version="1.1"?>${config("")}`, "MalformedXML", /version "1.1" is not supported/],
  ["another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?>${config("")}`, "MalformedXML", /"ISO-8859-1"/],
  ["bytes that are not UTF-8", Buffer.from(config("<Comment>\xe9</Comment>"), "latin1"), "MalformedXML", /not UTF-8/],
  ["UTF-16", Buffer.from(`\ufeff${config("")}`, "utf16le"), "MalformedXML", /not UTF-8/],
  ["an overlong encoding", Buffer.from([0x3c, 0xc0, 0xaf]), "MalformedXML", /not UTF-8/],
  ["more depth than allowed", `${"<a>".repeat(11)}${"</a>".repeat(11)}`, "MalformedXML", /more than 10 deep/],
  ["another root", "<Other/>", "MalformedXML", `1 validation error detected: Value null at 'config' ${NULL}`],
  [
    "a missing member",
    "<Config/>",
    "MalformedXML",
    `1 validation error detected: Value null at 'config.reference' ${NULL}`,
  ],
  [
    "a missing member of a list's item",
    config("<Things><Thing><Id>a</Id></Thing><Thing/></Things>"),
    "MalformedXML",
    `1 validation error detected: Value null at 'config.things.2.member.id' ${NULL}`,
  ],
  [
    "a value outside its enum",
    config("<Color>Red</Color>"),
    "MalformedXML",
    `1 validation error detected: Value 'Red' at 'config.color' ${ENUM}`,
  ],
  [
    "a list with a value outside its enum",
    config("<Colors><Color>red</Color><Color>blue</Color></Colors>"),
    "MalformedXML",
    "1 validation error detected: Value '[red, blue]' at 'config.colors' failed to satisfy constraint: " +
      "Member must satisfy constraint: [Member must satisfy enum value set: [red, green]]",
  ],
  [
    "two violations",
    "<Config><Color>blue</Color></Config>",
    "MalformedXML",
    `2 validation errors detected: Value null at 'config.reference' ${NULL}; Value 'blue' at 'config.color' ${ENUM}`,
  ],
  [
    "an unknown element",
    "<Config>\n  <Colour>red</Colour></Config>",
    "MalformedInput",
    'Unknown element "Colour" in "Config"; known there: Reference, Comment, Aliases, Things, Colors, Color, Count, ' +
      "TTL, Enabled, At, Rate, Code (line 2, column 10).",
  ],
  [
    "an unknown item",
    config("<Aliases><Quantity>1</Quantity><Items><CNAME>a</CNAME></Items></Aliases>"),
    "MalformedInput",
    /^Unknown element "CNAME" in "Items"; known there: Name \(/,
  ],
  ["a member that occurs twice", config("<Reference>s</Reference>"), "MalformedInput", /"Reference" occurs more than/],
  ["text between members", config("x"), "MalformedInput", /"Config" holds text where only elements may be/],
  ["text between items", config("<Colors>red</Colors>"), "MalformedInput", /"Colors" holds text/],
  ["an element within a text", config("<Comment>a<b/></Comment>"), "MalformedInput", /"b" in "Comment", a text/],
  ["an integer that is none", config("<Count>1.0</Count>"), "MalformedInput", /"1.0" at 'config.count' is not an int/],
  ["an empty integer", config("<Count/>"), "MalformedInput", /"" at 'config.count' is not an integer/],
  ["an integer of 33 bits", config("<Count>2147483648</Count>"), "MalformedInput", /is not an integer of 32 bits/],
  ["a long that a number cannot hold", config("<TTL>9007199254740993</TTL>"), "MalformedInput", /is not an integer/],
  ["digits of another script", config("<Count>١</Count>"), "MalformedInput", /is not an integer/],
  ["yes as a boolean", config("<Enabled>yes</Enabled>"), "MalformedInput", /is not true or false/],
  ["1 as a boolean", config("<Enabled>1</Enabled>"), "MalformedInput", /is not true or false/],
  ["a day that is none", config("<At>2015-02-29T00:00:00Z</At>"), "MalformedInput", /is not a time/],
  ["a time without zone", config("<At>2015-02-28T00:00:00</At>"), "MalformedInput", /is not a time/],
  ["NaN", config("<Rate>NaN</Rate>"), "MalformedInput", /is not a decimal number/],
  ["an infinite decimal", config("<Rate>1e999</Rate>"), "MalformedInput", /is not a decimal number/],
  ["base64 without padding", config("<Code>aGVsbG8</Code>"), "MalformedInput", /is not base64/],
  ["__proto__", config("<__proto__><x/></__proto__>"), "MalformedInput", /Unknown element "__proto__"/],
  // A document that cannot be understood is refused for that, however many members it lacks.
  ["an unknown element beside a missing one", "<Config><X/></Config>", "MalformedInput", /Unknown element "X"/],
];

for (const [claim, xml, code, message] of REFUSED) {
  test(`the reader refuses ${claim} with ${code}`, () => {
    const outcome = read(xml);
    assert.ok(outcome.kind === "failure");
    assert.equal(outcome.code, code);
    if (typeof message === "string") assert.equal(outcome.message, message);
    else assert.match(outcome.message, message);
  });
}

test("a message lists ten violations and counts all", () => {
  const outcome = read(config(`<Things>${"<Thing/>".repeat(25)}</Things>`));
  assert.ok(outcome.kind === "failure");
  assert.match(outcome.message, /^25 validation errors detected: /);
  assert.equal(outcome.message.split("; ").length, 10);
});

test("a message repeats only the beginning of what it refuses", () => {
  for (const xml of [
    config(`<Color>${"x".repeat(1e6)}</Color>`),
    config(`<${"y".repeat(1e6)}/>`),
    config(`<Count>${"z".repeat(1e6)}</Count>`),
    `<Config>&${"e".repeat(1e6)};`,
    `<Config></${"e".repeat(1e6)}>`,
  ]) {
    const outcome = read(xml);
    assert.ok(outcome.kind === "failure");
    assert.ok(outcome.message.length < 1000, outcome.message.slice(0, 100));
  }
});

test("depth is counted from the root, and the limit itself is allowed", () => {
  const nested = (depth: number): Uint8Array => Buffer.from("<a>".repeat(depth) + "</a>".repeat(depth));
  assert.equal(readElements(nested(10), { depthMax: 10 }).kind, "ok");
  assert.equal(readElements(nested(11), { depthMax: 10 }).kind, "failure");
});

test("a document has no more elements than the limit", () => {
  const flat = (count: number): Uint8Array => Buffer.from(`<r>${"<a/>".repeat(count - 1)}</r>`);
  assert.equal(readElements(flat(50), { depthMax: 3, elementsMax: 50 }).kind, "ok");
  const outcome = readElements(flat(51), { depthMax: 3, elementsMax: 50 });
  assert.match(outcome.kind === "failure" ? outcome.message : "", /more than 50 elements/);
});

test("a huge text is read whole", () => {
  const text = "0123456789abcdef".repeat(500_000);
  assert.deepEqual(read(config(`<Comment>${text}</Comment>`)), {
    kind: "ok",
    value: { Reference: "r", Comment: text },
  });
});

/** Documents of a megabyte that are made to cost as much as they can. */
const HOSTILE: readonly (readonly [claim: string, xml: string])[] = [
  ["depth", "<a>".repeat(350_000)],
  ["elements", `<Config>${"<a/>".repeat(260_000)}</Config>`],
  ["attributes", `<Config ${Array.from({ length: 80_000 }, (_, index) => `a${index}="1"`).join(" ")}/>`],
  ["equal attributes", `<Config ${'a="1" '.repeat(170_000)}/>`],
  ["entities", config(`<Comment>${"&amp;".repeat(200_000)}</Comment>`)],
  ["comments", config(`<Comment>${"a<!---->".repeat(120_000)}</Comment>`)],
  ["CDATA sections", config(`<Comment>${"<![CDATA[]]>".repeat(85_000)}</Comment>`)],
  ["angle brackets", "<".repeat(1_000_000)],
  ["an open comment", `<Config><!--${"-".repeat(1_000_000)}`],
  ["an open doctype", `<!DOCTYPE a [${"<!ENTITY a 'b'>".repeat(65_000)}`],
  ["white space", config(`<Count>${" ".repeat(500_000)}x${" ".repeat(500_000)}</Count>`)],
  ["white space within", config(`<Count>x${" ".repeat(1_000_000)}x</Count>`)],
  ["digits", config(`<Rate>${"1".repeat(1_000_000)}x</Rate>`)],
  ["base64", config(`<Code>${"A".repeat(1_000_000)}==x</Code>`)],
];

for (const [claim, xml] of HOSTILE) {
  test(`a megabyte of ${claim} is dealt with in bounded time and memory`, () => {
    const before = process.memoryUsage().heapUsed;
    const started = performance.now();
    read(xml);
    assert.ok(performance.now() - started < 2000, "took two seconds");
    assert.ok(process.memoryUsage().heapUsed - before < 200e6, "took 200 MB");
  });
}
