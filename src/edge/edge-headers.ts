// Values of the headers that the edge makes itself, for the cache key and for the origin alike. What a viewer sends under
// these names counts nowhere. [CFDG adding-cloudfront-headers]

import type { EdgeHeader } from "../model/edge-headers.ts";
import type { Routed } from "./exchange.ts";
import type { ViewerRequest } from "./transport/message.ts";
import { recognizeDevice, type ViewerDevice } from "./viewer-device.ts";

/** What the values are made from. */
export type Viewed = Pick<Routed, "request" | "country">;

/** The name as the origin sees it, and its value; `undefined` where it is not known, and then there is no header. */
interface EdgeHeaderRow {
  readonly name: string;
  readonly value: (viewed: Viewed) => string | undefined;
}

export const EDGE_HEADER_ROWS: Readonly<Record<EdgeHeader, EdgeHeaderRow>> = {
  "cloudfront-forwarded-proto": { name: "CloudFront-Forwarded-Proto", value: ({ request }) => request.scheme },
  "cloudfront-is-android-viewer": device("CloudFront-Is-Android-Viewer", "isAndroid"),
  "cloudfront-is-desktop-viewer": device("CloudFront-Is-Desktop-Viewer", "isDesktop"),
  "cloudfront-is-ios-viewer": device("CloudFront-Is-IOS-Viewer", "isIos"),
  "cloudfront-is-mobile-viewer": device("CloudFront-Is-Mobile-Viewer", "isMobile"),
  "cloudfront-is-smarttv-viewer": device("CloudFront-Is-SmartTV-Viewer", "isSmartTv"),
  "cloudfront-is-tablet-viewer": device("CloudFront-Is-Tablet-Viewer", "isTablet"),
  "cloudfront-viewer-country": { name: "CloudFront-Viewer-Country", value: ({ country }) => country },
  "cloudfront-viewer-country-name": {
    name: "CloudFront-Viewer-Country-Name",
    value: ({ country }) => (country === undefined ? undefined : countryName(country)),
  },
  "cloudfront-viewer-http-version": {
    name: "CloudFront-Viewer-Http-Version",
    value: ({ request }) => request.httpVersion,
  },
};

/** Does the header follow from User-Agent? */
export function isDeviceHeader(lowerName: string): boolean {
  return lowerName.startsWith("cloudfront-is-");
}

function device(name: string, kind: keyof ViewerDevice): EdgeHeaderRow {
  return { name, value: ({ request }) => String(deviceOf(request)[kind]) };
}

function deviceOf(request: ViewerRequest): ViewerDevice {
  return recognizeDevice(request.field("user-agent"));
}

let names: Intl.DisplayNames | undefined;

/** In English, from the Unicode locale data; what is not ASCII percent-encoded. */
function countryName(code: string): string {
  names ??= new Intl.DisplayNames(["en"], { type: "region" });
  return (names.of(code) ?? code).replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}
