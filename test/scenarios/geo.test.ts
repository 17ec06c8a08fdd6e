// Geo restriction, and the headers that the edge makes from what it knows of a viewer. 192.0.2.1 is in DE here,
// 203.0.113.1 in FR, 203.0.113.2 in CI, and any other address nowhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_METHODS, list, openWorld, scenario, type Ask, type DistributionDraft } from "./harness.ts";

const GEO = "CFDG georestrictions";
const MADE = "CFDG adding-cloudfront-headers";
const REASON = "The Amazon CloudFront distribution is configured to block access from your country.";

const restricted = (
  RestrictionType: "whitelist" | "blacklist",
  countries: readonly string[],
  draft: DistributionDraft = {},
): DistributionDraft => ({
  ...draft,
  config: { Restrictions: { GeoRestriction: { RestrictionType, ...list(...countries) } } },
});

// restriction, countries, viewer's address → status
const RULES = [
  ["whitelist", ["DE"], "192.0.2.1", 200],
  ["whitelist", ["DE"], "203.0.113.1", 403],
  ["whitelist", ["FR", "DE"], "203.0.113.1", 200],
  ["blacklist", ["DE"], "192.0.2.1", 403],
  ["blacklist", ["DE"], "203.0.113.1", 200],
  ["blacklist", ["FR", "DE"], "203.0.113.1", 403],
  // A location that is not known is served, whatever the list.
  ["whitelist", ["DE"], "198.51.100.7", 200],
  ["blacklist", ["DE"], "198.51.100.7", 200],
  ["whitelist", ["DE"], "2001:db8::1", 200],
] as const;

for (const [kind, countries, from, status] of RULES) {
  scenario(
    `a ${kind} of ${countries.join(", ")} answers a viewer at ${from} ${status}`,
    GEO,
    restricted(kind, countries),
    [
      {
        viewer: { target: "/a", from },
        expect:
          status === 403
            ? { status, result: "Error", says: REASON, asked: [] }
            : { status, result: "Miss", asked: ["GET /a"] },
      },
    ],
  );
}

scenario(
  "each viewer is judged alone: neither a refusal nor a page is kept for the other",
  GEO,
  restricted("whitelist", ["DE"]),
  [
    { viewer: { target: "/a", from: "203.0.113.1" }, expect: { status: 403, asked: [] } },
    { viewer: { target: "/a", from: "192.0.2.1" }, origin: { body: "page" }, expect: { status: 200, body: "page" } },
    { viewer: { target: "/a", from: "203.0.113.1" }, expect: { status: 403, fields: { age: undefined } } },
    { viewer: { target: "/a", from: "192.0.2.1" }, expect: { result: "Hit", body: "page" } },
    { publish: restricted("whitelist", ["FR"]) },
    { viewer: { target: "/a", from: "203.0.113.1" }, expect: { result: "Hit", body: "page" } },
    { viewer: { target: "/a", from: "192.0.2.1" }, expect: { status: 403, says: REASON } },
  ],
);

scenario("what a viewer says of where it comes from counts nowhere", GEO, restricted("whitelist", ["DE"]), [
  {
    viewer: {
      target: "/a",
      from: "203.0.113.1",
      headers: { "X-Forwarded-For": "192.0.2.1", "CloudFront-Viewer-Country": "DE", "X-Real-IP": "192.0.2.1" },
    },
    expect: { status: 403, says: REASON },
  },
]);

scenario(
  "the country is judged before protocol, method and what else protects, and the whole distribution is closed",
  "D-0013",
  restricted("blacklist", ["DE"], {
    behavior: { ViewerProtocolPolicy: "redirect-to-https" },
    behaviors: [
      { PathPattern: "post/*", ViewerProtocolPolicy: "https-only", AllowedMethods: ALL_METHODS },
      { PathPattern: "own/*", TrustedSigners: { Enabled: true, ...list("self") } },
    ],
  }),
  [
    { viewer: { target: "/a", from: "192.0.2.1" }, expect: { status: 403, says: REASON } },
    { viewer: { target: "/a", from: "203.0.113.1" }, expect: { status: 301 } },
    { viewer: { method: "DELETE", target: "/a", from: "192.0.2.1" }, expect: { status: 403, says: REASON } },
    { viewer: { method: "POST", target: "/post/a", from: "192.0.2.1" }, expect: { status: 403, says: REASON } },
    { viewer: { target: "/own/a", from: "192.0.2.1" }, expect: { status: 403, says: REASON } },
    { viewer: { target: "/own/a", from: "203.0.113.1" }, expect: { status: 403, says: "<Code>MissingKey</Code>" } },
  ],
);

scenario(
  "viewers who are kept out may get a page of the distribution's own",
  "CFDG GeneratingCustomErrorResponses",
  {
    config: {
      Restrictions: { GeoRestriction: { RestrictionType: "blacklist", ...list("FR") } },
      CustomErrorResponses: list({
        ErrorCode: 403,
        ResponsePagePath: "/closed.html",
        ResponseCode: "403",
        ErrorCachingMinTTL: 10,
      }),
    },
    behaviors: [{ PathPattern: "/closed.html", ForwardedValues: { Headers: list("CloudFront-Viewer-Country") } }],
  },
  [
    {
      viewer: { target: "/a", from: "203.0.113.1" },
      origin: { body: "not in your country" },
      expect: {
        status: 403,
        result: "Error",
        body: "not in your country",
        asked: ["GET /closed.html"],
        askedWith: { "cloudfront-viewer-country": "FR" },
      },
    },
    { viewer: { target: "/a", from: "203.0.113.1" }, expect: { status: 403, body: "not in your country", asked: [] } },
    { viewer: { target: "/a", from: "192.0.2.1" }, origin: { body: "page" }, expect: { status: 200, body: "page" } },
    { viewer: { target: "/a", from: "203.0.113.1" }, expect: { status: 403, body: "not in your country", asked: [] } },
    // Asked for by name it is a page like any other.
    { viewer: { target: "/closed.html", from: "203.0.113.1" }, expect: { status: 403 } },
  ],
);

test(`explain says which country counts and why it is refused or served [${GEO}]`, async () => {
  await using world = await openWorld(restricted("whitelist", ["DE"]));
  const asked = { method: "GET", url: "http://d1.cloudfront.localhost/" };
  const why = async (viewerAddress: string): Promise<readonly (string | undefined)[]> => {
    const { verdict, steps } = await world.edge.explain({ ...asked, viewerAddress });
    return [verdict, steps.find(({ stage }) => stage === "restrict-countries")?.why];
  };
  assert.deepEqual(await why("203.0.113.1"), [
    "403 geo-restricted",
    "GeoRestriction is a whitelist and FR, the viewer's country, is not on it",
  ]);
  assert.deepEqual(await why("192.0.2.1"), ["miss", "192.0.2.1 is in DE, which the whitelist allows"]);
  assert.deepEqual(await why("198.51.100.7"), [
    "miss",
    "the country of 198.51.100.7 is not known: such viewers are served",
  ]);
});

const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1";
const DESKTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

// listed header, viewer → what the origin gets
const HEADERS: readonly (readonly [string, Partial<Ask>, string | undefined])[] = [
  ["CloudFront-Forwarded-Proto", { scheme: "https" }, "https"],
  ["CloudFront-Forwarded-Proto", {}, "http"],
  ["CloudFront-Viewer-Country", { from: "192.0.2.1" }, "DE"],
  ["CloudFront-Viewer-Country", {}, undefined],
  ["CloudFront-Viewer-Country-Name", { from: "192.0.2.1" }, "Germany"],
  ["CloudFront-Viewer-Country-Name", { from: "203.0.113.2" }, "C%C3%B4te d%E2%80%99Ivoire"],
  ["CloudFront-Viewer-Http-Version", {}, "1.1"],
  ["CloudFront-Viewer-Http-Version", { httpVersion: "1.0" }, "1.0"],
  ["CloudFront-Viewer-Http-Version", { scheme: "https", httpVersion: "2.0" }, "2.0"],
  ["CloudFront-Is-Desktop-Viewer", { headers: { "User-Agent": DESKTOP } }, "true"],
  ["CloudFront-Is-Desktop-Viewer", { headers: { "User-Agent": PHONE } }, "false"],
  ["CloudFront-Is-Desktop-Viewer", {}, "true"],
  ["CloudFront-Is-Mobile-Viewer", { headers: { "User-Agent": PHONE } }, "true"],
  ["CloudFront-Is-IOS-Viewer", { headers: { "User-Agent": PHONE } }, "true"],
  ["CloudFront-Is-Android-Viewer", { headers: { "User-Agent": PHONE } }, "false"],
  ["CloudFront-Is-Tablet-Viewer", { headers: { "User-Agent": PHONE } }, "false"],
  ["CloudFront-Is-SmartTV-Viewer", { headers: { "User-Agent": "x SmartTV" } }, "true"],
  // Made here, whatever the viewer says.
  ["CloudFront-Viewer-Country", { from: "192.0.2.1", headers: { "CloudFront-Viewer-Country": "XX" } }, "DE"],
  ["CloudFront-Viewer-Country", { headers: { "cloudfront-viewer-country": "XX" } }, undefined],
];

for (const [header, viewer, value] of HEADERS) {
  const { from = "an address that is nowhere", scheme = "http", httpVersion = "1.1", headers = {} } = viewer;
  const [[name, sent] = ["User-Agent", "nothing"]] = Object.entries(headers);
  const said = `${from}, ${scheme}, ${httpVersion}, ${name} ${sent.slice(0, 20)}`;
  scenario(
    `${header}, when listed, is ${value ?? "absent"} for ${said}`,
    MADE,
    { behavior: { ForwardedValues: { Headers: list(header) } }, config: { HttpVersion: "http2" } },
    [{ viewer: { target: "/a", ...viewer }, expect: { askedWith: { [header.toLowerCase()]: value } } }],
  );
}

scenario("a header of the edge's that is not listed reaches no origin", MADE, {}, [
  {
    viewer: { target: "/a", from: "192.0.2.1", headers: { "CloudFront-Viewer-Country": "XX" } },
    expect: { askedWith: { "cloudfront-viewer-country": undefined, "cloudfront-is-mobile-viewer": undefined } },
  },
]);

scenario(
  "what is listed selects the stored response: one per country, and one per kind of device",
  MADE,
  { behavior: { ForwardedValues: { Headers: list("CloudFront-Viewer-Country", "CloudFront-Is-Mobile-Viewer") } } },
  [
    { viewer: { target: "/a", from: "192.0.2.1" }, origin: { body: "de" }, expect: { result: "Miss" } },
    { viewer: { target: "/a", from: "203.0.113.1" }, origin: { body: "fr" }, expect: { result: "Miss", body: "fr" } },
    { viewer: { target: "/a" }, origin: { body: "unknown" }, expect: { result: "Miss", body: "unknown" } },
    { viewer: { target: "/a", from: "192.0.2.1" }, expect: { result: "Hit", body: "de" } },
    {
      viewer: { target: "/a", from: "192.0.2.1", headers: { "User-Agent": PHONE } },
      origin: { body: "de, small" },
      expect: { result: "Miss", body: "de, small" },
    },
    { viewer: { target: "/a", from: "192.0.2.1", headers: { "User-Agent": DESKTOP } }, expect: { body: "de" } },
    // The viewer's word about its country selects nothing.
    {
      viewer: { target: "/a", headers: { "CloudFront-Viewer-Country": "DE" } },
      expect: { result: "Hit", body: "unknown" },
    },
  ],
);

scenario(
  "Vary: User-Agent stays where a device header is listed",
  "CFDG RequestAndResponseBehaviorCustomOrigin",
  {
    behavior: { ForwardedValues: { Headers: list("CloudFront-Is-Tablet-Viewer") } },
    behaviors: [{ PathPattern: "other/*", ForwardedValues: { Headers: list("CloudFront-Viewer-Country") } }],
  },
  [
    {
      viewer: "GET /a",
      origin: { headers: { Vary: "User-Agent, Accept" } },
      expect: { fields: { vary: "User-Agent" } },
    },
    { viewer: "GET /a", expect: { result: "Hit", fields: { vary: "User-Agent" } } },
    { viewer: "GET /other/a", expect: { fields: { vary: undefined } } },
  ],
);

test("explain tells the values of the edge's own headers, and says so in the key [CFDG adding-cloudfront-headers]", async () => {
  await using world = await openWorld({
    behavior: { ForwardedValues: { Headers: list("CloudFront-Viewer-Country", "CloudFront-Is-Desktop-Viewer") } },
  });
  const { steps } = await world.edge.explain({
    method: "GET",
    url: "http://d1.cloudfront.localhost/",
    viewerAddress: "192.0.2.1",
  });
  const key = steps.filter(({ stage }) => stage === "cache-key").map(({ decision }) => decision);
  assert.ok(key.includes("header cloudfront-viewer-country: DE"), String(key));
  assert.ok(key.includes("header cloudfront-is-desktop-viewer: true"));
  const asked = steps.find(({ stage }) => stage === "origin-request")?.why ?? "";
  assert.match(asked, /CloudFront-Viewer-Country: DE/);
});
