// Answers of origins that break before anything of them was sent: a viewer gets a 502, never an empty reply nor the head of
// what will not come.

import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import type { BodySink, FlowingBody } from "../../src/edge/transport/flowing-body.ts";
import { openViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import { systemClock } from "../../src/vocabulary/time.ts";
import { openRawOrigin } from "../support/raw-origin.ts";
import { openTlsWorld, shakeHands } from "../support/tls-world.ts";
import { ALL_METHODS, published, type BehaviorDraft, type DistributionDraft } from "./harness.ts";
import { eventually, exchangeBytes, openWired, Peer } from "./wired.ts";

const HOST = "d1.cloudfront.localhost";
const PAST_THE_CACHE: BehaviorDraft = { ForwardedValues: { Headers: { Quantity: 1, Items: ["*"] } }, MinTTL: 0 };

/** How the answer goes. */
const WAYS: readonly (readonly [string, BehaviorDraft, string])[] = [
  ["stored", {}, "max-age=60"],
  ["not stored", {}, "no-store"],
  ["past the cache", PAST_THE_CACHE, "max-age=60"],
];

/** What is wrong with it; what comes behind the fields that are right, in one piece. */
const BROKEN: readonly (readonly [string, string])[] = [
  ["a chunk that is none", "Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
  ["a good chunk and one that is none", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"],
  ["a chunk that is longer than it says", "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n"],
  ["a broken trailer", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n: x\r\n\r\n"],
];

const PAGE = /502 ERROR[^]*either the attempt failed or the origin closed the connection[^]*Request ID: \S/;

for (const [way, behavior, cacheControl] of WAYS) {
  for (const [what, rest] of BROKEN) {
    test(`a body with ${what} in the turn of its head is a 502 (${way})`, { timeout: 20_000 }, async () => {
      await using origin = await openRawOrigin(({ socket }) =>
        socket.write(`HTTP/1.1 200 OK\r\nCache-Control: ${cacheControl}\r\n${rest}`),
      );
      const draft: DistributionDraft = {
        behavior: { AllowedMethods: ALL_METHODS, ...behavior },
        config: { HttpVersion: "http2" },
      };
      await using wired = await openWired(draft);
      wired.pointAt(origin.port);
      const viewer = wired.viewer();
      viewer.send(`GET /a HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      const got = await viewer.toEnd();
      assert.match(got, /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*X-Cache: Error from cloudfront\r\n/);
      assert.match(got, PAGE);
      assert.ok(wired.world.events.some(({ event, why }) => event === "origin-failed" && /\(bad-/.test(why)));
      assert.equal(wired.world.edge.counters().answersBrokenOff, 0);

      await using tls = await openTlsWorld(draft);
      tls.world.apply((number) => ({ kind: "distribution", number, distribution: published(draft, origin.port) }));
      assert.match(await askHttp2(tls.port), /^502 [^]*Error from cloudfront/);
    });
  }
}

/** Status, X-Cache and body; or the code with which the stream was reset. */
async function askHttp2(port: number): Promise<string> {
  const shaken = await shakeHands(port, { servername: HOST, ALPNProtocols: ["h2"] });
  assert.ok(shaken.kind === "secure");
  const session = connectHttp2(`https://${HOST}`, { createConnection: () => shaken.socket });
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/a" });
  let head = "";
  let body = "";
  stream.setEncoding("latin1");
  stream.on("response", (fields) => (head = `${fields[":status"]} ${String(fields["x-cache"])}`));
  stream.on("data", (piece: string) => (body += piece));
  stream.on("error", () => undefined);
  await new Promise<void>((resolve) => stream.once("close", resolve));
  session.destroy();
  return `${head} ${stream.rstCode === 0 ? body : `reset ${stream.rstCode}`}`;
}

test(
  "an origin that closes behind its head gives a 502 or a message that is not whole, and never nothing",
  { timeout: 30_000 },
  async () => {
    for (const [, behavior, cacheControl] of WAYS) {
      for (const rest of ["Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"]) {
        for (const ending of ["end", "reset"]) {
          await using origin = await openRawOrigin(({ socket }) => {
            const bytes = `HTTP/1.1 200 OK\r\nCache-Control: ${cacheControl}\r\n${rest}`;
            if (ending === "end") socket.end(bytes);
            else socket.write(bytes, () => setImmediate(() => socket.resetAndDestroy()));
          });
          await using wired = await openWired({ behavior: { AllowedMethods: ALL_METHODS, ...behavior } });
          wired.pointAt(origin.port);
          // Two, because one of those who share a body reads it otherwise than the other.
          const viewers = [0, 1].map(() => new Peer(connect(wired.port, "127.0.0.1")));
          for (const viewer of viewers) viewer.send(`GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
          for (const viewer of viewers) {
            const got = await viewer.toEnd();
            assert.match(got, /^HTTP\/1\.1 (?:200 OK|502 Bad Gateway)\r\n/);
            if (/^\S+ 502/.test(got)) assert.match(got, PAGE);
            else assert.doesNotMatch(got, /\r\n0\r\n\r\n$/);
          }
          await eventually(() => wired.connections() === 0 && wired.world.edge.counters().fetchesInFlight === 0);
        }
      }
    }
  },
);

// The transport alone, so that what fails is certain to do so before anything is sent.

const FAILING: readonly (readonly [string, AsyncIterable<Uint8Array>])[] = [
  [
    "is waited for",
    {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("lost")) }),
    },
  ],
  [
    "flows",
    {
      open: (sink: BodySink) => ({
        resume: () => sink.fail(new Error("lost")),
        pause: () => undefined,
        stop: () => undefined,
      }),
      [Symbol.asyncIterator]: () => assert.fail("it is not waited for"),
    } as FlowingBody,
  ],
];

for (const [how, chunks] of FAILING) {
  test(`a body that ${how} and breaks off before anything is sent is a 502, and recorded as one`, async () => {
    const served: string[] = [];
    await using listener = await openViewerListener({
      host: "127.0.0.1",
      port: 0,
      limits: DEFAULT_LIMITS,
      clock: systemClock,
      respond: () => ({ status: 200, fields: [], body: { kind: "stream", length: 5, chunks } }),
      onServed: (_request, answer, _headBytes, _bodyBytes, _startedAt, _firstByteAt, outcome) =>
        void served.push(`${answer?.status} ${outcome}`),
    });
    const got = await exchangeBytes(listener.address.port, `GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    assert.match(got, /^HTTP\/1\.1 502 Bad Gateway\r\n[^]*Connection: close\r\n[^]*answer-broke-off\n$/);
    assert.deepEqual(served, ["502 whole"]);
  });
}
