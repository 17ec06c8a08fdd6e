import assert from "node:assert/strict";
import { test } from "node:test";

import { cutAtRandom, mulberry32 } from "../../../test/support/generated-requests.ts";
import { ResponseReader } from "./http1-response-reader.ts";
import { readResponses, type ReadResponses } from "./read-responses.ts";

const HEAD_BYTES_MAX = 20_480;

function read(text: string, method = "GET", isEnded = true, cuts = 0): ReadResponses {
  const bytes = Buffer.from(text, "latin1");
  const chunks = cuts === 0 ? [bytes] : Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  return readResponses(chunks, [method], HEAD_BYTES_MAX, isEnded);
}

/** What the one response is, in a line. */
function tell({ responses, fault, hasRest }: ReadResponses): string {
  const [one] = responses;
  const told = one === undefined ? [] : [one.head.status, one.head.framing, one.body.toString("latin1")];
  if (one !== undefined && !one.isComplete) told.push("incomplete");
  if (fault !== undefined) told.push(fault);
  if (hasRest) told.push("and more");
  if (one?.head.keepsAlive === false) told.push("close");
  return told.join(" | ");
}

const OK = "HTTP/1.1 200 OK\r\n";
const LENGTH = "Content-Length: 3\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

// What comes for a GET, what is read of it.
const ROWS: readonly (readonly [bytes: string, told: string])[] = [
  // Framing [RFC 9112 §6.3]
  [`${OK}${LENGTH}\r\nabc`, "200 | length | abc"],
  [`${OK}Content-Length: 0\r\n\r\n`, "200 | none | "],
  [`${OK}${CHUNKED}\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: z\r\n\r\n`, "200 | chunked | abcde"],
  [`${OK}Transfer-Encoding:\tCHUNKED \r\n\r\n000000000000000003\r\nabc\r\n0\r\n\r\n`, "200 | chunked | abc"],
  [`${OK}\r\nabc`, "200 | until-close | abc | close"],
  [`HTTP/1.0 200 OK\r\n${LENGTH}\r\nabc`, "200 | length | abc | close"],
  [`HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n${LENGTH}\r\nabc`, "200 | length | abc"],
  [`${OK}Connection: x, close\r\n${LENGTH}\r\nabc`, "200 | length | abc | close"],
  [`HTTP/1.1 204 No Content\r\n${LENGTH}\r\nabc`, "204 | none |  | and more"],
  [`HTTP/1.1 304 X\r\n${LENGTH}\r\n`, "304 | none | "],
  [`HTTP/1.1 103 X\r\n${LENGTH}\r\nHTTP/1.1 100 Y\r\n\r\n${OK}${LENGTH}\r\nabc`, "200 | length | abc"],
  // An interim response ends nothing by itself [RFC 9110 §15.2], but what it says of the connection counts [RFC 9112 §9.6]
  [`HTTP/1.1 103 X\r\nConnection: close\r\n\r\n${OK}${LENGTH}\r\nabc`, "200 | length | abc | close"],
  [
    `HTTP/1.1 103 X\r\nConnection: close\r\n\r\nHTTP/1.1 100 Y\r\n\r\n${OK}${LENGTH}\r\nabc`,
    "200 | length | abc | close",
  ],
  [`HTTP/1.0 103 X\r\n\r\n${OK}${LENGTH}\r\nabc`, "200 | length | abc | close"],
  [`HTTP/1.0 103 X\r\nConnection: keep-alive\r\n\r\n${OK}${LENGTH}\r\nabc`, "200 | length | abc"],
  [`HTTP/1.1 101 X\r\nUpgrade: a\r\n\r\nabc`, "101 | none |  | and more"],
  [`${OK}${LENGTH}\r\nabcd`, "200 | length | abc | and more"],
  // A status line without reason, and without the space before it [RFC 9112 §4]
  [`HTTP/1.1 200 \r\n${LENGTH}\r\nabc`, "200 | length | abc"],
  [`HTTP/1.1 200\r\n${LENGTH}\r\nabc`, "200 | length | abc"],
  [`HTTP/1.1 200 \xe4\t\r\n${LENGTH}\r\nabc`, "200 | length | abc"],
  // What is cut
  [`${OK}${LENGTH}\r\nab`, "200 | length | ab | incomplete | cut"],
  [`${OK}${CHUNKED}\r\n3\r\nabc\r\n0\r\n`, "200 | chunked | abc | incomplete | cut"],
  [`${OK}${LENGTH}`, "cut"],
  ["HTTP/1", "cut"],
  // What is refused
  [`HTTP/1.1 099 X\r\n${LENGTH}\r\nabc`, "bad-status-line"],
  [`HTTP/1.1 600 X\r\n${LENGTH}\r\nabc`, "bad-status-line"],
  [`HTTP/1.1  200 X\r\n${LENGTH}\r\nabc`, "bad-status-line"],
  [`HTTP/1.1 2000 X\r\n${LENGTH}\r\nabc`, "bad-status-line"],
  [`HTTP/1.2 200 X\r\n${LENGTH}\r\nabc`, "bad-status-line"],
  [`HTTP/1.1 200 a\0b\r\n${LENGTH}\r\nabc`, "bad-status-line"],
  [`HTTP/2.0 200 OK\r\n${LENGTH}\r\nabc`, "not-http"],
  [`http/1.1 200 OK\r\n${LENGTH}\r\nabc`, "not-http"],
  [`\r\n${OK}${LENGTH}\r\nabc`, "not-http"],
  ["SSH-2.0-x\r\n", "not-http"],
  [`${OK}${LENGTH}${LENGTH}\r\nabc`, "duplicate-content-length"],
  [`${OK}Content-Length: 3, 3\r\n\r\nabc`, "bad-content-length"],
  [`${OK}Content-Length: +3\r\n\r\nabc`, "bad-content-length"],
  [`${OK}Content-Length:\r\n\r\nabc`, "bad-content-length"],
  [`${OK}Content-Length: 9007199254740993\r\n\r\nabc`, "bad-content-length"],
  [`${OK}${LENGTH}${CHUNKED}\r\n0\r\n\r\n`, "length-and-coding"],
  [`${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, "unknown-transfer-coding"],
  [`${OK}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`, "unknown-transfer-coding"],
  [`HTTP/1.0 200 OK\r\n${CHUNKED}\r\n0\r\n\r\n`, "coding-in-1.0"],
  [`${OK}X: a\r\n b\r\n\r\n`, "obs-fold"],
  [`${OK}X : a\r\n\r\n`, "space-before-colon"],
  [`${OK}X\r\n\r\n`, "field-without-colon"],
  [`${OK}: a\r\n\r\n`, "bad-field-name"],
  [`${OK}X\0: a\r\n\r\n`, "bad-field-name"],
  [`${OK}X: a\0b\r\n\r\n`, "bad-field-value"],
  [`${OK}X: a\nY: b\r\n\r\n`, "bare-line-break"],
  [`${OK}X: a\rY: b\r\n\r\n`, "bare-line-break"],
  ["HTTP/1.1 200 OK\nX: a\n\n", "bare-line-break"],
  [`${OK}${CHUNKED}\r\n3\nabc\r\n0\r\n\r\n`, "200 | chunked |  | incomplete | bare-line-break"],
  [`${OK}${CHUNKED}\r\n3\r\nabc\n0\r\n\r\n`, "200 | chunked | abc | incomplete | bare-line-break"],
  [`${OK}${CHUNKED}\r\n2\r\nabc\r\n0\r\n\r\n`, "200 | chunked | ab | incomplete | bad-chunk"],
  [`${OK}${CHUNKED}\r\n3 \r\nabc\r\n0\r\n\r\n`, "200 | chunked |  | incomplete | bad-chunk"],
  [`${OK}${CHUNKED}\r\n0x3\r\nabc\r\n0\r\n\r\n`, "200 | chunked |  | incomplete | bad-chunk"],
  [`${OK}${CHUNKED}\r\nffffffffffffff\r\nabc`, "200 | chunked |  | incomplete | bad-chunk"],
  [`${OK}${CHUNKED}\r\n;x\r\nabc`, "200 | chunked |  | incomplete | bad-chunk"],
  [`${OK}${CHUNKED}\r\n3;${"x".repeat(300)}\r\nabc`, "200 | chunked |  | incomplete | bad-chunk"],
  [`${OK}${CHUNKED}\r\n0\r\nX\r\n\r\n`, "200 | chunked |  | incomplete | bad-trailer"],
  [`${OK}${CHUNKED}\r\n0\r\n${LENGTH}\r\n`, "200 | chunked |  | incomplete | bad-trailer"],
];

for (const [bytes, told] of ROWS) {
  test(`${JSON.stringify(bytes.slice(0, 120))} is ${told}, however it is cut`, () => {
    assert.equal(tell(read(bytes)), told);
    // What lies behind the end is not looked at: in single bytes it has not even come.
    assert.equal(tell(read(bytes, "GET", true, 1)), told.replace(" | and more", ""));
  });
}

test("the answer to HEAD has the length of a body and none, whatever frames it", () => {
  assert.equal(tell(read(`${OK}${LENGTH}\r\n`, "HEAD")), "200 | none | ");
  assert.equal(tell(read(`${OK}${CHUNKED}\r\n`, "HEAD")), "200 | none | ");
  assert.equal(read(`${OK}${LENGTH}\r\n`, "HEAD").responses[0]?.head.length, 3);
  assert.equal(tell(read(`${OK}\r\n`, "HEAD")), "200 | none | ");
});

test("heads, trailers and chunk extensions have an end", () => {
  const long = "x".repeat(HEAD_BYTES_MAX);
  assert.equal(tell(read(`${OK}X: ${long}\r\n\r\n`, "GET", false)), "head-too-large");
  assert.equal(tell(read(`${OK}X: ${long}`, "GET", false, 1)), "head-too-large");
  const trailers = `${OK}${CHUNKED}\r\n0\r\nX: ${long}`;
  assert.equal(tell(read(trailers, "GET", false)), "200 | chunked |  | incomplete | trailers-too-large");
  const chunk = `1;${"e".repeat(200)}\r\na\r\n`;
  assert.match(tell(read(`${OK}${CHUNKED}\r\n${chunk.repeat(200)}`, "GET", false)), /incomplete \| bad-chunk/);
  assert.match(tell(read(`${OK}${CHUNKED}\r\n${chunk.repeat(50)}0\r\n\r\n`, "GET", false)), /\| a{50}$/);
});

test("fields are those of the response: of this hop none go on, and lines that are repeated are read as before", () => {
  const reader = new ResponseReader(HEAD_BYTES_MAX);
  const rows: readonly (readonly [section: string, fields: string, keepAlive?: number])[] = [
    ["Date: 1\r\nContent-Length: 0\r\nX-A: b\r\n", "Date=1 X-A=b"],
    ["Date: 1\r\nContent-Length: 0\r\nX-A: b\r\n", "Date=1 X-A=b"],
    ["Date: 2\r\nContent-Length: 0\r\nX-A: b\r\n", "Date=2 X-A=b"],
    ["Date: 2\r\nX-A: b\r\nContent-Length: 0\r\nx-a:c \r\n", "Date=2 X-A=b x-a=c"],
    ["Date: 22\r\nX-A: b\r\nContent-Length: 0\r\n", "Date=22 X-A=b"],
    ["Connection: X-A\r\nX-A: b\r\nX-B: c\r\nContent-Length: 0\r\nKeep-Alive: timeout=7, max=3\r\n", "X-B=c", 7],
    ["X-A: b\r\nX-B: c\r\nContent-Length: 0\r\nTE: x\r\nProxy-Authenticate: y\r\n", "X-A=b X-B=c"],
  ];
  for (const [section, fields, keepAlive] of rows) {
    reader.expect("GET");
    reader.feed(Buffer.from(`${OK}${section}\r\n`, "latin1"));
    const head = reader.next();
    assert.ok(head.kind === "head", section);
    assert.equal(head.fields.map((field) => field.join("=")).join(" "), fields);
    assert.equal(
      head.allFields.map(([name, value]) => `${name}: ${value}\r\n`).join(""),
      section.replaceAll(/:(?! )/g, ": ").replaceAll(" \r", "\r"),
    );
    assert.equal(head.keepAliveSeconds, keepAlive);
    assert.equal(reader.next().kind, "more");
  }
});

test("responses follow one another on a connection, whatever frames them, and cuts make no difference", () => {
  const pieces = [
    `${OK}${LENGTH}\r\nabc`,
    `${OK}${CHUNKED}\r\n3\r\nabc\r\n10;a=b\r\n0123456789abcdef\r\n0\r\n\r\n`,
    "HTTP/1.1 304 X\r\nETag: a\r\n\r\n",
    `HTTP/1.1 103 X\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  ];
  for (let seed = 1; seed <= 300; seed++) {
    const random = mulberry32(seed);
    const chosen = Array.from({ length: 5 }, () => pieces[Math.floor(random() * pieces.length)] ?? "");
    const bytes = Buffer.from(chosen.join(""), "latin1");
    const methods = chosen.map(() => "GET");
    const whole = readResponses([bytes], methods, HEAD_BYTES_MAX, false);
    assert.equal(whole.responses.length, 5, `seed ${seed}`);
    assert.ok(whole.responses.every(({ isComplete }) => isComplete));
    assert.deepEqual(readResponses(cutAtRandom(random, bytes), methods, HEAD_BYTES_MAX, false), whole, `seed ${seed}`);
  }
});
