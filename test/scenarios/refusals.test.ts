// Everything that the edge says by itself: each reason in its situation, as its bytes arrive at a viewer.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALL_METHODS,
  openWorld,
  readAnswer,
  scenario,
  type DistributionDraft,
  type OriginAnswer,
  type Step,
} from "./harness.ts";

const VIEWERS = "CFDG RequestAndResponseBehaviorCustomOrigin";
const BAD_REQUEST = "\nBad request.\n";

/** The order in which the real service sends what it makes itself. */
const NAMES = ["Server", "Date", "Content-Type", "Content-Length", "Connection"];
const OURS = ["X-Cache", "Via", "X-Amz-Cf-Pop", "X-Amz-Cf-Id"];

// Refused by the pipeline: the connection goes on.
const REFUSED: readonly (readonly [
  claim: string,
  source: string,
  draft: DistributionDraft,
  viewer: Extract<Step, { viewer: unknown }>["viewer"],
  status: number,
  says: string,
])[] = [
  ["an unknown host", "CFDG CNAMEs", {}, { target: "/a", host: "nobody.example.com" }, 403, BAD_REQUEST],
  [
    "HTTP where https-only is set",
    "CFDG using-https-viewers-to-cloudfront",
    { behavior: { ViewerProtocolPolicy: "https-only" } },
    "GET /a",
    403,
    BAD_REQUEST,
  ],
  [
    "a method that is not allowed",
    VIEWERS,
    {},
    "DELETE /a",
    403,
    "\nThis distribution is not configured to allow the HTTP request method that was used for this request. The distribution supports only cachable requests.\n",
  ],
  ["a method that does not exist", VIEWERS, { behavior: { AllowedMethods: ALL_METHODS } }, "BREW /a", 403, "cachable"],
  ["TRACE", VIEWERS, { behavior: { AllowedMethods: ALL_METHODS } }, "TRACE /a", 403, "cachable"],
  ["a GET with a body", VIEWERS, {}, { target: "/a", body: ["x"] }, 403, BAD_REQUEST],
  ["OPTIONS of the server as a whole", "RFC 9112 §3.2.4", {}, "OPTIONS *", 400, BAD_REQUEST],
];

for (const [claim, source, draft, viewer, status, says] of REFUSED) {
  scenario(`${claim} is answered ${status} by the edge itself`, source, draft, [
    { viewer, expect: { status, result: "Error", says, asked: [], fields: { age: undefined, server: "CloudFront" } } },
    { viewer, expect: { status, closes: false, names: [...NAMES, ...OURS] } },
  ]);
}

// Never a request: the connection ends, because nobody knows where the next one would begin.
const host = "Host: {host}\r\n";
const UNREADABLE: readonly (readonly [claim: string, source: string, raw: string, status: number, says: string])[] = [
  [
    "a URL of more than 8,192 bytes",
    "CFDG cloudfront-limits",
    `GET /${"a".repeat(8192)} HTTP/1.1\r\n${host}\r\n`,
    413,
    "The request is too large.",
  ],
  [
    "headers of more than 20,480 bytes",
    "CFDG cloudfront-limits",
    `GET / HTTP/1.1\r\n${host}${"X-A: 0123456789abcdef\r\n".repeat(1000)}\r\n`,
    413,
    "The request is too large.",
  ],
  ["a request without Host", "RFC 9112 §3.2", "GET / HTTP/1.1\r\n\r\n", 400, BAD_REQUEST],
  ["a request with two of them", "RFC 9112 §3.2", `GET / HTTP/1.1\r\n${host}${host}\r\n`, 400, BAD_REQUEST],
  ["a space before the colon", "RFC 9112 §5.1", `GET / HTTP/1.1\r\n${host}A : b\r\n\r\n`, 400, BAD_REQUEST],
  ["a folded line", "RFC 9112 §5.2", `GET / HTTP/1.1\r\n${host}A: b\r\n c\r\n\r\n`, 400, BAD_REQUEST],
  [
    "two framings of one body",
    "RFC 9112 §6.1",
    `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    BAD_REQUEST,
  ],
  ["what is not HTTP", "RFC 9112 §3", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, BAD_REQUEST],
  [
    "an expectation that nobody knows",
    "RFC 9110 §10.1.1",
    `GET / HTTP/1.1\r\n${host}Expect: a-miracle\r\n\r\n`,
    417,
    BAD_REQUEST,
  ],
  [
    "a transfer coding that nobody knows",
    "RFC 9112 §6.1",
    `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n`,
    501,
    BAD_REQUEST,
  ],
  ["CONNECT", "RFC 9110 §15.6.2", `CONNECT {host}:443 HTTP/1.1\r\n${host}\r\n`, 501, BAD_REQUEST],
  ["a version of HTTP that nobody knows", "RFC 9110 §15.6.6", `GET / HTTP/3.0\r\n${host}\r\n`, 505, BAD_REQUEST],
];

for (const [claim, source, raw, status, says] of UNREADABLE) {
  scenario(`${claim} is answered ${status}, and the connection ends`, source, {}, [
    { viewer: { raw }, expect: { status, result: "Error", says, closes: true, names: [...NAMES, ...OURS], asked: [] } },
  ]);
}

scenario("HTTP/1.0 gets the same pages, and the connection ends unless it asked to go on", "RFC 9112 §9.3", {}, [
  {
    viewer: { method: "POST", target: "/", httpVersion: "1.0" },
    expect: { status: 403, closes: true, names: [...NAMES, ...OURS] },
  },
  {
    viewer: { method: "POST", target: "/", httpVersion: "1.0", headers: { Connection: "keep-alive" } },
    expect: { status: 403, closes: false },
  },
]);

// Errors in the origin's place: answered, then found in the cache with an age.
const silent: DistributionDraft = { origin: { ConnectionAttempts: 1 } };
const FAILING: readonly (readonly [
  claim: string,
  source: string,
  draft: DistributionDraft,
  origin: OriginAnswer | "unreachable",
  status: number,
  says: string,
])[] = [
  [
    "an origin that nobody can resolve",
    "CFDG http-502-bad-gateway",
    { origin: { DomainName: "nothing.invalid" } },
    {},
    502,
    "CloudFront wasn't able to resolve the origin domain name.",
  ],
  [
    "an origin that does not listen",
    "CFDG http-502-bad-gateway",
    silent,
    "unreachable",
    502,
    "CloudFront wasn't able to connect to the origin.",
  ],
  [
    "an origin that sends what is not HTTP",
    "CFDG http-502-bad-gateway",
    silent,
    { raw: "SSH-2.0-OpenSSH_9.2p1\r\n" },
    502,
    "the origin closed the connection.",
  ],
  [
    "an origin that speaks no TLS where TLS is wanted",
    "CFDG http-502-bad-gateway",
    { ...silent, connection: { OriginProtocolPolicy: "https-only" } },
    {},
    502,
    "the origin closed the connection.",
  ],
  [
    "an origin that says nothing",
    "CFDG http-504-gateway-timeout",
    { ...silent, connection: { OriginReadTimeout: 1 } },
    { raw: "" },
    504,
    "either the attempt failed or the origin closed the connection.",
  ],
  [
    "an origin that closes the connection at once",
    "CFDG http-502-bad-gateway",
    silent,
    { raw: "HTTP/1.1 200 OK\r\nContent-Le" },
    502,
    "the origin closed the connection.",
  ],
];

for (const [claim, source, draft, origin, status, says] of FAILING) {
  scenario(`${claim} is answered ${status}, for a while without being asked again`, source, draft, [
    {
      viewer: "GET /a",
      origin,
      expect: { status, result: "Error", says, closes: false, names: [...NAMES, ...OURS] },
    },
    { viewer: "GET /a", expect: { status, result: "Error", says, asked: [], fields: { age: "0" } } },
    { viewer: "HEAD /a", expect: { status, result: "Error", body: "", asked: [], names: [...NAMES, ...OURS, "Age"] } },
    { advanceSeconds: 10 },
    { viewer: "GET /a", expect: { status, fields: { age: undefined } } },
  ]);
}

scenario("a range beyond the end is answered 416, with the length that there is", "RFC 9110 §15.5.17", {}, [
  { viewer: "GET /a", origin: { body: "0123456789" }, expect: { status: 200 } },
  {
    viewer: { target: "/a", headers: { Range: "bytes=10-" } },
    expect: {
      status: 416,
      result: "Error",
      says: "beyond the end",
      fields: { "content-range": "bytes */10" },
      asked: [],
    },
  },
]);

for (const status of [400, 403, 404, 405, 410, 416, 418, 429, 500, 503, 504]) {
  scenario(`a ${status} of the origin is the viewer's, with the origin's page and fields`, "CFDG HTTPStatusCodes", {}, [
    {
      viewer: "GET /a",
      origin: { status, headers: { "X-Own": "yes", Server: "its-own" }, body: "its own words" },
      expect: {
        status,
        result: "Error",
        body: "its own words",
        fields: { "x-own": "yes", server: "its-own", "content-length": "13", age: undefined },
      },
    },
    {
      viewer: "HEAD /a",
      expect: { status, result: "Error", body: "", fields: { "x-own": "yes", "content-length": "13" } },
    },
  ]);
}

test("what waits in vain for a free connection to the origin is answered 503, once its time is up", async () => {
  await using world = await openWorld(
    { connection: { OriginReadTimeout: 0.05 }, behavior: { MaxTTL: 0, DefaultTTL: 0 } },
    { limits: { originConnectionsPerOriginMax: 1 }, workers: 1 },
  );
  world.origin.answer(() => {}); // takes the only connection there may be, and keeps it
  const answers = await Promise.all([world.ask("POST /a"), world.ask("GET /a"), world.ask("GET /b")]);
  for (const got of answers.filter(({ status }) => status === 503)) assert.match(got.body, /capacity is exceeded/);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([403, 503, 504]));
});

// Of connections that never bring a request; how they come about is the transport's own to show.
for (const [status, line] of [
  [400, "Bad request."],
  [408, "The request did not arrive in time."],
  [413, "The request is too large."],
  [417, "Bad request."],
  [421, "Bad request."],
  [500, "The edge failed on this request."],
  [501, "Bad request."],
  [505, "Bad request."],
] as const) {
  test(`a message that is refused with ${status} gets a page that says "${line}", and the connection ends`, async () => {
    await using world = await openWorld();
    const answer = world.edge.refuse({ status });
    assert.equal(answer.close, true);
    const { body, result } = await readAnswer(answer);
    assert.equal(result, "Error");
    assert.ok(body.includes(`\n${line}\n`), body);
  });
}
