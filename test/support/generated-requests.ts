// Requests made from a seed: pipelined, half of them wrong on purpose in the ways of the known desyncs, then mutated.

import assert from "node:assert/strict";

export type Random = () => number;

export function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
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
  "HTTP/1.10",
  "HTTP/1.1\tx",
  "HTTP/0.9",
  "HTTP /1.1",
  "",
];
const HOST_LINES = ["Host: a.example", "host:a:80", "HOST:\t[::1]", "Host:", "Host: a b", "Host: a\r\nHost: a"];
export const FIELD_LINES = [
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
  // The vectors of desyncs; test/scenarios/desync.test.ts has them one by one.
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding: chunked,",
  "Transfer-Encoding:",
  "Transfer-Encoding:\x0bchunked",
  "Transfer-Encoding: chunked\x00",
  "Transfer-Encoding: chunked\xa0",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding:chunked\r\nTransfer-Encoding: cow",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "Transfer_Encoding: chunked",
  "Content-Length: 3\r\nContent-Length: 3",
  "Content-Length: 3\r\nContent-Length: 0",
  "Content-Length: -0",
  "Content-Length: 0x3",
  "Content-Length: 3.0",
  "Content-Length: 3e0",
  "Content-Length: 0 3",
  "Content-Length:",
  "Content-Length: \xb3",
  "Content-Length: 18446744073709551619",
  "Content-Length: 9007199254740993",
  "Content-Length: 3\r\n 0",
  "Content_Length: 30",
  "Host : b",
  "Host: a.example, b",
  ":path: /b",
  "X\ty: z",
  "X\xe9: y",
  "GET /b HTTP/1.1",
  "Connection: close, keep-alive",
  "Connection: transfer-encoding, content-length",
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const EXTENSIONS = [
  "",
  "",
  "",
  ";a",
  ";a=b",
  ';a="b\\"c;"',
  ";a;b=c",
  " ",
  ";",
  ";a=\xe9",
  ';a="\xe9"',
  ";a\nb",
  ";a\rb",
  ";a=\0",
  "\t",
  ";;",
];
/** How a chunk's size may be written wrongly; the content behind it is as long as the digits say. */
const SIZE_FORMS = [
  (size: string) => "0x" + size,
  (size: string) => "+" + size,
  (size: string) => "-" + size,
  (size: string) => " " + size,
  (size: string) => size + " ",
  (size: string) => size + "_",
  (size: string) => "1000000000000000" + size,
  (size: string) => "20000000000000" + size,
  () => "",
] as const;
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

export function makeChunks(random: Random, isCareful: boolean): string {
  let text = "";
  for (let count = Math.floor(random() * 3); count > 0; count--) {
    const content = "abc\r\n0\r\n\r\nGET / HTTP/1.1".slice(0, 1 + Math.floor(random() * 25));
    const size = content.length.toString(16);
    const shown = pick(random, [size, size, size.toUpperCase(), "0" + size, "000" + size]);
    text += !isCareful && random() < 0.1 ? pick(random, SIZE_FORMS)(size) : shown;
    text += pick(random, isCareful ? EXTENSIONS.slice(0, 6) : EXTENSIONS);
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

export function mutate(random: Random, text: string): string {
  const at = Math.floor(random() * (text.length + 1));
  const piece = pick(random, MUTATION_BYTES);
  switch (Math.floor(random() * 9)) {
    case 0:
      return text.slice(0, at) + piece + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + piece + text.slice(at + piece.length);
    case 3:
      return text.slice(0, at);
    case 4:
    case 5:
      return mutateLine(random, text);
    default: {
      const to = at + Math.floor(random() * 20);
      return text.slice(0, to) + text.slice(at);
    }
  }
}

/** Takes one line of the text, and repeats, folds, joins, moves, ends it otherwise or writes it in other letters. */
function mutateLine(random: Random, text: string): string {
  const lines = text.split("\r\n");
  const at = Math.floor(random() * lines.length);
  const line = lines[at] ?? "";
  const rest = (from: number): string => lines.slice(from).join("\r\n");
  switch (Math.floor(random() * 7)) {
    case 0:
      lines.splice(at, 0, line);
      break;
    case 1:
      lines[at] = pick(random, [" ", "\t"]) + line;
      break;
    case 2:
      lines[at] = line.toUpperCase();
      break;
    case 3:
      lines.splice(Math.floor(random() * lines.length), 0, ...lines.splice(at, 1));
      break;
    case 4:
      lines[at] = line.replace(":", pick(random, [" :", "\t:", "\0:", "", ";", "::"]));
      break;
    case 5:
      return [
        ...lines.slice(0, at),
        line + pick(random, ["\n", "\r", "\r\r\n", "\x0b\r\n", "\0\r\n"]) + rest(at + 1),
      ].join("\r\n");
    default:
      lines.splice(at + 1, 0, "");
  }
  return lines.join("\r\n");
}

export function makeInput(random: Random): Buffer {
  let text = "";
  // What we accept is what is compared, so most inputs begin as requests.
  const isCareful = random() < 0.7;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) text += makeRequest(random, isCareful);
  while (random() < 0.4) text = mutate(random, text);
  return Buffer.from(text, "latin1");
}

export function cutAtRandom(random: Random, bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const to = at + 1 + Math.floor(random() * 120);
    chunks.push(bytes.subarray(at, to));
    at = to;
  }
  return chunks;
}
