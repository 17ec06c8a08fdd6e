// Two readers of one text: ours and llhttp, as node:http runs it. Whatever ours accepts, llhttp must read in the same
// way; what ours refuses does not matter here. Inputs are made from a seed: requests, half of them wrong on purpose, then
// mutated. A failure prints the seed and the number of the input.

import assert from "node:assert/strict";
import { createServer, METHODS, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { test } from "node:test";

import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { readMessages, type ReadMessage } from "./read-messages.ts";

const COUNT = process.env["WARMFRONT_NIGHTLY"] === "1" ? 1_000_000 : 40_000;
const SEED = Number(process.env["WARMFRONT_SEED"] ?? 20_261_120);

// The other reader.

interface OtherReading {
  readonly requests: readonly IncomingMessage[];
  readonly errorCode: string | undefined;
}

const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 65_536, requireHostHeader: true });
server.maxHeadersCount = 0;
const requests: IncomingMessage[] = [];
let errorCode: string | undefined;
const keep = (request: IncomingMessage): void => void requests.push(request);
server.on("request", keep);
server.on("checkContinue", keep);
server.on("checkExpectation", keep);
server.on("clientError", (error: NodeJS.ErrnoException) => {
  errorCode = error.code ?? error.message;
});

/** Reads at once: node:http parses within the event that brings the bytes. Nothing is answered, so nothing is closed. */
function readOtherwise(bytes: Buffer): OtherReading {
  requests.length = 0;
  errorCode = undefined;
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  socket.on("error", () => undefined);
  server.emit("connection", socket);
  socket.emit("data", bytes);
  const reading = { requests: [...requests], errorCode };
  socket.destroy();
  return reading;
}

function bodyOf(request: IncomingMessage): string {
  const pieces: Buffer[] = [];
  for (let piece: unknown = request.read(); piece !== null; piece = request.read()) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("latin1");
}

/** As our reader reduces it [RFC 9112 §3.2.2]. */
function originForm(method: string, url: string): string {
  if (url.startsWith("/") || url === "*") return url;
  const rest = /^https?:\/\/[^/?]*(.*)$/i.exec(url)?.[1] ?? url;
  return rest === "" && method === "OPTIONS" ? "*" : rest.startsWith("/") ? rest : "/" + rest;
}

/** The one thing that we accept and llhttp does not: it knows a fixed list of methods, we take any token [RFC 9110 §9.1]. */
function isMethodOfOursOnly(message: ReadMessage): boolean {
  return !METHODS.includes(message.head.method);
}

/**
 * Messages that both read alike and after which they part: what comes behind one of these is not compared. Nothing can be
 * smuggled through the gap, because in each our reading is the one that the RFC leaves or demands.
 */
const KNOWN_PARTINGS: readonly { readonly why: string; readonly holds: (message: ReadMessage) => boolean }[] = [
  {
    why: "node:http waits for another protocol; we switch only when the origin has [RFC 9110 §7.8]",
    holds: ({ head }) => head.field("upgrade") !== undefined,
  },
  {
    why: "llhttp takes Proxy-Connection for Connection; it is no field of HTTP [RFC 9112 §C.2.2]",
    holds: ({ head }) => head.field("proxy-connection") !== undefined,
  },
  {
    why: "in 1.0 llhttp lets keep-alive win over close; close wins [RFC 9112 §9.3]",
    holds: ({ head }) => head.httpVersion === "1.0" && !head.keepsAlive && head.field("connection") !== undefined,
  },
];

function compare(bytes: Buffer, ours: ReturnType<typeof readMessages>, other: OtherReading): void {
  for (const [index, message] of ours.messages.entries()) {
    const { head } = message;
    if (isMethodOfOursOnly(message)) return;
    const request = other.requests[index];
    assert.ok(request !== undefined, `llhttp refuses message ${index}: ${other.errorCode}`);
    assert.equal(request.method, head.method);
    assert.equal(originForm(head.method, request.url ?? ""), head.target);
    assert.equal(request.httpVersion, head.httpVersion);
    assert.deepEqual(request.rawHeaders, head.fields.flat());
    const body = bodyOf(request);
    if (message.isComplete) {
      assert.equal(body, message.body.toString("latin1"));
      assert.ok(request.complete, `llhttp waits for more of message ${index}`);
    } else if (ours.refusal === undefined) {
      assert.equal(body, message.body.toString("latin1"));
      assert.ok(!request.complete, `llhttp sees an end of message ${index}`);
    }
    if (KNOWN_PARTINGS.some(({ holds }) => holds(message))) return;
  }
  if (ours.refusal === undefined) {
    assert.equal(other.requests.length, ours.messages.length, `llhttp sees more in ${bytes.length} bytes`);
  }
}

// Inputs.

type Random = () => number;

function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  assert.ok(item !== undefined);
  return item;
}

const METHOD_TEXTS = [
  "GET",
  "GET",
  "GET",
  "POST",
  "POST",
  "PUT",
  "HEAD",
  "OPTIONS",
  "DELETE",
  "PATCH",
  "PURGE",
  "TRACE",
  "get",
  "CONNECT",
];
const TARGETS = [
  "/",
  "/",
  "/a/b?c=d",
  "/?",
  "/%00%zz",
  '/{|}"<>^`\\',
  "/;a=b:c@d",
  "//x//",
  "/a?b?c",
  "*",
  "http://h.example/",
  "http://h.example",
  "http://h.example:80?q",
  "HTTP://h.example/x",
  "/#",
  "http://u@h/",
  "x",
  "",
];
const VERSIONS = [
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/1.2",
  "HTTP/2.0",
  "http/1.1",
  "HTTP/1.1 ",
];
const HOST_LINES = ["Host: a.example", "host:a:80", "HOST:\t[::1]", "Host:", "Host: a b", "Host: a\r\nHost: a"];
const FIELD_LINES = [
  "Accept: */*",
  "accept:x",
  "Cookie: a=b; c=d",
  "X-Empty:",
  "X-Tabs:\t a\tb \t",
  "X-High: \xe9\xff",
  "X-A: 1",
  "X-A: 2",
  "Connection: close",
  "Connection: keep-alive",
  "Connection: Close, x",
  "Connection: x , keep-alive,",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Upgrade: h2c",
  "Keep-Alive: timeout=5",
  "Proxy-Connection: close",
  "TE: trailers",
  "Trailer: X",
  "Expect: 100-continue",
  "Expect: more",
  "Range: bytes=0-1",
  "Host: b",
  "Content-Length: 0",
  "Content-Length: 3",
  "Content-Length: 03",
  "Content-Length: +3",
  "Content-Length: 3, 3",
  "Content-Length:3 ",
  "Content-Length : 3",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding: chunked ",
  " folded",
  "\tfolded",
  "No-Colon",
  ": no name",
  "Bad Name: x",
  "X-Ctl: \x01",
  "X-Nul: \x00",
  "X-Cr: a\rb",
  "X-Lf: a\nb",
  "X-'!#$%&*+-.^_`|~: y",
  "HTTP2-Settings: AA",
];
const EXTENSIONS = ["", "", "", ";a", ";a=b", ';a="b\\"c;"', ";a;b=c", " ", ";", ";a=\xe9", ';a="\xe9"'];
const MUTATION_BYTES = [
  "\r",
  "\n",
  "\r\n",
  "\r\n\r\n",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "=",
  '"',
  "\\",
  "0",
  "1",
  "9",
  "a",
  "f",
  "\x00",
  "\x0b",
  "\x7f",
  "\x80",
  "\xff",
  "#",
  "?",
  "/",
  "*",
  "HTTP/1.1",
  "chunked",
  "Content-Length: 1\r\n",
  "Transfer-Encoding: chunked\r\n",
  "0\r\n\r\n",
];

function makeChunks(random: Random, isCareful: boolean): string {
  let text = "";
  for (let count = Math.floor(random() * 3); count > 0; count--) {
    const content = "abc\r\n0\r\n\r\nGET / HTTP/1.1".slice(0, 1 + Math.floor(random() * 25));
    const size = content.length.toString(16);
    const shown = pick(random, [size, size, size.toUpperCase(), "0" + size, "000" + size]);
    text += shown + pick(random, isCareful ? EXTENSIONS.slice(0, 6) : EXTENSIONS);
    text += "\r\n" + content + pick(random, isCareful ? ["\r\n"] : ["\r\n", "\r\n", "\n", ""]);
  }
  return (
    text +
    pick(random, ["0", "0", "00", "0;x"]) +
    "\r\n" +
    pick(random, isCareful ? ["", "", "X: y\r\n", "X:\r\n"] : ["", "X : y\r\n", "X\r\n"]) +
    "\r\n"
  );
}

/** `isCareful`: only from the front of each table, where the good ones stand; the faults then come from mutation alone. */
function makeRequest(random: Random, isCareful: boolean): string {
  const lines: string[] = [];
  if (isCareful || random() < 0.9) lines.push(pick(random, isCareful ? HOST_LINES.slice(0, 4) : HOST_LINES));
  for (let count = Math.floor(random() * 4); count > 0; count--) {
    lines.push(pick(random, isCareful ? FIELD_LINES.slice(0, 26) : FIELD_LINES));
  }
  let body = "";
  const framing = random();
  if (framing < 0.25) {
    body = "abcGET / HTTP/1.1\r\n\r\n".slice(0, Math.floor(random() * 22));
    const claimed = random() < 0.9 ? body.length : Math.floor(random() * 30);
    lines.push(`Content-Length: ${claimed}`);
  } else if (framing < 0.5) {
    body = makeChunks(random, isCareful);
    lines.push("Transfer-Encoding: chunked");
  }
  if (random() < 0.5) lines.reverse();
  const method = pick(random, isCareful ? METHOD_TEXTS.slice(0, 12) : METHOD_TEXTS);
  const target = pick(random, isCareful ? TARGETS.slice(0, 9) : TARGETS);
  const version = pick(random, isCareful ? VERSIONS.slice(0, 4) : VERSIONS);
  return [`${method} ${target} ${version}`, ...lines, "", body].join("\r\n") + (random() < 0.05 ? "\r\n" : "");
}

function mutate(random: Random, text: string): string {
  const at = Math.floor(random() * (text.length + 1));
  const piece = pick(random, MUTATION_BYTES);
  switch (Math.floor(random() * 5)) {
    case 0:
      return text.slice(0, at) + piece + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + piece + text.slice(at + piece.length);
    case 3:
      return text.slice(0, at);
    default: {
      const to = at + Math.floor(random() * 20);
      return text.slice(0, to) + text.slice(at);
    }
  }
}

function makeInput(random: Random): Buffer {
  let text = "";
  // What we accept is what is compared, so most inputs begin as requests.
  const isCareful = random() < 0.7;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) text += makeRequest(random, isCareful);
  while (random() < 0.4) text = mutate(random, text);
  return Buffer.from(text, "latin1");
}

function cutAtRandom(random: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const to = at + 1 + Math.floor(random() * 120);
    chunks.push(bytes.subarray(at, to));
    at = to;
  }
  return chunks;
}

test(`of ${COUNT} inputs, whatever our reader accepts llhttp reads in the same way`, async () => {
  let accepted = 0;
  let bodies = 0;
  for (let number = 0; number < COUNT; number++) {
    // node:http takes its sockets down in later turns of the event loop.
    if (number % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    const random = mulberry32(SEED + number);
    const bytes = makeInput(random);
    const ours = readMessages(cutAtRandom(random, bytes), DEFAULT_LIMITS, "http");
    for (const { isComplete, head } of ours.messages) {
      if (isComplete) accepted++;
      if (isComplete && head.framing !== "none") bodies++;
    }
    try {
      compare(bytes, ours, readOtherwise(bytes));
    } catch (error) {
      const shown = JSON.stringify(bytes.toString("latin1"));
      throw new Error(`seed ${SEED}, input ${number}: ${shown}`, { cause: error });
    }
  }
  // The inputs would prove nothing if hardly any were requests.
  assert.ok(accepted > COUNT / 2 && bodies > COUNT / 10, `${accepted} messages accepted, ${bodies} with a body`);
});
