import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import { DEFAULT_LIMITS, type Limits } from "../../../vocabulary/limits.ts";
import { RequestReader } from "./http1-request-reader.ts";
import { readMessages } from "./read-messages.ts";
import { REFUSALS } from "../refusals.ts";

const HOST = "Host: a.example\r\n";

function describe(
  chunks: Iterable<Buffer>,
  limits: Limits = DEFAULT_LIMITS,
  scheme: "http" | "https" = "http",
): string[] {
  const { messages, refusal } = readMessages(chunks, limits, scheme);
  const lines = messages.map(({ head, body, isComplete }) =>
    [
      head.method,
      head.target,
      head.httpVersion,
      `host=${head.host}`,
      ...(head.framing === "none" ? [] : [`${head.framing}=${body.toString("latin1")}`]),
      ...(head.keepsAlive ? [] : ["close"]),
      ...(head.expectsContinue ? ["expects"] : []),
      ...(isComplete ? [] : ["incomplete"]),
    ].join(" "),
  );
  return refusal === undefined ? lines : [...lines, refusal];
}

function read(text: string, limits?: Limits, scheme?: "http" | "https"): string[] {
  return describe([Buffer.from(text, "latin1")], limits, scheme);
}

const BODY = "Transfer-Encoding: chunked\r\n\r\n";

// Input and all that is read of it: one line per request, then the reason of a refusal.
const READINGS: readonly (readonly [text: string, ...expected: string[]])[] = [
  // Whole requests
  [`GET / HTTP/1.1\r\n${HOST}\r\n`, "GET / 1.1 host=a.example"],
  [`GET /a/b?c=d&e HTTP/1.1\r\n${HOST}\r\n`, "GET /a/b?c=d&e 1.1 host=a.example"],
  [`GET /{|}^"<>\\\`[] HTTP/1.1\r\n${HOST}\r\n`, 'GET /{|}^"<>\\`[] 1.1 host=a.example'],
  [`get / HTTP/1.1\r\n${HOST}\r\n`, "get / 1.1 host=a.example"],
  [`GET / HTTP/1.1\r\nhost:a.example\r\n\r\n`, "GET / 1.1 host=a.example"],
  [`GET / HTTP/1.1\r\nHost: \t a.example:8080\t \r\n\r\n`, "GET / 1.1 host=a.example:8080"],
  [`GET / HTTP/1.1\r\nHost:\r\n\r\n`, "GET / 1.1 host="],
  [`GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n`, "GET / 1.1 host=[::1]:80"],
  [`GET / HTTP/1.0\r\n\r\n`, "GET / 1.0 host= close"],
  [`GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n`, "GET / 1.0 host="],
  [`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, "OPTIONS * 1.1 host=a.example"],
  // Several on a connection
  [
    `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    "GET /1 1.1 host=a.example",
    "GET /2 1.1 host=a.example",
  ],
  [
    `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.0\r\n${HOST}\r\n`,
    "GET /1 1.1 host=a.example",
    "GET /2 1.0 host=a.example close",
  ],
  [
    `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n`,
    "GET /1 1.1 host=a.example",
    "GET /2 1.1 host=b",
  ],
  [
    `GET /1 HTTP/1.1\r\n${HOST}Connection: x, Close\r\n\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    "GET /1 1.1 host=a.example close",
  ],
  [
    `GET /1 HTTP/1.1\r\n${HOST}Connection: keep-alive\r\nConnection: close\r\n\r\nGET`,
    "GET /1 1.1 host=a.example close",
  ],
  [`\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`, "GET / 1.1 host=a.example"],
  ["\r\n".repeat(5) + `GET / HTTP/1.1\r\n${HOST}\r\n`, "empty-lines"],
  [`GET / HTTP/1.1\r\n${HOST}\r\nGET / HT`, "GET / 1.1 host=a.example"],
  // Bodies
  [
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n${HOST}\r\n`,
    "POST / 1.1 host=a.example length=abc",
    "GET / 1.1 host=a.example",
  ],
  [`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nab`, "POST / 1.1 host=a.example length=ab incomplete"],
  [
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    "POST / 1.1 host=a.example",
    "GET / 1.1 host=a.example",
  ],
  [
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nConnection: close\r\n\r\naGET`,
    "POST / 1.1 host=a.example length=a close",
  ],
  [
    `POST / HTTP/1.1\r\n${HOST}${BODY}3\r\nabc\r\n0A\r\n0123456789\r\n000\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    "POST / 1.1 host=a.example chunked=abc0123456789",
    "GET / 1.1 host=a.example",
  ],
  [
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\nTrailer-Field: x\r\n\r\n`,
    "POST / 1.1 host=a.example chunked=a",
  ],
  [
    `POST / HTTP/1.1\r\n${HOST}${BODY}1;a;b=c;d="e\\"\\\\ f"\r\na\r\n0;x\r\n\r\n`,
    "POST / 1.1 host=a.example chunked=a",
  ],
  [
    `POST / HTTP/1.1\r\n${HOST}Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n`,
    "POST / 1.1 host=a.example length= expects incomplete",
  ],
  [`POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na`, "POST / 1.0 host= length=a close"],
  [`GET / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\n\r\n`, "GET / 1.1 host=a.example"],
  // Targets in absolute form [RFC 9112 §3.2.2]
  [`GET http://b.example:81/x?y HTTP/1.1\r\n${HOST}\r\n`, "GET /x?y 1.1 host=b.example:81"],
  [`GET HTTP://b.example HTTP/1.1\r\n${HOST}\r\n`, "GET / 1.1 host=b.example"],
  [`GET http://b.example?y HTTP/1.1\r\n${HOST}\r\n`, "GET /?y 1.1 host=b.example"],
  [`OPTIONS http://b.example HTTP/1.1\r\n${HOST}\r\n`, "OPTIONS * 1.1 host=b.example"],
  [`GET http://b.example/ HTTP/1.1\r\n\r\n`, "missing-host"],
  [`GET https://b.example/ HTTP/1.1\r\n${HOST}\r\n`, "scheme-mismatch"],
  [`GET http://u@b.example/ HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET http:/// HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET ftp://b/ HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  // Request lines
  [`GET /\r\n`],
  [`GET /\r\n\r\n`, "bad-request-line"],
  [`GET  / HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET / x HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET /  HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET / HTTP/1.1 \r\n${HOST}\r\n`, "bad-request-line"],
  [`GET\t/ HTTP/1.1\r\n${HOST}\r\n`, "bad-request-line"],
  [` GET / HTTP/1.1\r\n${HOST}\r\n`, "bad-method"],
  [`G(T / HTTP/1.1\r\n${HOST}\r\n`, "bad-method"],
  [`\x16\x03\x01\x02`, "bad-method"],
  [`GET / HTTP/2.0\r\n${HOST}\r\n`, "version-not-supported"],
  [`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`, "version-not-supported"],
  [`GET / HTTP/1.2\r\n${HOST}\r\n`, "version-not-supported"],
  [`GET / HTTP/0.9\r\n${HOST}\r\n`, "version-not-supported"],
  [`GET / HTTP/1.10\r\n${HOST}\r\n`, "bad-version"],
  [`GET / http/1.1\r\n${HOST}\r\n`, "bad-version"],
  [`GET / HTTP/1,1\r\n${HOST}\r\n`, "bad-version"],
  [`GET / ICAP/1.0\r\n${HOST}\r\n`, "bad-version"],
  [`GET * HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET a HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET /#f HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET /\x00 HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET /\x7f HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`GET /\xc3\xa9 HTTP/1.1\r\n${HOST}\r\n`, "bad-target"],
  [`CONNECT a.example:443 HTTP/1.1\r\n${HOST}\r\n`, "connect-not-supported"],
  [`CONNECT / HTTP/1.1\r\n${HOST}\r\n`, "connect-not-supported"], // seen by llhttp as a tunnel all the same
  // Field lines
  [`GET / HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`, "obs-fold"],
  [`GET / HTTP/1.1\r\n ${HOST}\r\n`, "obs-fold"],
  [`GET / HTTP/1.1\r\nHost : a\r\n\r\n`, "space-before-colon"],
  [`GET / HTTP/1.1\r\n${HOST}Transfer-Encoding\t: chunked\r\n\r\n`, "space-before-colon"],
  [`GET / HTTP/1.1\r\n${HOST}A b: c\r\n\r\n`, "bad-field-name"],
  [`GET / HTTP/1.1\r\n${HOST}: c\r\n\r\n`, "bad-field-name"],
  [`GET / HTTP/1.1\r\n${HOST}A\x00: c\r\n\r\n`, "bad-field-name"],
  [`GET / HTTP/1.1\r\n${HOST}\xe9: c\r\n\r\n`, "bad-field-name"],
  [`GET / HTTP/1.1\r\n${HOST}A\r\n\r\n`, "field-without-colon"],
  [`GET / HTTP/1.1\r\n${HOST}A: \x00\r\n\r\n`, "bad-field-value"],
  [`GET / HTTP/1.1\r\n${HOST}A: b\x0bc\r\n\r\n`, "bad-field-value"],
  [`GET / HTTP/1.1\r\n${HOST}A: b\x7f\r\n\r\n`, "bad-field-value"],
  [`GET / HTTP/1.1\r\n${HOST}A: b\xe9\tc\r\n\r\n`, "GET / 1.1 host=a.example"],
  [`GET / HTTP/1.1\r\n\r\n`, "missing-host"],
  [`GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, "duplicate-host"],
  [`GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, "duplicate-host"],
  [`GET / HTTP/1.1\r\nHost: a b\r\n\r\n`, "bad-host"],
  [`GET / HTTP/1.1\r\nHost: a/b\r\n\r\n`, "bad-host"],
  [`GET / HTTP/1.1\r\nHost: u@a\r\n\r\n`, "bad-host"],
  [`GET / HTTP/1.1\r\nHost: a:b\r\n\r\n`, "bad-host"],
  [`GET / HTTP/1.1\r\nHost: :80\r\n\r\n`, "bad-host"],
  [`GET / HTTP/1.1\r\n${HOST}Expect: more\r\n\r\n`, "unknown-expectation"],
];

// Requests that two readers could cut at different places [RFC 9112 §11.2]: every one of them is refused.
const SMUGGLING: readonly (readonly [text: string, reason: string])[] = [
  ["Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length-and-transfer-encoding"],
  ["Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", "length-and-transfer-encoding"],
  ["Content-Length: 4\r\nContent-Length: 5\r\n\r\n", "duplicate-content-length"],
  ["Content-Length: 4\r\nContent-Length: 4\r\n\r\n", "duplicate-content-length"],
  ["Content-Length: 4\r\ncontent-length: 0\r\n\r\n", "duplicate-content-length"],
  ["Content-Length: 4, 4\r\n\r\n", "bad-content-length"],
  ["Content-Length: +4\r\n\r\n", "bad-content-length"],
  ["Content-Length: -4\r\n\r\n", "bad-content-length"],
  ["Content-Length: 0x4\r\n\r\n", "bad-content-length"],
  ["Content-Length: 4 4\r\n\r\n", "bad-content-length"],
  ["Content-Length: 4.0\r\n\r\n", "bad-content-length"],
  ["Content-Length: 1e1\r\n\r\n", "bad-content-length"],
  ["Content-Length:\r\n\r\n", "bad-content-length"],
  ["Content-Length: \xb2\r\n\r\n", "bad-content-length"],
  ["Content-Length: 9007199254740993\r\n\r\n", "bad-content-length"],
  ["Content-Length: 18446744073709551620\r\n\r\n", "bad-content-length"],
  ["Content-Length : 4\r\n\r\n", "space-before-colon"],
  ["Content-Length\x00: 4\r\n\r\n", "bad-field-name"],
  ["X: y\nContent-Length: 4\r\n\r\n", "bare-line-break"],
  ["X: y\rContent-Length: 4\r\n\r\n", "bare-line-break"],
  ["X: y\r\r\nContent-Length: 4\r\n\r\n", "bare-line-break"],
  ["X: y\n\nGET /other HTTP/1.1\r\n\r\n", "bare-line-break"],
  ["X: y\r\n\nGET /other HTTP/1.1\r\n\r\n", "bare-line-break"],
  ["Transfer-Encoding: xchunked\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: chunked, identity\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: identity, chunked\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: gzip, chunked\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: chunked, chunked\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: chunked;x\r\n\r\n", "unknown-transfer-coding"],
  ['Transfer-Encoding: "chunked"\r\n\r\n', "unknown-transfer-coding"],
  ["Transfer-Encoding: chunked\t\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding:\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: \x0bchunked\r\n\r\n", "bad-field-value"],
  ["Transfer-Encoding:\r\n chunked\r\n\r\n", "unknown-transfer-coding"],
  ["Transfer-Encoding: chunked\r\n ,gzip\r\n\r\n", "obs-fold"],
  ["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "duplicate-transfer-encoding"],
  ["Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "duplicate-transfer-encoding"],
];

const BROKEN_CHUNKS: readonly (readonly [text: string, reason: string])[] = [
  ["\r\n", "bad-chunk"],
  ["g\r\n", "bad-chunk"],
  ["0x1\r\na\r\n", "bad-chunk"],
  ["-1\r\n", "bad-chunk"],
  ["+1\r\na\r\n", "bad-chunk"],
  [" 1\r\na\r\n", "bad-chunk"],
  ["1 \r\na\r\n", "bad-chunk"],
  ["1 ;a\r\na\r\n", "bad-chunk"],
  ["1;\r\na\r\n", "bad-chunk"],
  ["1;a=\r\na\r\n", "bad-chunk"],
  ['1;a="b\r\na\r\n', "bad-chunk"],
  ["1\na\r\n", "bare-line-break"],
  ["1;a\nb\r\n", "bare-line-break"],
  ["1;a\rb\r\na\r\n", "bad-chunk"],
  ["1\r\nab\r\n", "bad-chunk"],
  ["1\r\na\n0\r\n\r\n", "bare-line-break"],
  ["1\r\na0\r\n\r\n", "bad-chunk"],
  ["00000000000000001\r\n", "bad-chunk"],
  ["20000000000000\r\n", "chunk-size-too-large"],
  ["ffffffffffffffff\r\n", "chunk-size-too-large"],
  ["1;" + "a".repeat(300) + "\r\na\r\n", "chunk-line-too-long"],
  ["1;" + "a".repeat(300), "chunk-line-too-long"],
  ["0\r\nA : b\r\n\r\n", "space-before-colon"],
  ["0\r\nA\r\n\r\n", "field-without-colon"],
  ["0\r\n a: b\r\n\r\n", "obs-fold"],
  ["0\r\na: b\n\r\n", "bare-line-break"],
  ["0\r\nContent-Length: 5\r\n\r\n", "bad-trailer"],
  ["0\r\nTransfer-Encoding: chunked\r\n\r\n", "bad-trailer"],
  ["0\r\nHost: b\r\n\r\n", "bad-trailer"],
  ["0\r\n" + "a: bcdefghi\r\n".repeat(2000) + "\r\n", "trailers-too-large"],
];

test("requests are read as RFC 9112 has them, or refused with the reason", () => {
  for (const [text, ...expected] of READINGS) assert.deepEqual(read(text), expected, JSON.stringify(text));
});

test("what could be cut in two ways is refused [RFC 9112 §11.2]", () => {
  for (const [rest, reason] of SMUGGLING) {
    for (const line of ["POST / HTTP/1.1", "GET /x HTTP/1.1"]) {
      assert.deepEqual(read(`${line}\r\n${HOST}${rest}`), [reason], JSON.stringify(rest));
    }
  }
  assert.deepEqual(read(`POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`), [
    "transfer-encoding-in-1.0",
  ]);
});

test("a broken chunk or trailer ends the message as refused [RFC 9112 §7.1]", () => {
  for (const [chunks, reason] of BROKEN_CHUNKS) {
    const [message, refusal] = read(`POST / HTTP/1.1\r\n${HOST}${BODY}${chunks}`);
    assert.equal(refusal, reason, JSON.stringify(chunks));
    assert.ok(message?.endsWith("incomplete"), JSON.stringify(chunks));
  }
});

test("every reason that the reader can give is given by some row", () => {
  const given = new Set([...READINGS, ...SMUGGLING, ...BROKEN_CHUNKS].map((row) => row.at(-1)));
  const elsewhere = ["url-too-long", "head-too-large", "too-many-fields", "transfer-encoding-in-1.0"]; // the tests around
  const http2s = ["host-mismatch", "bad-pseudo-field", "connection-field"];
  const notTheReaders = ["head-timeout", "plain-http", "answer-broke-off", "internal-error", ...http2s];
  for (const reason of Object.keys(REFUSALS)) {
    assert.ok(given.has(reason) || elsewhere.includes(reason) || notTheReaders.includes(reason), reason);
  }
});

test("bounds hold to the byte", () => {
  const limits: Limits = { ...DEFAULT_LIMITS, viewerHeaderBytesMax: 100, viewerUrlBytesMax: 50, viewerFieldsMax: 4 };
  const ofLength = (length: number): string => {
    const text = `GET / HTTP/1.1\r\n${HOST}X: \r\n\r\n`;
    return text.replace("X: ", "X: " + "x".repeat(length - text.length));
  };
  assert.equal(ofLength(100).length, 100);
  assert.deepEqual(read(ofLength(100), limits), ["GET / 1.1 host=a.example"]);
  assert.deepEqual(read(ofLength(101), limits), ["head-too-large"]);
  assert.deepEqual(read(ofLength(101).slice(0, 100), limits), ["head-too-large"]);
  assert.deepEqual(read(ofLength(101).slice(0, 99), limits), []);
  assert.deepEqual(read(ofLength(100).repeat(2), limits), ["GET / 1.1 host=a.example", "GET / 1.1 host=a.example"]);

  const url = (length: number): string =>
    `GET ${"/".padEnd(length - "http://a.example".length, "x")} HTTP/1.1\r\n${HOST}\r\n`;
  assert.equal(read(url(50), limits).length, 1);
  assert.match(read(url(50), limits)[0] ?? "", /^GET \/x+ 1.1/);
  assert.deepEqual(read(url(51), limits), ["url-too-long"]);

  const fields = (count: number): string => `GET / HTTP/1.1\r\n${HOST}${"A: b\r\n".repeat(count - 1)}\r\n`;
  assert.deepEqual(read(fields(4), limits), ["GET / 1.1 host=a.example"]);
  assert.deepEqual(read(fields(5), limits), ["too-many-fields"]);
});

test("a request says what it is: fields, the first of a name, sizes, path and query", () => {
  const text = `GET /a?b?c HTTP/1.1\r\n${HOST}Accept: x \r\nACCEPT:\ty\r\nX-Empty:\r\n\r\n`;
  const head = readMessages([Buffer.from(text)], DEFAULT_LIMITS, "http").messages[0]?.head;
  assert.ok(head !== undefined);
  assert.deepEqual(head.fields, [
    ["Host", "a.example"],
    ["Accept", "x"],
    ["ACCEPT", "y"],
    ["X-Empty", ""],
  ]);
  assert.deepEqual(
    ["accept", "x-empty", "host", "absent", "Accept"].map((name) => head.field(name)),
    ["x", "", "a.example", undefined, undefined],
  );
  assert.deepEqual([head.path, head.query, head.headBytes], ["/a", "b?c", text.length]);
  const rows: [string, string, string | undefined][] = [
    ["/", "/", undefined],
    ["/?", "/", ""],
    ["/a?", "/a", ""],
  ];
  for (const [target, path, query] of rows) {
    const short = readMessages([Buffer.from(`GET ${target} HTTP/1.0\r\n\r\n`)], DEFAULT_LIMITS, "http").messages[0]
      ?.head;
    assert.deepEqual([short?.path, short?.query], [path, query], target);
  }
});

test("a header block that repeats is read once, and only while it repeats", () => {
  const reader = new RequestReader(DEFAULT_LIMITS, "http");
  const ask = (text: string): unknown => {
    reader.feed(Buffer.from(text));
    const event = reader.next();
    return event.kind === "head" ? event.fields : event;
  };
  const first = ask(`GET /1 HTTP/1.1\r\n${HOST}A: b\r\n\r\n`);
  assert.equal(ask(`POST /2 HTTP/1.1\r\n${HOST}A: b\r\n\r\n`), first, "the very same fields");
  assert.notEqual(ask(`GET /3 HTTP/1.1\r\n${HOST}A: c\r\n\r\n`), first);
  assert.deepEqual(ask(`GET /3 HTTP/1.1\r\n${HOST}A: c\r\nD: e\r\n\r\n`), [
    ["Host", "a.example"],
    ["A", "c"],
    ["D", "e"],
  ]);
});

test("the scheme is the connection's: https in the target needs https under it [RFC 9110 §7.4]", () => {
  assert.deepEqual(read(`GET https://b/ HTTP/1.1\r\n${HOST}\r\n`, DEFAULT_LIMITS, "https"), ["GET / 1.1 host=b"]);
  assert.deepEqual(read(`GET http://b/ HTTP/1.1\r\n${HOST}\r\n`, DEFAULT_LIMITS, "https"), ["scheme-mismatch"]);
});

test("how the bytes are cut makes no difference", () => {
  const texts = [
    ...READINGS.map(([text]) => text),
    ...SMUGGLING.map(([rest]) => `POST / HTTP/1.1\r\n${HOST}${rest}`),
    ...BROKEN_CHUNKS.filter(([rest]) => rest.length < 1000).map(([rest]) => `POST / HTTP/1.1\r\n${HOST}${BODY}${rest}`),
  ];
  for (const text of texts) {
    const bytes = Buffer.from(text, "latin1");
    const whole = describe([bytes]);
    assert.deepEqual(describe(Array.from(bytes, (byte) => Buffer.from([byte]))), whole, JSON.stringify(text));
    for (let at = 1; at < bytes.length; at++) {
      assert.deepEqual(
        describe([bytes.subarray(0, at), bytes.subarray(at)]),
        whole,
        `${JSON.stringify(text)} at ${at}`,
      );
    }
  }
  // Several in a row, cut at random, under bounds that some of them break.
  const limits: Limits = { ...DEFAULT_LIMITS, viewerHeaderBytesMax: 90, viewerUrlBytesMax: 60, viewerFieldsMax: 3 };
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 4 }), cuts, (parts, lengths) => {
      const bytes = Buffer.from(parts.join(""), "latin1");
      assert.deepEqual(describe(cutInto(bytes, lengths), limits), describe([bytes], limits));
    }),
    { seed: 9112, numRuns: 3000 },
  );
});

function* cutInto(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
