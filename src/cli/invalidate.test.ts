import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseDistribution, type ListedDistribution } from "./distribution-list.ts";
import { formatBytes } from "./format-bytes.ts";
import { formatTable } from "./format-table.ts";
import { readAsked } from "./invalidate.ts";

const ROOT = ["bin", "etc", "usr"];

for (const [operands, flags, expected] of [
  [["E1", "/a", "/b*"], [], { name: "E1", paths: ["/a", "/b*"], timeoutSeconds: 600 }],
  [["E1", "/a"], [["--timeout", ["0"]]], { name: "E1", paths: ["/a"], timeoutSeconds: 0 }],
  [["E1", "/bin"], [], { name: "E1", paths: ["/bin"], timeoutSeconds: 600 }],
  [[], [], /takes a distribution and one or more paths/],
  [["E1"], [], /takes a distribution and one or more paths/],
  [["E1", "/a", "b"], [], /a path begins with a slash, found "b"/],
  [["E1", "/a*b"], [], /^\* stands at the end of a path, for all that begins so; found "\/a\*b"/],
  [["E1", "/a b/\u00e9"], [], /^a path is written as viewers ask for it: "\/a%20b\/%C3%A9" where "\/a b/],
  [["E1", "/bin", "/etc", "/usr"], [], /the shell has replaced/],
  [["E1", "/a"], [["--timeout", ["1m"]]], /--timeout is a number of seconds up to 86400, found "1m"/],
  [["E1", "/a"], [["--timeout", ["90000"]]], /--timeout is a number/],
] as const) {
  test(`invalidate ${operands.join(" ")} ${JSON.stringify(flags)}`, () => {
    const asked = readAsked({ operands, flags: new Map<string, readonly string[]>(flags) }, ROOT);
    if (typeof asked === "string") assert.match(asked, expected instanceof RegExp ? expected : /^$/);
    else assert.deepEqual(asked, expected);
  });
}

const OWN: readonly ListedDistribution[] = [
  {
    id: "E1AAAAAAAAAAAA",
    arn: "",
    domain: "d1.cloudfront.localhost",
    enabled: true,
    status: "Deployed",
    origins: [],
    aliases: ["www.example.com", "*.example.net"],
    comment: "",
  },
];

for (const [name, found] of [
  ["E1AAAAAAAAAAAA", true],
  ["d1.cloudfront.localhost", true],
  ["D1.cloudfront.net", true],
  ["www.example.com", true],
  ["http://www.example.com:7480/a", true],
  ["*.example.net", true],
  ["wwww.example.com", /did you mean www.example.com\?/],
  ["", /is no id, domain name or alias/],
] as const) {
  test(`a distribution called ${JSON.stringify(name)}`, () => {
    const outcome = chooseDistribution(name, OWN);
    if (found === true) assert.deepEqual(outcome, { kind: "found", id: "E1AAAAAAAAAAAA" });
    else assert.match(outcome.kind === "failure" ? outcome.message : "", found);
  });
}

test("a table's columns are as wide as their widest cell, and a cell steers no terminal", () => {
  const table = formatTable(
    ["A", "BB"],
    [
      ["1", "\x1b[31mred\n"],
      ["", "é"],
    ],
  );
  assert.equal(table, "A  BB\n1   [31mred\n-  é\n");
});

for (const [bytes, text] of [
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1000, "1.0 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [4_200_000_000, "4.2 GB"],
] as const) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));
}
