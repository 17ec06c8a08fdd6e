// WebSocket through the edge: what opens a tunnel and what does not, what passes through it, and every way in which it
// ends. [CFDG distribution-working-with.websockets] [RFC 6455 §4]

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { WebSocket as WsViewer, WebSocketServer } from "ws";
import { acceptOf } from "../../src/edge/transport/websocket-handshake.ts";
import { list, openWorld } from "./harness.ts";
import { type Ends, eventually, openEnds, openWired, type Peer, type WiredWorld } from "./wired.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const HOST = "d1.cloudfront.localhost";

function handshake(fields: readonly string[] = [], path = "/chat"): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${HOST}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    ...fields,
    "",
    "",
  ].join("\r\n");
}

const SWITCHED = [
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Accept: ${acceptOf(KEY)}`,
  "",
  "",
].join("\r\n");

/** Both ends of an open tunnel, with their heads read away. */
async function openTunnel({ wired, origin }: Ends): Promise<{ readonly viewer: Peer; readonly server: Peer }> {
  const viewer = wired.viewer();
  viewer.send(handshake());
  const server = await origin.next();
  await server.until(/\r\n\r\n$/);
  server.send(SWITCHED);
  await viewer.until(/\r\n\r\n$/);
  viewer.received = server.received = "";
  return { viewer, server };
}

function closing({ wired }: Ends): string | undefined {
  return wired.world.events.findLast(({ event }) => event === "tunnel-closed")?.why;
}

test("RFC 6455's own example of a key has RFC 6455's own answer [RFC 6455 §1.3]", () => {
  assert.equal(acceptOf(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("a handshake goes to the origin whole, and its 101 comes back as a miss", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const viewer = ends.wired.viewer();
  viewer.send(handshake(["Sec-WebSocket-Protocol: chat, other", "Sec-WebSocket-Extensions: x", "Origin: http://a"]));
  const server = await ends.origin.next();
  const asked = await server.until(/\r\n\r\n$/);
  for (const line of [
    "GET /chat HTTP/1.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${KEY}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: chat, other",
    "Sec-WebSocket-Extensions: x",
    "Origin: http://a",
  ]) {
    assert.equal(asked.split("\r\n").filter((each) => each === line).length, 1, line);
  }
  server.send(SWITCHED.replace("Upgrade: websocket", "Upgrade: WebSocket\r\nSec-WebSocket-Protocol: chat"));
  const answered = await viewer.until(/\r\n\r\n$/);
  assert.match(answered, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  for (const line of [
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${acceptOf(KEY)}`,
    "Sec-WebSocket-Protocol: chat",
    "X-Cache: Miss from cloudfront",
  ]) {
    assert.equal(answered.split("\r\n").filter((each) => each === line).length, 1, line);
  }
});

test("bytes pass both ways as they are, and what was sent is told at the end", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await openTunnel(ends);
  assert.equal(ends.wired.world.edge.counters().tunnelsOpen, 1);
  viewer.send("GET /not-a-request HTTP/1.1\r\n\r\n\x00\xff");
  assert.equal(await server.until(/\xff/), "GET /not-a-request HTTP/1.1\r\n\r\n\x00\xff");
  server.send("HTTP/1.1 200 OK\r\n\r\n\xfe");
  assert.equal(await viewer.until(/\xfe/), "HTTP/1.1 200 OK\r\n\r\n\xfe");
  ends.wired.world.advance(7);
  viewer.socket.end();
  await server.toEnd();
  server.send("bye");
  server.socket.end();
  assert.match(await viewer.toEnd(), /bye$/);
  await eventually(() => closing(ends) !== undefined);
  assert.equal(closing(ends), "E1 ws closed by the viewer after 7 s: 33 bytes from the viewer, 23 to it");
  assert.equal(ends.wired.world.edge.counters().tunnelsOpen, 0);
  assert.equal(ends.wired.world.edge.counters().tunnels, 1);
  assert.equal(ends.wired.world.edge.counters().misses, 1);
});

test("what comes right behind either head is the tunnel's first", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const viewer = ends.wired.viewer();
  viewer.send(handshake() + "early ");
  const server = await ends.origin.next();
  await server.until(/\r\n\r\n$/);
  viewer.send("and late");
  await new Promise((resolve) => setTimeout(resolve, 20)); // had they gone out early, they would be there now
  assert.match(server.received, /\r\n\r\n$/);
  server.send(SWITCHED + "first");
  assert.match(await viewer.until(/first$/), /\r\n\r\nfirst$/);
  assert.match(await server.until(/late$/), /\r\n\r\nearly and late$/);
});

test("any other answer is an ordinary one, and is not stored", { timeout: 10_000 }, async () => {
  for (const status of ["200 OK", "426 Upgrade Required", "404 Not Found"]) {
    await using ends = await openEnds();
    const viewer = ends.wired.viewer();
    for (let times = 1; times <= 2; times++) {
      viewer.send(handshake());
      const server = await ends.origin.next();
      await server.until(/\r\n\r\n$/);
      server.send(`HTTP/1.1 ${status}\r\nCache-Control: max-age=60\r\nContent-Length: 2\r\n\r\nno`);
      server.socket.end();
      const answered = await viewer.until(/\r\n\r\nno$/);
      assert.ok(answered.startsWith(`HTTP/1.1 ${status}\r\n`));
      assert.match(answered, /Connection: keep-alive\r\n/);
      viewer.received = "";
    }
    const { storedResponses, originRequests, tunnels } = ends.wired.world.edge.counters();
    assert.deepEqual(
      { storedResponses, originRequests, tunnels },
      { storedResponses: 0, originRequests: 2, tunnels: 0 },
    );
  }
});

test("a request that hides behind a refused handshake is never read", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const viewer = ends.wired.viewer();
  viewer.send(`${handshake()}GET /smuggled HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const server = await ends.origin.next();
  await server.until(/\r\n\r\n$/);
  server.send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
  const answered = await viewer.toEnd();
  assert.match(answered, /^HTTP\/1\.1 426 .*Connection: close\r\n\r\n$/s);
  assert.equal(ends.origin.peers.length, 1);
  assert.doesNotMatch(server.received, /smuggled/);
});

const BAD_SWITCHES: readonly (readonly [why: string, answer: string])[] = [
  ["another key's accept", SWITCHED.replace(acceptOf(KEY), acceptOf("x3JJHMbDL1EzLkh9GBhXDw=="))],
  ["no accept", SWITCHED.replace(/Sec-WebSocket-Accept.*\r\n/, "")],
  ["two accepts", SWITCHED.replace("\r\n\r\n", `\r\nSec-WebSocket-Accept: ${acceptOf(KEY)}\r\n\r\n`)],
  ["another protocol", SWITCHED.replace("Upgrade: websocket", "Upgrade: h2c")],
  ["no Upgrade", SWITCHED.replace("Upgrade: websocket\r\n", "")],
  ["no Connection", SWITCHED.replace("Connection: Upgrade\r\n", "")],
  ["a Connection that does not say so", SWITCHED.replace("Connection: Upgrade", "Connection: keep-alive")],
];

for (const [why, answer] of BAD_SWITCHES) {
  test(`a 101 with ${why} is a 502`, { timeout: 10_000 }, async () => {
    await using ends = await openEnds();
    const viewer = ends.wired.viewer();
    viewer.send(handshake());
    const server = await ends.origin.next();
    await server.until(/\r\n\r\n$/);
    server.send(answer);
    assert.match(await viewer.until(/<\/HTML>\s*$/), /^HTTP\/1\.1 502 /);
    await server.toEnd();
    await eventually(() => ends.wired.world.edge.counters().fetchesInFlight === 0);
    assert.equal(ends.origin.peers.length, 1);
  });
}

test("a 101 that nobody asked for is a 502", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  for (const ask of [`GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, `GET /b HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`]) {
    const viewer = ends.wired.viewer();
    viewer.send(ask);
    const server = await ends.origin.next();
    await server.until(/\r\n\r\n$/);
    server.send(SWITCHED);
    assert.match(await viewer.until(/<\/HTML>\s*$/), /^HTTP\/1\.1 502 /);
  }
});

/** Upgrade, Connection, key and the like as a handshake that is not whole has them. */
const NO_HANDSHAKES: readonly (readonly [why: string, request: string])[] = [
  ["HTTP/1.0", handshake().replace("HTTP/1.1", "HTTP/1.0")],
  ["another protocol", handshake().replace("Upgrade: websocket", "Upgrade: h2c")],
  ["no Connection: upgrade", handshake().replace("Connection: Upgrade", "Connection: keep-alive")],
  ["no key", handshake().replace(/Sec-WebSocket-Key.*\r\n/, "")],
  ["a key that is none", handshake().replace(KEY, "c2hvcnQ=")],
  ["two keys", handshake([`Sec-WebSocket-Key: ${KEY}`])],
  ["Connection: close", handshake().replace("Connection: Upgrade", "Connection: upgrade, close")],
  ["HEAD", handshake().replace("GET", "HEAD")],
];

for (const [why, request] of NO_HANDSHAKES) {
  test(`with ${why} it is an ordinary request without Upgrade`, { timeout: 10_000 }, async () => {
    await using ends = await openEnds();
    const viewer = ends.wired.viewer();
    viewer.send(request);
    const server = await ends.origin.next();
    const asked = await server.until(/\r\n\r\n$/);
    assert.doesNotMatch(asked, /^Upgrade:/im);
    assert.match(asked, /^Connection: keep-alive\r$/im);
    server.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n");
    assert.match(await viewer.until(/\r\n\r\n$/), /^HTTP\/1\.1 200 /);
  });
}

test("the behavior's policies hold for a handshake as for any GET", { timeout: 10_000 }, async () => {
  await using wired = await openWired({ behavior: { ViewerProtocolPolicy: "redirect-to-https" } });
  const viewer = wired.viewer();
  viewer.send(handshake());
  const answered = await viewer.until(/\r\n\r\n/);
  assert.match(answered, /^HTTP\/1\.1 301 .*Location: https:\/\/d1\.cloudfront\.localhost:7443\/chat\r\n/s);
});

test("a handshake goes past what is stored", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const { wired, origin } = ends;
  const viewer = wired.viewer();
  viewer.send(`GET /chat HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  const first = await origin.next();
  await first.until(/\r\n\r\n$/);
  first.send("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 4\r\n\r\npage");
  await viewer.until(/page$/);
  await openTunnel(ends);
  assert.equal(wired.world.edge.counters().misses, 2);
});

test("explain says that a handshake passes the cache by", { timeout: 10_000 }, async () => {
  await using world = await openWorld();
  const headers = [
    ["Upgrade", "websocket"],
    ["Connection", "Upgrade"],
    ["Sec-WebSocket-Key", KEY],
  ] as const;
  const { verdict, steps } = await world.edge.explain({ method: "GET", url: `http://${HOST}/chat`, headers });
  assert.equal(verdict, "pass");
  assert.ok(steps.some(({ why }) => why === "a WebSocket handshake is the viewer's alone"));
});

// How it ends.

test("an origin that closes ends the tunnel after its last byte", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await openTunnel(ends);
  const last = Buffer.alloc(1_000_000, "x");
  server.send(last);
  server.socket.end();
  assert.equal((await viewer.toEnd()).length, last.length);
  viewer.socket.end();
  await eventually(() => closing(ends) !== undefined);
  assert.match(closing(ends) ?? "", /ws closed by the origin .* 1000000 to it$/);
});

test("an end that breaks off breaks the other off", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const one = await openTunnel(ends);
  one.server.socket.resetAndDestroy();
  assert.match(await one.viewer.toEnd(), /ECONNRESET/);
  await eventually(() => closing(ends) !== undefined);
  assert.match(closing(ends) ?? "", /broken off by the origin/);
  const other = await openTunnel(ends);
  other.server.read();
  other.viewer.socket.resetAndDestroy();
  await Promise.race([other.server.toEnd(), other.server.closed]);
  await eventually(() => ends.wired.world.edge.counters().tunnelsOpen === 0);
  assert.match(closing(ends) ?? "", /broken off by the viewer/);
});

test("ten minutes without a byte from the origin end it, whatever the viewer sends", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await openTunnel(ends);
  ends.wired.pass(590);
  server.send("ping");
  await viewer.until(/ping/);
  ends.wired.pass(590);
  viewer.send("pong");
  await server.until(/pong/);
  assert.equal(viewer.socket.closed, false);
  ends.wired.pass(11);
  await viewer.toEnd();
  await server.toEnd();
  await eventually(() => closing(ends) !== undefined);
  assert.match(closing(ends) ?? "", /closed by the edge: the origin was silent for too long after 1191 s/);
});

test(
  "a viewer that has closed its half may read on, but not for long of an origin that is silent",
  { timeout: 10_000 },
  async () => {
    await using ends = await openEnds();
    const { viewer, server } = await openTunnel(ends);
    viewer.socket.end();
    await server.toEnd();
    ends.wired.pass(25);
    server.send("still talking");
    await viewer.until(/still talking/);
    ends.wired.pass(25);
    assert.equal(viewer.hasEnded, false);
    ends.wired.pass(6);
    await viewer.toEnd();
    await eventually(() => closing(ends) !== undefined);
    assert.match(closing(ends) ?? "", /closed by the viewer after 56 s/);
  },
);

test("a viewer that reads nothing holds the origin back, and is closed in time", { timeout: 20_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await openTunnel(ends);
  viewer.socket.pause();
  const piece = Buffer.alloc(65_536);
  let taken = 0;
  let waits = 0;
  while (waits < 50 && taken < 200_000_000) {
    if (server.socket.writableLength < 65_536) {
      server.send(piece);
      taken += piece.length;
      waits = 0;
    } else waits++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(taken < 40_000_000, `${taken} bytes were taken of an origin whose viewer reads none`);
  for (let seconds = 0; seconds < 65; seconds++) ends.wired.pass(1);
  await eventually(() => ends.wired.connections() === 0);
  await eventually(() => closing(ends) !== undefined);
});

test("an origin that reads nothing holds the viewer back", { timeout: 20_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await openTunnel(ends);
  server.socket.pause();
  const piece = Buffer.alloc(65_536);
  let taken = 0;
  let waits = 0;
  while (waits < 50 && taken < 200_000_000) {
    if (viewer.socket.writableLength < 65_536) {
      viewer.send(piece);
      taken += piece.length;
      waits = 0;
    } else waits++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(taken < 40_000_000, `${taken} bytes were taken of a viewer whose origin reads none`);
  server.read();
  server.socket.resume();
  viewer.socket.end();
  await server.toEnd();
  assert.equal(server.received.length, taken);
});

test("a drain leaves tunnels open for its time, then cuts them", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await openTunnel(ends);
  const drained = ends.wired.drain(0.2);
  server.send("still here");
  await viewer.until(/still here/);
  await drained;
  await viewer.toEnd();
  await server.toEnd();
  await eventually(() => closing(ends) !== undefined);
  assert.match(closing(ends) ?? "", /closed by the edge: it stops/);
});

// Whole programs at both ends.

interface Chat extends AsyncDisposable {
  readonly wired: WiredWorld;
  readonly url: string;
}

async function openChat(): Promise<Chat> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "chat" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("message", (message, isBinary) => socket.send(message, { binary: isBinary }));
  });
  // Not every system knows that *.localhost is this machine, so its address is made a name of the distribution.
  const wired = await openWired({ config: { Aliases: list("127.0.0.1") } });
  wired.pointAt((server.address() as { port: number }).port);
  return {
    wired,
    url: `ws://127.0.0.1:${wired.port}/echo`,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await wired[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

test("ws at both ends: text, a frame of 8 MB, a clean close with its code", { timeout: 20_000 }, async () => {
  await using chat = await openChat();
  const viewer = new WsViewer(chat.url, ["chat"]);
  await once(viewer, "open");
  assert.equal(viewer.protocol, "chat");
  viewer.send("hello");
  assert.equal(String((await once(viewer, "message"))[0]), "hello");
  const big = Buffer.alloc(8_000_000, 7);
  viewer.send(big);
  assert.ok(big.equals((await once(viewer, "message"))[0] as Buffer));
  viewer.close(4321, "done");
  const [code] = (await once(viewer, "close")) as [number];
  assert.equal(code, 4321);
  await eventually(() => chat.wired.world.edge.counters().tunnelsOpen === 0);
});

test("Node's own WebSocket client talks through it", { timeout: 20_000 }, async () => {
  await using chat = await openChat();
  const viewer = new WebSocket(chat.url, "chat");
  const opened = Promise.withResolvers<unknown>();
  viewer.addEventListener("open", opened.resolve);
  viewer.addEventListener("error", opened.reject);
  await opened.promise;
  const answered = new Promise<unknown>((resolve) => {
    viewer.addEventListener("message", (event) => resolve(event.data));
  });
  viewer.send("from node");
  assert.equal(await answered, "from node");
  const closed = new Promise((resolve) => viewer.addEventListener("close", resolve));
  viewer.close();
  await closed;
});

test("a thousand tunnels are open at once, and nothing is left of them", { timeout: 60_000 }, async () => {
  await using ends = await openEnds();
  const tunnels: { readonly viewer: Peer; readonly server: Peer }[] = [];
  for (let number = 0; number < 1000; number++) tunnels.push(await openTunnel(ends));
  assert.equal(ends.wired.world.edge.counters().tunnelsOpen, 1000);
  for (const [number, { viewer }] of tunnels.entries()) viewer.send(`<${number}>`);
  for (const [number, { server }] of tunnels.entries()) {
    await server.until(/>$/);
    assert.equal(server.received, `<${number}>`);
    server.send(server.received);
  }
  for (const [number, { viewer }] of tunnels.entries()) {
    await viewer.until(/>$/);
    assert.equal(viewer.received, `<${number}>`);
    viewer.socket.destroy();
  }
  for (const { server } of tunnels) server.socket.end();
  await eventually(() => ends.wired.connections() === 0 && ends.wired.world.edge.counters().tunnelsOpen === 0);
});
