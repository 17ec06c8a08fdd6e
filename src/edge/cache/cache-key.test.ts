import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { compileDistribution } from "../config/compile-config.ts";
import type { Authorized } from "../exchange.ts";
import type { Field } from "../transport/message.ts";
import { epochMs } from "../../vocabulary/time.ts";
import { matchBehavior } from "../viewer-request/match-behavior.ts";
import { computeCacheKey, digestCacheKey, keyParts } from "./cache-key.ts";
import { list, published, viewerRequest } from "../../../test/scenarios/harness.ts";

const distribution = compileDistribution(
  published(
    {
      behavior: {
        ForwardedValues: {
          QueryString: true,
          Cookies: { Forward: "all" },
          Headers: list("X-One", "X-Two"),
          QueryStringCacheKeys: list(),
        },
      },
    },
    80,
  ),
  "cloudfront",
);

interface Parts {
  readonly path: string;
  readonly query: string | undefined;
  readonly cookies: readonly string[];
  readonly one: string | undefined;
  readonly two: string | undefined;
}

function keyed({ path, query, cookies, one, two }: Parts): Authorized {
  const fields: Field[] = [];
  if (cookies.length > 0) fields.push(["Cookie", cookies.join("; ")]);
  if (one !== undefined) fields.push(["X-One", one]);
  if (two !== undefined) fields.push(["X-Two", two]);
  const base = viewerRequest({ target: "/" });
  const request = {
    ...base,
    path,
    query,
    fields,
    field: (name: string) => fields.find(([n]) => n.toLowerCase() === name)?.[1],
  };
  return matchBehavior({ request, now: epochMs(0) }, distribution, () => undefined) as Authorized;
}

// Short, of the characters that the encoding itself uses: the ones with which a collision would be made.
const piece = fc.string({ unit: fc.constantFrom("1", ":", "?", ";", "&", "-", "|", "z", "\n", "/"), maxLength: 4 });
const parts: fc.Arbitrary<Parts> = fc.record({
  path: piece.map((rest) => `/${rest}`),
  query: fc.option(piece, { nil: undefined }),
  cookies: fc.array(
    fc.string({ unit: fc.constantFrom("1", ":", "&", "-"), maxLength: 2 }).map((value) => `c=${value}`),
    { maxLength: 2 },
  ),
  one: fc.option(piece, { nil: undefined }),
  two: fc.option(piece, { nil: undefined }),
});

test("two requests have one key exactly when every part of it is equal", () => {
  fc.assert(
    fc.property(parts, parts, (left, right) => {
      const isSame = JSON.stringify(keyParts(keyed(left))) === JSON.stringify(keyParts(keyed(right)));
      assert.equal(computeCacheKey(keyed(left)).text === computeCacheKey(keyed(right)).text, isSame);
    }),
    { seed: 20_161_113, numRuns: 20_000 },
  );
});

test("absent, empty and present are three values", () => {
  const base: Parts = { path: "/", query: undefined, cookies: [], one: undefined, two: undefined };
  const keys = [
    base,
    { ...base, query: "" },
    { ...base, one: "" },
    { ...base, two: "" },
    { ...base, query: "-" },
    { ...base, one: "-" },
  ];
  assert.equal(new Set(keys.map((each) => computeCacheKey(keyed(each)).text)).size, keys.length);
});

test("a digest is short, and the key's own", () => {
  const key = computeCacheKey(keyed({ path: "/a", query: "b", cookies: [], one: undefined, two: undefined }));
  assert.match(digestCacheKey(key), /^[A-Za-z0-9_-]{22}$/);
  assert.equal(key.url, "/a?b");
});
