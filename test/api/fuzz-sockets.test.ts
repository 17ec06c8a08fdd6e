// Changed requests as raw bytes over real sockets, malformed HTTP among them: each connection gets an answer that a
// client can read or is closed, none hangs, and the listener goes on serving the others.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import type { ApiRequest } from "../../src/callers/message.ts";
import { refuseRequest, serveApi } from "../../src/control/serve.ts";
import { openApiListener, type ApiListener } from "../../src/service/api-listener.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { anyRequest, openFuzzWorld } from "./corpus.ts";
import { assertSoundAnswer, mutateRequest } from "./fuzz.ts";
import { diceOf, mutateBytes, type Dice } from "./mutate.ts";

const SEED = Number(process.env["WARMFRONT_FUZZ_SEED"] ?? 20_261_120);
const COUNT = Number(
  process.env["WARMFRONT_FUZZ_SOCKETS"] ?? (process.env["WARMFRONT_NIGHTLY"] === "1" ? 100_000 : 5_000),
);
const AT_ONCE = 8;
/** An incomplete request is closed by us, so nothing has to run into the listener's own timeout. */
const SECONDS_MAX = 5;

const limits = { ...DEFAULT_LIMITS, apiRequestTimeoutSeconds: 2 };

/** The request as it stands on the wire. */
function serialize(request: ApiRequest, dice: Dice): Uint8Array {
  const target = request.rawQuery === "" ? request.rawPath : `${request.rawPath}?${request.rawQuery}`;
  const isChunked = dice.chance(0.1) && request.body.length > 0;
  const framing = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${request.body.length}`;
  const lines = request.fields.map(([name, value]) => `${name}: ${value}`);
  const head = [`${request.method} ${target} HTTP/1.1`, ...lines, framing, "Connection: close"].join("\r\n");
  const size = isChunked ? `${request.body.length.toString(16)}\r\n` : "";
  return Buffer.concat([
    Buffer.from(`${head}\r\n\r\n${size}`, "latin1"),
    request.body,
    Buffer.from(isChunked ? "\r\n0\r\n\r\n" : ""),
  ]);
}

/** Sends, says that nothing more comes, and reads until the other side closes. */
async function exchange(listener: ApiListener, bytes: Uint8Array): Promise<Uint8Array> {
  const socket = connect(listener.address.port, "127.0.0.1");
  const closed = Promise.withResolvers<void>();
  const chunks: Uint8Array[] = [];
  socket.on("error", () => undefined); // a reset is an end too
  socket.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  socket.on("close", () => closed.resolve());
  socket.end(bytes);
  const overdue = setTimeout(() => closed.reject(new Error(`no end after ${SECONDS_MAX} seconds`)), SECONDS_MAX * 1000);
  try {
    await closed.promise;
  } finally {
    clearTimeout(overdue);
    socket.destroy();
  }
  return Buffer.concat(chunks);
}

/** Each response on the connection, framed by its Content-Length as we always send it. Of HEAD only the head counts. */
function assertResponses(bytes: Uint8Array, isHead: boolean): number {
  let rest = Buffer.from(bytes).toString("latin1");
  let count = 0;
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n");
    assert.ok(end > 0, `no head: ${rest.slice(0, 200)}`);
    const head = rest.slice(0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    assert.ok(status >= 100, head);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    const body = rest.slice(end + 4, end + 4 + length);
    rest = isHead ? "" : rest.slice(end + 4 + length);
    if (status === 100) continue;
    assert.ok(isHead || body.length === length, "the body is whole");
    const requestId = /^x-amzn-requestid: (\S+)$/im.exec(head)?.[1] ?? "";
    assert.match(requestId, /^[0-9a-f-]{36}$/, head);
    if (!isHead) assertSoundAnswer(status, Buffer.from(body, "latin1").toString(), requestId);
    count++;
  }
  return count;
}

test(
  `${COUNT} changed requests over sockets are answered or closed, and none with a fault of ours`,
  { timeout: 3_600_000 },
  async (context) => {
    const { harness, ...world } = await openFuzzWorld();
    const listener = await openApiListener({
      host: "127.0.0.1",
      port: 0,
      limits,
      handle: (request) => serveApi(request, harness.control),
      refuse: (why) => refuseRequest(why, harness.control),
    });
    let answered = 0;
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < COUNT) {
        const step = next++;
        const dice = diceOf(SEED + step * 104_729);
        const asked = await anyRequest({ harness, ...world }, dice);
        let bytes = serialize(mutateRequest(asked, dice, harness.clock.now()), dice);
        const isTorn = dice.chance(0.3);
        if (isTorn) for (let times = 1 + dice.below(3); times > 0; times--) bytes = mutateBytes(bytes, dice);
        const isHead = Buffer.from(bytes.slice(0, 5)).toString() === "HEAD ";
        try {
          const count = assertResponses(await exchange(listener, bytes), isHead);
          // Bytes that were not torn are a request, and a request has an answer.
          assert.ok(isTorn || count > 0, "closed without an answer");
          if (count > 0) answered++;
          assert.deepEqual(harness.faults, []);
        } catch (error) {
          const shown = JSON.stringify(Buffer.from(bytes).toString("latin1").slice(0, 20_000));
          throw new Error(`seed ${SEED}, step ${step}: ${shown}`, { cause: error });
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      context.diagnostic(`${answered} answered, ${COUNT - answered} closed`);
      assert.ok(answered > COUNT * 0.8, `only ${answered} answered`);
    } finally {
      await listener.drain(1);
    }
  },
);
