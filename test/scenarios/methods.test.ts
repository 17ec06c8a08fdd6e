// Methods, viewer protocol policies and the limits of a request, row by row, in process and on the wire.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_METHODS, list, openWorld, scenario, type Expected, type Step } from "./harness.ts";
import { exchangeBytes, openWired } from "./wired.ts";

const RULES = "CFDG RequestAndResponseBehaviorCustomOrigin";

const THREE = { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD") };

const refused: Expected = {
  status: 403,
  result: "Error",
  says: "This distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.",
  asked: [],
};
const badRequest: Expected = { status: 403, result: "Error", says: "Bad request.", asked: [] };

const METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"];
/** Never in a list; methods are case-sensitive. */
const OTHERS = ["TRACE", "PROPFIND", "PURGE", "get", "Post", "GETX", "X"];

for (const [name, behavior, allowed] of [
  ["GET and HEAD", {}, 2],
  ["GET, HEAD and OPTIONS", { AllowedMethods: THREE }, 3],
  ["all seven", { AllowedMethods: ALL_METHODS }, 7],
] as const) {
  scenario(`where ${name} are allowed every other method is refused`, RULES, { behavior }, [
    ...METHODS.map((method, index): Step => ({
      viewer: { method, target: `/${method}` },
      expect: index < allowed ? { status: 200, result: "Miss" } : refused,
    })),
    ...OTHERS.map((method): Step => ({ viewer: { method, target: "/a" }, expect: refused })),
  ]);
}

scenario(
  "only GET, HEAD and, where it is cached, OPTIONS are answered from the cache",
  "CFDG distribution-web-values-specify",
  {
    behavior: { AllowedMethods: { ...ALL_METHODS, CachedMethods: list("GET", "HEAD", "OPTIONS") } },
  },
  [
    ...["GET", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"].map((method): Step => ({
      viewer: { method, target: `/${method}` },
      expect: { result: "Miss" },
    })),
    ...["PUT", "POST", "PATCH", "DELETE"].map((method): Step => ({
      viewer: { method, target: `/${method}` },
      expect: { result: "Miss", asked: [`${method} /${method}`] },
    })),
    { viewer: "GET /GET", expect: { result: "Hit" } },
    { viewer: "HEAD /GET", expect: { result: "Hit", body: "" } },
    { viewer: "OPTIONS /OPTIONS", expect: { result: "Hit" } },
    { viewer: "GET /OPTIONS", expect: { result: "Miss" } },
    { viewer: "OPTIONS /GET", expect: { result: "Miss" } },
  ],
);

scenario("a body goes along with the methods that may have one", RULES, { behavior: { AllowedMethods: ALL_METHODS } }, [
  { viewer: { method: "GET", target: "/a", body: ["x"] }, expect: badRequest },
  { viewer: { method: "HEAD", target: "/a", body: ["x"] }, expect: badRequest },
  { viewer: { method: "GET", target: "/a", body: [] }, expect: { status: 200 } },
  ...["PUT", "POST", "PATCH", "DELETE", "OPTIONS"].map((method): Step => ({
    viewer: { method, target: "/a", body: ["x"] },
    expect: { status: 200, askedWith: { "content-length": "1" } },
  })),
]);

scenario("a method named in a header is not the request's", RULES, { behavior: { AllowedMethods: ALL_METHODS } }, [
  {
    viewer: { target: "/a", headers: { "X-HTTP-Method-Override": "DELETE" } },
    expect: { asked: ["GET /a"], askedWith: { "x-http-method-override": undefined } },
  },
]);

// ViewerProtocolPolicy

const POLICY = "CFDG using-https-viewers-to-cloudfront";

/** policy, method, version → status over HTTP; over HTTPS all are served */
const POLICIES = [
  ["allow-all", "GET", "1.1", 200],
  ["allow-all", "POST", "1.0", 200],
  ["https-only", "GET", "1.1", 403],
  ["https-only", "HEAD", "1.1", 403],
  ["https-only", "POST", "1.1", 403],
  ["redirect-to-https", "GET", "1.1", 301],
  ["redirect-to-https", "GET", "1.0", 301],
  ["redirect-to-https", "HEAD", "1.1", 301],
  ["redirect-to-https", "POST", "1.1", 307],
  ["redirect-to-https", "PUT", "1.1", 307],
  ["redirect-to-https", "DELETE", "1.1", 307],
  ["redirect-to-https", "OPTIONS", "1.1", 307],
  ["redirect-to-https", "PATCH", "1.1", 307],
  ["redirect-to-https", "POST", "1.0", 403],
  ["redirect-to-https", "OPTIONS", "1.0", 403],
  ["redirect-to-https", "DELETE", "1.0", 403],
] as const;

for (const [ViewerProtocolPolicy, method, httpVersion, status] of POLICIES) {
  scenario(
    `${method} over HTTP/${httpVersion} is answered ${status} where the policy is ${ViewerProtocolPolicy}`,
    POLICY,
    { behavior: { ViewerProtocolPolicy, AllowedMethods: ALL_METHODS } },
    [
      {
        viewer: { method, target: "/a", httpVersion },
        expect: status === 403 ? badRequest : { status, asked: status === 200 ? [`${method} /a`] : [] },
      },
      { viewer: { method, target: "/b", httpVersion, scheme: "https" }, expect: { status: 200 } },
    ],
  );
}

scenario(
  "a method that no distribution allows is refused, not redirected",
  POLICY,
  {
    behavior: { ViewerProtocolPolicy: "redirect-to-https" },
  },
  [
    ...OTHERS.map((method): Step => ({ viewer: { method, target: "/a" }, expect: refused })),
    // One of the seven is told to come over HTTPS first, and there that it is not allowed here.
    { viewer: { method: "POST", target: "/a" }, expect: { status: 307 } },
    { viewer: { method: "POST", target: "/a", scheme: "https" }, expect: refused },
  ],
);

/** Host, target → Location */
const LOCATIONS = [
  ["d1.cloudfront.localhost", "/a", "https://d1.cloudfront.localhost:7443/a"],
  ["d1.cloudfront.localhost:7480", "/a?b=c&d", "https://d1.cloudfront.localhost:7443/a?b=c&d"],
  ["D1.cloudfront.localhost", "/", "https://D1.cloudfront.localhost:7443/"],
  ["www.example.com", "/a%20b//../c?x=%zz", "https://www.example.com:7443/a%20b//../c?x=%zz"],
  ["www.example.com:80", "/a?", "https://www.example.com:7443/a?"],
  ["www.example.com", "//evil.example/a", "https://www.example.com:7443//evil.example/a"],
] as const;

// Not in the suite for any edge: which port is the public one is this server's setting.
test(`a redirect names host, raw path and query as they were asked, and the public HTTPS port [${POLICY}]`, async () => {
  await using world = await openWorld({
    behavior: { ViewerProtocolPolicy: "redirect-to-https" },
    config: { Aliases: list("www.example.com"), DefaultRootObject: "index.html" },
  });
  for (const [host, target, location] of LOCATIONS) {
    const got = await world.ask({ target, host });
    assert.deepEqual([got.status, got.field("location")], [301, location]);
  }
});

const PAGE =
  "<html>\r\n<head><title>301 Moved Permanently</title></head>\r\n<body>\r\n<center><h1>301 Moved Permanently</h1></center>\r\n<hr><center>CloudFront</center>\r\n</body>\r\n</html>\r\n";

test(`a redirect has the real service's page of 167 bytes, and to HEAD its head [SEEN 2026-11-20 #1]`, async () => {
  await using wired = await openWired({ behavior: { ViewerProtocolPolicy: "redirect-to-https" } });
  const rest = "Host: d1.cloudfront.localhost\r\nConnection: close\r\n\r\n";
  const get = await exchangeBytes(wired.port, `GET /a HTTP/1.1\r\n${rest}`);
  const head = await exchangeBytes(wired.port, `HEAD /a HTTP/1.1\r\n${rest}`);
  for (const text of [get, head]) {
    assert.match(text, /^HTTP\/1\.1 301 Moved Permanently\r\n/);
    assert.match(text, /\r\nContent-Type: text\/html\r\n/);
    assert.match(text, /\r\nContent-Length: 167\r\n/);
  }
  assert.equal(get.slice(get.indexOf("\r\n\r\n") + 4), PAGE);
  assert.equal(head.slice(head.indexOf("\r\n\r\n") + 4), "");
});

test("what goes over HTTP/1.0 is not redirected with a method that it does not know, and the connection lives by its rules", async () => {
  await using wired = await openWired({
    behavior: { ViewerProtocolPolicy: "redirect-to-https", AllowedMethods: ALL_METHODS },
  });
  const text = await exchangeBytes(
    wired.port,
    "POST /a HTTP/1.0\r\nHost: d1.cloudfront.localhost\r\nContent-Length: 1\r\n\r\nx",
  );
  assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/);
});

// Limits: one byte less is served, and beyond them 413 and the connection is closed.

const LIMITS = "CFDG cloudfront-limits";
const HOST = "d1.cloudfront.localhost";

/** The URL is what the edge would build: scheme, host, path and query. */
test(`a URL may have 8,192 bytes; beyond it the answer is 413 and the connection closes [${LIMITS}]`, async () => {
  await using wired = await openWired();
  const ask = (bytes: number): Promise<string> => {
    const path = `/${"x".repeat(bytes - `http://${HOST}/`.length)}`;
    return exchangeBytes(wired.port, `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  };
  assert.match(await ask(8192), /^HTTP\/1\.1 200 OK\r\n/);
  const long = await ask(8193);
  assert.match(long, /^HTTP\/1\.1 413 Request Entity Too Large\r\n/);
  assert.match(long, /\r\nConnection: close\r\n/);
  assert.match(long, /<H1>413 ERROR<\/H1>/);
  assert.equal(wired.world.origin.asked.length, 1);
});

test(`request line and header section may have 20,480 bytes together, and what is pipelined behind too large a one is not read [${LIMITS}]`, async () => {
  await using wired = await openWired();
  const ask = (bytes: number): string => {
    const head = (padding: string): string =>
      `GET /a HTTP/1.1\r\nHost: ${HOST}\r\nReferer: ${padding}\r\nConnection: close\r\n\r\n`;
    return head("x".repeat(bytes - head("").length));
  };
  assert.match(await exchangeBytes(wired.port, ask(20_480)), /^HTTP\/1\.1 200 OK\r\n/);
  const large = await exchangeBytes(wired.port, ask(20_481) + ask(200));
  assert.match(large, /^HTTP\/1\.1 413 Request Entity Too Large\r\n/);
  assert.equal(large.match(/HTTP\/1\.1 /g)?.length, 1);
  assert.equal(wired.world.origin.asked.length, 1);
});

scenario("what a viewer says of caching forces nothing, and reaches the origin", RULES, {}, [
  {
    viewer: { target: "/a", headers: { "Cache-Control": "no-cache, no-store, max-age=0", Pragma: "no-cache" } },
    origin: { body: "v1" },
    expect: { result: "Miss", askedWith: { "cache-control": "no-cache, no-store, max-age=0", pragma: "no-cache" } },
  },
  ...["no-cache", "no-store", "max-age=0", "only-if-cached", "min-fresh=99999999"].map((control): Step => ({
    viewer: { target: "/a", headers: { "Cache-Control": control, Pragma: "no-cache" } },
    expect: { result: "Hit", body: "v1", asked: [] },
  })),
  { viewer: { target: "/never", headers: { "Cache-Control": "only-if-cached" } }, expect: { result: "Miss" } },
]);

// Hosts

/** Host → is it the distribution's? It has aliases www.example.com and *.example.org. */
const HOSTS: readonly (readonly [host: string, found: boolean])[] = [
  ["d1.cloudfront.localhost", true],
  ["D1.CLOUDFRONT.LOCALHOST", true],
  ["d1.cloudfront.localhost.", true],
  ["d1.cloudfront.localhost:1", true],
  ["d1.cloudfront.net", true],
  ["xd1.cloudfront.net", false],
  ["d1", false],
  ["cloudfront.net", false],
  ["www.example.com", true],
  ["WWW.Example.COM:8080", true],
  ["example.com", false],
  ["x.www.example.com", false],
  ["a.example.org", true],
  ["a.b.example.org", true],
  ["example.org", false],
  [".example.org", false],
  ["aexample.org", false],
  ["*.example.org", true],
  ["127.0.0.1", false],
  ["[::1]:80", false],
  [`${"a.".repeat(200)}example.org`, false],
];

test(`hosts are found by name alone, without case, port and the dot at the end [CFDG CNAMEs]`, async () => {
  await using world = await openWorld({ config: { Aliases: list("www.example.com", "*.example.org") } });
  for (const [host, found] of HOSTS) {
    const got = await world.ask({ target: "/a", host });
    assert.equal(got.status, found ? 200 : 403, host);
    if (!found) assert.match(got.body, /\nBad request\.\n/);
  }
});
