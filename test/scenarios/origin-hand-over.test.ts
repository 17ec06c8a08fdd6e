// Bodies on their way from origins to viewers, when the connections to the origin are used over and over and viewers read as they
// like: buffers are read into again as soon as they are free, and no viewer may ever see that.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer } from "node:tls";
import { ALL_METHODS, list } from "./harness.ts";
import { mulberry32, pick, type Random } from "../support/generated-requests.ts";
import { openRawOrigin } from "../support/raw-origin.ts";
import { openWired, type Peer } from "./wired.ts";

const SEED = Number(process.env["WARMFRONT_SEED"] ?? 20_261_121);
const VIEWERS = 10;
const ASKED = process.env["WARMFRONT_NIGHTLY"] === "1" ? 200 : 8;
const HOST = "Host: d1.cloudfront.localhost";
/** Beyond what sockets hold, so that a viewer who does not read holds its body up; and around what is read at once. */
const SIZES = [0, 1, 300, 5000, 60_000, 65_536, 70_000, 500_000, 6_000_000];

/** Of a body, by its number alone. */
function bodyOf(number: number): Buffer {
  const random = mulberry32(number);
  const size = pick(random, SIZES);
  return Buffer.alloc(size, `<${number}:${Math.floor(random() * 1e9).toString(36)}>`);
}

/** The whole response, framed in one way or another. */
function frame(random: Random, body: Buffer, cacheControl: string): Buffer[] {
  const head = `HTTP/1.1 200 OK\r\nCache-Control: ${cacheControl}\r\n`;
  if (random() < 0.6) return [Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body];
  const pieces: Buffer[] = [Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`)];
  const most = pick(random, [700, 30_000, 200_000]);
  for (let at = 0; at < body.length;) {
    const chunk = body.subarray(at, at + 1 + Math.floor(random() * most));
    pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
    at += chunk.length;
  }
  return [...pieces, Buffer.from("0\r\n\r\n")];
}

/** Reads one answer, with pauses; leaves nothing unread. */
async function readBody(viewer: Peer, random: Random): Promise<Buffer> {
  const { socket } = viewer;
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) {
      chunks.push(chunk);
      const all = random() < 0.2 ? Math.floor(random() * 20) : 0;
      for (let turn = 0; turn < all; turn++) await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    const text = Buffer.concat(chunks);
    const body = wholeBody(text);
    if (body !== undefined) return body;
    assert.ok(!socket.readableEnded && !socket.destroyed, `ended early: ${text.subarray(0, 200).toString()}`);
    chunks.splice(0, chunks.length, text);
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off("readable", go).off("end", go).off("close", go);
        resolve();
      };
      socket.on("readable", go).on("end", go).on("close", go);
    });
  }
}

function wholeBody(text: Buffer): Buffer | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.toString("latin1", 0, end);
  assert.match(head, /^HTTP\/1\.1 200 /);
  const rest = text.subarray(end + 4);
  const length = /\r\nContent-Length: (\d+)/.exec(head)?.[1];
  if (length !== undefined) return rest.length < Number(length) ? undefined : rest;
  // As long as the last chunk is not there, nothing else is looked at.
  if (!rest.subarray(-7).toString("latin1").endsWith("0\r\n\r\n")) return undefined;
  const pieces: Buffer[] = [];
  for (let at = 0; ;) {
    const line = rest.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(rest.toString("latin1", at, line), 16);
    if (size === 0) return Buffer.concat(pieces);
    pieces.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}

for (const [what, cacheControl, behavior] of [
  ["passed on", "no-store", { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 }],
  ["stored and shared", "max-age=60", {}],
] as const) {
  test(`bodies that are ${what} reach every viewer as they were sent, however slowly they read (seed ${SEED})`, async () => {
    const random = mulberry32(SEED);
    await using origin = await openRawOrigin(({ socket, line }) => {
      const number = Number(/\d+$/.exec(line)?.[0]);
      const pieces = frame(random, bodyOf(number), cacheControl);
      if (random() < 0.5) socket.write(Buffer.concat(pieces));
      else for (const piece of pieces) socket.write(piece);
    });
    await using wired = await openWired({ behavior });
    wired.pointAt(origin.port);
    const read = async (lane: number): Promise<void> => {
      const lanes = mulberry32(SEED + lane);
      const viewer = wired.viewer();
      for (let count = 0; count < ASKED; count++) {
        const number = Math.floor(lanes() * VIEWERS * ASKED);
        viewer.send(`GET /${number} HTTP/1.1\r\n${HOST}\r\n\r\n`);
        const got = await readBody(viewer, lanes);
        assert.ok(got.equals(bodyOf(number)), `seed ${SEED}, body ${number}: ${got.length} bytes`);
      }
    };
    await Promise.all(Array.from({ length: VIEWERS }, (_, lane) => read(lane)));
    assert.ok(origin.connections() < origin.asked.length, "connections to the origin are used again");
    assert.equal(wired.world.edge.counters().faults, 0);
  });
}

test("what an origin sends over TLS reaches a viewer who does not read at first as it was sent", async () => {
  const read = (name: string): string => readFileSync(new URL(`certificates/${name}`, import.meta.url), "utf8");
  const cert = read("origin.cert.pem");
  const body = Buffer.allocUnsafe(16_000_000);
  for (let at = 0; at < body.length; at += 4) body.writeUInt32LE(at, at);
  const server = createServer({ key: read("origin.key.pem"), cert }, (socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await using wired = await openWired({}, {}, [], undefined, { settings: { originAuthorities: [cert] } });
  wired.world.publish({
    behavior: { AllowedMethods: ALL_METHODS },
    origin: {
      CustomOriginConfig: {
        HTTPPort: 80,
        HTTPSPort: port,
        OriginProtocolPolicy: "https-only",
        OriginSslProtocols: list("TLSv1.2"),
        OriginReadTimeout: 30,
        OriginKeepaliveTimeout: 5,
      },
    },
  });
  try {
    const viewer = wired.viewer();
    viewer.send(`POST /a HTTP/1.1\r\n${HOST}\r\nContent-Length: 0\r\n\r\n`);
    const got = await readBody(viewer, mulberry32(SEED));
    assert.equal(got.length, body.length);
    let wrong = 0;
    for (let at = 0; at < body.length; at += 4) if (got.readUInt32LE(at) !== at) wrong += 4;
    assert.equal(wrong, 0, "bytes that are not the body's");
  } finally {
    server.close();
  }
});
