// One resource through many API versions: an older one shows what it knows, an update through it keeps what it cannot
// see, and what it cannot express is refused. Settings that are not carried out are refused by name through all of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { API_VERSIONS, apiModel, type ApiVersion } from "../../src/model/api.ts";
import { NOT_CARRIED_OUT } from "../../src/model/not-carried-out.ts";
import type { WireDocument } from "../../src/wire/shape.ts";
import { openControlHarness } from "../support/control-harness.ts";
import { behavior, customOrigin, distributionConfig, listOf, streamingConfig } from "./configs.ts";
import { at, call, succeed, textAt } from "./requests.ts";

/** As much as the newest version can say, and this server carries out or protects. */
const RICH = distributionConfig("rich", {
  Aliases: listOf("www.example.com"),
  Origins: listOf(
    customOrigin("web", {
      OriginPath: "/site",
      CustomHeaders: listOf({ HeaderName: "X-Secret", HeaderValue: "1" }),
      ConnectionAttempts: 2,
      ConnectionTimeout: 5,
      CustomOriginConfig: {
        HTTPPort: 8080,
        HTTPSPort: 8443,
        OriginProtocolPolicy: "https-only",
        OriginSslProtocols: listOf("TLSv1.2"),
        OriginReadTimeout: 40,
        OriginKeepaliveTimeout: 20,
      },
    }),
    customOrigin("other"),
  ),
  DefaultCacheBehavior: behavior({
    ForwardedValues: {
      QueryString: true,
      Cookies: { Forward: "whitelist", WhitelistedNames: listOf("session*") },
      Headers: listOf("Accept"),
      QueryStringCacheKeys: listOf("page"),
    },
    MinTTL: 10,
    DefaultTTL: 100,
    MaxTTL: 1000,
    AllowedMethods: { ...listOf("GET", "HEAD", "OPTIONS"), CachedMethods: listOf("GET", "HEAD", "OPTIONS") },
  }),
  CacheBehaviors: listOf(
    behavior({ PathPattern: "/a/*", TargetOriginId: "other", MinTTL: 1, DefaultTTL: 2, MaxTTL: 3 }),
  ),
  WebACLId: "473e64fd-f30b-4765-81a0-62ad96dd167a",
  HttpVersion: "http3",
  IsIPV6Enabled: true,
  Restrictions: { GeoRestriction: { RestrictionType: "whitelist", ...listOf("DE", "AT") } },
});

/** Members of a config that a version has, at its top. */
function membersOf(version: ApiVersion): ReadonlySet<string> {
  const shape = apiModel(version).shapes("DistributionConfig");
  assert(shape.type === "structure");
  return new Set(shape.members.map(({ name }) => name));
}

test("every version shows of a config the members that it has, and no others", async () => {
  const harness = await openControlHarness();
  const created = await succeed(harness, "CreateDistribution", { DistributionConfig: RICH });
  const Id = textAt(created.output, "Distribution", "Id");
  for (const version of API_VERSIONS) {
    // Reading holds the document against the version's own shapes: a member too many would be refused.
    const { output, body } = await succeed(harness, "GetDistributionConfig", { Id }, { version });
    const shown = Object.keys(output["DistributionConfig"] as WireDocument);
    assert.deepEqual(
      shown.filter((name) => !membersOf(version).has(name)),
      [],
      version,
    );
    assert.equal(body.includes("<ARN>"), false, version);
    const whole = await succeed(harness, "GetDistribution", { Id }, { version });
    assert.equal(whole.body.includes("<ARN>"), version >= "2016-08-01", version);
    assert.ok(whole.body.includes(`xmlns="${apiModel(version).namespace}"`));
    await succeed(harness, "ListDistributions", {}, { version });
  }
});

test("a change through any older version changes that, and nothing that the version cannot see", async () => {
  for (const version of API_VERSIONS) {
    const harness = await openControlHarness();
    const created = await succeed(harness, "CreateDistribution", { DistributionConfig: RICH });
    const Id = textAt(created.output, "Distribution", "Id");
    const seen = await succeed(harness, "GetDistributionConfig", { Id }, { version });
    const before = (await succeed(harness, "GetDistributionConfig", { Id })).output[
      "DistributionConfig"
    ] as WireDocument;
    const DistributionConfig = { ...(seen.output["DistributionConfig"] as WireDocument), Comment: "changed" };
    await succeed(harness, "UpdateDistribution", { Id, IfMatch: seen.etag, DistributionConfig }, { version });
    const after = (await succeed(harness, "GetDistributionConfig", { Id })).output["DistributionConfig"];
    assert.deepEqual(after, { ...before, Comment: "changed" }, version);
  }
});

test("what an older version leaves out of what it can see goes back to its default", async () => {
  const harness = await openControlHarness();
  const version = "2015-07-27";
  const created = await succeed(harness, "CreateDistribution", { DistributionConfig: RICH });
  const Id = textAt(created.output, "Distribution", "Id");
  const DistributionConfig = distributionConfig("rich", {
    Origins: listOf(customOrigin("web")),
    // Its keys are hidden, and they go with true only.
    DefaultCacheBehavior: behavior({ ForwardedValues: { QueryString: true, Cookies: { Forward: "none" } } }),
  });
  await succeed(harness, "UpdateDistribution", { Id, IfMatch: created.etag, DistributionConfig }, { version });
  const after = (await succeed(harness, "GetDistributionConfig", { Id })).output;
  const config = after["DistributionConfig"] as WireDocument;
  assert.equal(config["WebACLId"], "", "visible since this version");
  assert.equal(at(config, "DefaultCacheBehavior", "DefaultTTL"), 86_400, "visible as well");
  assert.equal(config["HttpVersion"], "http3", "not visible");
  const origin = at(config, "Origins", "Items", 0) as WireDocument;
  assert.equal(origin["OriginPath"], "", "visible");
  assert.equal(at(origin, "CustomHeaders", "Quantity"), 1, "not visible, and its origin is still there");
});

test("an update that only a hidden member stands against is refused as one that the version cannot express", async () => {
  const harness = await openControlHarness();
  const created = await succeed(harness, "CreateDistribution", {
    DistributionConfig: distributionConfig("one", {
      DefaultCacheBehavior: behavior({ MinTTL: 0, DefaultTTL: 100, MaxTTL: 200 }),
    }),
  });
  const Id = textAt(created.output, "Distribution", "Id");
  const DistributionConfig = distributionConfig("one", { DefaultCacheBehavior: behavior({ MinTTL: 150 }) });
  const input = { Id, IfMatch: created.etag, DistributionConfig };
  const refused = await call(harness, "UpdateDistribution", input, { version: "2014-11-06" });
  assert.equal(refused.code, "IllegalUpdate");
  assert.equal(refused.message, "You cannot update the specified distribution using this API version.");
  assert.equal((await succeed(harness, "GetDistribution", { Id })).etag, created.etag, "and nothing has changed");
});

test("a new value beyond a version's enum is refused, in an update as in a create", async () => {
  const harness = await openControlHarness();
  const version = "2016-09-07";
  const config = distributionConfig("one", { HttpVersion: "http3" });
  const message =
    "1 validation error detected: Value 'http3' at 'distributionConfig.httpVersion' failed to satisfy constraint: " +
    "Member must satisfy enum value set: [http1.1, http2]";
  const create = await call(harness, "CreateDistribution", { DistributionConfig: config }, { version });
  assert.deepEqual([create.code, create.message], ["MalformedXML", message]);
  const created = await succeed(harness, "CreateDistribution", { DistributionConfig: distributionConfig("one") });
  const Id = textAt(created.output, "Distribution", "Id");
  const input = { Id, IfMatch: created.etag, DistributionConfig: config };
  const update = await call(harness, "UpdateDistribution", input, { version });
  assert.deepEqual([update.code, update.message], ["MalformedXML", message]);
});

// Settings

test("settings that protect content are stored and read back", async () => {
  const harness = await openControlHarness();
  const created = await succeed(harness, "CreateDistribution", {
    DistributionConfig: distributionConfig("one", {
      DefaultCacheBehavior: behavior({ TrustedSigners: { Enabled: true, ...listOf("self") } }),
      Restrictions: { GeoRestriction: { RestrictionType: "blacklist", ...listOf("DE") } },
      WebACLId: "473e64fd-f30b-4765-81a0-62ad96dd167a",
    }),
  });
  const read = (...path: readonly (string | number)[]) => at(created.output, "Distribution", ...path);
  assert.deepEqual(read("DistributionConfig", "DefaultCacheBehavior", "TrustedSigners"), {
    Enabled: true,
    Quantity: 1,
    Items: ["self"],
  });
  assert.deepEqual(read("DistributionConfig", "Restrictions", "GeoRestriction"), {
    RestrictionType: "blacklist",
    Quantity: 1,
    Items: ["DE"],
  });
  assert.equal(read("DistributionConfig", "WebACLId"), "473e64fd-f30b-4765-81a0-62ad96dd167a");
  assert.equal(read("ActiveTrustedSigners", "Enabled"), true);
  assert.equal(read("ActiveTrustedSigners", "Items", 0, "AwsAccountNumber"), "self");
});

/** A valid value that turns each setting on; keyed by `setting` of its row. */
const ON: Readonly<Record<string, WireDocument[string]>> = {
  "CustomOriginConfig.OriginMtlsConfig": { ClientCertificateArn: "arn:aws:acm:us-east-1:1:certificate/1" },
  VpcOriginConfig: { VpcOriginId: "vo_1" },
  "OriginShield.Enabled": true,
  SelectionCriteria: "media-quality-based",
  SmoothStreaming: true,
  Compress: true,
  LambdaFunctionAssociations: listOf({
    LambdaFunctionARN: "arn:aws:lambda:us-east-1:000000000000:function:f:1",
    EventType: "viewer-request",
  }),
  FunctionAssociations: listOf({
    FunctionARN: "arn:aws:cloudfront::000000000000:function/f",
    EventType: "viewer-request",
  }),
  FieldLevelEncryptionId: "C1",
  RealtimeLogConfigArn: "arn:aws:cloudfront::000000000000:realtime-log-config/l",
  CachePolicyId: "658327ea-f89d-4fab-a63d-7e88639e58f6",
  OriginRequestPolicyId: "216adef6-5c7f-47e4-b989-5492eafa07d3",
  ResponseHeadersPolicyId: "60669652-455b-4ae9-85a4-c4c02393f86c",
  "GrpcConfig.Enabled": true,
  "ForwardedValues.Headers": listOf("CloudFront-Viewer-City"),
  PriceClass: "None",
  "ViewerCertificate.SSLSupportMethod": "static-ip",
  ContinuousDeploymentPolicyId: "p1",
  Staging: true,
  AnycastIpListId: "aip_1",
  TenantConfig: { ParameterDefinitions: [{ Name: "n", Definition: { StringSchema: { Required: true } } }] },
  ConnectionMode: "tenant-only",
  ViewerMtlsConfig: { Mode: "required" },
  ConnectionFunctionAssociation: { Id: "f" },
  CacheTagConfig: { HeaderName: "x-tag" },
};

/** `value` at the end of the setting's path, in what the holder has there already. */
function withSetting(holder: WireDocument, setting: string, value: WireDocument[string]): WireDocument {
  const [member = "", ...rest] = setting.split(".");
  if (rest.length === 0) return { ...holder, [member]: value };
  const inner = (holder[member] ?? {}) as WireDocument;
  return { ...holder, [member]: withSetting(inner, rest.join("."), value) };
}

function groupOfTwo(setting: string, value: WireDocument[string]): WireDocument {
  const group = {
    Id: "g",
    FailoverCriteria: { StatusCodes: listOf(500) },
    Members: listOf({ OriginId: "web" }, { OriginId: "other" }),
  };
  return {
    Origins: listOf(customOrigin("web"), customOrigin("other")),
    OriginGroups: listOf(withSetting(group, setting, value)),
  };
}

for (const { of, setting } of NOT_CARRIED_OUT) {
  test(`${setting} of a ${of} is refused by its name when it is on, and nothing is created`, async () => {
    const value = ON[setting];
    assert(value !== undefined, "a sample for each");
    const harness = await openControlHarness();
    const base = distributionConfig("one");
    const config =
      of === "distribution"
        ? withSetting(base, setting, value)
        : of === "origin group"
          ? { ...base, ...groupOfTwo(setting, value) }
          : of === "origin"
            ? { ...base, Origins: listOf(withSetting(customOrigin(), setting, value)) }
            : { ...base, DefaultCacheBehavior: withSetting(behavior(), setting, value) };
    const answer = await call(harness, "CreateDistribution", { DistributionConfig: config });
    assert.equal(answer.status, 400, answer.body);
    assert.equal(answer.code, "InvalidArgument", answer.message);
    assert.ok(answer.message.includes(setting), answer.message);
    assert.match(answer.message, /is not carried out by this server yet/);
    assert.equal(await harness.store.feed.latest(), 0);
  });
}

// Quotas

const QUOTAS = [
  { resource: "Distribution", config: distributionConfig, limit: "distributionsPerAccountMax" },
  { resource: "StreamingDistribution", config: streamingConfig, limit: "streamingDistributionsPerAccountMax" },
] as const;

for (const { resource, config, limit } of QUOTAS) {
  test(`the quota of ${resource}s is met exactly, and what is deleted counts no more`, async () => {
    const harness = await openControlHarness({ limits: { [limit]: 2 } });
    const create = (name: string) =>
      call(harness, `Create${resource}`, { [`${resource}Config`]: config(name, { Enabled: false }) });
    const first = await create("one");
    assert.deepEqual(
      [first.code, (await create("two")).code, (await create("three")).code],
      ["", "", `TooMany${resource}s`],
    );
    await harness.deploy();
    await succeed(harness, `Delete${resource}`, { Id: textAt(first.output, resource, "Id"), IfMatch: first.etag });
    assert.equal((await create("three")).code, "");
  });
}
