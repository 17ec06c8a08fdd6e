// WebSocket over TLS, and viewers of HTTP/2 who leave: what the pages of plain connections say holds there too.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { WebSocket as WsViewer, WebSocketServer } from "ws";
import { openTlsWorld, TEST_ROOT } from "../support/tls-world.ts";
import { published, type DistributionDraft } from "./harness.ts";
import { eventually, openRawOrigin } from "./wired.ts";

const OWN = "d1.cloudfront.localhost";
const DRAFT: DistributionDraft = {
  config: {
    ViewerCertificate: { CloudFrontDefaultCertificate: true, MinimumProtocolVersion: "TLSv1" },
    HttpVersion: "http2",
  },
};

test("wss: messages both ways, a close with its code, and an origin that breaks off", { timeout: 20_000 }, async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket) => {
    socket.on("message", (message, isBinary) => {
      if ((message as Buffer).toString("latin1") === "break") socket.terminate();
      else socket.send(message, { binary: isBinary });
    });
  });
  {
    await using tls = await openTlsWorld(DRAFT);
    const { port } = server.address() as { port: number };
    tls.world.apply((number) => ({ kind: "distribution", number, distribution: published(DRAFT, port) }));
    const open = async (): Promise<WsViewer> => {
      const options = { servername: OWN, ca: TEST_ROOT.certificate, headers: { Host: OWN } };
      const viewer = new WsViewer(`wss://127.0.0.1:${tls.port}/echo`, [], options);
      await once(viewer, "open");
      return viewer;
    };
    const viewer = await open();
    const big = Buffer.alloc(3_000_000, 7);
    viewer.send(big);
    assert.ok(big.equals((await once(viewer, "message"))[0] as Buffer));
    viewer.close(4321);
    assert.equal((await once(viewer, "close"))[0], 4321);
    await eventually(() => tls.world.edge.counters().tunnelsOpen === 0);
    assert.match(tls.world.events.findLast(({ event }) => event === "tunnel-closed")?.why ?? "", / wss closed by /);
    const other = await open();
    other.on("error", () => undefined);
    other.send("break");
    assert.equal((await once(other, "close"))[0], 1006);
    await eventually(() => tls.world.edge.counters().tunnelsOpen === 0);
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test("a viewer of HTTP/2 that resets its stream ends the fetch of a silent origin", { timeout: 20_000 }, async () => {
  await using origin = await openRawOrigin();
  await using tls = await openTlsWorld(DRAFT);
  tls.world.apply((number) => ({ kind: "distribution", number, distribution: published(DRAFT, origin.port) }));
  const session = connectHttp2(`https://127.0.0.1:${tls.port}`, { servername: OWN, ca: TEST_ROOT.certificate });
  const streams = [1, 2].map(() => session.request({ ":path": "/a", ":authority": OWN }));
  for (const stream of streams) stream.on("error", () => undefined);
  const server = await origin.next();
  await server.until(/\r\n\r\n$/);
  await eventually(() => tls.world.edge.counters().requests === 2);
  streams[0]?.close(8);
  assert.equal(tls.world.edge.counters().fetchesInFlight, 1);
  streams[1]?.close(8);
  await server.toEnd();
  await eventually(() => tls.world.edge.counters().fetchesInFlight === 0);
  assert.equal(tls.world.edge.counters().originFailures, 0);
  session.destroy();
});
