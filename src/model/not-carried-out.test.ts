// Walks the newest model: every member that a caller can write is carried, or refused by name.

import assert from "node:assert/strict";
import test from "node:test";
import {
  SAMPLE_DISTRIBUTION,
  SAMPLE_S3_ORIGIN,
  SAMPLE_STREAMING_DISTRIBUTION,
  withMember,
} from "../../test/sample-config.ts";
import { DEFAULT_LIMITS } from "../vocabulary/limits.ts";
import type { WireDocument, WireValue } from "../wire/shape.ts";
import { acceptDistributionConfig, acceptStreamingDistributionConfig, type Accepted } from "./accept-config.ts";
import { apiModel, NEWEST_VERSION } from "./api.ts";
import { NOT_CARRIED_OUT } from "./not-carried-out.ts";
import { isDocument, isList, isSame } from "./sent-value.ts";

const { shapes } = apiModel(NEWEST_VERSION);
const context = { version: NEWEST_VERSION, limits: DEFAULT_LIMITS } as const;

/** Values that are on and valid, where one made from the shape alone would be neither. Keyed by the end of the path. */
const SAMPLES: Readonly<Record<string, WireValue>> = {
  "Aliases.Items": ["www.example.com"],
  "Origins.Items[].CustomHeaders.Items": [{ HeaderName: "X-B", HeaderValue: "b" }],
  "Origins.Items[].OriginPath": "/path",
  "Origins.Items[].Id": "o",
  "Origins.Items[].DomainName": "other.example.com",
  "Origins.Items[].ConnectionAttempts": 2,
  "Origins.Items[].ConnectionTimeout": 2,
  HTTPPort: 8080,
  HTTPSPort: 8443,
  OriginProtocolPolicy: "https-only",
  "OriginSslProtocols.Items": ["TLSv1.2"],
  "CustomOriginConfig.IpAddressType": "ipv6",
  "OriginShield.OriginShieldRegion": "eu-west-1",
  ResponseCompletionTimeout: 60,
  "OriginGroups.Items[].Id": "group",
  "StatusCodes.Items": [502],
  "Members.Items[].OriginId": "o",
  SelectionCriteria: "media-quality-based",
  TargetOriginId: "o",
  "TrustedSigners.Items": ["self"],
  "TrustedKeyGroups.Items": ["b2ab6d5e-0001-4d7e-9f5c-3b0d6f3c2a11"],
  ViewerProtocolPolicy: "https-only",
  "AllowedMethods.Items": ["GET", "HEAD", "OPTIONS"],
  "CachedMethods.Items": ["GET", "HEAD"],
  "ForwardedValues.Cookies.Forward": "all",
  "ForwardedValues.Cookies.WhitelistedNames.Items": ["c"],
  "ForwardedValues.Headers.Items": ["X-C"],
  "ForwardedValues.QueryStringCacheKeys.Items": ["q"],
  MinTTL: 5,
  DefaultTTL: 50,
  MaxTTL: 50_000_000,
  "CustomErrorResponses.Items[].ErrorCode": 404,
  ResponsePagePath: "/404.html",
  ResponseCode: "200",
  ErrorCachingMinTTL: 5,
  "Logging.Bucket": "logs.s3.amazonaws.com",
  PriceClass: "PriceClass_100",
  "ViewerCertificate.CloudFrontDefaultCertificate": true,
  "ViewerCertificate.SSLSupportMethod": "vip",
  "ViewerCertificate.MinimumProtocolVersion": "TLSv1",
  "ViewerCertificate.CertificateSource": "cloudfront",
  "GeoRestriction.RestrictionType": "none",
  "GeoRestriction.Items": ["DE"],
  WebACLId: "473e64fd-f30b-4765-81a0-62ad96dd167a",
  HttpVersion: "http3",
  ConnectionMode: "tenant-only",
  PathPattern: "b",
  "S3Origin.DomainName": "other.s3.amazonaws.com",
  OriginAccessIdentity: "origin-access-identity/cloudfront/E1",
};

/** Neighbors that a sample needs to be valid. */
const WITH: readonly (readonly [end: string, neighbors: WireDocument])[] = [
  ["TrustedSigners.Items", { Enabled: true }],
  ["TrustedSigners.Enabled", { Items: ["self"], Quantity: 1 }],
  ["TrustedKeyGroups.Items", { Enabled: true }],
  ["TrustedKeyGroups.Enabled", { Items: ["b2ab6d5e-0001-4d7e-9f5c-3b0d6f3c2a11"], Quantity: 1 }],
  ["GeoRestriction.Items", { RestrictionType: "blacklist" }],
  ["WhitelistedNames.Items", {}],
  ["Logging.Enabled", { Bucket: "logs.s3.amazonaws.com" }],
  ["Logging.IncludeCookies", { Enabled: true, Bucket: "logs.s3.amazonaws.com" }],
  ["Logging.Bucket", { Enabled: true }],
  ["Logging.Prefix", { Enabled: true, Bucket: "logs.s3.amazonaws.com" }],
  ["ResponsePagePath", { ErrorCode: 404, ResponseCode: "200" }],
  ["ResponseCode", { ErrorCode: 404, ResponsePagePath: "/404.html" }],
  ["ErrorCachingMinTTL", { ErrorCode: 404 }],
];

/** Members of which nothing can be said by themselves, each with the reason. */
const BESIDE: Readonly<Record<string, string>> = {
  Quantity: "belongs to Items and is held by check/quantities.ts",
  "ViewerCertificate.IAMCertificateId": "InvalidViewerCertificate",
  "ViewerCertificate.ACMCertificateArn": "InvalidViewerCertificate",
  "ViewerCertificate.Certificate": "InvalidViewerCertificate",
  "WhitelistedNames.Items": "goes with Forward whitelist; complete-config.test.ts",
  "S3OriginConfig.OriginAccessIdentity": "the walk's origin is a custom one; complete-config.test.ts",
  OriginAccessControlId: "the walk's origin is a custom one, whose name is no bucket's; origin.test.ts",
  "S3OriginConfig.OriginReadTimeout": "the walk's origin is a custom one; complete-config.test.ts",
};

/** The walk's config has an origin group, with the origins that it names. */
const WALKED = withMember(
  withMember(SAMPLE_DISTRIBUTION, "Origins.Items", [
    ...itemsOf(SAMPLE_DISTRIBUTION["Origins"]),
    { ...SAMPLE_S3_ORIGIN, Id: "p" },
  ]),
  "OriginGroups.Items",
  [
    {
      Id: "g",
      FailoverCriteria: { StatusCodes: { Quantity: 1, Items: [500] } },
      Members: { Quantity: 2, Items: [{ OriginId: "o" }, { OriginId: "p" }] },
    },
  ],
);

function itemsOf(list: WireValue | undefined): readonly WireValue[] {
  const items = isDocument(list) ? list["Items"] : undefined;
  return isList(items) ? items : [];
}

function find<Value>(table: Readonly<Record<string, Value>>, path: string): Value | undefined {
  const end = Object.keys(table).find((key) => path === key || path.endsWith(`.${key}`));
  return end === undefined ? undefined : table[end];
}

function sampleOf(shapeName: string, path: string): WireValue {
  const shape = shapes(shapeName);
  if (shape.type === "structure") {
    return Object.fromEntries(
      shape.members.map(({ name, shape: inner }) => [name, sampleOf(inner, `${path}.${name}`)]),
    );
  }
  const known = find(SAMPLES, path);
  if (known !== undefined) return known;
  if (shape.type === "list") return [sampleOf(shape.of, `${path}[]`)];
  if (shape.type === "boolean") return true;
  return shape.type === "string" ? (shape.enum?.[0] ?? "x") : 1;
}

function at(document: WireValue | undefined, [first, ...rest]: readonly string[]): WireValue | undefined {
  if (first === undefined) return document;
  const isItem = first === "Items[]";
  const inner = isDocument(document) ? document[isItem ? "Items" : first] : undefined;
  return at(isItem && isList(inner) ? inner[0] : inner, rest);
}

interface Walked {
  readonly carried: string[];
  readonly refused: string[];
  readonly dropped: string[];
}

function walk(
  shapeName: string,
  base: WireDocument,
  accept: (sent: WireDocument) => Accepted<object>,
  walked: Walked,
  path: readonly string[] = [],
): void {
  const shape = shapes(shapeName);
  assert(shape.type === "structure", shapeName);
  for (const member of shape.members) {
    const here = [...path, member.name];
    const name = here.join(".");
    if (member.name === "Quantity" || find(BESIDE, name) !== undefined) continue;
    const inner = shapes(member.shape);
    const value = sampleOf(member.shape, name);
    let sent = withMember(base, name, value);
    for (const [end, neighbors] of WITH) {
      if (!name.endsWith(end)) continue;
      for (const [neighbor, other] of Object.entries(neighbors)) {
        sent = withMember(sent, [...path, neighbor].join("."), other);
      }
    }
    const accepted = accept(sent);
    const last = `${here.filter((part) => part !== "Items[]").join(".")} of`;
    const isRefusedByName =
      accepted.kind === "failure" &&
      accepted.message.includes("is not carried out") &&
      NOT_CARRIED_OUT.some(({ setting }) => last.includes(setting) && accepted.message.includes(setting));
    if (isRefusedByName && !(inner.type === "structure" && hasCarriedMember(name))) {
      walked.refused.push(name);
    } else if (inner.type === "structure") {
      walk(member.shape, base, accept, walked, here);
    } else if (inner.type === "list" && shapes(inner.of).type === "structure") {
      walk(inner.of, base, accept, walked, [...path, "Items[]"]);
    } else if (accepted.kind === "ok" && isSame(at(accepted.config as WireDocument, here), value)) {
      walked.carried.push(name);
    } else {
      walked.dropped.push(`${name}: ${accepted.kind === "ok" ? "accepted and not stored" : accepted.message}`);
    }
  }
}

/** Structures of which some members are carried: a refusal of the whole says nothing about the others. */
function hasCarriedMember(name: string): boolean {
  return /(^|\.)(CustomOriginConfig|OriginShield|DefaultCacheBehavior|CacheBehaviors|Origins|ViewerCertificate|GrpcConfig|ForwardedValues|TrustedKeyGroups|S3OriginConfig)$/.test(
    name,
  );
}

test("every member of a distribution's config is carried or refused by name", () => {
  const walked: Walked = { carried: [], refused: [], dropped: [] };
  walk("DistributionConfig", WALKED, (sent) => acceptDistributionConfig(sent, context), walked);
  assert.deepEqual(walked.dropped, []);
  assert(walked.carried.length > 50, `carried: ${walked.carried.length}`);
  for (const { setting } of NOT_CARRIED_OUT) {
    // Two are refused for one of their values only, which no sample is.
    const isPartly = ["ForwardedValues.Headers", "PriceClass", "ViewerCertificate.SSLSupportMethod"].includes(setting);
    if (isPartly) continue;
    assert(
      walked.refused.some((name) => name === setting || name.endsWith(`.${setting}`)),
      setting,
    );
  }
});

test("every member of a streaming distribution's config is carried", () => {
  const walked: Walked = { carried: [], refused: [], dropped: [] };
  walk(
    "StreamingDistributionConfig",
    SAMPLE_STREAMING_DISTRIBUTION,
    (sent) => acceptStreamingDistributionConfig(sent, context),
    walked,
  );
  assert.deepEqual(walked.dropped, []);
  assert.deepEqual(walked.refused, []);
});

// what is sent → what the refusal names
const REFUSED: readonly (readonly [place: string, value: WireValue, setting: string])[] = [
  ["DefaultCacheBehavior.SmoothStreaming", true, "SmoothStreaming of the default cache behavior"],
  ["CacheBehaviors.Items[].SmoothStreaming", true, 'SmoothStreaming of the cache behavior "a"'],
  [
    "DefaultCacheBehavior.CachePolicyId",
    "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "CachePolicyId of the default cache behavior",
  ],
  [
    "DefaultCacheBehavior.ForwardedValues.Headers.Items",
    ["cloudfront-viewer-city"],
    "ForwardedValues.Headers of the default",
  ],
  ["Origins.Items[].OriginShield.Enabled", true, 'OriginShield.Enabled of the origin "o"'],
  ["PriceClass", "None", "PriceClass of the distribution"],
  ["ViewerCertificate.SSLSupportMethod", "static-ip", "ViewerCertificate.SSLSupportMethod of the distribution"],
];

for (const [place, value, setting] of REFUSED) {
  test(`${place} ${JSON.stringify(value)} is refused by name`, () => {
    const accepted = acceptDistributionConfig(withMember(SAMPLE_DISTRIBUTION, place, value), context);
    assert(accepted.kind === "failure");
    assert.equal(accepted.code, "InvalidArgument");
    assert(accepted.message.startsWith(`The parameter ${setting}`), accepted.message);
    assert.match(
      accepted.message,
      /is not carried out by this server yet: .+; leave it out or send its off value \(.+\)\.$/,
    );
  });
}

const OFF: readonly (readonly [place: string, value: WireValue])[] = [
  ["DefaultCacheBehavior.CachePolicyId", ""],
  ["DefaultCacheBehavior.OriginRequestPolicyId", ""],
  ["DefaultCacheBehavior.ResponseHeadersPolicyId", ""],
  ["DefaultCacheBehavior.FieldLevelEncryptionId", ""],
  ["DefaultCacheBehavior.RealtimeLogConfigArn", ""],
  ["DefaultCacheBehavior.LambdaFunctionAssociations", { Quantity: 0, Items: [] }],
  ["DefaultCacheBehavior.FunctionAssociations", { Quantity: 0 }],
  ["DefaultCacheBehavior.GrpcConfig", { Enabled: false }],
  ["Origins.Items[].OriginShield", { Enabled: false }],
  ["OriginGroups.Items[].SelectionCriteria", "default"],
  ["Logging", { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" }],
  ["Staging", false],
  ["ContinuousDeploymentPolicyId", ""],
  ["AnycastIpListId", ""],
  ["TenantConfig", { ParameterDefinitions: [] }],
  ["ConnectionMode", "direct"],
  ["ViewerMtlsConfig", {}],
];

for (const [place, value] of OFF) {
  test(`${place} ${JSON.stringify(value)} is accepted`, () => {
    const accepted = acceptDistributionConfig(withMember(WALKED, place, value), context);
    assert.equal(accepted.kind, "ok", accepted.kind === "failure" ? accepted.message : "");
  });
}
