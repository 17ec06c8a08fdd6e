// The least configs that every API version takes, to be changed by a test in the one place that it is about.

import type { WireDocument, WireValue } from "../../src/wire/shape.ts";

export function listOf(...items: readonly WireValue[]): WireDocument {
  return { Quantity: items.length, ...(items.length > 0 && { Items: items }) };
}

export function customOrigin(id = "web", more: WireDocument = {}): WireDocument {
  return {
    Id: id,
    DomainName: "origin.example.com",
    CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
    ...more,
  };
}

export function s3Origin(identity = "", id = "bucket"): WireDocument {
  return {
    Id: id,
    DomainName: "pictures.s3.amazonaws.com",
    S3OriginConfig: { OriginAccessIdentity: identity },
  };
}

export function behavior(more: WireDocument = {}): WireDocument {
  return {
    TargetOriginId: "web",
    ForwardedValues: { QueryString: false, Cookies: { Forward: "none" } },
    TrustedSigners: { Enabled: false, Quantity: 0 },
    ViewerProtocolPolicy: "allow-all",
    MinTTL: 0,
    ...more,
  };
}

/** Members that old versions require are all there. */
export function distributionConfig(reference: string, more: WireDocument = {}): WireDocument {
  return {
    CallerReference: reference,
    Aliases: { Quantity: 0 },
    DefaultRootObject: "",
    Origins: listOf(customOrigin()),
    DefaultCacheBehavior: behavior(),
    CacheBehaviors: { Quantity: 0 },
    Comment: "a site",
    Logging: { Enabled: false, IncludeCookies: false, Bucket: "", Prefix: "" },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ...more,
  };
}

export function streamingConfig(reference: string, more: WireDocument = {}): WireDocument {
  return {
    CallerReference: reference,
    S3Origin: { DomainName: "films.s3.amazonaws.com", OriginAccessIdentity: "" },
    Aliases: { Quantity: 0 },
    Comment: "a stream",
    Logging: { Enabled: false, Bucket: "", Prefix: "" },
    TrustedSigners: { Enabled: false, Quantity: 0 },
    PriceClass: "PriceClass_All",
    Enabled: true,
    ...more,
  };
}

export function identityConfig(reference: string, comment = "an identity"): WireDocument {
  return { CallerReference: reference, Comment: comment };
}

export function invalidationBatch(reference: string, ...paths: readonly string[]): WireDocument {
  return { Paths: listOf(...paths), CallerReference: reference };
}

export function distributionArn(id: string): string {
  return `arn:aws:cloudfront::000000000000:distribution/${id}`;
}

/** What an identity is called where an origin names it. */
export function identityPath(id: string): string {
  return `origin-access-identity/cloudfront/${id}`;
}

export function tagsOf(tags: Readonly<Record<string, string>>): WireDocument {
  return { Items: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
}
