// Viewers who leave while the origin is silent, or who have only closed their half. [D-0010]

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Ends, eventually, openEnds, type Peer } from "./wired.ts";
import type { BehaviorDraft } from "./harness.ts";

const GET = "GET /a HTTP/1.1\r\nHost: d1.cloudfront.localhost\r\n\r\n";

/** A viewer's request that has reached the origin, which says nothing. */
async function ask({ wired, origin }: Ends): Promise<{ readonly viewer: Peer; readonly server: Peer }> {
  const viewer = wired.viewer();
  viewer.send(GET);
  const server = await origin.next();
  await server.until(/\r\n\r\n$/);
  return { viewer, server };
}

const inFlight = ({ wired }: Ends): number => wired.world.edge.counters().fetchesInFlight;

/** Collapsed, past the cache, and never collapsed. */
const WAYS: readonly (readonly [string, BehaviorDraft])[] = [
  ["is looked up", {}],
  ["passes the cache", { ForwardedValues: { Headers: { Quantity: 1, Items: ["*"] } }, MinTTL: 0 }],
  ["forwards cookies", { ForwardedValues: { Cookies: { Forward: "all" } } }],
];

for (const [way, behavior] of WAYS) {
  test(`a viewer that resets a request that ${way} ends its fetch at once`, { timeout: 10_000 }, async () => {
    await using ends = await openEnds(behavior);
    const { viewer, server } = await ask(ends);
    viewer.socket.resetAndDestroy();
    await server.toEnd();
    await eventually(() => inFlight(ends) === 0);
    const { originRequests, originFailures, storedResponses } = ends.wired.world.edge.counters();
    assert.deepEqual(
      { originRequests, originFailures, storedResponses },
      { originRequests: 1, originFailures: 0, storedResponses: 0 },
    );
    // And the next one is asked for anew.
    const next = await ask(ends);
    next.server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    await next.viewer.until(/hi$/);
  });

  test(`a viewer that closes its half of a request that ${way} is answered`, { timeout: 10_000 }, async () => {
    await using ends = await openEnds(behavior);
    const { viewer, server } = await ask(ends);
    viewer.socket.end();
    await eventually(() => viewer.socket.writableFinished);
    ends.wired.pass(29);
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    assert.match(await viewer.toEnd(), /hi$/);
  });

  test(
    `a viewer that closes its half of a request that ${way} is not waited for by a silent origin`,
    { timeout: 10_000 },
    async () => {
      await using ends = await openEnds(behavior);
      const { viewer, server } = await ask(ends);
      viewer.socket.end();
      // The edge has seen it when the time begins to run.
      while (!server.hasEnded) {
        ends.wired.pass(31);
        server.read();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await eventually(() => inFlight(ends) === 0 && ends.wired.connections() === 0);
      assert.ok(
        ends.wired.transportEvents.some((event) => event.kind === "timed-out" && event.phase === "half-closed"),
      );
    },
  );
}

test(
  "of two viewers who wait for one fetch either may leave, and the other is answered",
  { timeout: 10_000 },
  async () => {
    for (const leaver of [0, 1]) {
      await using ends = await openEnds();
      const { viewer, server } = await ask(ends);
      const other = ends.wired.viewer();
      other.send(GET);
      await eventually(() => ends.wired.world.edge.counters().requests === 2);
      const [gone, stays] = leaver === 0 ? [viewer, other] : [other, viewer];
      gone.socket.resetAndDestroy();
      await eventually(() => ends.wired.connections() === 1);
      assert.equal(inFlight(ends), 1);
      server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
      await stays.until(/hi$/);
      assert.equal(ends.wired.world.edge.counters().originRequests, 1);
    }
  },
);

test("when the last of two leaves, the fetch ends", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const { viewer, server } = await ask(ends);
  const other = ends.wired.viewer();
  other.send(GET);
  await eventually(() => ends.wired.world.edge.counters().requests === 2);
  viewer.socket.resetAndDestroy();
  other.socket.resetAndDestroy();
  await server.toEnd();
  await eventually(() => inFlight(ends) === 0);
});

test("a handshake whose viewer leaves is given up", { timeout: 10_000 }, async () => {
  await using ends = await openEnds();
  const viewer = ends.wired.viewer();
  viewer.send(
    GET.replace(
      "\r\n\r\n",
      "\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
  );
  const server = await ends.origin.next();
  await server.until(/\r\n\r\n$/);
  viewer.socket.resetAndDestroy();
  await server.toEnd();
});

test(
  "viewers who leave fill no log: a line in ten seconds, with the number of the others",
  { timeout: 10_000 },
  async () => {
    await using ends = await openEnds({}, {}, [], { workers: 1 }); // each has a log of its own
    const { world } = ends.wired;
    const lines = (): string[] => world.events.filter(({ event }) => event === "viewer-failed").map(({ why }) => why);
    const leave = async (): Promise<void> => {
      const { viewer, server } = await ask(ends);
      viewer.socket.resetAndDestroy();
      await server.toEnd();
      await eventually(() => inFlight(ends) === 0);
    };
    for (let times = 0; times < 20; times++) await leave();
    await eventually(() => lines().length > 0);
    assert.equal(lines().length, 1);
    ends.wired.pass(10);
    await leave();
    await eventually(() => lines().length > 1);
    assert.match(lines()[1] ?? "", /every viewer has left \(and 19 more since the last line\)$/);
  },
);
