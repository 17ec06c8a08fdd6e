import assert from "node:assert/strict";
import { test } from "node:test";
import { frameAnswer, formatInterim, LAST_CHUNK } from "../transport/http1/http1-answer-writer.ts";
import type { Answer, Field } from "../transport/message.ts";
import { PeerResponseReader } from "./peer-response-reader.ts";

const FIELDS: readonly Field[] = [
  ["Content-Type", "text/plain"],
  ["X-Empty", ""],
  ["X-Bytes", "\x80\xff"],
  ["X-Twice", "a"],
  ["X-Twice", "b: c"],
];
const ASKED = { method: "GET", httpVersion: "1.1", keepsAlive: true } as const;

interface Seen {
  interim: number[];
  status: number | undefined;
  fields: readonly Field[];
  length: number | undefined;
  body: string;
  ended: boolean;
  broken: string | undefined;
}

/** All at once, or a byte at a time. */
function readAll(text: string, isHead: boolean, piece: number): Seen {
  const reader = new PeerResponseReader();
  const seen: Seen = {
    interim: [],
    status: undefined,
    fields: [],
    length: undefined,
    body: "",
    ended: false,
    broken: undefined,
  };
  reader.expect(isHead);
  for (let at = 0; at < text.length; at += piece) {
    reader.feed(Buffer.from(text.slice(at, at + piece), "latin1"));
    for (let event = reader.next(); event.kind !== "more"; event = reader.next()) {
      if (event.kind === "interim") seen.interim.push(event.status);
      else if (event.kind === "head") ({ status: seen.status, fields: seen.fields, length: seen.length } = event);
      else if (event.kind === "body") seen.body += event.bytes.toString("latin1");
      else if (event.kind === "end") seen.ended = true;
      else {
        seen.broken = event.why;
        return seen;
      }
    }
  }
  return seen;
}

const stream = (length: number | undefined): Answer["body"] => ({
  kind: "stream",
  length,
  chunks: (async function* () {})(),
});
const chunked = (...chunks: readonly string[]): string =>
  chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("") + LAST_CHUNK;
const head = (status: number, body: Answer["body"], method = "GET"): string =>
  frameAnswer({ status, fields: FIELDS, body }, { ...ASKED, method }).text;

const GOOD: readonly (readonly [string, string, boolean, Partial<Seen>])[] = [
  ["a body with its length", `${head(200, stream(5))}hello`, false, { status: 200, length: 5, body: "hello" }],
  [
    "a body in chunks",
    head(200, stream(undefined)) + chunked("hello", "x".repeat(300)),
    false,
    { length: undefined, body: `hello${"x".repeat(300)}` },
  ],
  ["no body in chunks", head(200, stream(undefined)) + chunked(), false, { body: "" }],
  ["a body of no bytes", head(200, { kind: "none" }), false, { length: 0, body: "" }],
  ["a 304", head(304, { kind: "none" }), false, { status: 304, body: "" }],
  ["a HEAD that tells the length", head(200, stream(7), "HEAD"), true, { length: 7, body: "" }],
  ["a HEAD that does not", head(200, { kind: "none" }, "HEAD"), true, { length: undefined, body: "" }],
  ["hints before it", `${formatInterim(103, FIELDS)}${head(200, stream(1))}a`, false, { interim: [103], body: "a" }],
];

for (const [name, text, isHead, expected] of GOOD) {
  for (const piece of [text.length, 1, 7]) {
    test(`${name} is read as it was written, ${piece} bytes at a time`, () => {
      const seen = readAll(text, isHead, piece);
      assert.equal(seen.broken, undefined);
      assert.equal(seen.ended, true);
      assert.deepEqual(seen.fields, FIELDS);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(seen[key as keyof Seen], value, key);
    });
  }
}

test("two answers on one connection are told apart, and what nobody asked for breaks it", () => {
  const reader = new PeerResponseReader();
  const one = `${head(200, stream(1))}a`;
  reader.expect(false);
  reader.feed(Buffer.from(one + one, "latin1"));
  const kinds = [reader.next().kind, reader.next().kind, reader.next().kind, reader.next().kind];
  assert.deepEqual(kinds, ["head", "body", "end", "broken"]);
});

for (const text of [
  "HTTP/1.0 200 OK\r\n\r\n",
  "HTTP/1.1 099 \r\n\r\n",
  "\x16\x03\x01\r\n\r\n",
  "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
  `${head(200, stream(undefined))}zz\r\n`,
  `${head(200, stream(undefined))}1\r\nab\r\n`,
  `${head(200, stream(undefined))}${"0".repeat(40)}`,
  "HTTP/1.1 200 OK\r\nX: ".padEnd(1_100_000, "x"),
]) {
  test(`${JSON.stringify(text.slice(-30))} is a broken connection`, () => {
    assert.notEqual(readAll(text, false, 65_536).broken, undefined);
  });
}

test("an answer that is cut anywhere is never taken for a whole one", () => {
  for (const [name, text, isHead] of GOOD) {
    for (let end = 1; end < text.length; end++)
      assert.equal(readAll(text.slice(0, end), isHead, 65_536).ended, false, name);
  }
});
