// Origin groups: the primary first each time, the secondary when it fails as the group says.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Origin } from "../../src/model/distribution.ts";
import { list, openOriginServer, openWorld, type DistributionDraft, type OriginServer, type World } from "./harness.ts";

interface Two {
  readonly world: World;
  readonly secondary: OriginServer;
}

async function withTwo(
  given: {
    readonly codes?: readonly number[];
    readonly behavior?: DistributionDraft["behavior"];
    readonly over?: object;
  },
  play: (two: Two) => Promise<void>,
): Promise<void> {
  const secondary = await openOriginServer();
  try {
    await using world = await openWorld();
    world.origin.answer({ body: "primary" });
    secondary.answer({ body: "secondary" });
    const origin = (Id: string, port: number, over: object = {}): Origin => ({
      Id,
      DomainName: `${Id}.localhost`,
      OriginPath: `/${Id}`,
      CustomHeaders: list(),
      CustomOriginConfig: {
        HTTPPort: port,
        HTTPSPort: port,
        OriginProtocolPolicy: "http-only",
        OriginSslProtocols: list("TLSv1.2"),
        OriginReadTimeout: Id === "first" ? 0.1 : 30,
        OriginKeepaliveTimeout: 5,
      },
      ConnectionAttempts: 2,
      ConnectionTimeout: 1,
      OriginShield: { Enabled: false },
      OriginAccessControlId: "",
      ...over,
    });
    world.publish({
      behavior: { TargetOriginId: "group", ...given.behavior },
      config: {
        Origins: list(origin("first", world.origin.port, given.over), origin("second", secondary.port)),
        OriginGroups: list({
          Id: "group",
          FailoverCriteria: { StatusCodes: list(...(given.codes ?? [500, 502, 503, 504])) },
          Members: list({ OriginId: "first" }, { OriginId: "second" }),
        }),
      },
    });
    await play({ world, secondary });
  } finally {
    await secondary.stop();
  }
}

const targets = ({ asked }: OriginServer): string[] => asked.map(({ method, target }) => `${method} ${target}`);

test("the primary answers while it can, and the secondary is not asked", async () => {
  await withTwo({}, async ({ world, secondary }) => {
    assert.equal((await world.ask("GET /a")).body, "primary");
    assert.deepEqual(targets(world.origin), ["GET /first/a"]);
    assert.deepEqual(targets(secondary), []);
  });
});

// What the primary gives, whether the secondary is asked; the codes are 404 and 503.
for (const [status, fails] of [
  [200, false],
  [302, false],
  [403, false],
  [404, true],
  [500, false],
  [503, true],
] as const) {
  test(`a ${status} of the primary ${fails ? "is not final" : "is final"} [CFDG high_availability_origin_failover]`, async () => {
    await withTwo({ codes: [404, 503] }, async ({ world, secondary }) => {
      world.origin.answer({ status, body: "primary" });
      const got = await world.ask("GET /a");
      assert.deepEqual([got.status, got.body], fails ? [200, "secondary"] : [status, "primary"]);
      assert.deepEqual(targets(secondary), fails ? ["GET /second/a"] : []);
      const told = world.events.filter(({ event }) => event === "origin-failed-over").map(({ why }) => why);
      assert.deepEqual(told, fails ? [`E1, group group: first gave status ${status}; second is asked`] : []);
    });
  });
}

test("a primary that is down, silent or hangs up is failed over after its attempts, whatever the codes", async () => {
  const faults: readonly ((world: World) => void | Promise<void>)[] = [
    (world) => world.origin.stop(),
    (world) => world.origin.answer(() => {}),
    (world) => world.origin.answer((request) => request.socket.destroy()),
  ];
  for (const fault of faults) {
    await withTwo({ codes: [404] }, async ({ world, secondary }) => {
      await fault(world);
      assert.equal((await world.ask("GET /a")).body, "secondary");
      assert.equal(world.edge.counters().originRequests, 3, "two attempts, and the secondary's");
      assert.equal(secondary.asked.length, 1);
    });
  }
});

test("a name that does not resolve is failed over as well", async () => {
  await withTwo({ over: { DomainName: "does-not-exist.invalid" } }, async ({ world }) => {
    assert.equal((await world.ask("GET /a")).body, "secondary");
  });
});

test("each request tries the primary first, and what the secondary gave is stored like any other", async () => {
  await withTwo({}, async ({ world, secondary }) => {
    world.origin.answer({ status: 500 });
    await world.ask("GET /a");
    assert.equal((await world.ask("GET /a")).result, "Hit");
    world.origin.answer({ body: "primary again" });
    assert.equal((await world.ask("GET /b")).body, "primary again");
    assert.deepEqual(targets(secondary), ["GET /second/a"]);
  });
});

test("when both fail the secondary's failure is the answer", async () => {
  await withTwo({}, async ({ world, secondary }) => {
    world.origin.answer({ status: 500, body: "one" });
    secondary.answer({ status: 503, body: "two" });
    const got = await world.ask("GET /a");
    assert.deepEqual([got.status, got.body], [503, "two"]);
    await secondary.stop();
    assert.equal((await world.ask("GET /b")).status, 502);
  });
});

test("HEAD and OPTIONS fail over past the cache too, and a large answer of the primary is not read", async () => {
  const AllowedMethods = { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD") };
  const behavior = { AllowedMethods, MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 };
  await withTwo({ behavior }, async ({ world, secondary }) => {
    world.origin.answer({ status: 500, body: Buffer.alloc(1_000_000) });
    for (const method of ["HEAD", "OPTIONS", "GET"]) {
      assert.equal((await world.ask({ method, target: "/a" })).status, 200, method);
    }
    assert.deepEqual(targets(secondary), ["HEAD /second/a", "OPTIONS /second/a", "GET /second/a"]);
  });
});

test("many who ask at once cause one request to each origin", async () => {
  await withTwo({}, async ({ world, secondary }) => {
    world.origin.answer({ status: 500 });
    const got = await Promise.all(Array.from({ length: 20 }, () => world.ask("GET /a")));
    assert.ok(got.every(({ body }) => body === "secondary"));
    assert.deepEqual([world.origin.asked.length, secondary.asked.length], [1, 1]);
  });
});

test("explain says who stands by, and for what", async () => {
  await withTwo({ codes: [404] }, async ({ world }) => {
    const { steps } = await world.edge.explain({ method: "GET", url: "http://d1.cloudfront.localhost/a" });
    const step = steps.find(({ stage }) => stage === "failover");
    assert.equal(step?.decision, "secondary stands by");
    assert.equal(step?.why, "group group: second is asked when it gives 404, cannot be reached or is too slow");
  });
});

test("a whole answer must come within ResponseCompletionTimeout, before and within the body", async () => {
  await using world = await openWorld();
  const origin = (path: string) => ({
    origin: {
      OriginPath: path,
      CustomOriginConfig: {
        HTTPPort: world.origin.port,
        HTTPSPort: world.origin.port,
        OriginProtocolPolicy: "http-only",
        OriginSslProtocols: list("TLSv1.2" as const),
        OriginReadTimeout: 30,
        OriginKeepaliveTimeout: 5,
      } as const,
      ResponseCompletionTimeout: 0.3,
    },
  });
  world.publish(origin("/silent"));
  world.origin.answer(() => {});
  const got = await world.ask("GET /a");
  assert.equal(got.status, 504);
  assert.equal(world.origin.asked.length, 1, "no further attempt fits");
  assert.match(world.events.at(-1)?.why ?? "", /the answer was not complete within 0\.3 s/);
  world.publish(origin("/slow"));
  world.origin.answer((_request, response) => {
    response.write("some");
    const timer = setInterval(() => response.write("more"), 10);
    response.on("close", () => clearInterval(timer));
  });
  const broken = await world.ask("GET /b");
  assert.deepEqual([broken.status, broken.brokeOff], [200, true]);
});
