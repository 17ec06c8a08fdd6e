import assert from "node:assert/strict";
import test from "node:test";
import { SAMPLE_DISTRIBUTION, withMember } from "../../test/sample-config.ts";
import type { WireDocument } from "../wire/shape.ts";
import { checkNewerValues, shapesWithNewerValues } from "./newer-values.ts";

const at = { version: "2016-09-07", shape: "DistributionConfig" } as const;
const of = (value: string): WireDocument => withMember(SAMPLE_DISTRIBUTION, "HttpVersion", value);

const ROWS: readonly (readonly [stored: string, sent: string, isRefused: boolean])[] = [
  ["http2", "http1.1", false],
  ["http3", "http3", false],
  ["http3", "http2", false],
  ["http2", "http3", true],
  ["http3", "http2and3", true],
];

for (const [stored, sent, isRefused] of ROWS) {
  test(`an update of ${stored} to ${sent} through a version without HTTP/3 is ${isRefused ? "refused" : "let through"}`, () => {
    const failure = checkNewerValues(of(sent), of(stored), at);
    if (!isRefused) return assert.equal(failure, undefined);
    assert.equal(failure?.code, "MalformedXML");
    assert.equal(
      failure.message,
      `1 validation error detected: Value '${sent}' at 'distributionConfig.httpVersion' failed to satisfy constraint: Member must satisfy enum value set: [http1.1, http2]`,
    );
  });
}

test("origins are the same by their ids, not by their places", () => {
  const origin = (Id: string, OriginProtocolPolicy: string) => ({
    Id,
    DomainName: "origin.example.com",
    CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy },
  });
  const config = (...origins: readonly WireDocument[]): WireDocument =>
    withMember(SAMPLE_DISTRIBUTION, "Origins", { Quantity: origins.length, Items: origins });
  const stored = config(origin("a", "http-only"), origin("b", "https-only"));
  const old = { version: "2014-05-31", shape: "DistributionConfig" } as const;
  const check = (...origins: readonly WireDocument[]) => checkNewerValues(config(...origins), stored, old)?.message;
  assert.equal(check(origin("b", "https-only"), origin("a", "http-only")), undefined);
  assert.match(
    check(origin("a", "https-only"), origin("b", "https-only")) ?? "",
    /'distributionConfig\.origins\.items\.1\.member\.customOriginConfig\.originProtocolPolicy'/,
  );
});

test("only enums are wider than the version's own", () => {
  const shapes = shapesWithNewerValues("2016-09-07");
  assert.deepEqual(shapes("HttpVersion"), { type: "string", enum: ["http1.1", "http2", "http3", "http2and3"] });
  const config = shapes("DistributionConfig");
  assert(config.type === "structure");
  assert(!config.members.some(({ name }) => name === "OriginGroups"));
});
