// HTTP/2 end to end: the edge behind its TLS listener, asked by curl, nghttp, h2load and node:http2, which share nothing with
// each other but the RFC (nghttp and h2load have nghttp2 in common with the edge, curl perhaps too).

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { ALL_METHODS } from "../scenarios/harness.ts";
import { openTlsWorld, type TlsWorld } from "../support/tls-world.ts";
import { clearedEnvironment, findPrograms, runProgram, type Ended } from "./program.ts";

const [curl] = findPrograms("curl");
const [nghttp] = findPrograms("nghttp");
const [h2load] = findPrograms("h2load");
const folder = mkdtempSync(join(tmpdir(), "warmfront-http2-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const HOST = "d1.cloudfront.localhost";
const timeout = 60_000;

function needs(program: string | undefined, name: string): { skip: string | false; timeout: number } {
  return { skip: program === undefined && `${name} is not installed`, timeout };
}

function openWithHttp2(): Promise<TlsWorld> {
  return openTlsWorld({
    behavior: { AllowedMethods: ALL_METHODS, ForwardedValues: { QueryString: true } },
    config: { HttpVersion: "http2" },
  });
}

function run(program: string | undefined, ...words: readonly string[]): Promise<Ended> {
  return runProgram(program ?? "", words, { environment: clearedEnvironment(folder), folder, timeoutSeconds: 30 });
}

function runCurl(port: number, path: string, ...words: readonly string[]): Promise<Ended> {
  const url = `https://${HOST}:${port}${path}`;
  return run(curl, "-sSk", "--http2", "--max-time", "20", "--resolve", `${HOST}:${port}:127.0.0.1`, ...words, url);
}

async function openSession(port: number): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://${HOST}:${port}`, {
    createConnection: () =>
      connectTls({ host: "127.0.0.1", port, servername: HOST, ALPNProtocols: ["h2"], rejectUnauthorized: false }),
  });
  await new Promise<void>((resolve, reject) => session.once("connect", () => resolve()).once("error", reject));
  session.on("error", () => undefined);
  return session;
}

async function endOf(
  stream: ClientHttp2Stream,
): Promise<{ status: number; xCache: string; body: string; code: number }> {
  let status = 0;
  let xCache = "";
  let body = "";
  stream.on("response", (headers) => {
    status = headers[":status"] ?? 0;
    xCache = String(headers["x-cache"]);
  });
  stream.on("data", (piece: Buffer) => (body += piece.toString("latin1")));
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.once("close", resolve));
  return { status, xCache, body, code: stream.rstCode };
}

test("a page over HTTP/2: miss, hit, HEAD; the origin is told the version", { timeout }, async () => {
  await using tls = await openWithHttp2();
  tls.world.origin.answer({ headers: { "Cache-Control": "max-age=60", Connection: "x", x: "y" }, body: "page" });
  const session = await openSession(tls.port);
  const seen: string[] = [];
  for (const method of ["GET", "GET", "HEAD"]) {
    const { status, xCache, body } = await endOf(session.request({ ":method": method, ":path": "/a" }));
    seen.push(`${status} ${xCache} ${body}`);
  }
  session.close();
  assert.deepEqual(seen, ["200 Miss from cloudfront page", "200 Hit from cloudfront page", "200 Hit from cloudfront "]);
  assert.equal(tls.world.origin.asked.length, 1);
  assert.match(tls.world.origin.asked[0]?.headers.via ?? "", /^2\.0 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
});

test(
  "an origin that breaks off breaks the stream off, whichever way it frames, and not the connection",
  { timeout },
  async () => {
    await using tls = await openWithHttp2();
    const session = await openSession(tls.port);
    for (const framing of [{ "Content-Length": "100" }, {}]) {
      tls.world.origin.answer((request, response) => {
        response.writeHead(200, framing);
        response.write("half");
        setImmediate(() => request.socket.destroy());
      });
      const { body, code } = await endOf(session.request({ ":path": `/${Object.keys(framing).length}` }));
      assert.deepEqual([body, code], ["half", constants.NGHTTP2_INTERNAL_ERROR]);
    }
    tls.world.origin.answer({ body: "whole" });
    assert.equal((await endOf(session.request({ ":path": "/whole" }))).body, "whole");
    session.close();
  },
);

test("a viewer who resets its request takes the origin's fetch along", { timeout }, async () => {
  await using tls = await openWithHttp2();
  const left = Promise.withResolvers<void>();
  tls.world.origin.answer((_request, response) => {
    response.on("close", () => left.resolve());
    response.write("some");
  });
  const session = await openSession(tls.port);
  const stream = session.request({ ":path": "/slow" });
  stream.on("error", () => undefined);
  await new Promise((resolve) => stream.once("data", resolve));
  stream.close(constants.NGHTTP2_CANCEL);
  await left.promise;
  while (tls.world.edge.counters().fetchesInFlight > 0) await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
});

test("what names another host, or too much, is refused by stream", { timeout }, async () => {
  await using tls = await openWithHttp2();
  tls.world.origin.answer({ body: "page" });
  const session = await openSession(tls.port);
  const rows: readonly (readonly [Record<string, string>, number, number])[] = [
    [{ ":authority": "unknown.test" }, 403, 0],
    [{ ":path": `/${"x".repeat(9000)}` }, 413, 0],
    [{ x: "y".repeat(15_000), z: "y".repeat(15_000) }, 413, 0],
    [{ host: "unknown.test" }, 0, constants.NGHTTP2_PROTOCOL_ERROR],
    [{}, 200, 0],
  ];
  for (const [headers, status, code] of rows) {
    const got = await endOf(session.request({ ":authority": HOST, ...headers }));
    assert.deepEqual([got.status, got.code], [status, code], JSON.stringify(headers).slice(0, 80));
  }
  session.close();
});

test("curl gets, resumes, and sends bodies over HTTP/2", needs(curl, "curl"), async () => {
  await using tls = await openWithHttp2();
  const body = "0123456789".repeat(100_000);
  const sent = join(folder, "sent");
  writeFileSync(sent, body);
  tls.world.origin.answer((request, response) => {
    if (request.method === "GET") {
      response.setHeader("Cache-Control", "max-age=60");
      response.end(body);
    } else request.pipe(response);
  });
  for (const [words, expected] of [
    [[], body],
    [["-r", "10-19"], "0123456789"],
    [["-X", "POST", "--data-binary", `@${sent}`], body],
    [["-T", sent, "-H", "Expect: 100-continue"], body],
    [["-T", sent, "-H", "Content-Length:"], body],
    [["-I", "-o", "head", "-w", "%{http_code} %{http_version}"], "200 2"],
  ] as const) {
    const got = await runCurl(tls.port, "/a", ...words);
    assert.equal(got.status, 0, got.err);
    assert.ok(got.out === expected, `${words.join(" ")}: ${got.out.length} bytes`);
  }
});

test("nghttp gets a page and what it asks for beside it", needs(nghttp, "nghttp"), async () => {
  await using tls = await openWithHttp2();
  tls.world.origin.answer({ headers: { "Cache-Control": "max-age=60" }, body: "asset" });
  const urls = ["a", "b", "c", "d"].map((name) => `https://127.0.0.1:${tls.port}/${name}`);
  const got = await run(nghttp, "-nv", "--no-verify-peer", `-H:authority: ${HOST}`, ...urls);
  assert.equal(got.status, 0, got.err);
  assert.equal([...got.out.matchAll(/recv \(stream_id=\d+\) :status: 200/g)].length, 4, got.out);
  assert.equal([...got.out.matchAll(/recv RST_STREAM/g)].length, 0, got.out);
  assert.match(got.out, /SETTINGS_MAX_CONCURRENT_STREAMS\(0x03\):128/);
});

test("h2load asks four thousand times at once without an error", needs(h2load, "h2load"), async () => {
  await using tls = await openWithHttp2();
  tls.world.origin.answer({ headers: { "Cache-Control": "max-age=60" }, body: "x".repeat(1000) });
  const got = await run(
    h2load,
    "-n4000",
    "-c8",
    "-m32",
    "-t1",
    `--connect-to=127.0.0.1:${tls.port}`,
    "-H",
    "accept-encoding: gzip",
    `https://${HOST}/a`,
  );
  assert.equal(got.status, 0, got.err);
  assert.match(got.out, /4000 succeeded, 0 failed, 0 errored, 0 timeout/, got.out);
  assert.deepEqual(
    tls.events.filter(({ kind }) => kind !== "socket-failed"),
    [],
  );
});
