// The same edge behind its real listener: what pipeline and transport owe each other.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { ALL_METHODS, holdOrigin, openWorld, published, viewerRequest } from "./harness.ts";
import { openWired } from "./wired.ts";

const host = { Host: "d1.cloudfront.localhost" };

function ask(port: number, method: string, path: string, body?: readonly string[]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: "127.0.0.1", method, path, headers: host }, resolve);
    sent.on("error", reject);
    for (const part of body ?? []) sent.write(part);
    sent.end();
  });
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of message) text += String(chunk);
  return text;
}

test("a page goes out over a socket: miss, hit, HEAD", async () => {
  await using wired = await openWired();
  wired.world.origin.answer({ headers: { "Cache-Control": "max-age=60" }, body: "page" });
  const seen: string[] = [];
  for (const method of ["GET", "GET", "HEAD"]) {
    const got = await ask(wired.port, method, "/a");
    seen.push(
      `${got.statusCode} ${String(got.headers["x-cache"])} ${got.headers["content-length"]} ${await textOf(got)}`,
    );
  }
  assert.deepEqual(seen, [
    "200 Miss from cloudfront 4 page",
    "200 Hit from cloudfront 4 page",
    "200 Hit from cloudfront 4 ",
  ]);
});

test("a body in chunks is streamed both ways", async () => {
  await using wired = await openWired({ behavior: { AllowedMethods: ALL_METHODS } });
  wired.world.origin.answer((request, response) => request.pipe(response));
  const got = await ask(wired.port, "POST", "/a", ["one ", "two ", "three"]);
  assert.equal(await textOf(got), "one two three");
  assert.equal(wired.world.origin.asked[0]?.headers["transfer-encoding"], "chunked");
  assert.equal(wired.world.origin.asked[0]?.headers["content-length"], undefined);
});

test("an origin that breaks off breaks the viewer's message off, whichever way it is framed", async () => {
  for (const framing of [{ "Content-Length": "100" }, {}]) {
    await using wired = await openWired();
    wired.world.origin.answer((request, response) => {
      response.writeHead(200, framing);
      response.write("half");
      setImmediate(() => request.socket.destroy());
    });
    const got = await ask(wired.port, "GET", "/a");
    await assert.rejects(textOf(got), { code: "ECONNRESET" });
    assert.equal(got.complete, false);
  }
});

test("a viewer who leaves takes the origin's fetch along", async () => {
  await using wired = await openWired();
  const held = holdOrigin(wired.world);
  const viewer = connect(wired.port, "127.0.0.1");
  viewer.write("GET /a HTTP/1.1\r\nHost: d1.cloudfront.localhost\r\n\r\n");
  const response = await held.next();
  response.writeHead(200);
  response.write("some");
  await once(viewer, "data");
  const closed = once(response, "close");
  viewer.resetAndDestroy(); // a closed half alone would still let it read
  await closed;
});

test("of viewers who leave while the origin is silent nothing is left when the origin's time is up", async () => {
  for (const ttl of [{}, { MaxTTL: 0, DefaultTTL: 0 }]) {
    await using wired = await openWired();
    const { world } = wired;
    const asked = holdOrigin(world);
    const custom = published({}, world.origin.port).config.Origins.Items?.[0]?.CustomOriginConfig;
    assert.ok(custom !== undefined);
    world.publish({
      behavior: ttl,
      origin: { ConnectionAttempts: 2, CustomOriginConfig: { ...custom, OriginReadTimeout: 0.05 } },
    });
    const viewers = [1, 2, 3].map(() => connect(wired.port, "127.0.0.1"));
    for (const viewer of viewers) viewer.write("GET /a HTTP/1.1\r\nHost: d1.cloudfront.localhost\r\n\r\n");
    await asked.next();
    for (const viewer of viewers) viewer.destroy();
    const isLeft = (): boolean => world.edge.counters().fetchesInFlight > 0 || wired.connections() > 0;
    while (isLeft()) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(world.edge.counters().originRequests <= 6);
  }
});

test("a viewer who breaks its request body off breaks the origin's off", async () => {
  await using wired = await openWired({ behavior: { AllowedMethods: ALL_METHODS } });
  const arrived = Promise.withResolvers<IncomingMessage>();
  wired.world.origin.answer((request) => arrived.resolve(request));
  const viewer = connect(wired.port, "127.0.0.1");
  viewer.write("POST /a HTTP/1.1\r\nHost: d1.cloudfront.localhost\r\nContent-Length: 100\r\n\r\nhalf");
  const request = await arrived.promise;
  const closed = new Promise((resolve) => request.on("error", () => {}).on("close", resolve));
  viewer.destroy();
  await closed;
  assert.equal(request.complete, false);
});

test("a viewer's request body that breaks off is the viewer's fault, and is tried once", async () => {
  await using world = await openWorld({ behavior: { AllowedMethods: ALL_METHODS } });
  world.origin.answer(() => {});
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw new Error("the viewer left");
  }
  const asked = viewerRequest({ method: "POST", target: "/a" });
  const answer = await world.edge.respond({ ...asked, body: { length: 100, chunks: broken() } });
  assert.equal(answer.status, 400);
  assert.equal(world.edge.counters().originFailures, 0);
  assert.equal(world.edge.counters().originRequests, 1);
});

test("what is no request gets the edge's page and a closed connection", async () => {
  await using wired = await openWired();
  const viewer = connect(wired.port, "127.0.0.1");
  viewer.end("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  let text = "";
  for await (const chunk of viewer) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assert.match(text, /X-Cache: Error from cloudfront/);
  assert.match(text, /Connection: close/);
  assert.match(text, /Generated by cloudfront \(CloudFront\)/);
});
