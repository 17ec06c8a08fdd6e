// Parts that origins send are kept, put together where they are of the same representation, and asked for where they are
// missing. The origin knows ranges; the oracle is the content that it has.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import * as fc from "fast-check";
import { answerFields } from "../../src/edge/transport/message.ts";
import { openRangeOrigin, variedText, type RangeOrigin, type Representation } from "../support/range-origin.ts";
import { holdOrigin, list, openWorld, scenario, viewerRequest, type Got, type World } from "./harness.ts";

const TEN: Representation = { body: "0123456789", entityTag: '"1"', headers: { "Content-Type": "text/plain" } };

interface RangeWorld extends AsyncDisposable {
  readonly world: World;
  readonly origin: RangeOrigin;
  /** The range, as the Range field has it after its unit; without one everything. */
  get(range?: string, headers?: Readonly<Record<string, string>>): Promise<Got>;
  /** What the origin was asked since the last time. */
  asked(): readonly string[];
}

async function openRangeWorld(
  first: Representation = TEN,
  draft: Parameters<typeof openWorld>[0] = {},
  settings: Parameters<typeof openWorld>[1] = {},
): Promise<RangeWorld> {
  const world = await openWorld(draft, settings);
  const origin = openRangeOrigin(first);
  world.origin.answer(origin.answer);
  let told = 0;
  return {
    world,
    origin,
    get: (range, headers = {}) =>
      world.ask({ target: "/a", headers: { ...(range !== undefined && { Range: `bytes=${range}` }), ...headers } }),
    asked() {
      const since = origin.ranges.slice(told);
      told = origin.ranges.length;
      return since;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

function shown(got: Got): readonly unknown[] {
  return [got.status, got.result, got.body, got.field("content-range")];
}

test("a part is kept: what lies in it is a hit with its age [RFC 9111 §3.3]", async () => {
  await using page = await openRangeWorld();
  assert.deepEqual(shown(await page.get("2-6")), [206, "Miss", "23456", "bytes 2-6/10"]);
  page.world.advance(7);
  const got = await page.get("3-5");
  assert.deepEqual(shown(got), [206, "Hit", "345", "bytes 3-5/10"]);
  assert.deepEqual([got.field("age"), got.field("etag"), got.field("content-type")], ["7", '"1"', "text/plain"]);
  assert.deepEqual(shown(await page.get("2-6")), [206, "Hit", "23456", "bytes 2-6/10"]);
  assert.deepEqual(page.asked(), ["bytes=2-6"]);
});

test("ranges from the end and to the end find the parts that they name", async () => {
  await using page = await openRangeWorld();
  assert.deepEqual(shown(await page.get("-4")), [206, "Miss", "6789", "bytes 6-9/10"]);
  assert.deepEqual(shown(await page.get("-2")), [206, "Hit", "89", "bytes 8-9/10"]);
  assert.deepEqual(shown(await page.get("7-")), [206, "Hit", "789", "bytes 7-9/10"]);
  assert.deepEqual(shown(await page.get("7-99")), [206, "Hit", "789", "bytes 7-9/10"]);
  assert.equal((await page.get("10-")).status, 416); // the length is known
  assert.deepEqual(page.asked(), ["bytes=-4"]);
});

test("of a range that is held in part the origin is asked for what is missing, on condition that it is the same", async () => {
  await using page = await openRangeWorld();
  await page.get("0-2");
  await page.get("7-9");
  page.asked();
  const got = await page.get("1-8");
  assert.deepEqual(shown(got), [206, "Miss", "12345678", "bytes 1-8/10"]);
  assert.deepEqual(page.asked(), ["bytes=3-6"]);
  assert.equal(page.world.origin.asked.at(-1)?.headers["if-range"], '"1"');
  // Everything is there now, and is stored as one.
  assert.deepEqual(shown(await page.get()), [200, "Hit", "0123456789", undefined]);
  assert.deepEqual(page.asked(), []);
  assert.equal(page.world.edge.counters().storedResponses, 1);
});

test("of the whole the origin is asked for what is missing, and the whole is stored and shared", async () => {
  await using page = await openRangeWorld();
  await page.get("0-5");
  page.asked();
  const [first, second] = await Promise.all([page.get(), page.get()]);
  assert.deepEqual(shown(first), [200, "Miss", "0123456789", undefined]);
  assert.deepEqual(shown(second), [200, "Hit", "0123456789", undefined]);
  assert.deepEqual(page.asked(), ["bytes=6-9"]);
  assert.deepEqual(shown(await page.get("-1")), [206, "Hit", "9", "bytes 9-9/10"]);
});

test("a part that is everything is stored as the whole", async () => {
  await using page = await openRangeWorld();
  assert.deepEqual(shown(await page.get("0-")), [206, "Miss", "0123456789", "bytes 0-9/10"]);
  assert.deepEqual(shown(await page.get()), [200, "Hit", "0123456789", undefined]);
  assert.equal(page.world.edge.counters().storedResponses, 1);
  assert.equal((await page.get("0-1", { "If-None-Match": '"1"' })).status, 304);
});

test("several ranges within what is held are answered from it; otherwise the origin is asked for them", async () => {
  await using page = await openRangeWorld();
  await page.get("0-3");
  await page.get("6-8");
  page.asked();
  const got = await page.get("1-2,6-7");
  assert.deepEqual([got.status, got.result], [206, "Hit"]);
  assert.match(got.body, /Content-Range: bytes 1-2\/10\r\n\r\n12\r\n.*bytes 6-7\/10\r\n\r\n67\r\n/s);
  assert.deepEqual(page.asked(), []);
  await page.get("1-2,5-7");
  assert.deepEqual(page.asked(), ["bytes=1-2,5-7"]);
});

test("several ranges that are not answered as such bring the whole, which is stored", async () => {
  await using page = await openRangeWorld();
  assert.deepEqual(shown(await page.get("4-5,0-1")), [200, "Miss", "0123456789", undefined]);
  assert.deepEqual(page.asked(), [""]);
  assert.deepEqual(shown(await page.get("0-1")), [206, "Hit", "01", "bytes 0-1/10"]);
});

// How the origin changes between two parts; nothing of the first may be in what comes then.
const CHANGES: readonly (readonly [what: string, first: Representation, then: Representation])[] = [
  ["its entity tag", TEN, { ...TEN, body: "abcdefghij", entityTag: '"2"' }],
  ["its length", TEN, { ...TEN, body: "abcdefghijkl" }],
  ["a weak entity tag's content", { ...TEN, entityTag: 'W/"1"' }, { ...TEN, entityTag: 'W/"1"', body: "abcdefghij" }],
  ["content without a validator", { body: "0123456789" }, { body: "abcdefghij" }],
  [
    "content with a date that is not strong",
    {
      body: "0123456789",
      headers: { "Last-Modified": "Fri, 20 Nov 2026 12:00:00 GMT", Date: "Fri, 20 Nov 2026 12:00:00 GMT" },
    },
    {
      body: "abcdefghij",
      headers: { "Last-Modified": "Fri, 20 Nov 2026 12:00:00 GMT", Date: "Fri, 20 Nov 2026 12:00:00 GMT" },
    },
  ],
];

for (const [what, first, then] of CHANGES) {
  test(`parts are not combined when the origin changes ${what} [RFC 9111 §3.4]`, async () => {
    await using page = await openRangeWorld(first);
    await page.get("0-4");
    page.origin.now = then;
    const { body } = then;
    const got = await page.get("2-7"); // the whole, where the origin was asked for what is missing of the older one
    assert.equal(got.body, got.status === 200 ? body : body.slice(2, 8));
    assert.equal((await page.get("5-9")).body, body.slice(5, 10));
    assert.equal((await page.get()).body, body);
    assert.equal((await page.get("0-9")).body, body.slice(0, 10));
  });
}

test("an origin that ignores If-Range is seen through: what it sends of another representation is combined with nothing", async () => {
  await using page = await openRangeWorld();
  page.origin.ignoresIfRange = true;
  await page.get("0-4");
  page.origin.now = { ...TEN, body: "abcdefghij", entityTag: '"2"' };
  page.asked();
  assert.deepEqual(shown(await page.get("2-7")), [206, "Miss", "cdefgh", "bytes 2-7/10"]);
  assert.deepEqual(page.asked(), ["bytes=5-7", "bytes=2-7"]);
  page.origin.now = { ...TEN, body: "ABCDEFGHIJ", entityTag: '"3"' };
  assert.deepEqual(shown(await page.get()), [200, "Miss", "ABCDEFGHIJ", undefined]);
});

test("HEAD is answered from what a part says of the whole", async () => {
  await using page = await openRangeWorld();
  await page.get("2-4");
  const answer = await page.world.edge.respond(viewerRequest("HEAD /a"));
  assert.deepEqual([answer.status, answer.body.kind === "stream" && answer.body.length], [200, 10]);
  assert.ok(answerFields(answer).some(([name, value]) => name === "X-Cache" && value === "Hit from cloudfront"));
  assert.ok(!answerFields(answer).some(([name]) => name === "Content-Range"));
  assert.deepEqual(page.asked(), ["bytes=2-4"]);
});

test("where Vary selects, a part is of its variant alone [RFC 9111 §4.1]", async () => {
  const settings = { settings: { fidelity: "rfc9111" } } as const;
  const headers = { Vary: "X-Tongue", "Cache-Control": "max-age=60" };
  await using page = await openRangeWorld({ ...TEN, headers }, {}, settings);
  const german = { "X-Tongue": "de" };
  const french = { "X-Tongue": "fr" };
  await page.get("0-4", german);
  assert.equal((await page.get("1-3", german)).result, "Hit");
  page.origin.now = { ...TEN, body: "abcdefghij", headers }; // with the same entity tag, which no two variants should have
  assert.deepEqual(shown(await page.get("1-3", french)), [206, "Miss", "bcd", "bytes 1-3/10"]);
  assert.deepEqual(shown(await page.get("2-2", french)), [206, "Hit", "c", "bytes 2-2/10"]);
  assert.equal((await page.get("0-9", french)).body, "abcdefghij");
  assert.deepEqual(shown(await page.get(undefined, french)), [200, "Hit", "abcdefghij", undefined]);
  page.origin.now = { ...TEN, headers };
  assert.deepEqual(shown(await page.get(undefined, german)), [200, "Miss", "0123456789", undefined]);
});

test("parts of what may be compressed answer ranges, and keep nobody from the compressed whole", async () => {
  for (const Compress of [true, false]) {
    const body = variedText(5000, 7);
    await using page = await openRangeWorld({ ...TEN, body }, { behavior: { Compress } });
    const gzip = { "Accept-Encoding": "gzip" };
    await page.get("0-2999", gzip);
    await page.get("3000-4999", gzip);
    assert.deepEqual((await page.get("2000-3999", gzip)).body, body.slice(2000, 4000));
    page.asked();
    const got = await page.get(undefined, gzip);
    assert.equal(got.field("content-encoding"), Compress ? "gzip" : undefined);
    assert.equal(got.result, "Miss");
    assert.deepEqual(page.asked(), [""]);
    // Who takes no coding has parts of his own, and gets the whole made of them.
    await page.get("0-2999");
    await page.get("3000-4999");
    page.asked();
    assert.deepEqual(shown(await page.get()), [200, "Hit", body, undefined]);
  }
});

test("parts are kept apart like whole responses: by query, cookies and headers of the key", async () => {
  const ForwardedValues = { QueryString: true, Cookies: { Forward: "all" as const }, Headers: list("X-Tongue") };
  await using page = await openRangeWorld(TEN, { behavior: { ForwardedValues } });
  const Range = "bytes=0-4";
  const asks = [
    { target: "/a", headers: { Range } },
    { target: "/a?q", headers: { Range } },
    { target: "/a", headers: { Range, Cookie: "a=1" } },
    { target: "/a", headers: { Range, "X-Tongue": "de" } },
  ];
  for (const result of ["Miss", "Hit"]) {
    for (const ask of asks) assert.equal((await page.world.ask(ask)).result, result, JSON.stringify(ask));
  }
});

test("what an origin may say of a part is passed on, refused or kept, and never a fault of ours", async () => {
  const number = fc.oneof(fc.nat(12).map(String), fc.constantFrom("", "-1", "1e3", "99999999999999999999", "*"));
  const contentRange = fc.oneof(
    fc.tuple(number, number, number).map(([first, last, total]) => `bytes ${first}-${last}/${total}`),
    fc.string().map((text) => text.replace(/[^\x21-\x7e]/g, "x")),
    fc.constantFrom("bytes */10", "bytes 0-4", "items 0-4/10", "bytes 0-4/10, bytes 5-9/10"),
  );
  await using page = await openRangeWorld();
  let target = 0;
  await fc.assert(
    fc.asyncProperty(contentRange, fc.nat(12), fc.boolean(), async (text, length, isChunked) => {
      const sent = "0123456789ab".slice(0, length);
      page.world.origin.answer((_request, response) => {
        response.writeHead(206, {
          "Content-Range": text,
          ETag: '"1"',
          ...(!isChunked && { "Content-Length": String(length) }),
        });
        response.end(sent);
      });
      const ask = { target: `/${target++}`, headers: { Range: "bytes=0-4" } };
      const got = await page.world.ask(ask);
      assert.ok(got.status === 206 || got.status === 502, `${got.status}`);
      if (got.status === 206) assert.equal(got.body, sent);
      page.world.advance(11);
      // What is a hit now is what was sent as these bytes.
      const again = await page.world.ask(ask);
      if (again.result !== "Hit") return;
      const [, first] = /^bytes (\d+)-/i.exec(text) ?? [];
      const from = 0 - Number(first);
      assert.equal(again.body, sent.slice(from, from + again.body.length));
    }),
    { seed: 20_261_120, numRuns: 400 },
  );
  assert.equal(page.world.edge.counters().faults, 0);
});

test("parts with the same date are combined where it is strong", async () => {
  const headers = { "Last-Modified": "Fri, 20 Nov 2026 11:00:00 GMT", Date: "Fri, 20 Nov 2026 12:00:00 GMT" };
  await using page = await openRangeWorld({ body: "0123456789", headers });
  await page.get("0-4");
  await page.get("5-7");
  page.asked();
  assert.deepEqual(shown(await page.get("3-6")), [206, "Hit", "3456", "bytes 3-6/10"]);
});

test("the newer representation takes the place of the older one's parts", async () => {
  await using page = await openRangeWorld();
  await page.get("0-4");
  page.origin.now = { ...TEN, body: "abcdefghij", entityTag: '"2"' };
  await page.get("5-9");
  assert.deepEqual(shown(await page.get("0-4")), [206, "Miss", "abcde", "bytes 0-4/10"]);
  assert.deepEqual(shown(await page.get()), [200, "Hit", "abcdefghij", undefined]);
});

test("stale parts are validated: the same, and all of them are fresh again", async () => {
  await using page = await openRangeWorld({ ...TEN, headers: { "Cache-Control": "max-age=10" } });
  await page.get("0-4");
  page.world.advance(11);
  page.asked();
  assert.deepEqual(shown(await page.get("1-2")), [206, "RefreshHit", "12", "bytes 1-2/10"]);
  assert.deepEqual(page.asked(), ["bytes=1-2"]);
  assert.deepEqual(shown(await page.get("3-4")), [206, "Hit", "34", "bytes 3-4/10"]);
});

test("stale parts are validated: another, and the range is of what is there now", async () => {
  await using page = await openRangeWorld({ ...TEN, headers: { "Cache-Control": "max-age=10" } });
  await page.get("0-4");
  page.world.advance(11);
  page.origin.now = { body: "abcdefghij", entityTag: '"2"' };
  assert.deepEqual(shown(await page.get("1-2")), [206, "Miss", "bc", "bytes 1-2/10"]);
  assert.deepEqual(shown(await page.get("1-1")), [206, "Hit", "b", "bytes 1-1/10"]);
  assert.deepEqual(shown(await page.get("3-4")), [206, "Miss", "de", "bytes 3-4/10"]);
});

test("a viewer that has a part of what is stale gets no part of what took its place [RFC 9110 §13.1.5]", async () => {
  const headers = { "Cache-Control": "max-age=10" };
  await using page = await openRangeWorld({ ...TEN, headers });
  await page.get("0-4");
  page.world.advance(11);
  assert.deepEqual(shown(await page.get("1-2", { "If-Range": '"1"' })), [206, "Miss", "12", "bytes 1-2/10"]);
  page.world.advance(11);
  page.origin.now = { body: "abcdefghij", entityTag: '"2"', headers };
  assert.deepEqual(shown(await page.get("1-2", { "If-Range": '"1"' })), [200, "Miss", "abcdefghij", undefined]);
});

test("a part that comes confirms the stale ones of the same representation", async () => {
  await using page = await openRangeWorld({ ...TEN, headers: { "Cache-Control": "max-age=10" } });
  await page.get("0-4");
  page.world.advance(11);
  await page.get("5-6");
  assert.deepEqual(shown(await page.get("0-4")), [206, "Hit", "01234", "bytes 0-4/10"]);
});

test("stale parts are served while the origin is down [CFDG HTTPStatusCodes]", async () => {
  await using page = await openRangeWorld({ ...TEN, headers: { "Cache-Control": "max-age=10" } });
  await page.get("0-4");
  page.world.advance(11);
  await page.world.origin.stop();
  assert.deepEqual(shown(await page.get("1-2")), [206, "Hit", "12", "bytes 1-2/10"]);
});

test("conditions come before ranges, and a viewer that has another gets the whole [RFC 9110 §13.2.2]", async () => {
  await using page = await openRangeWorld();
  await page.get("0-4");
  page.asked();
  assert.equal((await page.get("0-1", { "If-None-Match": '"1"' })).status, 304);
  assert.deepEqual(shown(await page.get("0-1", { "If-Range": '"1"' })), [206, "Hit", "01", "bytes 0-1/10"]);
  assert.deepEqual(page.asked(), []);
  assert.deepEqual(shown(await page.get("0-1", { "If-Range": '"0"' })), [200, "Miss", "0123456789", undefined]);
  assert.deepEqual(page.asked(), ["bytes=5-9"]);
});

test("an invalidation removes the parts, and a part that was under way does not come back", async () => {
  await using page = await openRangeWorld();
  await page.get("0-4");
  const held = holdOrigin(page.world);
  const asking = page.get("5-9");
  const response = await held.next();
  page.world.invalidate("/a");
  assert.equal(page.world.edge.counters().storedResponses, 0);
  response.writeHead(206, { "Content-Range": "bytes 5-9/10", ETag: '"1"', "Content-Length": "5" });
  response.end("56789");
  assert.equal((await asking).body, "56789");
  page.world.origin.answer(page.origin.answer);
  page.origin.now = { ...TEN, body: "abcdefghij" };
  assert.equal((await page.get("0-9")).body, "abcdefghij");
  assert.equal((await page.get("5-9")).body, "fghij");
});

test("what breaks off in the middle of a part is not kept", async () => {
  await using page = await openRangeWorld();
  page.world.origin.answer((_request, response) => {
    response.writeHead(206, { "Content-Range": "bytes 0-4/10", ETag: '"1"', "Content-Length": "5" });
    response.write("01", () => response.destroy());
  });
  assert.equal((await page.get("0-4")).brokeOff, true);
  page.world.origin.answer(page.origin.answer);
  assert.deepEqual(shown(await page.get("0-1")), [206, "Miss", "01", "bytes 0-1/10"]);
});

test("what breaks off while it completes a part is not kept, and the viewer sees it", async () => {
  await using page = await openRangeWorld();
  await page.get("0-4");
  page.world.origin.answer((_request, response) => {
    response.writeHead(206, { "Content-Range": "bytes 5-9/10", ETag: '"1"', "Content-Length": "5" });
    response.write("56", () => response.destroy());
  });
  for (const range of ["0-9", undefined]) {
    const got = await page.get(range);
    assert.deepEqual([got.brokeOff, got.body], [true, "0123456"], range ?? "");
  }
  page.world.origin.answer(page.origin.answer);
  assert.deepEqual(shown(await page.get()), [200, "Miss", "0123456789", undefined]);
});

test("a viewer that leaves in the middle of a part ends its fetch, and nothing of it is kept", async () => {
  await using page = await openRangeWorld();
  await page.get("0-4");
  const held = holdOrigin(page.world);
  const answering = page.world.edge.respond(viewerRequest({ target: "/a", headers: { Range: "bytes=0-9" } }));
  const response = await held.next();
  response.writeHead(206, { "Content-Range": "bytes 5-9/10", ETag: '"1"', "Content-Length": "5" });
  response.write("56");
  const { body } = await answering;
  assert.ok(body.kind === "stream");
  const chunks = body.chunks[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await chunks.next()).value ?? []).toString(), "01234");
  const closed = once(response, "close");
  await chunks.return?.();
  await closed;
  page.world.origin.answer(page.origin.answer);
  page.asked();
  assert.equal((await page.get("5-6")).result, "Miss");
});

// A 206 of which nothing may be kept, and what the viewer gets.
const NOT_KEPT: readonly (readonly [
  what: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  status: number,
])[] = [
  ["without Content-Range", {}, "ab", 206],
  ["of a length that is not known", { "Content-Range": "bytes 0-1/*" }, "ab", 206],
  ["in another unit", { "Content-Range": "items 0-1/4" }, "ab", 206],
  ["that is not well-formed", { "Content-Range": "bytes 1-0/4" }, "ab", 206],
  ["with several parts", { "Content-Type": "multipart/byteranges; boundary=x" }, "--x--", 206],
  ["with fewer bytes than it says", { "Content-Range": "bytes 0-2/4" }, "ab", 502],
  ["with more bytes than it says", { "Content-Range": "bytes 0-0/4" }, "ab", 502],
  ["that must not be stored", { "Content-Range": "bytes 0-1/4", "Cache-Control": "no-store" }, "ab", 206],
];

for (const [what, headers, body, status] of NOT_KEPT) {
  test(`a 206 ${what} is ${status === 206 ? "passed on and not kept" : "an error of the origin"} [RFC 9110 §15.3.7]`, async () => {
    await using page = await openRangeWorld();
    page.world.origin.answer({ status: 206, headers: { ETag: '"1"', ...headers }, body });
    const got = await page.get("0-1");
    assert.equal(got.status, status);
    if (status === 206) assert.equal(got.body, body);
    page.world.advance(60);
    page.world.origin.answer(page.origin.answer);
    assert.deepEqual(shown(await page.get("0-1")), [206, "Miss", "01", "bytes 0-1/10"]);
  });
}

test("a chunked part is kept when it is as long as it says, and not otherwise", async () => {
  for (const [sent, result] of [
    ["01", "Hit"],
    ["0", "Miss"],
    ["012", "Miss"],
  ] as const) {
    await using page = await openRangeWorld();
    page.world.origin.answer((_request, response) => {
      response.writeHead(206, { "Content-Range": "bytes 0-1/10", ETag: '"1"' });
      response.write(sent.slice(0, 1));
      response.end(sent.slice(1));
    });
    assert.equal((await page.get("0-1")).body, sent);
    page.world.origin.answer(page.origin.answer);
    assert.deepEqual(shown(await page.get("0-1")), [206, result, "01", "bytes 0-1/10"], sent);
  }
});

scenario("an origin that does not know ranges: the viewer gets the whole, later ranges are cut", "CFDG RangeGETs", {}, [
  {
    viewer: { target: "/a", headers: { Range: "bytes=0-1" } },
    origin: { body: "0123456789" },
    expect: { status: 200, result: "Miss", body: "0123456789" },
  },
  {
    viewer: { target: "/a", headers: { Range: "bytes=0-1" } },
    expect: { status: 206, result: "Hit", body: "01", asked: [] },
  },
]);

scenario("a 206 that nobody asked for goes to the viewer as it is, and is not kept", "RFC 9110 §15.3.7", {}, [
  {
    viewer: "GET /a",
    origin: { status: 206, headers: { "Content-Range": "bytes 0-1/4", ETag: '"1"' }, body: "ab" },
    expect: { status: 206, result: "Miss", body: "ab" },
  },
  { viewer: "GET /a", origin: { body: "abcd" }, expect: { status: 200, result: "Miss", body: "abcd" } },
]);

scenario("a range that the origin cannot satisfy is its answer, and is not kept", "CFDG RangeGETs", {}, [
  {
    viewer: { target: "/a", headers: { Range: "bytes=90-" } },
    origin: { status: 416, headers: { "Content-Range": "bytes */10" } },
    expect: { status: 416, result: "Error", fields: { "content-range": "bytes */10" } },
  },
  { viewer: "GET /a", origin: { body: "0123456789" }, expect: { status: 200, result: "Miss" } },
]);

test("a range of a whole that is just arriving is cut from it", async () => {
  await using page = await openRangeWorld();
  const held = holdOrigin(page.world);
  const whole = page.get();
  const response = await held.next();
  const ranges = [page.get("0-1"), page.get("8-9"), page.get("-3")];
  response.writeHead(200, { "Content-Length": "10", ETag: '"1"' });
  response.write("01234");
  assert.deepEqual(shown(await (ranges[0] as Promise<Got>)), [206, "Hit", "01", "bytes 0-1/10"]);
  response.end("56789");
  assert.deepEqual(shown(await (ranges[1] as Promise<Got>)), [206, "Hit", "89", "bytes 8-9/10"]);
  assert.deepEqual(shown(await (ranges[2] as Promise<Got>)), [206, "Hit", "789", "bytes 7-9/10"]);
  assert.equal((await whole).body, "0123456789");
  assert.equal(page.world.origin.asked.length, 1);
});

test("a range far ahead of what has arrived is asked of the origin", async () => {
  await using page = await openRangeWorld();
  const held = holdOrigin(page.world);
  const whole = page.get();
  const response = await held.next();
  const length = 3_000_000;
  response.writeHead(200, { "Content-Length": String(length), ETag: '"1"' });
  response.write("0");
  page.world.origin.answer((_request, far) => {
    far.writeHead(206, { "Content-Range": `bytes ${length - 1}-${length - 1}/${length}`, ETag: '"1"' });
    far.end("z");
  });
  assert.deepEqual(shown(await page.get("-1")), [206, "Miss", "z", `bytes ${length - 1}-${length - 1}/${length}`]);
  response.end("x".repeat(length - 1));
  assert.equal((await whole).body.length, length);
});

test("content larger than may be stored whole is kept in parts", async () => {
  const body = variedText(10_000, 1);
  await using page = await openRangeWorld({ body, entityTag: '"1"' }, {}, { limits: { cacheResponseBytesMax: 3000 } });
  for (let at = 0; at < body.length; at += 2000) await page.get(`${at}-${at + 1999}`);
  page.asked();
  assert.deepEqual(shown(await page.get("1500-8500")), [206, "Hit", body.slice(1500, 8501), "bytes 1500-8500/10000"]);
  assert.deepEqual(shown(await page.get()), [200, "Hit", body, undefined]);
  assert.deepEqual(page.asked(), []);
});

test("of too many parts the oldest go, and what was evicted is asked for again", async () => {
  const body = variedText(2000, 2);
  const limits = { cachePartsPerResponseMax: 5, cacheResponseBytesMax: 1000 };
  await using page = await openRangeWorld({ body, entityTag: '"1"' }, {}, { limits });
  for (let at = 0; at < 1000; at += 100) await page.get(`${at}-${at + 49}`);
  assert.equal(page.world.edge.counters().storedResponses, 6);
  assert.equal((await page.get("900-920")).result, "Hit");
  assert.equal((await page.get("0-20")).result, "Miss");
});

test("a video that is played from its start, in small steps and with one seek back, comes from the cache but once", async () => {
  const body = variedText(400_000, 3);
  await using page = await openRangeWorld(
    { body, entityTag: '"1"' },
    {},
    { limits: { cacheResponseBytesMax: 300_000 } },
  );
  const play = async (from: number, to: number): Promise<number> => {
    let hits = 0;
    for (let at = from; at < to; at += 10_000) {
      const got = await page.get(`${at}-${at + 9999}`);
      assert.equal(got.body, body.slice(at, at + 10_000));
      if (got.result === "Hit") hits++;
    }
    return hits;
  };
  assert.equal(await play(0, 200_000), 0);
  assert.equal(await play(100_000, 400_000), 10);
  assert.equal(await play(5000, 395_000), 39);
  assert.equal(page.origin.sent, body.length);
});

test("what the parts do for a request is explained", async () => {
  await using page = await openRangeWorld();
  const explained = async (...headers: readonly (readonly [string, string])[]): Promise<readonly [string, string]> => {
    const { verdict, steps } = await page.world.edge.explain({
      method: "GET",
      url: "http://d1.cloudfront.localhost/a",
      headers,
    });
    const told = steps.filter(({ stage }) => stage === "parts" || stage === "range");
    assert.ok(told.every(({ why, source }) => why !== "" && source !== ""));
    return [verdict, told.map(({ decision, why }) => `${decision} (${why})`).join("; ")];
  };
  await page.get("0-2");
  await page.get("7-8");
  const there = "2 stored, of 10 bytes (bytes 0 to 2, bytes 7 to 8)";
  const stays = "fresh for another 86400 s";
  assert.deepEqual(await explained(["Range", "bytes=1-2"]), [
    "hit",
    `${there}; hit (all that is wanted is stored, ${stays})`,
  ]);
  assert.deepEqual(await explained(["Range", "bytes=1-8"]), [
    "miss",
    `${there}; completed: bytes 3 to 6 is missing (asked for if it is still "1")`,
  ]);
  assert.deepEqual(await explained(), [
    "miss",
    `${there}; completed: bytes 3 to 9 is missing (asked for if it is still "1")`,
  ]);
  assert.deepEqual(await explained(["Range", "bytes=1-8"], ["If-Range", '"0"']), [
    "miss",
    `${there}; the whole is sent (If-Range names another response); completed: bytes 3 to 9 is missing (asked for if it is still "1")`,
  ]);
  assert.deepEqual(await explained(["Range", "bytes=10-"]), [
    "hit: 416",
    `${there}; 416 (nothing of 10 bytes lies in the range)`,
  ]);
  page.world.advance(90_000);
  assert.deepEqual(await explained(["Range", "bytes=1-2"]), [
    "miss",
    `${there}; stale (fresh until 3600 s ago: the origin validates them)`,
  ]);
  assert.equal(page.origin.ranges.length, 2);
});
