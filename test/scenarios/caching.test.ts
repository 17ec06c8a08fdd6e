// Misses, hits, expiry, validation and the TTL rules, from the viewer's side.

import { list, scenario } from "./harness.ts";

const cacheable = (maxAge: number, body: string) => ({ headers: { "Cache-Control": `max-age=${maxAge}` }, body });

scenario("a page is a miss, then a hit with its age, then a miss again when it has expired", "CFDG Expiration", {}, [
  {
    viewer: "GET /page",
    origin: cacheable(60, "v1"),
    expect: { status: 200, result: "Miss", body: "v1", fields: { age: undefined }, asked: ["GET /page"] },
  },
  { viewer: "GET /page", expect: { status: 200, result: "Hit", body: "v1", fields: { age: "0" }, asked: [] } },
  { advanceSeconds: 59 },
  { viewer: "GET /page", expect: { result: "Hit", body: "v1", fields: { age: "59" }, asked: [] } },
  { advanceSeconds: 1 },
  { viewer: "GET /page", origin: cacheable(60, "v2"), expect: { result: "Miss", body: "v2", asked: ["GET /page"] } },
  { viewer: "GET /page", expect: { result: "Hit", body: "v2", asked: [] } },
]);

scenario("paths are stored exactly as given", "CFDG LinkFormat", {}, [
  { viewer: "GET /images", origin: cacheable(60, "a"), expect: { result: "Miss" } },
  { viewer: "GET /images/", origin: cacheable(60, "b"), expect: { result: "Miss", body: "b" } },
  { viewer: "GET /Images", origin: cacheable(60, "c"), expect: { result: "Miss", body: "c" } },
  { viewer: "GET /images", expect: { result: "Hit", body: "a" } },
]);

// MinTTL, DefaultTTL, MaxTTL; what the origin sends; for how many seconds it is a hit.
const TTL_ROWS: readonly (readonly [
  min: number,
  byDefault: number,
  max: number,
  headers: Record<string, string>,
  fresh: number,
])[] = [
  [0, 100, 1000, {}, 100],
  [50, 20, 1000, {}, 50],
  [0, 100, 1000, { "Cache-Control": "max-age=10" }, 10],
  [0, 100, 30, { "Cache-Control": "max-age=60" }, 30],
  [20, 100, 1000, { "Cache-Control": "max-age=10" }, 20],
  [0, 100, 1000, { "Cache-Control": "max-age=10, s-maxage=40" }, 40],
  [0, 100, 1000, { Expires: "Fri, 20 Nov 2026 12:00:30 GMT", Date: "Fri, 20 Nov 2026 12:00:00 GMT" }, 30],
  [0, 100, 1000, { Expires: "Fri, 20 Nov 2026 12:00:30 GMT", "Cache-Control": "max-age=5" }, 5],
  [7, 100, 1000, { Expires: "0" }, 7],
  [7, 100, 1000, { "Cache-Control": "no-store" }, 7],
  [7, 100, 1000, { "Cache-Control": "private, max-age=60" }, 7],
  [7, 100, 1000, { "Cache-Control": "no-cache" }, 7],
  [0, 100, 1000, { "Cache-Control": "max-age=60", Age: "45" }, 15],
  [0, 100, 1000, { Pragma: "no-cache" }, 100],
];

for (const [min, byDefault, max, headers, fresh] of TTL_ROWS) {
  const behavior = { MinTTL: min, DefaultTTL: byDefault, MaxTTL: max };
  const said = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("; ");
  scenario(
    `TTLs ${min}/${byDefault}/${max} with "${said}" keep a page for ${fresh} s`,
    "CFDG Expiration",
    { behavior },
    [
      { viewer: "GET /a", origin: { headers, body: "v1" }, expect: { result: "Miss" } },
      { advanceSeconds: fresh - 1 },
      { viewer: "GET /a", origin: { headers, body: "v2" }, expect: { result: "Hit", body: "v1" } },
      { advanceSeconds: 1 },
      { viewer: "GET /a", expect: { result: "Miss", body: "v2" } },
    ],
  );
}

for (const control of ["no-store", "private", "no-cache", "max-age=0", "s-maxage=0, max-age=60"]) {
  scenario(`Cache-Control: ${control} with MinTTL 0 goes to the origin every time`, "CFDG Expiration", {}, [
    { viewer: "GET /a", origin: { headers: { "Cache-Control": control }, body: "v1" }, expect: { result: "Miss" } },
    { viewer: "GET /a", expect: { result: "Miss", asked: ["GET /a"] } },
  ]);
}

scenario(
  "with all TTLs 0 nothing is stored, whatever the origin says",
  "CFDG using-managed-cache-policies",
  { behavior: { DefaultTTL: 0, MaxTTL: 0 } },
  [
    { viewer: "GET /a", origin: cacheable(60, "v1"), expect: { result: "Miss" } },
    { viewer: "GET /a", origin: cacheable(60, "v2"), expect: { result: "Miss", body: "v2" } },
  ],
);

scenario("an expired page is validated, and a 304 makes it fresh again", "RFC 9111 §4.3", {}, [
  {
    viewer: "GET /a",
    origin: {
      headers: { "Cache-Control": "max-age=10", ETag: '"1"', "Last-Modified": "Thu, 19 Nov 2026 12:00:00 GMT" },
      body: "v1",
    },
    expect: { result: "Miss" },
  },
  { advanceSeconds: 10 },
  {
    viewer: "GET /a",
    origin: { status: 304, headers: { "Cache-Control": "max-age=20", ETag: '"1"', "X-Trace": "new" } },
    expect: {
      status: 200,
      result: "RefreshHit",
      body: "v1",
      fields: { age: "0", "x-trace": "new" },
      askedWith: { "if-none-match": '"1"', "if-modified-since": "Thu, 19 Nov 2026 12:00:00 GMT" },
    },
  },
  { advanceSeconds: 19 },
  { viewer: "GET /a", expect: { result: "Hit", body: "v1", fields: { age: "19" }, asked: [] } },
  { advanceSeconds: 1 },
  {
    viewer: "GET /a",
    origin: { headers: { ETag: '"2"' }, body: "v2" },
    expect: { result: "Miss", body: "v2", askedWith: { "if-none-match": '"1"' } },
  },
  { viewer: "GET /a", expect: { result: "Hit", body: "v2" } },
]);

scenario("no-cache with a validator is validated on every request", "RFC 9111 §5.2.2.4", {}, [
  {
    viewer: "GET /a",
    origin: { headers: { "Cache-Control": "no-cache", ETag: '"1"' }, body: "v1" },
    expect: { result: "Miss" },
  },
  {
    viewer: "GET /a",
    origin: { status: 304, headers: { "Cache-Control": "no-cache", ETag: '"1"' } },
    expect: { result: "RefreshHit", body: "v1", askedWith: { "if-none-match": '"1"' } },
  },
  { viewer: "GET /a", expect: { result: "RefreshHit", body: "v1", asked: ["GET /a"] } },
]);

scenario("a 304 about another representation confirms nothing: the page is fetched anew", "RFC 9111 §4.3.4", {}, [
  { viewer: "GET /a", origin: { headers: { "Cache-Control": "max-age=10", ETag: '"1"' }, body: "v1" }, expect: {} },
  { advanceSeconds: 10 },
  {
    viewer: "GET /a",
    origin: { status: 304, headers: { ETag: '"2"' } },
    expect: { status: 304, asked: ["GET /a", "GET /a"], askedWith: { "if-none-match": undefined } },
  },
]);

scenario(
  "a viewer's condition on a fresh page is answered by the edge",
  "CFDG RequestAndResponseBehaviorCustomOrigin",
  {},
  [
    {
      viewer: "GET /a",
      origin: {
        headers: { ETag: '"1"', "Last-Modified": "Thu, 19 Nov 2026 12:00:00 GMT", "Content-Type": "text/plain" },
        body: "v1",
      },
      expect: { result: "Miss" },
    },
    {
      viewer: { target: "/a", headers: { "If-None-Match": '"0", W/"1"' } },
      expect: { status: 304, result: "Hit", body: "", fields: { etag: '"1"', "content-type": undefined }, asked: [] },
    },
    { viewer: { target: "/a", headers: { "If-None-Match": '"2"' } }, expect: { status: 200, body: "v1", asked: [] } },
    {
      viewer: { target: "/a", headers: { "If-Modified-Since": "Thu, 19 Nov 2026 12:00:00 GMT" } },
      expect: { status: 304, asked: [] },
    },
    {
      viewer: { target: "/a", headers: { "If-Modified-Since": "Thu, 19 Nov 2026 11:59:59 GMT" } },
      expect: { status: 200, asked: [] },
    },
  ],
);

scenario(
  "a viewer's condition on a miss is the origin's to judge, and its 304 is not stored",
  "CFDG RequestAndResponseBehaviorCustomOrigin",
  {},
  [
    {
      viewer: { target: "/a", headers: { "If-None-Match": '"1"' } },
      origin: { status: 304, headers: { ETag: '"1"' } },
      expect: { status: 304, result: "Miss", askedWith: { "if-none-match": '"1"' } },
    },
    {
      viewer: "GET /a",
      origin: { headers: { ETag: '"1"' }, body: "v1" },
      expect: { status: 200, result: "Miss", body: "v1" },
    },
  ],
);

scenario("a 412 to one viewer's condition is no other's", "RFC 9110 §13.1.1", {}, [
  {
    viewer: { target: "/a", headers: { "If-Match": '"0"' } },
    origin: { status: 412, headers: { "Cache-Control": "max-age=60" } },
    expect: { status: 412, askedWith: { "if-match": '"0"' } },
  },
  { viewer: "GET /a", origin: cacheable(60, "v1"), expect: { status: 200, result: "Miss", body: "v1" } },
]);

scenario("a viewer cannot force the edge to ask again", "CFDG RequestAndResponseBehaviorCustomOrigin", {}, [
  { viewer: "GET /a", origin: cacheable(60, "v1"), expect: { result: "Miss" } },
  {
    viewer: { target: "/a", headers: { "Cache-Control": "no-cache", Pragma: "no-cache" } },
    expect: { result: "Hit", asked: [] },
  },
]);

scenario(
  "HEAD and GET share a stored response; a HEAD that misses brings the whole of it in",
  "CFDG distribution-web-values-specify",
  {},
  [
    {
      viewer: "HEAD /a",
      origin: cacheable(60, "v1"),
      expect: { status: 200, result: "Miss", body: "", asked: ["GET /a"] },
    },
    { viewer: "GET /a", expect: { result: "Hit", body: "v1", asked: [] } },
    { viewer: "HEAD /a", expect: { result: "Hit", asked: [] } },
  ],
);

for (const [status, headers, result] of [
  [301, {}, "Hit"],
  [302, {}, "Hit"],
  [307, {}, "Miss"],
  [307, { "Cache-Control": "max-age=60" }, "Hit"],
  [308, {}, "Miss"],
] as const) {
  scenario(
    `a ${status} with ${JSON.stringify(headers)} is a ${result} the second time, and never followed`,
    "CFDG http-3xx-status-codes",
    {},
    [
      {
        viewer: "GET /a",
        origin: { status, headers: { ...headers, Location: "/b" } },
        expect: { status, fields: { location: "/b" } },
      },
      { viewer: "GET /a", expect: { status, result } },
    ],
  );
}

scenario(
  "the query is not in the key and not forwarded unless the behavior says so",
  "CFDG QueryStringParameters",
  {},
  [
    { viewer: "GET /a?x=1", origin: cacheable(60, "v1"), expect: { result: "Miss", asked: ["GET /a"] } },
    { viewer: "GET /a?x=2", expect: { result: "Hit" } },
  ],
);

scenario(
  "a forwarded query separates pages, by its order too",
  "CFDG QueryStringParameters",
  { behavior: { ForwardedValues: { QueryString: true } } },
  [
    { viewer: "GET /a?x=1&y=2", origin: cacheable(60, "v1"), expect: { result: "Miss", asked: ["GET /a?x=1&y=2"] } },
    { viewer: "GET /a?y=2&x=1", origin: cacheable(60, "v2"), expect: { result: "Miss", body: "v2" } },
    { viewer: "GET /a?x=1&y=2", expect: { result: "Hit", body: "v1" } },
    { viewer: "GET /a", origin: cacheable(60, "v3"), expect: { result: "Miss", body: "v3" } },
    { viewer: "GET /a?", origin: cacheable(60, "v4"), expect: { result: "Miss", body: "v4" } },
  ],
);

scenario(
  "with listed parameters only those separate, and the origin gets all",
  "CFDG QueryStringParameters",
  { behavior: { ForwardedValues: { QueryString: true, QueryStringCacheKeys: list("x") } } },
  [
    {
      viewer: "GET /a?x=1&utm=a",
      origin: cacheable(60, "v1"),
      expect: { result: "Miss", asked: ["GET /a?x=1&utm=a"] },
    },
    { viewer: "GET /a?utm=b&x=1", expect: { result: "Hit", body: "v1" } },
    { viewer: "GET /a?X=1", origin: cacheable(60, "v2"), expect: { result: "Miss" } },
    { viewer: "GET /a?x=2", origin: cacheable(60, "v3"), expect: { result: "Miss", body: "v3" } },
  ],
);

scenario("cookies are stripped both ways unless the behavior forwards them", "CFDG Cookies", {}, [
  {
    viewer: { target: "/a", headers: { Cookie: "a=1" } },
    origin: { headers: { "Set-Cookie": "s=1" }, body: "v1" },
    expect: { result: "Miss", fields: { "set-cookie": undefined }, askedWith: { cookie: undefined } },
  },
  { viewer: { target: "/a", headers: { Cookie: "a=2" } }, expect: { result: "Hit" } },
]);

scenario(
  "listed cookies are forwarded in order of name and separate pages; Set-Cookie is kept with the page",
  "CFDG Cookies",
  { behavior: { ForwardedValues: { Cookies: { Forward: "whitelist", WhitelistedNames: list("id", "user_*") } } } },
  [
    {
      viewer: { target: "/a", headers: { Cookie: "user_b=2; other=3; id=1" } },
      origin: { headers: { "Set-Cookie": "s=1" }, body: "v1" },
      expect: { result: "Miss", fields: { "set-cookie": "s=1" }, askedWith: { cookie: "id=1; user_b=2" } },
    },
    {
      viewer: { target: "/a", headers: { Cookie: "id=1; user_b=2" } },
      expect: { result: "Hit", fields: { "set-cookie": "s=1" } },
    },
    { viewer: { target: "/a", headers: { Cookie: "id=2; user_b=2" } }, expect: { result: "Miss" } },
    { viewer: { target: "/a" }, expect: { result: "Miss", askedWith: { cookie: undefined } } },
  ],
);

scenario(
  'no-cache="Set-Cookie" keeps the page without its cookies',
  "CFDG Expiration",
  { behavior: { ForwardedValues: { Cookies: { Forward: "all" } } } },
  [
    {
      viewer: "GET /a",
      origin: { headers: { "Set-Cookie": "s=1", "Cache-Control": 'no-cache="Set-Cookie", max-age=60' }, body: "v1" },
      expect: { result: "Miss", fields: { "set-cookie": "s=1" } },
    },
    { viewer: "GET /a", expect: { result: "Hit", body: "v1", fields: { "set-cookie": undefined } } },
  ],
);

scenario(
  "listed headers separate pages and reach the origin",
  "CFDG header-caching",
  { behavior: { ForwardedValues: { Headers: list("Accept-Language") } } },
  [
    {
      viewer: { target: "/a", headers: { "accept-language": "de" } },
      origin: { headers: { Vary: "Accept-Language, User-Agent" }, body: "v1" },
      expect: { result: "Miss", askedWith: { "accept-language": "de" }, fields: { vary: "Accept-Language" } },
    },
    { viewer: { target: "/a", headers: { "Accept-Language": "de" } }, expect: { result: "Hit" } },
    { viewer: { target: "/a", headers: { "Accept-Language": "en" } }, expect: { result: "Miss" } },
    { viewer: "GET /a", expect: { result: "Miss" } },
  ],
);

scenario(
  "with all headers forwarded nothing is stored",
  "CFDG header-caching",
  { behavior: { ForwardedValues: { Headers: list("*") } } },
  [
    {
      viewer: { target: "/a", headers: { Accept: "x/y" } },
      origin: cacheable(60, "v1"),
      expect: { result: "Miss", askedWith: { accept: "x/y", host: "d1.cloudfront.localhost" } },
    },
    { viewer: "GET /a", expect: { result: "Miss" } },
  ],
);

scenario("viewers that take gzip and those that do not have pages of their own", "CFDG ServingCompressedFiles", {}, [
  {
    viewer: { target: "/a", headers: { "Accept-Encoding": "gzip, br" } },
    origin: { headers: { "Content-Encoding": "gzip" }, body: "zipped" },
    expect: { result: "Miss", askedWith: { "accept-encoding": "gzip" } },
  },
  {
    viewer: "GET /a",
    origin: { body: "plain" },
    expect: { result: "Miss", body: "plain", askedWith: { "accept-encoding": undefined } },
  },
  {
    viewer: { target: "/a", headers: { "Accept-Encoding": "deflate, gzip;q=0.5" } },
    expect: { result: "Hit", body: "zipped" },
  },
  { viewer: { target: "/a", headers: { "Accept-Encoding": "gzip;q=0" } }, expect: { result: "Hit", body: "plain" } },
]);

scenario("Vary: * with MinTTL 0 goes to the origin every time", "CFDG RequestAndResponseBehaviorCustomOrigin", {}, [
  { viewer: "GET /a", origin: { headers: { Vary: "*", ETag: '"1"' }, body: "v1" }, expect: { result: "Miss" } },
  { viewer: "GET /a", expect: { result: "Miss", askedWith: { "if-none-match": undefined } } },
]);
