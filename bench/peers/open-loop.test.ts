import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { test } from "node:test";

import { latencyAt } from "./latency-histogram.ts";
import { runOpenLoop } from "./open-loop.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** Answers everything at once, but for the stall that begins with the nth request: its answers come together when it ends. */
async function openStalling(stallMs: number, at: number): Promise<Server> {
  let asked = 0;
  let held: (() => void)[] | undefined;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const answer = (): void => void socket.write(ANSWER);
      if (++asked === at) {
        held = [];
        setTimeout(() => {
          for (const each of held ?? []) each();
          held = undefined;
        }, stallMs).unref();
      }
      if (held === undefined) answer();
      else held.push(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test("a server that stalls for a second shows it in the 99th percentile, however few connections there are", async () => {
  for (const connections of [4, 32]) {
    const server = await openStalling(1000, 500);
    const { port } = server.address() as AddressInfo;
    const load = { port, request: REQUEST, perSecond: 1000, seconds: 2, connections, seed: 4 };
    const { due, unanswered, latencies } = await runOpenLoop(load);
    server.close();
    assert.equal(unanswered, 0);
    assert.equal(latencies.total, due);
    assert(due > 1800 && due < 2200, `${due} requests were due`);
    // A third of all was due while it stalled, evenly spread over it.
    assert(latencyAt(latencies, 0.99) > 900_000, `p99 ${latencyAt(latencies, 0.99)} µs`);
    assert(latencyAt(latencies, 0.75) > 300_000, `p75 ${latencyAt(latencies, 0.75)} µs`);
  }
});

test("what is never answered is counted with the time that it had waited", async () => {
  const server = await openStalling(60_000, 1);
  const { port } = server.address() as AddressInfo;
  const load = { port, request: REQUEST, perSecond: 200, seconds: 0.2, connections: 2, seed: 4 };
  const { due, unanswered, latencies } = await runOpenLoop(load);
  server.close();
  assert.equal(unanswered, due);
  assert.equal(latencies.total, due);
  assert(latencyAt(latencies, 0.01) > 2_900_000);
});

test("an answer that is an error is no figure", async () => {
  const server = createServer((socket) => socket.on("data", () => socket.write("HTTP/1.1 503 No\r\n\r\n")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const load = { port, request: REQUEST, perSecond: 100, seconds: 0.5, connections: 2, seed: 4 };
  await assert.rejects(runOpenLoop(load), /not the expected answer/);
  server.close();
});
