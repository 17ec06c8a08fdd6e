// Many viewers, one key; one slow origin, many keys. The origin is in the test's hand, so that what viewers have got
// while it still owes the rest can be asserted.

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openRawOrigin, openWired, type Peer, type WiredWorld } from "../scenarios/wired.ts";

const VIEWERS = 1000;
const LATE = 50;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: d1.cloudfront.localhost\r\n\r\n`;

/** As the origin frames the body "firstlast": its head with the first half, then the second. */
const FRAMINGS = [
  ["with a length", "Content-Length: 9\r\n\r\nfirst", "last", /last$/],
  ["in chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n", "4\r\nlast\r\n0\r\n\r\n", /last\r\n0\r\n\r\n$/],
] as const;

for (const [how, beginning, end, whole] of FRAMINGS) {
  test(`${VIEWERS} viewers of a cold key cause one origin request, and a body ${how} reaches all as it comes`, async () => {
    await using wired = await openWired();
    await using origin = await openRawOrigin();
    wired.pointAt(origin.port);
    const viewers = Array.from({ length: VIEWERS }, () => askOnNew(wired, "/cold"));
    const server = await origin.next();
    await server.until(/\r\n\r\n$/);
    await eventually(() => wired.world.edge.counters().requests === VIEWERS);

    server.send(`HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n${beginning}`);
    await Promise.all(viewers.map((viewer) => viewer.until(/first/)));
    // Who comes in the middle of it has it from the start.
    const late = Array.from({ length: LATE }, () => askOnNew(wired, "/cold"));
    await Promise.all(late.map((viewer) => viewer.until(/first/)));
    server.send(end);
    await Promise.all([...viewers, ...late].map((viewer) => viewer.until(whole)));

    assert.equal(origin.peers.length, 1);
    const { originRequests, misses, hits, storedResponses } = wired.world.edge.counters();
    assert.deepEqual(
      { originRequests, misses, hits, storedResponses },
      { originRequests: 1, misses: 1, hits: VIEWERS + LATE - 1, storedResponses: 1 },
    );
    for (const { socket } of [...viewers, ...late]) socket.destroy();
    await eventually(() => wired.connections() === 0);
    assert.equal(wired.world.edge.counters().fetchesInFlight, 0);
  });
}

test("an origin of a byte a second holds no other key back, neither one that is stored nor one that is not", async () => {
  await using wired = await openWired();
  await using origin = await openRawOrigin();
  wired.pointAt(origin.port);
  const answer = async (body: string): Promise<void> => {
    const server = await origin.next();
    await server.until(/\r\n\r\n$/);
    server.send(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  };
  const first = askOnNew(wired, "/stored");
  await answer("stored");
  await first.until(/stored$/);

  const slow = [askOnNew(wired, "/slow"), askOnNew(wired, "/slow")];
  const dripping = await origin.next();
  await dripping.until(/\r\n\r\n$/);
  dripping.send("HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n");
  for (let second = 1; second <= 20; second++) {
    wired.pass(1);
    dripping.send("x");
    await Promise.all(slow.map((viewer) => viewer.until(new RegExp(`\r\n\r\nx{${second}}$`))));
    const stored = askOnNew(wired, "/stored");
    await stored.until(/stored$/);
    const other = askOnNew(wired, `/other/${second}`);
    await answer(`other-${second}`);
    await other.until(new RegExp(`other-${second}$`));
    for (const { socket } of [stored, other]) socket.destroy();
  }
  assert.equal(wired.world.edge.counters().fetchesInFlight, 1);
  dripping.send("y");
  await Promise.all(slow.map((viewer) => viewer.until(/x{20}y$/)));
  await eventually(() => wired.world.edge.counters().fetchesInFlight === 0);
  assert.equal(wired.world.edge.counters().originRequests, 22);
});

test("when all connections to an origin are in use, the next request waits, what is stored is served, and who leaves gives up its place", async () => {
  await using wired = await openWired({}, { originConnectionsPerOriginMax: 2 }, [], undefined, { workers: 1 });
  await using origin = await openRawOrigin();
  wired.pointAt(origin.port);
  const ask = async (path: string): Promise<{ readonly viewer: Peer; readonly server: Peer }> => {
    const viewer = askOnNew(wired, path);
    const server = await origin.next();
    await server.until(/\r\n\r\n$/);
    return { viewer, server };
  };
  const finish = async ({ viewer, server }: { readonly viewer: Peer; readonly server: Peer }): Promise<void> => {
    server.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
    await viewer.until(/body$/);
  };
  await finish(await ask("/stored"));
  const [one, two] = [await ask("/1"), await ask("/2")];
  const leaving = askOnNew(wired, "/3");
  const waiting = askOnNew(wired, "/4");
  await eventually(() => wired.world.edge.counters().requests === 5);
  const stored = askOnNew(wired, "/stored");
  await stored.until(/body$/);
  assert.equal(origin.peers.length, 3, "no third connection beside the two in use");

  leaving.socket.resetAndDestroy();
  await eventually(() => wired.world.edge.counters().fetchesInFlight === 3);
  await finish(one);
  const server = await origin.next();
  assert.match(await server.until(/\r\n\r\n$/), /^GET \/4 /);
  await finish({ viewer: waiting, server });
  await finish(two);
  await eventually(() => wired.world.edge.counters().fetchesInFlight === 0);
  assert.equal(wired.world.edge.counters().originFailures, 0);
});

function askOnNew(wired: WiredWorld, path: string): Peer {
  const viewer = wired.viewer();
  viewer.send(get(path));
  viewer.read();
  return viewer;
}
