import assert from "node:assert/strict";
import { test } from "node:test";
import { mulberry32, pick, type Random } from "../../../test/support/generated-requests.ts";
import { epochMs } from "../../vocabulary/time.ts";
import type { AccountId } from "../../vocabulary/ids.ts";
import type { EffectiveDistribution } from "../config/effective-config.ts";
import { newRequestMemo } from "../request-memo.ts";
import { servedAs } from "../served.ts";
import type { Answer, Field, ViewerRequest } from "../transport/message.ts";
import type { Ended } from "../ended.ts";
import { LINE_FIELDS, type LineField } from "./line-fields.ts";
import { describeWhereFault, readPredicate } from "./predicate-of.ts";

const account = "123456789012" as AccountId;
const distribution = { id: "E1", account, label: "d111111abcdef8" } as unknown as EffectiveDistribution;

function endedOf(given: { status?: number; path?: string; host?: string; agent?: string; bytes?: number } = {}): Ended {
  const { status = 200, path = "/a/b.html", host = "WWW.Example.com:7480", agent = "curl/8", bytes = 1000 } = given;
  const fields: readonly Field[] = [
    ["Host", host],
    ["User-Agent", agent],
  ];
  const request: ViewerRequest = {
    method: "GET",
    target: path,
    path,
    query: undefined,
    httpVersion: "1.1",
    scheme: "http",
    host,
    fields,
    field: (lowerName) => fields.find(([name]) => name.toLowerCase() === lowerName)?.[1],
    body: undefined,
    viewerAddress: "192.0.2.7",
    headBytes: 200,
    memo: newRequestMemo(),
  };
  const served = servedAs({ distribution }, status < 400 ? "Hit" : "Error", "text/html");
  const answer: Answer = { status, fields: [], body: { kind: "none" }, served, requestId: "abc==" };
  return {
    request,
    answer,
    served,
    bytesIn: 200,
    bytesOut: bytes,
    startedAt: epochMs(1000),
    firstByteAt: epochMs(1002),
    outcome: "whole",
    endedAt: epochMs(1005),
    edge: 2,
  };
}

function holds(where: string, ended = endedOf()): boolean {
  const read = readPredicate(where);
  assert.ok(read.kind === "predicate", read.kind === "failure" ? describeWhereFault(where, read) : "");
  return read.holds?.(ended) ?? true;
}

const HOLDS = [
  ["", true],
  ["status == 200", true],
  ["status>=500", false],
  ["status >= 200 && status < 300", true],
  ['host=="www.example.com"', true],
  ['host != "www.example.com"', false],
  ["host == 'www.example.com'", true],
  ["!(status == 200)", false],
  ["!!(status == 200)", true],
  ["status == 404 || path =~ /\\.html$/", true],
  ["path !~ /\\.HTML$/", true],
  ["path =~ /\\.HTML$/i", true],
  ['path =~ "^/a/"', true],
  ["path =~ /^\\/a\\//", true],
  ["path =~ /[/]b/", true],
  // && binds closer than ||, as everywhere
  ["status == 200 || status == 404 && edge == 9", true],
  ["(status == 200 || status == 404) && edge == 9", false],
  ["result == 'Hit' && detail == \"Hit\"", true],
  ["bytes > 999.5 && bytes <= 1000", true],
  ["ms == 5 && firstByteMs == 2 && edge == 2", true],
  ['agent == "curl/8" && address == "192.0.2.7"', true],
  ['referer == "" && query == "" && tls == ""', true],
  ["status =~ /^2/", true],
  ["status > -1", true],
  ['path == "/a/b.html" && method == "GET" && scheme == "http" && protocol == "HTTP/1.1"', true],
  ['id == "abc==" && type =~ /html/ && distribution == "E1"', true],
] as const;
for (const [where, expected] of HOLDS) {
  test(`${where || "(nothing)"} ${expected ? "holds" : "does not hold"}`, () => assert.equal(holds(where), expected));
}

const REFUSED = [
  ["status = 200", 8, /a comparison is ==/],
  ["status == 200 & edge == 1", 15, /it is &&/],
  ["statu == 200", 1, /there is no field statu; the fields are time, id, edge/],
  ["constructor == 1", 1, /there is no field constructor/],
  ['status == "200"', 11, /status is a number, found "200"/],
  ["path == 7", 9, /path is a text, found 7: write "7"/],
  ['path < "b"', 1, /compared with ==, !=, =~ and !~/],
  ['result == "hit"', 11, /result is one of Hit, RefreshHit/],
  ["host == www.example.com", 9, /quotation marks: "www\.example\.com"/],
  ['host == "www', 9, /this text is not closed/],
  ["(status == 200", 15, /expected \), found the end/],
  ["status == 200)", 14, /expected && or \|\| or the end, found \)/],
  ["status == 200 edge == 1", 15, /expected && or \|\| or the end, found edge/],
  ["== 200", 1, /expected the name of a field, found ==/],
  ["status", 7, /found the end/],
  ["status ==", 10, /expected a number or a text behind ==/],
  ["path =~ 7", 9, /expected a pattern/],
  ["path =~ /(a/", 10, /in the pattern: this \( is not closed/],
  ["path =~ /a/g", 9, /of flags behind a pattern there is i, found g/],
  ["status == 5xx", 11, /"5xx" is no number/],
  ["path == “a”", 9, /is not understood/],
  ["status && edge", 8, /expected ==, !=/],
  ["!".repeat(60), 51, /too deep/],
  ["x".repeat(1001), 1001, /longer than 1000/],
] as const;
for (const [where, column, message] of REFUSED) {
  test(`${where.slice(0, 30)} is refused at column ${column}`, () => {
    const read = readPredicate(where);
    assert.ok(read.kind === "failure");
    assert.match(read.message, message);
    assert.equal(read.column, column);
  });
}

test("what is wrong is shown with a mark below it", () => {
  const where = 'status>=500 && hots=="a"';
  const read = readPredicate(where);
  assert.ok(read.kind === "failure");
  const [first, line, mark] = describeWhereFault(where, read).split("\n");
  assert.match(first ?? "", /^--where, column 16: there is no field hots/);
  assert.equal(line?.[mark?.indexOf("^") ?? -1], "h");
});

const ORDERS_MEAN: readonly (readonly [string, (one: number, other: number) => boolean])[] = [
  ["==", (one, other) => one === other],
  ["!=", (one, other) => one !== other],
  ["<", (one, other) => one < other],
  ["<=", (one, other) => one <= other],
  [">", (one, other) => one > other],
  [">=", (one, other) => one >= other],
];

/** An expression beside what it means, worked out without the parser. */
function draw(random: Random, depth: number): { readonly text: string; readonly holds: (seen: Ended) => boolean } {
  const blank = (): string => pick(random, ["", " ", "  "]);
  if (depth > 0 && random() < 0.6) {
    const one = draw(random, depth - 1);
    if (random() < 0.3) return { text: `!${blank()}(${one.text})`, holds: (seen) => !one.holds(seen) };
    const other = draw(random, depth - 1);
    const isBoth = random() < 0.5;
    const text = `(${one.text})${blank()}${isBoth ? "&&" : "||"}${blank()}(${other.text})`;
    return {
      text,
      holds: isBoth ? (seen) => one.holds(seen) && other.holds(seen) : (seen) => one.holds(seen) || other.holds(seen),
    };
  }
  const [name, field] = pick(random, Object.entries(LINE_FIELDS) as [string, LineField][]);
  if (field.kind === "number") {
    const value = pick(random, [0, 1, 2, 5, 100, 200, 404, 1000]);
    const [order, says] = pick(random, ORDERS_MEAN);
    return { text: `${name}${blank()}${order}${blank()}${value}`, holds: (seen) => says(field.read(seen), value) };
  }
  const value =
    field.values === undefined ? pick(random, ["", "/", "GET", 'a"b\\c', "é😀"]) : pick(random, field.values);
  const isEqual = random() < 0.5;
  const text = `${name}${blank()}${isEqual ? "==" : "!="}${blank()}${JSON.stringify(value)}`;
  return { text, holds: (seen) => (field.read(seen) === value) === isEqual };
}

test("an expression holds when what it is made of says so", () => {
  const SEED = 33;
  const random = mulberry32(SEED);
  for (let round = 0; round < 2000; round++) {
    const { text, holds: expected } = draw(random, 3);
    if (text.length > 1000) continue;
    const seen = endedOf({ status: pick(random, [200, 404]), path: pick(random, ["/", 'a"b\\c', "é😀"]) });
    assert.equal(holds(text, seen), expected(seen), `seed ${SEED}, round ${round}: ${text}`);
  }
});

test("garbage is refused at a column of it, or read; never anything else", () => {
  const SEED = 34;
  const random = mulberry32(SEED);
  const pieces = [
    "status",
    "path",
    "==",
    "=~",
    "!",
    "(",
    ")",
    "&&",
    "||",
    "/a/",
    "/",
    '"',
    "'",
    "\\",
    "7",
    " ",
    "é",
    "\n",
    "<",
  ];
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: Math.floor(random() * 12) }, () => pick(random, pieces)).join("");
    const read = readPredicate(text);
    if (read.kind === "predicate") assert.equal(typeof (read.holds?.(endedOf()) ?? true), "boolean");
    else assert.ok(read.column >= 1 && read.column <= text.length + 1, `seed ${SEED}: ${JSON.stringify(text)}`);
  }
});
