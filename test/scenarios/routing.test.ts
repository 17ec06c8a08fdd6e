// From a host and a path to a distribution, a behavior and a decision, before any cache is asked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_METHODS, list, openWorld, published, scenario } from "./harness.ts";
import type { FeedNumber, ResourceId, AccountId } from "../../src/vocabulary/ids.ts";

const refused = { status: 403, result: "Error", says: "Bad request.", asked: [] } as const;

scenario(
  "a distribution answers to its own names, and to no other",
  "CFDG CNAMEs",
  { config: { Aliases: list("www.example.com") } },
  [
    { viewer: { target: "/", host: "d1.cloudfront.localhost" }, expect: { status: 200 } },
    { viewer: { target: "/", host: "D1.CloudFront.localhost:7480" }, expect: { status: 200, result: "Hit" } },
    { viewer: { target: "/", host: "d1.cloudfront.net" }, expect: { status: 200, result: "Hit" } },
    { viewer: { target: "/", host: "www.example.com" }, expect: { status: 200, result: "Hit" } },
    { viewer: { target: "/", host: "d2.cloudfront.localhost" }, expect: refused },
    { viewer: { target: "/", host: "d1.cloudfront.org" }, expect: refused },
    { viewer: { target: "/", host: "x.d1.cloudfront.localhost" }, expect: refused },
    { viewer: { target: "/", host: "example.com" }, expect: refused },
    { viewer: { target: "/", host: "127.0.0.1" }, expect: refused },
  ],
);

test("the most specific alias wins, and a disabled distribution keeps its names [CFDG CNAMEs]", async () => {
  await using world = await openWorld({ config: { Aliases: list("*.example.com") } });
  world.publish({ id: "E2", label: "d2", config: { Aliases: list("*.b.example.com") } });
  world.publish({ id: "E3", label: "d3", config: { Aliases: list("off.example.com"), Enabled: false } });
  world.origin.answer((request, response) => response.end(String(request.headers["x-which"] ?? "")));
  const rows: readonly (readonly [host: string, distribution: string | undefined])[] = [
    ["a.example.com", "E1"],
    ["x.y.example.com", "E1"],
    ["a.b.example.com", "E2"],
    ["b.example.com", "E1"],
    ["off.example.com", undefined],
    ["example.com", undefined],
    ["d3.cloudfront.localhost", undefined],
  ];
  for (const [host, distribution] of rows) {
    const { steps } = await world.edge.explain({ method: "GET", url: `http://${host}/` });
    const found = steps.find(({ stage }) => stage === "find-distribution");
    assert.equal(found?.decision, distribution ?? "403", host);
    assert.equal((await world.ask({ target: "/", host })).status, distribution === undefined ? 403 : 200, host);
  }
});

test("no wildcard has a name below the suffix in use, and no alias the host under which the edge says how it is", async () => {
  // The first as where the suffix was another one when the alias was made: the API refuses it under this one.
  await using world = await openWorld({ config: { Aliases: list("health.cloudfront.localhost") } });
  world.publish({ id: "E2", label: "d2", config: { Aliases: list("*.localhost", "*.net") } });
  for (const host of ["health.cloudfront.localhost", "HEALTH.CloudFront.localhost:80"]) {
    const health = await world.ask({ target: "/_warmfront/health", host });
    assert.deepEqual([health.status, health.body], [200, '{"status":"ready"}\n'], host);
    assert.equal((await world.ask({ target: "/", host })).status, 403, host);
  }
  for (const host of ["d3.cloudfront.localhost", "health.cloudfront.net", "x.d2.cloudfront.localhost"]) {
    assert.equal((await world.ask({ target: "/_warmfront/health", host })).status, 403, host);
  }
  assert.equal((await world.ask({ target: "/", host: "d2.cloudfront.localhost" })).status, 200);
  assert.equal((await world.ask({ target: "/", host: "www.localhost" })).status, 200);
});

test("an alias that moves to another distribution in one batch of changes stays with the later one", async () => {
  await using world = await openWorld({ config: { Aliases: list("www.example.com") } });
  const change = (number: number, id: string, ...aliases: readonly string[]) => ({
    kind: "distribution" as const,
    number: number as FeedNumber,
    distribution: published({ id, label: id.toLowerCase(), config: { Aliases: list(...aliases) } }, world.origin.port),
  });
  world.edge.apply([change(10, "E2", "www.example.com"), change(11, "E1")]);
  const { steps } = await world.edge.explain({ method: "GET", url: "http://www.example.com/" });
  assert.equal(steps.find(({ stage }) => stage === "find-distribution")?.decision, "E2");
  assert.equal(world.edge.appliedThrough(), 11);
});

test("a removed distribution is gone at once, with what was stored for it", async () => {
  await using world = await openWorld();
  await world.ask("GET /a");
  assert.equal(world.edge.counters().storedResponses, 1);
  world.apply((number) => ({ kind: "removed", number, id: "E1" as ResourceId }));
  assert.equal((await world.ask("GET /a")).status, 403);
  assert.equal(world.edge.counters().storedResponses, 0);
  assert.equal(world.edge.counters().storedBytes, 0);
});

test("a streaming distribution's host is refused, not unknown", async () => {
  await using world = await openWorld();
  world.apply((number) => ({
    kind: "streaming-distribution",
    number,
    distribution: {
      id: "E9" as ResourceId,
      account: "000000000000" as AccountId,
      label: "s9",
      aliases: ["rtmp.example.com"],
      enabled: true,
    },
  }));
  for (const host of ["s9.cloudfront.localhost", "rtmp.example.com"]) {
    const got = await world.ask({ target: "/", host });
    assert.equal(got.status, 403);
    assert.match(
      (await world.edge.explain({ method: "GET", url: `http://${host}/` })).steps.at(-1)?.why ?? "",
      /streaming distribution E9/,
    );
  }
});

test("the first behavior that matches applies, and the earlier ones say why they did not", async () => {
  await using world = await openWorld({
    behaviors: [
      { PathPattern: "images/*.jpg", MinTTL: 1 },
      { PathPattern: "images/*", MinTTL: 2 },
      { PathPattern: "*.gif", MinTTL: 3 },
    ],
  });
  const rows: readonly (readonly [path: string, behavior: string])[] = [
    ["/images/a.jpg", "images/*.jpg"],
    ["/images/sample.gif", "images/*"],
    ["/other/sample.gif", "*.gif"],
    ["/images", "*"],
    ["/images/../x.gif", "*.gif"],
    ["/x//images/a.jpg", "*"],
    ["//images//a.jpg", "images/*.jpg"],
    ["/%69mages/a.jpg", "images/*.jpg"],
    ["/images/A.JPG", "images/*"],
  ];
  for (const [path, behavior] of rows) {
    const { steps } = await world.edge.explain({ method: "GET", url: `http://d1.cloudfront.localhost${path}` });
    const tried = steps.filter(({ stage }) => stage === "match-behavior");
    assert.equal(tried.at(-1)?.decision, `behavior ${behavior}`, path);
    assert.ok(
      tried.slice(0, -1).every(({ decision }) => decision.startsWith("not ")),
      path,
    );
  }
  const { steps } = await world.edge.explain({ method: "GET", url: "http://d1.cloudfront.localhost/images/A.JPG" });
  assert.match(steps.find(({ decision }) => decision === "not images/*.jpg")?.why ?? "", /case/);
});

scenario(
  "the origin gets the path as the viewer wrote it, behind OriginPath",
  "CFDG distribution-web-values-specify",
  { origin: { OriginPath: "/production" } },
  [{ viewer: "GET /a//b/../c%20d", expect: { status: 200, asked: ["GET /production/a//b/../c%20d"] } }],
);

scenario(
  "the default root object stands in for the root alone, in key and behavior too",
  "CFDG DefaultRootObject",
  {
    config: { DefaultRootObject: "index.html" },
    behavior: { AllowedMethods: ALL_METHODS },
    origin: { OriginPath: "/site" },
  },
  [
    { viewer: "GET /", origin: { body: "home" }, expect: { result: "Miss", asked: ["GET /site/index.html"] } },
    { viewer: "GET /index.html", expect: { result: "Hit", body: "home" } },
    { viewer: "GET /install/", expect: { result: "Miss", asked: ["GET /site/install/"] } },
    { viewer: { method: "POST", target: "/", body: ["x"] }, expect: { asked: ["POST /site/index.html"] } },
    { invalidate: ["/index.html"] },
    { viewer: "GET /", expect: { result: "Miss" } },
  ],
);

scenario(
  "a disabled distribution serves nobody, and serves again when it is enabled",
  "CFDG HowToDeleteDistribution",
  {},
  [
    { viewer: "GET /a", origin: { body: "v1" }, expect: { status: 200 } },
    { publish: { config: { Enabled: false } } },
    { viewer: "GET /a", expect: refused },
    { publish: {} },
    { viewer: "GET /a", expect: { status: 200, result: "Hit", body: "v1" } },
  ],
);

const redirecting = { behavior: { ViewerProtocolPolicy: "redirect-to-https" as const, AllowedMethods: ALL_METHODS } };

scenario(
  "HTTP is redirected to the public HTTPS port with path and query",
  "CFDG using-https-viewers-to-cloudfront",
  redirecting,
  [
    {
      viewer: { target: "/a//b?x=%20", host: "d1.cloudfront.localhost:7480" },
      expect: {
        status: 301,
        result: "Redirect",
        fields: { location: "https://d1.cloudfront.localhost:7443/a//b?x=%20", server: "CloudFront" },
        asked: [],
      },
    },
    { viewer: { method: "POST", target: "/a", body: ["x"] }, expect: { status: 307, result: "Redirect", asked: [] } },
    { viewer: { method: "POST", target: "/a", httpVersion: "1.0", body: ["x"] }, expect: refused },
    { viewer: { target: "/a", scheme: "https" }, expect: { status: 200, result: "Miss" } },
  ],
);

test("the port is left out of a redirect when it is 443", async () => {
  await using world = await openWorld(redirecting, { settings: { publicHttpsPort: 443 } });
  assert.equal((await world.ask("GET /a")).field("location"), "https://d1.cloudfront.localhost/a");
});

scenario(
  "HTTP is refused where only HTTPS is allowed",
  "CFDG using-https-viewers-to-cloudfront",
  { behavior: { ViewerProtocolPolicy: "https-only" } },
  [
    { viewer: "GET /a", expect: refused },
    { viewer: { target: "/a", scheme: "https" }, expect: { status: 200 } },
    { viewer: { target: "/b" }, expect: refused },
  ],
);

const notAllowed = {
  status: 403,
  result: "Error",
  says: "The distribution supports only cachable requests.",
  asked: [],
} as const;

scenario("methods that the behavior does not allow are refused", "CFDG RequestAndResponseBehaviorCustomOrigin", {}, [
  ...["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"].map((method) => ({
    viewer: `${method} /a`,
    expect: notAllowed,
  })),
  { viewer: { target: "/a", body: ["x"] }, expect: refused },
  { viewer: { target: "/a", host: "" }, expect: { status: 400, result: "Error", says: "Bad request." } },
]);

scenario(
  "what is posted goes to the origin and its answer back, past the cache",
  "CFDG RequestAndResponseBehaviorCustomOrigin",
  { behavior: { AllowedMethods: ALL_METHODS } },
  [
    { viewer: "GET /a", origin: { body: "v1" }, expect: { result: "Miss" } },
    {
      viewer: {
        method: "POST",
        target: "/a",
        headers: { Authorization: "x", "Content-Type": "text/plain" },
        body: ["one ", "two"],
      },
      origin: { status: 201, body: "made" },
      expect: {
        status: 201,
        result: "Miss",
        body: "made",
        asked: ["POST /a"],
        askedWith: { "content-length": "7", authorization: "x", "content-type": "text/plain" },
      },
    },
    { viewer: "POST /a", expect: { asked: ["POST /a"], askedWith: { "content-length": "0" } } },
    { viewer: "DELETE /a", origin: { status: 204 }, expect: { status: 204, asked: ["DELETE /a"] } },
    { viewer: "OPTIONS /a", origin: { body: "" }, expect: { status: 200, asked: ["OPTIONS /a"] } },
    { viewer: "OPTIONS /a", expect: { asked: ["OPTIONS /a"] } },
    { viewer: "GET /a", expect: { result: "Hit", body: "v1" } },
  ],
);

scenario(
  "OPTIONS is stored apart from GET where it is cached",
  "CFDG distribution-web-values-specify",
  {
    behavior: { AllowedMethods: { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD", "OPTIONS") } },
  },
  [
    { viewer: "GET /a", origin: { body: "page" }, expect: { result: "Miss" } },
    { viewer: "OPTIONS /a", origin: { body: "options" }, expect: { result: "Miss", body: "options" } },
    { viewer: "OPTIONS /a", expect: { result: "Hit", body: "options", asked: [] } },
    { viewer: "GET /a", expect: { result: "Hit", body: "page" } },
  ],
);

const PROTECTED = [
  ["WebACLId", { config: { WebACLId: "acl" } }],
  ["OriginAccessControlId", { origin: { OriginAccessControlId: "E0" } }],
  ["FunctionAssociations", { behavior: { FunctionAssociations: list({}) } }],
  ["LambdaFunctionAssociations", { behavior: { LambdaFunctionAssociations: list({}) } }],
  ["FieldLevelEncryptionId", { behavior: { FieldLevelEncryptionId: "E0" } }],
] as const;

for (const [setting, draft] of PROTECTED) {
  scenario(`content that ${setting} protects is not served while that is not enforced`, "D-0006", draft, [
    { viewer: "GET /a", expect: { status: 403, result: "Error", says: setting.replace(/ .*/, ""), asked: [] } },
  ]);
}

scenario(
  "a protected behavior does not close the others, nor does another spelling of its path open it",
  "D-0006",
  {
    behaviors: [{ PathPattern: "private/*", FieldLevelEncryptionId: "E0" }],
  },
  [
    { viewer: "GET /public/a", expect: { status: 200 } },
    ...["/private/a", "//private/a", "/./private/a", "/x/../private/a", "/%70rivate/a", "/x/%2e%2e/private/a"].map(
      (target) => ({
        viewer: { target },
        expect: { status: 403, asked: [] },
      }),
    ),
  ],
);

scenario("a request that came through two distributions goes no further", "CFDG cloudfront-limits", {}, [
  { viewer: { target: "/a", headers: { Via: "1.1 a.cloudfront.net (CloudFront)" } }, expect: { status: 200 } },
  {
    viewer: { target: "/b", headers: { Via: "1.1 a.cloudfront.net (CloudFront), 1.1 b.cloudfront.net (CloudFront)" } },
    expect: refused,
  },
]);

test("what an account asks about others' distributions is answered as if there were none", async () => {
  await using world = await openWorld({ account: "111111111111" });
  const asked = { method: "GET", url: "http://d1.cloudfront.localhost/" };
  const own = await world.edge.explain(asked, "111111111111" as AccountId);
  const others = await world.edge.explain(asked, "222222222222" as AccountId);
  const nobodys = await world.edge.explain(
    { ...asked, url: "http://dx.cloudfront.localhost/" },
    "222222222222" as AccountId,
  );
  assert.equal(own.verdict, "miss");
  assert.equal(others.verdict, nobodys.verdict);
  assert.equal(JSON.stringify(others).replaceAll("d1", "dx"), JSON.stringify(nobodys));
});
