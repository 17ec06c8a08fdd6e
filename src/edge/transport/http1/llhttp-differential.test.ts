// Two readers of one text: ours and llhttp, as node:http runs it. Whatever ours accepts, llhttp must read in the same
// way; what ours refuses does not matter here. Inputs are made from a seed: requests, half of them wrong on purpose, then
// mutated. A failure prints the seed and the number of the input.

import assert from "node:assert/strict";
import { createServer, METHODS, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { test } from "node:test";

import { cutAtRandom, makeInput, mulberry32 } from "../../../../test/support/generated-requests.ts";
import { DEFAULT_LIMITS } from "../../../vocabulary/limits.ts";
import { readMessages, type ReadMessage } from "./read-messages.ts";

const COUNT = process.env["WARMFRONT_NIGHTLY"] === "1" ? 1_000_000 : 100_000;
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
