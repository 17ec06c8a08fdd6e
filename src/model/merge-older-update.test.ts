import assert from "node:assert/strict";
import test from "node:test";
import { assertAnswer } from "../../test/refusal-rows.ts";
import { SAMPLE_DISTRIBUTION, SAMPLE_STREAMING_DISTRIBUTION, withMember } from "../../test/sample-config.ts";
import { DEFAULT_LIMITS } from "../vocabulary/limits.ts";
import type { WireDocument } from "../wire/shape.ts";
import { acceptDistributionConfig, acceptStreamingDistributionConfig } from "./accept-config.ts";
import { apiModel, NEWEST_VERSION, type ApiVersion } from "./api.ts";
import type { DistributionConfig } from "./distribution.ts";
import { mergeOlderUpdate, visibleThrough } from "./merge-older-update.ts";

const limits = DEFAULT_LIMITS;
const D = "DefaultCacheBehavior";

function store(sent: WireDocument, version: ApiVersion = NEWEST_VERSION): DistributionConfig {
  const accepted = acceptDistributionConfig(sent, { version, limits });
  assert(accepted.kind === "ok", JSON.stringify(accepted));
  return accepted.config;
}

function see(stored: DistributionConfig, version: ApiVersion): WireDocument {
  return visibleThrough(
    apiModel(version).shapes,
    "DistributionConfig",
    stored as object as WireDocument,
  ) as WireDocument;
}

/** Reads through the version, changes one member, and updates through the version. */
function change(
  stored: DistributionConfig,
  version: ApiVersion,
  member: string,
  value: WireDocument[string],
): DistributionConfig {
  const accepted = acceptDistributionConfig(withMember(see(stored, version), member, value), {
    version,
    limits,
    stored,
  });
  assert(accepted.kind === "ok", JSON.stringify(accepted));
  return accepted.config;
}

const CUSTOM = { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" };
const TWO_ORIGINS = withMember(SAMPLE_DISTRIBUTION, "Origins.Items", [
  { Id: "o", DomainName: "o.example.com", OriginPath: "/o", CustomOriginConfig: { ...CUSTOM, OriginReadTimeout: 20 } },
  { Id: "p", DomainName: "p.example.com", ConnectionAttempts: 1, CustomOriginConfig: CUSTOM },
]);

test("an update through an older version keeps what the version cannot see", () => {
  const sent = withMember(withMember(TWO_ORIGINS, "HttpVersion", "http3"), `${D}.DefaultTTL`, 5);
  const stored = store(withMember(sent, "IsIPV6Enabled", true));
  const updated = change(stored, "2014-05-31", "Comment", "changed");
  assert.deepEqual(updated, { ...stored, Comment: "changed" });
});

test("origins keep their hidden members when their order changes, new ones get the defaults", () => {
  const stored = store(TWO_ORIGINS);
  const [o, p] = stored.Origins.Items ?? [];
  const fresh = { Id: "q", DomainName: "q.example.com", CustomOriginConfig: CUSTOM };
  const seen = see(stored, "2014-10-21");
  const items = (seen["Origins"] as unknown as { Items: WireDocument[] }).Items;
  const updated = change(stored, "2014-10-21", "Origins.Items", [fresh, ...items.toReversed()]);
  assert.deepEqual(updated.Origins.Items?.slice(1), [p, o]);
  assert.equal(updated.Origins.Items?.[0]?.ConnectionAttempts, 3);
});

test("a behavior is the same behavior while its path pattern is", () => {
  const stored = store(withMember(SAMPLE_DISTRIBUTION, "CacheBehaviors.Items[].DefaultTTL", 7));
  const moved = change(stored, "2014-05-31", "CacheBehaviors.Items[].PathPattern", "other");
  assert.equal(moved.CacheBehaviors.Items?.[0]?.DefaultTTL, 86_400);
  const kept = change(stored, "2014-05-31", "CacheBehaviors.Items[].ViewerProtocolPolicy", "https-only");
  assert.equal(kept.CacheBehaviors.Items?.[0]?.DefaultTTL, 7);
});

test("what a version knows and leaves out goes back to its default", () => {
  const stored = store(withMember(SAMPLE_DISTRIBUTION, "DefaultRootObject", "index.html"));
  const updated = change(stored, "2016-01-13", "DefaultRootObject", undefined);
  assert.equal(updated.DefaultRootObject, "");
});

test("a hidden member that was never set follows the update: DefaultTTL goes up with MinTTL", () => {
  const stored = store(SAMPLE_DISTRIBUTION);
  const updated = change(stored, "2014-05-31", `${D}.MinTTL`, 40_000_000);
  const { MinTTL, DefaultTTL, MaxTTL } = updated.DefaultCacheBehavior;
  assert.deepEqual([MinTTL, DefaultTTL, MaxTTL], [40_000_000, 40_000_000, 40_000_000]);
});

test("an update that a hidden member forbids is refused without naming what the caller cannot see", () => {
  const stored = store(withMember(withMember(SAMPLE_DISTRIBUTION, `${D}.DefaultTTL`, 5), `${D}.MaxTTL`, 10));
  const sent = withMember(see(stored, "2014-05-31"), `${D}.MinTTL`, 100);
  assertAnswer(acceptDistributionConfig(sent, { version: "2014-05-31", limits, stored }), [
    "IllegalUpdate",
    "You cannot update the specified distribution using this API version.",
  ]);
  // The newest version can see it, and is told.
  const visible = withMember(see(stored, NEWEST_VERSION), `${D}.MinTTL`, 100);
  assertAnswer(acceptDistributionConfig(visible, { version: NEWEST_VERSION, limits, stored }), [
    "InvalidTTLOrder",
    /./,
  ]);
  // What is wrong by itself is said as such.
  const wrong = withMember(sent, "Comment", "c".repeat(129));
  assertAnswer(acceptDistributionConfig(wrong, { version: "2014-05-31", limits, stored }), [
    "InvalidArgument",
    "The parameter Comment is too big.",
  ]);
});

test("a behavior with a cache policy can be touched only through a version that knows cache policies", () => {
  const { ForwardedValues: _, ...rest } = SAMPLE_DISTRIBUTION[D] as WireDocument;
  const stored = { ...SAMPLE_DISTRIBUTION, [D]: { ...rest, CachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6" } };
  const at = { version: "2019-03-26", shape: "DistributionConfig" } as const;
  const touched = mergeOlderUpdate(SAMPLE_DISTRIBUTION, stored, at);
  assertAnswer(touched, ["IllegalUpdate", /because it is associated with a cache policy\.$/]);
  assert.equal(mergeOlderUpdate({ ...stored, [D]: rest }, stored, at).kind, "ok");
  assert.equal(mergeOlderUpdate(SAMPLE_DISTRIBUTION, stored, { ...at, version: NEWEST_VERSION }).kind, "ok");
});

test("an update with another caller reference is refused", () => {
  const stored = store(SAMPLE_DISTRIBUTION);
  const sent = withMember(SAMPLE_DISTRIBUTION, "CallerReference", "other");
  const refused = ["IllegalUpdate", "You cannot update Origin or CallerReference."] as const;
  assertAnswer(acceptDistributionConfig(sent, { version: NEWEST_VERSION, limits, stored }), refused);
});

test("a streaming distribution keeps its bucket; the identity may change", () => {
  const accepted = acceptStreamingDistributionConfig(SAMPLE_STREAMING_DISTRIBUTION, {
    version: NEWEST_VERSION,
    limits,
  });
  assert(accepted.kind === "ok");
  const context = { version: NEWEST_VERSION, limits, stored: accepted.config } as const;
  const moved = withMember(SAMPLE_STREAMING_DISTRIBUTION, "S3Origin.DomainName", "other.s3.amazonaws.com");
  const refused = ["IllegalUpdate", "You cannot update Origin or CallerReference."] as const;
  assertAnswer(acceptStreamingDistributionConfig(moved, context), refused);
  const identity = "origin-access-identity/cloudfront/E1";
  const changed = withMember(SAMPLE_STREAMING_DISTRIBUTION, "S3Origin.OriginAccessIdentity", identity);
  assertAnswer(acceptStreamingDistributionConfig(changed, context), "ok");
});
