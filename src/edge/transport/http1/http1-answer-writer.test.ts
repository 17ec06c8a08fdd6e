import assert from "node:assert/strict";
import { test } from "node:test";

import { frameAnswer, reasonPhrase, type AnsweredRequest } from "./http1-answer-writer.ts";
import type { Answer, AnswerBody } from "../message.ts";

const NONE: AnswerBody = { kind: "none" };
const FIVE: AnswerBody = { kind: "bytes", bytes: Buffer.from("12345") };
const EMPTY: AnswerBody = { kind: "bytes", bytes: Buffer.alloc(0) };
const stream = (length: number | undefined): AnswerBody => ({
  kind: "stream",
  length,
  chunks: (async function* () {})(),
});

function frame(status: number, body: AnswerBody, request: Partial<AnsweredRequest> = {}, close?: boolean): string {
  const answer: Answer = { status, fields: [], body, ...(close !== undefined && { close }) };
  const framed = frameAnswer(answer, { method: "GET", httpVersion: "1.1", keepsAlive: true, ...request });
  const [statusLine = "", ...lines] = framed.text.split("\r\n");
  assert.deepEqual(lines.splice(-2), ["", ""], "the head ends with an empty line");
  assert.equal(lines.at(-1) === "Connection: keep-alive", framed.keepsAlive);
  return [statusLine, ...lines, framed.body].join(" | ");
}

test("a message is framed by its status, method, version and what is known of its length [RFC 9112 §6.3]", () => {
  const rows: [actual: string, expected: string][] = [
    [frame(200, FIVE), "HTTP/1.1 200 OK | Content-Length: 5 | Connection: keep-alive | sized"],
    [frame(200, EMPTY), "HTTP/1.1 200 OK | Content-Length: 0 | Connection: keep-alive | none"],
    [frame(200, NONE), "HTTP/1.1 200 OK | Content-Length: 0 | Connection: keep-alive | none"],
    [frame(200, stream(7)), "HTTP/1.1 200 OK | Content-Length: 7 | Connection: keep-alive | sized"],
    [frame(200, stream(undefined)), "HTTP/1.1 200 OK | Transfer-Encoding: chunked | Connection: keep-alive | chunked"],
    [frame(200, FIVE, {}, true), "HTTP/1.1 200 OK | Content-Length: 5 | Connection: close | sized"],
    [frame(200, FIVE, { keepsAlive: false }), "HTTP/1.1 200 OK | Content-Length: 5 | Connection: close | sized"],
    // HTTP/1.0
    [frame(200, FIVE, { httpVersion: "1.0" }), "HTTP/1.1 200 OK | Content-Length: 5 | Connection: keep-alive | sized"],
    [frame(200, stream(undefined), { httpVersion: "1.0" }), "HTTP/1.1 200 OK | Connection: close | until-close"],
    // HEAD
    [frame(200, FIVE, { method: "HEAD" }), "HTTP/1.1 200 OK | Content-Length: 5 | Connection: keep-alive | none"],
    [frame(200, stream(7), { method: "HEAD" }), "HTTP/1.1 200 OK | Content-Length: 7 | Connection: keep-alive | none"],
    [frame(200, stream(undefined), { method: "HEAD" }), "HTTP/1.1 200 OK | Connection: keep-alive | none"],
    [frame(200, NONE, { method: "HEAD" }), "HTTP/1.1 200 OK | Connection: keep-alive | none"],
    [
      frame(200, stream(undefined), { method: "HEAD", httpVersion: "1.0" }),
      "HTTP/1.1 200 OK | Connection: keep-alive | none",
    ],
    // Statuses without a body
    [frame(204, FIVE), "HTTP/1.1 204 No Content | Connection: keep-alive | none"],
    [frame(304, FIVE), "HTTP/1.1 304 Not Modified | Connection: keep-alive | none"],
    [frame(304, stream(undefined)), "HTTP/1.1 304 Not Modified | Connection: keep-alive | none"],
    // Any status
    [frame(413, FIVE), "HTTP/1.1 413 Request Entity Too Large | Content-Length: 5 | Connection: keep-alive | sized"],
    [frame(599, FIVE), "HTTP/1.1 599  | Content-Length: 5 | Connection: keep-alive | sized"],
  ];
  for (const [actual, expected] of rows) assert.equal(actual, expected);
  assert.equal(reasonPhrase(999), "");
});

test("fields go out as they are given, in order, repeats kept", () => {
  const fields = [
    ["Set-Cookie", "a=b"],
    ["set-cookie", "c=\xe9\t"],
    ["X-Empty", ""],
  ] as const;
  const { text } = frameAnswer(
    { status: 200, fields, body: NONE },
    { method: "GET", httpVersion: "1.1", keepsAlive: true },
  );
  assert.equal(
    text,
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nset-cookie: c=\xe9\t\r\nX-Empty: \r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
  );
});

test("what would break out of its line, or frame the message twice, is never sent", () => {
  const rows: [name: string, value: string][] = [
    ["X", "a\r\nSet-Cookie: b"],
    ["X", "a\nb"],
    ["X", "a\rb"],
    ["X", "a\0b"],
    ["X", "snow \u2603"], // not a byte
    ["X\r\nY", "a"],
    ["X:", "a"],
    ["X ", "a"],
    ["", "a"],
    ["Content-Length", "5"],
    ["transfer-encoding", "chunked"],
    ["Connection", "close"],
    ["Keep-Alive", "timeout=5"],
  ];
  for (const field of rows) {
    for (const turn of ["first", "again"]) {
      assert.throws(
        () =>
          frameAnswer(
            { status: 200, fields: [field], body: NONE },
            { method: "GET", httpVersion: "1.1", keepsAlive: true },
          ),
        { code: "ERR_ASSERTION" },
        `${JSON.stringify(field)} ${turn}`,
      );
    }
  }
  assert.throws(() => frame(100, NONE), { code: "ERR_ASSERTION" });
});
