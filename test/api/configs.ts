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

/** 2048 bits of RSA; nobody has the private half. */
export const RSA_PEM = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr17TkcLyQ/PttXnJaZZ3
ASLoks0FjiOHYsdq5em18fpoND8XWp9Qlj8QuZK6UZmgok0aB/QJmWKy9zbHm/ey
ajn5NfZodsQ+uhidptFfFTHmYqgLp9Dv3o8YLTFQeI1tKhQmHWsWSe3Kc9ugdUEx
ASw32l3koN37ICys0B8leQlEqG87EoUd1TmjlZptpFMmCPULFwKEuMwvpjLvfxNr
uFFkN/bVv/sxrAoZNsZ0Qy2DUv9O7s7GDJ79601Hr3D31M/F/KDWhMDnsIJILlbK
qH3GFc/0sbxVyuxnhlKk1Z38VTpM4zgN0VqI23uTqOge6woVwvXxDJHUpt/o/F5h
0QIDAQAB
-----END PUBLIC KEY-----
`;

export const P256_PEM = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgQoVBkGYYqVjDYeyBlne4Dqq00hW
Zgdip2ZCiyzldvJRuAMq3o+vOF8e9AcUaxyXSrBjiQL9HhNoyQ4pmcERzA==
-----END PUBLIC KEY-----
`;

export function publicKeyConfig(reference: string, more: WireDocument = {}): WireDocument {
  return { CallerReference: reference, Name: `key-${reference}`, EncodedKey: RSA_PEM, ...more };
}

export function keyGroupConfig(name: string, ...keys: readonly string[]): WireDocument {
  return { Name: name, Items: keys };
}

export function accessControlConfig(name: string, more: WireDocument = {}): WireDocument {
  return {
    Name: name,
    SigningProtocol: "sigv4",
    SigningBehavior: "always",
    OriginAccessControlOriginType: "s3",
    ...more,
  };
}
