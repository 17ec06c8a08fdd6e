import assert from "node:assert/strict";
import { test } from "node:test";
import { compileDistribution } from "../config/compile-config.ts";
import type { Authorized } from "../exchange.ts";
import type { Fidelity } from "../../vocabulary/fidelity.ts";
import { DEFAULT_LIMITS } from "../../vocabulary/limits.ts";
import { epochMs } from "../../vocabulary/time.ts";
import { matchBehavior } from "../viewer-request/match-behavior.ts";
import { chooseCoding, COMPRESSED_TYPES, type Compressible } from "./choose-coding.ts";
import { list, published, viewerRequest, type Ask, type BehaviorDraft } from "../../../test/scenarios/harness.ts";

interface Case {
  readonly behavior?: BehaviorDraft;
  readonly fidelity?: Fidelity;
  readonly accepts?: string;
  readonly httpVersion?: "1.0" | "1.1" | "2.0";
  readonly response?: Partial<Omit<Compressible, "fields">>;
  readonly fields?: Readonly<Record<string, string>>;
}

function choose({ behavior, fidelity = "cloudfront", accepts = "gzip, br", ...rest }: Case): string {
  const distribution = compileDistribution(published({ behavior: { Compress: true, ...behavior } }, 80), fidelity);
  const ask: Ask = {
    target: "/",
    headers: accepts === "" ? {} : { "Accept-Encoding": accepts },
    ...(rest.httpVersion === undefined ? {} : { httpVersion: rest.httpVersion }),
  };
  const exchange = matchBehavior(
    { request: viewerRequest(ask), now: epochMs(0) },
    distribution,
    () => undefined,
  ) as Authorized;
  const fields = Object.entries({ "Content-Type": "text/html", ...rest.fields }).filter(([, value]) => value !== "");
  const response = { status: 200, length: 5000, ...rest.response, fields };
  const choice = chooseCoding(exchange, response, DEFAULT_LIMITS);
  return choice.kind === "encode" ? choice.coding : choice.why;
}

// What is the case → the coding, or why there is none
const ROWS: readonly (readonly [claim: string, given: Case, expected: string])[] = [
  ["a page for who takes gzip", {}, "gzip"],
  ["over HTTP/2", { httpVersion: "2.0" }, "gzip"],
  ["over HTTP/1.0", { httpVersion: "1.0" }, "the viewer speaks HTTP/1.0"],
  ["with Compress off", { behavior: { Compress: false } }, "Compress is false"],
  ["who takes br alone", { accepts: "br" }, "the viewer's Accept-Encoding does not take gzip"],
  ["who says nothing", { accepts: "" }, "the viewer's Accept-Encoding does not take gzip"],
  ["who refuses gzip", { accepts: "gzip;q=0" }, "the viewer's Accept-Encoding does not take gzip"],
  ["who says star", { accepts: "*" }, "the viewer's Accept-Encoding does not take gzip"],
  [
    "with Accept-Encoding listed",
    { behavior: { ForwardedValues: { Headers: list("Accept-Encoding") } } },
    "ForwardedValues.Headers lists Accept-Encoding: it is left to the origin",
  ],
  [
    "with all headers forwarded",
    { behavior: { ForwardedValues: { Headers: list("*") } } },
    "ForwardedValues.Headers is *: all headers are forwarded, nothing is cached",
  ],
  [
    "with caching off",
    { behavior: { DefaultTTL: 0, MaxTTL: 0 } },
    "MinTTL, DefaultTTL and MaxTTL are 0: caching is off",
  ],
  ["status 403", { response: { status: 403 } }, "gzip"],
  ["status 404", { response: { status: 404 } }, "gzip"],
  ["status 206", { response: { status: 206 } }, "status 206 is none of 200, 403 and 404"],
  ["status 500", { response: { status: 500 } }, "status 500 is none of 200, 403 and 404"],
  ["status 302", { response: { status: 302 } }, "status 302 is none of 200, 403 and 404"],
  ["coded already", { fields: { "Content-Encoding": "br" } }, "the response has Content-Encoding: br"],
  ["coded as nothing", { fields: { "Content-Encoding": "identity" } }, "the response has Content-Encoding: identity"],
  ["of no type", { fields: { "Content-Type": "" } }, "the response has no Content-Type"],
  ["of a picture", { fields: { "Content-Type": "image/png" } }, "Content-Type image/png is not in the list"],
  ["of type text", { fields: { "Content-Type": "text" } }, "Content-Type text is not in the list"],
  ["of a type with parameters", { fields: { "Content-Type": "Text/HTML ; charset=utf-8" } }, "gzip"],
  ["of a length that is not told", { response: { length: undefined } }, "the response has no Content-Length"],
  ["999 bytes", { response: { length: 999 } }, "999 bytes are less than 1000"],
  ["1000 bytes", { response: { length: 1000 } }, "gzip"],
  ["10 MB", { response: { length: 10_000_000 } }, "gzip"],
  ["10 MB and a byte", { response: { length: 10_000_001 } }, "10000001 bytes are more than 10000000"],
  ["not to be transformed", { fields: { "Cache-Control": "max-age=9, No-Transform" } }, "Cache-Control: no-transform"],
  ["not to be kept", { fields: { "Cache-Control": "no-store" } }, "gzip"],
  ["by the RFC, br and gzip", { fidelity: "rfc9111" }, "br"],
  ["by the RFC, gzip rather", { fidelity: "rfc9111", accepts: "br;q=0.8, gzip" }, "gzip"],
  ["by the RFC, br rather", { fidelity: "rfc9111", accepts: "br, gzip;q=0.8" }, "br"],
  ["by the RFC, br alone", { fidelity: "rfc9111", accepts: "br" }, "br"],
  ["by the RFC, gzip alone", { fidelity: "rfc9111", accepts: "gzip" }, "gzip"],
  ["by the RFC, anything", { fidelity: "rfc9111", accepts: "*" }, "br"],
  ["by the RFC, anything but br", { fidelity: "rfc9111", accepts: "*, br;q=0" }, "gzip"],
  [
    "by the RFC, identity rather",
    { fidelity: "rfc9111", accepts: "gzip;q=0.5, br;q=0.5, identity" },
    "the viewer's Accept-Encoding does not take br or gzip",
  ],
  ["by the RFC, identity less", { fidelity: "rfc9111", accepts: "gzip;q=0.5, identity;q=0.4" }, "gzip"],
];

for (const [claim, given, expected] of ROWS) {
  test(`${claim}: ${expected} [CFDG ServingCompressedFiles]`, () => assert.equal(choose(given), expected));
}

test("every type of the list is compressed", () => {
  assert.equal(COMPRESSED_TYPES.size, 46);
  for (const type of COMPRESSED_TYPES) assert.equal(choose({ fields: { "Content-Type": type } }), "gzip", type);
});
