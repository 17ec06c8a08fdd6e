// Compression by the edge: what is stored, what viewers of either kind get, and what happens when someone breaks off.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { answerFields } from "../../src/edge/transport/message.ts";
import { openViewerListener } from "../../src/edge/transport/viewer-listener.ts";
import { DEFAULT_LIMITS } from "../../src/vocabulary/limits.ts";
import {
  holdOrigin,
  list,
  openWorld,
  scenario,
  viewerRequest as request,
  type Ask,
  type DistributionDraft,
  type Got,
  type World,
} from "./harness.ts";

const draft: DistributionDraft = { behavior: { Compress: true } };
const PAGE = "<p>A page with a text that comes again and again.</p>\n".repeat(100);

const page = (headers: Readonly<Record<string, string>> = {}) => ({
  headers: { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "max-age=60", ...headers },
  body: PAGE,
});

function gzipped(more: Readonly<Record<string, string>> = {}, method = "GET"): Ask {
  return { method, target: "/a", headers: { "Accept-Encoding": "gzip, deflate, br", ...more } };
}

function unzip({ body }: Got): string {
  return gunzipSync(Buffer.from(body, "latin1")).toString();
}

const told = (got: Got): readonly unknown[] => [
  got.status,
  got.result,
  ...["content-encoding", "etag", "vary"].map((name) => got.field(name)),
];

/** Until nothing is in work any more; a test that waits for ever fails by its time-out. */
async function settle(world: World): Promise<void> {
  const isLeft = (): boolean => {
    const { fetchesInFlight, compressionsInFlight } = world.edge.counters();
    return fetchesInFlight + compressionsInFlight > 0;
  };
  while (isLeft()) await new Promise((resolve) => setImmediate(resolve));
}

test("both variants are a miss, then a hit, each in its own form [CFDG ServingCompressedFiles]", async () => {
  await using world = await openWorld(draft);
  world.origin.answer(page({ ETag: '"1"' }));
  for (const result of ["Miss", "Hit"]) {
    const small = await world.ask(gzipped());
    assert.deepEqual(told(small), [200, result, "gzip", 'W/"1"', "Accept-Encoding"]);
    assert.equal(unzip(small), PAGE);
    assert(small.body.length < 500);
    const plain = await world.ask("GET /a");
    assert.deepEqual(told(plain), [200, result, undefined, '"1"', undefined]);
    assert.equal(plain.body, PAGE);
    await settle(world);
  }
  assert.deepEqual(
    world.origin.asked.map(({ headers }) => headers["accept-encoding"]),
    ["gzip", undefined],
  );
  assert.equal(world.edge.counters().compressed, 1);
});

test("by RFC 9110 brotli is given, too, and each list of codings is a variant", async () => {
  await using world = await openWorld(draft, { settings: { fidelity: "rfc9111" } });
  world.origin.answer(page());
  // Accept-Encoding → coding, result, what the origin is asked for
  const rows: readonly (readonly [string, string | undefined, string, string | undefined])[] = [
    ["gzip, deflate, br", "br", "Miss", "br,gzip"],
    ["br;q=1, gzip;q=0.5", "br", "Hit", undefined],
    ["br", "br", "Miss", "br"],
    ["gzip, br;q=0.5", "gzip", "Miss", "gzip"],
    ["gzip", "gzip", "Hit", undefined],
    ["identity", undefined, "Miss", "identity"],
    ["gzip;q=0", undefined, "Hit", undefined],
  ];
  for (const [accepts, coding, result, asked] of rows) {
    const before = world.origin.asked.length;
    const got = await world.ask(gzipped({ "Accept-Encoding": accepts }));
    await settle(world);
    assert.deepEqual(
      [got.field("content-encoding"), got.result, world.origin.asked[before]?.headers["accept-encoding"]],
      [coding, result, asked],
      accepts,
    );
    const bytes = Buffer.from(got.body, "latin1");
    const decoded = coding === "br" ? brotliDecompressSync(bytes) : coding === "gzip" ? gunzipSync(bytes) : bytes;
    assert.equal(decoded.toString(), PAGE);
  }
});

scenario("what the origin has compressed passes as it is", "CFDG ServingCompressedFiles", draft, [
  {
    viewer: gzipped(),
    origin: { ...page({ "Content-Encoding": "gzip", ETag: '"1"' }), body: "x".repeat(2000) },
    expect: {
      result: "Miss",
      body: "x".repeat(2000),
      fields: { "content-encoding": "gzip", etag: '"1"', vary: undefined },
    },
  },
  { viewer: gzipped(), expect: { result: "Hit", body: "x".repeat(2000), fields: { "content-encoding": "gzip" } } },
]);

scenario("a body of a length that is not told is not compressed", "CFDG ServingCompressedFiles", draft, [
  {
    viewer: "GET /unasked",
    origin: page(),
    expect: { result: "Miss", body: PAGE, fields: { "content-encoding": undefined } },
  },
  {
    viewer: gzipped({ Range: "bytes=0-1999" }),
    origin: { ...page({ "Content-Range": "bytes 0-1999/5000" }), status: 206, body: "y".repeat(2000) },
    expect: { status: 206, body: "y".repeat(2000), fields: { "content-encoding": undefined } },
  },
]);

test("error pages of the origin are compressed [CFDG ServingCompressedFiles]", async () => {
  for (const status of [403, 404]) {
    await using world = await openWorld(draft);
    world.origin.answer({ ...page(), status });
    for (let time = 0; time < 2; time++) {
      const got = await world.ask(gzipped());
      assert.deepEqual(told(got), [status, "Error", "gzip", undefined, "Accept-Encoding"]);
      assert.equal(unzip(got), PAGE);
      await settle(world);
    }
    assert.equal(world.origin.asked.length, 1);
  }
});

test("a HEAD tells what a GET does, and the length once it is known", async () => {
  await using world = await openWorld(draft);
  world.origin.answer(page({ ETag: '"1"' }));
  const lengthOf = async (method: string): Promise<number | undefined> => {
    const answer = await world.edge.respond(request(gzipped({}, method)));
    assert.equal(answerFields(answer).find(([name]) => name === "Content-Encoding")?.[1], "gzip");
    assert.equal(answerFields(answer).find(([name]) => name === "ETag")?.[1], 'W/"1"');
    const { body } = answer;
    if (body.kind === "stream") for await (const chunk of body.chunks) assert(chunk.length > 0);
    await settle(world);
    return body.kind === "bytes" ? body.bytes.length : body.kind === "stream" ? body.length : 0;
  };
  assert.equal(await lengthOf("HEAD"), undefined);
  const length = await lengthOf("HEAD");
  assert(length !== undefined && length > 0 && length < 500);
  assert.equal(await lengthOf("GET"), length);
  assert.equal(world.origin.asked.length, 1);
});

test("a compressed response is validated by the origin's own tag, and stays what it is [RFC 9111 §4.3]", async () => {
  for (const [sent, shown] of [
    ['"1"', 'W/"1"'],
    ['W/"1"', 'W/"1"'],
  ] as const) {
    await using world = await openWorld(draft);
    world.origin.answer(page({ ETag: sent }));
    await world.ask(gzipped());
    await settle(world);
    for (let round = 0; round < 2; round++) {
      world.advance(61);
      world.origin.answer({
        status: 304,
        headers: { ETag: sent, "Cache-Control": "max-age=60", Vary: "Origin", "Accept-Ranges": "bytes" },
      });
      const got = await world.ask(gzipped());
      assert.equal(world.origin.asked.at(-1)?.headers["if-none-match"], sent);
      assert.deepEqual(told(got), [200, "RefreshHit", "gzip", shown, "Accept-Encoding"]);
      assert.equal(got.field("accept-ranges"), undefined);
      assert.equal(unzip(got), PAGE);
    }
    const hit = await world.ask(gzipped());
    assert.deepEqual(told(hit), [200, "Hit", "gzip", shown, "Accept-Encoding"]);
    assert.equal(unzip(hit), PAGE);
    world.advance(61);
    world.origin.answer(page({ ETag: '"2"' }));
    const changed = await world.ask(gzipped());
    assert.deepEqual(told(changed), [200, "Miss", "gzip", 'W/"2"', "Accept-Encoding"]);
  }
});

scenario("what was stored as it is stays so when it is validated", "CFDG ServingCompressedFiles", {}, [
  { viewer: gzipped(), origin: page({ ETag: '"1"' }), expect: { result: "Miss", body: PAGE } },
  { publish: draft },
  { advanceSeconds: 61 },
  {
    viewer: gzipped(),
    origin: { status: 304, headers: { ETag: '"1"' } },
    expect: { result: "RefreshHit", body: PAGE, fields: { "content-encoding": undefined, etag: '"1"' } },
  },
]);

test("a viewer who holds the compressed form is told by its own tag that it is good, stored or not", async () => {
  await using world = await openWorld(draft);
  world.origin.answer({ status: 304, headers: { ETag: '"1"' } });
  const missed = await world.ask(gzipped({ "If-None-Match": 'W/"1"' }));
  assert.deepEqual([missed.status, missed.field("etag")], [304, 'W/"1"']);
  world.origin.answer(page({ ETag: '"1"' }));
  await world.ask(gzipped());
  await settle(world);
  for (const tag of ['W/"1"', '"1"']) {
    const hit = await world.ask(gzipped({ "If-None-Match": tag }));
    assert.deepEqual([hit.status, hit.result, hit.field("etag")], [304, "Hit", 'W/"1"']);
  }
});

test("ranges are of the compressed form, and If-Range never matches it [RFC 9110 §13.1.5]", async () => {
  await using world = await openWorld(draft);
  const date = "Fri, 20 Nov 2026 10:00:00 GMT";
  world.origin.answer(page({ ETag: '"1"', "Last-Modified": date }));
  const whole = await world.ask(gzipped());
  await settle(world);
  const part = await world.ask(gzipped({ Range: "bytes=10-19" }));
  assert.deepEqual(
    [part.status, part.body, part.field("content-range"), part.field("content-encoding")],
    [206, whole.body.slice(10, 20), `bytes 10-19/${whole.body.length}`, "gzip"],
  );
  for (const validator of ['W/"1"', '"1"', date]) {
    const got = await world.ask(gzipped({ Range: "bytes=10-19", "If-Range": validator }));
    assert.deepEqual([got.status, got.body.length], [200, whole.body.length], validator);
  }
  const plain = await world.ask({ target: "/a", headers: { Range: "bytes=0-1" } });
  assert.equal(plain.result, "Miss");
});

test("an invalidation takes all variants", async () => {
  await using world = await openWorld(draft, { settings: { fidelity: "rfc9111" } });
  world.origin.answer(page());
  const variants = ["gzip", "br", "br, gzip", "identity"];
  const results = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const accepts of variants) {
      found.push((await world.ask(gzipped({ "Accept-Encoding": accepts }))).result);
      await settle(world);
    }
    return found;
  };
  assert.deepEqual(await results(), ["Miss", "Miss", "Miss", "Miss"]);
  assert.deepEqual(await results(), ["Hit", "Hit", "Hit", "Hit"]);
  world.invalidate("/a");
  assert.deepEqual(await results(), ["Miss", "Miss", "Miss", "Miss"]);
});

test("an origin that breaks off breaks the compressed body off, and nothing is stored", async () => {
  await using world = await openWorld(draft);
  world.origin.answer((request, response) => {
    response.writeHead(200, { "Content-Type": "text/html", "Content-Length": "100000" });
    response.write(PAGE);
    setImmediate(() => request.socket.destroy());
  });
  const got = await world.ask(gzipped());
  assert.deepEqual([got.status, got.field("content-encoding"), got.brokeOff], [200, "gzip", true]);
  await settle(world);
  world.origin.answer(page());
  assert.equal((await world.ask(gzipped())).result, "Miss");
  await settle(world);
  assert.equal(world.edge.counters().storedResponses, 1);
});

test("viewers who ask at once share one compression; one who leaves takes nothing from the others", async () => {
  await using world = await openWorld(draft);
  const held = holdOrigin(world);
  const asked = [gzipped(), gzipped(), gzipped()].map(async (ask) => world.edge.respond(request(ask)));
  const response = await held.next();
  response.writeHead(200, { "Content-Type": "text/html", "Content-Length": String(PAGE.length) });
  response.write(PAGE.slice(0, 2000));
  const bodies = (await Promise.all(asked)).map(({ body }) => {
    assert(body.kind === "stream");
    return body.chunks[Symbol.asyncIterator]();
  });
  const [leaver, ...stayers] = bodies;
  const started = await Promise.all(bodies.map((body) => body.next()));
  await leaver?.return?.();
  response.end(PAGE.slice(2000));
  for (const [index, body] of stayers.entries()) {
    const chunks = [started[index + 1]?.value as Uint8Array];
    for (let step = await body.next(); step.done !== true; step = await body.next()) chunks.push(step.value);
    assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), PAGE);
  }
  await settle(world);
  assert.equal(world.edge.counters().compressed, 1);
  assert.equal((await world.ask(gzipped())).result, "Hit");
});

test("viewers who all leave end compression and fetch", async () => {
  await using world = await openWorld(draft);
  const held = holdOrigin(world);
  const asked = world.edge.respond(request(gzipped()));
  const response = await held.next();
  response.writeHead(200, { "Content-Type": "text/html", "Content-Length": "1000000" });
  response.write(PAGE);
  const { body } = await asked;
  assert(body.kind === "stream");
  const reader = body.chunks[Symbol.asyncIterator]();
  await reader.next();
  await reader.return?.();
  await settle(world);
  assert.equal(world.edge.counters().storedResponses, 0);
});

test("when too many are in work, what comes is served and stored as it is", async () => {
  await using world = await openWorld(draft, { limits: { compressionsAtOnceMax: 0 } });
  world.origin.answer(page({ ETag: '"1"' }));
  for (const result of ["Miss", "Hit"]) {
    const got = await world.ask(gzipped());
    assert.deepEqual(told(got), [200, result, undefined, '"1"', undefined]);
    assert.equal(got.body, PAGE);
  }
  assert.equal(world.edge.counters().compressionsSkipped, 1);
});

test("what is not kept leaves nothing in work either, whatever the viewer asks", async () => {
  await using world = await openWorld(draft);
  world.origin.answer(page({ "Cache-Control": "no-store" }));
  assert.equal(unzip(await world.ask(gzipped())), PAGE);
  await world.ask(gzipped({}, "HEAD"));
  await settle(world);
  assert.equal(world.edge.counters().storedResponses, 0);
});

test("explain says whether a response would be compressed, and why not", async () => {
  await using world = await openWorld({
    behavior: { Compress: true },
    behaviors: [
      { PathPattern: "/off", Compress: false },
      { PathPattern: "/own", Compress: true, ForwardedValues: { Headers: list("Accept-Encoding") } },
    ],
  });
  const said = async (path: string, accepts = "gzip"): Promise<string> => {
    const headers = [["Accept-Encoding", accepts]] as const;
    const asked = { method: "GET", url: `http://d1.cloudfront.localhost${path}`, headers };
    const step = (await world.edge.explain(asked)).steps.find(({ stage }) => stage === "compress");
    return `${step?.decision}: ${step?.why}`;
  };
  assert.match(await said("/a"), /^gzip, if the response is fit for it: .* 1000 to 10000000 bytes/);
  assert.match(await said("/a", "br"), /^not compressed: the viewer's Accept-Encoding does not take gzip/);
  assert.equal(await said("/off"), "not compressed: Compress is false");
  assert.match(await said("/own"), /^not compressed: ForwardedValues.Headers lists Accept-Encoding/);
  world.origin.answer(page());
  await world.ask(gzipped());
  await settle(world);
  assert.equal(await said("/a"), "stored as gzip: the edge compressed it when it was fetched");
  world.origin.answer({ headers: { "Content-Type": "image/png" }, body: PAGE });
  await world.ask({ target: "/b", headers: { "Accept-Encoding": "gzip" } });
  assert.equal(await said("/b"), "not compressed: Content-Type image/png is not in the list");
});

test("curl --compressed gets the page over a real socket: miss, hit, HEAD, range", async (t) => {
  const run = promisify(execFile);
  const version = await run("curl", ["--version"]).catch(() => undefined);
  if (version === undefined) return t.skip("no curl");
  await using world = await openWorld(draft);
  world.origin.answer(page({ ETag: '"1"' }));
  const listener = await openViewerListener({
    host: "127.0.0.1",
    port: 0,
    limits: DEFAULT_LIMITS,
    clock: { now: () => world.now() },
    respond: world.edge.respond,
    refuse: (refused) => world.edge.refuse(refused),
  });
  try {
    const url = `http://127.0.0.1:${listener.address.port}/a`;
    const curl = async (...args: readonly string[]): Promise<string> => {
      const fixed = ["-sS", "--max-time", "20", "-H", "Host: d1.cloudfront.localhost"];
      return (await run("curl", [...fixed, ...args, url], { env: {} })).stdout;
    };
    assert.equal(await curl("--compressed"), PAGE);
    assert.equal(await curl("--compressed"), PAGE);
    assert.equal(await curl(), PAGE);
    const head = await curl("-I", "-H", "Accept-Encoding: gzip");
    assert.match(head, /\r\nContent-Encoding: gzip\r\n/);
    const length = Number(/\r\nContent-Length: (\d+)\r\n/.exec(head)?.[1]);
    const sizes = ["-H", "Accept-Encoding: gzip", "-o", "/dev/null", "-w", "%{http_code} %{size_download}"];
    assert.equal(await curl(...sizes), `200 ${length}`);
    assert.equal(await curl(...sizes, "-r", "5-"), `206 ${length - 5}`);
    assert.equal(await curl("-0", "--compressed"), PAGE);
    assert.equal(world.origin.asked.length, 2);
  } finally {
    await listener.drain(0);
  }
});

test("by the RFC, too, who takes nothing does not take the compressed form from the others [RFC 9111 §4.1]", async () => {
  await using world = await openWorld(draft, { settings: { fidelity: "rfc9111" } });
  for (const headers of [{}, { Vary: "Accept-Encoding" }]) {
    world.invalidate("/*");
    world.origin.answer(page(headers));
    for (const result of ["Miss", "Hit"]) {
      for (const accepts of ["gzip", "identity"]) {
        const got = await world.ask(gzipped({ "Accept-Encoding": accepts }));
        assert.equal(got.result, result);
        assert.equal(got.field("content-encoding"), accepts === "gzip" ? "gzip" : undefined);
        await settle(world);
      }
    }
  }
  await world.ask("GET /never-asked");
  assert.equal(world.origin.asked.at(-1)?.headers["accept-encoding"], "identity");
});
