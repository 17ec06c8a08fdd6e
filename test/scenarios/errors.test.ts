// How long errors stay, and what viewers get instead of them, from the viewer's side.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import type { CustomErrorResponse, DistributionConfig, Origin } from "../../src/model/distribution.ts";
import {
  ALL_METHODS,
  holdOrigin,
  list,
  openWorld,
  published,
  scenario,
  type DistributionDraft,
  type OriginAnswer,
} from "./harness.ts";
import { openWired } from "./wired.ts";

const erring = (...responses: readonly Partial<CustomErrorResponse>[]): Partial<DistributionConfig> => ({
  CustomErrorResponses: list(
    ...responses.map((response) => ({
      ErrorCode: 404,
      ResponsePagePath: "",
      ResponseCode: "",
      ErrorCachingMinTTL: 10,
      ...response,
    })),
  ),
});
const withPage = (more: Partial<CustomErrorResponse> = {}): Partial<CustomErrorResponse> => ({
  ResponsePagePath: "/errors/404.html",
  ResponseCode: "404",
  ...more,
});
const PAGE: OriginAnswer = { headers: { "Cache-Control": "max-age=3600", "X-Page": "yes" }, body: "the page" };
/** Everything is missing but the page. */
const MISSING: OriginAnswer = { status: 404, body: "origin's own", at: { "/errors/404.html": PAGE } };
const ASKED_BOTH = ["GET /a", "GET /errors/404.html"];

// What is stored of errors, and for how long

// status → what the origin says → ErrorCachingMinTTL, if set → seconds it is a cached error; 0: asked for every time
const KEPT: readonly (readonly [status: number, control: string, minimum: number | undefined, seconds: number])[] = [
  [404, "", undefined, 10],
  [404, "", 60, 60],
  [404, "max-age=1", undefined, 10],
  [404, "", 0, 0],
  [404, "max-age=100", 60, 100],
  [404, "max-age=5", 60, 60],
  [404, "max-age=5, s-maxage=100", 60, 100],
  [404, "no-store", 60, 60],
  [404, "no-cache, max-age=100", 60, 60],
  [404, "max-age=2000", 60, 1000], // MaxTTL
  [404, "max-age=2000", 1500, 1500], // the minimum is not bounded by it
  [414, "", undefined, 10],
  [500, "", 20, 20],
  [501, "", undefined, 10],
  [502, "", undefined, 10],
  [503, "", 20, 20],
  [504, "", undefined, 10],
  [400, "", undefined, 0],
  [403, "", 60, 0],
  [403, "max-age=5", 60, 60],
  [405, "s-maxage=100", 60, 100],
  [412, "max-age=50", undefined, 50],
  [415, "max-age=50", undefined, 50],
  [416, "max-age=50", 60, 0],
  [410, "max-age=50", undefined, 0],
  [418, "max-age=50", undefined, 0],
  [429, "max-age=50", undefined, 0],
];

for (const [status, control, minimum, kept] of KEPT) {
  const set = minimum === undefined ? "" : ` and ErrorCachingMinTTL ${minimum}`;
  const headers: Record<string, string> = control === "" ? {} : { "Cache-Control": control };
  const answer = { status, headers, body: "broken" };
  const again = { viewer: "GET /a", expect: { status, result: "Error", body: "broken", asked: ["GET /a"] } };
  scenario(
    `a ${status} with "${control}"${set} stays for ${kept} s`,
    "CFDG HTTPStatusCodes",
    {
      behavior: { MaxTTL: 1000, DefaultTTL: 500 },
      config: erring(...(minimum === undefined ? [] : [{ ErrorCode: status, ErrorCachingMinTTL: minimum }])),
    },
    [
      { viewer: "GET /a", origin: answer, expect: { status, result: "Error", fields: { age: undefined } } },
      ...(kept === 0
        ? [again]
        : [
            { advanceSeconds: kept - 1 },
            {
              viewer: "GET /a",
              expect: { status, result: "Error", body: "broken", fields: { age: String(kept - 1) }, asked: [] },
            },
            { advanceSeconds: 1 },
            again,
          ]),
    ],
  );
}

scenario(
  "a minimum counts for its own status only, also for errors that the edge makes",
  "CFDG HTTPStatusCodes",
  { config: erring({ ErrorCode: 502, ErrorCachingMinTTL: 40 }) },
  [
    { viewer: "GET /a", origin: "unreachable", expect: { status: 502, result: "Error", fields: { age: undefined } } },
    { advanceSeconds: 39 },
    { viewer: "GET /a", expect: { status: 502, result: "Error", fields: { age: "39" } } },
    { advanceSeconds: 1 },
    { viewer: "GET /a", expect: { status: 502, result: "Error", fields: { age: undefined } } },
  ],
);

scenario("an error is invalidated by the URL that was asked for", "CFDG Invalidation", { config: erring(withPage()) }, [
  { viewer: "GET /a", origin: MISSING, expect: { status: 404, body: "the page", asked: ASKED_BOTH } },
  { viewer: "GET /a", origin: { body: "there" }, expect: { status: 404, asked: [] } },
  { invalidate: ["/a"] },
  { viewer: "GET /a", expect: { status: 200, body: "there", asked: ["GET /a"] } },
]);

scenario(
  "what an error states is bounded by MaxTTL of the behavior that serves the page",
  "CFDG HTTPStatusCodes",
  {
    config: erring(withPage()),
    behaviors: [{ PathPattern: "/errors/*", MaxTTL: 30, DefaultTTL: 20 }],
  },
  [
    {
      viewer: "GET /a",
      origin: { ...MISSING, headers: { "Cache-Control": "max-age=1000" } },
      expect: { status: 404, body: "the page" },
    },
    { advanceSeconds: 29 },
    { viewer: "GET /a", expect: { status: 404, body: "the page", asked: [] } },
    { advanceSeconds: 1 },
    { viewer: "GET /a", expect: { status: 404, asked: ASKED_BOTH } },
  ],
);

// The page

scenario(
  "an error is answered with the page, its fields and the status that is set",
  "CFDG GeneratingCustomErrorResponses",
  { config: erring(withPage({ ResponseCode: "200" })) },
  [
    {
      viewer: "GET /a",
      origin: MISSING,
      expect: {
        status: 200,
        result: "Error",
        body: "the page",
        fields: { "x-page": "yes", "cache-control": "max-age=3600", age: undefined },
        asked: ASKED_BOTH,
      },
    },
    // The error is stored under its own key, the page under its own.
    {
      viewer: "GET /b",
      expect: { status: 200, result: "Error", body: "the page", fields: { age: "0" }, asked: ["GET /b"] },
    },
    { viewer: "GET /errors/404.html", expect: { status: 200, result: "Hit", body: "the page", asked: [] } },
    { advanceSeconds: 10 },
    { viewer: "GET /a", expect: { status: 200, result: "Error", body: "the page", asked: ["GET /a"] } },
  ],
);

scenario(
  "statuses without a page of their own stay as they are",
  "CFDG GeneratingCustomErrorResponses",
  { config: erring(withPage(), { ErrorCode: 500 }) },
  [
    { viewer: "GET /a", origin: { status: 500, body: "as it is" }, expect: { status: 500, body: "as it is" } },
    { viewer: "GET /b", origin: { status: 410, body: "gone" }, expect: { status: 410, body: "gone" } },
    { viewer: "GET /c", origin: { status: 302, body: "elsewhere" }, expect: { status: 302, body: "elsewhere" } },
  ],
);

scenario(
  "what has expired is served rather than the page, when the origin fails with a 5xx; a 4xx has its page",
  "CFDG HTTPStatusCodes",
  { config: erring(withPage(), withPage({ ErrorCode: 503, ResponseCode: "200" })) },
  [
    {
      viewer: "GET /a",
      origin: { headers: { "Cache-Control": "max-age=1" }, body: "there", at: { "/errors/404.html": PAGE } },
      expect: { result: "Miss", body: "there" },
    },
    { advanceSeconds: 2 },
    {
      viewer: "GET /a",
      origin: { status: 503, body: "down", at: { "/errors/404.html": PAGE } },
      expect: { status: 200, body: "there", asked: ["GET /a"] },
    },
    { viewer: "GET /new", expect: { status: 200, result: "Error", body: "the page" } },
    { invalidate: ["/*"] },
    { viewer: "GET /a", origin: MISSING, expect: { status: 404, result: "Error", body: "the page" } },
  ],
);

scenario(
  "a page that is stored is there when the origin is not",
  "CFDG GeneratingCustomErrorResponses",
  {
    origin: { ConnectionAttempts: 1 },
    config: erring(withPage({ ErrorCode: 502, ResponseCode: "503" })),
  },
  [
    { viewer: "GET /errors/404.html", origin: PAGE, expect: { result: "Miss" } },
    {
      viewer: "GET /a",
      origin: "unreachable",
      expect: { status: 503, result: "Error", body: "the page", fields: { "content-type": undefined, age: "0" } },
    },
  ],
);

scenario(
  "HEAD gets the page's fields and no body; conditions and ranges are not about the page",
  "CFDG GeneratingCustomErrorResponses",
  { config: erring(withPage(), withPage({ ErrorCode: 416, ResponseCode: "416" })) },
  [
    {
      viewer: "HEAD /a",
      origin: { ...MISSING, at: { "/errors/404.html": { ...PAGE, headers: { ETag: '"p"', "X-Page": "yes" } } } },
      expect: { status: 404, result: "Error", fields: { "x-page": "yes" }, asked: ASKED_BOTH },
    },
    {
      viewer: { target: "/a", headers: { "If-None-Match": '"p"', Range: "bytes=0-2" } },
      expect: { status: 404, body: "the page", fields: { "content-range": undefined }, asked: [] },
    },
    { viewer: "GET /whole", origin: { body: "0123456789", at: { "/errors/404.html": PAGE } }, expect: { status: 200 } },
    {
      viewer: { target: "/whole", headers: { Range: "bytes=50-60" } },
      expect: { status: 416, result: "Error", body: "the page", fields: { "content-range": undefined } },
    },
  ],
);

scenario(
  "a POST that fails is answered with the page, which is asked for with GET and without body and query",
  "CFDG GeneratingCustomErrorResponses",
  {
    behavior: { AllowedMethods: ALL_METHODS, ForwardedValues: { QueryString: true } },
    config: erring(withPage()),
  },
  [
    {
      viewer: { method: "POST", target: "/a?x", body: ["abc"], headers: { "Content-Type": "text/plain" } },
      origin: MISSING,
      expect: {
        status: 404,
        body: "the page",
        asked: ["POST /a?x", "GET /errors/404.html"],
        askedWith: { "content-type": undefined, "content-length": undefined, "transfer-encoding": undefined },
      },
    },
  ],
);

scenario(
  "viewers' methods, protocol policy and signers do not keep the edge from its page",
  "CFDG GeneratingCustomErrorResponses",
  {
    config: erring(withPage()),
    behaviors: [
      {
        PathPattern: "/errors/*",
        ViewerProtocolPolicy: "https-only",
        TrustedSigners: { Enabled: true, ...list("self") },
      },
    ],
  },
  [
    { viewer: "GET /errors/404.html", origin: MISSING, expect: { status: 403 } },
    { viewer: "GET /a", expect: { status: 404, body: "the page" } },
  ],
);

// What the edge refuses by itself has no page, whatever is set for its status.
const REFUSED: readonly (readonly [name: string, draft: DistributionDraft, ask: string | object])[] = [
  ["a method that is not allowed", {}, "POST /a"],
  ["HTTP where https-only is set", { behavior: { ViewerProtocolPolicy: "https-only" } }, "GET /a"],
  ["an unknown host", {}, { target: "/a", host: "other.example.com" }],
  ["a GET with a body", {}, { target: "/a", body: ["x"] }],
  ["what cannot be enforced", { behavior: { FieldLevelEncryptionId: "E0" } }, "GET /a"],
];
for (const [name, draft, ask] of REFUSED) {
  scenario(
    `${name} is refused with the edge's own page`,
    "CFDG GeneratingCustomErrorResponses",
    { ...draft, config: erring(withPage({ ErrorCode: 403, ResponseCode: "200" })) },
    [
      {
        viewer: ask as string,
        origin: PAGE,
        expect: { status: 403, result: "Error", says: "<H1>403 ERROR</H1>", asked: [] },
      },
    ],
  );
}

// The page cannot be had: what its origin answers is the answer.
for (const [status, body] of [
  [404, "no such page"],
  [403, "denied"],
  [500, "broken"],
  [301, "moved"],
] as const) {
  scenario(
    `a page that is answered ${status} gives the viewer that ${status}`,
    "CFDG GeneratingCustomErrorResponses",
    {
      config: erring(
        withPage({ ErrorCode: 500, ResponseCode: "200" }),
        withPage({ ErrorCode: status < 400 || status === 500 ? 400 : status }),
      ),
    },
    [
      {
        viewer: "GET /a",
        origin: { status: 500, body: "the first", at: { "/errors/404.html": { status, body } } },
        expect: { status, result: "Error", body, asked: ASKED_BOTH },
      },
    ],
  );
}

scenario(
  "a page that is missing itself is asked for once, and is its own answer",
  "CFDG GeneratingCustomErrorResponses",
  { config: erring(withPage({ ResponseCode: "200" })) },
  [
    {
      viewer: "GET /errors/404.html",
      origin: { status: 404, body: "nothing at all" },
      expect: { status: 404, body: "nothing at all", asked: ["GET /errors/404.html"] },
    },
  ],
);

test("one request has one id, and the page's own error another's page", async () => {
  await using world = await openWorld({ config: erring(withPage({ ResponseCode: "200" })) });
  world.origin.answer(MISSING);
  const got = await world.ask("GET /a");
  const [first, second] = world.origin.asked.map(({ headers }) => headers["x-amz-cf-id"]);
  assert.equal(got.field("x-amz-cf-id"), first);
  assert.notEqual(first, second);
  await world.origin.stop();
  world.invalidate("/*");
  world.publish({
    origin: { ConnectionAttempts: 1 },
    config: erring(withPage({ ErrorCode: 502, ResponseCode: "200" })),
  });
  const failed = await world.ask("GET /a");
  assert.equal(failed.status, 502);
  assert.match(failed.body, new RegExp(`Request ID: ${failed.field("x-amz-cf-id")}\n`));
});

test("a request counts once, as the error that it met", async () => {
  await using world = await openWorld({ config: erring(withPage()) });
  world.origin.answer(MISSING);
  await world.ask("GET /a");
  await world.ask("GET /a");
  const { requests, errors, hits, misses, originRequests } = world.edge.counters();
  assert.deepEqual(
    { requests, errors, hits, misses, originRequests },
    { requests: 2, errors: 2, hits: 0, misses: 0, originRequests: 2 },
  );
});

test("many viewers who meet one error at once cause one request for the object and one for the page", async () => {
  await using world = await openWorld({ config: erring(withPage()) });
  const held = holdOrigin(world);
  const viewers = Array.from({ length: 50 }, () => world.ask("GET /a"));
  (await held.next()).writeHead(404).end("missing");
  (await held.next()).writeHead(200, { "Cache-Control": "max-age=60" }).end("the page");
  for (const got of await Promise.all(viewers)) {
    assert.deepEqual([got.status, got.result, got.body], [404, "Error", "the page"]);
  }
  assert.deepEqual(
    world.origin.asked.map(({ target }) => target),
    ["/a", "/errors/404.html"],
  );
});

// In less than the ten seconds after which it would be given up in any case.
test(
  "an error whose own body never ends holds no viewer up, and its fetch is given up",
  { timeout: 8000 },
  async () => {
    await using world = await openWorld({ config: erring(withPage()) });
    const held = holdOrigin(world);
    const asking = world.ask("GET /a");
    const endless = await held.next();
    const closed = new Promise((resolve) => endless.on("close", resolve));
    endless.on("drain", () => endless.write(MUCH));
    endless.writeHead(404).write(MUCH);
    (await held.next()).writeHead(200, { "Cache-Control": "max-age=60" }).end("the page");
    assert.equal((await asking).body, "the page");
    await closed;
  },
);

const MUCH = Buffer.alloc(262_144);

test("with a page of another origin only the object's origin is down", async () => {
  await using world = await openWorld();
  const pages: Origin = {
    ...(published({}, world.origin.port).config.Origins.Items?.[0] as Origin),
    Id: "pages",
    OriginPath: "/static",
  };
  const draft: DistributionDraft = {
    behaviors: [{ PathPattern: "/errors/*", TargetOriginId: "pages" }],
    config: erring(withPage({ ErrorCode: 502, ResponseCode: "200" })),
  };
  const { config } = published(draft, 1); // the object's origin: nothing listens on port 1
  world.publish({ ...draft, config: { ...draft.config, Origins: list(...(config.Origins.Items ?? []), pages) } });
  world.origin.answer({ at: { "/static/errors/404.html": PAGE } });
  const got = await world.ask("GET /a");
  assert.deepEqual([got.status, got.body], [200, "the page"]);
});

test("a page whose origin says nothing is a 504, and nothing of it is left under way", async () => {
  await using world = await openWorld({
    origin: { ConnectionAttempts: 1 },
    connection: { OriginReadTimeout: 0.3 },
    config: erring(withPage()),
  });
  world.origin.answer({ ...MISSING, at: { "/errors/404.html": { raw: "" } } });
  const answers = await Promise.all(["GET /a", "GET /b", "HEAD /c"].map((ask) => world.ask(ask)));
  assert.deepEqual(
    answers.map(({ status, result }) => [status, result]),
    [
      [504, "Error"],
      [504, "Error"],
      [504, "Error"],
    ],
  );
  assert.equal(world.edge.counters().fetchesInFlight, 0);
  assert.equal(world.edge.counters().originFailures, 1); // they shared it
});

test("a viewer who leaves while the page is waited for takes its fetch along", async () => {
  await using wired = await openWired({ config: erring(withPage()) });
  const held = holdOrigin(wired.world);
  const viewer = connect(wired.port, "127.0.0.1");
  viewer.write("GET /a HTTP/1.1\r\nHost: d1.cloudfront.localhost\r\n\r\n");
  (await held.next()).writeHead(404).end("missing");
  const page = await held.next();
  const closed = once(page, "close");
  viewer.resetAndDestroy();
  await closed;
  assert.equal(page.writableEnded, false);
});
