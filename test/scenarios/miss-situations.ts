// Situations in which a viewer misses or is refused, each with the cause that explain has to name: causes.test.ts brings them about.

import type { Cause } from "../../src/edge/explain/explanation.ts";
import type { Limits } from "../../src/vocabulary/limits.ts";
import { ALL_METHODS, list, type Ask, type DistributionDraft, type OriginAnswer, type World } from "./harness.ts";

export interface Situation {
  readonly what: string;
  readonly draft?: DistributionDraft;
  readonly limits?: Partial<Limits>;
  readonly origin?: OriginAnswer;
  /** What has happened before. */
  readonly before?: (world: World) => unknown;
  /** `GET /a` unless given. */
  readonly asked?: Partial<Ask>;
  readonly verdict: string;
  readonly cause?: Cause["kind"];
  /** What the step says that names the cause: `cause`, or the last one. */
  readonly because: RegExp;
  /** What of the key differs. */
  readonly parts?: readonly string[];
}

export const fresh = { headers: { "Cache-Control": "max-age=60" }, body: "fresh" } satisfies OriginAnswer;
export const forwarding = (
  ForwardedValues: NonNullable<NonNullable<DistributionDraft["behavior"]>["ForwardedValues"]>,
): DistributionDraft => ({ behavior: { ForwardedValues } });
const errorsForget = (status: number): DistributionDraft => ({
  config: {
    CustomErrorResponses: list({ ErrorCode: status, ResponsePagePath: "", ResponseCode: "", ErrorCachingMinTTL: 0 }),
  },
});
const protectedBy = (policy: "https-only" | "redirect-to-https"): DistributionDraft => ({
  behavior: { ViewerProtocolPolicy: policy },
});
const blocked = {
  Restrictions: { GeoRestriction: { RestrictionType: "blacklist", Quantity: 1, Items: ["DE"] } },
} as const;
const page403 = list({ ErrorCode: 403, ResponsePagePath: "/sorry", ResponseCode: "200", ErrorCachingMinTTL: 5 });

async function brokenOff(world: World): Promise<void> {
  world.origin.answer({ raw: "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nhalf" });
  await world.ask("GET /a");
  world.origin.answer(fresh);
}

async function fillUp(world: World): Promise<void> {
  await world.ask("GET /a");
  for (let page = 0; page < 300; page++) await world.ask(`GET /page-${page}`);
}

export const SITUATIONS: readonly Situation[] = [
  {
    what: "nobody has asked for it",
    verdict: "miss",
    cause: "never-seen",
    because: /^not asked for since Fri, 20 Nov 2026 12:00:00 GMT/,
  },
  {
    what: "its max-age is over",
    before: async (world) => (await world.ask("GET /a"), world.advance(61)),
    verdict: "expired",
    cause: "expired",
    because: /^it expired at Fri, 20 Nov 2026 12:01:00 GMT, 60 s after/,
  },
  {
    what: "MaxTTL has cut its max-age short",
    draft: { behavior: { MaxTTL: 10, DefaultTTL: 10 } },
    before: async (world) => (await world.ask("GET /a"), world.advance(11)),
    verdict: "expired",
    cause: "expired",
    because: /^it expired at Fri, 20 Nov 2026 12:00:10 GMT, 10 s after/,
  },
  {
    what: "it was old when it came",
    origin: { headers: { "Cache-Control": "max-age=60", Age: "50" } },
    before: async (world) => (await world.ask("GET /a"), world.advance(15)),
    verdict: "expired",
    cause: "expired",
    because: /^it expired at Fri, 20 Nov 2026 12:00:10 GMT/,
  },
  {
    what: "the origin wants each request validated",
    origin: { headers: { "Cache-Control": "no-cache", ETag: '"1"' } },
    before: (world) => world.ask("GET /a"),
    verdict: "expired",
    cause: "validated-always",
    because: /to be validated on every request, by no-cache, no-store or private/,
  },
  {
    what: "an invalidation named it",
    before: async (world) => (await world.ask("GET /a"), world.advance(5), world.invalidate("/a")),
    verdict: "miss",
    cause: "invalidated",
    because:
      /^invalidation I1 of \/a came at Fri, 20 Nov 2026 12:00:05 GMT, after it was fetched at Fri, 20 Nov 2026 12:00:00 GMT/,
  },
  {
    what: "an invalidation with a star took it along",
    asked: { target: "/photos/a" },
    before: async (world) => (await world.ask("GET /photos/a"), world.invalidate("/other", "photos/*")),
    verdict: "miss",
    cause: "invalidated",
    because: /^invalidation I1 of \/photos\/\* came/,
  },
  {
    what: "it was invalidated, fetched again, and has expired since",
    before: async (world) => {
      await world.ask("GET /a");
      world.invalidate("/a");
      await world.ask("GET /a");
      world.advance(70);
    },
    verdict: "expired",
    cause: "expired",
    because: /expired at Fri, 20 Nov 2026 12:01:00 GMT/,
  },
  {
    what: "it went for room",
    limits: { cacheCapacityBytes: 40_000 },
    before: fillUp,
    verdict: "miss",
    cause: "evicted",
    because: /^stored at Fri, 20 Nov 2026 12:00:00 GMT, and gone since to make room/,
  },
  {
    what: "an unsafe request took it out, by the RFC",
    draft: { fidelity: "rfc9111", behavior: { AllowedMethods: ALL_METHODS } },
    before: async (world) => (await world.ask("GET /a"), await world.ask("POST /a")),
    verdict: "miss",
    cause: "discarded",
    because: /^an unsafe request took \/a out of the cache/,
  },
  {
    what: "the origin forbade to keep it when it was validated",
    origin: { headers: { "Cache-Control": "max-age=60", ETag: '"1"' } },
    before: async (world) => {
      await world.ask("GET /a");
      world.advance(70);
      world.origin.answer({ status: 304, headers: { "Cache-Control": "no-store", ETag: '"1"' } });
      await world.ask("GET /a");
      world.origin.answer(fresh);
    },
    verdict: "miss",
    cause: "dropped",
    because: /^at Fri, 20 Nov 2026 12:01:10 GMT the origin, asked whether it is still good, forbade to keep it/,
  },
  ...(
    [
      ["no-store", { "Cache-Control": "no-store" }, /200, not stored: Cache-Control: no-store and MinTTL 0/],
      ["private", { "Cache-Control": "private, max-age=60" }, /not stored: Cache-Control: private and MinTTL 0/],
      [
        "max-age=0 without a validator",
        { "Cache-Control": "max-age=0" },
        /not stored: no longer fresh when it came, by max-age, and without a validator/,
      ],
      [
        "Expires in the past",
        { Expires: "Thu, 01 Jan 1970 00:00:00 GMT" },
        /not stored: no longer fresh when it came, by Expires/,
      ],
      ["Vary: *", { "Cache-Control": "max-age=60", Vary: "*" }, /not stored: Vary: \* with MinTTL 0/],
    ] as const
  ).map(([said, headers, because]): Situation => ({
    what: `the origin says ${said}`,
    origin: { headers },
    before: (world) => world.ask("GET /a"),
    verdict: "miss",
    cause: "not-stored",
    because,
  })),
  {
    what: "its status is never stored",
    origin: { status: 418, headers: { "Cache-Control": "max-age=60" } },
    before: (world) => world.ask("GET /a"),
    verdict: "miss",
    cause: "not-stored",
    because: /418, not stored: status 418 is never stored/,
  },
  {
    what: "it is an error that ErrorCachingMinTTL forgets",
    draft: errorsForget(404),
    origin: { status: 404 },
    before: (world) => world.ask("GET /a"),
    verdict: "miss",
    cause: "not-stored",
    because: /404, not stored: status 404 with ErrorCachingMinTTL 0/,
  },
  {
    what: "the origin cannot be reached, and that is not kept",
    draft: errorsForget(502),
    before: async (world) => {
      await world.origin.stop();
      await world.ask("GET /a");
      await world.origin.start();
    },
    verdict: "miss",
    cause: "not-stored",
    because: /502, not stored: .*; status 502 with ErrorCachingMinTTL 0/,
  },
  {
    what: "it is larger than may be stored",
    limits: { cacheResponseBytesMax: 1000 },
    origin: { ...fresh, body: "x".repeat(2000) },
    before: (world) => world.ask("GET /a"),
    verdict: "miss",
    cause: "not-stored",
    because: /200, not stored: it was too large/,
  },
  {
    what: "its body broke off",
    before: brokenOff,
    verdict: "miss",
    cause: "not-stored",
    because: /not stored: its body did not arrive whole/,
  },
  {
    what: "its query is another",
    draft: forwarding({ QueryString: true }),
    asked: { target: "/a?utm=2" },
    before: (world) => world.ask("GET /a?utm=1"),
    verdict: "miss",
    cause: "key-differs",
    because: /query is utm=2, there utm=1 \(the URL's query: ForwardedValues.QueryString is true/,
    parts: ["query"],
  },
  {
    what: "a query parameter that counts is another",
    draft: forwarding({ QueryString: true, QueryStringCacheKeys: list("size") }),
    asked: { target: "/a?utm=2&size=9" },
    before: (world) => world.ask("GET /a?size=8&utm=2"),
    verdict: "miss",
    cause: "key-differs",
    because: /query is size=9, there size=8 \(the URL's query, of which QueryStringCacheKeys lists size\)/,
    parts: ["query"],
  },
  {
    what: "a cookie that counts is another",
    draft: forwarding({ Cookies: { Forward: "whitelist", WhitelistedNames: list("id") } }),
    asked: { headers: { Cookie: "id=2; other=3" } },
    before: (world) => world.ask({ target: "/a", headers: { Cookie: "id=secret; other=4" } }),
    verdict: "miss",
    cause: "key-differs",
    because: /cookie id is 2, there another \(Cookie: WhitelistedNames lists id\)$/,
    parts: ["cookie id"],
  },
  {
    what: "a header that counts is another",
    draft: forwarding({ Headers: list("Accept-Language") }),
    asked: { headers: { "Accept-Language": "de" } },
    before: (world) => world.ask({ target: "/a", headers: { "Accept-Language": "fr" } }),
    verdict: "miss",
    cause: "key-differs",
    because: /header accept-language is de, there fr \(ForwardedValues.Headers lists accept-language\)/,
    parts: ["header accept-language"],
  },
  {
    what: "the viewer takes gzip, and who came before did not",
    asked: { headers: { "Accept-Encoding": "gzip" } },
    before: (world) => world.ask("GET /a"),
    verdict: "miss",
    cause: "key-differs",
    because: /content coding is gzip, there none \(Accept-Encoding/,
    parts: ["content coding"],
  },
  {
    what: "OPTIONS is stored apart from GET",
    draft: {
      behavior: {
        AllowedMethods: { ...list("GET", "HEAD", "OPTIONS"), CachedMethods: list("GET", "HEAD", "OPTIONS") },
      },
    },
    asked: { method: "OPTIONS" },
    before: (world) => world.ask("GET /a"),
    verdict: "miss",
    cause: "key-differs",
    because: /method is OPTIONS, there GET or HEAD/,
    parts: ["method"],
  },
  {
    what: "another variant is stored, by the RFC",
    draft: { fidelity: "rfc9111", ...forwarding({ Headers: list("X-Language") }) },
    origin: { headers: { "Cache-Control": "max-age=60", Vary: "X-Language" } },
    asked: { headers: { "X-Language": "de" } },
    before: (world) => world.ask({ target: "/a", headers: { "X-Language": "fr" } }),
    verdict: "miss",
    cause: "key-differs",
    because: /variant is x-language2:de, there x-language2:fr \(request fields that the origin names in its Vary\)/,
    parts: ["variant"],
  },
  {
    what: "the origin has just failed, and the error is kept",
    origin: { status: 503 },
    before: (world) => world.ask("GET /a"),
    verdict: "hit: 503",
    because:
      /^the origin answered 503 at Fri, 20 Nov 2026 12:00:00 GMT, and that is kept for 10 s by ErrorCachingMinTTL/,
  },
  {
    what: "the origin could not be reached a moment ago, and that is kept",
    before: async (world) => {
      await world.origin.stop();
      await world.ask("GET /a");
      world.advance(4);
    },
    verdict: "hit: 502",
    because:
      /^at Fri, 20 Nov 2026 12:00:00 GMT the origin gave no answer \(.*ECONNREFUSED.*\), and that is kept for 10 s by .*, of which 6 s are left$/,
  },
  {
    what: "the origin has failed, and a page is kept in its place",
    draft: { config: { CustomErrorResponses: page403 } },
    before: async (world) => {
      await world.ask("GET /sorry");
      world.origin.answer({ status: 403, headers: { "Cache-Control": "max-age=9" } });
      await world.ask("GET /a");
    },
    verdict: "hit: 403, shown as 200 with /sorry",
    because: /^the origin answered 403 at .*, and that is kept for 9 s as it says itself/,
  },
  {
    what: "all was forgotten, as by a reset of the clock",
    before: async (world) => (await world.ask("GET /a"), await world.edge.forgetAll()),
    verdict: "miss",
    cause: "forgotten",
    because: /^all that was stored of the distribution was forgotten at .*: the clock was reset/,
  },
  {
    what: "an error that was kept is over",
    origin: { status: 404, headers: { "Cache-Control": "max-age=20" } },
    before: async (world) => (await world.ask("GET /a"), world.advance(21)),
    verdict: "expired",
    cause: "expired",
    because: /^the 404 that was kept expired at Fri, 20 Nov 2026 12:00:20 GMT, 20 s after/,
  },
  {
    what: "the range lies beyond the end",
    asked: { headers: { Range: "bytes=900-" } },
    before: (world) => world.ask("GET /a"),
    verdict: "hit: 416",
    because: /^nothing of 5 bytes lies in the range/,
  },
  {
    what: "a GET has a body",
    asked: { headers: { "Content-Length": "3" }, body: ["abc"] },
    verdict: "403 bad-request",
    because: /^a GET request may not have a body/,
  },
  {
    what: "POST is not cached",
    draft: { behavior: { AllowedMethods: ALL_METHODS } },
    asked: { method: "POST" },
    verdict: "pass",
    because: /CachedMethods does not list POST/,
  },
  {
    what: "all headers are forwarded",
    draft: forwarding({ Headers: list("*") }),
    verdict: "pass",
    because: /ForwardedValues.Headers is \*/,
  },
  {
    what: "caching is off",
    draft: { behavior: { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 } },
    verdict: "pass",
    because: /MinTTL, DefaultTTL and MaxTTL are 0/,
  },
  {
    what: "the method is not allowed",
    asked: { method: "POST" },
    verdict: "403 method-not-allowed",
    because: /AllowedMethods does not list POST/,
  },
  {
    what: "the host is nobody's",
    asked: { host: "nobody.example.com" },
    verdict: "403 bad-request",
    because: /no distribution has the host/,
  },
  {
    what: "the distribution is disabled",
    draft: { config: { Enabled: false } },
    verdict: "403 bad-request",
    because: /disabled|no distribution/,
  },
  { what: "it is for HTTPS only", draft: protectedBy("https-only"), verdict: "403 bad-request", because: /https-only/ },
  {
    what: "viewers are redirected to HTTPS",
    draft: protectedBy("redirect-to-https"),
    verdict: "301 redirect-to-https",
    because: /redirect-to-https/,
  },
  {
    what: "the viewer's country is blocked",
    draft: { config: blocked },
    asked: { from: "192.0.2.1" },
    verdict: "403 geo-restricted",
    because: /DE/,
  },
  {
    what: "the viewer's country is blocked, and there is a page for that",
    draft: { config: { ...blocked, CustomErrorResponses: page403 } },
    asked: { from: "192.0.2.1" },
    verdict: "403 geo-restricted, shown as 200 with /sorry",
    because: /DE/,
  },
  {
    what: "a signature is wanted",
    draft: { behavior: { TrustedSigners: { Enabled: true, ...list("self") } } },
    verdict: "403 signed-missing-key",
    because: /wants signed URLs or cookies/,
  },
  {
    what: "a web ACL protects it",
    draft: { config: { WebACLId: "acl" } },
    verdict: "403 not-enforced",
    because: /web ACL|WebACLId/,
  },
];
