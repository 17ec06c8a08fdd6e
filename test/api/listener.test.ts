// The socket side of the management port: what never becomes a request is answered in XML too, and a connection that
// misbehaved harms no other. Bytes are sent as they stand here, by a plain socket.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { refuseRequest, serveApi } from "../../src/control/serve.ts";
import { openApiListener, type ApiListener } from "../../src/service/api-listener.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { signRequest } from "../../src/wire/sigv4-sign.ts";
import { openControlHarness, type ControlHarness } from "../support/control-harness.ts";
import { goldenAnswer, matchGolden } from "./golden.ts";

const BODY_MAX = 4096;
const limits = { ...DEFAULT_LIMITS, apiBodyBytesMax: BODY_MAX, apiRequestTimeoutSeconds: 1 };

let harness: ControlHarness;
let listener: ApiListener;

before(async () => {
  harness = await openControlHarness({ limits });
  listener = await openApiListener({
    host: "127.0.0.1",
    port: 0,
    limits,
    handle: (request) => serveApi(request, harness.control),
    refuse: (why) => refuseRequest(why, harness.control),
  });
});

after(() => listener.drain(1));

interface Received {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends and reads until the other side closes; the bytes of one response. */
async function exchange(...pieces: readonly (string | Uint8Array)[]): Promise<Received> {
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.on("error", () => undefined); // a reset after the answer is the other side's right
  for (const piece of pieces) socket.write(piece);
  const chunks: Uint8Array[] = [];
  const closed = Promise.withResolvers<void>();
  socket.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  socket.on("close", () => closed.resolve());
  await closed.promise;
  const text = Buffer.concat(chunks).toString();
  const cut = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, cut).split("\r\n");
  const fields = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(first.split(" ")[1]), fields, body: text.slice(cut + 4) };
}

const head = (lines: readonly string[]): string => `${lines.join("\r\n")}\r\n\r\n`;
const POST = "POST /2020-05-31/distribution HTTP/1.1";

const ROWS: readonly (readonly [
  claim: string,
  code: string,
  status: number,
  pieces: readonly (string | Uint8Array)[],
])[] = [
  ["bytes that are no HTTP", "InvalidAction", 400, [Uint8Array.of(0x16, 3, 1, 0, 200, 1, 0, 0), "\r\n\r\n"]],
  ["a request line of one word", "InvalidAction", 400, ["HELLO\r\n\r\n"]],
  ["two lengths", "InvalidAction", 400, [head([POST, "Host: x", "Content-Length: 1", "Content-Length: 2"]), "a"]],
  [
    "a length and chunks",
    "InvalidAction",
    400,
    [head([POST, "Host: x", "Content-Length: 5", "Transfer-Encoding: chunked"]), "0\r\n\r\n"],
  ],
  [
    "a chunk size that is none",
    "InvalidAction",
    400,
    [head([POST, "Host: x", "Transfer-Encoding: chunked"]), "zz\r\n"],
  ],
  ["a head beyond all measure", "RequestEntityTooLarge", 413, [head([POST, `X-Long: ${"x".repeat(100_000)}`])]],
  [
    "a body declared larger than the limit",
    "RequestEntityTooLarge",
    413,
    [head([POST, "Host: x", `Content-Length: ${BODY_MAX + 1}`])],
  ],
  [
    "a body in chunks larger than the limit",
    "RequestEntityTooLarge",
    413,
    [
      head([POST, "Host: x", "Transfer-Encoding: chunked"]),
      `${BODY_MAX.toString(16)}\r\n`,
      "x".repeat(BODY_MAX),
      "\r\n1\r\nx\r\n",
    ],
  ],
  ["a request that never ends", "RequestTimeout", 408, ["GET /2020-05-31/distribution HTTP/1.1\r\nHost: x\r\n"]],
  ["a body that never ends", "RequestTimeout", 408, [head([POST, "Host: x", "Content-Length: 10"]), "x"]],
  [
    "a request without Host",
    "MissingAuthenticationToken",
    403,
    [head(["GET /2020-05-31/distribution HTTP/1.1", "Connection: close"])],
  ],
  [
    "an expectation that nobody knows",
    "MissingAuthenticationToken",
    403,
    [head(["GET /2020-05-31/distribution HTTP/1.1", "Host: x", "Expect: tea", "Connection: close"])],
  ],
  [
    "an upgrade",
    "MissingAuthenticationToken",
    403,
    [head(["GET / HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade, close"])],
  ],
  ["a tunnel", "InvalidAction", 400, [head(["CONNECT example.com:443 HTTP/1.1", "Host: example.com:443"])]],
  [
    "a request without signature",
    "MissingAuthenticationToken",
    403,
    [head(["GET /2020-05-31/distribution HTTP/1.1", "Host: x", "Connection: close"])],
  ],
];

for (const [claim, code, status, pieces] of ROWS) {
  test(`${claim}: ${code}`, { timeout: 10_000 }, async () => {
    const received = await exchange(...pieces);
    assert.equal(received.status, status, received.body);
    assert.equal(received.fields.get("content-type"), "text/xml");
    assert.equal(received.fields.get("content-length"), String(Buffer.byteLength(received.body)));
    assert.match(received.body, new RegExp(`<Code>${code}</Code>`));
    assert.deepEqual(harness.faults, []);
    const name = `front-door/${claim.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase()}.xml`;
    matchGolden(name, goldenAnswer(received.status, received.body, received.fields.get("x-amzn-requestid") ?? ""));
  });
}

test("a body of exactly the limit is read, and judged", async () => {
  const { status } = await exchange(
    head([POST, "Host: x", `Content-Length: ${BODY_MAX}`, "Connection: close"]),
    "x".repeat(BODY_MAX),
  );
  assert.equal(status, 403);
});

test("a caller that goes away in the middle of its body is nobody's fault", async () => {
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.on("error", () => undefined);
  const gone = Promise.withResolvers<void>();
  socket.on("close", () => gone.resolve());
  socket.write(head([POST, "Host: x", "Content-Length: 100"]) + "x", () => socket.destroy());
  await gone.promise;
  const { status } = await exchange(head(["GET / HTTP/1.1", "Host: x", "Connection: close"]));
  assert.equal(status, 403);
  assert.deepEqual(harness.faults, []);
});

test("a caller that was refused and does not close is not kept", { timeout: 10_000 }, async () => {
  const own = await openApiListener({
    host: "127.0.0.1",
    port: 0,
    limits,
    handle: (request) => serveApi(request, harness.control),
    refuse: (why) => refuseRequest(why, harness.control),
  });
  // Half open: it hears that the other side has ended, and does not end itself.
  const staying = connect({ port: own.address.port, host: "127.0.0.1", allowHalfOpen: true });
  staying.resume().write("HELLO\r\n\r\n");
  await once(staying, "end");
  await own.drain(3600); // waits for whoever is still connected
  staying.destroy();
});

test("a body that is too large is refused before it is asked for", { timeout: 10_000 }, async () => {
  const { status } = await exchange(
    head([POST, "Host: x", "Expect: 100-continue", `Content-Length: ${BODY_MAX + 1}`, "Connection: close"]),
  );
  assert.equal(status, 413);
});

test("a target with scheme and host means the same as the path alone", { timeout: 10_000 }, async () => {
  const host = `127.0.0.1:${listener.address.port}`;
  const path = "/2020-05-31/distribution?MaxItems=1";
  const unsigned = {
    method: "GET",
    rawPath: "/2020-05-31/distribution",
    rawQuery: "MaxItems=1",
    fields: [["Host", host] as const],
    body: new Uint8Array(0),
  };
  const signer = { accessKeyId: "test", secret: "test", region: "us-east-1", service: "cloudfront" };
  const fields = signRequest(unsigned, signer, { at: harness.clock.now() });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  for (const target of [path, `http://${host}${path}`]) {
    const { status, body } = await exchange(`GET ${target} HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    assert.equal(status, 200, body);
  }
});
