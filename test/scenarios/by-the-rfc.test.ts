// What `--fidelity rfc9111` changes, each rule beside what CloudFront does instead. [D-0007]

import type { Fidelity } from "../../src/vocabulary/fidelity.ts";
import { ALL_METHODS, list, scenario, type Ask, type BehaviorDraft, type OriginAnswer, type Step } from "./harness.ts";

/** By the RFC and by CloudFront: the same draft and first steps, two ends. */
function differ(
  claim: string,
  source: string,
  behavior: BehaviorDraft,
  steps: Readonly<Record<Fidelity, readonly Step[]>>,
): void {
  for (const fidelity of ["rfc9111", "cloudfront"] as const) {
    const of = fidelity === "rfc9111" ? `by the RFC ${claim}` : `by CloudFront not: ${claim}`;
    scenario(of, source, { fidelity, behavior }, steps[fidelity]);
  }
}

/** By the RFC an origin's Date counts: it is the scenario's, not the machine's. */
const NOW = { Date: "Fri, 20 Nov 2026 12:00:00 GMT" };
const says = (headers: Readonly<Record<string, string>>, body = "v1"): OriginAnswer => ({
  headers: { ...NOW, ...headers },
  body,
});
const hit = (body: string) => ({ result: "Hit", body, asked: [] });
const miss = (body: string) => ({ result: "Miss", body });

// Vary.

const english: Ask = { target: "/page", headers: { "X-Language": "en" } };
const german: Ask = { target: "/page", headers: { "X-Language": "de" } };
const inEnglish = says({ Vary: "X-Language", "Cache-Control": "max-age=60" }, "hello");
const inGerman = says({ Vary: "X-Language", "Cache-Control": "max-age=60" }, "hallo");

differ(
  "Vary selects among what is stored",
  "RFC 9111 §4.1",
  {},
  {
    rfc9111: [
      { viewer: english, origin: inEnglish, expect: { ...miss("hello"), fields: { vary: "X-Language" } } },
      { viewer: german, origin: inGerman, expect: miss("hallo") },
      { viewer: english, expect: hit("hello") },
      { viewer: german, expect: hit("hallo") },
      {
        viewer: "GET /page",
        origin: says({ Vary: "X-Language", "Cache-Control": "max-age=60" }, "?"),
        expect: miss("?"),
      },
      { viewer: "GET /page", expect: hit("?") },
      { invalidate: ["/page"] },
      { viewer: english, origin: inEnglish, expect: miss("hello") },
      { viewer: german, origin: inGerman, expect: miss("hallo") },
    ],
    cloudfront: [
      { viewer: english, origin: inEnglish, expect: { ...miss("hello"), fields: { vary: undefined } } },
      { viewer: german, expect: hit("hello") },
    ],
  },
);

scenario("variants expire and are validated one by one", "RFC 9111 §4.1", { fidelity: "rfc9111" }, [
  {
    viewer: english,
    origin: says({ Vary: "X-Language", "Cache-Control": "max-age=60", ETag: '"e"' }, "hello"),
    expect: miss("hello"),
  },
  { advanceSeconds: 40 },
  {
    viewer: german,
    origin: says({ Vary: "X-Language", "Cache-Control": "max-age=100" }, "hallo"),
    expect: miss("hallo"),
  },
  { advanceSeconds: 30 },
  { viewer: german, expect: hit("hallo") },
  {
    viewer: english,
    origin: {
      status: 304,
      headers: { ETag: '"e"', "Cache-Control": "max-age=60", Date: "Fri, 20 Nov 2026 12:01:10 GMT" },
    },
    expect: { result: "RefreshHit", body: "hello", askedWith: { "if-none-match": '"e"' } },
  },
  { viewer: english, expect: hit("hello") },
]);

scenario(
  "a listed header that Vary does not name splits nothing",
  "RFC 9111 §4.1",
  {
    fidelity: "rfc9111",
    behavior: { ForwardedValues: { Headers: list("X-Language") } },
  },
  [
    {
      viewer: english,
      origin: says({ "Cache-Control": "max-age=60" }, "hello"),
      expect: { ...miss("hello"), askedWith: { "x-language": "en" } },
    },
    { viewer: german, expect: hit("hello") },
  ],
);

scenario(
  "a response that names other fields in Vary takes over, and nobody gets the wrong one",
  "RFC 9111 §4.1",
  { fidelity: "rfc9111" },
  [
    { viewer: english, origin: inEnglish, expect: miss("hello") },
    { viewer: german, origin: says({ Vary: "X-Other", "Cache-Control": "max-age=60" }, "any"), expect: miss("any") },
    { viewer: english, expect: hit("any") },
    {
      viewer: { target: "/page", headers: { "X-Other": "1" } },
      origin: says({ "Cache-Control": "max-age=60" }, "plain"),
      expect: miss("plain"),
    },
    { viewer: english, expect: hit("plain") },
  ],
);

// What may be stored, and for how long.

/** The response, by the RFC: seconds for which it is served, and the rest for CloudFront with DefaultTTL 0. */
const FRESH: readonly (readonly [number, Record<string, string>, rfc: number, cloudfront: number])[] = [
  [200, { "Last-Modified": "Thu, 19 Nov 2026 12:00:00 GMT" }, 8640, 0],
  [404, { "Last-Modified": "Thu, 19 Nov 2026 12:00:00 GMT" }, 8640, 10],
  [410, { "Cache-Control": "max-age=30" }, 30, 0],
  [299, { "Cache-Control": "max-age=30" }, 30, 0],
  [503, {}, 0, 10],
  [503, { "Cache-Control": "max-age=30" }, 30, 30],
  [404, { "Cache-Control": "no-store" }, 0, 10],
  [200, { "CDN-Cache-Control": "max-age=50", "Cache-Control": "max-age=5" }, 50, 5],
  [200, { "CDN-Cache-Control": "max-age=50", "Cache-Control": "no-store" }, 50, 0],
  [200, { "CDN-Cache-Control": "no-store", "Cache-Control": "max-age=50" }, 0, 50],
  [200, { "CDN-Cache-Control": "max-age = 50", "Cache-Control": "max-age=5" }, 5, 5],
  [200, { "CDN-Cache-Control": "max-age=50", Expires: "Thu, 19 Nov 2026 12:00:00 GMT" }, 50, 0],
  [200, { "Cache-Control": "max-age=30, no-store, must-understand" }, 30, 0],
  [299, { "Cache-Control": "max-age=30, must-understand" }, 0, 0],
  [200, { "Cache-Control": "max-age=30", Date: "Fri, 20 Nov 2026 11:59:50 GMT" }, 20, 30],
];

for (const [status, headers, byRfc, byCloudFront] of FRESH) {
  for (const [fidelity, fresh] of [
    ["rfc9111", byRfc],
    ["cloudfront", byCloudFront],
  ] as const) {
    const said = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join("; ");
    const steps: Step[] = [
      {
        viewer: "GET /page",
        origin: { status, headers: { ...NOW, ...headers }, body: "v1" },
        expect: { status, body: "v1" },
      },
    ];
    if (fresh > 0) {
      if (fresh > 1) steps.push({ advanceSeconds: fresh - 1 });
      steps.push({ viewer: "GET /page", expect: { status, asked: [] } }, { advanceSeconds: 1 });
    }
    steps.push({ viewer: "GET /page", expect: { status, asked: ["GET /page"] } });
    scenario(
      `in ${fidelity} a ${status} with "${said}" is served for ${fresh} s`,
      "RFC 9111 §4.2",
      { fidelity, behavior: { DefaultTTL: 0 } },
      steps,
    );
  }
}

differ(
  "MinTTL does not override a refusal",
  "RFC 9111 §3",
  { MinTTL: 30 },
  {
    rfc9111: [
      { viewer: "GET /page", origin: says({ "Cache-Control": "private" }), expect: miss("v1") },
      { viewer: "GET /page", expect: { result: "Miss", asked: ["GET /page"] } },
    ],
    cloudfront: [
      { viewer: "GET /page", origin: says({ "Cache-Control": "private" }), expect: miss("v1") },
      { viewer: "GET /page", expect: hit("v1") },
    ],
  },
);

// Credentials.

const asAnn: Ask = { target: "/page", headers: { Authorization: "ann" } };
const asBob: Ask = { target: "/page", headers: { Authorization: "bob" } };
const AUTHORIZED: BehaviorDraft = { ForwardedValues: { Headers: list("Authorization") } };

differ(
  "a response to a request with credentials is kept for others only when it says so",
  "RFC 9111 §3.5",
  AUTHORIZED,
  {
    rfc9111: [
      { viewer: asAnn, origin: says({ "Cache-Control": "max-age=60" }, "for ann"), expect: miss("for ann") },
      { viewer: asBob, origin: says({ "Cache-Control": "max-age=60" }, "for bob"), expect: miss("for bob") },
      { viewer: asAnn, origin: says({ "Cache-Control": "max-age=60, public" }, "for all"), expect: miss("for all") },
      { viewer: asBob, expect: hit("for all") },
    ],
    cloudfront: [
      { viewer: asAnn, origin: says({ "Cache-Control": "max-age=60" }, "for ann"), expect: miss("for ann") },
      { viewer: asAnn, expect: hit("for ann") },
      { viewer: asBob, origin: says({ "Cache-Control": "max-age=60, public" }, "for bob"), expect: miss("for bob") },
    ],
  },
);

// Cookies, stale answers, unsafe methods.

differ(
  "Set-Cookie is stored and sent like any other field",
  "RFC 9111 §7.3",
  {},
  {
    rfc9111: [
      {
        viewer: "GET /page",
        origin: says({ "Cache-Control": "max-age=60", "Set-Cookie": "a=b" }),
        expect: { fields: { "set-cookie": "a=b" } },
      },
      { viewer: "GET /page", expect: { result: "Hit", fields: { "set-cookie": "a=b" } } },
    ],
    cloudfront: [
      {
        viewer: "GET /page",
        origin: says({ "Cache-Control": "max-age=60", "Set-Cookie": "a=b" }),
        expect: { fields: { "set-cookie": undefined } },
      },
    ],
  },
);

differ(
  "an origin that answers 503 is no reason to serve stale",
  "RFC 9111 §4.2.4",
  {},
  {
    rfc9111: [
      { viewer: "GET /page", origin: says({ "Cache-Control": "max-age=60" }), expect: miss("v1") },
      { advanceSeconds: 61 },
      { viewer: "GET /page", origin: { status: 503, body: "trouble" }, expect: { status: 503 } },
      { viewer: "GET /page", origin: "unreachable", expect: { status: 200, body: "v1" } },
    ],
    cloudfront: [
      { viewer: "GET /page", origin: says({ "Cache-Control": "max-age=60" }), expect: miss("v1") },
      { advanceSeconds: 61 },
      { viewer: "GET /page", origin: { status: 503, body: "trouble" }, expect: { status: 200, body: "v1" } },
    ],
  },
);

differ(
  "s-maxage forbids stale answers",
  "RFC 9111 §5.2.2.10",
  {},
  {
    rfc9111: [
      { viewer: "GET /page", origin: says({ "Cache-Control": "s-maxage=60" }), expect: miss("v1") },
      { advanceSeconds: 61 },
      { viewer: "GET /page", origin: "unreachable", expect: { status: 502 } },
    ],
    cloudfront: [
      { viewer: "GET /page", origin: says({ "Cache-Control": "s-maxage=60" }), expect: miss("v1") },
      { advanceSeconds: 61 },
      { viewer: "GET /page", origin: "unreachable", expect: { status: 200, body: "v1" } },
    ],
  },
);

const POSTED: BehaviorDraft = { AllowedMethods: ALL_METHODS, ForwardedValues: { QueryString: true } };
const stored: Step = { viewer: "GET /page?a=1", origin: says({ "Cache-Control": "max-age=60" }), expect: miss("v1") };
const storedElsewhere: Step = {
  viewer: "GET /list*",
  origin: says({ "Cache-Control": "max-age=60" }),
  expect: miss("v1"),
};
const neighbour: Step = {
  viewer: "GET /list-of-all",
  origin: says({ "Cache-Control": "max-age=60" }),
  expect: miss("v1"),
};
const post = (status: number, headers: Record<string, string> = {}): Step => ({
  viewer: { method: "POST", target: "/page?a=1", body: ["x"] },
  origin: { status, headers, body: "done" },
  expect: { status, body: "done" },
});
const gone = (target: string): Step => ({
  viewer: `GET ${target}`,
  expect: { result: "Miss", asked: [`GET ${target}`] },
});

differ("a POST that succeeds takes the page out of the cache", "RFC 9111 §4.4", POSTED, {
  rfc9111: [
    stored,
    post(500),
    { viewer: "GET /page?a=1", expect: hit("v1") },
    post(200),
    gone("/page?a=1"),
    { viewer: "GET /page?a=1", expect: { result: "Hit" } },
  ],
  cloudfront: [stored, post(200), { viewer: "GET /page?a=1", expect: hit("v1") }],
});

scenario(
  "and the pages that it names, where they are the same site's, a star being no wildcard",
  "RFC 9111 §4.4",
  { fidelity: "rfc9111", behavior: POSTED },
  [
    storedElsewhere,
    neighbour,
    post(201, { Location: "https://other.example/list*" }),
    { viewer: "GET /list*", expect: hit("v1") },
    post(201, { Location: "/list*" }),
    gone("/list*"),
    { viewer: "GET /list-of-all", expect: hit("v1") },
  ],
);
