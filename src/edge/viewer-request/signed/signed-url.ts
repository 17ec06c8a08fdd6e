// The URL that was signed, as far as the edge can tell: the viewer's, without the parameters of the signature. The path is
// the viewer's own, before the default root object stands in for it. [CFDG private-content-creating-signed-url-canned-policy]

import type { ViewerRequest } from "../../transport/message.ts";

export interface SignedUrl {
  readonly scheme: "http" | "https";
  /** The connection's; of a WebSocket's handshake its other name too. */
  readonly schemes: readonly string[];
  /** As received. */
  readonly host: string;
  /** As the viewer may have been given it, the likeliest first: with the port and without it. */
  readonly hosts: readonly string[];
  /** Raw. */
  readonly path: string;
  readonly query: string | undefined;
}

export function signedUrl({ scheme, host, path, upgrade }: ViewerRequest, query: string | undefined): SignedUrl {
  const lower = host.toLowerCase();
  const bare = lower.replace(/:\d*$/, "");
  const hosts = [lower];
  if (bare !== lower) hosts.push(bare);
  if (lower !== host) hosts.push(host);
  // Signers write what a browser opens, wss://…, and the SDK's takes it. [D-0016]
  const schemes = upgrade === undefined ? [scheme] : [scheme, scheme === "https" ? "wss" : "ws"];
  return { scheme, schemes, host, hosts, path, query };
}

/** Whether a URL is the one that is asked for, its query aside. */
export function isAskedFor(url: SignedUrl, { scheme, host, path, upgrade }: ViewerRequest): boolean {
  const isHandshake = url.schemes.length > 1;
  return url.path === path && url.host === host && url.scheme === scheme && isHandshake === (upgrade !== undefined);
}

/** In every way that it may have been written, the likeliest first. */
export function writtenUrls(url: SignedUrl): readonly string[] {
  return url.schemes.flatMap((scheme) => url.hosts.map((host) => formatUrl({ ...url, scheme }, host)));
}

export function formatUrl(
  { scheme, path, query }: Pick<SignedUrl, "path" | "query"> & { readonly scheme: string },
  host: string,
): string {
  return `${scheme}://${host}${path}${query === undefined ? "" : `?${query}`}`;
}
