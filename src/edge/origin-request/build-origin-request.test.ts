import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { epochMs } from "../../vocabulary/time.ts";
import { list, published, viewerRequest } from "../../../test/scenarios/harness.ts";
import { computeCacheKey } from "../cache/cache-key.ts";
import { compileDistribution } from "../config/compile-config.ts";
import type { Authorized } from "../exchange.ts";
import type { Field } from "../transport/message.ts";
import { matchBehavior } from "../viewer-request/match-behavior.ts";
import { buildOriginRequest } from "./build-origin-request.ts";
import { chooseOrigin } from "./choose-origin.ts";
import { listFields } from "./origin-request.ts";

const LISTED = ["X-One", "Accept-Language", "User-Agent", "Authorization", "CloudFront-Viewer-Country"];

const distribution = compileDistribution(
  published(
    {
      behavior: {
        ForwardedValues: {
          QueryString: true,
          Cookies: { Forward: "whitelist", WhitelistedNames: list("a*") },
          Headers: list(...LISTED),
        },
      },
    },
    80,
  ),
  "cloudfront",
);

function exchangeOf(fields: readonly Field[]): Authorized {
  const request = {
    ...viewerRequest({ target: "/" }),
    fields,
    field: (lowerName: string) => fields.find(([name]) => name.toLowerCase() === lowerName)?.[1],
  };
  return matchBehavior({ request, now: epochMs(0) }, distribution, () => "DE") as Authorized;
}

/** What the origin sees of everything that may select a response. */
function seenByOrigin(exchange: Authorized): string {
  const facts = { requestId: "id", viaName: "edge", forCache: true };
  const { fields } = buildOriginRequest(exchange, chooseOrigin(exchange, exchange.behavior.origin), facts);
  const names = [...LISTED, "Cookie", "Accept-Encoding"].map((name) => name.toLowerCase());
  // Line by line: an origin may read the first of two, or the last.
  const lines = listFields(fields).filter(([name]) => names.includes(name.toLowerCase()));
  return JSON.stringify(
    names.map((name) => lines.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value)),
  );
}

const field: fc.Arbitrary<Field> = fc.tuple(
  fc.constantFrom(
    "X-One",
    "x-one",
    "Accept-Language",
    "User-Agent",
    "Authorization",
    "CloudFront-Viewer-Country",
    "Cookie",
    "Accept-Encoding",
  ),
  fc.constantFrom("a", "b", "a, b", "a=1", "a=1; b=2", "gzip", ""),
);
const connection: fc.Arbitrary<Field> = fc.tuple(
  fc.constant("Connection"),
  fc.constantFrom(
    "close",
    "X-One",
    "x-one , Accept-Language",
    "user-agent",
    "Authorization, Cookie",
    "Accept-Encoding",
  ),
);

// Else one viewer could have stored under another's key what the origin never answered to that other.
test("requests with one key look the same to the origin in all that the key is made of", () => {
  const origins = new Map<string, string>();
  let repeats = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: field }, connection), { maxLength: 4 }), (fields) => {
      const exchange = exchangeOf(fields);
      const key = computeCacheKey(exchange).text;
      const seen = seenByOrigin(exchange);
      const known = origins.get(key);
      if (known === undefined) origins.set(key, seen);
      else {
        repeats++;
        assert.equal(seen, known, `key ${key}`);
      }
    }),
    { seed: 20_161_113, numRuns: 20_000 },
  );
  assert.ok(repeats > 5000, `only ${repeats} requests had a key that another had`);
});
