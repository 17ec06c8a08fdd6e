import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPeerPool, type PeerAsk } from "./peer-connection.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok";

test("a viewer who leaves once its answer has come does not cut off the next one on the connection", async () => {
  const directory = mkdtempSync(join(tmpdir(), "pool-"));
  const path = join(directory, "requests.sock");
  const sockets: Socket[] = [];
  let asked: (() => void) | undefined;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("data", () => asked?.());
  });
  await new Promise<void>((resolve) => server.listen({ path }, resolve));
  const pool = openPeerPool(path);
  const wasAsked = (): Promise<void> => new Promise((resolve) => (asked = resolve));
  const ask: PeerAsk = { head: "GET / HTTP/1.1\r\n\r\n", isHead: false, onInterim: undefined, onGone: undefined };
  try {
    let leave = (): void => undefined;
    const first = pool.exchange({ ...ask, onGone: (listener) => (leave = listener) });
    await wasAsked();
    sockets[0]?.write(ANSWER);
    assert.equal((await first).kind, "arrived");
    const second = pool.exchange(ask);
    await wasAsked();
    leave();
    sockets[0]?.write(ANSWER);
    assert.equal((await second).kind, "arrived");
    assert.equal(sockets.length, 1);
  } finally {
    pool.cut();
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(directory, { recursive: true });
  }
});
