// How often an origin is asked, for how long, and over how many connections.

import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import type { Origin } from "../../src/model/distribution.ts";
import { openRawOrigin, type RawRequest } from "../support/raw-origin.ts";
import { ALL_METHODS, list, openWorld, viewerRequest, type DistributionDraft } from "./harness.ts";

function draft(port: number, over: Partial<Origin> = {}, readTimeout = 30): DistributionDraft {
  return {
    origin: {
      CustomOriginConfig: {
        HTTPPort: port,
        HTTPSPort: port,
        OriginProtocolPolicy: "http-only",
        OriginSslProtocols: list("TLSv1.2"),
        OriginReadTimeout: readTimeout,
        OriginKeepaliveTimeout: 5,
      },
      ConnectionTimeout: 5,
      ...over,
    },
    behavior: { AllowedMethods: ALL_METHODS, MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 },
  };
}

const own = (line: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`;
const isRepeated = (method: string): boolean => method === "GET" || method === "HEAD";
const METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];

// What the origin does with each request; status, and attempts by whether the method may be repeated, of three.
const FAULTS: readonly (readonly [
  what: string,
  fault: (request: RawRequest) => void,
  status: number,
  repeated: number,
  once: number,
])[] = [
  ["says nothing", () => {}, 504, 3, 1],
  ["stops within the header section", ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nX:"), 504, 3, 1],
  ["hangs up", ({ socket }) => void socket.end(), 502, 3, 1],
  ["resets", ({ socket }) => void socket.resetAndDestroy(), 502, 3, 1],
  ["answers 500", ({ socket }) => void socket.write("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"), 500, 1, 1],
  ["answers 503", ({ socket }) => void socket.write("HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"), 503, 1, 1],
  ["answers what is not HTTP", ({ socket }) => void socket.write("no\r\n\r\n"), 502, 1, 1],
];

for (const [what, fault, status, repeated, once] of FAULTS) {
  test(`an origin that ${what} is a ${status}, asked ${repeated} times for GET and HEAD, ${once} for the others [CFDG RequestAndResponseBehaviorCustomOrigin]`, async () => {
    await using origin = await openRawOrigin(fault);
    await using world = await openWorld();
    world.publish(draft(origin.port, { ConnectionAttempts: 3 }, status === 504 ? 0.1 : 30));
    for (const method of METHODS) {
      const before = origin.asked.length;
      const body = method === "PUT" || method === "POST" ? { body: ["x"] } : {};
      assert.equal((await world.ask({ method, target: "/a", ...body })).status, status, method);
      assert.equal(origin.asked.length - before, isRepeated(method) ? repeated : once, method);
    }
  });
}

test("connecting is tried ConnectionAttempts times, for any method", async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise<void>((resolve) => closed.close(() => resolve()));
  await using world = await openWorld();
  for (const ConnectionAttempts of [1, 2, 3]) {
    world.publish(draft(port, { ConnectionAttempts }));
    for (const method of METHODS) {
      const before = world.edge.counters().originRequests;
      assert.equal((await world.ask({ method, target: "/a" })).status, 502, method);
      assert.equal(world.edge.counters().originRequests - before, ConnectionAttempts, method);
    }
  }
});

test("an origin that closes as soon as it is connected to is a 502", async () => {
  await using origin = await openRawOrigin(
    () => {},
    (socket) => void socket.end(),
  );
  await using world = await openWorld();
  world.publish(draft(origin.port));
  assert.equal((await world.ask("GET /a")).status, 502);
});

test("a request that meets a kept connection which is just being closed is not lost, whatever the attempts", async () => {
  // Each connection answers once. Then it is closed: at once, or when the next request comes, with an end or a reset.
  const closings: readonly ((request: RawRequest) => void)[] = [
    ({ socket, line }) => void socket.end(own(line)),
    ({ socket, line }) => void socket.write(own(line), () => setImmediate(() => socket.end())),
    ({ socket, line, index }) => void (index === 0 ? socket.write(own(line)) : socket.end()),
    ({ socket, line, index }) => void (index === 0 ? socket.write(own(line)) : socket.resetAndDestroy()),
  ];
  for (const closing of closings) {
    await using origin = await openRawOrigin(closing);
    await using world = await openWorld();
    world.publish(draft(origin.port, { ConnectionAttempts: 1 }));
    // Several at once fill the pool, so that more than one of its connections is dead.
    for (let round = 0; round < 5; round++) {
      const got = await Promise.all(Array.from({ length: 8 }, (_, index) => world.ask(`GET /${round}/${index}`)));
      assert.deepEqual(
        got.map(({ status, body }) => `${status} ${body}`),
        Array.from({ length: 8 }, (_, index) => `200 GET /${round}/${index}`),
      );
    }
    const posted = await world.ask({ method: "POST", target: "/p", body: ["x"] });
    assert.deepEqual([posted.status, posted.body], [200, "POST /p"]);
  }
});

test("connections to an origin are bounded; who waits for one too long gets a 503 that says so", async () => {
  let open = 0;
  let most = 0;
  const held: RawRequest[] = [];
  await using origin = await openRawOrigin(
    (request) => {
      if (request.line.startsWith("GET /held")) {
        request.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
        held.push(request);
      } else request.socket.write(own(request.line));
    },
    (socket) => {
      most = Math.max(most, ++open);
      socket.on("close", () => open--);
    },
  );
  await using world = await openWorld({}, { limits: { originConnectionsPerOriginMax: 2 }, workers: 1 });
  world.publish(draft(origin.port, {}, 0.3));
  const many = await Promise.all(Array.from({ length: 50 }, (_, index) => world.ask(`GET /${index}`)));
  assert.ok(many.every(({ status }) => status === 200));
  assert.ok(most <= 2, `${most} connections at once`);
  // Nobody reads these two, so no pause of the origin's ends them.
  const busy = await Promise.all([0, 1].map(async (index) => world.edge.respond(viewerRequest(`GET /held${index}`))));
  const got = await world.ask("GET /late");
  assert.equal(got.status, 503);
  assert.match(world.events.at(-1)?.why ?? "", /no free connection to the origin/);
  for (const { socket } of held) socket.write("body");
  for (const { body } of busy) {
    assert.ok(body.kind === "stream");
    for await (const chunk of body.chunks) assert.equal(chunk.length, 4);
  }
  assert.equal((await world.ask("GET /again")).status, 200);
});
