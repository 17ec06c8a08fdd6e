import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULT_LIMITS, type Limits } from "../../../vocabulary/limits.ts";
import { readHttp2Fields, readHttp2Head, type Http2Refusal } from "./http2-request-head.ts";
import { readMessages } from "../http1/read-messages.ts";

type Lines = Readonly<Record<string, string>> | readonly string[];

const GET = { ":method": "GET", ":scheme": "https", ":path": "/", ":authority": "a.test" };

function raw(lines: Lines): readonly string[] {
  return Array.isArray(lines) ? lines : Object.entries(lines as Readonly<Record<string, string>>).flat();
}

// Header section, how it is read.
const READINGS: readonly (readonly [Lines, string])[] = [
  [GET, "GET a.test / [host: a.test]"],
  [{ ...GET, ":path": "/a?b?c" }, "GET a.test /a ?b?c [host: a.test]"],
  [{ ...GET, ":path": "/a?" }, "GET a.test /a ? [host: a.test]"],
  [{ ...GET, ":authority": "[::1]:7443" }, "GET [::1]:7443 / [host: [::1]:7443]"],
  [{ ...GET, te: "Trailers" }, "GET a.test / [host: a.test, te: Trailers]"],
  [{ ...GET, host: "A.TEST", x: "y" }, "GET a.test / [host: A.TEST, x: y]"],
  [
    [...raw(GET), "cookie", "a=1", "x", "y", "cookie", "b=2", "cookie", "c=3"],
    "GET a.test / [host: a.test, cookie: a=1; b=2; c=3, x: y]",
  ],
  [[...raw(GET), "x", "1", "x", "2"], "GET a.test / [host: a.test, x: 1, x: 2]"],
  [{ ...GET, ":method": "OPTIONS", ":path": "*" }, "OPTIONS a.test * [host: a.test]"],
  [{ ...GET, "content-length": "12" }, "GET a.test / [host: a.test, content-length: 12] 12"],
  [{ ...GET, expect: "100-Continue" }, "GET a.test / [host: a.test, expect: 100-Continue] expects"],
  [{ ...GET, x: "\xfc\t\xff" }, "GET a.test / [host: a.test, x: \xfc\t\xff]"],
  [{ ...GET, ":protocol": "websocket" }, "malformed bad-pseudo-field"],
  [{ ...GET, ":status": "200" }, "malformed bad-pseudo-field"],
  [[...raw(GET), ":path", "/"], "malformed bad-pseudo-field"],
  [["x", "y", ...raw(GET)], "malformed bad-pseudo-field"],
  [{ ":scheme": "https", ":path": "/", ":authority": "a.test" }, "malformed bad-method"],
  [{ ":method": "GET", ":path": "/", ":authority": "a.test" }, "malformed bad-pseudo-field"],
  [{ ":method": "GET", ":scheme": "https", ":authority": "a.test" }, "malformed bad-pseudo-field"],
  [{ ...GET, ":method": "CONNECT" }, "malformed bad-pseudo-field"],
  [{ ...GET, ":scheme": "https://a" }, "malformed bad-pseudo-field"],
  [{ ...GET, connection: "close" }, "malformed connection-field"],
  [{ ...GET, "keep-alive": "5" }, "malformed connection-field"],
  [{ ...GET, "proxy-connection": "close" }, "malformed connection-field"],
  [{ ...GET, "transfer-encoding": "chunked" }, "malformed connection-field"],
  [{ ...GET, upgrade: "websocket" }, "malformed connection-field"],
  [{ ...GET, te: "gzip" }, "malformed connection-field"],
  [{ ...GET, "X-Up": "y" }, "malformed bad-field-name"],
  [{ ...GET, "": "y" }, "malformed bad-field-name"],
  [{ ...GET, "x:y": "z" }, "malformed bad-field-name"],
  [{ ...GET, x: " y" }, "malformed bad-field-value"],
  [{ ...GET, x: "y\t" }, "malformed bad-field-value"],
  [{ ...GET, "x y": "z" }, "malformed bad-field-name"],
  [{ ...GET, x: "a\nb" }, "malformed bad-field-value"],
  [{ ...GET, ":method": "" }, "malformed bad-method"],
  [{ ...GET, ":method": "GET " }, "malformed bad-method"],
  [{ ...GET, host: "b.test" }, "malformed host-mismatch"],
  [[...raw(GET), "host", "a.test", "host", "a.test"], "malformed duplicate-host"],
  [{ ":method": "GET", ":scheme": "https", ":path": "/" }, "malformed missing-host"],
  [{ ...GET, ":authority": "" }, "malformed bad-host"],
  [{ ...GET, ":authority": "a@b" }, "malformed bad-host"],
  [{ ...GET, ":authority": "a/b" }, "malformed bad-host"],
  [{ ...GET, ":path": "https://a.test/" }, "malformed bad-target"],
  [{ ...GET, ":path": "/a b" }, "malformed bad-target"],
  [{ ...GET, ":path": "/a#b" }, "malformed bad-target"],
  [{ ...GET, ":path": "/\xfc" }, "malformed bad-target"],
  [{ ...GET, ":path": "*" }, "malformed bad-target"],
  [{ ...GET, "content-length": "-1" }, "malformed bad-content-length"],
  [{ ...GET, "content-length": "9999999999999999" }, "malformed bad-content-length"],
  [[...raw(GET), "content-length", "1", "content-length", "1"], "malformed duplicate-content-length"],
  [{ ":method": "CONNECT", ":authority": "a.test:443" }, "refused connect-not-supported"],
  [{ ...GET, ":scheme": "http" }, "refused scheme-mismatch"],
  [{ ...GET, expect: "200-ok" }, "refused unknown-expectation"],
  [{ ...GET, ":path": `/${"x".repeat(8192)}` }, "refused url-too-long"],
  [{ ...GET, x: "y".repeat(20_480) }, "refused head-too-large"],
  [[...raw(GET), ...Array.from({ length: 512 }, () => "x")], "refused too-many-fields"],
];

function readHead(lines: readonly string[], limits: Limits): ReturnType<typeof readHttp2Head> | Http2Refusal {
  const shared = readHttp2Fields(lines, limits);
  return shared.kind === "fields" ? readHttp2Head(shared, shared.target, limits) : shared;
}

function read(lines: Lines, limits = DEFAULT_LIMITS): string {
  const head = readHead(raw(lines), limits);
  if (head.kind !== "head") return `${head.kind} ${head.reason}`;
  const { path, query, shared } = head;
  const { method, host, fields, bodyLength, expectsContinue } = shared;
  return [
    method,
    host,
    path,
    ...(query === undefined ? [] : [`?${query}`]),
    `[${fields.map(([name, value]) => `${name}: ${value}`).join(", ")}]`,
    ...(bodyLength === undefined ? [] : [bodyLength]),
    ...(expectsContinue ? ["expects"] : []),
  ].join(" ");
}

test("a header section is read as it stands in the table", () => {
  for (const [lines, reading] of READINGS) assert.equal(read(lines), reading, JSON.stringify(lines).slice(0, 200));
});

test("a head counts as many bytes as it has when HTTP/1.1 spells it, and bounds hold to the byte", () => {
  for (const lines of [GET, { ...GET, ":path": "/a?b", x: "y", "user-agent": "z" }]) {
    const head = readHead(raw(lines), DEFAULT_LIMITS);
    assert.ok(head.kind === "head");
    const { method, host, fields } = head.shared;
    const spelled = `${method} ${head.target} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
    const [message] = readMessages([Buffer.from(spelled, "latin1")], DEFAULT_LIMITS, "https").messages;
    assert.equal(head.headBytes, message?.head.headBytes);
    const limits = { ...DEFAULT_LIMITS, viewerHeaderBytesMax: head.headBytes };
    assert.equal(readHead(raw(lines), limits).kind, "head");
    assert.equal(read({ ...lines, ":path": `${lines[":path"]}x` }, limits), "refused head-too-large");
    const url = "https://".length + host.length + head.target.length;
    assert.equal(readHead(raw(lines), { ...DEFAULT_LIMITS, viewerUrlBytesMax: url }).kind, "head");
    assert.equal(read(lines, { ...DEFAULT_LIMITS, viewerUrlBytesMax: url - 1 }), "refused url-too-long");
  }
});
