// The access log and the counters over real sockets: whatever viewers ask and however it ends, there is one line for each request, and
// it says what its viewer saw.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { ACCESS_LOG_FIELDS, ACCESS_LOG_PREAMBLE } from "../../src/edge/record/access-log-fields.ts";
import { openLineLog } from "../../src/edge/record/line-log.ts";
import type { RecordLog } from "../../src/edge/record/recorder.ts";
import { totalTraffic } from "../../src/edge/record/traffic.ts";
import { openAccessLogFile } from "../../src/service/access-log-file.ts";
import { openTlsWorld, shakeHands } from "../support/tls-world.ts";
import { ALL_METHODS, published } from "./harness.ts";
import { eventually, openEnds, openRawOrigin, openWired, type RawOrigin, type WiredWorld } from "./wired.ts";

const HOST = "d1.cloudfront.localhost";

type Logged = Readonly<Record<(typeof ACCESS_LOG_FIELDS)[number], string>>;

function readLine(line: string): Logged {
  const values = line.split("\t");
  assert.equal(values.length, ACCESS_LOG_FIELDS.length, line);
  return Object.fromEntries(ACCESS_LOG_FIELDS.map((name, index) => [name, values[index] ?? ""])) as Logged;
}

interface Heard extends RecordLog {
  readonly lines: Logged[];
}

function hearing(): Heard {
  const lines: Logged[] = [];
  return { lines, ...openLineLog("LCL50-P1", (line) => void lines.push(readLine(line))) };
}

/** Answers each request by its path: `/<status>/<bytes>`, with a max-age. Path `/cut/…` breaks off in mid-body, `/silent` says nothing. */
async function openPathOrigin(): Promise<RawOrigin> {
  return openRawOrigin((peer) => {
    let text = "";
    peer.socket.on("data", (piece: Buffer) => {
      text += piece.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        const [, method, path = ""] = /^([A-Z]+) (\S+) /.exec(text) ?? [];
        text = text.slice(end + 4);
        if (path.startsWith("/silent")) continue;
        const isCut = path.startsWith("/cut");
        const [, status = "200", length = "5"] = /^\/(\d{3})\/(\d+)/.exec(path) ?? [];
        peer.send(
          `HTTP/1.1 ${status} Said\r\nContent-Length: ${isCut ? 100_000 : length}\r\nContent-Type: text/plain\r\n` +
            `ETag: "e"\r\nCache-Control: max-age=600\r\n\r\n`,
        );
        if (method === "HEAD") continue;
        peer.send("x".repeat(isCut ? 50_000 : Number(length)));
        if (isCut) peer.socket.end();
      }
    });
  });
}

interface Seen {
  /** Its Referer, by which its line is found: ids of a test's edge repeat. */
  readonly referer: string;
  readonly status: string;
  readonly id: string;
  readonly bytes: number;
  readonly result: string;
  readonly bodyBytes: number;
}

let sent = 0;

/** One request on a connection of its own, read to the end of the connection. */
async function see(wired: WiredWorld, target: string, method: string, fields: string): Promise<Seen> {
  const referer = `https://example.com/${++sent}`;
  const viewer = wired.viewer();
  viewer.send(
    `${method} ${target} HTTP/1.1\r\nHost: ${HOST}\r\nReferer: ${referer}\r\n${fields}Connection: close\r\n\r\n`,
  );
  const received = await viewer.toEnd();
  const head = received.slice(0, received.indexOf("\r\n\r\n") + 4);
  const of = (name: string): string => new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1] ?? "";
  return {
    referer,
    status: received.slice(9, 12),
    id: of("x-amz-cf-id"),
    bytes: received.length,
    result: of("x-cache").split(" ")[0] ?? "",
    bodyBytes: received.length - head.length,
  };
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("a mix of requests: lines and counters say what the viewers counted", { timeout: 60_000 }, async () => {
  const seed = 20_261_121;
  const random = seeded(seed);
  const pick = <One>(all: readonly One[]): One => {
    const one = all[Math.floor(random() * all.length)];
    assert.ok(one !== undefined);
    return one;
  };
  const directory = mkdtempSync(join(tmpdir(), "warmfront-log-"));
  const path = join(directory, "access.log");
  try {
    const file = await openAccessLogFile({
      path,
      preamble: ACCESS_LOG_PREAMBLE,
      pendingBytesMax: 16_777_216,
      log: (_level, what) => assert.fail(what),
    });
    await using origin = await openPathOrigin();
    const wired = await openWired({}, {}, [openLineLog("LCL50-P1", (line) => file.append(line))]);
    wired.pointAt(origin.port);
    const seen: Seen[] = [];
    for (let round = 0; round < 40; round++) {
      const batch = Array.from({ length: 8 }, () => {
        const target = pick([
          "/200/1000",
          "/200/100000",
          "/404/20",
          "/500/7",
          "/200/0",
          "/200/1000?q=%20[x]",
          "/301/3",
        ]);
        const method = pick(["GET", "GET", "GET", "HEAD", "DELETE"]);
        const fields = pick([
          "",
          "User-Agent: a b\tc\r\n",
          "Cookie: a=1\r\n",
          'If-None-Match: "e"\r\n',
          "Range: bytes=2-9\r\n",
          "Range: bytes=999999-\r\n",
        ]);
        return see(wired, target, method, fields);
      });
      seen.push(...(await Promise.all(batch)));
      if (round % 10 === 9) wired.pass(601);
    }
    await eventually(() => wired.connections() === 0);
    const total = totalTraffic(wired.world.edge.traffic());
    await wired[Symbol.asyncDispose]();
    await file.close();
    const [version, fields, ...rest] = readFileSync(path, "latin1").split("\n");
    assert.equal(`${version}\n${fields}\n`, ACCESS_LOG_PREAMBLE);
    assert.equal(rest.pop(), "");
    const lines = rest.map(readLine);

    assert.equal(lines.length, seen.length, `seed ${seed}`);
    assert.equal(total.requests, seen.length);
    const byReferer = new Map(lines.map((line) => [line["cs(Referer)"], line]));
    for (const { referer, id, status, bytes, result, bodyBytes } of seen) {
      const line = byReferer.get(referer);
      assert.ok(line !== undefined, `seed ${seed}: no line for ${referer}`);
      assert.deepEqual(
        [line["sc-status"], line["x-edge-result-type"], Number(line["sc-bytes"]), line["x-edge-request-id"]],
        [status, result, bytes, id],
        `seed ${seed}: ${line["cs-method"]} ${line["cs-uri-stem"]}`,
      );
      if (line["sc-range-start"] !== "-") assert.deepEqual([status, bodyBytes], ["206", 8]);
    }
    const countBy = (of: (one: Logged) => string): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const line of lines) counts.set(of(line), (counts.get(of(line)) ?? 0) + 1);
      return counts;
    };
    assert.equal(
      total.bytesOut,
      seen.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    assert.equal(
      total.bytesIn,
      lines.reduce((sum, line) => sum + Number(line["cs-bytes"]), 0),
    );
    for (const [result, count] of countBy((line) => line["x-edge-result-type"])) {
      assert.equal(total.results[result as keyof typeof total.results], count, result);
    }
    for (const [status, count] of countBy((line) => `${line["sc-status"][0]}xx`)) {
      assert.equal(total.statuses[status as keyof typeof total.statuses], count, status);
    }
    assert.ok(countBy((line) => line["x-edge-result-type"]).size >= 3);
    assert.ok(total.origin.requests > 0);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("an origin that breaks off leaves an error that was to be a miss", { timeout: 10_000 }, async () => {
  const log = hearing();
  await using origin = await openPathOrigin();
  await using wired = await openWired({}, {}, [log]);
  wired.pointAt(origin.port);
  const seen = await see(wired, "/cut/1", "GET", "");
  const [line] = log.lines;
  assert.ok(line !== undefined);
  assert.deepEqual(
    [
      line["sc-status"],
      line["x-edge-result-type"],
      line["x-edge-response-result-type"],
      line["x-edge-detailed-result-type"],
    ],
    ["200", "Error", "Miss", "OriginCommError"],
  );
  assert.equal(Number(line["sc-bytes"]), seen.bytes);
  assert.equal(totalTraffic(wired.world.edge.traffic()).brokenOff, 1);
});

test("a viewer that leaves before its answer leaves a line with status 000", { timeout: 10_000 }, async () => {
  const log = hearing();
  await using origin = await openPathOrigin();
  await using wired = await openWired({}, {}, [log]);
  wired.pointAt(origin.port);
  const viewer = wired.viewer();
  viewer.send(`GET /silent HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await origin.next();
  viewer.socket.resetAndDestroy();
  await eventually(() => log.lines.length > 0);
  const [line] = log.lines;
  assert.ok(line !== undefined);
  assert.deepEqual(
    [line["sc-status"], line["cs(Host)"], line["sc-bytes"], line["x-edge-result-type"]],
    ["000", HOST, "0", "Error"],
  );
  assert.equal(totalTraffic(wired.world.edge.traffic()).statuses["0xx"], 1);
});

test("what no distribution has, and what is no request, is logged for the operator", { timeout: 10_000 }, async () => {
  const log = hearing();
  await using wired = await openWired({}, {}, [log]);
  for (const sent of ["GET /a HTTP/1.1\r\nHost: nobody.example\r\nConnection: close\r\n\r\n", "BAD /a\r\n\r\n"]) {
    const viewer = wired.viewer();
    viewer.send(sent);
    await viewer.toEnd();
  }
  assert.deepEqual(
    log.lines.map((line) => [
      line["sc-status"],
      line["cs(Host)"],
      line["x-host-header"],
      line["x-edge-detailed-result-type"],
    ]),
    [
      ["403", "-", "nobody.example", "InvalidRequest"],
      ["400", "-", "-", "InvalidRequest"],
    ],
  );
  const { others, distributions } = wired.world.edge.traffic();
  assert.equal(totalTraffic({ others, distributions: [] }).requests, 2);
  assert.equal(distributions.length, 0);
});

test("a body that a viewer sends counts among its bytes", { timeout: 10_000 }, async () => {
  const log = hearing();
  await using origin = await openPathOrigin();
  await using wired = await openWired({ behavior: { AllowedMethods: ALL_METHODS } }, {}, [log]);
  wired.pointAt(origin.port, { behavior: { AllowedMethods: ALL_METHODS } });
  const viewer = wired.viewer();
  const head = `POST /200/3 HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 10\r\nConnection: close\r\n\r\n`;
  viewer.send(`${head}0123456789`);
  await viewer.toEnd();
  assert.equal(log.lines[0]?.["cs-bytes"], String(head.length + 10));
});

test("a tunnel has its line when it is over", { timeout: 10_000 }, async () => {
  const log = hearing();
  await using ends = await openEnds({}, {}, [log]);
  const viewer = ends.wired.viewer();
  viewer.send(
    `GET /chat HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  const peer = await ends.origin.next();
  await peer.until(/\r\n\r\n$/);
  peer.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello",
  );
  await viewer.until(/hello$/);
  assert.equal(log.lines.length, 0);
  viewer.socket.end();
  peer.socket.end();
  await eventually(() => log.lines.length > 0);
  const [line] = log.lines;
  assert.ok(line !== undefined);
  assert.deepEqual(
    [line["sc-status"], line["cs-protocol"], line["x-edge-result-type"], line["sc-content-len"]],
    ["101", "ws", "Miss", "-"],
  );
  assert.equal(Number(line["sc-bytes"]), viewer.received.length);
});

test("requests over HTTP/2 have their lines, with TLS, whatever comes of them", { timeout: 10_000 }, async () => {
  const log = hearing();
  await using tls = await openTlsWorld({ config: { HttpVersion: "http2" } }, { recordLogs: [log] });
  await using origin = await openPathOrigin();
  const shaken = await shakeHands(tls.port, { servername: HOST, ALPNProtocols: ["h2"] });
  assert.ok(shaken.kind === "secure");
  tls.world.apply((number) => ({
    kind: "distribution",
    number,
    distribution: published({ config: { HttpVersion: "http2" } }, origin.port),
  }));
  const session = connectHttp2(`https://${HOST}`, { createConnection: () => shaken.socket });
  session.on("error", () => undefined);
  const ask = (path: string, leaves = false): Promise<number> =>
    new Promise((resolve) => {
      let status = 0;
      const stream = session.request({ ":path": path, "user-agent": "h 2" });
      stream.on("response", (fields) => {
        status = fields[":status"] ?? 0;
        if (leaves) stream.close();
      });
      stream.on("error", () => undefined);
      stream.on("close", () => resolve(status));
      stream.resume();
    });
  for (const path of ["/200/1000", "/200/1000", "/404/9", "/200/200000"]) await ask(path);
  await ask("/200/9000000", true);
  await eventually(() => log.lines.length === 5);
  assert.deepEqual(
    log.lines.map((line) => [line["sc-status"], line["x-edge-response-result-type"], line["x-edge-result-type"]]),
    [
      ["200", "Miss", "Miss"],
      ["200", "Hit", "Hit"],
      ["404", "Error", "Error"],
      ["200", "Miss", "Miss"],
      ["200", "Miss", "Error"],
    ],
  );
  for (const line of log.lines) {
    assert.deepEqual(
      [line["cs-protocol"], line["cs-protocol-version"], line["ssl-protocol"], line["cs(User-Agent)"]],
      ["https", "HTTP/2.0", "TLSv1.3", "h%202"],
    );
    assert.notEqual(line["c-port"], "-");
  }
  assert.ok(Number(log.lines[3]?.["sc-bytes"]) >= 200_000);
  session.destroy();
});
