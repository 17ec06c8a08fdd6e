import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { acceptedCodings, acceptEncodingForOrigin } from "./accepted-codings.ts";
import { compileDistribution } from "./config/compile-config.ts";
import type { EffectiveBehavior } from "./config/effective-config.ts";
import type { Fidelity } from "../vocabulary/fidelity.ts";
import { list, published, viewerRequest, type BehaviorDraft } from "../../test/scenarios/harness.ts";

function behaviorOf(fidelity: Fidelity, draft: BehaviorDraft = {}): EffectiveBehavior {
  const [behavior] = compileDistribution(published({ behavior: draft }, 80), fidelity).behaviors;
  assert(behavior !== undefined);
  return behavior;
}

function asking(value: string | undefined, httpVersion: "1.0" | "1.1" = "1.1") {
  return viewerRequest({ target: "/", httpVersion, headers: value === undefined ? {} : { "Accept-Encoding": value } });
}

// What the viewer sends → the variant by CloudFront, what the origin gets; the same by the RFC
const ROWS: readonly (readonly [
  value: string | undefined,
  legacy: string,
  toOrigin: string,
  rfc: string,
  rfcToOrigin: string,
])[] = [
  [undefined, "-", "-", "-", "-"],
  ["", "-", "-", "-", "identity"],
  ["gzip", "gzip", "gzip", "gzip", "gzip"],
  ["gzip, deflate, br, zstd", "gzip", "gzip", "br,gzip", "br,gzip"],
  ["br", "-", "-", "br", "br"],
  ["deflate, sdch, zstd", "-", "-", "-", "identity"],
  ["gzip;q=0.1, br", "gzip", "gzip", "br,gzip", "br,gzip"],
  ["gzip, br;q=0.1", "gzip", "gzip", "gzip", "gzip"],
  ["gzip;q=0, br;q=0", "-", "-", "-", "identity"],
  ["*", "-", "-", "br,gzip", "br,gzip"],
  ["*;q=0", "-", "-", "-", "identity"],
  ["gzip, *;q=0", "gzip", "gzip", "gzip", "gzip"],
  ["identity", "-", "-", "-", "identity"],
  ["identity, gzip;q=0.5", "gzip", "gzip", "-", "identity"],
  ["identity;q=0", "-", "-", "-", "identity"],
  ["nonsense;;,gzip;q=9", "-", "-", "-", "identity"],
];

for (const [value, legacy, toOrigin, rfc, rfcToOrigin] of ROWS) {
  test(`Accept-Encoding ${value === undefined ? "absent" : `"${value}"`} is of variant ${legacy}, by the RFC ${rfc}`, () => {
    const read = (["cloudfront", "rfc9111"] as const).flatMap((fidelity) => {
      const behavior = behaviorOf(fidelity);
      return [acceptedCodings(behavior, asking(value)), acceptEncodingForOrigin(behavior, asking(value))];
    });
    assert.deepEqual(
      read.map((each) => each ?? "-"),
      [legacy, toOrigin, rfc, rfcToOrigin],
    );
  });
}

test("HTTP/1.0, and a behavior that lists Accept-Encoding, know no variants", () => {
  for (const fidelity of ["cloudfront", "rfc9111"] as const) {
    assert.equal(acceptedCodings(behaviorOf(fidelity), asking("gzip, br", "1.0")), undefined);
    for (const name of ["Accept-Encoding", "*"]) {
      const behavior = behaviorOf(fidelity, { ForwardedValues: { Headers: list(name) } });
      assert.equal(acceptedCodings(behavior, asking("gzip, br")), undefined);
      assert.equal(acceptEncodingForOrigin(behavior, asking("gzip, br")), undefined);
    }
  }
});

test("codings in several lines are one list [RFC 9110 §5.3]", () => {
  const request = asking("deflate");
  const fields = [...request.fields, ["accept-encoding", "gzip"] as const];
  assert.equal(acceptedCodings(behaviorOf("cloudfront"), { ...request, fields }), "gzip");
});

test("whatever a viewer sends, it gets no coding that it refuses, and the order of its list does not matter", () => {
  const weight = fc.constantFrom("", ";q=0", ";q=0.5", ";q=1");
  const element = fc.tuple(fc.constantFrom("gzip", "br", "identity", "*", "zstd", "!"), weight);
  const elements = fc.uniqueArray(element, { selector: ([coding]) => coding });
  const written = (all: readonly (readonly [string, string])[]): string => all.map((pair) => pair.join("")).join(", ");
  for (const fidelity of ["cloudfront", "rfc9111"] as const) {
    const behavior = behaviorOf(fidelity);
    fc.assert(
      fc.property(elements, (all) => {
        const accepted = acceptedCodings(behavior, asking(written(all)));
        for (const coding of accepted?.split(",") ?? []) {
          const said = all.find(([name]) => name === coding) ?? all.find(([name]) => name === "*");
          assert(said !== undefined && said[1] !== ";q=0", `${written(all)} → ${accepted}`);
        }
        assert.equal(acceptedCodings(behavior, asking(written(all.toReversed()))), accepted);
      }),
      { seed: 91_101_253, numRuns: 2000 },
    );
  }
});
