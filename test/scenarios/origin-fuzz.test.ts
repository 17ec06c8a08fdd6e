// Answers of origins with random faults in them: nothing crashes, nothing hangs, and no viewer gets a byte of another's.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openRawOrigin } from "../support/raw-origin.ts";
import { list, openWorld } from "./harness.ts";

const SEED = Number(process.env["WARMFRONT_SEED"] ?? 20_261_120);
const COUNT = process.env["WARMFRONT_NIGHTLY"] === "1" ? 200_000 : 20_000;
const AT_ONCE = 32;

type Random = () => number;

/** Below 1, from a seed. */
function openRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

/** The number and something made of it, so that a fault in a token makes it none instead of another. */
function tokenOf(number: number): string {
  return `<${number}-${(Math.imul(number + 1, 0x9e3779b1) >>> 8).toString(36)}>`;
}

/** Every answer carries its number, in a field and in its body, more than once. */
function whole(random: Random, number: number): string {
  const token = tokenOf(number);
  const body = token.repeat(1 + Math.floor(random() * 5));
  const status = pick(random, ["200 OK", "404 Not Found", "206 Partial Content", "204 No Content", "304 Not Modified"]);
  const head = `${pick(random, ["HTTP/1.1", "HTTP/1.1", "HTTP/1.0"])} ${status}\r\nX-Token: ${token}\r\n`;
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
  switch (Math.floor(random() * 4)) {
    case 0:
      return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    case 1:
      return `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\nX-Trailer: ${token}\r\n\r\n`;
    case 2:
      return `HTTP/1.1 103 Early Hints\r\nLink: ${token}\r\n\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    default:
      return `${head}\r\n${body}`;
  }
}

const PIECES = [
  "\r\n",
  "\n",
  "\r",
  "\r\n\r\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "0",
  "-",
  "ffffffffffffffff",
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "HTTP/1.1 101 X\r\n\r\n",
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive\r\n",
  "\xff\xfe",
  "0\r\n\r\n",
] as const;

function mutate(random: Random, text: string, number: number): string {
  let mutated = text;
  for (let left = Math.floor(random() * 4); left > 0; left--) {
    const at = Math.floor(random() * (mutated.length + 1));
    const end = Math.min(mutated.length, at + 1 + Math.floor(random() * 20));
    const [before, cut, after] = [mutated.slice(0, at), mutated.slice(at, end), mutated.slice(end)];
    switch (Math.floor(random() * 6)) {
      case 0:
        mutated = before + after;
        break;
      case 1:
        mutated = before + cut + cut + after;
        break;
      case 2:
        mutated = before + pick(random, PIECES) + cut + after;
        break;
      case 3:
        mutated = before + String.fromCharCode(Math.floor(random() * 256)) + cut.slice(1) + after;
        break;
      case 4:
        mutated = before;
        break;
      default:
        mutated += whole(random, number);
    }
  }
  return mutated;
}

test(`${COUNT} answers with faults: no crash, no hang, no byte of another viewer's (seed ${SEED})`, async (t) => {
  const random = openRandom(SEED);
  await using origin = await openRawOrigin(({ socket, line }) => {
    const number = Number(/\d+$/.exec(line)?.[0]);
    // At once, as what comes later cannot be told from the answer to the next request.
    socket.write(mutate(random, whole(random, number), number), "latin1");
    if (random() < 0.7) socket.end();
  });
  await using world = await openWorld();
  const settings = {
    HTTPPort: origin.port,
    HTTPSPort: origin.port,
    OriginProtocolPolicy: "http-only",
    OriginSslProtocols: list("TLSv1.2" as const),
    OriginReadTimeout: 0.05,
    OriginKeepaliveTimeout: 5,
  } as const;
  world.publish({
    origin: { CustomOriginConfig: settings, ConnectionAttempts: 1 },
    behavior: { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 },
  });
  const seen: Record<string, number> = {};
  let next = 0;
  const ask = async (): Promise<void> => {
    while (next < COUNT) {
      const number = next++;
      const got = await world.ask(`${number % 10 === 0 ? "HEAD" : "GET"} /${number}`);
      const kind = got.brokeOff ? "broke off" : String(got.status);
      seen[kind] = (seen[kind] ?? 0) + 1;
      const text = got.fields.map(([name, value]) => `${name}: ${value}`).join("\n") + got.body;
      for (const [token, of] of text.matchAll(/<(\d+)-[0-9a-z]+>/g)) {
        if (token === tokenOf(Number(of))) assert.equal(token, tokenOf(number), `seed ${SEED}, answer ${number}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  t.diagnostic(JSON.stringify(seen));
  assert.ok((seen["200"] ?? 0) > COUNT / 100 && (seen["502"] ?? 0) > COUNT / 100, "both sides of the line are met");
  assert.equal(world.edge.counters().faults, 0);
  for (let turn = 0; turn < 100 && world.edge.counters().fetchesInFlight > 0; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(world.edge.counters().fetchesInFlight, 0);
});
