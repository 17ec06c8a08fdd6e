// Two readers of one text: ours and llhttp, as the client of node:http runs it. Whatever ours accepts as the response to a
// request, llhttp must read in the same way, and nothing behind it may be taken for a part of it; what ours refuses does not
// matter here. Inputs are made from a seed; a failure prints it and the number of the input.

import assert from "node:assert/strict";
import { request, type ClientRequest, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { test } from "node:test";

import { cutAtRandom, mulberry32 } from "../../../test/support/generated-requests.ts";
import { makeResponses } from "../../../test/support/generated-responses.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { readResponses, type ReadResponse, type ReadResponses } from "./read-responses.ts";

const COUNT = process.env["WARMFRONT_NIGHTLY"] === "1" ? 500_000 : 20_000;
const SEED = Number(process.env["WARMFRONT_SEED"] ?? 20_261_121);
const AT_ONCE = 200;
const HEAD_BYTES_MAX = DEFAULT_LIMITS.originHeaderBytesMax;

interface OtherReading {
  readonly response: IncomingMessage | undefined;
  readonly interims: readonly number[];
  readonly isSwitched: boolean;
  readonly body: string;
  readonly error: string | undefined;
}

/** A client that has sent its request, and the socket to answer it on. */
interface Asking {
  readonly sent: ClientRequest;
  readonly socket: Duplex;
  response: IncomingMessage | undefined;
  readonly interims: number[];
  isSwitched: boolean;
  error: string | undefined;
}

function ask(method: string): Asking {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  socket.on("error", () => undefined);
  const sent = request({
    method,
    host: "h.example",
    maxHeaderSize: HEAD_BYTES_MAX,
    insecureHTTPParser: false,
    createConnection: () => socket,
  });
  sent.maxHeadersCount = 0;
  const asking: Asking = {
    sent,
    socket,
    response: undefined,
    interims: [],
    isSwitched: false,
    error: undefined,
  };
  sent.on("error", (error: NodeJS.ErrnoException) => (asking.error ??= error.code ?? error.message));
  sent.on("information", ({ statusCode }) => asking.interims.push(statusCode));
  sent.on("response", (response) => (asking.response = response));
  sent.on("upgrade", (response: IncomingMessage) => {
    asking.response = response;
    asking.isSwitched = true;
  });
  sent.end();
  return asking;
}

/** The parser reads within the event that brings the bytes. */
function readOtherwise(asking: Asking, bytes: Buffer): OtherReading {
  const { socket, sent, response: before } = asking;
  assert.equal(before, undefined);
  socket.emit("data", bytes);
  const { response, interims, isSwitched, error } = asking;
  const pieces: Buffer[] = [];
  if (response !== undefined && !isSwitched) {
    response.on("error", () => undefined);
    for (let piece: unknown = response.read(); piece !== null; piece = response.read()) pieces.push(piece as Buffer);
  }
  const reading = { response, interims, isSwitched, body: Buffer.concat(pieces).toString("latin1"), error };
  sent.destroy();
  socket.destroy();
  return reading;
}

/**
 * What is not compared, because llhttp reads it in another way and ours is the one that the RFC demands. Nothing can be smuggled
 * through the gap: what goes on to viewers and the cache is framed anew.
 */
const KNOWN_PARTINGS: readonly {
  readonly why: string;
  readonly holds: (ours: ReadResponse, text: string, error: string | undefined) => boolean;
}[] = [
  {
    why: "llhttp takes Connection: close of an interim response, or one of HTTP/1.0, for the end; the answer is still to come, and the end behind it [RFC 9110 §15.2] [RFC 9112 §9.6]",
    holds: ({ head, interims }, _text, error) =>
      error === "HPE_CLOSED_CONNECTION" && interims.length > 0 && !head.keepsAlive,
  },
  {
    why: "llhttp does not know chunked by its name with a tab behind it, and reads to the end of the connection; a tab is white space [RFC 9110 §5.6.3]",
    holds: (_ours, text) => /^transfer-encoding:[ \t]*chunked *\t/im.test(text),
  },
];

/** `true`: there was something to compare. */
function compare(bytes: Buffer, ours: ReadResponses, other: OtherReading): boolean {
  const [one] = ours.responses;
  if (one === undefined) return false;
  const { head } = one;
  // Whether it answers what was asked is judged by its fields, later; llhttp takes some for answers like others.
  if (head.status === 101) return false;
  if (KNOWN_PARTINGS.some(({ holds }) => holds(one, bytes.toString("latin1"), other.error))) return false;
  assert.ok(other.response !== undefined, `llhttp refuses it: ${other.error}`);
  assert.equal(other.response.statusCode, head.status);
  assert.equal(other.response.httpVersion, head.httpVersion);
  assert.deepEqual(other.response.rawHeaders, head.allFields.flat());
  assert.deepEqual(other.interims, one.interims);
  assert.equal(other.isSwitched, false);
  const isBroken = ours.fault !== undefined;
  if (!isBroken) assert.equal(other.body, one.body.toString("latin1"));
  if (one.isComplete && head.framing !== "until-close") {
    assert.ok(other.response.complete, "llhttp waits for more");
  } else if (!isBroken) assert.ok(!other.response.complete, "llhttp sees an end");
  return one.isComplete;
}

test(`of ${COUNT} inputs, whatever our reader accepts llhttp reads in the same way`, async () => {
  let compared = 0;
  for (let first = 0; first < COUNT; first += AT_ONCE) {
    const inputs = Array.from({ length: AT_ONCE }, (_, index) => {
      const random = mulberry32(SEED + first + index);
      const bytes = makeResponses(random);
      return { random, bytes, asking: ask(random() < 0.15 ? "HEAD" : "GET") };
    });
    // The client takes its socket in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    for (const [index, { random, bytes, asking }] of inputs.entries()) {
      const ours = readResponses(cutAtRandom(random, bytes), [asking.sent.method], HEAD_BYTES_MAX, false);
      try {
        if (compare(bytes, ours, readOtherwise(asking, bytes))) compared++;
      } catch (error) {
        const shown = `${asking.sent.method} ${JSON.stringify(bytes.toString("latin1"))}`;
        throw new Error(`seed ${SEED}, input ${first + index}: ${shown}`, { cause: error });
      }
    }
  }
  // The inputs would prove nothing if hardly any were responses.
  assert.ok(compared > COUNT / 3, `${compared} responses accepted`);
});
