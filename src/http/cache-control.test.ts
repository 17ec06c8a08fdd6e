import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

import { parseCacheControl, parseDeltaSeconds, type CacheControl } from "./cache-control.ts";

const YEARS_100 = 3_153_600_000;

/** Only what differs from a message without any directive. */
function stated(value: string | undefined): Record<string, unknown> {
  const none = parseCacheControl(undefined);
  return Object.fromEntries(
    Object.entries(parseCacheControl(value)).filter(([name, read]) => read !== none[name as keyof CacheControl]),
  );
}

test("directives are read whatever their case and form [RFC 9111 §5.2]", () => {
  const rows: [string | undefined, Record<string, unknown>][] = [
    [undefined, {}],
    ["", {}],
    ["max-age=60", { maxAge: 60 }],
    ["MAX-AGE=60", { maxAge: 60 }],
    ['max-age="60"', { maxAge: 60 }],
    ["public, max-age=60, s-maxage=5", { public: true, maxAge: 60, sMaxAge: 5 }],
    [",, max-age=1 ,", { maxAge: 1 }],
    ["no-store", { noStore: true }],
    ["no-store=1", { noStore: true }],
    ["must-revalidate, proxy-revalidate", { mustRevalidate: true, proxyRevalidate: true }],
    ["must-understand, no-transform", { mustUnderstand: true, noTransform: true }],
    ["immutable, only-if-cached", { immutable: true, onlyIfCached: true }],
    ["stale-while-revalidate=3, stale-if-error=4", { staleWhileRevalidate: 3, staleIfError: 4 }],
    ["unknown, other=thing", {}],
    ['unknown="no-store, max-age=1"', {}], // within quotes nothing is a directive
    ["max-agee=60", {}],
    ["no-storeno-cache", {}],
  ];
  for (const [value, expected] of rows) assert.deepEqual(stated(value), expected, String(value));
});

test("field names narrow no-cache and private down [RFC 9111 §5.2.2.4] [RFC 9111 §5.2.2.7]", () => {
  const rows: [string, Record<string, unknown>][] = [
    ["no-cache", { noCache: true }],
    ['no-cache="Set-Cookie"', { noCacheFields: ["set-cookie"] }],
    ['no-cache="Set-Cookie, X-A"', { noCacheFields: ["set-cookie", "x-a"] }],
    ["no-cache=Set-Cookie", { noCacheFields: ["set-cookie"] }],
    ['no-cache="A", no-cache="B"', { noCacheFields: ["a", "b"] }],
    ['no-cache, no-cache="A"', { noCache: true, noCacheFields: ["a"] }],
    ['no-cache=""', { noCache: true }],
    ['no-cache="never closed', { noCache: true }],
    ["private", { private: true }],
    ['private="X-Secret"', { privateFields: ["x-secret"] }],
  ];
  for (const [value, expected] of rows) assert.deepEqual(stated(value), expected, value);
});

test("broken lifetimes are 0, the first of several counts, huge ones are bounded [RFC 9111 §4.2.1] [RFC 9111 §1.2.2]", () => {
  const rows: [string, number][] = [
    ["max-age", 0],
    ["max-age=", 0],
    ["max-age=-1", 0],
    ["max-age=1.5", 0],
    ["max-age=+1", 0],
    ["max-age=1e3", 0],
    ["max-age=0x10", 0],
    ["max-age=abc", 0],
    ["max-age=60 s", 0],
    ["max-age=00060", 60],
    ["max-age = 60", 60],
    ["max-age=1, max-age=2", 1],
    ["max-age=x, max-age=2", 0],
    ["max-age=2147483648", 2_147_483_648],
    ["max-age=3153600001", YEARS_100],
    [`max-age=${"9".repeat(400)}`, YEARS_100],
  ];
  for (const [value, expected] of rows) assert.equal(parseCacheControl(value).maxAge, expected, value);
  assert.equal(parseDeltaSeconds(""), undefined);
  assert.equal(parseDeltaSeconds("-0"), undefined);
});

test("nothing that is sent breaks the reading", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("max-age", "no-cache", "private", "=", '"', ",", "\\", " ", "1", "A")),
      (parts) => {
        const read = parseCacheControl(parts.join(""));
        assert.ok(read.maxAge === undefined || (read.maxAge >= 0 && read.maxAge <= YEARS_100));
      },
    ),
    { seed: 9111, numRuns: 2000 },
  );
});
