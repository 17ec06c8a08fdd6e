// Small configs that are accepted, and a way to change one member of them: what table-driven tests of rules begin with.

import type { WireDocument, WireValue } from "../src/wire/shape.ts";

function behavior(): WireDocument {
  return {
    TargetOriginId: "o",
    ViewerProtocolPolicy: "allow-all",
    AllowedMethods: { Quantity: 2, Items: ["GET", "HEAD"] },
    ForwardedValues: { QueryString: true, Cookies: { Forward: "none" } },
    MinTTL: 0,
    TrustedSigners: { Enabled: false, Quantity: 0 },
  };
}

/** One custom origin, one behavior beside the default one, one item in lists whose items have members. */
export const SAMPLE_DISTRIBUTION: WireDocument = {
  CallerReference: "r",
  Aliases: { Quantity: 1, Items: ["www.example.com"] },
  Origins: {
    Quantity: 1,
    Items: [
      {
        Id: "o",
        DomainName: "origin.example.com",
        CustomHeaders: { Quantity: 1, Items: [{ HeaderName: "X-A", HeaderValue: "a" }] },
        CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: "http-only" },
      },
    ],
  },
  DefaultCacheBehavior: behavior(),
  CacheBehaviors: { Quantity: 1, Items: [{ PathPattern: "a", ...behavior() }] },
  Comment: "",
  Enabled: true,
};

export const SAMPLE_STREAMING_DISTRIBUTION: WireDocument = {
  CallerReference: "r",
  S3Origin: { DomainName: "bucket.s3.amazonaws.com", OriginAccessIdentity: "" },
  Comment: "",
  TrustedSigners: { Enabled: false, Quantity: 0 },
  Enabled: true,
};

/** An origin of the other kind, to put in the place of the sample's. */
export const SAMPLE_S3_ORIGIN: WireDocument = {
  Id: "o",
  DomainName: "bucket.s3.amazonaws.com",
  S3OriginConfig: { OriginAccessIdentity: "" },
};

/**
 * A copy of the document with one member set; `undefined` removes it. Of a path like `Origins.Items[].Id`, the first
 * item of a list is meant; a Quantity follows its Items.
 */
export function withMember(document: WireDocument, path: string, value: WireValue | undefined): WireDocument {
  return set(document, path.split("."), value);
}

function set(
  document: WireDocument,
  [first = "", ...rest]: readonly string[],
  value: WireValue | undefined,
): WireDocument {
  if (rest.length === 0) return { ...document, [first]: value, ...(isList(value) && { Quantity: value.length }) };
  if (first === "Items[]") {
    const items = document["Items"];
    const [item = {}, ...others] = isList(items) ? items : [];
    return {
      ...document,
      Quantity: 1 + others.length,
      Items: [set(isDocument(item) ? item : {}, rest, value), ...others],
    };
  }
  const inner = document[first];
  return { ...document, [first]: set(isDocument(inner) ? inner : {}, rest, value) };
}

function isList(value: WireValue | undefined): value is readonly WireValue[] {
  return Array.isArray(value);
}

function isDocument(value: WireValue | undefined): value is WireDocument {
  return typeof value === "object" && !isList(value);
}
