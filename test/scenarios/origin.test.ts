// What the origin is asked, and what viewers get when it is slow, dead, or breaks off; and many viewers who ask for one
// page at once.

import assert from "node:assert/strict";
import { answerFields } from "../../src/edge/transport/message.ts";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import type { CustomOriginConfig } from "../../src/model/distribution.ts";
import { ALL_METHODS, holdOrigin, list, openWorld, readAnswer, scenario, viewerRequest } from "./harness.ts";

const origin = (port: number, over: Partial<CustomOriginConfig> = {}) => ({
  CustomOriginConfig: {
    HTTPPort: port,
    HTTPSPort: port,
    OriginProtocolPolicy: "http-only",
    OriginSslProtocols: list("TLSv1.2"),
    OriginReadTimeout: 30,
    OriginKeepaliveTimeout: 5,
    ...over,
  } as CustomOriginConfig,
});

scenario(
  "the origin sees the edge, not the viewer",
  "CFDG RequestAndResponseBehaviorCustomOrigin",
  {
    origin: { CustomHeaders: list({ HeaderName: "X-Secret", HeaderValue: "ours" }) },
  },
  [
    {
      viewer: {
        target: "/a",
        headers: {
          Accept: "*/*",
          "Accept-Charset": "x",
          "Accept-Language": "de",
          Authorization: "x",
          Cookie: "a=1",
          Expect: "100-continue",
          Referer: "x",
          TE: "trailers",
          Connection: "X-Hop, close",
          "X-Hop": "1",
          "Keep-Alive": "x",
          "User-Agent": "curl",
          "X-Forwarded-For": "192.0.2.4",
          "X-Forwarded-Proto": "x",
          "X-Real-IP": "x",
          "X-Edge-Thing": "x",
          "X-HTTP-Method-Override": "x",
          "Proxy-Authorization": "x",
          "CloudFront-Viewer-Country": "XX",
          "X-Secret": "theirs",
          "X-Other": "kept",
          "Cache-Control": "no-cache",
          Via: "1.0 proxy",
          "X-Amz-Cf-Id": "x",
        },
      },
      expect: {
        askedWith: {
          accept: undefined,
          "accept-charset": undefined,
          "accept-language": undefined,
          authorization: undefined,
          cookie: undefined,
          expect: undefined,
          referer: undefined,
          te: undefined,
          "x-hop": undefined,
          "keep-alive": undefined,
          "x-forwarded-proto": undefined,
          "x-real-ip": undefined,
          "x-edge-thing": undefined,
          "x-http-method-override": undefined,
          "proxy-authorization": undefined,
          "cloudfront-viewer-country": undefined,
          connection: "Keep-Alive",
          "user-agent": "Amazon CloudFront",
          "x-forwarded-for": "192.0.2.4,198.51.100.7",
          "x-secret": "ours",
          "x-other": "kept",
          "cache-control": "no-cache",
        },
      },
    },
  ],
);

test("each message says which edge it came through [CFDG RequestAndResponseBehaviorCustomOrigin]", async () => {
  await using world = await openWorld();
  world.origin.answer({
    headers: {
      Via: "1.1 inner",
      Server: "theirs",
      "X-Cache": "theirs",
      "X-Amz-Cf-Id": "theirs",
      Connection: "X-Hop",
      "X-Hop": "1",
    },
  });
  const got = await world.ask({ target: "/a", headers: { Via: "1.0 proxy" } });
  const asked = world.origin.asked[0]?.headers;
  assert.match(String(asked?.via), /^1\.0 proxy, 1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
  assert.equal(asked?.host, `origin.localhost:${world.origin.port}`);
  assert.match(got.field("via") ?? "", /^1\.1 inner, 1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/);
  assert.match(got.field("x-amz-cf-id") ?? "", /^[A-Za-z0-9_-]{54}==$/);
  assert.equal(got.field("x-amz-cf-id"), asked?.["x-amz-cf-id"], "the id of a miss is the origin request's");
  assert.equal(got.field("x-amz-cf-pop"), "LCL50-P1");
  assert.equal(got.field("server"), "theirs");
  assert.equal(got.field("x-hop"), undefined);
  assert.equal(got.fields.filter(([name]) => name.toLowerCase() === "x-cache").length, 1);
  const hit = await world.ask("GET /a");
  assert.equal(hit.result, "Hit");
  assert.match(hit.field("via") ?? "", /^1\.1 inner, 1\.1 [0-9a-f]{32}/);
  assert.notEqual(hit.field("x-amz-cf-id"), got.field("x-amz-cf-id"));
});

scenario("an origin that is down is a 502, kept for a while like other errors", "CFDG HTTPStatusCodes", {}, [
  {
    viewer: "GET /a",
    origin: "unreachable",
    expect: {
      status: 502,
      result: "Error",
      says: "CloudFront wasn't able to connect to the origin.",
      fields: { age: undefined },
    },
  },
  { advanceSeconds: 9 },
  { viewer: "GET /a", expect: { status: 502, result: "Error", fields: { age: "9" } } },
]);

test("connecting is tried as often as configured, for what is posted too", async () => {
  await using world = await openWorld({ origin: { ConnectionAttempts: 2 }, behavior: { AllowedMethods: ALL_METHODS } });
  await world.origin.stop();
  assert.equal((await world.ask({ method: "POST", target: "/a", body: ["x"] })).status, 502);
  assert.equal(world.edge.counters().originRequests, 2);
  assert.equal(world.edge.counters().originFailures, 1);
});

test("an origin that says nothing in time is a 504: GET is tried again, POST is not", async () => {
  await using world = await openWorld();
  world.origin.answer(() => {});
  const slow = (path: string) => ({
    behavior: { AllowedMethods: ALL_METHODS },
    origin: { ...origin(world.origin.port, { OriginReadTimeout: 0.05 }), ConnectionAttempts: 2, OriginPath: path },
  });
  world.publish(slow("/get"));
  const got = await world.ask("GET /a");
  assert.equal(got.status, 504);
  assert.equal(world.origin.asked.length, 2);
  world.publish(slow("/post"));
  assert.equal((await world.ask({ method: "POST", target: "/a", body: ["x"] })).status, 504);
  assert.equal(world.origin.asked.length, 3);
});

test("a connection that does not come about within ConnectionTimeout is a 504, tried as often as configured", async () => {
  await using world = await openWorld({ behavior: { AllowedMethods: ALL_METHODS } });
  let connections = 0;
  const silent = createServer((socket) => {
    connections++;
    socket.on("error", () => {}).resume();
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = silent.address() as AddressInfo;
    // A handshake that nobody answers is part of connecting.
    const over = { ...origin(port, { OriginProtocolPolicy: "https-only" }), ConnectionAttempts: 2 };
    world.publish({ origin: { ...over, ConnectionTimeout: 0.05 }, behavior: { AllowedMethods: ALL_METHODS } });
    const got = await world.ask({ method: "POST", target: "/a", body: ["x"] });
    assert.equal(got.status, 504);
    assert.match(got.body, /wasn't able to connect/);
    assert.equal(connections, 2);
  } finally {
    await new Promise<void>((resolve) => silent.close(() => resolve()));
  }
});

test("an idle connection to the origin is closed after OriginKeepaliveTimeout", async () => {
  await using world = await openWorld();
  const sockets: Socket[] = [];
  world.origin.answer((request, response) => {
    sockets.push(request.socket);
    response.end("v");
  });
  world.publish({ origin: origin(world.origin.port, { OriginKeepaliveTimeout: 0.05 }) });
  await world.ask("GET /a");
  const [socket] = sockets;
  assert.ok(socket !== undefined);
  if (!socket.closed) await once(socket, "close");
  await world.ask("GET /b");
  assert.notEqual(sockets[1], socket);
});

test("an origin that hangs up without an answer is a 502", async () => {
  await using world = await openWorld();
  world.origin.answer((request) => request.socket.destroy());
  const got = await world.ask("GET /a");
  assert.equal(got.status, 502);
  assert.match(got.body, /the origin closed the connection/);
});

test("a name that does not exist is a 502 that says so", async () => {
  await using world = await openWorld();
  world.publish({ origin: { ...origin(80), DomainName: "does-not-exist.invalid" } });
  const got = await world.ask("GET /a");
  assert.equal(got.status, 502);
  assert.match(got.body, /resolve the origin domain name/);
});

test("private addresses are refused when they are not allowed, whatever the name looks like", async () => {
  await using world = await openWorld({}, { settings: { allowPrivateOrigins: false } });
  for (const DomainName of [
    "origin.localhost",
    "localhost",
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.1",
    "0.0.0.0",
    "127.1",
    "2130706433",
  ]) {
    world.publish({ origin: { ...origin(world.origin.port), DomainName, OriginPath: `/${DomainName}` } });
    world.invalidate("/*");
    const got = await world.ask("GET /a");
    assert.equal(got.status, 502, DomainName);
    assert.match(got.body, /not one that this edge may connect to|resolve the origin/, DomainName);
  }
  assert.equal(world.origin.asked.length, 0);
});

test("an origin that does not speak TLS is a 502 over https, and nothing goes out in clear", async () => {
  await using world = await openWorld();
  world.publish({ origin: origin(world.origin.port, { OriginProtocolPolicy: "https-only" }) });
  assert.equal((await world.ask("GET /a")).status, 502);
  assert.equal(world.origin.asked.length, 0);
});

// What an origin writes; status of the viewer's answer.
const RAW_ROWS: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ["no HTTP at all", "hello\r\n\r\n", 502],
  ["a header section that is too large", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(30_000)}\r\n\r\n`, 502],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 502],
  ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502],
  ["a field that is folded over lines", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", 502],
  ["another transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 502],
  [
    "an upgrade that nobody asked for",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    502,
  ],
  ["early hints first", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200],
  ["one 100 first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200],
  ["two 100s", `${"HTTP/1.1 100 Continue\r\n\r\n".repeat(2)}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`, 502],
  ["hints without end", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(100), 502],
  ["a body until the end of the connection", "HTTP/1.1 200 OK\r\n\r\nbody", 200],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nbody", 200],
];

for (const [what, raw, status] of RAW_ROWS) {
  scenario(
    `an origin that answers with ${what} gives a ${status}`,
    "RFC 9112 §6.3",
    { origin: { ConnectionAttempts: 1 } },
    [{ viewer: "GET /a", origin: { raw }, expect: { status, brokeOff: false } }],
  );
}

// What comes of a body whose end is not as it was announced: is it there the second time?
for (const [what, raw, body, brokeOff, result] of [
  ["Content-Length and all of the body", "Content-Length: 4\r\n\r\nbody", "body", false, "Hit"],
  ["Content-Length and a part of the body", "Content-Length: 9\r\n\r\nbody", undefined, true, "Miss"],
  ["all of its chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", "body", false, "Hit"],
  ["chunks without an end", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", undefined, true, "Miss"],
  ["a body until the connection ends", "Connection: close\r\n\r\nbody", "body", false, "Hit"],
] as const) {
  const expect = { brokeOff, ...(body !== undefined && { body }) };
  scenario(`${what}: the next viewer gets a ${result}`, "CFDG RequestAndResponseBehaviorCustomOrigin", {}, [
    {
      viewer: "GET /a",
      origin: { raw: `HTTP/1.1 200 OK\r\n${raw}` },
      expect: { status: 200, result: "Miss", ...expect },
    },
    { viewer: "GET /a", expect: { result, ...expect } },
  ]);
}

test("a body that breaks off breaks the viewer's message off, and is not stored", async () => {
  for (const framing of [{ "Content-Length": "100" }, {}]) {
    await using world = await openWorld();
    world.origin.answer((request, response) => {
      response.writeHead(200, framing);
      response.write("half");
      setImmediate(() => request.socket.destroy());
    });
    const got = await world.ask("GET /a");
    assert.equal(got.status, 200);
    assert.ok(got.brokeOff);
    assert.equal(world.edge.counters().storedResponses, 0);
    world.origin.answer({ body: "whole" });
    assert.equal((await world.ask("GET /a")).body, "whole");
  }
});

test("a body that pauses for longer than the origin may is broken off", async () => {
  await using world = await openWorld();
  world.publish({ origin: origin(world.origin.port, { OriginReadTimeout: 0.05 }) });
  world.origin.answer((_request, response) => {
    response.writeHead(200, { "Content-Length": "100" });
    response.write("half");
  });
  assert.ok((await world.ask("GET /a")).brokeOff);
});

test("viewers who ask at the same time share one fetch, and read along as it comes", async () => {
  await using world = await openWorld();
  const held = holdOrigin(world);
  const asking = [1, 2, 3].map(async () => world.edge.respond(viewerRequest("GET /a")));
  const response = await held.next();
  response.writeHead(200, { "Content-Length": "12" });
  response.write("first ");
  const answers = await Promise.all(asking);
  const readers = answers.map((answer) => {
    assert.ok(answer.body.kind === "stream");
    assert.equal(answer.body.length, 12);
    return answer.body.chunks[Symbol.asyncIterator]();
  });
  for (const reader of readers) assert.equal(Buffer.from((await reader.next()).value ?? []).toString(), "first ");
  const late = world.edge.respond(viewerRequest("GET /a"));
  response.end("second");
  for (const reader of readers) assert.equal(Buffer.from((await reader.next()).value ?? []).toString(), "second");
  for (const reader of readers) assert.equal((await reader.next()).done, true);
  assert.equal((await readAnswer(await late)).body, "first second");
  // Which of them comes first at the worker that fetches is not told.
  assert.deepEqual(
    answers.map((answer) => answerFields(answer).find(([name]) => name === "X-Cache")?.[1] ?? "").toSorted(),
    ["Hit from cloudfront", "Hit from cloudfront", "Miss from cloudfront"],
  );
  assert.equal(world.origin.asked.length, 1);
  assert.equal((await world.ask("GET /a")).result, "Hit");
});

test("a body that takes longer than its response is fresh is not joined any more: the next who ask share a fetch of their own", async () => {
  await using world = await openWorld();
  const held = holdOrigin(world);
  const first = world.edge.respond(viewerRequest("GET /a"));
  const slow = await held.next();
  slow.writeHead(200, { "Cache-Control": "max-age=10" });
  slow.write("old ");
  const reading = readAnswer(await first);
  world.advance(9);
  const joining = world.edge.respond(viewerRequest("GET /a"));
  world.advance(1);
  const later = [world.ask("GET /a"), world.ask("GET /a")];
  (await held.next()).end("new");
  slow.end("page");
  assert.equal((await reading).body, "old page");
  assert.equal((await readAnswer(await joining)).body, "old page");
  assert.deepEqual(
    (await Promise.all(later)).map(({ body }) => body),
    ["new", "new"],
  );
  assert.equal(world.origin.asked.length, 2);
});

test("what may not be shared is asked for by each: uncacheable answers, forwarded cookies, ranges and conditions", async () => {
  const rows = [
    { draft: {}, headers: {}, said: { "Cache-Control": "no-store" } },
    {
      draft: { behavior: { ForwardedValues: { Cookies: { Forward: "all" as const } } } },
      headers: { Cookie: "a=1" },
      said: {},
    },
    { draft: {}, headers: { Range: "bytes=0-1" }, said: {} },
    { draft: {}, headers: { "If-None-Match": '"1"' }, said: {} },
  ];
  for (const { draft, headers, said } of rows) {
    await using world = await openWorld(draft);
    world.origin.answer({ headers: said, body: "v" });
    const release = world.origin.hold();
    const asking = Promise.all([1, 2, 3].map(() => world.ask({ target: "/a", headers })));
    // Of the first nobody knows yet that it may not be shared: the others wait for it.
    const atOnce = "Cache-Control" in said ? 1 : 3;
    while (world.origin.asked.length < atOnce) await new Promise(setImmediate);
    release();
    const got = await asking;
    assert.deepEqual(
      got.map(({ result }) => result),
      ["Miss", "Miss", "Miss"],
    );
    assert.equal(world.origin.asked.length, 3);
  }
});

test("after an answer that could not be shared nobody waits for another", async () => {
  await using world = await openWorld();
  world.origin.answer({ headers: { "Cache-Control": "no-store" }, body: "v" });
  await world.ask("GET /a");
  const held = holdOrigin(world);
  const asking = [world.ask("GET /a"), world.ask("GET /a")];
  const responses = [await held.next(), await held.next()]; // both are there before one is answered
  for (const response of responses) response.end("v");
  await Promise.all(asking);
});

test("one viewer's condition or range does not keep the others from sharing", async () => {
  await using world = await openWorld();
  world.origin.answer({ status: 304 });
  assert.equal((await world.ask({ target: "/a", headers: { "If-None-Match": '"1"' } })).status, 304);
  const held = holdOrigin(world);
  const asking = [world.ask("GET /a"), world.ask("GET /a")];
  (await held.next()).end("v");
  assert.deepEqual(
    (await Promise.all(asking)).map(({ result }) => result),
    ["Miss", "Hit"],
  );
});

test("when the last viewer leaves, the origin is given up; while others read, it is not", async () => {
  await using world = await openWorld();
  const held = holdOrigin(world);
  const asking = [1, 2].map(async () => world.edge.respond(viewerRequest("GET /a")));
  const response = await held.next();
  response.writeHead(200);
  response.write("some");
  const closed = once(response, "close");
  const [first, second] = (await Promise.all(asking)).map(({ body }) => {
    assert.ok(body.kind === "stream");
    return body.chunks[Symbol.asyncIterator]();
  });
  await first?.return?.();
  assert.equal(Buffer.from((await second?.next())?.value ?? []).toString(), "some");
  assert.equal(world.edge.counters().fetchesInFlight, 1);
  await second?.return?.();
  await closed;
  assert.equal(world.edge.counters().storedResponses, 0);
});

test("a viewer who leaves a body that is not stored leaves the origin at once, though it is silent", async () => {
  await using world = await openWorld({ behavior: { MaxTTL: 0, DefaultTTL: 0 } });
  const held = holdOrigin(world);
  const asking = world.edge.respond(viewerRequest("GET /a"));
  const response = await held.next();
  response.flushHeaders();
  const { body } = await asking;
  assert.ok(body.kind === "stream");
  const closed = once(response, "close");
  await body.chunks[Symbol.asyncIterator]().return?.();
  await closed;
});

test("a viewer who has left before a short answer came leaves no connection to the origin behind", async () => {
  await using world = await openWorld({ behavior: { MaxTTL: 0, DefaultTTL: 0 } });
  world.origin.answer({ body: "x".repeat(100_000) });
  for (const readsFirst of [false, true]) {
    const { body } = await world.edge.respond(viewerRequest("GET /a"));
    assert.ok(body.kind === "stream");
    const chunks = body.chunks[Symbol.asyncIterator]();
    if (readsFirst) await chunks.next();
    await chunks.return?.();
  }
  for (let turns = 0; turns < 100 && world.edge.counters().fetchesInFlight > 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(world.edge.counters().fetchesInFlight, 0);
});

test("a slow viewer slows the origin down: what is on the way stays bounded", async () => {
  await using world = await openWorld({}, { limits: { cacheResponseBytesMax: 1000 } });
  const chunk = Buffer.alloc(65_536, "x");
  const total = 400;
  let sent = 0;
  world.origin.answer((_request, response) => {
    const push = (): void => {
      while (sent < total) {
        sent++;
        if (!response.write(chunk)) return void response.once("drain", push);
      }
      response.end();
    };
    push();
  });
  const { body } = await world.edge.respond(viewerRequest("GET /big"));
  assert.ok(body.kind === "stream");
  const reader = body.chunks[Symbol.asyncIterator]();
  let read = (await reader.next()).value?.length ?? 0;
  for (let seen = -1, still = 0; still < 50; seen = sent) {
    still = seen === sent ? still + 1 : 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const stalled = sent;
  // Socket buffers hold some megabytes of it; the rest waits at the origin until the viewer goes on.
  assert.ok(stalled < total, `${stalled} of ${total} chunks were sent before the viewer read on`);
  for (let step = await reader.next(); step.done !== true; step = await reader.next()) read += step.value.length;
  assert.equal(read, total * chunk.length);
  assert.equal(world.edge.counters().storedResponses, 0);
});

test("a large body is stored in pieces and comes back whole", async () => {
  await using world = await openWorld();
  const body = Buffer.alloc(3_000_000, "0123456789abcdefg");
  world.origin.answer({ body });
  assert.equal((await world.ask("GET /a")).body, body.toString("latin1"));
  const hit = await world.ask("GET /a");
  assert.equal(hit.result, "Hit");
  assert.equal(hit.body, body.toString("latin1"));
});

test("a hit is answered at once, without a promise", async () => {
  await using world = await openWorld();
  await world.ask("GET /a");
  assert.ok(!(world.edge.respond(viewerRequest("GET /a")) instanceof Promise));
});

test("connections to the origin are kept and used again, after bodiless answers too", async () => {
  await using world = await openWorld({ behavior: { ForwardedValues: { QueryString: true } } }, { workers: 1 });
  const sockets = new Set<unknown>();
  world.origin.answer((request, response) => {
    sockets.add(request.socket);
    if (request.url === "/a?2") response.writeHead(204).end();
    else if (request.url === "/a?3") response.writeHead(200, { "Content-Length": "0" }).end();
    else response.end("v");
  });
  for (let index = 0; index < 6; index++) await world.ask(`GET /a?${index}`);
  assert.equal(sockets.size, 1);
});

test("the counters count answers by what they were", async () => {
  await using world = await openWorld();
  await world.ask("GET /a");
  await world.ask("GET /a");
  await world.ask("POST /a");
  const { requests, hits, misses, errors, originRequests, storedResponses, faults } = world.edge.counters();
  assert.deepEqual(
    { requests, hits, misses, errors, originRequests, storedResponses, faults },
    {
      requests: 3,
      hits: 1,
      misses: 1,
      errors: 1,
      originRequests: 1,
      storedResponses: 1,
      faults: 0,
    },
  );
});
