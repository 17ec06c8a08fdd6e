// Nothing stays behind of a request: after rounds of every kind of request, the heap is what it was. Seen after a full
// collection, and over several rounds, so that caches of code and of connections are warm.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FIDELITIES } from "../../src/vocabulary/fidelity.ts";
import { ALL_METHODS, openWorld, type Ask, type World } from "../scenarios/harness.ts";

const REQUESTS_PER_ROUND = 1200;
const ROUNDS = 5;
/** Of one round: a hundred bytes a request. What the engine keeps for itself goes up and down by less. */
const GROWTH_BYTES_MAX = 100 * REQUESTS_PER_ROUND;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

let serial = 0;
/** One request of each kind, on paths of their own unless they are about one that is known. */
function kinds(): readonly Ask[] {
  const path = `/page-${serial++}`;
  return [
    { target: path },
    { target: path },
    { target: path, headers: { Range: "bytes=2-5" } },
    { target: path, headers: { "If-None-Match": '"x"' } },
    { target: `${path}/part`, headers: { Range: "bytes=2-5" } },
    { target: `${path}/head`, method: "HEAD" },
    { target: path, method: "POST", body: ["a", "b"] },
    { target: `${path}/missing` },
    { target: `${path}/broken` },
    { target: `${path}/reset` },
    { target: "/fixed", headers: { "X-Variant": String(serial % 7) } },
    { target: "/other", host: "nobody.example" },
  ];
}

async function round(world: World): Promise<number> {
  for (let sent = 0; sent < REQUESTS_PER_ROUND;) {
    const asks = kinds();
    await Promise.all(asks.map((ask) => world.ask(ask)));
    sent += asks.length;
    world.advance(3); // some of it is stale the next time
    if (serial % 20 === 0) world.invalidate("/page-1*");
  }
  // Connections of origins that were reset are gone a turn later.
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  collect();
  return process.memoryUsage().heapUsed;
}

for (const fidelity of FIDELITIES) {
  test(`nothing stays behind of requests of every kind, by ${fidelity}`, async () => {
    const draft = { fidelity, behavior: { AllowedMethods: ALL_METHODS, Compress: true } };
    await using world = await openWorld(draft, { limits: { cacheCapacityBytes: 200_000, knownPathsMax: 64 } });
    world.origin.answer((request, response) => {
      const { url = "", headers } = request;
      request.resume();
      if (url.endsWith("/reset")) return void response.socket?.destroy();
      if (url.endsWith("/missing")) return void response.writeHead(404).end("none");
      const common = { "Cache-Control": "max-age=5, stale-while-revalidate=5", ETag: '"x"', Vary: "X-Variant" };
      if (url.endsWith("/broken")) {
        response.writeHead(200, { ...common, "Content-Length": "20" }).write("0123");
        return void setImmediate(() => response.destroy());
      }
      if (headers["if-none-match"] === '"x"') return void response.writeHead(304, common).end();
      if (headers.range === "bytes=2-5" && url.endsWith("/part")) {
        return void response.writeHead(206, { ...common, "Content-Range": "bytes 2-5/10" }).end("2345");
      }
      response.writeHead(200, { ...common, "Content-Type": "text/plain" }).end("0123456789".repeat(120));
    });
    const asked = world.origin.asked as unknown[];
    const events = world.events as unknown[];
    const heaps: number[] = [];
    for (let count = 0; count < ROUNDS; count++) {
      heaps.push(await round(world));
      // What the test itself writes down is no leak.
      asked.length = 0;
      events.splice(0, events.length);
    }
    const grown = (heaps.at(-1) ?? 0) - (heaps[1] ?? 0);
    assert.ok(grown < GROWTH_BYTES_MAX * (ROUNDS - 2), `the heap grew by ${grown} bytes: ${heaps.join(", ")}`);
    assert.equal(world.edge.counters().fetchesInFlight, 0);
  });
}
