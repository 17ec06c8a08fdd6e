// The headers that the edge makes from what it knows of a viewer, as far as a behavior may list them: what is listed is
// in the cache key. Those that name a connection or a person rather than a kind of viewer may not; see the rows below.

/** Lower case → what it tells. [CFDG adding-cloudfront-headers] */
export const EDGE_HEADERS = {
  "cloudfront-forwarded-proto": "http or https, as the viewer connected",
  "cloudfront-is-android-viewer": "true or false, by User-Agent",
  "cloudfront-is-desktop-viewer": "true or false, by User-Agent",
  "cloudfront-is-ios-viewer": "true or false, by User-Agent",
  "cloudfront-is-mobile-viewer": "true or false, by User-Agent",
  "cloudfront-is-smarttv-viewer": "true or false, by User-Agent",
  "cloudfront-is-tablet-viewer": "true or false, by User-Agent",
  "cloudfront-viewer-country": "ISO 3166-1 alpha-2 code, by address",
  "cloudfront-viewer-country-name": "English name of the country, by address",
  "cloudfront-viewer-http-version": "1.0, 1.1 or 2.0",
} as const satisfies Record<string, string>;

export type EdgeHeader = keyof typeof EDGE_HEADERS;

const PREFIX = "cloudfront-";

export function isEdgeHeader(lowerName: string): lowerName is EdgeHeader {
  return lowerName in EDGE_HEADERS;
}

/** Named like one of the edge's and none of them: City, ASN, TLS and others that the country data cannot tell or the key must not have. */
export function isUntoldEdgeHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.startsWith(PREFIX) && !isEdgeHeader(lower);
}
