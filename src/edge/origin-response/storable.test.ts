import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { epochMs, seconds } from "../../vocabulary/time.ts";
import { errorLifetime, freshnessLifetime } from "./freshness-lifetime.ts";
import { readStatedFreshness, type StatedFreshness } from "./stated-freshness.ts";
import { storable } from "./storable.ts";

const NOTHING = readStatedFreshness([], { requestedAt: epochMs(0), receivedAt: epochMs(0) }, "cloudfront");
const said = (stated: Record<string, unknown>): StatedFreshness => ({ ...NOTHING, ...stated });
const bounds = (min: number, byDefault: number, max: number) => ({
  min: seconds(min),
  default: seconds(byDefault),
  max: seconds(max),
});

// (stated, [min, default, max]) → seconds, rule
const LIFETIMES: readonly (readonly [Record<string, unknown>, readonly [number, number, number], number, string])[] = [
  [{ maxAge: 600 }, [0, 10, 300], 300, "max-age"],
  [{ maxAge: 60, sMaxAge: 30 }, [0, 10, 300], 30, "s-maxage"],
  [{ maxAge: 60, expiresIn: 30 }, [0, 10, 300], 60, "max-age"],
  [{ expiresIn: 30 }, [0, 10, 300], 30, "expires"],
  [{ refusal: "no-store", maxAge: 60 }, [30, 30, 300], 30, "refused"], // MinTTL > 0 overrides even no-store
  [{ refusal: "private", maxAge: 60 }, [0, 30, 300], 0, "refused"],
  [{}, [90, 60, 300], 90, "default"],
  [{ age: 50 }, [0, 60, 300], 60, "default"], // DefaultTTL counts from here, whatever the age
  [{ maxAge: 60, age: 50 }, [0, 60, 300], 10, "max-age"],
  [{ maxAge: 60, age: 80 }, [5, 60, 300], 5, "max-age"],
];

for (const [stated, [min, byDefault, max], expected, rule] of LIFETIMES) {
  test(`${JSON.stringify(stated)} within ${min}/${byDefault}/${max} lasts ${expected} s by ${rule}`, () => {
    const lifetime = freshnessLifetime(said(stated), bounds(min, byDefault, max));
    assert.deepEqual([lifetime.seconds, lifetime.rule], [expected, rule]);
  });
}

test("MinTTL ≤ lifetime ≤ max(MinTTL, DefaultTTL, MaxTTL)", () => {
  const some = fc.option(fc.nat(1000), { nil: undefined });
  fc.assert(
    fc.property(
      fc.record({
        sMaxAge: some,
        maxAge: some,
        expiresIn: some,
        age: fc.nat(1000),
        refusal: fc.constantFrom(undefined, "no-store", "private"),
      }),
      fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)),
      (stated, [min, byDefault, max]) => {
        for (const lifetime of [freshnessLifetime(said(stated), bounds(min, byDefault, max)).seconds]) {
          assert.ok(min <= lifetime && lifetime <= Math.max(min, byDefault, max));
        }
        assert.ok(errorLifetime(404, said(stated), bounds(min, byDefault, max)).seconds >= 10);
      },
    ),
    { seed: 20_161_113 },
  );
});

// Status, what is stated: stored (with its lifetime), or not.
const STORABLE: readonly (readonly [number, Record<string, unknown>, number | undefined])[] = [
  [200, {}, 100],
  [204, {}, 100],
  [206, { maxAge: 60 }, undefined],
  [304, { maxAge: 60 }, undefined],
  [201, { maxAge: 60 }, undefined],
  [301, {}, 100],
  [307, {}, undefined],
  [307, { hasCacheControl: true, maxAge: 5 }, 5],
  [404, {}, 10],
  [404, { refusal: "no-store" }, 10],
  [404, { maxAge: 5000 }, 1000],
  [403, {}, undefined],
  [403, { expiresIn: 60 }, undefined],
  [403, { sMaxAge: 60 }, 60],
  [416, { maxAge: 60 }, undefined],
  [200, { refusal: "no-store" }, undefined],
  [200, { refusal: "private", hasValidator: true }, undefined],
  [200, { refusal: "no-cache" }, undefined],
  [200, { refusal: "no-cache", hasValidator: true }, 0],
  [200, { maxAge: 0, hasValidator: true }, 0],
  [200, { maxAge: 60, variesOnEverything: true }, undefined],
];

for (const [status, stated, lifetime] of STORABLE) {
  test(`a ${status} with ${JSON.stringify(stated)} is ${lifetime === undefined ? "not stored" : `stored for ${lifetime} s`}`, () => {
    const verdict = storable({ status, hadAuthorization: false }, said(stated), {
      ttl: bounds(0, 100, 1000),
      fidelity: "cloudfront",
    });
    assert.equal(verdict.kind === "storable" ? verdict.lifetime.seconds : undefined, lifetime);
    assert.ok(verdict.why.length > 0 && verdict.source.length > 0);
  });
}

test("an error that is kept for no time at all is not stored: it would take the place of what may be served stale", () => {
  const errors = new Map([[404, { min: seconds(0), max: undefined }]]);
  const rules = { ttl: { ...bounds(0, 100, 1000), errors }, fidelity: "cloudfront" } as const;
  const kindOf = (stated: StatedFreshness): string =>
    storable({ status: 404, hadAuthorization: false }, stated, rules).kind;
  assert.equal(kindOf(NOTHING), "not-storable");
  assert.equal(kindOf(said({ maxAge: 1 })), "storable");
});

test("Expires counts from Date, and is 0 when it is past or no date", () => {
  const at = epochMs(Date.UTC(2026, 10, 20, 12, 0, 0));
  const read = (...fields: readonly (readonly [string, string])[]) =>
    readStatedFreshness(fields, { requestedAt: at, receivedAt: at }, "cloudfront").expiresIn;
  assert.equal(read(["Expires", "Fri, 20 Nov 2026 12:01:00 GMT"]), 60);
  assert.equal(read(["Expires", "Fri, 20 Nov 2026 12:01:00 GMT"], ["Date", "Fri, 20 Nov 2026 12:00:30 GMT"]), 30);
  assert.equal(read(["Expires", "Fri, 20 Nov 2026 11:59:00 GMT"]), 0);
  assert.equal(read(["Expires", "0"]), 0);
  assert.equal(read(), undefined);
});
