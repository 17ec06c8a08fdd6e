// Origins by name: what viewers meet when names move, turn private, or cannot be resolved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openNameServer, type NameAnswer } from "../support/name-server.ts";
import { list, openWorld, type DistributionDraft, type World, type WorldSettings } from "./harness.ts";

const uncached = { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 };

async function withNames(
  rows: Readonly<Record<string, NameAnswer>>,
  asked: WorldSettings,
  play: (world: World, server: Awaited<ReturnType<typeof openNameServer>>) => Promise<void>,
): Promise<void> {
  await using server = await openNameServer(rows);
  await using world = await openWorld(
    {},
    // Each worker asks for itself.
    {
      workers: 1,
      ...asked,
      settings: { nameServers: [server.address], hostsFile: "/does/not/exist", ...asked.settings },
    },
  );
  await play(world, server);
}

function originCalled(world: World, DomainName: string, path = ""): DistributionDraft {
  return {
    origin: {
      DomainName,
      OriginPath: path,
      CustomOriginConfig: {
        HTTPPort: world.origin.port,
        HTTPSPort: world.origin.port,
        OriginProtocolPolicy: "http-only",
        OriginSslProtocols: list("TLSv1.2"),
        OriginReadTimeout: 30,
        OriginKeepaliveTimeout: 0.001,
      },
      ConnectionTimeout: 0.2,
    },
    behavior: uncached,
  };
}

test("an origin is found by its name, and its second address serves when the first refuses", async () => {
  await withNames({ "one.example": { addresses: ["127.0.0.2", "127.0.0.1"], ttl: 60 } }, {}, async (world, server) => {
    world.publish(originCalled(world, "one.example"));
    world.origin.answer((_request, response) => response.writeHead(200, { Connection: "close" }).end("v"));
    for (let turn = 0; turn < 4; turn++) assert.equal((await world.ask("GET /a")).body, "v");
    assert.equal(world.origin.asked.length, 4);
    assert.equal(world.edge.counters().originRequests, 4, "an address that refuses costs no attempt");
    assert.equal(server.asked.filter((question) => question.startsWith("A ")).length, 1);
  });
});

const DNS_ROWS: readonly (readonly [Extract<NameAnswer, string>, RegExp])[] = [
  ["NXDOMAIN", /does not resolve to an address/],
  ["SERVFAIL", /the name servers gave no answer/],
  ["silence", /no answer from the name servers within/],
];

for (const [answer, why] of DNS_ROWS) {
  test(`a name server that says ${answer} is a 502 that says so, and the log says why`, async () => {
    const limits = { originNameTimeoutSeconds: 0.1 };
    await withNames({ "one.example": answer }, { limits }, async (world) => {
      world.publish(originCalled(world, "one.example"));
      const got = await world.ask({ method: "GET", target: "/a" });
      assert.equal(got.status, 502);
      assert.match(got.body, /CloudFront wasn't able to resolve the origin domain name\./);
      assert.match(world.events.find(({ event }) => event === "origin-failed")?.why ?? "", why);
      assert.equal(world.edge.counters().originRequests, 1, "asking again at once would hear the same");
    });
  });
}

test("a name in public hands that stands for loopback gets no request", async () => {
  const settings = { allowPrivateOrigins: false };
  await withNames({ "one.example": { addresses: ["127.0.0.1"], ttl: 1 } }, { settings }, async (world) => {
    world.publish(originCalled(world, "one.example"));
    const got = await world.ask("GET /a");
    assert.equal(got.status, 502);
    assert.match(got.body, /not one that this edge may connect to/);
    assert.equal(world.origin.asked.length, 0);
  });
});

test("an origin moves with its name after the TTL, and outlives its name servers", async () => {
  await withNames({ "one.example": { addresses: ["127.0.0.2"], ttl: 10 } }, {}, async (world, server) => {
    world.publish(originCalled(world, "one.example"));
    world.origin.answer((_request, response) => response.writeHead(200, { Connection: "close" }).end());
    assert.equal((await world.ask("GET /a")).status, 502);
    server.answer("one.example", { addresses: ["127.0.0.1"], ttl: 10 });
    world.advance(9);
    assert.equal((await world.ask("GET /b")).status, 502);
    world.advance(1);
    assert.equal((await world.ask("GET /c")).status, 200);
    server.answer("one.example", "SERVFAIL");
    world.advance(600);
    assert.equal((await world.ask("GET /d")).status, 200);
    world.advance(3600);
    assert.equal((await world.ask("GET /e")).status, 502);
  });
});
