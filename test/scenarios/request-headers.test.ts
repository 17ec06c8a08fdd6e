// The table of what happens to each of a viewer's headers on the way to a custom origin, one row per row of the guide.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_METHODS, list, openWorld, scenario, type Ask, type BehaviorDraft } from "./harness.ts";

const TABLE = "CFDG RequestAndResponseBehaviorCustomOrigin";

const KEPT = "kept";
const GONE = "gone";
type Fate = typeof KEPT | typeof GONE | RegExp;

/** header, the viewer's value, its fate by default, and its fate where it is listed (`never`: the API refuses to list it) */
const ROWS: readonly (readonly [header: string, sent: string, byDefault: Fate, listed: Fate | "never"])[] = [
  ["X-Any-Other", "x", KEPT, KEPT],
  ["Accept", "text/html", GONE, KEPT],
  ["Accept-Charset", "utf-8", GONE, KEPT],
  ["Accept-Encoding", "deflate, gzip;q=0.5, br", /^gzip$/, KEPT],
  ["Accept-Encoding", "deflate, zstd", GONE, KEPT],
  ["Accept-Encoding", "gzip;q=0", GONE, KEPT],
  ["Accept-Language", "de", GONE, KEPT],
  ["Authorization", "Basic eDp5", GONE, KEPT],
  ["Cache-Control", "no-cache", KEPT, "never"],
  ["Connection", "close", /^Keep-Alive$/, "never"],
  ["Content-MD5", "x", KEPT, KEPT],
  ["Content-Type", "text/plain", KEPT, KEPT],
  ["Cookie", "a=1", GONE, "never"],
  ["Date", "Sun, 06 Nov 1994 08:49:37 GMT", KEPT, KEPT],
  ["Expect", "100-continue", GONE, GONE],
  ["From", "a@example.com", KEPT, KEPT],
  ["If-Match", '"1"', KEPT, KEPT],
  ["If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", KEPT, KEPT],
  ["If-None-Match", '"1"', KEPT, KEPT],
  ["If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", KEPT, KEPT],
  ["Keep-Alive", "timeout=5", GONE, GONE],
  ["Max-Forwards", "5", KEPT, "never"],
  ["Origin", "https://example.com", KEPT, KEPT],
  ["Pragma", "no-cache", KEPT, "never"],
  ["Proxy-Authenticate", "x", GONE, "never"],
  ["Proxy-Authorization", "x", GONE, "never"],
  ["Proxy-Connection", "x", GONE, "never"],
  ["Referer", "https://example.com/", GONE, KEPT],
  ["Request-Range", "bytes=0-1", KEPT, "never"],
  ["TE", "trailers", GONE, "never"],
  ["Trailer", "x", GONE, "never"],
  ["Upgrade", "x", GONE, "never"],
  ["User-Agent", "curl/8", /^Amazon CloudFront$/, KEPT],
  ["Via", "1.0 proxy", /^1\.0 proxy, 1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/, /^1\.0 proxy, 1\.1 /],
  ["Warning", '199 - "x"', KEPT, KEPT],
  ["X-Amz-Cf-Id", "theirs", /^[A-Za-z0-9_-]{54}==$/, "never"],
  ["X-Edge-Any", "x", GONE, "never"],
  ["X-Forwarded-For", "192.0.2.4, 192.0.2.3", /^192\.0\.2\.4, 192\.0\.2\.3,198\.51\.100\.7$/, /,198\.51\.100\.7$/],
  ["X-Forwarded-Proto", "gopher", GONE, "never"],
  ["X-HTTP-Method-Override", "DELETE", GONE, KEPT],
  ["X-Real-IP", "192.0.2.4", GONE, "never"],
];

/** What of a field the viewer's request to the origin has, given how the behavior is set. */
function fateScenario(
  claim: string,
  source: string,
  behavior: BehaviorDraft,
  viewer: Pick<Ask, "headers">,
  found: readonly [header: string, value: string | RegExp | undefined],
): void {
  const [header, value] = found;
  scenario(claim, source, { behavior }, [
    {
      viewer: { target: "/a", ...viewer },
      expect: { asked: ["GET /a"], askedWith: { [header.toLowerCase()]: value } },
    },
  ]);
}

for (const [header, sent, byDefault, listed] of ROWS) {
  const valueOf = (fate: Fate): string | RegExp | undefined =>
    fate === KEPT ? sent : fate === GONE ? undefined : fate;
  const headers = { [header]: sent };
  const way = "on its way to the origin";
  fateScenario(`${header}: ${sent} is ${String(byDefault)} ${way}`, TABLE, {}, { headers }, [
    header,
    valueOf(byDefault),
  ]);
  if (listed === "never") continue;
  // Case does not count in names, neither the configured nor the viewer's.
  for (const name of [header, header.toUpperCase()]) {
    const behavior = { ForwardedValues: { Headers: list(name) } };
    fateScenario(
      `${header}: ${sent} is ${String(listed)} ${way} where ${name} is listed`,
      TABLE,
      behavior,
      { headers },
      [header, valueOf(listed)],
    );
  }
}

// What the edge writes without the viewer's having sent any.
for (const [header, made] of [
  ["User-Agent", "Amazon CloudFront"],
  ["X-Forwarded-For", "198.51.100.7"],
  ["Via", /^1\.1 [0-9a-f]{32}\.cloudfront\.net \(CloudFront\)$/],
  ["X-Amz-Cf-Id", /^[A-Za-z0-9_-]{54}==$/],
  ["Connection", "Keep-Alive"],
] as const) {
  fateScenario(`${header} is there in any case`, TABLE, {}, {}, [header, made]);
}

for (const name of ["Accept", "User-Agent", "Referer", "Authorization"]) {
  const behavior = { ForwardedValues: { Headers: list(name) } };
  fateScenario(
    `${name} is not sent where it is listed and the viewer sends none`,
    "CFDG header-caching",
    behavior,
    {},
    [name, undefined],
  );
}

for (const httpVersion of ["1.0", "1.1", "2.0"] as const) {
  const via = new RegExp(`^${httpVersion.replace(".", "\\.")} [0-9a-f]{32}\\.`);
  scenario(`Via tells the origin that the viewer spoke ${httpVersion}`, TABLE, { config: { HttpVersion: "http2" } }, [
    { viewer: { target: "/a", httpVersion }, expect: { asked: ["GET /a"], askedWith: { via } } },
  ]);
}

// Host: the origin's own unless listed; then the viewer's, port and case included.
test(`Host is the origin's domain, or the viewer's where it is listed [${TABLE}]`, async () => {
  for (const [headers, expected] of [
    [list<string>(), undefined],
    [list("Host"), "D1.cloudfront.localhost:7480"],
    [list("*"), "D1.cloudfront.localhost:7480"],
  ] as const) {
    await using world = await openWorld({ behavior: { ForwardedValues: { Headers: headers } } });
    await world.ask({ target: "/a", host: "D1.cloudfront.localhost:7480" });
    assert.equal(world.origin.asked[0]?.headers.host, expected ?? `origin.localhost:${world.origin.port}`);
  }
});

// method, CachedMethods with OPTIONS → does the origin get Authorization without its being listed?
const AUTHORIZATION: readonly (readonly [method: string, cachesOptions: boolean, kept: boolean])[] = [
  ["GET", false, false],
  ["HEAD", false, false],
  ["OPTIONS", false, true],
  ["OPTIONS", true, false],
  ["POST", true, true],
  ["PUT", false, true],
  ["PATCH", false, true],
  ["DELETE", false, true],
];

for (const [method, cachesOptions, kept] of AUTHORIZATION) {
  const options = cachesOptions ? "cached" : "not cached";
  const CachedMethods = cachesOptions ? list("GET", "HEAD", "OPTIONS") : list("GET", "HEAD");
  scenario(
    `Authorization of a ${method} is ${kept ? "forwarded" : "removed"} where OPTIONS is ${options}`,
    TABLE,
    { behavior: { AllowedMethods: { ...ALL_METHODS, CachedMethods } } },
    [
      {
        viewer: { method, target: "/a", headers: { Authorization: "Basic eDp5" } },
        expect: { askedWith: { authorization: kept ? "Basic eDp5" : undefined } },
      },
    ],
  );
}

scenario(
  "with all headers forwarded the viewer's own go along, but for what ends at this hop",
  "CFDG header-caching",
  { behavior: { ForwardedValues: { Headers: list("*") } } },
  [
    {
      viewer: {
        target: "/a",
        headers: {
          Accept: "text/html",
          "Accept-Encoding": "br",
          "Accept-Language": "de",
          Authorization: "Basic eDp5",
          Cookie: "a=1",
          Referer: "x",
          "User-Agent": "curl/8",
          TE: "trailers",
          "X-Edge-Any": "x",
          "X-Forwarded-For": "192.0.2.4",
        },
      },
      expect: {
        askedWith: {
          accept: "text/html",
          "accept-encoding": "br",
          "accept-language": "de",
          authorization: "Basic eDp5",
          cookie: undefined, // has its own setting
          referer: "x",
          "user-agent": "curl/8",
          te: undefined,
          "x-edge-any": undefined,
          "x-forwarded-for": "192.0.2.4,198.51.100.7",
        },
      },
    },
  ],
);

// The origin's own headers win over whatever would stand there.
for (const header of [
  "X-Any",
  "Accept",
  "User-Agent",
  "Authorization",
  "Accept-Encoding",
  "Referer",
  "X-Forwarded-For",
]) {
  scenario(
    `the origin's own ${header} overwrites the viewer's, listed or not`,
    "CFDG add-origin-custom-headers",
    {
      origin: { CustomHeaders: list({ HeaderName: header, HeaderValue: "ours" }) },
      behaviors: [{ PathPattern: "listed", ForwardedValues: { Headers: list(header) } }],
    },
    ["/a", "/listed"].map((target) => ({
      viewer: { target, headers: { [header.toLowerCase()]: "gzip" } },
      expect: { askedWith: { [header.toLowerCase()]: "ours" } },
    })),
  );
}

const ofViewer = (headers: Readonly<Record<string, string>>, target = "/a"): Ask => ({ target, headers });

scenario(
  "names of listed headers compare without case, values with it, and order does not count",
  "CFDG header-caching",
  { behavior: { ForwardedValues: { Headers: list("X-One", "x-two") } } },
  [
    { viewer: ofViewer({ "X-One": "a", "X-Two": "b" }), origin: { body: "ab" }, expect: { result: "Miss" } },
    { viewer: ofViewer({ "x-two": "b", "x-one": "a" }), expect: { result: "Hit", body: "ab" } },
    { viewer: ofViewer({ "X-One": "A", "X-Two": "b" }), expect: { result: "Miss" } },
    { viewer: ofViewer({ "X-One": "b", "X-Two": "a" }), expect: { result: "Miss" } },
    { viewer: ofViewer({ "X-One": "a", "X-Two": "b", "X-Three": "c" }), expect: { result: "Hit" } },
  ],
);

scenario(
  "the scheme is not in the key, nor the name by which the distribution was found",
  "CFDG understanding-the-cache-key",
  {
    config: { Aliases: list("www.example.com") },
    behaviors: [{ PathPattern: "by-scheme", ForwardedValues: { Headers: list("CloudFront-Forwarded-Proto") } }],
  },
  [
    { viewer: { target: "/a" }, expect: { result: "Miss" } },
    { viewer: { target: "/a", scheme: "https" }, expect: { result: "Hit" } },
    { viewer: { target: "/a", host: "www.example.com" }, expect: { result: "Hit" } },
    { viewer: { target: "/by-scheme" }, expect: { result: "Miss" } },
    { viewer: { target: "/by-scheme", scheme: "https" }, expect: { result: "Miss" } },
    { viewer: { target: "/by-scheme", scheme: "https" }, expect: { result: "Hit" } },
  ],
);

scenario(
  "HTTP/1.0 viewers are not asked for in gzip, and share the page of those who do not take it",
  "CFDG ServingCompressedFiles",
  {},
  [
    {
      viewer: { target: "/a", httpVersion: "1.0", headers: { "Accept-Encoding": "gzip" } },
      expect: { result: "Miss", askedWith: { "accept-encoding": undefined } },
    },
    { viewer: "GET /a", expect: { result: "Hit" } },
    {
      viewer: ofViewer({ "Accept-Encoding": "gzip" }),
      expect: { result: "Miss", askedWith: { "accept-encoding": "gzip" } },
    },
  ],
);

// Cookies

// what is forwarded, the viewer's Cookie → what the origin gets
const COOKIES: readonly (readonly [names: readonly string[] | "all", sent: string, got: string | undefined])[] = [
  ["all", "b=2; a=1", "a=1; b=2"],
  ["all", "B=2; a=1; C=3", "B=2; C=3; a=1"],
  ["all", "a=2; a=1", "a=2; a=1"],
  ["all", "a=1;b=2", "a=1; b=2"],
  ["all", "a=; b", "a="],
  ["all", "=1; ; a=b=c", "a=b=c"],
  ["all", 'a="x y"', 'a="x y"'],
  ["all", "nothing", undefined],
  [["a"], "b=2; a=1; A=3", "a=1"],
  [["user*"], "user=1; users=2; xuser=3; user_id=4", "user=1; user_id=4; users=2"],
  [["a?"], "a=1; ab=2; abc=3", "ab=2"],
  [["*_id", "b"], "x_id=1; b=2; _id=3; id=4", "_id=3; b=2; x_id=1"],
  [["*"], "b=2; a=1", "a=1; b=2"],
  [["a"], "b=2", undefined],
];

for (const [names, sent, got] of COOKIES) {
  const Cookies =
    names === "all" ? { Forward: "all" as const } : { Forward: "whitelist" as const, WhitelistedNames: list(...names) };
  const forwarded = names === "all" ? "all cookies" : names.join(", ");
  scenario(
    `of Cookie: ${sent} the origin gets ${got ?? "nothing"} where ${forwarded} are forwarded`,
    "CFDG Cookies",
    { behavior: { ForwardedValues: { Cookies } } },
    [
      { viewer: ofViewer({ Cookie: sent }), expect: { result: "Miss", askedWith: { cookie: got } } },
      { viewer: ofViewer({ Cookie: sent }), expect: { result: "Hit" } },
      ...(got === undefined ? [{ viewer: "GET /a", expect: { result: "Hit" } }] : []),
    ],
  );
}

scenario(
  "with cookies forwarded a viewer's If-None-Match and If-Modified-Since are not supported: the page is sent whole",
  "CFDG Cookies",
  { behavior: { ForwardedValues: { Cookies: { Forward: "all" } } } },
  [
    {
      viewer: ofViewer({
        "If-None-Match": '"1"',
        "If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT",
      }),
      origin: { headers: { ETag: '"1"' }, body: "page" },
      expect: {
        status: 200,
        askedWith: { "if-none-match": undefined, "if-modified-since": undefined },
      },
    },
    { viewer: "GET /b", expect: { status: 200 } },
    { viewer: ofViewer({ "If-None-Match": '"1"' }, "/b"), expect: { status: 200, result: "Hit", body: "page" } },
  ],
);

// Query strings

// listed parameters ("all": the whole query), first query, second query → do they share a page?
const QUERIES: readonly (readonly [keys: readonly string[] | "all", first: string, second: string, shared: boolean])[] =
  [
    ["all", "?a=1&b=2", "?b=2&a=1", false],
    ["all", "?a=1", "?A=1", false],
    ["all", "?a=x", "?a=X", false],
    ["all", "?a=1&b=2", "?a=1;b=2", false],
    ["all", "?a", "?a=", false],
    ["all", "", "?", false],
    ["all", "?a=%7E", "?a=~", false],
    [["a"], "?a=1&b=2", "?b=3&a=1", true],
    [["a"], "?a=1", "?A=1", false],
    [["a"], "?A=1", "", true],
    [["a"], "?a=1&a=2", "?a=2&a=1", false],
    [["a"], "?a=1&b=2", "?a=1;b=2", false], // the value is `1;b=2`
    [["a"], "?a", "?a=", false],
    [["a"], "?a=1", "?%61=1", false], // names compare as written
    [["a", "b"], "?a=1&b=2", "?b=2&a=1", false],
    [["a", "b"], "?a=1&b=2", "?a=1&x&b=2", true],
    [["b%20c"], "?b%20c=1", "?b%20c=2", false],
    [["b%20c"], "?b+c=1", "?b+c=2", true],
    [["a"], "?&&a=1", "?a=1", true],
  ];

for (const [keys, first, second, shared] of QUERIES) {
  const where = keys === "all" ? "the whole query counts" : `${keys.join(" and ")} count`;
  const verb = shared ? "share" : "do not share";
  scenario(
    `/a${first} and /a${second} ${verb} a page where ${where}`,
    "CFDG QueryStringParameters",
    {
      behavior: {
        ForwardedValues: { QueryString: true, QueryStringCacheKeys: keys === "all" ? list() : list(...keys) },
      },
    },
    [
      { viewer: `GET /a${first}`, expect: { result: "Miss", asked: [`GET /a${first}`] } },
      {
        viewer: `GET /a${second}`,
        expect: shared ? { result: "Hit", asked: [] } : { result: "Miss", asked: [`GET /a${second}`] },
      },
    ],
  );
}

scenario(
  "a 412 to one viewer's condition is no other's, with cookies forwarded either",
  "RFC 9110 §13.1.1",
  { behavior: { ForwardedValues: { Cookies: { Forward: "all" } } } },
  [
    {
      viewer: ofViewer({ "If-Match": '"0"', "If-None-Match": '"1"' }),
      origin: { status: 412, headers: { "Cache-Control": "max-age=60" } },
      expect: { status: 412, asked: ["GET /a"] },
    },
    { viewer: "GET /a", origin: { body: "page" }, expect: { status: 200, body: "page" } },
  ],
);
