// What frames a message and what may come around its body: trailers and chunk extensions end here in both directions, and
// 100 (Continue) is said only when somebody is going to read. [RFC 9112 §7.1] [RFC 9110 §6.5, §10.1.1]

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_METHODS } from "./harness.ts";
import { eventually, openEnds } from "./wired.ts";

const HOST = "Host: d1.cloudfront.localhost";

const EVERY_METHOD = { AllowedMethods: ALL_METHODS };

test("a viewer's trailers and chunk extensions do not reach the origin", { timeout: 10_000 }, async () => {
  await using ends = await openEnds(EVERY_METHOD);
  const viewer = ends.wired.viewer();
  viewer.send(`POST /a HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nTE: trailers\r\n\r\n`);
  viewer.send('2;a=b\r\nhi\r\n1;c="d"\r\n!\r\n0;e\r\nX-Sum: 1\r\nX-Other: 2\r\n\r\n');
  const server = await ends.origin.next();
  const asked = await server.until(/\r\n0\r\n[^]*\r\n$/);
  assert.doesNotMatch(asked, /trailer|x-sum|x-other|;|^te:/im);
  assert.match(asked, /\r\n\r\n(?:3\r\nhi!\r\n|2\r\nhi\r\n1\r\n!\r\n)0\r\n\r\n$/);
});

test(
  "an origin's trailers and chunk extensions do not reach viewers, neither now nor from the cache",
  { timeout: 10_000 },
  async () => {
    await using ends = await openEnds(EVERY_METHOD);
    const ask = `GET /a HTTP/1.1\r\n${HOST}\r\nTE: trailers\r\n\r\n`;
    const viewer = ends.wired.viewer();
    viewer.send(ask);
    const server = await ends.origin.next();
    const asked = await server.until(/\r\n\r\n$/);
    assert.doesNotMatch(asked, /^te:/im);
    server.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
    server.send('2;a=b\r\nhi\r\n0;e="f"\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n');
    // All at once it has a length, else it comes in chunks.
    const miss = await viewer.until(/Content-Length: 2\r\n[^]*\r\n\r\nhi$|\r\n0\r\n[^]*\r\n$/);
    assert.doesNotMatch(miss, /trailer|x-sum|set-cookie|;a|;e/i);
    assert.match(miss, /\r\n\r\n(?:2\r\nhi\r\n0\r\n\r\n|hi)$/);
    await eventually(() => ends.wired.world.edge.counters().storedResponses === 1);
    viewer.received = "";
    viewer.send(ask);
    const hit = await viewer.until(/hi$/);
    assert.match(hit, /X-Cache: Hit from cloudfront/);
    assert.doesNotMatch(hit, /trailer|x-sum|set-cookie/i);
  },
);

const EXPECTING = `POST /a HTTP/1.1\r\n${HOST}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`;

test(
  "100 (Continue) is said when the origin is reached and the body is wanted, and Expect stays here",
  { timeout: 10_000 },
  async () => {
    await using ends = await openEnds(EVERY_METHOD);
    const viewer = ends.wired.viewer();
    viewer.send(EXPECTING);
    assert.equal(await viewer.until(/\r\n\r\n$/), "HTTP/1.1 100 Continue\r\n\r\n");
    const server = await ends.origin.next();
    viewer.send("hi");
    assert.doesNotMatch(await server.until(/\r\n\r\nhi$/), /^expect/im);
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert.match(await viewer.until(/\r\n\r\nok$/), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  },
);

test("who is refused hears that at once and no 100, and the connection ends", { timeout: 10_000 }, async () => {
  for (const [behavior, request, status] of [
    [{}, EXPECTING, "403"],
    [{ AllowedMethods: ALL_METHODS, ViewerProtocolPolicy: "redirect-to-https" }, EXPECTING, "307"],
    [{ AllowedMethods: ALL_METHODS }, EXPECTING.replace("POST", "GET"), "403"],
    [{ AllowedMethods: ALL_METHODS }, EXPECTING.replace("100-continue", "100-more"), "417"],
  ] as const) {
    await using ends = await openEnds(behavior);
    const viewer = ends.wired.viewer();
    viewer.send(request);
    const answered = await viewer.toEnd();
    assert.match(answered, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(answered, /Connection: close/);
    assert.doesNotMatch(answered, /100 Continue/);
    assert.equal(ends.origin.peers.length, 0);
  }
});

test("an origin that cannot be reached is told of without a 100", { timeout: 10_000 }, async () => {
  await using ends = await openEnds(EVERY_METHOD);
  await ends.origin[Symbol.asyncDispose]();
  const viewer = ends.wired.viewer();
  viewer.send(EXPECTING);
  const answered = await viewer.toEnd();
  assert.match(answered, /^HTTP\/1\.1 502 /);
});

test("a 1.0 viewer gets no 100 whatever it expects [RFC 9110 §10.1.1]", { timeout: 10_000 }, async () => {
  await using ends = await openEnds(EVERY_METHOD);
  const viewer = ends.wired.viewer();
  viewer.send(EXPECTING.replace("HTTP/1.1", "HTTP/1.0"));
  const server = await ends.origin.next();
  viewer.send("hi");
  await server.until(/\r\n\r\nhi$/);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  assert.match(await viewer.toEnd(), /^HTTP\/1\.1 200 OK\r\n/);
});
